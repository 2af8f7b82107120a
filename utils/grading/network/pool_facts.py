"""The pools of a network: the one that ends its maps, what follows it, and maxima."""

from utils.architecture import graph_operations as operations
from utils.architecture.executed_graph import Operation
from utils.architecture.receptive_field_rules import CannotTrace
from utils.grading.facts import Fact
from utils.grading.network.map_axes import CHANNELS, OF_A_MAP, moved, only_moves
from utils.grading.network.merged_pools import is_tiled
from utils.grading.network.shrinking import shrinks
from utils.grading.network.view import WEIGHTED, NetworkView


def global_average_pooling(view: NetworkView) -> Fact:
    """Whether the last map is averaged over all its positions, and the result depends on nothing beside."""
    pools = view.global_pools
    means = [
        operation
        for operation, how in pools
        if how == "mean" or how == "sum" and _is_divided(view, operation)
    ]
    if means:
        return _averaged(view, [f"{_pool_text(view, one)} over the whole map" for one in means])
    if any(how == "sum" for _, how in pools):
        return view.fact(None, "the map is summed, not averaged, over all its positions")
    if pools:
        return view.fact(
            False, f"the global pool takes the maximum: {_pool_text(view, pools[0][0])}"
        )
    return _without_pool(view)


def _averaged(view: NetworkView, pools: list[str]) -> Fact:
    """There is a pool that averages a whole map: is that the last one, and does the result need no other?"""
    cropped = next((one for one in shrinks(view) if one.at_pool and not one.explained), None)
    if cropped is not None:
        return view.fact(
            None,
            f"before the global pool {cropped.text}, so it may average a part of it only",
            *pools,
        )
    uneven = next((one for one in view.live if _weighs_unlike(view, one)), None)
    if uneven is not None:
        return view.fact(
            None,
            f"before the global pool stands {view.layer(uneven)}, whose windows overlap or leave a rim, "
            "so the two are no plain average",
            *pools,
        )
    past = view.around_pools()
    if past:
        return view.fact(
            None,
            f"the result depends on the image past the global pool too, by way of "
            f"{_way(view, past)}",
            *pools,
        )
    return view.fact(True, f"pooled: {', '.join(pools)}", *pools)


def _weighs_unlike(view: NetworkView, operation: Operation) -> bool:
    """Whether it is an average pool right before the global one, and together they weigh positions unlike."""
    if operation.name not in operations.POOLS or operations.POOLS[operation.name] == "max":
        return False
    if not operations.is_map(view.graph.shapes[operation.output]) or is_tiled(
        view.graph, operation
    ):
        return False
    behind = {id(one) for one in view.behind(operation)}
    return not any(id(one) in behind for one in view.convolutions_before_pool) and any(
        id(pool) in behind for pool, _ in view.global_pools
    )


def _way(view: NetworkView, past: list[Operation]) -> str:
    """What comes behind the last map that reaches the result past the pool, and the layer with weights behind that."""
    maps = [
        place for place, one in enumerate(past) if operations.is_map(view.graph.shapes[one.output])
    ]
    behind = past[maps[-1] + 1 :] if maps else past
    layer = next((one for one in behind if one.name in WEIGHTED), None)
    names = [one.name for one in behind[:1]] + (
        [operations.label(layer, view.graph)] if layer is not None else []
    )
    return " and ".join(dict.fromkeys(names)) or "its last map"


def _pool_text(view: NetworkView, operation: Operation) -> str:
    return f"{operations.label(operation, view.graph)} of {operations.short(_size_before(view, operation))}"


def _size_before(view: NetworkView, operation: Operation) -> tuple[int, int]:
    shape = view.graph.shapes[operation.inputs[0]]
    return shape[-2:] if len(shape) == 4 else (1, shape[-1])


def _is_divided(view: NetworkView, operation: Operation) -> bool:
    """Whether a sum is divided by the number of positions."""
    height, width = _size_before(view, operation)
    return any(
        isinstance(number, (int, float))
        and abs((number if user.name == "div" else 1 / (number or 1)) - height * width) < 1e-3
        for user in view.users.get(operation.output, ())
        if user.name in ("div", "mul")
        for number in user.args[1:2]
    )


