"""What one position of the last map sees of the image."""

from utils.architecture import graph_operations as operations
from utils.architecture.receptive_field import field_at_pool
from utils.architecture.receptive_field_rules import CannotTrace, Walk
from utils.grading.facts import Fact
from utils.grading.network.view import NetworkView


def receptive_field(view: NetworkView) -> Fact:
    """In pixels along the larger axis, at the input of the global pool or, without one, at the last map of the blocks.

    Of convolutions and pools: statistics of the whole map that normalise or gate it are not counted, and `why` says so.
    """
    try:
        walked = view.walked()
        if walked.pools:
            return _field(view, walked, field_at_pool(walked), "at the input of the global pool")
    except CannotTrace as error:
        return _unknown(view, error)
    size, field = _last_map(view, walked)
    return _field(
        view,
        walked,
        field,
        f"there is no global pool; at the last feature map, {operations.short(size)}",
    )


def receptive_field_with_pool(view: NetworkView) -> Fact:
    """The same with the global pool's window counted, as some do."""
    try:
        walked = view.walked()
        if not walked.pools:
            return view.fact(None, "there is no global pool")
        field_at_pool(walked)
    except CannotTrace as error:
        return _unknown(view, error)
    row = next(row for row in walked.rows if row.is_global_pool)
    return _field(
        view, walked, row.receptive_field, "with the global pool counted as one more window"
    )


def _last_map(view: NetworkView, walked: Walk) -> tuple[tuple[int, int], tuple[int, int]]:
    """The last map with more than one position before the pools of the head: its size, and its field."""
    head = [one for one in view.live if one.name in operations.POOLS and view.is_past_blocks(one)]
    behind = {id(one) for pool in head for one in (pool, *view.behind(pool))}
    maps = [
        view.graph.inputs[0],
        *(value for one in view.live if id(one) not in behind for value in one.outputs),
    ]
    last = next(
        value
        for value in reversed(maps)
        if value in walked.fields
        and value not in walked.layouts
        and max(operations.map_size(view.graph, value)) > 1
    )
    return operations.map_size(view.graph, last), tuple(axis.size for axis in walked.fields[last])


def _field(view: NetworkView, walked: Walk, size: tuple[int, int], where: str) -> Fact:
    unequal = f", {size[0]} high and {size[1]} wide" if size[0] != size[1] else ""
    counted = (
        "; normalisation and gates over the whole map are not counted" if walked.whole_map else ""
    )
    return view.fact(max(size), where + unequal + counted)


def _unknown(view: NetworkView, error: CannotTrace) -> Fact:
    place = view.classes.get(error.operation.kind) if error.operation is not None else None
    at = f" ({place.where})" if place is not None else ""
    return view.fact(None, f"the receptive field cannot be established: {error}{at}")
