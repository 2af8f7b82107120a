"""From a depthwise convolution to the 1×1 convolution that mixes its channels, over what may stand between the two.

Between them may be whatever leaves the channels apart: activations, normalisation, a scale for each channel, also one that
a gate computes (squeeze and excitation). Where another map is joined by addition or by a product, or pixels are pooled,
whether the two still make one separable convolution is for a person to judge; behind a concatenation with another map,
and behind another convolution over positions, they do not.
"""

from utils.architecture import graph_operations as operations
from utils.architecture.executed_graph import Operation, Value
from utils.grading.network.view import NetworkView

_MAP, _STATISTIC, _DOUBTFUL = (
    "map",
    "statistic",
    "doubtful",
)  # what a value holds of the depthwise convolution's output
_PRODUCTS = ("mm", "addmm", "bmm", "baddbmm")


def pointwise_after(
    view: NetworkView, depthwise: Operation
) -> tuple[Operation | None, Operation | None]:
    """The 1×1 convolution; without one, the operation for which it cannot be told whether there is one."""
    kinds: dict[Value, str] = {depthwise.output: _MAP}
    joined, doubt = depthwise, None
    for operation in view.behind(depthwise):
        held = {kinds[value] for value in operation.inputs if value in kinds}
        if not held:
            continue
        if held != {_STATISTIC} and operation.name in _PRODUCTS:
            doubt = doubt or operation
        elif held != {_STATISTIC} and operation.name == "convolution":
            if _is_pointwise(view, operation, kinds):
                if kinds[operation.args[0]] == _MAP:
                    return operation, None
                doubt = doubt or joined
        elif kind := _kind(view, operation, kinds, held):
            joined = operation if kind == _DOUBTFUL and _DOUBTFUL not in held else joined
            kinds.update({value: kind for value in operation.outputs if value is not None})
    return None, doubt


def _is_pointwise(view: NetworkView, operation: Operation, kinds: dict[Value, str]) -> bool:
    settings = operations.window(view.graph, operation)
    return (
        settings is not None
        and settings.kernel == (1, 1)
        and settings.groups == 1
        and operation.args[0] in kinds
    )


def _kind(
    view: NetworkView, operation: Operation, kinds: dict[Value, str], held: set[str]
) -> str | None:
    """What the operation's output holds; None where the channels do not stay apart, or other maps stand beside them."""
    inputs = [value for value in operation.inputs if value in view.reached]
    others = [
        value for value in inputs if value not in kinds and not _is_scale(view.graph.shapes[value])
    ]
    pointwise = operation.name in operations.POINTWISE
    if held == {_STATISTIC}:
        return None if others else _STATISTIC
    maps = [value for value in inputs if kinds.get(value) in (_MAP, _DOUBTFUL)]
    if others or len(inputs) > len(maps) and not pointwise:
        return _DOUBTFUL if pointwise else None
    as_before = _DOUBTFUL if _DOUBTFUL in held else _MAP
    if operation.name in operations.RESHAPES or operation.name in operations.PERMUTATIONS:
        return as_before
    if any(operations.is_statistic(view.graph, operation, value) for value in maps):
        return _STATISTIC
    if operation.name in operations.NORMALISATIONS or all(
        operations.is_pointwise(view.graph, operation, value) for value in maps
    ):
        return as_before
    sliding = operations.sliding(view.graph, operation)
    if sliding is None or not operations.is_map(view.graph.shapes[operation.output]):
        return None
    return as_before if sliding.kernel == (1, 1) else _DOUBTFUL


def _is_scale(shape: tuple[int, ...]) -> bool:
    """Whether a tensor has a number for each channel, `(B, C, 1, 1)`, and none for a position."""
    return len(shape) == 4 and shape[-2:] == (1, 1)
