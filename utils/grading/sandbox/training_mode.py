"""In the child: what a network executes in training mode, and which of its parameters a step of training would move."""

import math

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_flatten

from utils.architecture import graph_operations as operations
from utils.architecture.executed_graph import record
from utils.architecture.graph_operations import NEGLIGIBLE, pool_signature, signature
from utils.grading.sandbox.random_tensors import drawn

_DRAWS = 16  # layers may be skipped at random (stochastic depth), and a small ReLU layer may be dead under one draw


def trial(model: nn.Module, images: Tensor) -> dict:
    """Executes `model` in training mode, with new weights; its own are lost.

    "trained": parameters with a share in the result; "frozen": those that stay as they were built; "windows": every
    convolution by its `signature`; "maxima": every max pool by its `pool_signature`. "failure" alone where it cannot be
    executed so.
    """
    own = dict(model.named_parameters())
    frozen = {name for name, tensor in own.items() if not tensor.requires_grad}
    reached, executed, found = set(), set(), {"trained": set(), "windows": set(), "maxima": set()}
    try:
        model.train()
        for tensor in own.values():
            tensor.requires_grad_(tensor.is_floating_point())
        for _ in range(_DRAWS):
            _draw({name: tensor for name, tensor in own.items() if name not in frozen})
            graph = record(model, images)
            live = graph.live_operations()
            executed |= {
                graph.sources[value].name
                for one in live
                for value in one.inputs
                if value in graph.sources
            }
            found["windows"] |= {signature(graph, one) for one in live if one.name == "convolution"}
            found["maxima"] |= {
                pool_signature(graph, one)
                for one in live
                if one.name.startswith(operations.MAX_POOLS)
            }
            strengths = _strengths(model, images, own)
            reached |= set(strengths)
            if all(map(math.isfinite, strengths.values())):
                least = NEGLIGIBLE * max(strengths.values(), default=0)
                found["trained"] |= {
                    name for name, strength in strengths.items() if strength > least
                }
            if (
                found["trained"] == set(own) <= executed
            ):  # two passes: each may have skipped what the other did not
                break
    except Exception as error:  # a stranger's code raises whatever it likes
        return {"failure": " ".join(f"{type(error).__name__}: {error}".split())[:200]}
    return {"frozen": sorted(frozen | set(own) - reached)} | {
        name: sorted(values) for name, values in found.items()
    }


def _draw(parameters: dict[str, Tensor]) -> None:
    with torch.no_grad():
        for tensor in parameters.values():
            tensor.data.copy_(drawn(tensor.data, True))


def _strengths(model: nn.Module, images: Tensor, own: dict[str, Tensor]) -> dict[str, float]:
    """By name, the largest share of one number of a parameter in the result; without those that no gradient reaches."""
    with torch.enable_grad():
        results = [
            leaf
            for leaf in tree_flatten(model(images))[0]
            if isinstance(leaf, Tensor) and leaf.requires_grad
        ]
        if not results:
            raise ValueError("its result has no gradient")
        total = sum((leaf * torch.randn_like(leaf)).sum() for leaf in results)
        named = {name: tensor for name, tensor in own.items() if tensor.requires_grad}
        gradients = torch.autograd.grad(total, list(named.values()), allow_unused=True)
    pairs = {
        name: (tensor.detach(), gradient)
        for (name, tensor), gradient in zip(named.items(), gradients)
    }
    return {
        name: float((gradient * tensor).abs().max())
        for name, (tensor, gradient) in pairs.items()
        if gradient is not None and tensor.numel()
    }
