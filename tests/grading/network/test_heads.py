"""A mistake in the head is charged once: no global average there says nothing of the blocks before it."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tests.grading.network.networks import Net, judged
from tests.grading.network.test_network_facts import conv, three_blocks
from tests.grading.network.test_pools_in_disguise import Blocks, Step

HEADS = {  # the head on a map of 8 × 4 × 4, and how many numbers it leaves
    "a pool that leaves a rim": (lambda x: F.avg_pool2d(x, 3).flatten(1), 8),
    "a pool that leaves a map": (nn.Sequential(nn.AvgPool2d(2), nn.Flatten()), 32),
    "a larger pool beside 1×1s": (
        nn.Sequential(
            nn.Conv2d(8, 8, 1), nn.AdaptiveAvgPool2d(2), nn.Conv2d(8, 6, 1), nn.Flatten()
        ),
        24,
    ),
    "a global maximum": (lambda x: F.adaptive_max_pool2d(x, 1).flatten(1), 8),
    "a window's maximum": (lambda x: F.max_pool2d(x, 4).flatten(1), 8),
    "amax": (lambda x: x.amax((2, 3)), 8),
    "a maximum of parts": (nn.Sequential(nn.MaxPool2d(2), nn.Flatten()), 32),
}


class Headed(Blocks):
    def __init__(self, head, width):
        super().__init__(width=width)
        self.pool = head if isinstance(head, nn.Module) else Step(head)


@pytest.mark.parametrize("head", HEADS)
def test_a_wrong_head_costs_no_blocks(head):
    facts = judged(Headed(*HEADS[head]))
    assert (
        facts["blocks"].value,
        facts["max_pooling"].value,
        facts["global_average_pooling"].value,
    ) == (True, False, False)
    assert facts["receptive_field"].value == judged(Blocks())["receptive_field"].value


OVER_POSITIONS = {
    "tokens": lambda x: x.flatten(2).transpose(1, 2).mean(1),
    "channels last, then flattened": lambda x: x.permute(0, 2, 3, 1).reshape(len(x), -1, 8).mean(1),
    "channels last": lambda x: x.permute(0, 2, 3, 1).mean((1, 2)),
    "positions first": lambda x: x.view(len(x), 8, -1).permute(2, 0, 1).mean(0),
    "flattened and unflattened": lambda x: x.flatten(2).unflatten(2, (4, 4)).mean((2, 3)),
    "a sum that is divided": lambda x: x.flatten(2).sum(-1) / 16,
}


@pytest.mark.parametrize("way", OVER_POSITIONS)
def test_an_average_over_positions_that_stand_elsewhere(way):
    facts, plain = judged(Headed(OVER_POSITIONS[way], 8)), judged(Blocks())
    assert facts["global_average_pooling"].value is True
    assert facts["receptive_field"].value == plain["receptive_field"].value
    assert facts["blocks"].value is True


NO_AVERAGE = {  # and what is known of it
    "all positions with weights": (lambda x: x.flatten(1), 128, False),
    "with weights, and normalised": (lambda x: F.layer_norm(x.flatten(1), (128,)), 128, False),
    "half of the positions": (lambda x: x.flatten(2).transpose(1, 2)[:, :8].mean(1), 8, None),
    "the channels": (lambda x: x.flatten(2).mean(1), 16, None),
    "channels and a side": (lambda x: x.permute(0, 2, 1, 3).flatten(2).mean(2), 4, None),
    "normalised in between": (
        lambda x: F.layer_norm(x.flatten(2).transpose(1, 2), (8,)).mean(1),
        8,
        None,
    ),
    "channels and a side, channels last": (
        lambda x: x.permute(0, 2, 3, 1).mean((2, 3)),
        4,
        None,
    ),
    "one side, then the other": (lambda x: x.mean(3).permute(0, 2, 1).mean(1), 8, None),
    "a map in another order": (
        lambda x: x.permute(0, 2, 3, 1).reshape(len(x), 8, 4, 4).mean((2, 3)),
        8,
        None,
    ),
    "a sum divided by another number": (lambda x: x.sum((2, 3)) / 15, 8, None),
    "a product": (lambda x: (x.flatten(2) @ torch.full((16, 1), 1 / 16)).flatten(1), 8, None),
    "maxima": (lambda x: x.flatten(2).transpose(1, 2).amax(1), 8, False),
}


@pytest.mark.parametrize("way", NO_AVERAGE)
def test_what_is_no_plain_average_over_positions(way):
    head, width, known = NO_AVERAGE[way]
    assert judged(Headed(head, width))["global_average_pooling"].value is known


@pytest.mark.parametrize("head", ["a global maximum", "a maximum of parts"])
@pytest.mark.parametrize(
    "pool", [nn.MaxPool2d(2), nn.AdaptiveMaxPool2d(8), nn.Sequential(nn.MaxPool2d(2), nn.ReLU())]
)
def test_maxima_between_blocks_are_charged_with_any_head(head, pool):
    model = Headed(*HEADS[head])
    model.features.insert(2, pool)
    model.pool = (
        nn.Sequential(nn.AdaptiveAvgPool2d(4), nn.Upsample(4), model.pool)
        if "parts" in head
        else model.pool
    )
    facts = judged(model)
    assert facts["max_pooling"].value is True and facts["blocks"].value is False


@pytest.mark.parametrize("pool", [nn.AvgPool2d(2), nn.AdaptiveAvgPool2d(8)])
def test_an_average_between_blocks_is_no_convolution(pool):
    model = Blocks()
    model.features.insert(2, pool)
    facts = judged(model)
    assert (
        facts["blocks"].value is False
        and "AvgPool2d" in facts["blocks"].why
        and facts["max_pooling"].value is False
    )


def test_a_maximum_before_the_average_is_max_pooling():
    facts = judged(Blocks(pool=lambda x: F.max_pool2d(x, 2).mean((2, 3))))
    assert facts["max_pooling"].value is True and facts["global_average_pooling"].value is True


class HiddenInTraining(Headed):
    """Max pooling between the blocks in training mode alone, and a head that takes maxima in both."""

    def forward(self, x):
        if self.training:
            x = F.interpolate(F.max_pool2d(x, 4), scale_factor=4)
        return super().forward(x)


def test_a_maximum_of_training_mode_is_not_taken_for_the_heads():
    assert judged(HiddenInTraining(*HEADS["a window's maximum"]))["max_pooling"].value is True


class Pooled(nn.Module):
    """A shortcut with a pool beside a convolution that does the same: the map is brought down by the convolution."""

    def __init__(self):
        super().__init__()
        self.main = nn.Sequential(conv(8, 8), conv(8, 8), conv(8, 8, stride=2))
        self.short = nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(8, 8, 1))

    def forward(self, x):
        return self.main(x) + self.short(x)


def test_a_pool_on_a_shortcut_brings_nothing_down():
    facts = judged(Net(nn.Sequential(*(Pooled() for _ in range(3)))))
    assert facts["blocks"].value is True, facts["blocks"].why


@pytest.mark.parametrize(
    "gate",
    [
        lambda x: x * torch.sigmoid(F.adaptive_avg_pool2d(x, 1)),
        lambda x: x * F.avg_pool2d(x, x.shape[-1]).sigmoid(),
    ],
)
def test_a_gate_brings_nothing_down(gate):
    features = three_blocks(lambda: nn.Sequential(conv(8, 8, stride=2), Step(gate)))
    model = Blocks()
    model.features = features
    assert judged(model)["blocks"].value is True
