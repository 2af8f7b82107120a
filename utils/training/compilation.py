"""`torch.compile` for a network too small to keep a GPU busy: CUDA graphs launch all of its kernels at once."""

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn

from utils.errors import in_short
from utils.runtime import Precision
from utils.training.batches import black_images
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
    try:
        trial = torch.compile(copy.deepcopy(model), mode="reduce-overhead")
        images = black_images(recipe, precision.device)
        _try(trial, images, precision)
    except (
        Exception
    ) as error:  # the compiler, the compiler's compiler and the driver can raise anything
        return model, f"not compiled: a trial step failed ({in_short(error)})"
    compiled = torch.compile(model, mode="reduce-overhead")
    return ForUsualBatches(model, compiled, images.shape), "compiled with CUDA graphs"


def _try(model: nn.Module, images: Tensor, precision: Precision) -> None:
    """One step forward and backward."""
    with precision.autocast():
        output = model.train()(images)
    output.sum().backward()
    torch.cuda.synchronize(precision.device)
