"""Which of a map's dimensions stand where in a tensor that holds it in another shape, as behind flatten() or permute()."""

from utils.architecture import graph_operations as operations
from utils.architecture.executed_graph import ExecutedGraph, Operation

# For each dimension of a tensor the dimensions of the map `(B, C, H, W)` that it holds, by number, the outermost first.
Axes = tuple[tuple[int, ...], ...]
OF_A_MAP: Axes = ((0,), (1,), (2,), (3,))
BATCH, CHANNELS, POSITIONS = 0, 1, {2, 3}
_COPIES = frozenset(("clone", "contiguous", "alias", "detach", "_to_copy"))


def only_moves(operation: Operation) -> bool:
    """Whether an operation leaves every number as it is, and at most changes where it stands."""
    names = operations.RESHAPES | operations.PERMUTATIONS | _COPIES
    return operation.name in names and operation.name != "expand"


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
