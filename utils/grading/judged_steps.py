"""The steps of a pipeline with what they amount to, and the scale of the pixels that each is given."""

from dataclasses import dataclass

from utils.grading.applied_transforms import Step
from utils.grading.effective_values import Effective, effective, uses_old_names
from utils.grading.facts import Evidence
from utils.grading.pipelines import Pipeline
from utils.grading.pixel_scale import Scale, after
from utils.grading.reader.values import is_literal


@dataclass(frozen=True)
class Judged:
    """A step with its effective values and the scale of the pixels that it is given."""
    step: Step
    values: Effective | None
    scale: Scale | None

    @property
    def place(self) -> Evidence:
        return self.step.transform.place

    def value(self, name: str):
        return (self.values.values or {}).get(name) if self.values else None

    @property
    def acts(self) -> bool | None:
        """Whether it ever acts: None where its probability is not known."""
        p = self.value("p")
        return None if not isinstance(p, (int, float)) else p > 0


def judged_steps(pipeline: Pipeline, version: str | None) -> list[Judged]:
    """The steps with their effective values; the scale of the pixels starts at 0 to 255 and changes along the way."""
    albumentations = [step for step in pipeline.steps if step.library == "albumentations"]
    if version is None and any(uses_old_names(step.name, step.transform) for step in albumentations):
        version = "1"
    result, scale = [], Scale()
    for step in pipeline.steps:
        values = effective(step.transform, version) if step.library == "albumentations" else None
        result.append(Judged(step, values, scale))
        scale = after(step, values, scale)
    return result


def as_data(value):
    """`value` as JSON can hold it."""
    if not is_literal(value) and not isinstance(value, dict):
        return str(getattr(value, "why", type(value).__name__))
    if isinstance(value, dict):
        return {str(key): as_data(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_data(entry) for entry in value]
    return value
