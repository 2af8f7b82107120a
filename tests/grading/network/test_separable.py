"""What may stand between a depthwise convolution and its 1×1, and what may not."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tests.grading.network.networks import PLACE, Gate, Net, judged
from utils.grading.facts import Evidence


class Between(nn.Module):
    """A depthwise convolution, what stands `between` (which may take the input too), and a convolution of `kernel`."""

    def __init__(self, between, kernel=1, channels=8):
        super().__init__()
        self.depthwise, self.between = nn.Conv2d(8, 8, 3, padding=1, groups=8), between
        self.mix = nn.Conv2d(channels, 8, kernel, padding=kernel // 2)

    def forward(self, x):
        y = self.depthwise(x)
        return self.mix(
            self.between(y) if isinstance(self.between, nn.Module) else self.between(y, x)
        )


class ConvolutionGate(nn.Module):
    """Squeeze and excitation by 1×1 convolutions: they mix the gate's numbers, not the map."""

    def __init__(self, expanded=False):
        super().__init__()
        self.down, self.up, self.expanded = nn.Conv2d(8, 4, 1), nn.Conv2d(4, 8, 1), expanded

    def forward(self, x):
        gate = torch.sigmoid(self.up(F.relu(self.down(F.adaptive_avg_pool2d(x, 1)))))
        return x * (gate.expand_as(x) if self.expanded else gate)


class ChannelNorm(nn.Module):
    """Layer normalisation over the channels, by hand or with the channels last."""

    def __init__(self, by_hand):
        super().__init__()
        self.norm, self.by_hand = nn.LayerNorm(8), by_hand

    def forward(self, x):
        if self.by_hand:
            x = x - x.mean(1, keepdim=True)
            return (
                x / (x.pow(2).mean(1, keepdim=True) + 1e-6).sqrt() * self.norm.weight[:, None, None]
            )
        return self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class DropPath(nn.Module):
    def forward(self, x):
        if not self.training:
            return x
        return x * torch.empty(len(x), 1, 1, 1).bernoulli_(0.9) / 0.9


APART = {
    "group norm": nn.Sequential(nn.GroupNorm(4, 8), nn.SiLU()),
    "instance norm": nn.InstanceNorm2d(8, affine=True),
    "layer norm": ChannelNorm(False),
    "layer norm by hand": ChannelNorm(True),
    "the whole map": nn.GroupNorm(1, 8),
    "a gate": nn.Sequential(nn.BatchNorm2d(8), nn.ReLU(), Gate()),
    "a gate of convolutions": ConvolutionGate(),
    "an expanded gate": nn.Sequential(nn.Hardswish(), ConvolutionGate(True)),
    "drop path": DropPath(),
    "dropout": nn.Dropout(),
    "swish by hand": lambda y, x: y * torch.sigmoid(y),
    "a gate by the input": lambda y, x: y * x.mean((2, 3), True).sigmoid(),
    "split and joined": lambda y, x: torch.cat([F.relu(y[:, :4]), y[:, 4:]], 1),
}


@pytest.mark.parametrize("between", APART)
def test_what_leaves_the_channels_apart_may_stand_between(between):
    facts = judged(Net(Between(APART[between])))
    assert facts["depthwise_separable"].value is True, facts["depthwise_separable"].why
    assert "then middle.mix (Conv2d 1×1)" in facts["depthwise_separable"].why
    assert facts["receptive_field"].value == 5


@pytest.mark.parametrize(
    "between, kernel, channels",
    [
        (lambda y, x: torch.cat([y, x], 1), 1, 16),
        (nn.Conv2d(8, 8, 3, padding=1), 1, 8),
        (Gate(), 3, 8),
        (nn.Conv2d(8, 8, 1, groups=8), 3, 8),
        (ConvolutionGate(), 3, 8),
        (nn.AvgPool2d(17), 1, 8),
        (lambda y, x: x * y.mean((2, 3), True), 1, 8),
    ],
)
def test_what_joins_other_maps_or_positions_may_not(between, kernel, channels):
    fact = judged(Net(Between(between, kernel, channels)))["depthwise_separable"]
    assert fact.value is False and "no 1×1 convolution follows" in fact.why


@pytest.mark.parametrize(
    "between, name",
    [
        (lambda y, x: y + x, "add"),
        (lambda y, x: y * F.relu(x), "mul"),
        (nn.AvgPool2d(2), "avg_pool2d"),
    ],
)
def test_a_sum_or_a_pool_between_is_for_a_person_to_judge(between, name):
    place = Evidence("layers.py", 12)
    fact = judged(Net(Between(between)), Between=place, AvgPool2d=place)["depthwise_separable"]
    assert (
        fact.value is None
        and f"behind it is {name} in middle" in fact.why
        and "line 12 of layers.py" in fact.why
    )


class Shrunk(nn.Module):
    def forward(self, x):
        return F.interpolate(x, scale_factor=0.5) + F.interpolate(x, 16)


@pytest.mark.parametrize(
    "place, words",
    [
        (Evidence("layers.py", 7), "line 7 of layers.py"),
        (Evidence(notebook="S9.ipynb", cell=3), "cell 3 of S9.ipynb"),
    ],
)
def test_what_is_given_up_names_the_module_and_its_place(place, words):
    facts = judged(Net(nn.Sequential(Shrunk(), nn.Conv2d(8, 8, 3))), Shrunk=place)
    assert (
        "middle.0 (Shrunk)" in facts["receptive_field"].why
        and words in facts["receptive_field"].why
    )
    assert f"in middle.0 (Shrunk, {words})" in facts["blocks"].why or facts["blocks"].value is False
    assert facts["receptive_field"].evidence == (PLACE,)
