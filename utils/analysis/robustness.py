"""How accuracy changes when test images are rotated, shifted or partly covered."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from utils.data.augmentations import Augmentation
from utils.data.batched import augment, pack
from utils.data.data_sets import DATA_SETS
from utils.data.draws import Draws, draw
from utils.data.images import Split
from utils.data.transforms import per_channel
from utils.training.recipes import Recipe


def rotated(draws: Draws, degrees: float) -> Draws:
    """Every image turned by `degrees` counter-clockwise; the corners are filled by reflection."""
    return replace(
        draws,
        moved=torch.ones_like(draws.moved),
        angle=torch.full_like(draws.angle, math.radians(degrees)),
    )


def shifted(draws: Draws, pixels: float) -> Draws:
    """To the right; what comes in on the left is reflected."""
    return replace(
        draws,
        moved=torch.ones_like(draws.moved),
        shift=torch.tensor([0.0, pixels]).expand_as(draws.shift),
    )


def accuracies(
    model: nn.Module,
    split: Split,
    recipe: Recipe,
    change: Callable[[Draws, float], Draws],
    amounts: Sequence[float],
) -> list[float]:
    """Per cent right of the images of `split`, each changed by `change` to each of the `amounts`."""
    return [
        _accuracy(
            model, split, recipe, Augmentation(), lambda draws, amount=amount: change(draws, amount)
        )
        for amount in amounts
    ]


def accuracies_with_hole(
    model: nn.Module, split: Split, recipe: Recipe, sides: Sequence[int], seed: int = 0
) -> list[float]:
    """Per cent right with one square hole of each size, at a random place, in the data set's mean colour."""
    return [
        _accuracy(
            model,
            split,
            recipe,
            Augmentation(holed=1.0, hole=(side, side)),
            lambda draws: draws,
            seed,
        )
        for side in sides
    ]


Curves = dict[str, tuple[Sequence[float], list[float]]]


def curves(model: nn.Module, split: Split, recipe: Recipe) -> Curves:
    """What changes → (amounts, per cent right at each of them), for rotations, shifts and holes."""
    angles, pixels, sides = (-30, -20, -10, 0, 10, 20, 30), (0, 2, 4, 6, 8), (0, 4, 8, 12, 16)
    return {
        "rotation (degrees)": (angles, accuracies(model, split, recipe, rotated, angles)),
        "shift (pixels)": (pixels, accuracies(model, split, recipe, shifted, pixels)),
        "side of the hole (pixels)": (sides, accuracies_with_hole(model, split, recipe, sides)),
    }


def curves_text(found: Curves) -> str:
    """One line for each of `curves`."""
    return "\n".join(
        f"% right by {name}: "
        + ", ".join(f"{amount}: {right:.1f}" for amount, right in zip(*curve))
        for name, curve in found.items()
    )


@torch.inference_mode()
def _accuracy(
    model: nn.Module,
    split: Split,
    recipe: Recipe,
    settings: Augmentation,
    change: Callable[[Draws], Draws],
    seed: int = 0,
) -> float:
    pixels, labels = pack(split.images), torch.from_numpy(split.labels)
    draws = change(draw(settings, len(split), pixels.shape[1], torch.Generator().manual_seed(seed)))
    colours = (recipe.mean, recipe.std, DATA_SETS[recipe.data_set].mean)
    mean, std, fill = (255 * per_channel(values) for values in colours)
    right = 0
    model.eval()
    for chosen in torch.arange(len(split)).split(500):
        part = draws.of(chosen)
        moved = part.moved.nonzero()[:, 0]
        images = augment(pixels, chosen, part, moved, settings.hole, fill)
        right += int((_predict(model, (images - mean) / std) == labels[chosen]).sum())
    return 100 * right / len(split)


def _predict(model: nn.Module, images: Tensor) -> Tensor:
    return model(images.to(memory_format=torch.channels_last)).argmax(1)
