"""Convolutions that see less than their kernels say: a rim of a kernel is next to zero, or all of a map is alike."""

import torch
from torch import Tensor

from utils.architecture.executed_graph import ExecutedGraph, Value
from utils.grading.sandbox.effects import LEAST


def blind(graph: ExecutedGraph, values: dict[Value, Tensor]) -> set[Value]:
    """What such convolutions put out; `values` are those of one execution."""
    found = set()
    for operation in graph.operations:
        if operation.name != "convolution" or values[operation.args[1]].dim() != 4:
            continue
        image, kernel = (values[one].detach().abs() for one in operation.args[:2])
        taps = kernel.amax((0, 1))
        rims = torch.stack([one.max() for one in (taps[0], taps[-1], taps[:, 0], taps[:, -1])])
        spread = (image - image.mean((2, 3), keepdim=True)).abs().max()
        alike = spread < LEAST * image.max() and image.shape[2:].numel() > 1
        if taps.numel() > 1 and (alike or rims.min() < LEAST * taps.max()):
            found.add(operation.output)
    return found
