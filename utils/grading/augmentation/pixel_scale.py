"""How the pixels of 0 to 255 are written at a place of a pipeline: as they are, in units of 0 to 1, or normalised."""

from __future__ import annotations

from dataclasses import dataclass, replace

from utils.data.data_sets import CIFAR10
from utils.grading.augmentation.applied_transforms import Step
from utils.grading.augmentation.effective_values import Effective

_IMAGENET = (0.485, 0.456, 0.406)


@dataclass(frozen=True)
class Scale:
    """How a pixel of 0 to 255 is written: value = factor · pixel + shift, one of each a channel; `whole` while uint8."""

    factor: tuple[float, ...] = (1.0, 1.0, 1.0)
    shift: tuple[float, ...] = (0.0, 0.0, 0.0)
    whole: bool = True
    mean: tuple[float, ...] | None = None  # what was subtracted last, in units of 0 to 1
    std: tuple[float, ...] | None = None

    def pixel(self, values) -> tuple[float, ...]:
        """The pixel, 0 to 255, that is written as `values`."""
        if self.whole:
            values = tuple(float(min(max(int(value), 0), 255)) for value in values)
        return tuple(
            (value - shift) / factor
            for value, factor, shift in zip(values, self.factor, self.shift)
        )

    def close_to(self, other: Scale) -> bool:
        """Whether black and white pixels are written alike to about one per cent."""
        pairs = [pair for pixel in (0, 255) for pair in zip(self.ends(pixel), other.ends(pixel))]
        return all(abs(a - b) <= 0.02 * max(1.0, abs(a)) for a, b in pairs)

    def written(self, pixel) -> tuple[float, ...]:
        """How a pixel of three channels, 0 to 255, is written."""
        return tuple(
            factor * part + shift for part, factor, shift in zip(pixel, self.factor, self.shift)
        )

    def ends(self, pixel: float) -> tuple[float, ...]:
        """How a grey pixel, 0 to 255, is written in each of the three channels."""
        return self.written((pixel,) * 3)

    def oddity(self) -> str:
        """What is odd about the statistics, or an empty text."""
        if self.mean is None:
            return ""
        if near(self.mean, CIFAR10.std, 0.01):
            return "the standard deviation in place of the mean"
        if near(self.mean, _IMAGENET, 0.002):
            return "ImageNet's mean, not the data set's"
        if max(self.mean) > 3 or max(self.std or (0,)) > 3:
            return f"a mean of {shown(self.mean)}, which is not in units of 0 to 1"
        return (
            f"a std of {shown(self.std)}, which is the mean"
            if self.std and near(self.std, CIFAR10.mean, 0.002)
            else ""
        )

    def __str__(self) -> str:
        return (
            f"with mean {shown(self.mean)} and std {shown(self.std)}"
            if self.mean
            else f"to {shown(self.ends(0))} … {shown(self.ends(255))}"
        )


def near(one, other, by: float) -> bool:
    """Whether two sequences have the same length and differ nowhere by more than `by`."""
    return len(one) == len(other) and all(abs(a - b) <= by for a, b in zip(one, other))


def shown(values) -> str:
    """The numbers in brackets, to four significant digits and at most four decimals."""
    return "(" + ", ".join(f"{round(value, 4) + 0.0:.4g}" for value in values) + ")"


def channels(value) -> tuple[float, float, float] | None:
    """A number or three as three floats; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return (float(value),) * 3
    if (
        isinstance(value, (tuple, list))
        and len(value) in (1, 3)
        and all(isinstance(part, (int, float)) for part in value)
    ):
        return tuple(float(part) for part in value) if len(value) == 3 else (float(value[0]),) * 3
    return None


def after(step: Step, values: Effective | None, scale: Scale | None) -> Scale | None:
    """The scale behind a step; None once it is not known."""
    if scale is None:
        return None
    if step.library == "albumentations":
        given = values.values if values and values.values is not None else {}
        if step.name == "Normalize":
            return _normalised(
                scale, *map(given.get, ("mean", "std", "max_pixel_value", "normalization"))
            )
        if step.name == "ToFloat":
            largest = given.get("max_value", 0)
            return _divided(scale, (255.0 if scale.whole else 1.0) if largest is None else largest)
        return None if step.name == "FromFloat" else scale
    if step.name in ("ToTensor", "ToDtype", "ToImage", "ConvertImageDtype"):
        return _divided(scale, 255.0) if scale.whole and step.name != "ToImage" else scale
    if step.name == "Normalize":
        names = dict(zip(("mean", "std"), step.transform.args)) | step.transform.kwargs
        return _normalised(scale, names.get("mean"), names.get("std"), 1.0, "standard")
    return scale


def _divided(scale: Scale, by) -> Scale | None:
    if not isinstance(by, (int, float)) or not by:
        return None
    factor, shift = (tuple(part / by for part in parts) for parts in (scale.factor, scale.shift))
    return replace(scale, factor=factor, shift=shift, whole=False)


def _normalised(scale: Scale, mean, std, largest, kind) -> Scale | None:
    """(value / largest − mean) / std, as both libraries do it."""
    mean, std = (
        channels(value.tolist() if hasattr(value, "tolist") else value) for value in (mean, std)
    )
    divided = _divided(scale, 1.0 if largest is None else largest)
    if (
        mean is None
        or std is None
        or not all(std)
        or divided is None
        or kind not in ("standard", None)
    ):
        return None
    return Scale(
        tuple(factor / part for factor, part in zip(divided.factor, std)),
        tuple((shift - centre) / part for shift, centre, part in zip(divided.shift, mean, std)),
        False,
        mean,
        std,
    )
