"""The totals that a printed summary may show for a network, held against what torchsummary itself prints."""

import contextlib
import io

import pytest
from torch import nn
from torchsummary import summary

from tests.grading.network.networks import view_of
from utils.grading.log.printed_totals import printed_total, stated_total
from utils.grading.network.weight_facts import printable_totals


class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU())
        self.two = nn.Conv2d(8, 8, 3, padding=1)
        self.out = nn.Linear(8, 10)

    def features(self, x):
        return self.two(self.one(x))

    def forward(self, x):
        return self.out(self.features(x).mean((2, 3)))


class Shared(Plain):
    def features(self, x):
        return self.two(self.two(self.one(x)))


class Idle(Plain):
    def __init__(self):
        super().__init__()
        self.never = nn.Conv2d(8, 8, 3)


class Scaled(Plain):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(nn.init.ones_(nn.Linear(8, 1).weight).view(1, 8, 1, 1).detach())

    def features(self, x):
        return super().features(x) * self.scale


@pytest.mark.parametrize("kind", [Plain, Shared, Idle, Scaled])
def test_what_torchsummary_prints_is_one_of_them(kind):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        summary(kind(), (3, 32, 32), device="cpu")
    total = next(
        found[0] for line in printed.getvalue().split("\n") if (found := printed_total(line))
    )
    totals = printable_totals(view_of(kind()))
    assert total in totals
    assert sum(parameter.numel() for parameter in kind().parameters()) in totals
    assert total + 1 not in totals


@pytest.mark.parametrize(
    "line",
    [
        "Parameters: 187898",
        "Net: 187898 parameters",
        "2024-03-08 14:02:03,870 | INFO | created net_base, 187,898 parameters",
        "Model has 187,898 trainable parameters",
        "Number of params = 187898",
        "[INFO] params: 187,898",
        "INFO:root:Parameters: 187898",
    ],
)
def test_a_total_in_words_of_its_own(line):
    assert stated_total(line) == 187_898


@pytest.mark.parametrize(
    "line",
    [
        "conv1: 1,152 parameters",
        "block1 parameters: 20,000",
        "Teacher: 11,173,962 parameters",
        "Limit: 200,000 parameters",
        "Epoch 3, params: 100,000, loss 3",
        "Saved 187,898 parameters",
        "Parameters: 0.19 M",
        "Non-trainable parameters: 1,152",
        "loss 0.4",
    ],
)
def test_what_states_no_total_of_the_network(line):
    assert stated_total(line) is None