def _without_pool(view: NetworkView) -> Fact:
    """What the network does with its last map instead of averaging it."""
    last = next(
        (one for one in reversed(view.live) if operations.is_map(_shape_before(view, one))), None
    )
    if last is None:
        return view.fact(False, "the network makes no feature map")
    before, settings = _shape_before(view, last), operations.window(view.graph, last)
    map_text = f"{before[1]} × {before[-2]} × {before[-1]}"
    if last.name in operations.RESHAPES and _is_weighed(view, last, before):
        return view.fact(False, f"the last map of {map_text} is flattened, not averaged")
    whole = settings is not None and all(
        kernel >= size for kernel, size in zip(settings.kernel, before[-2:])
    )
    if last.name == "convolution" and not whole:
        return view.fact(
            None, f"{view.layer(last)} leaves one position, so there is nothing left to average"
        )
    if last.name in operations.REDUCTIONS and _has_channels_last(view, last):
        return view.fact(
            None,
            f"whether {last.name} in {view.where(last)} averages a whole map cannot be told: the "
            "channels stand last there",
        )
    if last.name in operations.REDUCTIONS and _keeps_a_side(view, last):
        return view.fact(False, f"{last.name} takes the last map of {map_text} along one side only")
    if settings or last.name in ("select", "slice"):
        return view.fact(
            False,
            f"{view.layer(last)} takes the last map of {map_text}; it is no average over the whole",
        )
    return view.fact(
        None,
        f"what {last.name} in {view.where(last)} makes of the last map of {map_text} is not known to be "
        "an average or not",
    )


def _is_weighed(view: NetworkView, flattening: Operation, sizes: tuple[int, ...]) -> bool:
    """Whether a layer behind it has a weight for each position of each channel of the map, whose shape is `sizes`."""
    first = moved(view.graph, flattening, OF_A_MAP, sizes) if len(sizes) == 4 else None
    waiting = [(flattening.output, first)]
    while waiting:
        value, axes = waiting.pop()
        for user in view.users.get(value, ()) if axes else ():
            if user.name in WEIGHTED:
                if {CHANNELS} < set(axes[-1]):
                    return True
            elif only_moves(user):
                waiting.append((user.output, moved(view.graph, user, axes, sizes)))
            elif view.graph.shapes[user.output] == view.graph.shapes[value]:
                waiting.append((user.output, axes))  # each number by itself, or normalised
    return False


def _has_channels_last(view: NetworkView, operation: Operation) -> bool:
    try:
        return view.activations(operation) in view.walked().layouts
    except CannotTrace:
        return False


def _keeps_a_side(view: NetworkView, operation: Operation) -> bool:
    """Whether a reduction leaves positions along height or width that no other reduction takes up."""
    sides = operations.reduced_dimensions(view.graph, operation, view.activations(operation)) & {
        2,
        3,
    }
    users = list(view.users.get(operation.output, ()))
    for user in users:  # which grows meanwhile
        users += view.users.get(user.output, ()) if only_moves(user) else ()
    return len(sides) == 1 and not any(user.name in operations.REDUCTIONS for user in users)


def _shape_before(view: NetworkView, operation: Operation) -> tuple[int, ...]:
    return next(
        (view.graph.shapes[value] for value in operation.inputs if value in view.reached), ()
    )


def max_pooling(view: NetworkView) -> Fact:
    """Whether a maximum is taken over positions, in any place but that of the global average, in a head that has none: that
    it is no average is what `global_average_pooling` says."""
    whole = {id(pool) for pool, how in view.global_pools if how == "max"}
    maxima = [
        one for one in view.live if one.name.startswith(operations.MAX_POOLS) or id(one) in whole
    ]
    averages = len(whole) < len(view.global_pools)
    at_end = [one for one in maxima if not averages and view.is_past_blocks(one)]
    names = [
        view.layer(one) if one.name in operations.POOLS else f"{_pool_text(view, one)} (maximum)"
        for one in maxima
        if one not in at_end
    ]
    heads = {operations.pool_signature(view.graph, one) for one in at_end}
    names += [
        f"{name} in training mode"
        for name in view.network.training_maxima
        if not names and name not in heads
    ]
    if names:
        return view.fact(True, "", *names)
    hidden = next((one for one in shrinks(view) if one.takes_maxima), None)
    if hidden is not None:
        return view.fact(
            None, f"{hidden.text}, which may be max pooling written in another way", hidden.text
        )
    return view.fact(
        False,
        f"the only maximum stands in place of the global average: {view.layer(at_end[0])}"
        if at_end
        else "",
    )


def after_pool(view: NetworkView) -> Fact:
    """The layers with weights behind the global pool, as text."""
    pools = view.global_pools
    if not pools:
        return view.fact(None, "there is no global pool")
    names = [_weighted_text(view, one) for one in view.behind(pools[0][0]) if one.name in WEIGHTED]
    return view.fact(", ".join(names) or "nothing with weights")


def _weighted_text(view: NetworkView, operation: Operation) -> str:
    before, after = (
        view.graph.shapes[value] for value in (view.activations(operation), operation.output)
    )
    kind = (
        operations.describe(view.graph, operation) if operation.name == "convolution" else "linear"
    )
    return f"{kind} {before[1]} → {after[1]}" if len(before) > 1 and len(after) > 1 else kind
