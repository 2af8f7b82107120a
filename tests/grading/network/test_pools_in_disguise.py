"""The map brought down by other means than a convolution or a pool, and global pools in more than one step."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tests.grading.network.networks import Net, judged
from tests.grading.network.test_network_facts import conv, three_blocks


def tiled(x):
    batch, channels, height, width = x.shape
    return x.view(batch, channels, height // 2, 2, width // 2, 2)


def largest_of_slices(x):
    rows = torch.maximum(x[:, :, ::2], x[:, :, 1::2])
    return torch.maximum(rows[..., ::2], rows[..., 1::2])


MAXIMA = {
    "slices": largest_of_slices,
    "amax": lambda x: tiled(x).amax((3, 5)),
    "amin": lambda x: -tiled(-x).amin((3, 5)),
    "im2col": lambda x: (
        F.unfold(x, 2, stride=2).view(len(x), x.shape[1], 4, x.shape[2] // 2, -1).amax(2)
    ),
    "unfold": lambda x: x.unfold(2, 2, 2).unfold(3, 2, 2).max(-1)[0].max(-1)[0],
    "sort": lambda x: tiled(x).permute(0, 1, 2, 4, 3, 5).flatten(4).sort(4)[0][..., -1],
}


class Step(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


class Blocks(nn.Module):
    """Right in every way; before the second block comes `step`, and the last map is pooled by `pool`."""

    def __init__(self, step=None, pool=lambda x: x.mean((2, 3)), width=8):
        super().__init__()
        self.features = three_blocks(lambda: conv(8, 8, stride=2))
        if step is not None:
            self.features.insert(2, Step(step))
        self.pool, self.linear = pool, nn.Linear(width, 10)

    def forward(self, x):
        return self.linear(self.pool(self.features(x)))


@pytest.mark.parametrize("how", MAXIMA)
def test_max_pooling_by_other_operations_is_not_called_absent(how):
    facts = judged(Blocks(MAXIMA[how]))
    assert facts["max_pooling"].value is None and facts["blocks"].value is None
    assert "brought down from 16×16 to 8×8" in facts["max_pooling"].why


def test_the_map_is_not_brought_down_by_a_slice():
    facts = judged(Blocks(lambda x: x[:, :, ::2, ::2]))
    assert facts["blocks"].value is None and "16×16 to 8×8 by slice" in facts["blocks"].why
    assert facts["max_pooling"].value is False


class Shortcut(nn.Module):
    """The first residual networks' way past a stride: every second position; before it a gate by channels' maxima."""

    def __init__(self):
        super().__init__()
        self.main = conv(8, 8, stride=2)

    def forward(self, x):
        x = x * torch.sigmoid(x.amax(1, keepdim=True))
        return self.main(x) + x[:, :, ::2, ::2]


def test_a_shortcut_beside_a_stride_and_a_maximum_over_channels_are_no_doubt():
    facts = judged(Net(three_blocks(Shortcut)[1:]))
    assert facts["blocks"].value is not None and "brought down" not in facts["blocks"].why


@pytest.mark.parametrize(
    "pool",
    [
        lambda x: x.mean(3).mean(2),
        lambda x: x.mean(2, keepdim=True).mean(3).squeeze(2),
        lambda x: F.avg_pool2d(F.avg_pool2d(x, 2), 2).flatten(1),
        lambda x: F.adaptive_avg_pool2d(F.avg_pool2d(x, 2), 1).flatten(1),
        lambda x: F.avg_pool2d(x, 2).mean((2, 3)),
        lambda x: torch.einsum("bchw->bc", x) / 16,
        lambda x: x.permute(0, 2, 3, 1).mean((1, 2)),
        lambda x: x.permute(0, 3, 2, 1).mean((1, 2)),
    ],
)
def test_a_global_average_in_several_steps(pool):
    facts, plain = judged(Blocks(pool=pool)), judged(Blocks())
    assert facts["global_average_pooling"].value is True and facts["blocks"].value is True
    assert facts["receptive_field"].value == plain["receptive_field"].value


@pytest.mark.parametrize(
    "pool, width, why",
    [
        (lambda x: x[:, :, 1:2, 1:3].mean((2, 3)), 8, "from 4×4 to 1×2 by slice"),
        (lambda x: x[:, :, :3, :3].flatten(2).mean(2), 8, "from 4×4 to 3×3 by slice"),
        (lambda x: torch.cat([x.flatten(1), x.mean((2, 3))], 1), 136, "past the global pool too"),
        (lambda x: x.flatten(1)[:, :8] + x.mean((2, 3)), 8, "past the global pool too"),
        (lambda x: x.flatten(1)[:, :8] + 1e-12 * x.mean((2, 3)), 8, "past the global pool too"),
    ],
)
def test_an_average_of_a_part_or_beside_something_else_is_not_established(pool, width, why):
    fact = judged(Blocks(pool=pool, width=width))["global_average_pooling"]
    assert fact.value is None and why in fact.why


@pytest.mark.parametrize(
    "pool",
    [
        lambda x: F.avg_pool2d(x, 2, 1).mean((2, 3)),
        lambda x: F.avg_pool2d(x, 3).flatten(1),
        lambda x: x.mean(3).amax(2),
    ],
)
def test_steps_that_weigh_positions_unlike_are_no_global_average_without_a_doubt(pool):
    facts = judged(Blocks(pool=pool))
    assert not (facts["global_average_pooling"].value and facts["blocks"].value)


def test_an_average_and_a_maximum_side_by_side():
    facts = judged(Blocks(pool=lambda x: torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1), width=16))
    assert facts["global_average_pooling"].value is True and facts["max_pooling"].value is True


def test_an_average_with_the_channels_last_is_not_denied():
    facts = judged(Blocks(pool=lambda x: F.layer_norm(x.permute(0, 2, 3, 1), (8,)).mean((1, 2))))
    assert facts["global_average_pooling"].value is not False and facts["blocks"].value is True
    assert facts["receptive_field"].value == judged(Blocks())["receptive_field"].value
