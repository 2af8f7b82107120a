"""An exponential moving average of a network's weights and of BatchNorm's statistics, which is what is tested and kept.

Polyak and Juditsky 1992; as of TensorFlow's `ExponentialMovingAverage`, the average is short at first, so that it does not
remember the initial weights. PyTorch's own `AveragedModel` asks the device for its count at every step.
"""

import copy

import torch
from torch import nn


class AveragedWeights:
    """The average of `model` after each `update`: a share `decay` of the old one, and 1 − `decay` of the present weights."""

    def __init__(self, model: nn.Module, decay: float):
        self.decay, self.updates, self.average = (
            decay,
            0,
            copy.deepcopy(model).requires_grad_(False),
        )
        pairs = list(zip(self.average.state_dict().values(), model.state_dict().values()))
        self.means = [pair for pair in pairs if pair[0].is_floating_point()]
        self.counts = [pair for pair in pairs if not pair[0].is_floating_point()]

    @torch.no_grad()
    def update(self) -> None:
        """Take the present weights into the average."""
        self.updates += 1
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        averages, present = map(list, zip(*self.means))
        torch._foreach_lerp_(averages, present, 1 - decay)
        for average, count in self.counts:  # of the batches that BatchNorm has seen
            average.copy_(count)
