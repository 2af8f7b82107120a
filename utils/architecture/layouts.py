"""Where height and width are in a tensor that holds a feature map in another order than `(B, C, H, W)`."""

from dataclasses import dataclass

from utils.architecture import graph_operations as operations
from utils.architecture.executed_graph import ExecutedGraph, Operation, Value


@dataclass(frozen=True)
class Layout:
    """`axes` are the dimensions of height and width, such as (1, 2) for channels last; None where they are joined: with the
    batch in one first dimension of `rows` = (B, H, W), as a linear layer works on them, or, without rows, in one last."""

    axes: tuple[int, int] | None = None
    rows: tuple[int, int, int] | None = None


FLAT = Layout()


def usual(graph: ExecutedGraph, value: Value) -> Layout:
    """Height and width last."""
    count = len(graph.shapes[value])
    return Layout((count - 2, count - 1))


def layout_after(
    graph: ExecutedGraph, operation: Operation, source: Value, layout: Layout
) -> Layout | None:
    """The layout behind an operation that leaves each position of `source` by itself; None for any other."""
    before, after = graph.shapes[source], graph.shapes[operation.output]
    if operation.name in operations.POINTWISE and len(before) == len(after):
        return layout
    if operation.name in ("mm", "addmm"):
        left = operation.args[1 if operation.name == "addmm" else 0]
        return layout if layout.rows and left == source else None
    if operation.name in operations.RESHAPES:
        return _reshaped(before, after, layout)
    if layout.axes is None:
        return None
    if operation.name in operations.PERMUTATIONS:
        order = operations.permutation(operation, len(before))
        return Layout((order.index(layout.axes[0]), order.index(layout.axes[1])))
    if operation.name in operations.NORMALISATIONS:
        return layout
    along = operation.name in operations.ALONG_DIMENSIONS and len(before) == len(after)
    return (
        layout
        if along and not operations.reduced_dimensions(graph, operation, source) & set(layout.axes)
        else None
    )


def _reshaped(before: tuple[int, ...], after: tuple[int, ...], layout: Layout) -> Layout | None:
    if before == after:
        return layout
    if (
        layout.axes == (1, 2)
        and len(before) == 4
        and after == (before[0] * before[1] * before[2], before[3])
    ):
        return Layout(rows=before[:3])
    if layout.rows and len(after) == 4 and after[:3] == layout.rows:
        return Layout((1, 2))
    flattens = (
        layout.axes == (2, 3) and len(before) == 4 and len(after) == 3 and before[:2] == after[:2]
    )
    return FLAT if flattens and after[2] == before[2] * before[3] else None


def is_spared(graph: ExecutedGraph, operation: Operation, source: Value, layout: Layout) -> bool:
    """Whether a layer normalisation leaves height and width alone: it is over the channels that stand last."""
    if (
        operation.name not in ("native_layer_norm", "_fused_rms_norm", "rms_norm")
        or layout.axes is None
    ):
        return False
    return max(layout.axes) < len(graph.shapes[source]) - len(operation.args[1])
