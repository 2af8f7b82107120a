"""An executed graph as plain data, and back: whatever a child sends is checked piece by piece before it becomes a graph."""

import re

import torch

from utils.architecture.executed_graph import (
    MOST_OPERATIONS,
    ExecutedGraph,
    Operation,
    Source,
    Value,
)
from utils.grading.sandbox.message import BadMessage, shown

_TARGET = re.compile(r"aten\.[A-Za-z_]\w{0,60}\.[A-Za-z_]\w{0,60}")
_KINDS = {"parameter", "buffer", "constant", "unregistered"}
_SETTINGS = {
    torch.dtype: "dtype",
    torch.device: "device",
    torch.layout: "layout",
    torch.memory_format: "memory_format",
}
_FIELDS = {"target", "args", "kwargs", "outputs", "shapes", "module", "kind", "stale"}


def to_data(graph: ExecutedGraph) -> dict:
    """What JSON can hold; the tensors of `graph.sources`, in order, belong beside it."""
    return {
        "inputs": [[value.number, list(graph.shapes[value])] for value in graph.inputs],
        "sources": [
            [value.number, source.kind, source.name]
            for value, source in graph.sources.items()
            if source.kind != "input"
        ],
        "operations": [
            {
                "target": one.target,
                "args": _encode(list(one.args)),
                "kwargs": _encode(dict(one.kwargs)),
                "outputs": [value and value.number for value in one.outputs],
                "shapes": [value and list(graph.shapes[value]) for value in one.outputs],
                "module": one.module,
                "kind": one.kind,
                "stale": one.reads_stale,
            }
            for one in graph.operations
        ],
        "outputs": [value.number for value in graph.outputs],
    }


def _encode(leaf):
    if isinstance(leaf, Value):
        return {"value": leaf.number}
    if isinstance(leaf, (list, tuple)):
        return [_encode(one) for one in leaf]
    if isinstance(leaf, dict):
        return {"mapping": {key: _encode(one) for key, one in leaf.items()}}
    for kind, name in _SETTINGS.items():
        if isinstance(leaf, kind):
            return {name: str(leaf).removeprefix("torch.")}
    if leaf is None or isinstance(leaf, (bool, int, float, str)):
        return leaf
    raise BadMessage(f"an operation has an argument of type {type(leaf).__name__}")


def structure(data):
    """A recorded network as data, without the numbers that it computes with: those may be random."""
    if isinstance(data, dict):
        return {key: structure(value) for key, value in data.items()}
    if isinstance(data, list):
        return [structure(one) for one in data]
    return 0.0 if isinstance(data, float) else data


def from_data(data: dict, tensors: list[torch.Tensor]) -> ExecutedGraph:
    """The graph, with every reference, name and shape checked; `tensors` are those of its sources. BadMessage otherwise."""
    graph = ExecutedGraph()
    try:
        _read(data, tensors, graph)
    except BadMessage:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise BadMessage(
            f"the recorded network is not in the agreed form ({type(error).__name__})"
        ) from None
    return graph


def _read(data: dict, tensors: list[torch.Tensor], graph: ExecutedGraph) -> None:
    if len(data["operations"]) > MOST_OPERATIONS:
        raise BadMessage(f"more than {MOST_OPERATIONS:,} operations were recorded")
    _demand(
        len(data["sources"]) == len(tensors), "the recorded tensors are not as many as their names"
    )
    graph.inputs = tuple(
        _define(graph, number, shape, Source("input", "")) for number, shape in data["inputs"]
    )
    _demand(len(graph.inputs) == 1, "the recorded network has not one input")
    for (number, kind, name), tensor in zip(data["sources"], tensors):
        _demand(kind in _KINDS, "a recorded tensor is of an unknown kind")
        value = _define(graph, number, list(tensor.shape), Source(kind, _text(name)))
        graph.tensors[value] = tensor
    for entry in data["operations"]:
        graph.operations.append(_operation(entry, graph))
    graph.outputs = tuple(_known(graph, number) for number in data["outputs"])
    _demand(len(graph.outputs) >= 1, "the network puts out no tensor")


def _operation(entry: dict, graph: ExecutedGraph) -> Operation:
    _demand(
        set(entry) == _FIELDS
        and isinstance(entry["target"], str)
        and bool(_TARGET.fullmatch(entry["target"])),
        "an operation is not in the agreed form",
    )
    args, kwargs = _decode(entry["args"], graph), _decode(entry["kwargs"], graph)
    _demand(
        isinstance(args, list) and isinstance(kwargs, dict),
        "an operation is not in the agreed form",
    )
    _demand(len(entry["outputs"]) == len(entry["shapes"]), "an operation is not in the agreed form")
    outputs = tuple(
        None if number is None else _define(graph, number, shape)
        for number, shape in zip(entry["outputs"], entry["shapes"])
    )
    return Operation(
        entry["target"],
        tuple(args),
        kwargs,
        outputs,
        _text(entry["module"]),
        _text(entry["kind"]),
        entry["stale"] is True,
    )


def _decode(leaf, graph: ExecutedGraph):
    if isinstance(leaf, list):
        return [_decode(one, graph) for one in leaf]
    if not isinstance(leaf, dict):
        return leaf
    ((key, content),) = leaf.items()
    if key == "value":
        return _known(graph, content)
    if key == "mapping":
        return {_text(name): _decode(one, graph) for name, one in content.items()}
    if key == "device":
        return torch.device("cpu")
    made = getattr(torch, content) if key in _SETTINGS.values() else None
    _demand(type(made) in _SETTINGS, "an argument is of an unknown kind")
    return made


def _define(graph: ExecutedGraph, number, shape, source: Source | None = None) -> Value:
    _demand(type(number) is int and Value(number) not in graph.shapes, "a tensor is numbered twice")
    _demand(
        len(shape) <= 8 and all(type(size) is int and 0 <= size < 2**31 for size in shape),
        "a shape is none",
    )
    value = Value(number)
    graph.shapes[value] = tuple(shape)
    if source:
        graph.sources[value] = source
    return value


def _known(graph: ExecutedGraph, number) -> Value:
    _demand(
        type(number) is int and Value(number) in graph.shapes,
        "an operation reads what nothing made",
    )
    return Value(number)


def _text(text) -> str:
    """A name that can stand in a report."""
    _demand(isinstance(text, str) and len(text) <= 300, "a name is no text, or too long")
    return shown(text)


def _demand(condition: bool, otherwise: str) -> None:
    if not condition:
        raise BadMessage(otherwise)
