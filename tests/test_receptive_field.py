"""Receptive fields against an oracle: which input pixels have a gradient at one position in the middle of the map."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from models import MODELS, build_model
from utils.receptive_field import CannotTrace, format_table, receptive_field, receptive_fields


def gradient_support(features, size=121):
    """(height, width) of the input region that has a gradient at the middle of `features`' map, on an input that holds it.

    All weights are positive and ReLU is gone, so that no two paths cancel.
    """
    features = copy.deepcopy(features).double().eval()
    for name, layer in list(features.named_modules()):
        if isinstance(layer, nn.ReLU):
            parent = features.get_submodule(name.rpartition(".")[0])
            setattr(parent, name.rpartition(".")[2], nn.Identity())
    for weights in features.parameters():
        nn.init.constant_(weights, 0.5)
    image = torch.ones(1, 3, size, size, dtype=torch.double, requires_grad=True)
    output = features(image)
    output[0, :, output.shape[2] // 2, output.shape[3] // 2].sum().backward()
    seen = image.grad[0, 0] != 0
    rows, columns = seen.any(1).nonzero(), seen.any(0).nonzero()
    assert rows.min() > 0 and rows.max() < size - 1 and columns.min() > 0 and columns.max() < size - 1, "clipped"
    return int(rows.max() - rows.min() + 1), int(columns.max() - columns.min() + 1)


class Residual(nn.Module):
    def __init__(self, pool=F.max_pool2d):
        super().__init__()
        self.pool = pool
        self.stem = nn.Conv2d(3, 4, 3, stride=2, padding=1)
        self.conv = nn.Conv2d(4, 4, 3, padding=4, dilation=4)
        self.short = nn.Conv2d(4, 4, 1)

    def forward(self, x):
        x = self.pool(self.stem(x), 3, stride=1, padding=1)
        y = self.conv(x)
        y += self.short(x)
        return y


FEATURES = {
    "asymmetric": nn.Sequential(nn.Conv2d(3, 4, (1, 7)), nn.Conv2d(4, 4, (5, 3), stride=(2, 1), dilation=(1, 3))),
    "even kernel": nn.Sequential(nn.Conv2d(3, 4, 4, padding="same"), nn.ReLU(), nn.Conv2d(4, 4, 3, padding="valid")),
    "strides and pool": nn.Sequential(nn.Conv2d(3, 4, 3, stride=2), nn.BatchNorm2d(4), nn.AvgPool2d(3, 2, 1),
                                      nn.Conv2d(4, 4, 3)),
    "residual": Residual(),
}


@pytest.mark.parametrize("name", MODELS)
def test_networks_match_the_oracle(name):
    model = build_model(name)
    assert receptive_field(model) == gradient_support(model.features)


@pytest.mark.parametrize("name, expected", [("assignment6_net1", 43), ("assignment6_net1_grouped", 43),
                                            ("assignment6_net2", 41), ("era9", 49)])
def test_networks_have_the_known_fields(name, expected):
    assert receptive_field(build_model(name)) == (expected, expected)


@pytest.mark.parametrize("name", FEATURES)
def test_other_structures_match_the_oracle(name):
    fields = receptive_fields(FEATURES[name], (3, 64, 64))
    # A maximum has its gradient at one pixel; an average over the same window shows what it sees.
    oracle = Residual(pool=F.avg_pool2d) if name == "residual" else FEATURES[name]
    assert fields[-1].receptive_field == gradient_support(oracle)


class ShiftedBranches(nn.Module):
    def __init__(self, join):
        super().__init__()
        self.join = join
        self.wide = nn.Conv2d(3, 4, (1, 9), padding=(0, 4))
        self.aside = nn.Conv2d(3, 4, (5, 3), padding=(2, 1))
        self.twice = nn.Conv2d(4, 4, 3, padding=3, dilation=3)

    def forward(self, x):
        return self.join(self.wide(x), self.twice(self.aside(x)))


@pytest.mark.parametrize("join", [torch.add, lambda a, b: torch.cat([a, b], 1), lambda a, b: a * b])
def test_branches_see_what_any_of_them_sees(join):
    model = ShiftedBranches(join)
    assert receptive_fields(model)[-1].receptive_field == gradient_support(model) == (11, 9)


def test_off_centre_branches_are_united_not_compared():
    class OffCentre(nn.Module):
        def __init__(self):
            super().__init__()
            self.left = nn.Conv2d(3, 4, (1, 3), padding="same")  # columns -1 to 1
            self.right = nn.Sequential(nn.Conv2d(3, 4, (1, 2), padding="same"),
                                       nn.Conv2d(4, 4, (1, 2), padding="same"))  # columns 0 to 2

        def forward(self, x):
            return self.left(x) + self.right(x)

    assert receptive_fields(OffCentre())[-1].receptive_field == gradient_support(OffCentre()) == (1, 4)


@pytest.mark.parametrize("pool", [nn.AdaptiveAvgPool2d(1), nn.AvgPool2d(30), lambda x: x.mean((2, 3)),
                                  lambda x: F.adaptive_avg_pool2d(x, 1), lambda x: torch.mean(x, dim=[2, 3], keepdim=True)])
def test_every_kind_of_global_pool_is_found(pool):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.linear = nn.Conv2d(3, 8, 3), nn.Linear(8, 10)
            self.pool = pool if isinstance(pool, nn.Module) else None

        def forward(self, x):
            x = self.conv(x)
            return self.linear((self.pool(x) if self.pool is not None else pool(x)).flatten(1))

    rows = receptive_fields(Net())
    assert receptive_field(Net()) == (3, 3)
    assert rows[-1].is_global_pool and rows[-1].receptive_field == (32, 32)


def test_a_convolution_over_the_whole_map_is_no_global_pool():
    with pytest.raises(CannotTrace, match="no global pool"):
        receptive_field(nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 30, groups=8), nn.Flatten()))


class Gate(nn.Module):
    """Squeeze and excitation: what is pooled over the whole map comes back into it."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        x = self.conv(x)
        return x * torch.sigmoid(x.mean((2, 3), keepdim=True))


