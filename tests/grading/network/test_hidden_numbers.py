"""Numbers that are no parameters and take part in the result: however they are cut up and packed, they are summed."""

import numpy
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tests.grading.network.networks import Net, view_of
from utils.grading.network.weight_facts import parameters, remarks_on_weights

LISTED = 306


class Holding(Net):
    """`Net` with `how(self, x)` after its stem; `kept` are tensors, held as buffers or in a plain list."""

    def __init__(self, how, kept, buffers=False):
        super().__init__()
        self.how, self.kept = how, kept
        if buffers:
            for number, tensor in enumerate(kept):
                self.register_buffer(f"part{number}", tensor)

    def features(self, x):
        return self.how(self, super().features(x))


def small(count=1_200, size=250):
    return list(torch.randn(count, size) * 0.1)


def kernel(net, x):
    """A convolution whose weights are cut up small and multiplied by a number of the image that is about one."""
    weights = torch.cat([one.flatten() for one in net.kept])
    weights = weights[: len(weights) // 576 * 576].view(-1, 8, 8, 3, 3).mean(0)
    return F.conv2d(x, weights * (1 + x.mean().tanh() / 9), padding=1)


def scales(net, x):
    for one in net.kept:
        scale = 1 + one * x.mean().tanh() / 99
        x = x * F.pad(scale, (0, 1024 - one.numel()), value=1.0).view(32, 32)
    return x


def unpacked(net, x):
    weights = net.kept[0].view(torch.uint8)[:576].view(8, 8, 3, 3).float() / 255
    return F.conv2d(x, weights * (1 + x.mean() / 9), padding=1)


class Norms(nn.Module):
    """Batch normalisations with 10,240 means and variances, which learn them or never do."""

    def __init__(self, learn):
        super().__init__()
        self.learn = learn
        self.norms = nn.ModuleList(nn.BatchNorm2d(1_024, affine=False) for _ in range(5))

    def forward(self, x):
        y = x[:, :, ::8, ::8].repeat(1, 128, 1, 1)
        for norm in self.norms:
            frozen = (y, norm.running_mean, norm.running_var)
            y = norm(y) if self.learn else F.batch_norm(*frozen)
        return y[:, :8]


HIDDEN = {
    "plain tensors": lambda: Holding(kernel, small()),
    "buffers": lambda: Holding(kernel, small(), buffers=True),
    "one by one": lambda: Holding(scales, small(12, 900)),
    "an array": lambda: Holding(
        lambda net, x: x + x.mean() * torch.from_numpy(net.kept).view(8, 40, 32)[:, :32],
        numpy.ones(10_240, dtype=numpy.float32),
    ),
    "two in one of eight bytes": lambda: Holding(unpacked, [torch.randint(2**62, (5_100,))]),
    "statistics that are never taken": lambda: Net(Norms(learn=False)),
}


@pytest.mark.parametrize("how", HIDDEN)
def test_hidden_numbers_are_summed(how):
    fact = parameters(view_of(HIDDEN[how]()))
    assert fact.value is None and "cannot be told: the " in fact.why


class Innocent(Net):
    """What networks hold besides their parameters: colour statistics, a grid of positions, a mask, many norms."""

    def __init__(self):
        super().__init__(Norms(learn=True))
        self.mean, self.deviation = torch.rand(3, 1, 1), torch.ones(3, 1, 1)
        axis = torch.arange(32.0)
        self.register_buffer("grid", torch.stack(torch.meshgrid(axis, axis, indexing="ij")) / 32)
        self.register_buffer("mask", torch.ones(32, 32).tril())
        self.join = nn.Conv2d(10, 8, 1)

    def features(self, x):
        x = super().features((x - self.mean) / (self.deviation + 1e-5) * self.mask)
        near = torch.arange(4, device=x.device).float() / 32
        grid = self.grid[:, ::8, ::8].expand(len(x), -1, -1, -1)
        return self.join(torch.cat([x + near, grid], 1))


def test_innocent_constants_are_no_weights():
    view = view_of(Innocent())
    assert parameters(view).value == LISTED + 88
    (remark,) = [one for one in remarks_on_weights(view) if "Not counted" in one]
    assert "grid of 2,048 numbers" in remark and "mask of 1,024" in remark


@pytest.mark.parametrize(
    "made",
    [
        lambda: torch.linspace(-1, 1, 2).view(1, 1, 1, 2).repeat(8, 8, 3, 2)[..., :3],
        lambda: torch.full((1, 1, 1, 1), 0.1).expand(8, 8, 3, 3),
        lambda: torch.sin(torch.arange(576.0) * 43_758.5453).view(8, 8, 3, 3),
    ],
    ids=["linspace", "full", "a hash"],
)
def test_generated_kernels_count_by_their_size(made):
    view = view_of(Holding(lambda net, x: F.conv2d(x, made(), padding=1), []))
    assert parameters(view).value == LISTED + 576


def test_many_small_tensors_make_one_remark():
    remarks = list(remarks_on_weights(view_of(Holding(kernel, small(300, 30)))))
    assert len(remarks) == 1 and "295 more tensors" in remarks[0] and len(remarks[0]) < 600
