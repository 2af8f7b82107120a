"""A whole training step as one CUDA graph, which launches all of its kernels at once.

A network this small is bound by launches: a step starts some 1,400 kernels, and starting one takes a CPU longer than most
of them take the GPU. Captured once with `torch.cuda.graph`, they are replayed together.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from utils.data.data_sets import DATA_SETS
from utils.errors import in_short
from utils.runtime import Precision
from utils.training.batches import black_images
from utils.training.distillation.objective import objective_of
from utils.training.loops import train_step
from utils.training.muon import Muon
from utils.training.recipes import Recipe

# The ways of using CUDA graphs: of the network, which `torch.compile` makes, with kernels of its own; of the whole step.
GRAPHS = COMPILED, CAPTURED = "compile", "capture"
WARM_UP = 3  # steps before the capture, while libraries choose their kernels and take memory


class CapturedStep:
    """`train_step` for batches of one shape by a CUDA graph; others, such as the last of an epoch, step by step.

    `how` says whether that works. Made when model and optimiser hold what training goes on from, which it leaves as it was.
    """

    def __init__(
        self,
        recipe: Recipe,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        precision: Precision,
    ):
        """For the usual batches of `recipe`: images, labels and, where it has teachers, soft labels."""
        self.model, self.optimizer, self.precision = model, optimizer, precision
        self.objective, self.replay = objective_of(recipe), None
        count, device = recipe.batch_size, precision.device
        self.images = black_images(recipe, device)
        self.known = (torch.zeros(count, dtype=torch.int64, device=device),)
        if recipe.teachers:
            answers = count, DATA_SETS[recipe.data_set].classes
            self.known += (torch.zeros(answers, dtype=torch.float16, device=device),)
        self.how = _why_not(optimizer, precision)
        if self.how is None:
            self._try()

    def _try(self) -> None:
        """Capture; where that fails, say why and go on without."""
        weights = {name: each.clone() for name, each in self.model.state_dict().items()}
        state = {each: _copied(fields) for each, fields in self.optimizer.state.items()}
        self.model.train()
        try:
            self.numbers = [
                [torch.zeros((), device=self.precision.device) for _ in numbers]
                for numbers in self.optimizer.next_numbers()
            ]
            self.replay, self.output, self.loss = capture(self._run, self.precision.device)
            self.how = "steps captured as CUDA graphs"
        except Exception as error:  # the driver and all that it runs can raise anything
            self.replay = None
            self.how = f"steps not captured: {in_short(error)}"
        self.model.load_state_dict(weights)
        for each, fields in self.optimizer.state.items():
            _put_back(fields, state.get(each, {}))
        self.optimizer.zero_grad(set_to_none=True)

    def _run(self) -> tuple[Tensor, Tensor]:
        self.optimizer.zero_grad(set_to_none=True)
        with self.precision.autocast():
            output = self.model(self.images)
        loss = self.objective(output, *self.known)
        loss.backward()
        self.optimizer.update(self.numbers)
        return output.detach(), loss.detach()

    def __call__(
        self,
        model: nn.Module,
        images: Tensor,
        known: tuple[Tensor, ...],
        *rest,
    ) -> tuple[Tensor, Tensor]:
        """What `train_step` does with the same arguments."""
        if self.replay is None or images.shape != self.images.shape:
            return train_step(model, images, known, *rest)
        self.images.copy_(images)
        for place, values in zip(self.known, known):
            place.copy_(values)
        for places, values in zip(self.numbers, self.optimizer.next_numbers()):
            for place, value in zip(places, values):
                place.fill_(value)
        self.replay()
        return self.output, self.loss.clone()  # the next replay overwrites them


def capture(
    run: Callable[[], tuple[Tensor, Tensor]], device: torch.device
) -> tuple[Callable[[], None], Tensor, Tensor]:
    """What replays `run` on `device`, and where its results will lie; it is run a few times before that."""
    with torch.cuda.device(device):
        side, usual = torch.cuda.Stream(), torch.cuda.current_stream()
        side.wait_stream(usual)
        with torch.cuda.stream(side):
            for _ in range(WARM_UP):
                run()
        usual.wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            output, loss = run()
    return graph.replay, output, loss


def _why_not(optimizer: torch.optim.Optimizer, precision: Precision) -> str | None:
    if precision.device.type != "cuda":
        return f"steps not captured: that is for CUDA, and this is {precision.device.type}"
    if precision.name == "fp16":
        return "steps not captured: the scaler of fp16 has to ask the GPU at every step"
    if not isinstance(optimizer, Muon):
        return f"steps not captured: {type(optimizer).__name__} takes its numbers from the CPU"
    return None


def _copied(fields: dict) -> dict:
    return {
        name: each.clone() if isinstance(each, Tensor) else each for name, each in fields.items()
    }


def _put_back(fields: dict, before: dict) -> None:
    """Into the same tensors, because the graph has their addresses; what was not there before is zero."""
    for name, each in fields.items():
        if isinstance(each, Tensor):
            each.copy_(before[name]) if name in before else each.zero_()
        else:
            fields[name] = before.get(name, 0)