class Reshaped(nn.Module):
    def forward(self, x):
        return x + x.flatten(2).reshape(x.shape)


class Sliced(nn.Module):
    def forward(self, x):
        return x[:, :, 1:]


class Branching(nn.Module):
    def forward(self, x):
        return x if x.sum() > 0 else -x


@pytest.mark.parametrize("model, why", [(Gate(), "behind a global pool joins"), (Reshaped(), "reshaped"),
                                        (Branching(), "cannot be traced"),
                                        (nn.Sequential(nn.Upsample(scale_factor=2)), "not known"),
                                        (nn.Sequential(nn.ConvTranspose2d(3, 3, 2, 2)), "not known"),
                                        (Sliced(), "getitem.*not known")])
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


def test_table_shows_every_layer():
    text = format_table(receptive_fields(nn.Sequential(nn.Conv2d(3, 8, (1, 3), stride=2), nn.AdaptiveAvgPool2d(1))))
    assert text.splitlines()[2].split() == ["0", "Conv2d", "1×3", "stride", "2", "16×15", "1×3", "2"]


class Beside(nn.Module):
    """A narrow path, and beside it a wide one that starts from something made of the same map."""

    def __init__(self, side, channels=4):
        super().__init__()
        self.stem, self.wide, self.side = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(channels, 4, 9, padding=4), side

    def forward(self, x):
        x = self.stem(x)
        return x + self.wide(self.side(x))


@pytest.mark.parametrize("side, channels", [
    (lambda x: x.chunk(2, 1)[0], 2), (lambda x: torch.max(x, 1, keepdim=True)[0], 1), (lambda x: torch.split(x, 2, 1)[1], 2),
    (lambda x: x.flatten(2).transpose(1, 2).transpose(1, 2).reshape(x.shape), 4)])
def test_a_path_that_is_not_followed_is_not_forgotten(side, channels):
    with pytest.raises(CannotTrace, match="taken apart"):
        receptive_fields(Beside(side, channels))


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
            self.wide, self.narrow, self.pool_side = nn.Conv2d(3, 4, 19, padding=9), nn.Conv2d(3, 4, 1), pool_side

        def forward(self, x):
            wide, narrow = self.wide(x), self.narrow(x)
            return wide.mean((2, 3)) + (narrow.mean((2, 3)) if self.pool_side else narrow[0, :, 0, 0])

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


def test_an_addition_in_place_is_not_overlooked():
    class InPlace(nn.Module):
        def __init__(self):
            super().__init__()
            self.wide, self.last = nn.Conv2d(3, 3, 11, padding=5), nn.Conv2d(3, 4, 3)

        def forward(self, x):
            x.add_(self.wide(x))
            return self.last(x)

    with pytest.raises(CannotTrace, match="in place"):
        receptive_fields(InPlace())


def test_a_pool_that_leaves_a_rim_is_not_global():
    with pytest.raises(CannotTrace, match="no global pool"):
        receptive_field(nn.Sequential(nn.Conv2d(3, 4, 27), nn.AvgPool2d(4)))


def test_a_mean_over_other_dimensions_is_not_global():
    class ChannelMean(nn.Module):
        def forward(self, x):
            return F.relu(x).mean((1, 2))

    with pytest.raises(CannotTrace, match="no global pool"):
        receptive_field(ChannelMean(), (32, 32, 32))


@pytest.mark.parametrize("layer", [nn.BatchNorm2d(3, track_running_stats=False), nn.InstanceNorm2d(3)])
def test_statistics_of_the_map_itself_are_not_overlooked(layer):
    with pytest.raises(CannotTrace, match="not known"):
        receptive_fields(nn.Sequential(layer))


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
    with pytest.raises(CannotTrace, match="depends on the size"):
        receptive_fields(BySize())
