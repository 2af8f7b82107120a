"""The optimisers that a recipe may name: what each does with which weights of a network."""

import torch
from torch import nn

from utils.training.muon import Muon
from utils.training.recipes import Recipe


def sgd(model: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """Plain SGD with momentum on all parameters."""
    return torch.optim.SGD(model.parameters(), lr=recipe.lr, momentum=recipe.momentum)


def sgd_nesterov(model: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """Weight decay on what mixes channels only: it would only shrink depthwise filters, BatchNorm and biases."""
    mixing, others = split_weights(model)
    return torch.optim.SGD(
        [{"params": mixing, "weight_decay": recipe.weight_decay}, {"params": others}],
        lr=recipe.lr,
        momentum=recipe.momentum,
        nesterov=True,
    )


def muon(model: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """Muon on what mixes channels inside the network, AdamW at `recipe.other_lr` without weight decay on the rest."""
    mixing, others = split_weights(model)
    return Muon(
        [
            {"params": mixing, "matrix": True, "weight_decay": recipe.weight_decay},
            {"params": others, "lr_share": recipe.other_lr / recipe.lr},
        ],
        lr=recipe.lr,
        momentum=recipe.momentum,
    )


def split_weights(model: nn.Module) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """The filters of the dense and 1×1 convolutions after the first layer, and all other parameters, each once."""
    mixing = [
        layer.weight
        for layer in model.modules()
        if isinstance(layer, nn.Conv2d) and layer.groups == 1 and layer.in_channels > 3
    ]
    chosen = set(map(id, mixing))
    return mixing, [weights for weights in model.parameters() if id(weights) not in chosen]


# Name -> builder. A group's "lr_share" scales the recipe's learning rate for that group; the first group has all of it.
OPTIMIZERS = {"sgd": sgd, "sgd nesterov": sgd_nesterov, "muon": muon}
