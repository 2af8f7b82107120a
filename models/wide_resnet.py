"""A wide residual network of dense convolutions, some twenty times the size of the others: a teacher for them.

Pre-activated units after He et al. 2016 (arXiv:1603.05027), width instead of depth after Zagoruyko and Komodakis 2016
(arXiv:1605.07146).
"""

from collections import OrderedDict

import torch.nn.functional as F
from torch import Tensor, nn

from models.layers import NUM_CLASSES, conv


class WideUnit(nn.Module):
    """Two 3×3 convolutions, each after BatchNorm and ReLU, beside a shortcut, which is a 1×1 convolution where the shape
    changes: `(B, in_channels, H, W)` to `(B, out_channels, H / stride, W / stride)`."""

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1):
        super().__init__()
        self.activated = nn.Sequential(nn.BatchNorm2d(in_channels), nn.ReLU())
        self.layers = nn.Sequential(
            conv(in_channels, out_channels, stride=stride, padding=1),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
            conv(out_channels, out_channels, padding=1),
        )
        changes = stride > 1 or in_channels != out_channels
        self.shortcut = conv(in_channels, out_channels, 1, stride=stride) if changes else None

    def forward(self, x: Tensor) -> Tensor:
        """`(B, in_channels, H, W)` to `(B, out_channels, H / stride, W / stride)`."""
        activated = self.activated(x)
        kept = x if self.shortcut is None else self.shortcut(activated)
        return kept + self.layers(activated)


class WideResNet(nn.Module):
    """A stem of `stem` channels, then three blocks of `widths` channels at 32², 16² and 8², `depths` units each."""

    def __init__(
        self,
        stem: int = 16,
        widths: tuple[int, int, int] = (64, 128, 256),
        depths: tuple[int, int, int] = (1, 1, 3),
        classes: int = NUM_CLASSES,
    ):
        super().__init__()
        blocks, channels = OrderedDict(stem=conv(3, stem, padding=1)), stem
        for number, (width, depth) in enumerate(zip(widths, depths), start=1):
            first = WideUnit(channels, width, stride=1 if number == 1 else 2)
            others = (WideUnit(width, width) for _ in range(depth - 1))
            blocks[f"block{number}"], channels = nn.Sequential(first, *others), width
        blocks["last"] = nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU(inplace=True))
        self.features = nn.Sequential(blocks)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(channels, classes)

    def forward(self, x: Tensor) -> Tensor:
        """`(B, 3, 32, 32)` normalised images to `(B, classes)` float32 log-probabilities."""
        scores = self.classifier(self.pool(self.features(x)).flatten(1))
        return F.log_softmax(scores.float(), dim=1)
