"""Weights and images that nobody has seen before, for holding what was recorded of a network against the network."""

import os
from collections.abc import Collection

import torch
from torch import Tensor

from utils.architecture import graph_operations as operations
from utils.architecture.executed_graph import ExecutedGraph, Value
from utils.grading.sandbox.random_tensors import drawn


def fixed_values(graph: ExecutedGraph, frozen: Collection[str]) -> list[Value]:
    """The buffers and parameters that no training changes: all but running statistics, and the parameters of `frozen`."""
    statistics = {
        value
        for one in graph.operations
        if one.name in operations.BATCH_NORMS
        for value in one.args[3:5]
    }
    return [
        value
        for value, source in graph.sources.items()
        if source.kind == "buffer"
        and value not in statistics
        or source.kind == "parameter"
        and source.name in frozen
    ]


def fresh_weights(graph: ExecutedGraph, fixed: Collection[Value]) -> dict[Value, Tensor]:
    """Random weights under which every layer matters, by a generator that nobody can predict.

    What no training changes (`fixed`, constants, tensors that no module holds) stays as it was built.
    """
    generator, numbers = _generator(), {}
    stay = {graph.sources[value] for value in fixed}
    for value, tensor in graph.tensors.items():
        source = graph.sources[value]
        if source not in numbers:  # one tensor may be reached in two ways
            changes = source.kind in ("parameter", "buffer") and source not in stay
            numbers[source] = (
                drawn(tensor, source.kind == "parameter", generator) if changes else tensor
            )
    return {value: numbers[graph.sources[value]] for value in graph.tensors}


def fresh_images(size: tuple[int, int, int]) -> list[Tensor]:
    """Batches of unlike, unannounced sizes, of images `(channels, H, W)`: noise, and fields as smooth as photographs."""
    generator = _generator()
    first, second = torch.randperm(9, generator=generator)[:2].add(4).tolist()
    coarse = torch.randn(second, size[0], 5, 5, generator=generator)
    return [
        torch.randn(first, *size, generator=generator),
        torch.nn.functional.interpolate(coarse, size=size[1:], mode="bicubic", align_corners=False),
    ]


def _generator() -> torch.Generator:
    return torch.Generator().manual_seed(int.from_bytes(os.urandom(7), "little"))
