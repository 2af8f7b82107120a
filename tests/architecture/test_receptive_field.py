"""Receptive fields against an oracle: which input pixels have a gradient at one position in the middle of the map."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from models import MODELS, build_model
from utils.architecture.receptive_field import (
    CannotTrace,
    format_table,
    receptive_field,
    receptive_fields,
)


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
    assert (
        rows.min() > 0 and rows.max() < size - 1 and columns.min() > 0 and columns.max() < size - 1
    ), "clipped"
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
    "asymmetric": nn.Sequential(
        nn.Conv2d(3, 4, (1, 7)), nn.Conv2d(4, 4, (5, 3), stride=(2, 1), dilation=(1, 3))
    ),
    "even kernel": nn.Sequential(
        nn.Conv2d(3, 4, 4, padding="same"), nn.ReLU(), nn.Conv2d(4, 4, 3, padding="valid")
    ),
    "strides and pool": nn.Sequential(
        nn.Conv2d(3, 4, 3, stride=2), nn.BatchNorm2d(4), nn.AvgPool2d(3, 2, 1), nn.Conv2d(4, 4, 3)
    ),
    "residual": Residual(),
}


@pytest.mark.parametrize("name", MODELS)
def test_networks_match_the_oracle(name):
    model = build_model(name)
    assert receptive_field(model) == gradient_support(model.features)


@pytest.mark.parametrize(
    "name, expected",
    [
        ("assignment6_net1", 43),
        ("assignment6_net1_grouped", 43),
        ("assignment6_net2", 41),
        ("era9", 49),
    ],
)
def test_networks_have_the_known_fields(name, expected):
    assert receptive_field(build_model(name)) == (expected, expected)


@pytest.mark.parametrize("name", FEATURES)
def test_other_structures_match_the_oracle(name):
    fields = receptive_fields(FEATURES[name], (3, 64, 64))
    # A maximum has its gradient at one pixel; an average over the same window shows what it sees.
    oracle = Residual(pool=F.avg_pool2d) if name == "residual" else FEATURES[name]
    assert fields[-1].receptive_field == gradient_support(oracle)


class Step(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


def conv(kernel, channels=4, **options):
    return nn.Conv2d(channels, 4, kernel, padding=options.pop("padding", kernel // 2), **options)


FOCUS = Step(
    lambda x: torch.cat(
        [x[..., ::2, ::2], x[..., 1::2, ::2], x[..., ::2, 1::2], x[..., 1::2, 1::2]], 1
    )
)


@pytest.mark.parametrize(
    "down, channels",
    [
        (Step(lambda x: x[:, :, ::2, ::2]), 4),
        (Step(lambda x: x[:, :, 1::3]), 4),
        (Step(lambda x: x[..., 2:-3, -116::4]), 4),
        (nn.PixelUnshuffle(2), 16),
        (FOCUS, 16),
        (nn.AdaptiveAvgPool2d((60, 40)), 4),
    ],
    ids=["slices", "rows", "crop", "space to depth", "space to depth by slices", "adaptive"],
)
def test_slices_and_space_to_depth_match_the_oracle(down, channels):
    features = nn.Sequential(conv(3, 3), down, conv(3, channels), conv(5))
    size = receptive_fields(features, (3, 120, 120))[-1].receptive_field
    assert size == gradient_support(features, 120) and max(size) > 9


class Squeezed(nn.Module):
    """Squeeze and excitation as `how` writes it."""

    def __init__(self, how):
        super().__init__()
        self.how, self.mix = how, nn.Conv2d(4, 4, 1)

    def forward(self, x):
        if self.how == "convolutions":
            return x * torch.sigmoid(self.mix(F.relu(self.mix(F.adaptive_avg_pool2d(x, 1)))))
        if self.how == "expanded":
            gate = F.linear(x.mean((2, 3)), self.mix.weight.flatten(1)).sigmoid()
            return x * gate.view(len(x), 4, 1, 1).expand_as(x)
        if self.how == "by hand":
            return (x - x.mean((2, 3), keepdim=True)) / (x.var((2, 3), keepdim=True) + 1e-5).sqrt()
        return (
            x
            * F.conv1d(x.flatten(2).mean(-1)[:, None], torch.ones(1, 1, 3), padding=1)[
                :, 0, :, None, None
            ]
        )


NORMALISED = {
    "group": nn.GroupNorm(2, 4),
    "instance": nn.InstanceNorm2d(4, affine=True),
    "layer": nn.GroupNorm(1, 4),
    "batch": nn.BatchNorm2d(4, track_running_stats=False),
    "channels": Step(lambda x: F.layer_norm(x.permute(0, 2, 3, 1), (4,)).permute(0, 3, 1, 2)),
    **{how: Squeezed(how) for how in ("convolutions", "expanded", "by hand", "channels in a row")},
}


@pytest.mark.parametrize("name", NORMALISED)
def test_normalisation_and_gates_leave_the_field_of_the_convolutions(name):
    """As the gradients say of the same convolutions without them."""
    without = nn.Sequential(conv(3, 3), conv(5, dilation=2, padding=4), conv(3, stride=2))
    network = nn.Sequential(
        without[0], NORMALISED[name], without[1], NORMALISED[name], nn.ReLU(), without[2]
    )
    assert (
        receptive_fields(network, (3, 64, 64))[-1].receptive_field
        == gradient_support(without)
        == (13, 13)
    )
    assert receptive_field(nn.Sequential(network, nn.AdaptiveAvgPool2d(1))) == (13, 13)


class ConvNext(nn.Module):
    """Channels last for a normalisation and two linear layers, and back."""

    def __init__(self):
        super().__init__()
        self.depthwise, self.norm = nn.Conv2d(4, 4, 7, padding=3, groups=4), nn.LayerNorm(4)
        self.up, self.down = nn.Linear(4, 8), nn.Linear(8, 4)

    def forward(self, x):
        y = self.depthwise(x).permute(0, 2, 3, 1)
        return x + self.down(F.gelu(self.up(self.norm(y)))).permute(0, 3, 1, 2)


def test_channels_last_and_linear_layers_are_followed():
    features = nn.Sequential(conv(3, 3), ConvNext(), ConvNext())
    without = nn.Sequential(conv(3, 3), conv(7), conv(7))
    assert receptive_fields(features)[-1].receptive_field == gradient_support(without) == (15, 15)
    turned = nn.Sequential(
        conv(3, 3), Step(lambda x: x.permute(0, 2, 3, 1).permute(0, 3, 2, 1)), conv(3)
    )
    with pytest.raises(CannotTrace, match="not known"):
        receptive_fields(turned)


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
            self.right = nn.Sequential(
                nn.Conv2d(3, 4, (1, 2), padding="same"), nn.Conv2d(4, 4, (1, 2), padding="same")
            )  # columns 0 to 2

        def forward(self, x):
            return self.left(x) + self.right(x)

    assert (
        receptive_fields(OffCentre())[-1].receptive_field == gradient_support(OffCentre()) == (1, 4)
    )


@pytest.mark.parametrize(
    "pool",
    [
        nn.AdaptiveAvgPool2d(1),
        nn.AvgPool2d(30),
        lambda x: x.mean((2, 3)),
        lambda x: F.adaptive_avg_pool2d(x, 1),
        lambda x: torch.mean(x, dim=[2, 3], keepdim=True),
        lambda x: F.avg_pool2d(x, x.shape[2]),
        lambda x: x.flatten(2).mean(-1),
        lambda x: x.sum((2, 3)) / 900,
        nn.AdaptiveMaxPool2d(1),
    ],
)
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
        receptive_field(
            nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 30, groups=8), nn.Flatten())
        )


def test_table_shows_every_layer():
    text = format_table(
        receptive_fields(nn.Sequential(nn.Conv2d(3, 8, (1, 3), stride=2), nn.AdaptiveAvgPool2d(1)))
    )
    assert text.splitlines()[2].split() == [
        "0",
        "Conv2d",
        "1×3",
        "stride",
        "2",
        "16×15",
        "1×3",
        "2",
    ]
