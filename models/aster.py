"""Aster, the atrous separable residual network: three blocks of pre-activated residual units, the first two
closed by a stride of 2.

Pre-activation after He et al. 2016 (arXiv:1603.05027); mostly width, little depth at low resolution, after Zagoruyko and
Komodakis 2016 (arXiv:1605.07146).
"""

from collections import OrderedDict
from collections.abc import Callable
from functools import partial

import torch.nn.functional as F
from torch import Tensor, nn

from models.layers import NUM_CLASSES, DepthwiseSeparableConv, conv


def convolution(
    in_channels: int,
    out_channels: int,
    dense: bool = False,
    stride: int = 1,
    dilation: int = 1,
    rank: int | None = None,
) -> nn.Module:
    """A 3×3 convolution, depthwise separable unless `dense`; keeps height and width but for the stride.

    With a `rank`, the 1×1 step is the product of two, through that many channels.
    """
    layer = (conv if dense else DepthwiseSeparableConv)(
        in_channels, out_channels, kernel_size=3, stride=stride, padding=dilation, dilation=dilation
    )
    if rank is not None and not dense:
        layer.pointwise = nn.Sequential(
            conv(in_channels, rank, kernel_size=1), conv(rank, out_channels, kernel_size=1)
        )
    return layer


Activation = Callable[[], nn.Module]
RELU = partial(nn.ReLU, inplace=True)


def preactivated(layer: nn.Module, channels: int, activation: Activation = RELU) -> nn.Sequential:
    """BatchNorm over the `channels` that come in, an activation, then `layer`."""
    return nn.Sequential(nn.BatchNorm2d(channels), activation(), layer)


class Residual(nn.Module):
    """`x + layers(x)`, the shape unchanged."""

    def __init__(self, *layers: nn.Module):
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """`(B, C, H, W)` to the same shape."""
        return x + self.layers(x)


def units(
    count: int,
    channels: int,
    dense: bool = False,
    dilations: tuple[int, int] = (1, 1),
    bottleneck: int = 1,
    activation: Activation = RELU,
) -> list[nn.Module]:
    """`count` residual units of two convolutions with these dilations; 1×1 steps of rank channels / bottleneck if over 1."""
    rank = channels // bottleneck if bottleneck > 1 else None
    return [
        Residual(
            *(
                preactivated(
                    convolution(channels, channels, dense, dilation=dilation, rank=rank),
                    channels,
                    activation,
                )
                for dilation in dilations
            )
        )
        for _ in range(count)
    ]


class Aster(nn.Module):
    """Units of `widths` channels at 32², 16² and 8², `depths` of them; the first block of dense 3×3 convolutions if asked.

    `dilations` are those of the two convolutions of a unit in the last block. A `bottleneck` above 1 makes the 1×1 steps
    of units low-rank (Haase and Amthor 2020, arXiv:2003.13549). With an `output_stride` of 2 instead of 4 a dilation
    takes the place of the stride that closes the second block, and the third stays at 16² (Chen et al. 2017,
    arXiv:1706.05587).
    """

    def __init__(
        self,
        widths: tuple[int, int, int] = (16, 96, 128),
        depths: tuple[int, int, int] = (3, 4, 2),
        dense_first_block: bool = True,
        dilations: tuple[int, int] = (1, 2),
        bottleneck: int = 1,
        output_stride: int = 4,
        activation: Activation = RELU,
        classes: int = NUM_CLASSES,
    ):
        super().__init__()
        first, second, third = widths
        unit = partial(units, bottleneck=bottleneck, activation=activation)
        closing = dict(stride=2) if output_stride == 4 else dict(dilation=2)
        self.features = nn.Sequential(
            OrderedDict(
                stem=conv(3, first, padding=1),
                block1=nn.Sequential(
                    *units(depths[0], first, dense_first_block, activation=activation),
                    preactivated(
                        convolution(first, second, dense_first_block, stride=2), first, activation
                    ),
                ),
                block2=nn.Sequential(
                    *unit(depths[1], second),
                    preactivated(convolution(second, third, **closing), second, activation),
                ),
                block3=nn.Sequential(*unit(depths[2], third, dilations=dilations)),
                last=nn.Sequential(nn.BatchNorm2d(third), activation()),
            )
        )
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(third, classes)

    def forward(self, x: Tensor) -> Tensor:
        """`(B, 3, 32, 32)` normalised images to `(B, classes)` float32 log-probabilities."""
        scores = self.classifier(self.pool(self.features(x)).flatten(1))
        return F.log_softmax(scores.float(), dim=1)
