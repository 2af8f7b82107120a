"""What the walk over the graph cannot follow is said, never guessed: a wrong field is worse than none."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from utils.architecture.executed_graph import record
from utils.architecture.receptive_field import CannotTrace, receptive_field, receptive_fields
from utils.architecture.receptive_field_rules import walk


class Context(nn.Module):
    """What is pooled over the whole map stands beside it as more channels: features, and no gate."""

    def __init__(self, spread):
        super().__init__()
        self.conv, self.spread = nn.Conv2d(3, 4, 3), spread

    def forward(self, x):
        x = self.conv(x)
        return torch.cat([x, self.spread(x.mean((2, 3), keepdim=True))], 1)


class Reshaped(nn.Module):
    def forward(self, x):
        return x + x.flatten(2).reshape(x.shape)


class Rolled(nn.Module):
    def forward(self, x):
        return torch.cat([x[:, :, 1:], x[:, :, :1]], 2)


class Branching(nn.Module):
    def forward(self, x):
        return x if x.sum() > 0 else -x


@pytest.mark.parametrize(
    "model, why",
    [
        (Context(lambda x: x.expand(-1, -1, 30, 30)), "behind a global pool joins"),
        (Context(lambda x: F.interpolate(x, size=30)), "taken apart"),
        (Reshaped(), "reshaped"),
        (Branching(), "cannot be traced"),
        (nn.Sequential(nn.Upsample(scale_factor=2)), "not known"),
        (nn.Sequential(nn.ConvTranspose2d(3, 3, 2, 2)), "not known"),
        (Rolled(), "cat.*not known"),
    ],
)
def test_what_cannot_be_established_is_said(model, why):
    with pytest.raises(CannotTrace, match=why):
        receptive_fields(model)


def test_branches_with_different_jumps_are_refused():
    class Unequal(nn.Module):
        def __init__(self):
            super().__init__()
            self.fast, self.slow = nn.Conv2d(3, 4, 1, stride=2), nn.Conv2d(3, 4, 17)

        def forward(self, x):
            return self.fast(x) + self.slow(x)

    with pytest.raises(CannotTrace, match="different jumps"):
        receptive_fields(Unequal())


class Beside(nn.Module):
    """A narrow path, and beside it a wide one that starts from something made of the same map."""

    def __init__(self, side, channels=4):
        super().__init__()
        self.stem, self.wide, self.side = (
            nn.Conv2d(3, 4, 3, padding=1),
            nn.Conv2d(channels, 4, 9, padding=4),
            side,
        )

    def forward(self, x):
        x = self.stem(x)
        return x + self.wide(self.side(x))


@pytest.mark.parametrize(
    "side",
    [
        lambda x: x.flatten(2).transpose(1, 2).transpose(1, 2).reshape(x.shape),
        lambda x: x.permute(0, 2, 3, 1).reshape(x.shape),
    ],
)
def test_a_path_that_is_not_followed_is_not_forgotten(side):
    with pytest.raises(CannotTrace, match="taken apart|not known"):
        receptive_fields(Beside(side))


@pytest.mark.parametrize(
    "side, channels",
    [
        (lambda x: x.chunk(2, 1)[0], 2),
        (lambda x: torch.max(x, 1, keepdim=True)[0], 1),
        (lambda x: torch.split(x, 2, 1)[1], 2),
        (lambda x: x[:, 1:3], 2),
        (lambda x: x.view(1, 2, 2, 32, 32).transpose(1, 2).reshape(x.shape), 4),
    ],
)
def test_a_path_through_some_of_the_channels_is_followed(side, channels):
    assert receptive_fields(Beside(side, channels))[-1].receptive_field == (11, 11)


def test_attention_is_not_overlooked():
    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.attention = nn.MultiheadAttention(3, 1, batch_first=True)

        def forward(self, x):
            tokens = x.flatten(2).transpose(1, 2)
            return x + self.attention(tokens, tokens, tokens)[0].transpose(1, 2).reshape(x.shape)

    with pytest.raises(CannotTrace):
        receptive_fields(Attention())


def test_the_field_is_that_of_the_pools_own_input():
    class SideOutput(nn.Module):
        def __init__(self, pool_side):
            super().__init__()
            self.wide, self.narrow, self.pool_side = (
                nn.Conv2d(3, 4, 19, padding=9),
                nn.Conv2d(3, 4, 1),
                pool_side,
            )

        def forward(self, x):
            wide, narrow = self.wide(x), self.narrow(x)
            return wide.mean((2, 3)) + (
                narrow.mean((2, 3)) if self.pool_side else narrow[0, :, 0, 0]
            )

    assert receptive_field(nn.Sequential(nn.Conv2d(3, 4, 19), nn.AdaptiveAvgPool2d(1))) == (19, 19)
    assert receptive_field(SideOutput(pool_side=False)) == (19, 19)
    with pytest.raises(CannotTrace, match="different receptive fields"):
        receptive_field(SideOutput(pool_side=True))


def test_layers_whose_result_is_not_used_do_not_count():
    class Decoy(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.decoy = nn.Conv2d(3, 4, 3), nn.Conv2d(3, 4, 31, padding=15)

        def forward(self, x):
            self.decoy(x)
            return self.conv(x).mean((2, 3))

    assert receptive_field(Decoy()) == (3, 3) and len(receptive_fields(Decoy())) == 3


class InPlace(nn.Module):
    def __init__(self, through_a_view):
        super().__init__()
        self.wide, self.last, self.through_a_view = (
            nn.Conv2d(3, 3, 11, padding=5),
            nn.Conv2d(3, 4, 3),
            through_a_view,
        )

    def forward(self, x):
        x = x.clone()
        changed = x[:] if self.through_a_view else x
        changed.add_(self.wide(x))
        return self.last(x)


def test_an_addition_in_place_is_not_overlooked():
    assert receptive_fields(InPlace(through_a_view=False))[-1].receptive_field == (13, 13)
    with pytest.raises(CannotTrace, match="in place"):
        receptive_fields(InPlace(through_a_view=True))


def test_a_pool_that_leaves_a_rim_is_not_global():
    with pytest.raises(CannotTrace, match="no global pool"):
        receptive_field(nn.Sequential(nn.Conv2d(3, 4, 27), nn.AvgPool2d(4)))


def test_a_mean_over_other_dimensions_is_not_global():
    class ChannelMean(nn.Module):
        def forward(self, x):
            return F.relu(x).mean((1, 2))

    with pytest.raises(CannotTrace, match="no global pool"):
        receptive_field(ChannelMean(), (32, 32, 32))


@pytest.mark.parametrize(
    "layer", [nn.BatchNorm2d(3, track_running_stats=False), nn.InstanceNorm2d(3)]
)
def test_statistics_of_the_map_itself_are_known_to_be_there(layer):
    walked = walk(record(nn.Sequential(layer, nn.Conv2d(3, 4, 3)), torch.rand(2, 3, 32, 32)))
    assert walked.whole_map and walked.rows[-1].receptive_field == (3, 3)
    assert not walk(record(nn.BatchNorm2d(3).eval(), torch.rand(2, 3, 32, 32))).whole_map


def test_what_is_given_up_says_in_which_module():
    class Down(nn.Module):
        def forward(self, x):
            return F.interpolate(x, scale_factor=0.5)

    with pytest.raises(CannotTrace, match=r"upsample_nearest2d at 1\.0 \(Down\) is not known"):
        receptive_fields(nn.Sequential(nn.Conv2d(3, 4, 3), nn.Sequential(Down())))


def test_settings_with_defaults_and_windows_by_size():
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, x, scale=2.0):
            return self.conv(x) * scale

    class BySize(nn.Module):
        def forward(self, x):
            return F.max_pool2d(x, x.shape[2] // 4)

    assert receptive_fields(Scaled())[-1].receptive_field == (3, 3)
    assert receptive_fields(BySize())[-1].receptive_field == (8, 8)
