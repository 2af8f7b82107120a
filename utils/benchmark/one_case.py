"""One measurement, in a process of its own: `python -m utils.benchmark.one_case CASE IMAGES` prints JSON."""

import json
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models import build_model, layers
from utils import runtime
from utils.benchmark.cases import ASKING, CAPTURED, COMPILED, HALVED, REPORTS, Case
from utils.data.cifar10 import cifar10_root, is_there
from utils.data.data_sets import CIFAR10
from utils.data.images import Split, load_data
from utils.data.loaders import TrainingBatches
from utils.data.transforms import pipeline
from utils.errors import UserError
from utils.training.batches import Changed, halved, training_batches
from utils.training.capture import CapturedStep
from utils.training.distillation.objective import objective_of
from utils.training.loops import to_device, train_step
from utils.training.network import Network
from utils.training.optimizers import OPTIMIZERS
from utils.training.recipes import Recipe, find_recipe

WARM_UP = 3  # steps before the clock starts
# On a GPU a step's own time is not to be had without waiting for it: so these many together, and a longer warm-up.
TOGETHER_ON_GPU, WARM_UP_ON_GPU = 10, 20
# Until a device has nothing to do.
WAITS = {"cuda": torch.cuda.synchronize, "mps": lambda device: torch.mps.synchronize()}

Step = Callable[[tuple[Tensor, ...]], None]


def measure(case: Case, images_timed: int) -> dict:
    """The figures of `case` over about `images_timed` images, in at least 4 steps."""
    device = runtime.choose_device(case.device)
    recipe = find_recipe(case.recipe)
    images = training_images(needs_them=device.type == "cpu")
    split = Split(images.images[: case.images], images.labels[: case.images])
    batches, step = (_the_reports if case.way == REPORTS else _ours)(case, recipe, split, device)
    if case.what == "input":

        def step(batch):
            return None

    count = max(4, images_timed // case.batch_size)
    waited, computed = _times(batches, step, count, device)
    per_step = statistics.median(wait + work for wait, work in zip(waited, computed))
    return {
        "seconds": per_step * -(-case.images // case.batch_size),
        "images_per_second": case.batch_size / per_step,
        "input_share": sum(waited) / (sum(waited) + sum(computed)),
        "peak_megabytes": _peak_bytes(device) / 2**20,
        "device": runtime.describe_device(device),
        "precision": "fp32" if case.way == REPORTS else runtime.choose_precision(device).name,
        "torch": torch.__version__,
        "commit": _commit(),
    }


def _commit() -> str:
    code = runtime.code_version()
    return f"{(code['commit'] or 'unknown')[:12]}{' and changes' * bool(code['changed'])}"


def training_images(needs_them: bool) -> Split:
    """Those of CIFAR-10; where they are not here, and not needed, random ones, which take as long."""
    if needs_them or is_there(cifar10_root()):
        return load_data(CIFAR10.name).train
    shape, generator = (
        (CIFAR10.train_images, CIFAR10.size, CIFAR10.size, 3),
        np.random.default_rng(0),
    )
    return Split(
        generator.integers(0, 256, shape, dtype=np.uint8),
        generator.integers(0, CIFAR10.classes, CIFAR10.train_images),
    )


def _peak_bytes(device: torch.device) -> int:
    """Of the GPU's memory, or of this process without its workers."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _times(
    batches: Iterable, step: Step, count: int, device: torch.device
) -> tuple[list[float], list[float]]:
    """For `count` steps after warming up: the seconds until the batch was there, and those of the step.

    On a GPU each number is a mean over the steps between two moments at which it had nothing left to do.
    """
    wait = WAITS.get(device.type)
    together, warm_up = (TOGETHER_ON_GPU, WARM_UP_ON_GPU) if wait else (1, WARM_UP)
    waited, computed, stream = [], [], iter(batches)
    for index in range((warm_up + count) // together):
        start, waiting = time.perf_counter(), 0.0
        for _ in range(together):
            asked = time.perf_counter()
            batch = next(stream)
            waiting += time.perf_counter() - asked
            step(batch)
        if wait:
            wait(device)
        if index >= warm_up // together:
            waited.append(waiting / together)
            computed.append((time.perf_counter() - start - waiting) / together)
    return waited, computed


def _ours(case: Case, recipe: Recipe, split: Split, device: torch.device) -> tuple[Iterable, Step]:
    """What `python -m utils.train` does in a step, with the batched pipeline."""
    precision = runtime.choose_precision(device)
    if device.type == "cpu":
        runtime.keep_freed_memory()
    recipe = replace(recipe, batch_size=case.batch_size, pipeline="batched")
    batches = training_batches(recipe, split, device)
    network = Network(recipe, precision, compiled=case.way == COMPILED)
    network.forward.train()
    optimizer, scaler = OPTIMIZERS[recipe.optimizer](network.model, recipe), precision.scaler()
    objective, take_step = objective_of(recipe), train_step
    if case.way == CAPTURED:
        take_step = CapturedStep(recipe, network.model, optimizer, precision)
        if take_step.replay is None:
            raise UserError(take_step.how)

    def step(batch: tuple[Tensor, ...]) -> None:
        images, *known = to_device(batch, device)
        output, loss = take_step(
            network.forward, images, tuple(known), optimizer, precision, scaler, objective
        )
        if case.way == ASKING:
            loss.item(), int((output.argmax(1) == known[0]).sum())

    stream = _endless(batches)
    return Changed(stream, halved) if case.way == HALVED else stream, step


def _the_reports(
    case: Case, recipe: Recipe, split: Split, device: torch.device
) -> tuple[Iterator, Step]:
    """What the reports' code did in a step: one worker, float32, PyTorch's defaults throughout."""
    batches = TrainingBatches(
        split,
        pipeline(recipe.augmentation, recipe.mean, recipe.std),
        case.batch_size,
        recipe.seed,
        workers=1,
    )
    model = _with_pytorchs_layers(build_model(recipe.model)).train().to(device)
    optimizer = OPTIMIZERS[recipe.optimizer](model, recipe)

    def step(batch: tuple[Tensor, ...]) -> None:
        images, labels = (values.to(device) for values in batch)
        optimizer.zero_grad()
        loss = F.nll_loss(model(images), labels)
        loss.backward()
        optimizer.step()
        if device.type != "cpu":
            loss.item()  # for their progress bar

    return _endless(batches), step


def _endless(batches) -> Iterator:
    return chain.from_iterable(batches.epoch(number) for number in range(10**6))


def _with_pytorchs_layers(model: nn.Module) -> nn.Module:
    """Our faster Dropout and Conv2d made PyTorch's own again."""
    for module in model.modules():
        if isinstance(module, layers.Dropout):
            module.__class__ = nn.Dropout
        elif isinstance(module, layers.Conv2d):
            module.__class__ = nn.Conv2d
    return model


def main() -> int:
    """Measure the case that the command line gives as JSON, and print its figures as JSON."""
    case, images_timed = sys.argv[1:]
    print(json.dumps(measure(Case(**json.loads(case)), int(images_timed))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
