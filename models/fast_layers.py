"""Layers that compute what PyTorch's do, faster on a CPU: depthwise convolutions' backward pass, and Dropout."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Conv2d(nn.Conv2d):
    """`nn.Conv2d`, with a fast backward pass on the CPU for depthwise convolutions with a stride or a dilation.

    PyTorch has none for them: its own takes several times as long for the same numbers.
    """

    def forward(self, x: Tensor) -> Tensor:
        """`(B, in_channels, H, W)` to `(B, out_channels, H', W')`, as `nn.Conv2d` does."""
        step, stride = self.dilation[0], self.stride[0]
        rearranges = (
            self.training
            and x.device.type == "cpu"
            and x.dim() == 4
            and self.groups == self.in_channels == self.out_channels > 1
            and self.dilation == (step, step)
            and self.stride == (stride, stride)
            and not stride == step == 1
            and (stride == 1 or stride % step == 0)
            and self.padding_mode == "zeros"
            and self.bias is None
        )
        if not rearranges:
            return super().forward(x)
        padded, weight = F.pad(x, self._reversed_padding_repeated_twice), self.weight
        if torch.is_autocast_enabled("cpu"):  # here, because a backward pass is outside autocast
            padded, weight = (
                tensor.to(torch.get_autocast_dtype("cpu")) for tensor in (padded, weight)
            )
        return _RearrangedBackward.apply(padded, weight, stride, step)


class _RearrangedBackward(torch.autograd.Function):
    """A depthwise convolution whose backward pass runs through one with neither stride nor dilation."""

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
            spread[:, :, :: stride // step, :: stride // step] = gradient
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
    return (
        grid.permute(2, 4, 0, 1, 3, 5)
        .reshape(-1, height // step, width // step, channels)
        .permute(0, 3, 1, 2)
    )


def _from_phases(x: Tensor, step: int) -> Tensor:
    """The inverse: `(step·step·B, C, h, w)` to `(B, C, step·h, step·w)`."""
    total, channels, height, width = x.shape
    grid = x.permute(0, 2, 3, 1).reshape(step, step, total // step**2, height, width, channels)
    return (
        grid.permute(2, 3, 0, 4, 1, 5)
        .reshape(-1, step * height, step * width, channels)
        .permute(0, 3, 1, 2)
    )


class Dropout(nn.Dropout):
    """`nn.Dropout` with its random numbers drawn four at a time on the CPU, where drawing them dominates its cost.

    Each 64-bit draw of PyTorch's generator decides on four values by 16 bits each, so `p` is met to within 1/131072.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Any shape to the same; in evaluation mode `x` itself."""
        if not self.training or not 0 < self.p < 1 or x.device.type != "cpu" or not _is_dense(x):
            return super().forward(x)
        draws = torch.empty((x.numel() + 3) // 4, dtype=torch.int64).random_(
            -(2**63), None
        )  # all 64 bits
        lanes = draws.view(torch.int16)[: x.numel()].as_strided(x.shape, x.stride())
        first_kept = (
            min(max(round(self.p * 2**16), 1), 2**16 - 1) - 2**15
        )  # lanes are uniform from -2**15 to 2**15 - 1
        # To 0 or 1 without a comparison, whose way through bool is slower.
        keep = lanes.clamp_(first_kept - 1, first_kept).sub_(first_kept - 1).to(x.dtype)
        return x * keep.mul_(1 / (1 - self.p))


def _is_dense(x: Tensor) -> bool:
    return x.is_contiguous() or (
        x.dim() == 4 and x.is_contiguous(memory_format=torch.channels_last)
    )
