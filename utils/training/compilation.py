"""`torch.compile` for a network too small to keep a GPU busy: CUDA graphs launch all of its kernels at once."""

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn

from utils.data.data_sets import DATA_SETS
from utils.runtime import Precision, memory_format
from utils.training.recipes import Recipe


def compile_for(
    model: nn.Module, recipe: Recipe, precision: Precision
) -> tuple[Callable[[Tensor], Tensor] | nn.Module, str]:
    """`model` compiled with CUDA graphs for the batches of `recipe`, and a text that says so.

    `model` itself, and why, where that does not work: not on CUDA, or where a trial step fails. Not measured yet.
    """
    if precision.device.type != "cuda":
        return model, f"not compiled: that is for CUDA, and this is {precision.device.type}"
    size = DATA_SETS[recipe.data_set].size
    try:
        _try(torch.compile(copy.deepcopy(model), mode="reduce-overhead"), recipe, size, precision)
    except (
        Exception
    ) as error:  # the compiler, the compiler's compiler and the driver can raise anything
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        return model, f"not compiled: a trial step failed ({reason[:120]})"
    return torch.compile(model, mode="reduce-overhead"), "compiled with CUDA graphs"


def _try(model: nn.Module, recipe: Recipe, size: int, precision: Precision) -> None:
    """One step forward and backward on black images."""
    shape = recipe.batch_size, 3, size, size
    images = torch.zeros(shape, device=precision.device).to(
        memory_format=memory_format(precision.device)
    )
    with precision.autocast():
        output = model.train()(images)
    output.sum().backward()
    torch.cuda.synchronize(precision.device)
