"""The network of the ERA-9 report: three blocks and an output block, joined by dilated convolutions with stride 2."""

from collections import OrderedDict
from functools import partial

from torch import nn

from models.layers import NUM_CLASSES, DepthwiseSeparableConv, PooledClassifier, block, conv


def era9(classes: int = NUM_CLASSES) -> PooledClassifier:
    """Three blocks of plain and separable 3×3 layers, joined by 64→32 dilated stride-2 transitions; 188,992 parameters."""
    same = partial(conv, padding=1)
    transition = partial(conv, 64, 32, dilation=2, stride=2, padding=2)
    return PooledClassifier(
        nn.Sequential(
            OrderedDict(
                block1=nn.Sequential(
                    block(same(3, 32), channels=32, dropout=0.1),
                    block(DepthwiseSeparableConv(32, 64, padding=1), channels=64, dropout=0.05),
                ),
                transition1=transition(),
                block2=nn.Sequential(
                    block(same(32, 64), channels=64, dropout=0.05),
                    block(same(64, 64), channels=64, dropout=0.05),
                ),
                transition2=transition(),
                block3=nn.Sequential(
                    block(same(32, 64), channels=64, dropout=0.05),
                    block(same(64, 64), channels=64, dropout=0.05),
                    block(conv(64, 64), channels=64, dropout=0.05),
                ),
            )
        ),
        channels=64,
        pool_size=6,
        classes=classes,
    )
