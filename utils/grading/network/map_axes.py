"""Which of a map's dimensions stand where in a tensor that holds it in another shape, as behind flatten() or permute()."""

from collections.abc import Mapping

from utils.architecture import graph_operations as operations
from utils.architecture.executed_graph import ExecutedGraph, Operation, Value

# For each dimension of a tensor the dimensions of the map `(B, C, H, W)` that it holds, by number, the outermost first.
Axes = tuple[tuple[int, ...], ...]
OF_A_MAP: Axes = ((0,), (1,), (2,), (3,))
BATCH, CHANNELS, POSITIONS = 0, 1, {2, 3}
_COPIES = frozenset(("clone", "contiguous", "alias", "detach", "_to_copy"))
_MOVES = (operations.RESHAPES | operations.PERMUTATIONS | _COPIES) - {"expand"}


def only_moves(operation: Operation) -> bool:
    """Whether an operation leaves every number as it is, and at most changes where it stands."""
    return operation.name in _MOVES


def origin(
    graph: ExecutedGraph, producers: Mapping[Value, Operation], value: Value
) -> tuple[Value, Axes | None]:
    """The tensor that only was moved to become `value`, and if it is a map, where its axes are in `value`; None where it is
    no map, or an axis was divided."""
    chain = []
    while (producer := producers.get(value)) is not None and only_moves(producer):
        chain.append(producer)
        value = producer.args[0]
    sizes = graph.shapes[value]
    axes = OF_A_MAP if len(sizes) == 4 else None
    for operation in reversed(chain):
        axes = axes and moved(graph, operation, axes, sizes)
    return value, axes


def moved(
    graph: ExecutedGraph, operation: Operation, axes: Axes, sizes: tuple[int, ...]
) -> Axes | None:
    """The axes behind an operation that only moves; None where it divides one of them. `sizes` are the map's."""
    if operation.name in operations.PERMUTATIONS:
        return tuple(axes[place] for place in operations.permutation(operation, len(axes)))
    if operation.name in _COPIES:
        return axes
    left = [axis for held in axes for axis in held]
    found = []
    for size in graph.shapes[operation.output]:
        held, product = [], 1
        while left and (product < size or not held and sizes[left[0]] == 1):
            held.append(left.pop(0))
            product *= sizes[held[-1]]
        if product != size:
            return None
        found.append(tuple(held))
    return None if any(sizes[axis] > 1 for axis in left) else tuple(found)
