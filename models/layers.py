"""The blocks that the networks share: depthwise separable convolution, Conv-ReLU-BatchNorm-Dropout, pooled classifier."""

import torch.nn.functional as F
from torch import Tensor, nn

from models.fast_layers import Conv2d, Dropout

NUM_CLASSES = 10  # of CIFAR-10; every network can be built for another number


class DepthwiseSeparableConv(nn.Module):
    """A depthwise k×k convolution followed by a pointwise 1×1 (Howard et al. 2017, MobileNets, arXiv:1704.04861).

    `(B, in_channels, H, W) -> (B, out_channels, H', W')`, where stride, padding and dilation act in the k×k step.
    `grouped=False` leaves `groups` at 1, so that the k×k step is a full convolution: a frequent slip, kept to rebuild
    a network that was trained with it.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        stride: int = 1,
        padding: int | str = 0,
        dilation: int = 1,
        grouped: bool = True,
    ):
        super().__init__()
        self.depthwise = Conv2d(
            in_channels,
            in_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            groups=in_channels if grouped else 1,
            bias=False,
        )
        self.pointwise = nn.Conv2d(in_channels, out_channels, kernel_size=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """`(B, in_channels, H, W)` to `(B, out_channels, H', W')`."""
        return self.pointwise(self.depthwise(x))


def conv(in_channels: int, out_channels: int, kernel_size: int = 3, **options) -> nn.Conv2d:
    """A convolution without bias (BatchNorm brings its own); `options` are those of `nn.Conv2d`."""
    return nn.Conv2d(in_channels, out_channels, kernel_size, bias=False, **options)


def block(*convs: nn.Module, channels: int, dropout: float) -> nn.Sequential:
    """`convs`, then ReLU, BatchNorm over `channels` and Dropout: the order of the reports. Shapes are those of `convs`."""
    return nn.Sequential(*convs, nn.ReLU(), nn.BatchNorm2d(channels), Dropout(dropout))


class PooledClassifier(nn.Module):
    """`features`, average pool over the whole `pool_size` × `pool_size` map, 1×1 convolution to the classes, log-softmax."""

    def __init__(
        self, features: nn.Module, channels: int, pool_size: int, classes: int = NUM_CLASSES
    ):
        super().__init__()
        self.features = features
        self.pool = nn.AvgPool2d(pool_size)
        self.classifier = conv(channels, classes, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        """`(B, 3, 32, 32)` normalised images to `(B, classes)` float32 log-probabilities."""
        scores = self.classifier(self.pool(self.features(x))).flatten(1)
        return F.log_softmax(scores.float(), dim=1)
