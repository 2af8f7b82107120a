"""One short text for what a network computes: equal for networks that differ in names, formatting or order only.

Each value gets the digest of the operation that made it and of what went in (a Merkle tree), so that neither the names of
modules and attributes nor the order in which independent branches are written have a part in it. Of a parameter, only
the shape has.
"""

import hashlib
from collections.abc import Mapping

from utils.architecture.executed_graph import ExecutedGraph, Operation, Value

# What gives its first input back.
_IDENTITIES = frozenset(("alias", "clone", "contiguous", "detach", "lift_fresh"))
_COMMUTE = frozenset(("add", "mul", "maximum", "minimum"))


def graph_digest(graph: ExecutedGraph) -> str:
    """32 hexadecimal digits."""
    live = graph.live_operations()
    known: dict[Value, str] = {}
    for value, shape in graph.shapes.items():
        kind = graph.sources[value].kind if value in graph.sources else "unknown"
        known[value] = _digest(kind, shape)
    for operation in live:
        made = _operation(operation, known)
        for index, value in enumerate(operation.outputs):
            if value is not None:
                known[value] = made if operation.name in _IDENTITIES else _digest(made, index)
    used = {value for one in live for value in one.inputs if value in graph.sources}
    shapes = sorted(
        (graph.sources[value].kind, graph.shapes[value]) for value in used
    )  # a layer that is used twice is not two layers
    return _digest([known[value] for value in graph.outputs], shapes)


def _operation(operation: Operation, known: Mapping[Value, str]) -> str:
    if operation.name in _IDENTITIES and operation.inputs:
        return known[operation.inputs[0]]
    args = [_plain(one, known) for one in operation.args]
    both = [isinstance(one, Value) for one in operation.args[:2]] == [True, True]
    if operation.name in _COMMUTE and both and not operation.kwargs:
        args[:2] = sorted(args[:2])
    kwargs = sorted((name, _plain(one, known)) for name, one in operation.kwargs.items())
    return _digest(operation.name, args, kwargs)


def _plain(argument: object, known: Mapping[Value, str]) -> str:
    if isinstance(argument, Value):
        return known[argument]
    if isinstance(argument, list | tuple):
        return f"[{','.join(_plain(one, known) for one in argument)}]"
    return repr(argument)


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]
