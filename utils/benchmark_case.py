"""One measurement of utils/benchmark.py, in a process of its own: `python -m utils.benchmark_case JSON` prints JSON."""

import json
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models import build_model, layers
from utils import runtime
from utils.benchmark import OURS, Case
from utils.data.data_sets import CIFAR10
from utils.data.images import Split, load_data
from utils.data.loaders import TrainingBatches
from utils.data.transforms import pipeline
from utils.training.fit import training_batches
from utils.training.loops import to_device
from utils.training.optimizers import OPTIMIZERS
from utils.training.recipes import Recipe, find_recipe

WARM_UP = 3  # steps before the clock starts

Step = Callable[[Tensor, Tensor], None]


def measure(case: Case, images_timed: int = 8_000) -> dict:
    """The figures of `case` over about `images_timed` images, in at least 8 steps."""
    recipe = find_recipe(case.recipe)
    images = load_data(CIFAR10.name).train
    split = Split(images.images[: case.images], images.labels[: case.images])
    ours = case.way == OURS
    batches, step = (_ours if ours else _the_reports)(case, recipe, split)
    if case.what == "input":

        def step(images, labels):
            return None

    waited, computed = _times(batches, step, max(8, images_timed // case.batch_size))
    per_step = statistics.median(wait + work for wait, work in zip(waited, computed))
    memory = (
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    )
    return {
        "seconds": per_step * -(-case.images // case.batch_size),
        "images_per_second": case.batch_size / per_step,
        "input_share": sum(waited) / (sum(waited) + sum(computed)),
        "peak_megabytes": memory / 1024,
    }


def _times(batches: Iterable, step: Step, count: int) -> tuple[list[float], list[float]]:
    """For `count` steps after warming up: the seconds until the batch was there, and those of the step."""
    waited, computed = [], []
    stream = iter(batches)
    for index in range(WARM_UP + count):
        start = time.perf_counter()
        images, labels = next(stream)
        there = time.perf_counter()
        step(images, labels)
        if index >= WARM_UP:
            waited.append(there - start)
            computed.append(time.perf_counter() - there)
    return waited, computed


def _ours(case: Case, recipe: Recipe, split: Split) -> tuple[Iterator, Step]:
    """What `python -m utils.train` does in a step, with the batched pipeline."""
    precision = runtime.choose_precision(torch.device("cpu"))
    runtime.keep_freed_memory()
    recipe = replace(recipe, batch_size=case.batch_size, pipeline="batched")
    batches = training_batches(recipe, split, precision.device)
    model = build_model(recipe.model).to(memory_format=torch.channels_last).train()
    optimizer = OPTIMIZERS[recipe.optimizer](model, recipe)

    def step(images: Tensor, labels: Tensor) -> None:
        images, labels = to_device(images, labels, precision.device)
        optimizer.zero_grad(set_to_none=True)
        with precision.autocast():
            output = model(images)
        F.cross_entropy(output, labels, label_smoothing=recipe.label_smoothing).backward()
        optimizer.step()

    return _endless(batches), step


def _the_reports(case: Case, recipe: Recipe, split: Split) -> tuple[Iterator, Step]:
    """What the reports' code did in a step: one worker, float32, PyTorch's defaults throughout."""
    batches = TrainingBatches(
        split,
        pipeline(recipe.augmentation, recipe.mean, recipe.std),
        case.batch_size,
        recipe.seed,
        workers=1,
    )
    model = _with_pytorchs_layers(build_model(recipe.model)).train()
    optimizer = OPTIMIZERS[recipe.optimizer](model, recipe)

    def step(images: Tensor, labels: Tensor) -> None:
        optimizer.zero_grad()
        F.nll_loss(model(images), labels).backward()
        optimizer.step()

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
    print(json.dumps(measure(Case(**json.loads(sys.argv[1])))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
