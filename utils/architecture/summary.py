"""A network in numbers: torchsummary's table as text, and counts taken from the module itself."""

import contextlib
import copy
import io
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import torch
from torch import nn
from torchsummary import summary

from models import build_model
from utils.architecture.executed_graph import record
from utils.architecture.multiply_adds import multiply_adds
from utils.architecture.receptive_field import receptive_field
from utils.tables import text_table


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


@dataclass(frozen=True)
class ModelFacts:
    """`multiply_adds` for one 3×32×32 image; `receptive_field` (height, width) in pixels at the global pool's input."""

    parameters: int
    multiply_adds: int
    receptive_field: tuple[int, int]


def model_facts(model: nn.Module) -> ModelFacts:
    """The parameters, multiply-adds and receptive field of `model`."""
    return ModelFacts(count_parameters(model), count_multiply_adds(model), receptive_field(model))


@cache
def named_model_facts(name: str) -> ModelFacts:
    """`model_facts` of the model of that name, counted once."""
    return model_facts(build_model(name))


def count_multiply_adds(model: nn.Module, input_size: tuple[int, ...] = (3, 32, 32)) -> int:
    """Multiply-adds of convolutions and matrix products for one input; what works on each value alone is not counted."""
    duplicate = copy.deepcopy(model).to("cpu", torch.float32).eval()
    return multiply_adds(record(duplicate, torch.zeros(1, *input_size)))


def compare_models(names: Iterable[str]) -> str:
    """The named models side by side, as a text table."""
    facts = {name: named_model_facts(name) for name in names}
    return text_table(
        ("model", "parameters", "multiply-adds", "receptive field"),
        [
            (
                name,
                f"{fact.parameters:,}",
                f"{fact.multiply_adds / 1e6:.1f} M",
                fact.receptive_field[0],
            )
            for name, fact in facts.items()
        ],
    )
