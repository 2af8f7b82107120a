"""Whether the hole's fill is the data set's mean in the units that the pixels have at that place of the pipeline."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from utils.grading.effective_values import Effective
from utils.grading.facts import Fact
from utils.grading.pipelines import Step
from utils.transforms import MEAN, STD

if TYPE_CHECKING:
    from utils.grading.transforms_audit import Judged

TOLERANCE = 3.0  # of 255: how far a fill may be from the mean, as the roundings of the mean that are in use are
_PIXELWISE = {"ToGray", "ColorJitter", "RandomBrightnessContrast", "HueSaturationValue", "RandomGamma", "CLAHE", "RGBShift"}
_IMAGENET = (0.485, 0.456, 0.406)


@dataclass(frozen=True)
class Scale:
    """How a pixel of 0 to 255 is written: value = factor · pixel + shift, one of each a channel. `whole` while it is uint8."""
    factor: tuple[float, ...] = (1.0, 1.0, 1.0)
    shift: tuple[float, ...] = (0.0, 0.0, 0.0)
    whole: bool = True
    mean: tuple[float, ...] | None = None  # what was subtracted last, in units of 0 to 1
    std: tuple[float, ...] | None = None

    def pixel(self, values) -> tuple[float, ...]:
        """The pixel, 0 to 255, that is written as `values`."""
        if self.whole:
            values = tuple(float(min(max(int(value), 0), 255)) for value in values)
        return tuple((value - shift) / factor for value, factor, shift in zip(values, self.factor, self.shift))

    def close_to(self, other: Scale) -> bool:
        """Whether black and white pixels are written alike to about one per cent."""
        return all(abs(a - b) <= 0.02 * max(1.0, abs(a)) for one, two in ((self.ends(0), other.ends(0)), (self.ends(255), other.ends(255)))
                   for a, b in zip(one, two))

    def written(self, pixel) -> tuple[float, ...]:
        """How a pixel of three channels, 0 to 255, is written."""
        return tuple(factor * part + shift for part, factor, shift in zip(pixel, self.factor, self.shift))

    def ends(self, pixel: float) -> tuple[float, ...]:
        return self.written((pixel,) * 3)

    def oddity(self) -> str:
        """What is odd about the statistics, or an empty text."""
        if self.mean is None:
            return ""
        if _near(self.mean, STD, 0.01):
            return "the standard deviation in place of the mean"
        if _near(self.mean, _IMAGENET, 0.002):
            return "ImageNet's mean, not the data set's"
        if max(self.mean) > 3 or max(self.std or (0,)) > 3:
            return f"a mean of {_text(self.mean)}, which is not in units of 0 to 1"
        return f"a std of {_text(self.std)}, which is the mean" if self.std and _near(self.std, MEAN, 0.002) else ""

    def __str__(self) -> str:
        return f"with mean {_text(self.mean)} and std {_text(self.std)}" if self.mean else \
            f"to {_text(self.ends(0))} … {_text(self.ends(255))}"


def _near(one, other, by: float) -> bool:
    return len(one) == len(other) and all(abs(a - b) <= by for a, b in zip(one, other))


def _text(values) -> str:
    return "(" + ", ".join(f"{value:.4g}" for value in values) + ")"


def channels(value) -> tuple[float, float, float] | None:
    """A number or three as three floats; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return (float(value),) * 3
    if isinstance(value, (tuple, list)) and len(value) in (1, 3) and all(isinstance(part, (int, float)) for part in value):
        return tuple(float(part) for part in value) if len(value) == 3 else (float(value[0]),) * 3
    return None


def after(step: Step, values: Effective | None, scale: Scale | None) -> Scale | None:
    """The scale behind a step; None once it is not known."""
    if scale is None:
        return None
    if step.library == "albumentations":
        given = values.values if values and values.values is not None else {}
        if step.name == "Normalize":
            return _normalised(scale, given.get("mean"), given.get("std"), given.get("max_pixel_value"), given.get("normalization"))
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
    return replace(scale, factor=tuple(part / by for part in scale.factor), shift=tuple(part / by for part in scale.shift), whole=False)


def _normalised(scale: Scale, mean, std, largest, kind) -> Scale | None:
    """(value / largest − mean) / std, as both libraries do it."""
    mean, std = (channels(value.tolist() if hasattr(value, "tolist") else value) for value in (mean, std))
    divided = _divided(scale, 1.0 if largest is None else largest)
    if mean is None or std is None or not all(std) or divided is None or kind not in ("standard", None):
        return None
    return Scale(tuple(factor / part for factor, part in zip(divided.factor, std)),
                 tuple((shift - centre) / part for shift, centre, part in zip(divided.shift, mean, std)), False, mean, std)


def judge_fill(one: Judged) -> Fact:
    """Whether the fill is the data set's mean, as a pixel: 255 · mean on uint8, 0 behind normalising with the mean."""
    if one.values.values is None or "fill" not in one.values.values:
        return Fact(None, "the fill could not be read", (one.place,))
    fill = one.value("fill")
    if isinstance(fill, str):
        return Fact(False, f"the hole is filled by the method “{fill}”, not with the data set's mean", (one.place,))
    given = channels(fill)
    if given is None:
        return Fact(None, f"the fill {str(fill)[:40]} is neither a number nor three", (one.place,))
    if one.scale is None:
        return Fact(None, "what the images are normalised with before the hole is filled is not known", (one.place,))
    pixel = one.scale.pixel(given)
    wanted = tuple(255 * mean for mean in MEAN)
    grey = (sum(wanted) / 3,) * 3
    where = "on uint8 images" if one.scale.whole else "behind normalising" if one.scale.mean else "on images of 0 to 1"
    seen = f"the fill {_text(given)} {where} is the pixel {_text(pixel)} of 255"
    if _near(pixel, wanted, TOLERANCE) or _near(pixel, grey, 1.0):
        return Fact(True, f"{seen}, the data set's mean", (one.place,))
    right = _text(one.scale.written(wanted))
    return Fact(False, f"{seen}; the data set's mean {_text(wanted)} would be written as {right} there", (one.place,))
