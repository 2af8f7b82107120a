"""The soft labels that a taught recipe learns from, made once for its seeds: `python -m utils.teach aster_silu_taught`.

Its teachers answer, one after the other, to every image of every epoch, augmented as the student will see it. Stopped and
started again it goes on with the epoch that is missing; a student that finds all epochs of all its teachers reads them
instead of asking.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor

from utils.data.batched import BatchedTraining
from utils.data.images import HELD_OUT, ImageData, load_data, sources
from utils.errors import UserError, run_command
from utils.runtime import PRECISIONS, Precision, choose_device, choose_precision, keep_freed_memory
from utils.search import CANDIDATES
from utils.training.batches import training_batches
from utils.training.distillation.soft_labels import SoftLabels, can_be_cached
from utils.training.distillation.teachers import Teachers, require_teaching
from utils.training.recipes import Recipe, find_recipe
from utils.training.run_record import only_one

# Images that a teacher is asked about at once; elsewhere as many as the student learns from at once.
TOGETHER = {"cuda": 1000}


def make_soft_labels(
    recipe: Recipe, data: ImageData, precision: Precision, epochs: int, report=print
) -> list[SoftLabels]:
    """The caches of the first `epochs` epochs of `recipe` on `data`, one a teacher; UserError why not.

    What was missing of them is made. Of a stream that comes again, no more than come before it does.
    """
    require_teaching(recipe)
    epochs = min(epochs, recipe.different_epochs)
    if not recipe.teachers or not can_be_cached(recipe):
        raise UserError(
            "Soft labels can be made ahead for a recipe with teachers, the batched pipeline and draws by image; "
            f"this one has teachers={list(recipe.teachers)}, pipeline={recipe.pipeline!r}, draws={recipe.draws!r}."
        )
    teachers = Teachers(recipe, data, precision)
    asked = replace(recipe, batch_size=TOGETHER.get(precision.device.type, recipe.batch_size))
    batches = training_batches(asked, data.train, precision.device)
    caches = [SoftLabels(recipe, data.train, facts) for facts in teachers.facts]
    for cache, teacher in zip(caches, teachers.teachers, strict=True):
        cache.prepare()
        with only_one(cache.folder, "set SOFT_LABELS to another folder"):
            for text in _make_missing(cache, partial(teachers.answer, teacher), batches, epochs):
                report(f"{teacher.name}, {text}")
        digest = cache.digest(epochs)
        report(f"The soft labels of {teacher.name} are in {cache.folder}: SHA-256 {digest}.")
    return caches


def _make_missing(
    cache: SoftLabels, answer: Callable[[Tensor], Tensor], batches: BatchedTraining, epochs: int
) -> Iterator[str]:
    """One line an epoch: how often the teacher was right, and how long its others will take."""
    missing = [epoch for epoch in range(epochs) if not cache.has(epoch)]
    start = time.perf_counter()
    for done, epoch in enumerate(missing, start=1):
        soft = torch.cat([answer(images).cpu() for images, _ in batches.in_order(epoch)])
        cache.write(epoch, soft.numpy())
        right = (soft.argmax(1) == batches.labels.cpu()).double().mean()
        seconds = (time.perf_counter() - start) / done
        yield (
            f"epoch {epoch + 1}/{epochs}: right on {right:.2%} of the training images; "
            f"{seconds:.0f} s an epoch, about {seconds * (len(missing) - done) / 60:.0f} min left"
        )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m utils.teach", description=__doc__)
    parser.add_argument("recipe", help="a recipe, or a candidate of utils.search, with teachers")
    parser.add_argument("--epochs", type=int, help="how many (default: all that differ)")
    parser.add_argument(
        "--data",
        choices=sources(),
        help="default: the recipe's data set, without the held-out images for a candidate",
    )
    parser.add_argument("--device", default="auto", help="as for python -m utils.train")
    parser.add_argument(
        "--precision", default="auto", choices=PRECISIONS, help="as for python -m utils.train"
    )
    return parser.parse_args()


def main() -> int:
    """The command; its exit status."""
    asked = _arguments()
    return run_command(lambda: _run(asked))[0]


def _run(asked: argparse.Namespace) -> None:
    candidate = CANDIDATES.get(asked.recipe)  # never trained on the images that it is scored on
    recipe = candidate or find_recipe(asked.recipe)
    usual = f"{recipe.data_set}{HELD_OUT}" if candidate else recipe.data_set
    if asked.epochs is not None and asked.epochs < 1:
        raise UserError(f"--epochs {asked.epochs}: give a number of at least 1.")
    precision = choose_precision(choose_device(asked.device), asked.precision)
    keep_freed_memory()
    data = load_data(asked.data or os.environ.get("DATA_SOURCE") or usual)
    make_soft_labels(recipe, data, precision, asked.epochs or recipe.different_epochs)


if __name__ == "__main__":
    sys.exit(main())
