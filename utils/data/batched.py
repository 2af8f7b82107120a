"""The batched input pipeline: the images stay on the device as bytes, and a whole batch is augmented at once.

It follows the same Augmentation as the albumentations pipeline and agrees with it in distribution, not in random numbers.
Inside an epoch nothing is sent to the device and nothing is asked of it, so that a GPU never waits.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from utils.data.augmentations import AUGMENTATIONS
from utils.data.draws import BY_BATCH, Draws, Stream
from utils.data.images import Split
from utils.data.loaders import shuffled
from utils.data.transforms import MEAN, per_channel


def augment(
    pixels: Tensor,
    chosen: Tensor,
    draws: Draws,
    moved: Tensor,
    hole: tuple[int, int],
    fill: Tensor,
) -> Tensor:
    """The images at the indices `chosen` `(B,)` of `pack`ed `(N, S, S)`, augmented: float32 `(B, 3, S, S)`, 0 to 255.

    `moved` are the places `(M,)` where `draws.moved` is set: found where it was drawn, because a GPU would have to be asked.
    `fill` `(1, 3, 1, 1)` is the colour of the hole, from 0 to 255.
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
    if len(moved):
        cut.index_copy_(
            0, moved, _move(cut[moved], draws.shift[moved], draws.scale[moved], draws.angle[moved])
        )
    inside = (
        draws.holed[:, None, None]
        & _within(draws.corner[:, 0], hole[0], size)[:, :, None]
        & _within(draws.corner[:, 1], hole[1], size)[:, None, :]
    )
    return torch.where(inside[:, None], fill, cut)


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

    Like TrainingBatches, but all on `device`; the order is a function of (seed, epoch), and the augmentation that of a
    `Stream` of `stream_epochs` with the seed `stream_seed` (None: the same seed). `mean`, `std` and `fill`, the colour of
    holes, are in units of 0 to 1.
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
        draws: str = BY_BATCH,
        stream_seed: int | None = None,
        stream_epochs: int = 0,
    ):
        self.pixels = pack(split.images).to(device)
        self.labels = torch.from_numpy(split.labels).to(device)
        self.stream = Stream(
            AUGMENTATIONS[augmentation],
            seed if stream_seed is None else stream_seed,
            draws,
            stream_epochs,
        )
        self.batch_size, self.seed, self.device = batch_size, seed, device
        self.fill = per_channel([255 * value for value in fill]).to(device)
        self.mean, self.std = (255 * per_channel(values).to(device) for values in (mean, std))

    def epoch(self, number: int, soft: Tensor | None = None) -> "_BatchedEpoch":
        """The batches of epoch `number`, counted from 0; with soft labels `(N, classes)`, those of a batch come third."""
        order = torch.tensor(shuffled(len(self.labels), self.seed, number))
        return _BatchedEpoch(self, number, order, soft)

    def in_order(self, number: int) -> "_BatchedEpoch":
        """The same images as in epoch `number`, not shuffled, where draws go by image."""
        return _BatchedEpoch(self, number, torch.arange(len(self.labels)))

    def batches(
        self, number: int, order: Tensor, soft: Tensor | None = None
    ) -> Iterator[tuple[Tensor, ...]]:
        """Normalised images `(B, 3, S, S)`, labels `(B,)` and soft labels, if any, in `order` `(N,)`, on `device`."""
        size, settings = self.pixels.shape[1], self.stream.settings
        draws = self.stream.draws(number, order, size, self.batch_size)
        moved = _places(draws.moved, self.batch_size, self.device)
        parts = zip(
            order.to(self.device).split(self.batch_size),
            draws.to(self.device).split(self.batch_size),
            moved,
        )
        for chosen, drawn, places in parts:
            images = augment(self.pixels, chosen, drawn, places, settings.hole, self.fill)
            known = (self.labels,) if soft is None else (self.labels, soft)
            yield images.sub_(self.mean).div_(self.std), *(values[chosen] for values in known)

    def __len__(self) -> int:
        return -(-len(self.labels) // self.batch_size)


def _places(chosen: Tensor, count: int, device: torch.device) -> tuple[Tensor, ...]:
    """Of each `count` of `chosen` `(N,)` bool, in turn, the places `(M,)` that are set, on `device`."""
    places = [part.nonzero().squeeze(1) for part in chosen.split(count)]
    return torch.cat(places).to(device).split([len(part) for part in places])


@dataclass(frozen=True)
class _BatchedEpoch:
    """One epoch as an iterable that knows its length, for the progress bar."""

    training: BatchedTraining
    number: int
    order: Tensor
    soft: Tensor | None = None

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:
        return self.training.batches(self.number, self.order, self.soft)

    def __len__(self) -> int:
        return len(self.training)
