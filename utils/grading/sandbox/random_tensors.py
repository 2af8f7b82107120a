"""Random numbers in the place of a network's own, under which every layer that takes part in the result shows."""

import math

import torch
from torch import Tensor


def drawn(tensor: Tensor, is_weight: bool, generator: torch.Generator | None = None) -> Tensor:
    """Numbers of the shape and type of `tensor`, which is returned itself where it holds no floating-point numbers.

    `is_weight`: a kernel or matrix, drawn as wide as its inputs are many. Otherwise a scale, a shift or a running statistic,
    which stays near what it is, and positive where it was.
    """
    if not tensor.is_floating_point() or not tensor.numel():
        return tensor
    if is_weight and tensor.dim() >= 2:
        spread = math.sqrt(2 / max(1, tensor[0].numel()))
        return torch.randn(tensor.shape, generator=generator).mul(spread).to(tensor.dtype)
    change = torch.rand(tensor.shape, generator=generator)
    return (tensor * (0.5 + change) + 0.1 * change).to(tensor.dtype)
