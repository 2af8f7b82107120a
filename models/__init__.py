"""The networks by name. Every one maps `(B, 3, 32, 32)` normalised images to `(B, classes)` float32
log-probabilities."""

from collections.abc import Callable
from functools import partial

from torch import nn

from models import assignment6
from models.aster import Aster
from models.era9 import era9
from models.layers import NUM_CLASSES
from models.wide_resnet import WideResNet

MODELS: dict[str, Callable[..., nn.Module]] = {
    "assignment6_net1": assignment6.net1,
    "assignment6_net1_grouped": partial(assignment6.net1, grouped=True),
    "assignment6_net2": assignment6.net2,
    "era9": era9,
    "aster": Aster,
}
# Others like the flagship, tried in the search (utils/search.py); that with SiLU is the best of them.
VARIANTS: dict[str, Callable[..., nn.Module]] = {
    "aster deep": partial(Aster, widths=(16, 64, 128), depths=(3, 9, 2)),
    "aster separable": partial(Aster, widths=(32, 96, 128), dense_first_block=False),
    "aster low-rank": partial(Aster, widths=(16, 96, 128), depths=(3, 7, 4), bottleneck=4),
    "aster undilated": partial(Aster, dilations=(1, 1)),
    "aster output stride 2": partial(Aster, output_stride=2),
    "aster second block deeper": partial(Aster, depths=(2, 6, 1)),
    "aster SiLU": partial(Aster, activation=nn.SiLU),
}
# Networks that teach the others, and are as large as that takes: not an answer to the assignment.
TEACHERS: dict[str, Callable[..., nn.Module]] = {
    "wide_resnet": WideResNet,
    "wide_resnet_16_6": partial(WideResNet, widths=(96, 192, 384), depths=(2, 2, 2)),
    "wide_resnet_16_8": partial(WideResNet, widths=(128, 256, 512), depths=(2, 2, 2)),
}


def build_model(name: str, classes: int = NUM_CLASSES) -> nn.Module:
    """A fresh network on the CPU with PyTorch's initial weights; ValueError lists the names when `name` is unknown."""
    builder = (MODELS | VARIANTS | TEACHERS).get(name)
    if builder is None:
        raise ValueError(f"There is no model '{name}'; the models are: {', '.join(MODELS)}.")
    return builder(classes=classes)
