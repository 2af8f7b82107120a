"""Branches that are executed and say next to nothing in the result: what rests on them is not established. Small honest
branches are not doubted."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tests.grading.network.networks import Net, executed, judged
from tests.grading.network.test_doubtful_layers import DEPENDING, wide


class Beside(Net):
    """`Net` with `how(self, x)` after its stem; `branch` is depthwise separable and dilated."""

    def __init__(self, how, **parts):
        super().__init__()
        self.how, self.branch, self.norm = how, wide(), nn.BatchNorm2d(8)
        for name, part in parts.items():
            setattr(self, name, part)

    def features(self, x):
        return self.how(self, super().features(x))


class Outputs(Beside):
    def forward(self, x):
        features = F.relu(self.stem(x))
        side = self.branch(features)
        return self.how(self, F.log_softmax(self.linear(features.mean((2, 3))), -1), side)


def in_training(small, large):
    return lambda net, x: x + (small if net.training else large) * net.branch(x)


def subtracted(net, x):
    kernel, other = net.branch[0].weight, -net.branch[0].weight
    first, second = (F.conv2d(x, one, padding=2, dilation=2, groups=8) for one in (kernel, other))
    return x + net.branch[1](first + second)


def masked(net, x):
    kernel = net.branch[0].weight * net.mask
    return net.branch[1](F.conv2d(x, kernel, padding=2, dilation=2, groups=8))


def centre():
    mask = torch.zeros(3, 3)
    mask[1, 1] = 1
    return nn.Parameter(mask, requires_grad=False)


def empty_gradient(parameter):
    parameter.grad.zero_()


class Killed(nn.Module):
    """A factor of zero that could be trained, and whose gradient is always made zero."""

    def __init__(self, after):
        super().__init__()
        self.gate = nn.Parameter(torch.zeros(1))
        hook = "register_post_accumulate_grad_hook" if after else "register_hook"
        getattr(self.gate, hook)(empty_gradient if after else torch.zeros_like)


def tiny():
    layers = wide()
    for parameter in layers.parameters():
        parameter.requires_grad_(False).mul_(1e-4)
    return layers


DECOYS = {
    "1e-7": lambda net, x: x + 1e-7 * net.branch(x),
    "1e-5": lambda net, x: x + 1e-5 * net.branch(x),
    "a strong main path": lambda net, x: 1e6 * x + net.branch(x),
    "weights times 1e-6": lambda net, x: (
        x
        + net.branch[1](F.conv2d(x, net.branch[0].weight * 1e-3, padding=2, dilation=2, groups=8))
        * 1e-3
    ),
    "a steep wave of nothing": lambda net, x: x + 1e-7 * (1e7 * net.branch(x)).sin(),
    "a closed sigmoid": lambda net, x: x + torch.sigmoid(net.branch(x).mean() - 30) * net.branch(x),
    "clamped": lambda net, x: x + net.branch(x).clamp(-1e-6, 1e-6),
    "a power": lambda net, x: x * net.branch(x).abs().clamp_min(1e-3).pow(1e-6),
    "mixed in": lambda net, x: torch.lerp(x, net.branch(x), 1e-6),
    "concatenated and cut off": lambda net, x: torch.cat([x, net.branch(x)], 1)[:, :8],
    "concatenated": lambda net, x: torch.cat([x[:, :7], x[:, 7:] + 1e-6 * net.branch(x)[:, :1]], 1),
    "subtracted": subtracted,
    "the same for all images": lambda net, x: net.norm(x + net.branch(x).mean((0, 2, 3), True)),
    "gone in its own normalisation": lambda net, x: F.relu(
        F.instance_norm(x + net.branch(x).mean((2, 3), True))
    ),
    "of one value everywhere": lambda net, x: x + net.branch(x.mean((2, 3), True).expand_as(x)),
    "linear, there and back": lambda net, x: (
        F.conv2d(x + net.branch(x), net.branch[1].weight)
        - F.conv2d(net.branch(x), net.branch[1].weight)
    ),
    "1e-7 in training": in_training(1e-7, 1),
    "1e-7 in evaluation": in_training(1, 1e-7),
    "dropped in training": lambda net, x: x + F.dropout(net.branch(x), 1.0, net.training),
    "without a gradient": lambda net, x: x + net.branch(x).detach(),
    "a detached input": lambda net, x: x + torch.no_grad()(net.branch)(x),
    "a hook": lambda net, x: x + net.killed.gate * net.branch(x),
    "a hook behind": lambda net, x: x + net.behind.gate * net.branch(x),
    "a gate that is emptied": lambda net, x: x + net.behind.gate.data.zero_() * net.branch(x),
    "tiny and frozen": lambda net, x: x + net.tiny(x),
    "a mask of the centre": masked,
}
PARTS = {
    "a hook": lambda: {"killed": Killed(False)},
    "a hook behind": lambda: {"behind": Killed(True)},
    "a gate that is emptied": lambda: {"behind": Killed(True)},
    "tiny and frozen": lambda: {"tiny": tiny()},
    "a mask of the centre": lambda: {"mask": centre()},
}


@pytest.mark.parametrize("how", DECOYS)
def test_a_decoy_establishes_nothing(how):
    facts = judged(Beside(DECOYS[how], **PARTS.get(how, dict)()))
    values = [facts[name].value for name in DEPENDING]
    assert values[:2] in ([None, None], [False, False]) and values[2] in (None, 3), values
    assert facts["dilated"].why
    assert facts["global_average_pooling"].value is not False
    assert facts["max_pooling"].value is False


@pytest.mark.parametrize(
    "how",
    [
        lambda net, scores, side: (scores, side),
        lambda net, scores, side: scores + side.mean((1, 2, 3))[:, None],
        lambda net, scores, side: (scores, scores + F.pad(side.mean((2, 3)), (0, 2))),
        lambda net, scores, side: (scores + F.pad(side.mean((2, 3)), (0, 2)), scores),
        lambda net, scores, side: scores + 1e-6 * F.pad(side.mean((2, 3)), (0, 2)),
    ],
    ids=["beside the scores", "the same for all classes", "second", "first", "small"],
)
def test_what_does_not_move_the_scores_establishes_nothing(how):
    facts = judged(Outputs(how))
    assert {facts[name].value for name in DEPENDING[:2]} == {None}


class LayerScale(nn.Module):
    def __init__(self, start, shape=(8, 1, 1)):
        super().__init__()
        self.branch, self.scale = wide(), nn.Parameter(torch.full(shape, start))

    def forward(self, x):
        return x + self.scale * self.branch(x)


class ZeroNorm(nn.Module):
    """A residual branch whose last normalisation begins with a scale of zero (Goyal et al. 2017)."""

    def __init__(self):
        super().__init__()
        self.branch, self.norm = wide(), nn.BatchNorm2d(8)
        nn.init.zeros_(self.norm.weight)

    def forward(self, x):
        return F.relu(x + self.norm(self.branch(x)))


class ZeroConv(nn.Module):
    """A residual branch whose last layer begins at zero (Zhang et al. 2019, Fixup)."""

    def __init__(self):
        super().__init__()
        self.branch, self.bias = wide(), nn.Parameter(torch.zeros(1))
        nn.init.zeros_(self.branch[1].weight)

    def forward(self, x):
        return x + self.branch(x + self.bias)


class Attention(nn.Module):
    """Squeeze and excitation over what a wide branch makes, and added to the map."""

    def __init__(self):
        super().__init__()
        self.branch, self.down, self.up = wide(), nn.Conv2d(8, 2, 1), nn.Conv2d(2, 8, 1)

    def forward(self, x):
        y = self.branch(x)
        return x + y * self.up(F.relu(self.down(y.mean((2, 3), keepdim=True)))).sigmoid()


class Dense(nn.Module):
    """Each layer sees all maps before it (Huang et al. 2017)."""

    def __init__(self, layers=6):
        super().__init__()
        self.layers = nn.ModuleList(nn.Conv2d(8 + 4 * n, 4, 3, padding=1) for n in range(layers))
        self.branch, self.end = wide(), nn.Conv2d(8 + 4 * layers, 8, 1)

    def forward(self, x):
        x = self.branch(x)
        for layer in self.layers:
            x = torch.cat([x, F.relu(layer(x))], 1)
        return self.end(x)


class DropPath(nn.Module):
    """Stochastic depth for each image by itself."""

    def __init__(self, rate=0.3):
        super().__init__()
        self.branch, self.rate = wide(), rate

    def forward(self, x):
        y = self.branch(x)
        if self.training:
            y = y * y.new_empty(len(x), 1, 1, 1).bernoulli_(1 - self.rate) / (1 - self.rate)
        return x + y


HONEST = {
    "layer scale of 1e-6": lambda: LayerScale(1e-6),
    "a scalar of zero": lambda: LayerScale(0.0, (1,)),
    "a norm of zero": ZeroNorm,
    "a layer of zero": ZeroConv,
    "squeeze and excitation": Attention,
    "dense": Dense,
    "drop path": DropPath,
    "shared three times": lambda: (lambda one: nn.Sequential(one, nn.ReLU(), one, nn.ReLU(), one))(
        wide()
    ),
    "behind dropout": lambda: nn.Sequential(nn.Dropout(0.5), wide(), nn.Dropout2d(0.2)),
    "group norm": lambda: nn.Sequential(wide(), nn.GroupNorm(2, 8), nn.GELU()),
    "instance norm": lambda: nn.Sequential(wide(), nn.InstanceNorm2d(8), nn.ReLU()),
    "a norm of the batch": lambda: nn.Sequential(
        wide(), nn.BatchNorm2d(8, track_running_stats=False), nn.SiLU()
    ),
    "thirty residual blocks": lambda: nn.Sequential(wide(), *(ZeroNorm() for _ in range(29))),
}


@pytest.mark.parametrize("kind", HONEST)
def test_an_honest_branch_is_not_doubted(kind):
    network = executed(Net(HONEST[kind]()))
    assert network.doubt == "" and network.certain is network.graph


def test_the_doubt_names_the_layer_and_why():
    facts = judged(Beside(DECOYS["1e-5"]))
    assert "branch.0" in facts["dilated"].why and "1/10,000" in facts["dilated"].why
