"""Where the map shrinks between two layers by something that is neither a convolution nor a known pool."""

from dataclasses import dataclass

from utils.architecture import graph_operations as operations
from utils.architecture.executed_graph import Operation, Value
from utils.grading.network.view import NetworkView


@dataclass(frozen=True)
class Shrink:
    """The sizes of the map as (height, width), what it goes through in between, the module, and whether a maximum or a
    minimum is among that. `explained` where a convolution or a pool brings another branch down to the same size; `layer` is
    the next one, `at_pool` whether that is the global pool."""

    before: tuple[int, int]
    after: tuple[int, int]
    names: tuple[str, ...]
    place: str
    takes_maxima: bool
    explained: bool
    layer: Operation
    at_pool: bool

    @property
    def text(self) -> str:
        """Such as "the map is brought down from 32×32 to 16×16 by slice and maximum in down (Pool, line 9 of net.py)"."""
        sizes = " to ".join("{}×{}".format(*size) for size in (self.before, self.after))
        return f"the map is brought down from {sizes} by {' and '.join(self.names) or 'something unknown'} in {self.place}"


def shrinks(view: NetworkView) -> list[Shrink]:
    """In order of execution, before the global pool or, where there is none, everywhere."""
    pools = [pool for pool, _ in view.global_pools]
    behind = {id(one) for pool in pools for one in view.behind(pool)}
    producers, found = view.graph.producers(), []
    for layer in view.live:
        is_pool = any(layer is pool for pool in pools)
        if (is_pool or _is_layer(layer)) and id(layer) not in behind:
            source = next((value for value in layer.inputs if value in view.reached), None)
            if is_pool and source in producers and len(view.graph.shapes[source]) == 3:
                source = producers[source].inputs[0]  # the map that was flattened to be pooled
            in_gate = (
                not is_pool
                and source is not None
                and not operations.is_map(view.graph.shapes[source])
            )
            if source is not None and len(view.graph.shapes[source]) == 4 and not in_gate:
                found += _shrinks_to(view, layer, source, producers, is_pool)
    return found


def _is_layer(operation: Operation) -> bool:
    return operation.name in operations.WINDOWS or operation.name in operations.POOLS


def _shrinks_to(
    view: NetworkView,
    layer: Operation,
    target: Value,
    producers: dict[Value, Operation],
    at_pool: bool,
) -> list[Shrink]:
    """From the outputs of the layers before, or from the image, to `target`, which `layer` works on."""
    shapes, after = view.graph.shapes, view.graph.shapes[target][-2:]
    between, starts, waiting = [], [], [target]
    while waiting:
        value = waiting.pop()
        maker = producers.get(value)
        if maker is None or _is_layer(maker):
            starts += [value] if value not in starts and len(shapes[value]) == 4 else []
        elif not any(maker is one for one in between):
            between.append(maker)
            waiting += [one for one in maker.inputs if one in view.reached]
    sizes = {start: shapes[start][-2:] for start in starts}
    explained = after in sizes.values()
    found = []
    for start, before in sizes.items():
        if any(size > small for size, small in zip(before, after)):
            path = _path(start, between[::-1], view)
            changing = _changing(view, path) or path
            found.append(
                Shrink(
                    before,
                    after,
                    tuple(dict.fromkeys(one.name for one in changing)),
                    " and ".join(dict.fromkeys(map(view.where, changing))),
                    any(_takes_maxima(view, one, before) for one in path),
                    explained,
                    layer,
                    at_pool,
                )
            )
    return found


def _path(start: Value, between: list[Operation], view: NetworkView) -> list[Operation]:
    """The operations in `between` that depend on `start`, in order of execution."""
    reached, path = {start}, []
    for operation in sorted(between, key=view.live.index):
        if reached.intersection(operation.inputs):
            reached.update(value for value in operation.outputs if value is not None)
            path.append(operation)
    return path


def _changing(view: NetworkView, path: list[Operation]) -> list[Operation]:
    """The operations that do more than change each position by itself."""
    return [
        one
        for one in path
        if one.name in operations.MAXIMA
        or not any(
            operations.is_pointwise(view.graph, one, value)
            for value in one.inputs
            if value in view.reached and len(view.graph.shapes[value]) >= 4
        )
    ]


def _takes_maxima(view: NetworkView, operation: Operation, before: tuple[int, int]) -> bool:
    """Of positions, that is; a maximum over the channels of a map that has not shrunk yet leaves positions alone."""
    maps = [value for value in operation.inputs if value in view.reached]
    shape = view.graph.shapes[maps[0]] if maps else ()
    over_channels = len(maps) == 1 and len(shape) == 4 and shape[-2:] == before
    return operation.name in operations.MAXIMA and not (
        over_channels and operations.is_pointwise(view.graph, operation, maps[0])
    )
