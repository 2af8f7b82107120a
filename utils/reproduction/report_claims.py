"""What the two student reports say about their networks and runs, each statement beside what is computed."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import nn

from models import build_model
from models.layers import DepthwiseSeparableConv
from utils.architecture.receptive_field import receptive_field
from utils.architecture.summary import count_parameters
from utils.reproduction.logged_runs import logged_run
from utils.tables import text_table
from utils.training.history import EpochRecord, best_epoch

Logged = Sequence[EpochRecord]


@dataclass(frozen=True)
class Statement:
    """`said` is what the report says, in our words; `computed` gives the fact, from the network and the logged epochs."""

    model: str
    said: str
    computed: Callable[[nn.Module, Logged], str]


def _depthwise(model: nn.Module, logged: Logged) -> str:
    layers = [
        layer.depthwise for layer in model.modules() if isinstance(layer, DepthwiseSeparableConv)
    ]
    grouped = sum(layer.groups == layer.in_channels for layer in layers)
    return f"{grouped} of {len(layers)} layers meant as depthwise see one channel each"


def _fewer_parameters(model: nn.Module, logged: Logged) -> str:
    return (
        f"{count_parameters(model):,} as logged; with groups it would be "
        f"{count_parameters(build_model('assignment6_net1_grouped')):,}"
    )


def _dilated(model: nn.Module, logged: Logged) -> str:
    layers = [
        layer
        for layer in model.modules()
        if isinstance(layer, nn.Conv2d) and layer.kernel_size != (1, 1)
    ]
    return f"{sum(layer.dilation != (1, 1) for layer in layers)} of {len(layers)} k×k convolutions are dilated"


def _receptive_field(model: nn.Module, logged: Logged) -> str:
    return f"{receptive_field(model)[0]} at the input of the global pool"


def _parameters(model: nn.Module, logged: Logged) -> str:
    return f"{count_parameters(model):,}"


def _accuracy(model: nn.Module, logged: Logged) -> str:
    best = best_epoch(logged)
    return f"{best.test_accuracy:.2f} % at best (epoch {best.epoch}), {logged[-1].test_accuracy:.2f} % at the end"


def _first_at_85(model: nn.Module, logged: Logged) -> str:
    first = next(epoch for epoch in logged if epoch.test_accuracy >= 85)
    return f"first at epoch {first.epoch} ({first.test_accuracy:.2f} %), counted from 0"


def _average_loss(model: nn.Module, logged: Logged) -> str:
    """A wrong answer gives the true class at most a half, and so costs at least ln 2."""
    figures = [epoch.of(split) for epoch in logged for split in ("train", "test")]
    rows = [
        (loss, 1 - correct / total)
        for loss, correct, total in figures
        if None not in (loss, correct, total)
    ]
    impossible = sum(loss < wrong * math.log(2) for loss, wrong in rows)
    return f"{impossible} of {len(rows)} are too low to be averages"


_LOSS = 'the losses of the log are "average loss"'
STATEMENTS = (
    Statement("assignment6_net1", "depthwise separable convolution is used", _depthwise),
    Statement("assignment6_net1", "it reduces the number of parameters", _fewer_parameters),
    Statement("assignment6_net1", "atrous convolution is used", _dilated),
    Statement("assignment6_net1", "receptive field 47 (a comment in its code)", _receptive_field),
    Statement("assignment6_net1", "test accuracy of around 70 % in 15 epochs", _accuracy),
    Statement("assignment6_net1", _LOSS, _average_loss),
    Statement("assignment6_net2", "151,504 parameters", _parameters),
    Statement("assignment6_net2", "depthwise separable convolution is used", _depthwise),
    Statement("assignment6_net2", "receptive field 45 (a comment in its code)", _receptive_field),
    Statement("assignment6_net2", _LOSS, _average_loss),
    Statement("era9", "fewer than 200,000 parameters", _parameters),
    Statement("era9", "dilation is applied", _dilated),
    Statement("era9", "depthwise separable convolution is applied", _depthwise),
    Statement("era9", "test accuracy reached around 87 %", _accuracy),
    Statement("era9", "85 % was reached on the 54th epoch", _first_at_85),
    Statement("era9", _LOSS, _average_loss),
)


def statements_table(model: str) -> str:
    """The report's statements about `model`, each with what is computed."""
    network, logged = build_model(model), logged_run(model)
    return text_table(
        ("the report says", "computed"),
        [
            (statement.said, statement.computed(network, logged))
            for statement in STATEMENTS
            if statement.model == model
        ],
        left=2,
    )
