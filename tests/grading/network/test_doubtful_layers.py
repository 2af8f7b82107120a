"""Layers that are executed and yet may do nothing: what depends on them is not established. Honest ones are not doubted."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tests.grading.network.networks import Net, executed, judged

DEPENDING = ("depthwise_separable", "dilated", "receptive_field")


def wide() -> nn.Module:
    """Depthwise separable and dilated, which nothing else in `Net` is."""
    return nn.Sequential(nn.Conv2d(8, 8, 3, padding=2, dilation=2, groups=8), nn.Conv2d(8, 8, 1))


class Gated(Net):
    """Beside the map, a wide branch times a gate that is made by `how`."""

    def __init__(self, how):
        super().__init__()
        self.how, self.branch = how, wide()
        if how in ("a buffer of zero", "a buffer of one"):
            self.register_buffer("gate", torch.tensor([float("one" in how)]))
        elif how in ("a frozen zero", "a zero out of reach", "a zero that is trained"):
            self.gate = nn.Parameter(torch.zeros(1), requires_grad="frozen" not in how)
        elif how == "layer scale":
            self.gate = nn.Parameter(torch.full((8, 1, 1), 1e-6))
        elif how == "frozen layers":
            self.branch.requires_grad_(False)

    def features(self, x):
        x = super().features(x)
        if self.how in ("evaluation alone", "zero in training") and self.training:
            return x + 0 * self.branch(x) if "zero" in self.how else x
        if self.how == "stochastic depth" and self.training and torch.rand(1) < 0.5:
            return x
        if self.how == "1e-30 behind an overflow":
            x = x + x.add(1000).exp().rsqrt()  # zero, with a gradient that is no number
        gate = {"1e-30": 1e-30, "1e-30 behind an overflow": 1e-30, "0.1": 0.1}.get(
            self.how, getattr(self, "gate", 1)
        )
        return x + (gate.detach() if self.how == "a zero out of reach" else gate) * self.branch(x)


@pytest.mark.parametrize(
    "how",
    [
        "a buffer of zero",
        "a frozen zero",
        "a zero out of reach",
        "1e-30",
        "evaluation alone",
        "zero in training",
    ],
)
def test_what_depends_on_a_doubtful_layer_is_not_established(how):
    facts = judged(Gated(how))
    assert {facts[name].value for name in DEPENDING} == {None}
    assert all("branch.0" in facts[name].why for name in DEPENDING)
    assert facts["parameters"].value == sum(
        parameter.numel() for parameter in Gated(how).parameters()
    )
    assert facts["global_average_pooling"].value is True and facts["max_pooling"].value is False


def test_gradients_that_are_no_numbers_hide_no_decoy():
    facts = judged(Gated("1e-30 behind an overflow"))
    assert {facts[name].value for name in DEPENDING} == {None}


@pytest.mark.parametrize(
    "how",
    [
        "a zero that is trained",
        "a buffer of one",
        "layer scale",
        "frozen layers",
        "0.1",
        "stochastic depth",
        "always",
    ],
)
def test_an_honest_layer_is_not_doubted(how):
    facts = judged(Gated(how))
    assert [facts[name].value for name in DEPENDING] == [True, True, 7]


@pytest.mark.parametrize("activation, depth", [(nn.ReLU, 60), (nn.Tanh, 20), (nn.Sigmoid, 10)])
def test_no_layer_of_a_deep_network_is_doubted(activation, depth):
    deep = nn.Sequential(
        *(part for _ in range(depth) for part in (nn.Conv2d(8, 8, 3, padding=1), activation()))
    )
    network = executed(Net(nn.Sequential(deep, wide())))
    assert network.doubt == "" and network.certain is network.graph


class Auxiliary(Net):
    """A second head in training mode, as in Inception."""

    def __init__(self):
        super().__init__(wide())
        self.side = nn.Sequential(nn.Conv2d(8, 8, 3, padding=4, dilation=4), nn.MaxPool2d(2))

    def forward(self, x):
        scores = super().forward(x)
        return (scores, self.side(self.features(x)).mean((2, 3))) if self.training else scores


def test_what_training_does_besides_is_no_doubt_but_a_max_pool_counts():
    facts = judged(Auxiliary())
    assert [facts[name].value for name in DEPENDING] == [True, True, 7] and facts[
        "max_pooling"
    ].value is True


class NeedsLabels(Net):
    def forward(self, x, labels=None):
        if self.training and labels is None:
            raise ValueError("labels are wanted")
        return super().forward(x)


def test_without_training_mode_nothing_good_is_established():
    facts = judged(NeedsLabels(wide(), pool="flatten"))
    assert {facts[name].value for name in DEPENDING} == {None} and "labels are wanted" in facts[
        "dilated"
    ].why
    assert facts["global_average_pooling"].value is False and facts["parameters"].value > 0
    assert judged(NeedsLabels(nn.MaxPool2d(2)))["max_pooling"].value is True


class Padded(nn.Module):
    """The zeros around the map by another function."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(8, 8, 3, dilation=8, groups=8)

    def forward(self, x):
        return self.conv(F.pad(x, (8, 8, 8, 8)))


@pytest.mark.parametrize("far", [nn.Conv2d(8, 8, 3, padding=8, dilation=8, groups=8), Padded()])
def test_a_kernel_that_sees_only_padding_is_one_of_a_single_position(far):
    small = nn.Sequential(nn.Conv2d(8, 8, 8, stride=8), far, nn.Conv2d(8, 8, 1))
    facts = judged(Net(small))
    assert (
        facts["depthwise_separable"].value,
        facts["dilated"].value,
        facts["receptive_field"].value,
    ) == (False, False, 10)
    assert "map of" in facts["dilated"].why


def test_layers_behind_the_global_pool_are_neither_spatial_nor_dilated():
    class Behind(Net):
        def forward(self, x):
            return self.tail(F.adaptive_avg_pool2d(self.features(x), 1)).flatten(1)

    model = Behind()
    model.tail = wide()
    facts = judged(model)
    assert (facts["depthwise_separable"].value, facts["dilated"].value) == (False, False)
    assert facts["global_average_pooling"].value is True
