"""The layers of a network as a diagram shows them: read from its recorded graph, residual units and repetitions folded."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import nn

from utils.architecture.executed_graph import ExecutedGraph, Operation, Value, record
from utils.architecture.graph_operations import LAYERS, global_pool, short, window

JUNCTIONS = {"add": "+", "cat": "concatenated"}


@dataclass(frozen=True)
class Layer:
    """`kind` is "dense", "depthwise", "pointwise", "pool" or "linear"; `text` says what it does.

    `output` is (channels, height, width), or (channels,) behind a linear layer.
    """

    kind: str
    text: str
    output: tuple[int, ...]


@dataclass(frozen=True)
class Block:
    """Layers in their order; where `junction` is not "", what they make is joined in that way with what came in."""

    layers: tuple[Layer, ...]
    junction: str = ""
    times: int = 1


def blocks(model: nn.Module, input_size: tuple[int, int, int] = (3, 32, 32)) -> list[Block]:
    """The convolutions, pools and linear layers of `model`, those between a fork and its junction in one block.

    Equal neighbours are one block with `times`. Normalisation, activation and Dropout are left out.
    """
    duplicate = copy.deepcopy(model).to("cpu", torch.float32).eval()
    graph = record(duplicate, torch.zeros(1, *input_size))
    found: list[tuple[Operation, Block]] = []
    before = _Ancestors(graph)
    for operation in graph.live_operations():
        if operation.name in JUNCTIONS and len(inputs := before.made_inputs(operation)) > 1:
            common = set.intersection(*(before.layers_of(value) for value in inputs))
            # An operation that is equal to another has another place, so it is told by identity.
            inside = [pair for pair in found if id(pair[0]) not in common]
            found = [pair for pair in found if id(pair[0]) in common]
            layers = tuple(layer for _, block in inside for layer in block.layers)
            found.append((operation, Block(layers, JUNCTIONS[operation.name])))
            before.add(operation)
        elif layer := _layer(graph, operation):
            found.append((operation, Block((layer,))))
            before.add(operation)
        else:
            before.pass_on(operation)
    return _folded([block for _, block in found])


class _Ancestors:
    """Which of the layers that are drawn each value was made by, directly or through others."""

    def __init__(self, graph: ExecutedGraph):
        self.by_value: dict[Value, set[int]] = {value: set() for value in graph.inputs}

    def made_inputs(self, operation: Operation) -> list[Value]:
        """Its inputs that come from the image; parameters do not."""
        return [value for value in operation.inputs if value in self.by_value]

    def layers_of(self, value: Value) -> set[int]:
        return self.by_value[value]

    def pass_on(self, operation: Operation, own: set[int] = frozenset()) -> None:
        if inputs := self.made_inputs(operation):
            reached = set().union(own, *(self.by_value[value] for value in inputs))
            self.by_value |= {value: reached for value in operation.outputs if value is not None}

    def add(self, operation: Operation) -> None:
        self.pass_on(operation, {id(operation)})


def _layer(graph: ExecutedGraph, operation: Operation) -> Layer | None:
    """What is drawn of `operation`; None for what is not."""
    source, output = next(iter(operation.inputs), None), operation.output
    if source is None or output is None:
        return None
    shape = graph.shapes[output][1:]
    if operation.name == "convolution":
        return _convolution(graph, operation, shape)
    if operation.name in LAYERS:
        return Layer("linear", f"linear, {shape[-1]}", shape)
    if global_pool(graph, operation, source):
        return Layer(
            "pool", "global average pool" if _averages(operation) else "global pool", shape
        )
    slides = window(graph, operation)
    if slides is not None:
        kind = "average pool" if _averages(operation) else "max pool"
        return Layer("pool", f"{kind} {_kernel(slides.kernel)}{_changes(slides)}", shape)
    return None


def _convolution(graph: ExecutedGraph, operation: Operation, shape: tuple[int, ...]) -> Layer:
    weights, slides = graph.shapes[operation.args[1]], window(graph, operation)
    into, groups = graph.shapes[operation.args[0]][1], operation.args[8]
    kernel = _kernel(weights[2:])
    if groups == into > 1:
        kind, text = "depthwise", f"depthwise {kernel}"
    else:
        kind = "pointwise" if set(weights[2:]) == {1} else "dense"
        text = f"{kernel}, {into} → {weights[0]}" + (f", {groups} groups" if groups > 1 else "")
    return Layer(kind, text + (_changes(slides) if slides else ""), shape)


def _kernel(size: Sequence[int]) -> str:
    return "×".join(map(str, size))


def _changes(slides) -> str:
    """Stride and dilation, where they are not 1."""
    named = (("stride", slides.stride), ("dilation", slides.dilation))
    return "".join(f", {name} {short(pair)}" for name, pair in named if tuple(pair) != (1, 1))


def _averages(operation: Operation) -> bool:
    return any(word in operation.name for word in ("mean", "avg"))


def _folded(found: list[Block]) -> list[Block]:
    """Equal neighbours as one block, then pairs of layers that follow each other several times."""
    folded: list[Block] = []
    for block in found:
        if folded and replace(folded[-1], times=1) == block:
            folded[-1] = replace(folded[-1], times=folded[-1].times + 1)
        else:
            folded.append(block)
    place = 0
    while place < len(folded) - 3:
        pair = folded[place : place + 2]
        times = 1
        plain = all(block.times == 1 and not block.junction for block in pair)
        begins = (
            plain and pair[0].layers[0].kind != "pointwise"
        )  # a 1×1 belongs to what is before it
        while begins and folded[place + 2 * times : place + 2 * times + 2] == pair:
            times += 1
        if times > 1:
            layers = pair[0].layers + pair[1].layers
            folded[place : place + 2 * times] = [Block(layers, times=times)]
        place += 1
    return folded
