"""The benchmark: its ratios, and that each side is measured as what it says it is. No time is asserted."""

import pytest
import torch
from torch import nn

from models import build_model, layers
from utils.benchmark import HEADER, OURS, REPORTS, Case, rows
from utils.benchmark_case import _with_pytorchs_layers, measure


def figures(seconds):
    return {
        "seconds": seconds,
        "images_per_second": 1000.0,
        "input_share": 0.25,
        "peak_megabytes": 900.0,
    }


def test_ours_is_compared_with_the_same_case():
    found = {
        Case("epoch", "era9", REPORTS, 512): figures(300.0),
        Case("epoch", "era9", OURS, 512): figures(75.0),
        Case("epoch", "era9", OURS, 128): figures(60.0),
    }
    table = [dict(zip(HEADER, row)) for row in rows(found)]
    assert [row["times as fast"] for row in table] == [
        "",
        "4.0",
        "",
    ]  # there is nothing to compare the last with
    assert table[1]["seconds an epoch"] == "75.0" and table[1]["input share"] == "25.0%"


@pytest.mark.parametrize("way", [REPORTS, OURS])
@pytest.mark.parametrize("what", ["input", "epoch"])
def test_a_case_is_measured(what, way, cifar10):
    found = measure(
        Case(what, "assignment6_net1_grouped", way, batch_size=4, images=100), images_timed=32
    )
    assert found["seconds"] == pytest.approx(100 / found["images_per_second"])
    assert 0 < found["input_share"] <= 1 and found["peak_megabytes"] > 100
    assert (found["input_share"] > 0.99) == (what == "input")


def test_the_reports_way_has_pytorchs_own_layers_and_the_same_weights():
    model = build_model("assignment6_net2")
    plain = _with_pytorchs_layers(build_model("assignment6_net2"))
    assert any(type(layer) is layers.Dropout for layer in model.modules())
    assert not any(type(layer) in (layers.Dropout, layers.Conv2d) for layer in plain.modules())
    assert sum(type(layer) is nn.Dropout for layer in plain.modules()) == 6
    plain.load_state_dict(model.state_dict())
    images = torch.randn(2, 3, 32, 32)
    torch.testing.assert_close(plain.eval()(images), model.eval()(images))
