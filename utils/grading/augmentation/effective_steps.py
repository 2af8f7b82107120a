"""The steps of a pipeline with what they amount to, and the scale of the pixels that each is given."""

from dataclasses import dataclass
from itertools import groupby

from utils.grading.augmentation.applied_transforms import Step
from utils.grading.augmentation.effective_values import Effective, effective, uses_old_names
from utils.grading.augmentation.image_size import CIFAR, size_after
from utils.grading.augmentation.pipelines import Pipeline
from utils.grading.augmentation.pixel_scale import Scale, after
from utils.grading.code_reader.values import is_literal
from utils.grading.facts import Evidence

SELDOM = 0.01  # of the images: a transform that acts on fewer is not applied


@dataclass(frozen=True)
class EffectiveStep:
    """A step with its effective values; the scale of the pixels and the size of the images that it is given, and those
    behind it and all whose order relative to it is not known."""

    step: Step
    values: Effective | None
    scale: Scale | None
    size: tuple[int, int] | None
    scale_behind: Scale | None
    size_behind: tuple[int, int] | None

    @property
    def place(self) -> Evidence:
        """Where the transform is built."""
        return self.step.transform.place

    def value(self, name: str):
        """The effective value of the argument `name`; None where it is not known."""
        return (self.values.values or {}).get(name) if self.values else None

    def among(self, other: "EffectiveStep") -> bool:
        """Whether it is not known which of the two comes first."""
        return self.step.group != 0 and self.step.group == other.step.group

    @property
    def chance(self) -> float | None:
        """The share of the images that it acts on, at most; None where its probability is not known."""
        p = self.value("p")
        if not isinstance(p, (int, float)) or self.step.reach is None:
            return None
        return self.step.reach * (float(p > 0) if self.step.chosen else p)

    @property
    def acts(self) -> bool | None:
        """Whether it acts on more images than by accident: None where its probability is not known."""
        return None if self.chance is None else self.chance >= SELDOM


def judged_steps(pipeline: Pipeline, version: str | None) -> list[EffectiveStep]:
    """The steps with their effective values; the scale of the pixels starts at 0 to 255 and changes along the way."""
    albumentations = [step for step in pipeline.steps if step.library == "albumentations"]
    if version is None and any(
        uses_old_names(step.name, step.transform) for step in albumentations
    ):
        version = "1"
    result, scale, size = [], Scale(), CIFAR
    for _, group in groupby(
        enumerate(pipeline.steps), key=lambda entry: entry[1].group or -entry[0]
    ):
        steps = [
            (step, effective(step.transform, version) if step.library == "albumentations" else None)
            for _, step in group
        ]
        scales, scale = _through(steps, scale, after)
        sizes, size = _through(steps, size, size_after)
        result += [
            EffectiveStep(step, values, *given, scale, size)
            for (step, values), *given in zip(steps, scales, sizes)
        ]
    return result


def _through(steps: list[tuple[Step, Effective | None]], before, behind) -> tuple[list, object]:
    """What each of some steps in any order is given, and what is left behind them all; None for what depends on it.

    `behind(step, values, before)` is what one step makes of `before`, the scale of the pixels or the size of the images.
    """
    ends = [behind(step, values, before) for step, values in steps]
    ends = [None if step.doubt and end != before else end for (step, _), end in zip(steps, ends)]
    changing = [place for place, end in enumerate(ends) if end != before]
    given = [before if set(changing) <= {place} else None for place in range(len(steps))]
    return given, before if not changing else ends[changing[0]] if len(changing) == 1 else None


def as_data(value):
    """`value` as JSON can hold it."""
    if not is_literal(value) and not isinstance(value, dict):
        return str(getattr(value, "why", type(value).__name__))
    if isinstance(value, dict):
        return {str(key): as_data(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_data(entry) for entry in value]
    return value
