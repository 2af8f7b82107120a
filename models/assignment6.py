"""The two networks of the report on assignment 6."""

from functools import partial

from torch import nn

from models.layers import NUM_CLASSES, DepthwiseSeparableConv, PooledClassifier, block, conv


def net1(grouped: bool = False, classes: int = NUM_CLASSES) -> PooledClassifier:
    """Six dilated 3×3 "separable" layers between two dense ones; unpadded layers and one stride of 2 take 32² to 7².

    As logged, the depthwise convolutions had no groups (185,936 parameters); `grouped=True` is what the report
    describes (57,056 parameters).
    """
    separable = partial(DepthwiseSeparableConv, dilation=2, grouped=grouped)
    return PooledClassifier(
        nn.Sequential(
            block(conv(3, 16), channels=16, dropout=0.1),
            block(separable(16, 32), channels=32, dropout=0.05),
            block(separable(32, 32), channels=32, dropout=0.05),
            block(separable(32, 64), channels=64, dropout=0.05),
            block(separable(64, 64, stride=2), channels=64, dropout=0.05),
            block(separable(64, 64, padding="same"), channels=64, dropout=0.05),
            block(separable(64, 64, padding="same"), channels=64, dropout=0.05),
            block(conv(64, 64, dilation=2, padding="same"), channels=64, dropout=0.05),
        ),
        channels=64,
        pool_size=7,
        classes=classes,
    )


def net2(classes: int = NUM_CLASSES) -> PooledClassifier:
    """Two truly separable dilated layers, a bare 1×1 bottleneck, three dense dilated layers; 151,504 parameters."""
    return PooledClassifier(
        nn.Sequential(
            block(conv(3, 16), conv(16, 32, padding="same"), channels=32, dropout=0.1),
            block(DepthwiseSeparableConv(32, 64, stride=2, dilation=2), channels=64, dropout=0.05),
            block(
                DepthwiseSeparableConv(64, 128, padding="same", dilation=2),
                channels=128,
                dropout=0.05,
            ),
            block(
                conv(128, 32, kernel_size=1), conv(32, 64, dilation=2), channels=64, dropout=0.05
            ),
            block(conv(64, 64, padding="same", dilation=2), channels=64, dropout=0.05),
            block(conv(64, 128, padding="same", dilation=2), channels=128, dropout=0.05),
        ),
        channels=128,
        pool_size=9,
        classes=classes,
    )
