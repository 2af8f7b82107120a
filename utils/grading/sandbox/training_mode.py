"""In the child: what a network executes in training mode, and which of its parameters a step of training would move."""

import contextlib
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_flatten

from utils.architecture import graph_operations as operations
from utils.architecture.executed_graph import ExecutedGraph, Operation, record
from utils.architecture.graph_operations import pool_signature, signature
from utils.grading.sandbox.effects import lasting
from utils.grading.sandbox.random_tensors import drawn

_DRAWS = 16  # layers may be skipped at random (stochastic depth), and a small ReLU layer may be dead under one draw
_MEASURED = 3  # executions of one kind in which effects are measured


def trial(
    model: nn.Module,
    images: Tensor,
    watching: Callable[[], AbstractContextManager] = contextlib.nullcontext,
) -> dict:
    """Executes `model` in training mode on IMAGES images, with new weights; its own are lost.

    "trained": parameters that gradients reach and whose effect on the result is not negligible; "frozen": those that stay as
    they were built; "windows": every convolution by its `signature`; "maxima": every max pool by its `pool_signature`;
    "statistics": the buffers that normalisations keep. "failure" alone where it cannot be executed so. `watching` makes a
    context for each execution that is recorded.
    """
    with contextlib.suppress(Exception):  # as a loop does before its first step
        model.to("cpu")
        list(model.parameters())
        model.zero_grad()
    own = dict(model.named_parameters())
    frozen = {name for name, tensor in own.items() if not tensor.requires_grad}
    reached, executed, strong = set(), set(), set()
    found: dict[str, set[str]] = defaultdict(set)
    measured: dict[tuple, int] = {}
    try:
        model.train()
        for tensor in own.values():
            tensor.requires_grad_(tensor.is_floating_point())
        for _ in range(_DRAWS):
            _draw({name: tensor for name, tensor in own.items() if name not in frozen})
            with watching():
                graph = record(model, images)
            live = graph.live_operations()
            executed |= _names(graph, {value for one in live for value in one.inputs})
            for name, seen in _facts(graph, live).items():
                found[name] |= seen
            reached |= _reached(model, images, own)
            kind = tuple(one.target for one in live)
            measured[kind] = measured.get(kind, 0) + 1
            if measured[kind] <= _MEASURED:
                strong |= _strong(graph, images)
            # two passes: each may have skipped what the other did not
            if reached & strong == set(own) <= executed:
                break
    except Exception as error:  # a stranger's code raises whatever it likes
        return {"failure": " ".join(f"{type(error).__name__}: {error}".split())[:200]}
    found |= {"trained": reached & strong, "frozen": frozen | set(own) - reached}
    return {name: sorted(values) for name, values in found.items()}


def _draw(parameters: dict[str, Tensor]) -> None:
    with torch.no_grad():
        for tensor in parameters.values():
            tensor.data.copy_(drawn(tensor.data, True))


def _facts(graph: ExecutedGraph, live: list[Operation]) -> dict[str, set[str]]:
    """What one draw adds to the "windows", "maxima" and "statistics" of `trial`."""
    pools = [one for one in live if one.name.startswith(operations.MAX_POOLS)]
    return {
        "windows": {signature(graph, one) for one in live if one.name == "convolution"},
        "maxima": {pool_signature(graph, one) for one in pools},
        "statistics": _names(graph, _kept_statistics(live)),
    }


def _names(graph: ExecutedGraph, values: set) -> set[str]:
    return {graph.sources[value].name for value in values if value in graph.sources}


def _kept_statistics(live: list[Operation]) -> set:
    """The running means and variances that batch normalisations do not use now, but keep for evaluation."""
    return {
        value
        for one in live
        if one.name in operations.BATCH_NORMS and operations.argument(one, 5) is True
        for value in one.args[3:5]
    }


def _strong(graph: ExecutedGraph, images: Tensor) -> set[str]:
    """The names of what has more than a negligible effect on the result."""
    strong = lasting(graph, lambda number: (images, graph.tensors), every=False, most=1)
    if strong is None:
        raise ValueError("what it does there cannot be computed again")
    return _names(graph, strong)


def _reached(model: nn.Module, images: Tensor, own: dict[str, Tensor]) -> set[str]:
    """The names of the parameters that a step of training would move, hooks on gradients included."""
    for tensor in own.values():
        tensor.grad = None
    with torch.enable_grad():
        results = [
            leaf
            for leaf in tree_flatten(model(images))[0]
            if isinstance(leaf, Tensor) and leaf.requires_grad
        ]
        if not results:
            raise ValueError("its result has no gradient")
        sum((leaf * torch.randn_like(leaf)).sum() for leaf in results).backward()
    return {name for name, one in own.items() if one.grad is not None and bool(one.grad.any())}
