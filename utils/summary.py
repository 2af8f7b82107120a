"""torchsummary's table as text, and counts taken from the module itself."""

import contextlib
import copy
import io

import torch
from torch import nn
from torchsummary import summary


def summary_text(model: nn.Module, input_size: tuple[int, int, int] = (3, 32, 32)) -> str:
    """What torchsummary prints for `model`, for one image of `input_size` (channels, height, width).

    torchsummary runs the model in whatever mode it is in, which changes BatchNorm's statistics, and asks for CUDA: so it
    gets a copy on the CPU, and the random state is put back. Neither the model nor what comes after is disturbed.
    """
    duplicate = copy.deepcopy(model).to("cpu", torch.float32)
    printed = io.StringIO()
    with torch.random.fork_rng(), contextlib.redirect_stdout(printed):
        summary(duplicate, input_size, device="cpu")
    return printed.getvalue()


def count_parameters(model: nn.Module) -> int:
    """The number of weights, each counted once even where layers share it (torchsummary would count it twice)."""
    return sum(parameter.numel() for parameter in model.parameters())
