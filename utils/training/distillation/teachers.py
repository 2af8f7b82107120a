"""The teachers of a recipe: trained runs, found by name, and the mean of their probabilities."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from utils.data.images import ImageData
from utils.data.transforms import per_channel
from utils.errors import UserError
from utils.files import plain_bytes
from utils.paths import REPOSITORY
from utils.runtime import Precision, memory_format
from utils.training.recipes import RECIPES, Recipe
from utils.training.run_record import RunRecord, load_run, run_folder, sha256

LEAST = (
    1e-6  # what is taken for no probability at all: its logarithm is finite, and float16 holds it
)


@dataclass(frozen=True)
class Teacher:
    """A trained run, its network on the device of the student, and what the student's record says of it."""

    record: RunRecord
    model: nn.Module
    weights: str  # the SHA-256 of model.pt

    @property
    def name(self) -> str:
        """That of its run."""
        return self.record.folder.name

    @property
    def facts(self) -> dict:
        """Who taught: name, parameters, epochs, test accuracy in per cent and the digest of the weights."""
        return {
            "run": self.name,
            "parameters": self.record.config["parameters"],
            "epochs": len(self.record.history),
            "test_accuracy": self.record.history[-1].test_accuracy,
            "weights": self.weights,
        }


class Teachers:
    """The teachers of `recipe` on `data`; UserError when one is not there, not finished, or does not fit."""

    def __init__(self, recipe: Recipe, data: ImageData, precision: Precision):
        self.recipe, self.precision = recipe, precision
        self.teachers = [
            _find_teacher(name, recipe, data.name, precision.device) for name in recipe.teachers
        ]
        self.facts = [teacher.facts for teacher in self.teachers]

    def soft_labels(self, images: Tensor) -> Tensor:
        """`(B, 3, S, S)`, normalised as the student's recipe says, to float16 log-probabilities `(B, classes)`."""
        return self.mean([self.answer(teacher, images) for teacher in self.teachers])

    @torch.no_grad()
    def answer(self, teacher: Teacher, images: Tensor) -> Tensor:
        """The float16 log-probabilities `(B, classes)` of one, which may want its images normalised in another way.

        Rounded to what the cache keeps, so that it is the same to learn from either.
        """
        mine, its = self.recipe, teacher.record.recipe
        if (mine.mean, mine.std) != (its.mean, its.std):
            images = _normalised_again(images, mine, its)
        with self.precision.autocast():
            return teacher.model(images.to(memory_format=memory_format(images.device))).half()

    def mean(self, answers: Sequence[Tensor]) -> Tensor:
        """The mean of the probabilities: one float16 `(B, classes)` of log-probabilities each to another such."""
        plain = [
            without_smoothing(answer.float(), teacher.record.recipe.label_smoothing)
            for answer, teacher in zip(answers, self.teachers, strict=True)
        ]
        return (torch.logsumexp(torch.stack(plain), 0) - math.log(len(plain))).half()


def without_smoothing(answers: Tensor, smoothing: float) -> Tensor:
    """What a network that learned smoothed labels says of the classes themselves, in log-probabilities `(B, classes)`.

    Label smoothing (Szegedy et al. 2016, arXiv:1512.00567) taught it (1 − smoothing) · p + smoothing / classes
    in place of p. Such answers would hide from a student which of the wrong classes another teacher holds for likely.
    """
    if not smoothing:
        return answers
    kept = (answers.exp() - smoothing / answers.shape[1]).clamp_min(LEAST)
    return (kept / kept.sum(1, keepdim=True)).log()


def _normalised_again(images: Tensor, there: Recipe, wanted: Recipe) -> Tensor:
    values = (there.mean, there.std, wanted.mean, wanted.std)
    mean, std, its_mean, its_std = (per_channel(each).to(images.device) for each in values)
    return (images * std + mean - its_mean) / its_std


def require_teaching(recipe: Recipe) -> None:
    """UserError when the fields of `recipe` that speak of teachers do not agree with each other."""
    if bool(recipe.teachers) != (recipe.teaching > 0):
        raise UserError(
            f"A recipe with the teachers {list(recipe.teachers)} has teaching={recipe.teaching}: give both or neither."
        )
    if not 0 <= recipe.teaching <= 1 or recipe.temperature <= 0:
        raise UserError(
            f"teaching={recipe.teaching} is a share of the loss, from 0 to 1, and temperature={recipe.temperature} "
            "is above 0: correct the recipe."
        )


def _find_teacher(name: str, recipe: Recipe, data_name: str, device: torch.device) -> Teacher:
    """The finished run `name` on the same data: a teacher that has seen what the student is scored on would give it away."""
    ours = REPOSITORY / "results" / run_folder(name, data_name).name
    folders = list(dict.fromkeys((run_folder(name, data_name), ours)))
    there = [each for each in folders if (each / "model.pt").exists()]
    if not there:
        raise UserError(f"{_missing(name, data_name, folders)}{_alone(recipe)}")
    found = {each: load_run(each) for each in there}
    folder = next((each for each, one in found.items() if one and one.complete), None)
    if folder is None:
        raise UserError(
            f"The teacher in {there[0]} is not trained to its end: go on with it (python -m utils.train), "
            "or name another one."
        )
    record = found[folder]
    if (record.config["data"], record.recipe.data_set) != (data_name, recipe.data_set):
        raise UserError(
            f"The teacher in {folder} was trained on {record.config['data']} and the student is trained on "
            f"{data_name}: name a teacher that saw the same images."
        )
    model = record.load_model().to(device, memory_format=memory_format(device))
    return Teacher(record, model.requires_grad_(False), sha256(plain_bytes(folder / "model.pt")))


def _alone(recipe: Recipe) -> str:
    """The way out of whoever has no teachers: the first recipe of the same network that needs none."""
    alone = [
        name for name, one in RECIPES.items() if one.model == recipe.model and not one.teachers
    ]
    return f" The recipe '{alone[0]}' trains the same network without teachers." if alone else ""


def _missing(name: str, data_name: str, folders: list[Path]) -> str:
    places = " or ".join(map(str, folders))
    if any((folder / "config.json").exists() for folder in folders):
        return (
            f"The teacher '{name}' has a record but no weights in {places}: put its model.pt there, or train it anew "
            "with RESULTS_DIR set to another folder, where the student then looks first."
        )
    return (
        f"There is no teacher '{name}' for {data_name} in {places}: train it first (python -m utils.train), "
        "or name another run."
    )
