"""The networks by name. Every one maps `(B, 3, 32, 32)` normalised images to `(B, 10)` float32 log-probabilities."""

from collections.abc import Callable
from functools import partial

from torch import nn

from models import assignment6
from models.era9 import era9

MODELS: dict[str, Callable[[], nn.Module]] = {
    "assignment6_net1": assignment6.net1,
    "assignment6_net1_grouped": partial(assignment6.net1, grouped=True),
    "assignment6_net2": assignment6.net2,
    "era9": era9,
}


def build_model(name: str) -> nn.Module:
    """A fresh network on the CPU with PyTorch's initial weights; ValueError lists the names when `name` is unknown."""
    if name not in MODELS:
        raise ValueError(f"There is no model '{name}'; the models are: {', '.join(MODELS)}.")
    return MODELS[name]()
