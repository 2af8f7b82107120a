"""torchsummary's tables against the reports' own figures."""

import json
import re
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from models import build_model
from utils.architecture.executed_graph import record
from utils.architecture.multiply_adds import multiply_adds
from utils.architecture.summary import (
    count_multiply_adds,
    count_parameters,
    model_facts,
    summary_text,
)

SUMMARIES = json.loads((Path(__file__).parent / "summaries.json").read_text())


def rows_of(text):
    rows = re.findall(r"^\s*(\w+)-\d+\s+(\[.*?\])\s+([\d,]+)\s*$", text, re.MULTILINE)
    return [[name, json.loads(shape), int(count.replace(",", ""))] for name, shape, count in rows]


@pytest.mark.parametrize("name", SUMMARIES)
def test_table_is_the_reports(name):
    text, expected = summary_text(build_model(name)), SUMMARIES[name]
    assert rows_of(text) == expected["rows"]
    assert f"Total params: {expected['total_params']:,}\n" in text
    for label, key in (
        ("Input size", "input_mb"),
        ("Forward/backward pass size", "forward_backward_mb"),
        ("Params size", "params_mb"),
        ("Estimated Total Size", "total_mb"),
    ):
        assert f"{label} (MB): {expected[key]:.2f}\n" in text


def test_model_and_random_state_are_undisturbed():
    model = build_model("era9").train()
    weights = {name: value.clone() for name, value in model.state_dict().items()}
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    summary_text(model)
    assert torch.equal(torch.rand(4), expected)
    assert all(torch.equal(value, weights[name]) for name, value in model.state_dict().items())
    assert model.training and not any(layer._forward_hooks for layer in model.modules())


def test_shared_weights_count_once():
    layer = torch.nn.Conv2d(3, 3, 3, padding=1, bias=False)
    assert count_parameters(torch.nn.Sequential(layer, layer)) == 81


@pytest.mark.parametrize("groups, expected", [(1, 8 * 8 * 9 * 16 * 16), (8, 8 * 9 * 16 * 16)])
def test_multiply_adds_of_a_convolution(groups, expected):
    layer = torch.nn.Conv2d(8, 8, 3, padding=1, groups=groups, bias=False)
    assert count_multiply_adds(layer, (8, 16, 16)) == expected


def test_era9_meets_the_assignment():
    facts = model_facts(build_model("era9"))
    assert facts.parameters < 200_000 and min(facts.receptive_field) > 44


class Products(nn.Module):
    """Attention, matrix products and a transposed convolution."""

    def __init__(self):
        super().__init__()
        self.down, self.up = (
            nn.Conv2d(3, 8, 3, stride=4, dilation=2),
            nn.ConvTranspose2d(8, 4, 3, stride=2, groups=2),
        )
        self.linear = nn.Linear(4, 8)

    def forward(self, x):
        x = self.linear(self.up(self.down(x)).flatten(2).transpose(1, 2))
        return torch.einsum("bnc,bmc->bnm", x, x).softmax(2) @ x


@pytest.mark.parametrize("model", [*map(build_model, ("era9", "aster")), Products()])
def test_multiply_adds_are_those_that_pytorch_counts(model):
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        model.eval()(torch.zeros(1, 3, 32, 32))
    assert count_multiply_adds(model) == counter.get_total_flops() // 2


def test_multiply_adds_are_those_of_one_image():
    graphs = [record(build_model("era9").eval(), torch.zeros(batch, 3, 32, 32)) for batch in (1, 3)]
    assert multiply_adds(graphs[0]) == multiply_adds(graphs[1]) > 0
