"""The batched input pipeline: the images stay on the device as bytes, and a whole batch is augmented at once.

It follows the same Augmentation as the albumentations pipeline and agrees with it in distribution, not in random numbers.
Random numbers are drawn on the CPU, so that every device sees the same images.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from utils.data.augmentations import AUGMENTATIONS, Augmentation
from utils.data.images import Split
from utils.data.loaders import shuffled
from utils.data.transforms import MEAN, per_channel
from utils.runtime import copies_ahead, seed_of


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
        return Draws(
            **{
                name: value.to(device, non_blocking=copies_ahead(device))
                for name, value in vars(self).items()
            }
        )


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


def augment(
    pixels: Tensor, chosen: Tensor, draws: Draws, hole: tuple[int, int], fill: tuple[float, ...]
) -> Tensor:
    """The images at the indices `chosen` `(B,)` of `pack`ed `(N, S, S)`, augmented: float32 `(B, 3, S, S)`, 0 to 255.

    `fill` is the colour of the hole, from 0 to 255.
    """
    size = pixels.shape[1]
    rows, columns = (
        _reflected(torch.arange(size, device=pixels.device) + draws.offset[:, axis, None], size)
        for axis in range(2)
    )
    # A flipped image is cut out of the mirrored one.
    columns = torch.where(draws.flipped[:, None], size - 1 - columns, columns)
    places = ((chosen[:, None] * size + rows) * size)[:, :, None] + columns[:, None, :]
    cut = unpack(pixels.view(-1).index_select(0, places.view(-1)).view(places.shape))
    moved = draws.moved.nonzero().squeeze(1)
    if len(moved):
        cut.index_copy_(
            0, moved, _move(cut[moved], draws.shift[moved], draws.scale[moved], draws.angle[moved])
        )
    inside = (
        draws.holed[:, None, None]
        & _within(draws.corner[:, 0], hole[0], size)[:, :, None]
        & _within(draws.corner[:, 1], hole[1], size)[:, None, :]
    )
    return torch.where(inside[:, None], per_channel(fill).to(cut), cut)


def pack(images: np.ndarray) -> Tensor:
    """uint8 `(N, S, S, 3)` to int32 `(N, S, S)`, one number per pixel: looking up one is three times as fast as three."""
    padded = np.zeros((*images.shape[:3], 4), dtype=np.uint8)
    padded[..., :3] = images
    return torch.from_numpy(padded.view(np.int32)[..., 0])


def unpack(pixels: Tensor) -> Tensor:
    """The inverse, as float32 `(N, 3, S, S)` from 0 to 255."""
    colours = pixels.unsqueeze(-1).view(torch.uint8)[..., :3]
    return colours.permute(0, 3, 1, 2).to(torch.float32, memory_format=torch.contiguous_format)


def _reflected(index: Tensor, size: int) -> Tensor:
    """Indices outside 0 to size - 1 mirrored at the outermost pixels, which are not repeated."""
    index = index.abs()
    return torch.where(index < size, index, 2 * (size - 1) - index)


def _within(start: Tensor, length: int, size: int) -> Tensor:
    """`(B, size)`: whether a position lies in [start, start + length)."""
    position = torch.arange(size, device=start.device)
    return (position >= start[:, None]) & (position < start[:, None] + length)


def _move(images: Tensor, shift: Tensor, scale: Tensor, angle: Tensor) -> Tensor:
    """Scale and rotate about the centre, then shift, bilinearly, borders reflected: `(B, 3, S, S)` to the same."""
    size = images.shape[-1]
    centre = (size - 1) / 2
    position = torch.arange(size, device=images.device) - centre
    down = (
        position[:, None] - shift[:, 0, None, None]
    )  # where a pixel of the result was before the shift
    right = position[None, :] - shift[:, 1, None, None]
    cosine, sine = (part(angle)[:, None, None] for part in (torch.cos, torch.sin))
    source = torch.stack(
        (
            (cosine * right - sine * down) / scale[:, 1, None, None],
            (sine * right + cosine * down) / scale[:, 0, None, None],
        ),
        dim=-1,
    )
    return F.grid_sample(
        images, source / centre, mode="bilinear", padding_mode="reflection", align_corners=True
    )


class BatchedTraining:
    """The batches of one epoch after another: `epoch(n)` is an iterable of images `(B, 3, S, S)` and labels `(B,)`.

    Like TrainingBatches, but all on `device`; what an epoch holds is a function of (seed, epoch) alone. `mean`, `std` and
    `fill`, the colour of holes, are in units of 0 to 1.
    """

    def __init__(
        self,
        split: Split,
        augmentation: str,
        mean,
        std,
        batch_size: int,
        seed: int,
        device: torch.device,
        fill=MEAN,
    ):
        self.pixels = pack(split.images).to(device)
        self.labels = torch.from_numpy(split.labels).to(device)
        self.settings, self.batch_size, self.seed, self.device = (
            AUGMENTATIONS[augmentation],
            batch_size,
            seed,
            device,
        )
        self.fill = tuple(255 * value for value in fill)
        self.mean, self.std = (255 * per_channel(values).to(device) for values in (mean, std))

    def epoch(self, number: int) -> "_BatchedEpoch":
        """The batches of epoch `number`, counted from 0."""
        return _BatchedEpoch(self, number)

    def batches(self, number: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Normalised images `(B, 3, S, S)` and labels `(B,)` of epoch `number`, on `device`."""
        generator = Generator().manual_seed(seed_of(self.seed, number))
        order = torch.tensor(shuffled(len(self.labels), self.seed, number))
        for chosen in order.split(self.batch_size):
            draws = draw(self.settings, len(chosen), self.pixels.shape[1], generator).to(
                self.device
            )
            chosen = chosen.to(self.device)
            images = augment(self.pixels, chosen, draws, self.settings.hole, self.fill)
            yield images.sub_(self.mean).div_(self.std), self.labels[chosen]

    def __len__(self) -> int:
        return -(-len(self.labels) // self.batch_size)


@dataclass(frozen=True)
class _BatchedEpoch:
    """One epoch as an iterable that knows its length, for the progress bar."""

    batches: BatchedTraining
    number: int

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        return self.batches.batches(self.number)

    def __len__(self) -> int:
        return len(self.batches)
