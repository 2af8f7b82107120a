"""Pools in several steps as one: `x.mean(3).mean(2)`, average pools that together cover the whole map, a mean over the
positions of a map that stand in other dimensions, as in `x.flatten(2).transpose(1, 2).mean(1)`."""

from collections.abc import Mapping
from dataclasses import replace

from utils.architecture import graph_operations as operations
from utils.architecture.executed_graph import ExecutedGraph, Operation, Value
from utils.grading.network.map_axes import BATCH, CHANNELS, POSITIONS, origin

_STEPS = ("mean", "sum", "amax")


def merge_pools(graph: ExecutedGraph) -> ExecutedGraph:
    """`graph` with each such chain replaced by one reduction over height and width, which gives the same numbers."""
    merged = True
    while merged:
        merged = _merge_one(graph)
        graph = merged or graph
    return graph


def _merge_one(graph: ExecutedGraph) -> ExecutedGraph | None:
    """None where nothing is left to merge."""
    uses: dict[Value, list[Operation]] = {}
    for operation in graph.live_operations():
        for value in operation.inputs:
            uses.setdefault(value, []).append(operation)
    producers = graph.producers()
    for last in graph.operations:
        if (source := _over_positions(graph, producers, last)) is not None:
            keep = len(graph.shapes[last.output]) == 4
            whole = replace(last, args=(source, [2, 3], keep), kwargs={})
            return replace(
                graph, operations=[whole if one is last else one for one in graph.operations]
            )
        first = (
            producers.get(last.args[0]) if last.args and isinstance(last.args[0], Value) else None
        )
        if first is None or uses.get(first.output) != [last] or first.output in graph.outputs:
            continue
        if name := _by_axes(graph, first, last) or _by_tiles(graph, first, last):
            keep = len(graph.shapes[last.output]) == 4
            whole = replace(
                last, target=f"aten.{name}.dim", args=(first.args[0], [2, 3], keep), kwargs={}
            )
            kept = [whole if one is last else one for one in graph.operations if one is not first]
            shape = graph.shapes[last.output] if keep else graph.shapes[first.args[0]][:2]
            return replace(graph, operations=kept, shapes=graph.shapes | {last.output: shape})
    return None


def _by_axes(graph: ExecutedGraph, first: Operation, last: Operation) -> str | None:
    """The reduction, where the one takes up the map's height or width and the other what is left of it."""
    if first.name not in _STEPS or first.name != last.name or not isinstance(first.args[0], Value):
        return None
    before, between, after = (
        graph.shapes[value] for value in (first.args[0], first.output, last.output)
    )
    (one,) = (*operations.reduced_dimensions(graph, first, first.args[0]), None)[:1]
    (other,) = (*operations.reduced_dimensions(graph, last, first.output), None)[:1]
    counts = [
        len(operations.reduced_dimensions(graph, operation, operation.args[0]))
        for operation in (first, last)
    ]
    if (
        len(before) != 4
        or counts != [1, 1]
        or one not in (2, 3)
        or (after + (1, 1))[:4] != (*before[:2], 1, 1)
    ):
        return None
    left = 2 if len(between) == 3 else 5 - one
    return first.name if other == left else None


def _by_tiles(graph: ExecutedGraph, first: Operation, last: Operation) -> str | None:
    """ "mean", where an average pool cuts the map into equal tiles and the mean of all of them follows."""
    is_pool = first.name in ("avg_pool2d", "_adaptive_avg_pool2d")
    if not is_pool or operations.global_pool(graph, last, first.output) != "mean":
        return None
    return "mean" if len(graph.shapes[first.args[0]]) == 4 and is_tiled(graph, first) else None


def _over_positions(
    graph: ExecutedGraph, producers: Mapping[Value, Operation], last: Operation
) -> Value | None:
    """The map whose positions a reduction takes up, all of them and nothing else, where they stand in other dimensions."""
    if last.name not in _STEPS or not isinstance(last.args[0], Value):
        return None
    value, axes = origin(graph, producers, last.args[0])
    sizes = graph.shapes[value]
    if value == last.args[0] or axes is None or sizes[2] * sizes[3] == 1:
        return None
    taken = operations.reduced_dimensions(graph, last, last.args[0])
    if {axis for place in taken for axis in axes[place]} != POSITIONS:
        return None
    left = [held for place, held in enumerate(axes) if place not in taken]
    kept = left == [(BATCH,), (CHANNELS,)]
    return value if kept and graph.shapes[last.output] in (sizes[:2], (*sizes[:2], 1, 1)) else None


def is_tiled(graph: ExecutedGraph, pool: Operation) -> bool:
    """Whether the windows of an average pool cover the map once, each position in one window."""
    before, after = graph.shapes[pool.args[0]], graph.shapes[pool.output]
    settings = operations.window(graph, pool)
    tiled = settings is None or settings.kernel == settings.stride and settings.padding == (0, 0)
    return tiled and all(
        size % count == 0 and (settings is None or size // count == kernel)
        for size, count, kernel in zip(
            before[-2:], after[-2:], settings.kernel if settings else (0, 0)
        )
    )
