"""Pictures of networks: a block diagram of each, and what their receptive fields cover."""

from collections.abc import Mapping, Sequence

import numpy as np

from utils.architecture.blocks import Block
from utils.errors import plainly
from utils.plotting import BLACK, SERIES, Figure, in_turn, plt, styled

with plainly():
    from matplotlib.axes import Axes
    from matplotlib.patches import FancyBboxPatch, Patch, Rectangle

FILLS = {
    "dense": ("#9ecae1", "full convolution"),
    "depthwise": ("#a1d99b", "depthwise convolution"),
    "pointwise": ("#dbe9f6", "1×1 convolution"),
    "pool": ("#d9d9d9", "pool"),
    "linear": ("#fdd0a2", "linear layer"),
}
ROW, GAP, WIDTH = (
    1.0,
    0.45,
    7.0,
)  # of a layer, between blocks, of a box; in units of a layer's height


@styled
def block_diagrams(networks: Mapping[str, Sequence[Block]]) -> Figure:
    """The networks side by side, from the image at the top to the classes at the bottom, each layer with its output.

    A frame holds layers that are repeated as one; where a line leads around it, its input is added to its output.
    """
    tallest = max(_height(found) for found in networks.values())
    figure, axes = plt.subplots(
        1,
        len(networks),
        figsize=(5 * len(networks), 0.33 * tallest + 0.8),
        layout="constrained",
        squeeze=False,
    )
    for axis, (name, found) in zip(axes.flat, networks.items()):
        _draw(axis, found)
        axis.set(xlim=(-1.5, 13.0), ylim=(-tallest - 0.2, 0.3))
        axis.set_title(name, fontsize=13, weight="bold")
        axis.axis("off")
    used = {layer.kind for found in networks.values() for block in found for layer in block.layers}
    handles = [
        Patch(facecolor=fill, edgecolor=BLACK, linewidth=0.6, label=label)
        for kind, (fill, label) in FILLS.items()
        if kind in used
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), fontsize=10.5)
    return figure


def _height(found: Sequence[Block]) -> float:
    return ROW + GAP + sum(len(block.layers) * ROW + GAP for block in found)


def _draw(axis: Axes, found: Sequence[Block]) -> None:
    top = -ROW
    axis.text(WIDTH / 2, top + ROW / 2, "image", ha="center", va="center", fontsize=11)
    for block in found:
        axis.annotate(
            "",
            (WIDTH / 2, top - GAP),
            (WIDTH / 2, top),
            arrowprops={
                "arrowstyle": "-|>",
                "color": BLACK,
                "linewidth": 1,
                "shrinkA": 0,
                "shrinkB": 0,
            },
        )
        top -= GAP
        bottom = top - ROW * len(block.layers)
        for number, layer in enumerate(block.layers):
            _draw_layer(axis, layer, top - ROW * number)
        if len(block.layers) > 1:
            _draw_frame(axis, top, bottom)
        if block.junction:
            _draw_way_around(axis, block.junction, top, bottom)
        if block.times > 1:
            axis.text(
                -0.35, (top + bottom) / 2, f"× {block.times}", ha="right", va="center", fontsize=13
            )
        top = bottom


def _draw_layer(axis: Axes, layer, top: float) -> None:
    fill = FILLS[layer.kind][0]
    axis.add_patch(
        Rectangle((0, top - ROW), WIDTH, ROW, facecolor=fill, edgecolor=BLACK, linewidth=0.6)
    )
    size = 10.5 if len(layer.text) <= 26 else 9
    axis.text(WIDTH / 2, top - ROW / 2, layer.text, ha="center", va="center", fontsize=size)
    output = " × ".join(map(str, _trimmed(layer.output)))
    axis.text(
        WIDTH + 0.9, top - ROW / 2, output, ha="left", va="center", fontsize=10.5, color="#555555"
    )


def _trimmed(output: Sequence[int]) -> Sequence[int]:
    """Behind the pool the channels alone."""
    return output[:1] if set(output[1:]) == {1} else output


def _draw_frame(axis: Axes, top: float, bottom: float) -> None:
    """Around layers that belong together."""
    frame = FancyBboxPatch(
        (-0.15, bottom - 0.12),
        WIDTH + 0.3,
        top - bottom + 0.24,
        boxstyle="round,pad=0,rounding_size=0.15",
        facecolor="none",
        edgecolor=BLACK,
        linewidth=1.4,
    )
    axis.add_patch(frame)


def _draw_way_around(axis: Axes, junction: str, top: float, bottom: float) -> None:
    """The line from the input of a unit to where its output is joined with it."""
    right, start, end = WIDTH + 0.55, top + 0.25, bottom - 0.25
    axis.plot(
        [WIDTH / 2, right, right, WIDTH / 2], [start, start, end, end], color=BLACK, linewidth=1
    )
    axis.text(
        WIDTH / 2,
        end,
        junction,
        ha="center",
        va="center",
        fontsize=11,
        weight="bold",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.2},
    )


@styled
def fields_on_image(image: np.ndarray, fields: Mapping[str, int], margin: int = 6) -> Figure:
    """A uint8 `(H, W, 3)` image, and around its middle a square as wide as the receptive field of each network."""
    height, width = image.shape[:2]
    figure, axes = plt.subplots(figsize=(8, 6.2), layout="constrained")
    half = max(*fields.values(), height, width) / 2 + margin
    axes.imshow(image, extent=(-width / 2, width / 2, -height / 2, height / 2))
    by_size: dict[int, list[str]] = {}
    for name, size in sorted(fields.items(), key=lambda item: item[1]):
        by_size.setdefault(size, []).append(name)
    for size, names, color, line in in_turn(by_size, SERIES, ("-", "--", "-.", "-", ":")):
        axes.add_patch(
            Rectangle(
                (-size / 2, -size / 2),
                size,
                size,
                fill=False,
                edgecolor=color,
                linewidth=2.5,
                linestyle=line,
                label=f"{size} pixels: {', '.join(names)}",
            )
        )
    axes.set(xlim=(-half, half), ylim=(-half, half), xticks=[], yticks=[], facecolor="#eeeeee")
    axes.set_aspect("equal")
    axes.grid(False)
    axes.spines[:].set_visible(False)
    axes.set_title(f"What one output sees of an image of {height} × {width}, and beyond it")
    figure.legend(loc="outside lower center", fontsize=11)
    return figure
