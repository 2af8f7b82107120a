"""The diagrams show the layers that were executed; the squares are as wide as the receptive fields."""

import numpy as np
import pytest
import torch
from matplotlib.patches import Rectangle
from matplotlib.pyplot import Text
from torch import nn

from models import MODELS, build_model
from utils.analysis import network_plots
from utils.architecture.blocks import blocks
from utils.architecture.receptive_field import receptive_field


def unfolded(found):
    return [layer for block in found for _ in range(block.times) for layer in block.layers]


@pytest.mark.parametrize("name", MODELS)
def test_every_layer_is_there_once_with_its_output(name):
    """Against the modules themselves, whose outputs hooks see."""
    model, seen = build_model(name).eval(), []
    found = unfolded(blocks(model))
    for module in model.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            module.register_forward_hook(lambda *call: seen.append(tuple(call[2].shape[1:])))
    model(torch.zeros(1, 3, 32, 32))
    assert [layer.output for layer in found if layer.kind != "pool"] == seen
    assert [layer.text for layer in found if layer.kind == "pool"] == ["global average pool"]
    depthwise = [m for m in model.modules() if isinstance(m, nn.Conv2d) and m.groups > 1]
    assert sum(layer.kind == "depthwise" for layer in found) == len(depthwise)


def test_the_units_of_aster_are_folded():
    units = [
        (block.times, len(block.layers)) for block in blocks(build_model("aster")) if block.junction
    ]
    assert units == [(3, 2), (4, 4), (2, 4)]


def test_pairs_of_layers_are_folded():
    repeated = [block for block in blocks(build_model("assignment6_net1")) if block.times > 1]
    assert [(block.times, [layer.text for layer in block.layers]) for block in repeated] == [
        (2, ["3×3, 64 → 64, dilation 2", "1×1, 64 → 64"])
    ]


class Forked(nn.Module):
    """A unit whose shortcut has a convolution too, then a max pool and two joined branches."""

    def __init__(self):
        super().__init__()
        self.stem, self.main = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 8, 3, stride=2, padding=1)
        self.short = nn.Conv2d(4, 8, 1, stride=2)

    def forward(self, x):
        x = self.stem(x)
        x = nn.functional.max_pool2d(self.main(x).relu() + self.short(x), 3)
        return torch.cat([x, x + 1], 1).mean((2, 3))


def test_other_forks():
    stem, unit, pool, *rest = blocks(Forked())
    assert [layer.text for layer in stem.layers] == ["3×3, 3 → 4"] and not stem.junction
    assert [layer.text for layer in unit.layers] == ["3×3, 4 → 8, stride 2", "1×1, 4 → 8, stride 2"]
    assert unit.junction == "+" and pool.layers[0].text.startswith("max pool 3×3")
    assert [layer.text for block in rest for layer in block.layers] == ["global average pool"]


def test_the_diagram_says_what_the_blocks_are():
    found = blocks(build_model("aster"))
    figure = network_plots.block_diagrams({"aster": found})
    said = [text.get_text() for text in figure.findobj(Text)]
    for block in found:
        assert all(said.count(layer.text) >= 1 for layer in block.layers)
    assert {"aster", "× 3", "× 4", "× 2", "+", "16 × 32 × 32", "128"} <= set(said)


def test_the_squares_are_the_fields():
    fields = {name: receptive_field(build_model(name))[0] for name in MODELS}
    image = np.zeros((32, 32, 3), dtype=np.uint8)
    (axes,) = network_plots.fields_on_image(image, fields).axes
    squares = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    assert sorted(patch.get_width() for patch in squares) == sorted(set(fields.values()))
    assert all(patch.get_x() == -patch.get_width() / 2 for patch in squares)
    assert axes.get_xlim()[1] > max(fields.values()) / 2
    assert axes.images[0].get_extent() == [-16, 16, -16, 16]
