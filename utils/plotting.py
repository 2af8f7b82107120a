"""Pictures: each function takes data and returns a Figure, readable at half the width of a page, closed to pyplot."""

import functools
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from utils.architecture.receptive_field import LayerField
from utils.errors import plainly
from utils.training.history import EpochRecord

with plainly():  # MPLBACKEND may name a backend that is not here
    import matplotlib.pyplot as plt
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.ticker import MaxNLocator

# Okabe and Ito's colours, which the colour-blind can tell apart (https://jfly.uni-koeln.de/color/).
BLUE, ORANGE, GREEN, PINK, BLACK = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000"
SERIES = (BLUE, ORANGE, GREEN, PINK, BLACK, "#56B4E9", "#E69F00")
LINES = ("-", "--", "-.", ":")
CHANNELS = {"red": ORANGE, "green": GREEN, "blue": BLUE}
STYLE = {
    "font.size": 12,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "lines.linewidth": 2,
    "image.interpolation": "nearest",
}


def styled(draw: Callable[..., Figure]) -> Callable[..., Figure]:
    """Draw in our style, and close the figure to pyplot, so that a notebook shows it once, where it is returned."""

    @functools.wraps(draw)
    def drawn(*arguments, **options) -> Figure:
        with plt.rc_context(STYLE):
            figure = draw(*arguments, **options)
        plt.close(figure)
        return figure

    return drawn


