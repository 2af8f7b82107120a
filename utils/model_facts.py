"""What a network is in numbers: parameters, multiply-adds, receptive field."""

import copy
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from models import build_model
from utils.receptive_field import receptive_field
from utils.summary import count_parameters
from utils.tables import text_table


@dataclass(frozen=True)
class ModelFacts:
    """`multiply_adds` for one 3×32×32 image; `receptive_field` (height, width) in pixels at the global pool's input."""
    parameters: int
    multiply_adds: int
    receptive_field: tuple[int, int]


def model_facts(model: nn.Module) -> ModelFacts:
    return ModelFacts(count_parameters(model), count_multiply_adds(model), receptive_field(model))


def count_multiply_adds(model: nn.Module, input_size: tuple[int, ...] = (3, 32, 32)) -> int:
    """Multiply-adds of convolutions and matrix products for one input; what works on each value alone is not counted."""
    duplicate = copy.deepcopy(model).to("cpu", torch.float32).eval()
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        duplicate(torch.zeros(1, *input_size))
    return counter.get_total_flops() // 2  # it counts a multiplication and an addition as two


def compare_models(names: Iterable[str]) -> str:
    """The named models side by side, as a text table."""
    facts = {name: model_facts(build_model(name)) for name in names}
    return text_table(("model", "parameters", "multiply-adds", "receptive field"),
                      [(name, f"{fact.parameters:,}", f"{fact.multiply_adds / 1e6:.1f} M", fact.receptive_field[0])
                       for name, fact in facts.items()])
