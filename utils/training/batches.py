"""What a recipe is trained on: its batches, by the input pipeline that it names."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from utils import runtime
from utils.data.augmentations import AUGMENTATIONS
from utils.data.batched import BatchedTraining
from utils.data.data_sets import DATA_SETS
from utils.data.images import DIGITS, HELD_OUT, ImageData, Split
from utils.data.loaders import TrainingBatches
from utils.data.transforms import pipeline
from utils.errors import UserError
from utils.training.recipes import Recipe

BATCHED = "batched"
PIPELINES = ("albumentations", BATCHED)  # what a recipe may name


def training_batches(
    recipe: Recipe, split: Split, device: torch.device, workers: int | None = None
) -> TrainingBatches | BatchedTraining:
    """The batches of `recipe`; `workers` None: as many as suit the device. UserError for a recipe that cannot be."""
    if recipe.pipeline not in PIPELINES:
        raise UserError(
            f"There is no pipeline {recipe.pipeline!r}: the recipe may name {' or '.join(PIPELINES)}."
        )
    if recipe.pipeline == BATCHED:
        return _batched(recipe, split, device)
    return _one_by_one(recipe, split, device, workers)


def _batched(recipe: Recipe, split: Split, device: torch.device) -> BatchedTraining:
    return BatchedTraining(
        split,
        recipe.augmentation,
        recipe.mean,
        recipe.std,
        recipe.batch_size,
        recipe.seed,
        device,
        DATA_SETS[recipe.data_set].mean,
        recipe.draws,
        recipe.stream_seed,
        recipe.stream_epochs,
    )


def _one_by_one(
    recipe: Recipe, split: Split, device: torch.device, workers: int | None
) -> TrainingBatches:
    if AUGMENTATIONS[recipe.augmentation].alternating or recipe.stream_epochs:
        raise UserError(
            f"The augmentation '{recipe.augmentation}', with stream_epochs={recipe.stream_epochs}, needs the batched "
            f"pipeline, and the recipe names '{recipe.pipeline}': give it pipeline=\"batched\", or an augmentation that "
            "does not alternate and stream_epochs=0."
        )
    fill = DATA_SETS[recipe.data_set].mean
    transform = pipeline(recipe.augmentation, recipe.mean, recipe.std, split.images.shape[1], fill)
    return TrainingBatches(
        split,
        transform,
        recipe.batch_size,
        recipe.seed,
        workers=runtime.default_workers(device) if workers is None else workers,
        pin_memory=runtime.copies_ahead(device),
    )


def require_fitting_data(recipe: Recipe, data: ImageData) -> None:
    """UserError unless `data` are those of the recipe, or the digits, which may stand in where there are classes enough."""
    classes = DATA_SETS[recipe.data_set].classes
    if (
        data.name.removesuffix(HELD_OUT) not in (recipe.data_set, DIGITS)
        or len(data.classes) > classes
    ):
        raise UserError(
            f"The recipe is for {recipe.data_set}, which has {classes} classes, and not for {data.name} "
            f"({len(data.classes)} classes): choose another recipe, or other data (--data)."
        )


def black_images(recipe: Recipe, device: torch.device) -> Tensor:
    """A usual batch of `recipe` in shape and layout, to try out what takes one: `(B, 3, S, S)` of zeros."""
    size = DATA_SETS[recipe.data_set].size
    images = torch.zeros(recipe.batch_size, 3, size, size, device=device)
    return images.to(memory_format=runtime.memory_format(device))


@dataclass(frozen=True)
class Changed:
    """`batches`, each put through `change`; as long as they are."""

    batches: Iterable
    change: Callable[..., tuple[Tensor, ...]]

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:
        return (self.change(*batch) for batch in self.batches)

    def __len__(self) -> int:
        return len(self.batches)


def halved(images: Tensor, *known: Tensor) -> tuple[Tensor, ...]:
    """A batch with its images at half their resolution: `(B, 3, S, S)` to `(B, 3, S/2, S/2)`, means of 2 × 2 pixels."""
    return F.avg_pool2d(images, 2), *known