@styled
def image_grid(
    images: np.ndarray, titles: Sequence[str], columns: int = 8, width: float = 1.35
) -> Figure:
    """uint8 `(N, H, W, 3)` images in rows of `columns`, each under its title, `width` inches apart; none is empty space."""
    rows = max(1, -(-len(images) // columns))
    figure, axes = _axes(rows, columns, size=(width * columns, (width + 0.15) * rows))
    axes = np.ravel(axes)
    size = caption_size(titles, width)
    for axis, image, title in zip(axes, images, titles):
        axis.imshow(image)
        axis.set_title(title, fontsize=size)
    for axis in axes:
        axis.axis("off")
    return figure


def caption_size(titles: Sequence[str], width: float) -> float:
    """The points at which the longest of `titles` fits over a picture that is `width` inches wide; 10 at most."""
    return min(10, 125 * width / max(map(len, titles), default=1))


@styled
def before_and_after(
    originals: np.ndarray, versions: Mapping[str, np.ndarray], titles: Sequence[str]
) -> Figure:
    """uint8 `(N, H, W, 3)` originals in the first row and, below each, its augmented versions, one row a named version."""
    figure, axes = _axes(
        1 + len(versions), len(originals), size=(1.25 * len(originals), 1.3 * (1 + len(versions)))
    )
    for row, (label, images) in enumerate([("original", originals), *versions.items()]):
        for column, image in enumerate(images):
            axis = axes[row, column]
            axis.imshow(image)
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
            if row == 0:
                axis.set_title(titles[column], fontsize=11)
        axes[row, 0].set_ylabel(label)
    return figure


@styled
def class_balance(labels: Mapping[str, np.ndarray], classes: Sequence[str]) -> Figure:
    """Images per class in each split; `labels` maps the split's name to its labels `(N,)`."""
    figure, axes = _axes(1, 1, size=(8, 4))
    width = 0.8 / len(labels)
    for index, (name, values) in enumerate(labels.items()):
        counts = np.bincount(values, minlength=len(classes))
        bars = axes.bar(
            np.arange(len(classes)) + index * width, counts, width, label=name, color=SERIES[index]
        )
        axes.bar_label(bars, fontsize=8)
    axes.set_xticks(np.arange(len(classes)) + 0.4 - width / 2, classes, rotation=35, ha="right")
    axes.set(ylabel="images", title="Images per class")
    axes.grid(axis="x", visible=False)
    figure.legend(loc="outside upper right", ncols=len(labels))
    return figure


@styled
def channel_histograms(images: np.ndarray) -> Figure:
    """How often each value from 0 to 255 occurs in each colour of uint8 `(N, H, W, 3)` images, with the means."""
    figure, axes = _axes(1, 1, size=(8, 4))
    for channel, (name, color) in enumerate(CHANNELS.items()):
        share = np.bincount(images[..., channel].ravel(), minlength=256) / images[..., channel].size
        mean = float(share @ np.arange(256))
        axes.step(
            np.arange(256),
            100 * share,
            color=color,
            where="mid",
            label=f"{name}, mean {mean:.1f}",
            linewidth=1.5,
            linestyle=("-", "--", ":")[channel],
        )
        axes.axvline(mean, color=color, alpha=0.5, linewidth=1)
    axes.set(
        xlabel="value",
        ylabel="pixels (%)",
        title="Values of each colour",
        xlim=(0, 255),
        ylim=(0, None),
    )
    axes.legend()
    return figure


@styled
def training_curves(history: Sequence[EpochRecord]) -> Figure:
    """Loss and accuracy of training and test over the epochs, in two rows of two."""
    figure, axes = _axes(2, 2, size=(9, 6.5))
    panels = (
        ("train_loss", "Training loss", BLUE),
        ("train_accuracy", "Training accuracy (%)", BLUE),
        ("test_loss", "Test loss", ORANGE),
        ("test_accuracy", "Test accuracy (%)", ORANGE),
    )
    for axis, (field, title, color) in zip(axes.flat, panels):
        axis.plot(*_series(history, field), color=color, marker=_marker(history))
        axis.set(title=title, xlabel="epoch")
        _whole_epochs(axis)
    return figure


@styled
def learning_rates(rates: Sequence[float], epochs: int) -> Figure:
    """The learning rate at each of equally spaced moments of a training of `epochs` epochs."""
    figure, axes = _axes(1, 1, size=(8, 3))
    axes.plot(np.arange(len(rates)) * epochs / len(rates), rates, color=BLUE)
    axes.set(xlabel="epoch", ylabel="learning rate", title="Learning rate", ylim=(0, None))
    _whole_epochs(axes)
    return figure


@styled
def test_curves(runs: Mapping[str, Sequence[EpochRecord]]) -> Figure:
    """Test accuracy over the epochs, one line per run."""
    figure, axes = _axes(1, 1, size=(8, 4.5))
    for name, history, color, line in in_turn(runs, SERIES, LINES):
        axes.plot(
            *_series(history, "test_accuracy"),
            line,
            color=color,
            label=name,
            marker=_marker(history),
        )
    axes.set(xlabel="epoch", ylabel="test accuracy (%)", title="Test accuracy")
    _whole_epochs(axes)
    axes.legend(loc="lower right")
    return figure


test_curves.__test__ = False  # pytest, this is not a test


@styled
def over_logs(
    runs: Mapping[str, tuple[Sequence[EpochRecord], Sequence[EpochRecord] | None]],
) -> Figure:
    """Test accuracy over the epochs: each run of ours, and where a report logs it too, that dashed in its colour."""
    figure, axes = _axes(1, 1, size=(9, 4.5))
    for name, (ours, logged), color in in_turn(runs, SERIES):
        axes.plot(*_series(ours, "test_accuracy"), color=color, label=name)
        if logged:
            axes.plot(*_series(logged, "test_accuracy"), "--", color=color, linewidth=1.2)
    axes.set(xlabel="epoch", ylabel="test accuracy (%)", title="Test accuracy")
    _whole_epochs(axes)
    dashed = Line2D([], [], linestyle="--", color="black", linewidth=1.2, label="the report's log")
    figure.legend(
        handles=[*axes.get_legend_handles_labels()[0], dashed], loc="outside right center"
    )
    return figure


@styled
def reproduction(ours: Sequence[EpochRecord], logged: Sequence[EpochRecord]) -> Figure:
    """Training and test accuracy of a run of ours over those that a report logs, and below, ours minus logged."""
    figure, (curves, differences) = plt.subplots(
        2, 1, figsize=(8, 6), layout="constrained", sharex=True, height_ratios=(2, 1)
    )
    for name, field, color in (
        ("test", "test_accuracy", ORANGE),
        ("training", "train_accuracy", BLUE),
    ):
        for whose, history, line in (("ours", ours, "-"), ("the report's log", logged, "--")):
            curves.plot(*_series(history, field), line, color=color, label=f"{name}, {whose}")
        points = [
            getattr(mine, field) - getattr(theirs, field) for mine, theirs in zip(ours, logged)
        ]
        differences.plot(range(len(points)), points, color=color, label=name)
    curves.set(ylabel="accuracy (%)", title="Accuracy, ours and logged")
    curves.legend(loc="lower right")
    differences.axhline(0, color=BLACK, linewidth=1)
    differences.set(xlabel="epoch", ylabel="ours - logged\n(points)")
    _whole_epochs(differences)
    return figure


@styled
def receptive_field_growth(
    models: Mapping[str, Sequence[LayerField]], needed: int | None = None
) -> Figure:
    """The field's height after each convolution, one line a network, and the size that is asked for."""
    figure, axes = _axes(1, 1, size=(8, 4.5))
    for name, rows, color, marker in in_turn(models, SERIES, "osD^v"):
        fields = [
            row.receptive_field[0] for row in rows if row.operation.startswith(("image", "Conv"))
        ]
        axes.plot(
            range(len(fields)), fields, color=color, marker=marker, label=f"{name}: {fields[-1]}"
        )
    if needed is not None:
        axes.axhline(
            needed, color=BLACK, linestyle=":", linewidth=1.5, label=f"to exceed: {needed}"
        )
    axes.set(
        xlabel="convolutions passed",
        ylabel="receptive field (pixels)",
        title="Growth of the receptive field",
    )
    axes.legend()
    return figure


@styled
def accuracy_over_parameters(
    groups: Mapping[str, Mapping[str, tuple[int, float]]], limit: int
) -> Figure:
    """Each group of networks in its own colour, one point per network: name -> (parameters, test accuracy in per cent).

    The axis of accuracy is logarithmic in the error, so that 94 and 95 % are as far apart as 69 and 75 %.
    """
    figure, axes = _axes(1, 1, size=(10, 6.8))
    labelled = set()
    everyone = [found for networks in groups.values() for found in networks.items()]
    for group, networks, color, marker in in_turn(groups, SERIES, "oDs^v"):
        ordered = sorted(networks.items(), key=lambda item: item[1])
        axes.plot(
            [size for _, (size, _) in ordered],
            [100 - accuracy for _, (_, accuracy) in ordered],
            marker,
            color=color,
            markersize=11,
            markerfacecolor="none",
            markeredgewidth=2,
            zorder=4,
            label=group,
        )
        alike: dict[int, list[str]] = {}
        for name, (size, _) in ordered:
            if name not in labelled:
                alike.setdefault(size, []).insert(0, name)
        # One label for all of a size, the best name first; above and below in turn: neighbours do not collide.
        for index, (size, names) in enumerate(alike.items()):
            crowded = any(
                name not in names and (its_size, accuracy > networks[names[0]][1]) == (size, True)
                for name, (its_size, accuracy) in everyone
            )
            below = crowded or index % 2 and len(ordered) > 2
            beside, align = (
                (0, "center") if len(names) == 1 else (22, "left") if below else (-9, "right")
            )
            axes.annotate(
                "\n".join(names),
                (size, 100 - networks[names[-1 if below else 0]][1]),
                xytext=(beside, -9 if below else 9),
                textcoords="offset points",
                fontsize=9.5,
                color=color,
                ha=align,
                va="top" if below else "bottom",
                bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1},
            )
        labelled |= set(networks)
    axes.axvline(limit, color=BLACK, linestyle=":", linewidth=1.5, label=f"{limit:,} parameters")
    axes.set(
        xlabel="parameters",
        ylabel="test accuracy (%), on a log scale of the error",
        title="Test accuracy and size",
        yscale="log",
    )
    axes.set_yticks([5, 6, 8, 10, 15, 20, 30], [95, 94, 92, 90, 85, 80, 70])
    axes.minorticks_off()
    axes.invert_yaxis()
    axes.margins(x=0.2, y=0.18)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.legend(loc="center left")
    return figure


def in_turn(named: Mapping[Any, Any], *styles: Sequence) -> Iterator[tuple]:
    """Each name with what it names and its style of every kind; the styles begin again where there are too few."""
    return ((*item, *style) for item, *style in zip(named.items(), *map(itertools.cycle, styles)))


def _axes(rows: int, columns: int, size: tuple[float, float]) -> tuple[Figure, Axes | np.ndarray]:
    """A figure of `size` inches, and its axes `(rows, columns)`, or the only one."""
    figure, axes = plt.subplots(rows, columns, figsize=size, layout="constrained", squeeze=False)
    return figure, axes[0, 0] if rows * columns == 1 else axes


def _whole_epochs(axis: Axes) -> None:
    """Ticks at whole epochs only."""
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))


def _series(history: Sequence[EpochRecord], field: str) -> tuple[list[int], list[float | None]]:
    """The epochs of `history`, and one figure of each."""
    return [record.epoch for record in history], [getattr(record, field) for record in history]


def _marker(epochs: Sequence) -> str | None:
    """Mark the points where there are few, so that even a single epoch can be seen."""
    return "o" if len(epochs) <= 15 else None
