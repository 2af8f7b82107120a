"""How large the images are at a place of a pipeline, and what becomes of a hole in the steps behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from utils.grading.applied_transforms import Step
from utils.grading.effective_values import Effective

if TYPE_CHECKING:
    from utils.grading.judged_steps import Judged

CIFAR = (32, 32)
_TO_A_SIZE = {"Resize", "CenterCrop", "RandomCrop", "RandomResizedCrop", "RandomSizedCrop"}
_OTHERS = {"PadIfNeeded", "Pad", "RandomScale", "LongestMaxSize", "SmallestMaxSize", "CropAndPad", "Crop", "FiveCrop",
           "RandomCropFromBorders", "BBoxSafeRandomCrop", "RandomSizedBBoxSafeCrop", "CropNonEmptyMaskIfExists", "TenCrop",
           "RandomZoomOut", "ScaleJitter", "RandomShortestSize", "RandomIoUCrop"}


def size_after(step: Step, values: Effective | None, size: tuple[int, int] | None) -> tuple[int, int] | None:
    """The height and width behind a step; None once they are not known."""
    if size is None or step.name not in _TO_A_SIZE | _OTHERS:
        return size
    given = (values.values or {}) if values is not None else _given(step)
    made = _made(step.name, given, size)
    p = given.get("p", 1.0)
    always = not step.conditional and step.reach == 1 and isinstance(p, (int, float)) and p >= 1
    return made if always or made == size else None


def _given(step: Step) -> dict:
    """A torchvision transform's arguments by name."""
    names = ("padding",) if step.name == "Pad" else ("size", "padding")
    return dict(zip(names, step.transform.args)) | step.transform.kwargs


def _made(name: str, given: dict, size: tuple[int, int]) -> tuple[int, int] | None:
    if name in _TO_A_SIZE:
        return _pair(given.get("size", (given.get("height"), given.get("width"))))
    if name == "PadIfNeeded" and given.get("pad_height_divisor") is None and given.get("pad_width_divisor") is None:
        least = _pair((given.get("min_height"), given.get("min_width")))
        return least and (max(size[0], least[0]), max(size[1], least[1]))
    if name == "Pad" and type(given.get("padding")) is int:
        return size[0] + 2 * given["padding"], size[1] + 2 * given["padding"]
    return None


def _pair(value) -> tuple[int, int] | None:
    value = (value, value) if type(value) is int else value
    if isinstance(value, (list, tuple)) and len(value) == 2 and all(type(part) is int and part > 0 for part in value):
        return tuple(value)
    return None


def fate_of_hole(hole: Judged, later: Sequence[Judged]) -> tuple[tuple[float, float], str]:
    """By how much the steps behind the hole scale it, height and width, and why that is not known, if so."""
    high = wide = 1.0
    size = hole.size
    for one in later:
        after = size_after(one.step, one.values, one.size)
        if one.step.name == "Resize" and after and size:
            high, wide = high * after[0] / size[0], wide * after[1] / size[1]
        elif one.step.name in _TO_A_SIZE | _OTHERS and (after != size or _moves(one)):
            return (high, wide), f"{one.step.name} behind it cuts or pads the image, and with it the hole"
        size = after
    if size is None:
        return (high, wide), "how large the images are is not known"
    if size != CIFAR:
        return (high, wide), f"the images end with {size[0]} × {size[1]} pixels, not with 32 × 32"
    return (high, wide), ""


def _moves(one: Judged) -> bool:
    """Whether a step that keeps the size may still move or scale what is in the image."""
    padded = one.values is None and "padding" in _given(one.step)
    return padded or one.step.name in ("RandomResizedCrop", "RandomSizedCrop", "CropAndPad")
