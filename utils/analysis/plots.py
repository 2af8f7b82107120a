"""Pictures of errors: confusion, accuracy per class, reliability, where a network looks, robustness."""

from collections.abc import Mapping, Sequence

import numpy as np

from utils.analysis.calibration import Bin, expected_calibration_error
from utils.plotting import BLACK, BLUE, ORANGE, SERIES, Figure, caption_size, plt, styled


@styled
def confusion(counts: np.ndarray, classes: Sequence[str]) -> Figure:
    """`(classes, classes)` counts: the share of each true class (row) that is taken for each class, hits left white."""
    shares = counts / counts.sum(1, keepdims=True)
    mistakes = np.where(np.eye(len(classes), dtype=bool), np.nan, shares)
    figure, axes = plt.subplots(figsize=(8, 7), layout="constrained")
    image = axes.imshow(100 * mistakes, cmap="Blues")
    for true, taken in np.ndindex(*shares.shape):
        dark = true != taken and mistakes[true, taken] > 0.6 * np.nanmax(mistakes)
        axes.text(
            taken,
            true,
            f"{100 * shares[true, taken]:.1f}",
            ha="center",
            va="center",
            fontsize=10,
            color="white" if dark else BLACK,
            weight="bold" if true == taken else "normal",
        )
    axes.set_xticks(range(len(classes)), classes, rotation=35, ha="right")
    axes.set_yticks(range(len(classes)), classes)
    axes.set(xlabel="taken for", ylabel="true class", title="Per cent of each true class")
    axes.grid(False)
    figure.colorbar(image, label="mistakes (per cent of the true class)", shrink=0.8)
    return figure


@styled
def class_accuracy(
    accuracies: Sequence[tuple[float, float, float]], classes: Sequence[str]
) -> Figure:
    """Accuracy per class with its interval, from the lowest to the highest; shares from 0 to 1."""
    order = np.argsort([share for share, _, _ in accuracies])
    shares, lows, highs = 100 * np.array(accuracies)[order].T
    figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
    axes.errorbar(
        shares,
        range(len(order)),
        xerr=(shares - lows, highs - shares),
        fmt="o",
        color=BLUE,
        capsize=4,
    )
    axes.set_yticks(range(len(order)), [classes[index] for index in order])
    axes.set(xlabel="test accuracy (%), with 95 % interval", title="Accuracy per class")
    return figure


@styled
def reliability(versions: Mapping[str, Sequence[Bin]]) -> Figure:
    """Accuracy over confidence, one panel a version: on the diagonal, a probability means what it says. Below it stands how
    many images have that confidence."""
    figure, axes = plt.subplots(
        2,
        len(versions),
        figsize=(4.6 * len(versions), 5.2),
        layout="constrained",
        sharex="col",
        sharey="row",
        height_ratios=(4, 1),
        squeeze=False,
    )
    for axis, below, (name, bins) in zip(*axes, versions.items()):
        axis.plot([0, 1], [0, 1], ":", color=BLACK, linewidth=1.5, label="as it should be")
        axis.bar(
            [part.low for part in bins],
            [part.accuracy for part in bins],
            bins[0].high - bins[0].low,
            align="edge",
            color=BLUE,
            alpha=0.35,
            edgecolor=BLUE,
        )
        axis.plot(
            [part.confidence for part in bins],
            [part.accuracy for part in bins],
            "o-",
            color=ORANGE,
            label="found",
        )
        below.bar(
            [part.low for part in bins],
            [part.count for part in bins],
            bins[0].high - bins[0].low,
            align="edge",
            color=BLUE,
        )
        below.set(xlabel="confidence", yscale="log")
        axis.set(
            title=f"{name}: error {expected_calibration_error(list(bins)):.3f}",
            xlim=(0, 1),
            ylim=(0, 1),
        )
    axes[0, 0].set_ylabel("accuracy")
    axes[1, 0].set_ylabel("images")
    axes[0, 0].legend(loc="upper left")
    return figure


@styled
def attention(
    images: np.ndarray,
    maps: np.ndarray,
    titles: Sequence[str],
    columns: int = 8,
    width: float = 1.35,
) -> Figure:
    """uint8 `(N, H, W, 3)` images and, below each, the same under its map `(N, H, W)` from 0 to 1."""
    rows = 2 * -(-len(images) // columns)
    figure, axes = plt.subplots(
        rows,
        columns,
        figsize=(width * columns, (width + 0.2) * rows),
        layout="constrained",
        squeeze=False,
    )
    for axis in axes.flat:
        axis.axis("off")
    for index, (image, heat, title) in enumerate(zip(images, maps, titles)):
        row, column = 2 * (index // columns), index % columns
        axes[row, column].imshow(image)
        axes[row, column].set_title(title, fontsize=caption_size(titles, width))
        axes[row + 1, column].imshow(image.mean(2), cmap="gray", vmin=0, vmax=255)
        axes[row + 1, column].imshow(heat, cmap="inferno", alpha=0.55, vmin=0, vmax=1)
    return figure


@styled
def maps(stacks: Mapping[str, np.ndarray]) -> Figure:
    """Feature maps `(N, h, w)` of several layers, one row a layer, each map from its darkest to its brightest."""
    columns = max(map(len, stacks.values()))
    figure, axes = plt.subplots(
        len(stacks),
        columns,
        figsize=(0.8 * columns, 1.1 * len(stacks)),
        layout="constrained",
        squeeze=False,
    )
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
    for row, (name, stack) in zip(axes, stacks.items()):
        row[0].set_title(f"{name}, {stack.shape[1]}×{stack.shape[2]}", loc="left", fontsize=10)
        for axis, values in zip(row, stack):
            axis.imshow(values, cmap="cividis")
    return figure


@styled
def robustness(curves: Mapping[str, tuple[Sequence[float], Sequence[float]]]) -> Figure:
    """Accuracy in per cent over the amount of each change, one panel a change: name -> (amounts, accuracies)."""
    figure, axes = plt.subplots(
        1,
        len(curves),
        figsize=(3.4 * len(curves), 3.6),
        layout="constrained",
        sharey=True,
        squeeze=False,
    )
    for axis, (name, (amounts, accuracies)), color in zip(axes.flat, curves.items(), SERIES):
        axis.plot(amounts, accuracies, "o-", color=color)
        axis.set(xlabel=name)
    axes[0, 0].set_ylabel("test accuracy (%)")
    return figure
