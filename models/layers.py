"""The blocks that the networks share: depthwise separable convolution, Conv-ReLU-BatchNorm-Dropout, pooled classifier."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

NUM_CLASSES = 10


class DepthwiseSeparableConv(nn.Module):
    """A depthwise k×k convolution followed by a pointwise 1×1 (Howard et al. 2017, MobileNets, arXiv:1704.04861).

    `(B, in_channels, H, W) -> (B, out_channels, H', W')`, where stride, padding and dilation act in the k×k step.
    `grouped=False` leaves `groups` at 1, so that the k×k step is a full convolution: a frequent slip, kept to rebuild
    a network that was trained with it.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int = 3, stride: int = 1,
                 padding: int | str = 0, dilation: int = 1, grouped: bool = True):
        super().__init__()
        self.depthwise = Conv2d(in_channels, in_channels, kernel_size, stride, padding, dilation,
                                groups=in_channels if grouped else 1, bias=False)
        self.pointwise = nn.Conv2d(in_channels, out_channels, kernel_size=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.pointwise(self.depthwise(x))


class Conv2d(nn.Conv2d):
    """`nn.Conv2d`, with a fast backward pass on the CPU for depthwise convolutions with a stride or a dilation.

    PyTorch has none for them: its own takes several times as long for the same numbers.
    """

    def forward(self, x: Tensor) -> Tensor:
        step, stride = self.dilation[0], self.stride[0]
        rearranges = (self.training and x.device.type == "cpu" and self.groups == self.in_channels > 1
                      and self.dilation == (step, step) and self.stride == (stride, stride) and not stride == step == 1
                      and (stride == 1 or stride % step == 0) and self.padding_mode == "zeros" and self.bias is None)
        if not rearranges:
            return super().forward(x)
        padded, weight = F.pad(x, self._reversed_padding_repeated_twice), self.weight
        if torch.is_autocast_enabled("cpu"):  # here, because a backward pass is outside autocast
            padded, weight = (tensor.to(torch.get_autocast_dtype("cpu")) for tensor in (padded, weight))
        return _RearrangedBackward.apply(padded, weight, stride, step)


class _RearrangedBackward(torch.autograd.Function):
    """A depthwise convolution whose backward pass is that of one that has neither stride nor dilation."""

    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor, stride: int, dilation: int) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.settings = stride, dilation
        return F.conv2d(x, weight, stride=stride, dilation=dilation, groups=len(weight))

    @staticmethod
    def backward(ctx, gradient: Tensor):
        x, weight = (tensor.detach().requires_grad_() for tensor in ctx.saved_tensors)
        stride, step = ctx.settings
        with torch.enable_grad():
            result = _without_stride(x, weight, step) if stride > 1 else _by_phases(x, weight, step)
        if stride > 1:
            spread = torch.zeros_like(result)
            spread[:, :, ::stride // step, ::stride // step] = gradient
            gradient = spread
        return (*torch.autograd.grad(result, (x, weight), gradient), None, None)


def _without_stride(x: Tensor, weight: Tensor, step: int) -> Tensor:
    """At every position, as if not strided: several times the multiply-adds, in a tenth of the time.

    With a stride that is a multiple of the dilation `step` only each step-th row and column is ever seen.
    """
    seen = x[:, :, ::step, ::step].contiguous(memory_format=torch.channels_last)
    return F.conv2d(seen, weight, groups=len(weight))


def _by_phases(x: Tensor, weight: Tensor, step: int) -> Tensor:
    """With dilation `step`: the positions that one output sees are all of one phase, the same row and column modulo `step`,
    so each of the step² phases is convolved as an image of its own."""
    height, width = (size - (k - 1) * step for size, k in zip(x.shape[2:], weight.shape[2:]))
    phases = F.conv2d(_to_phases(x, step), weight, groups=len(weight))
    return _from_phases(phases, step)[:, :, :height, :width]


def _to_phases(x: Tensor, step: int) -> Tensor:
    """`(B, C, H, W)` to `(step·step·B, C, ⌈H/step⌉, ⌈W/step⌉)`: every step-th row and column, from each start."""
    x = F.pad(x, (0, -x.shape[3] % step, 0, -x.shape[2] % step))
    batch, channels, height, width = x.shape
    grid = x.permute(0, 2, 3, 1).reshape(batch, height // step, step, width // step, step, channels)
    return grid.permute(2, 4, 0, 1, 3, 5).reshape(-1, height // step, width // step, channels).permute(0, 3, 1, 2)


def _from_phases(x: Tensor, step: int) -> Tensor:
    """The inverse: `(step·step·B, C, h, w)` to `(B, C, step·h, step·w)`."""
    total, channels, height, width = x.shape
    grid = x.permute(0, 2, 3, 1).reshape(step, step, total // step**2, height, width, channels)
    return grid.permute(2, 3, 0, 4, 1, 5).reshape(-1, step * height, step * width, channels).permute(0, 3, 1, 2)


class Dropout(nn.Dropout):
    """`nn.Dropout` with its random numbers drawn four at a time on the CPU, where drawing them dominates its cost.

    Each 64-bit draw of PyTorch's generator decides on four values by 16 bits each, so `p` is met to within 1/131072.
    """

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or not 0 < self.p < 1 or x.device.type != "cpu" or not _is_dense(x):
            return super().forward(x)
        draws = torch.empty((x.numel() + 3) // 4, dtype=torch.int64).random_(-2**63, None)  # all 64 bits
        lanes = draws.view(torch.int16)[:x.numel()].as_strided(x.shape, x.stride())
        first_kept = min(max(round(self.p * 2**16), 1), 2**16 - 1) - 2**15  # lanes are uniform from -2**15 to 2**15 - 1
        # To 0 or 1 without a comparison, whose way through bool is slower.
        keep = lanes.clamp_(first_kept - 1, first_kept).sub_(first_kept - 1).to(x.dtype)
        return x * keep.mul_(1 / (1 - self.p))


def _is_dense(x: Tensor) -> bool:
    return x.is_contiguous() or (x.dim() == 4 and x.is_contiguous(memory_format=torch.channels_last))


def conv(in_channels: int, out_channels: int, kernel_size: int = 3, **options) -> nn.Conv2d:
    """A convolution without bias (BatchNorm brings its own); `options` are those of `nn.Conv2d`."""
    return nn.Conv2d(in_channels, out_channels, kernel_size, bias=False, **options)


def block(*convs: nn.Module, channels: int, dropout: float) -> nn.Sequential:
    """`convs`, then ReLU, BatchNorm over `channels` and Dropout: the order of the reports. Shapes are those of `convs`."""
    return nn.Sequential(*convs, nn.ReLU(), nn.BatchNorm2d(channels), Dropout(dropout))


class PooledClassifier(nn.Module):
    """`features`, average pool over the whole `pool_size` × `pool_size` map, 1×1 convolution to the classes, log-softmax."""

    def __init__(self, features: nn.Module, channels: int, pool_size: int):
        super().__init__()
        self.features = features
        self.pool = nn.AvgPool2d(pool_size)
        self.classifier = conv(channels, NUM_CLASSES, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        """`(B, 3, 32, 32)` normalised images to `(B, 10)` float32 log-probabilities."""
        scores = self.classifier(self.pool(self.features(x))).flatten(1)
        return F.log_softmax(scores.float(), dim=1)
