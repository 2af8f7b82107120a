"""Plots of gradings: data in, Figure out. Only numbers and the rubric's own words are drawn."""

import base64
import io
from collections.abc import Sequence

from utils.plotting import GREEN, ORANGE, Figure

COLOURS = {
    "pass": GREEN,
    "hand": "#5b8fc9",
    "unverifiable": "#9aa5b1",
    "fail": ORANGE,
}  # for the colour-blind too
WORDS = {"hand": "by hand"}


def histogram(
    values: Sequence[float],
    title: str,
    label: str,
    limit: float | None = None,
    span: tuple[float, float] | None = None,
) -> Figure:
    """The distribution of `values`, over `span` if given; a dashed line at `limit`."""
    figure = Figure(figsize=(6.4, 3.4), layout="constrained")
    axes = figure.subplots()
    if values:
        seen = [*values, *([] if limit is None else [limit])]
        margin = 0.5 if min(seen) == max(seen) else 0
        span = span or (min(seen) - margin, max(seen) + margin)
        axes.hist(values, bins=20, range=span, color="#3f7cb8", edgecolor="white")
    else:
        axes.text(
            0.5, 0.5, "established for none", ha="center", va="center", transform=axes.transAxes
        )
    if limit is not None:
        axes.axvline(limit, color=COLOURS["fail"], linestyle="--", linewidth=1.2)
    axes.set(title=title, xlabel=label, ylabel="submissions")
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def verdict_bars(counts: dict[str, dict[str, int]], title: str) -> Figure:
    """For each criterion a bar of how many submissions pass, could not be verified and fail."""
    figure = Figure(figsize=(6.4, max(3.4, 1.2 + 0.25 * len(counts))), layout="constrained")
    axes = figure.subplots()
    names = list(counts)[::-1]
    left = [0] * len(names)
    for verdict, colour in COLOURS.items():
        widths = [counts[name].get(verdict, 0) for name in names]
        if verdict in WORDS and not any(widths):  # what most classes do not have
            continue
        axes.barh(names, widths, left=left, color=colour, label=WORDS.get(verdict, verdict))
        left = [start + width for start, width in zip(left, widths)]
    axes.set_title(title, loc="left")
    axes.set_xlabel("submissions")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside upper right", ncols=3, frameon=False)
    return figure


def png(figure: Figure) -> str:
    """The picture as base64, for a page."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    return base64.b64encode(buffer.getvalue()).decode()
