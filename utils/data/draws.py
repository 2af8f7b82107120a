"""The random decisions of the batched pipeline, for one batch or for a whole epoch.

They are made on the CPU, so that every device sees the same images, and sent to it once an epoch.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from utils.data.augmentations import Augmentation
from utils.runtime import copies_ahead, seed_of

DRAWS = BY_BATCH, BY_IMAGE = "batch", "image"


@dataclass(frozen=True)
class Draws:
    """The random decisions for each of B images; rows before columns, in pixels and radians."""

    flipped: Tensor  # (B,) bool
    offset: Tensor  # (B, 2) int64: of the crop, from -crop to crop
    moved: Tensor  # (B,) bool
    shift: Tensor  # (B, 2) float32, whole pixels down and to the right
    scale: Tensor  # (B, 2) float32, above 1 enlarges
    angle: Tensor  # (B,) float32, counter-clockwise
    holed: Tensor  # (B,) bool
    corner: Tensor  # (B, 2) int64: the hole's upper left

    def to(self, device: torch.device) -> "Draws":
        """The same draws on `device`."""
        ahead = copies_ahead(device)
        return Draws(
            **{name: value.to(device, non_blocking=ahead) for name, value in vars(self).items()}
        )

    def of(self, chosen: Tensor) -> "Draws":
        """Those of the images at the indices `chosen` `(B,)`, in that order."""
        return Draws(**{name: value[chosen] for name, value in vars(self).items()})

    def split(self, count: int) -> Iterator["Draws"]:
        """Those of the first `count` images, of the next, and so on."""
        parts = zip(*(value.split(count) for value in vars(self).values()))
        return (Draws(*part) for part in parts)


def draw(settings: Augmentation, count: int, size: int, generator: Generator) -> Draws:
    """Draws for `count` images of `size` × `size`; how many numbers are drawn depends on nothing else."""

    def chance(p: float) -> Tensor:
        return torch.rand(count, generator=generator) < p

    def between(limit: float, *shape: int) -> Tensor:
        return (2 * torch.rand(count, *shape, generator=generator) - 1) * limit

    def whole(low: int, high: int) -> Tensor:
        return torch.randint(low, high + 1, (count,), generator=generator)

    return Draws(
        flipped=chance(settings.flip),
        offset=torch.stack([whole(-settings.crop, settings.crop) for _ in range(2)], 1),
        moved=chance(settings.moved),
        shift=between(settings.shift * size, 2).trunc(),
        scale=1 + between(settings.scale, 2),
        angle=between(math.radians(settings.rotate)),
        holed=chance(settings.holed),
        corner=torch.stack([whole(0, size - side) for side in settings.hole], 1),
    )


@dataclass(frozen=True)
class Stream:
    """One training set of augmented epochs: what `seed` makes of `settings`, endless or, with `epochs`, again and again.

    `by` "image": the draws of an image are a function of (seed, epoch, image), so that runs that shuffle differently see
    the same image in the same epoch. By "batch" they depend on its place in the epoch too, as in the first runs.
    """

    settings: Augmentation
    seed: int
    by: str
    epochs: int = 0

    def epoch(self, number: int) -> int:
        """Which of its epochs the run's epoch `number` sees."""
        return number % self.epochs if self.epochs else number

    def draws(self, number: int, order: Tensor, size: int, batch_size: int) -> Draws:
        """For the images at the indices `order` `(N,)`, a permutation, in that order; images of `size` × `size`."""
        epoch = self.epoch(number)
        generator = Generator().manual_seed(seed_of(self.seed, epoch))
        if self.by == BY_IMAGE:
            drawn = draw(self.settings, len(order), size, generator).of(order)
        else:
            parts = [draw(self.settings, len(p), size, generator) for p in order.split(batch_size)]
            drawn = Draws(*map(torch.cat, zip(*(vars(part).values() for part in parts))))
        if self.settings.alternating:
            drawn.flipped[:] = self._first_flips(len(order))[order] ^ bool(epoch % 2)
        return drawn

    def _first_flips(self, count: int) -> Tensor:
        """Whether each of `count` images is mirrored in epoch 0, and so in every other; with a generator of its own."""
        generator = Generator().manual_seed(seed_of(self.seed, 0, 1))
        return torch.rand(count, generator=generator) < self.settings.flip
