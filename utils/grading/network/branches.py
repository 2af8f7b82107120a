"""Layers in branches: the longest way through them, and their arrangement in words."""

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
After = Callable[
    [T, T], bool
]  # whether the first of two works on the output of the second, directly or not
_NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}


def longest_path(
    layers: Sequence[T], after: After, weight: Callable[[T], tuple[int, ...]]
) -> list[T]:
    """Of `layers` in order of execution, the way with the largest sum of weights, compared number by number."""
    best: list[tuple[tuple[int, ...], list[T]]] = []
    for place, layer in enumerate(layers):
        before = max(
            (best[one] for one in range(place) if after(layer, layers[one])),
            key=lambda way: way[0],
            default=None,
        )
        own = weight(layer)
        total = tuple(map(sum, zip(own, before[0]))) if before else own
        best.append((total, [*(before[1] if before else []), layer]))
    return max(best, key=lambda way: way[0])[1] if best else []


def in_words(
    layers: Sequence[T], after: After, text: Callable[[T], str], between: str = "; "
) -> str:
    """Such as "Conv2d 3×3; two branches: Conv2d 3×3, Conv2d 3×3 | Conv2d 1×1; Conv2d 3×3"."""
    words = []
    for stage in _stages(layers, after):
        ways = _ways(stage, after) if len(stage) > 1 else []
        if len(ways) < 2:
            words += map(text, stage)
            continue
        listed = f"{_NUMBERS.get(len(ways), len(ways))} branches: " + " | ".join(
            in_words(way, after, text, ", ") for way in ways
        )
        words.append(listed if between == "; " else f"({listed})")
    return between.join(words)


def _stages(layers: Sequence[T], after: After) -> list[list[T]]:
    """Cut wherever all that comes later works on all that came before."""
    stages, stage, open_until = [], [], -1
    for place, layer in enumerate(layers):
        stage.append(layer)
        beside = [
            later for later in range(place + 1, len(layers)) if not after(layers[later], layer)
        ]
        open_until = max(open_until, *beside, place)
        if open_until == place:
            stages.append(stage)
            stage = []
    return stages


def _ways(stage: list[T], after: After) -> list[list[T]]:
    """The layers that work on each other, directly or by way of others, together."""
    groups: list[list[T]] = []
    for layer in stage:
        near = [group for group in groups if any(after(layer, one) for one in group)]
        groups = [group for group in groups if group not in near] + [
            [one for group in near for one in group] + [layer]
        ]
    order = {id(layer): place for place, layer in enumerate(stage)}
    return sorted(
        (sorted(group, key=lambda one: order[id(one)]) for group in groups),
        key=lambda group: order[id(group[0])],
    )
