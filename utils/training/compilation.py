"""`torch.compile` for a network too small to keep a GPU busy: CUDA graphs launch all of its kernels at once."""

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn

from utils.data.data_sets import DATA_SETS
from utils.runtime import Precision, memory_format
from utils.training.recipes import Recipe


class ForUsualBatches(nn.Module):
    """`compiled` for images of one `shape`, `model` for all others: the last batch of an epoch, or small images.

    Compiling it once more for each of those would take longer than it saves.
    """

    def __init__(self, model: nn.Module, compiled: Callable[[Tensor], Tensor], shape: tuple):
        super().__init__()
        self.model, self.compiled, self.shape = model, compiled, shape

    def forward(self, images: Tensor) -> Tensor:
        """What `model` answers."""
        return (self.compiled if images.shape == self.shape else self.model)(images)


def compile_for(
    model: nn.Module, recipe: Recipe, precision: Precision
) -> tuple[Callable[[Tensor], Tensor] | nn.Module, str]:
    """`model` compiled with CUDA graphs for the batches of `recipe`, and a text that says so.

    `model` itself, and why, where that does not work: not on CUDA, or where a trial step fails.
    """
    if precision.device.type != "cuda":
        return model, f"not compiled: that is for CUDA, and this is {precision.device.type}"
    size = DATA_SETS[recipe.data_set].size
    shape = recipe.batch_size, 3, size, size
    try:
        _try(torch.compile(copy.deepcopy(model), mode="reduce-overhead"), shape, precision)
    except (
        Exception
    ) as error:  # the compiler, the compiler's compiler and the driver can raise anything
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        return model, f"not compiled: a trial step failed ({reason[:120]})"
    compiled = torch.compile(model, mode="reduce-overhead")
    return ForUsualBatches(model, compiled, shape), "compiled with CUDA graphs"


def _try(model: nn.Module, shape: tuple, precision: Precision) -> None:
    """One step forward and backward on black images."""
    images = torch.zeros(shape, device=precision.device).to(
        memory_format=memory_format(precision.device)
    )
    with precision.autocast():
        output = model.train()(images)
    output.sum().backward()
    torch.cuda.synchronize(precision.device)
