"""How large the images are at a place of a pipeline, and which steps rescale what is in them.

A step that only pads or cuts leaves each pixel as large as it was; one that resizes does not.
"""

from utils.data.data_sets import CIFAR10
from utils.grading.augmentation.applied_transforms import Step
from utils.grading.augmentation.effective_values import Effective
from utils.grading.augmentation.torchvision_names import by_position

CIFAR = (CIFAR10.size, CIFAR10.size)
RESCALE = {
    "Resize",
    "RandomResizedCrop",
    "RandomSizedCrop",
    "RandomScale",
    "LongestMaxSize",
    "SmallestMaxSize",
    "CropAndPad",
    "RandomSizedBBoxSafeCrop",
    "ScaleJitter",
    "RandomShortestSize",
    "RandomResize",
}
CUT = {
    "CenterCrop",
    "RandomCrop",
    "Crop",
    "FiveCrop",
    "TenCrop",
    "RandomCropFromBorders",
    "BBoxSafeRandomCrop",
    "AtLeastOneBBoxRandomCrop",
    "CropNonEmptyMaskIfExists",
    "RandomCropNearBBox",
    "RandomIoUCrop",
}
PAD = {"PadIfNeeded", "Pad", "RandomZoomOut"}
_TO_A_SIZE = {"Resize", "CenterCrop", "RandomCrop", "RandomResizedCrop", "RandomSizedCrop"}


def size_after(
    step: Step, values: Effective | None, size: tuple[int, int] | None
) -> tuple[int, int] | None:
    """The height and width behind a step; None once they are not known."""
    if size is None or step.name not in RESCALE | CUT | PAD:
        return size
    given = (values.values or {}) if values is not None else given_by_name(step)
    made = _made(step.name, given, size)
    p = given.get("p", 1.0)
    always = not step.conditional and step.reach == 1 and isinstance(p, (int, float)) and p >= 1
    return made if always or made == size else None


def keeps_all(step: Step, values: Effective | None, size: tuple[int, int] | None) -> bool:
    """Whether a step that cuts or pads certainly leaves images of that size as they are."""
    padded = values is None and given_by_name(step).get("padding")
    return size is not None and size_after(step, values, size) == size and not padded


def given_by_name(step: Step) -> dict:
    """A torchvision transform's arguments by name."""
    return by_position(step.transform) | step.transform.kwargs


def _made(name: str, given: dict, size: tuple[int, int]) -> tuple[int, int] | None:
    if name in _TO_A_SIZE:
        return _pair(given.get("size", (given.get("height"), given.get("width"))))
    if (
        name == "PadIfNeeded"
        and given.get("pad_height_divisor") is None
        and given.get("pad_width_divisor") is None
    ):
        least = _pair((given.get("min_height"), given.get("min_width")))
        return least and (max(size[0], least[0]), max(size[1], least[1]))
    if name == "Pad" and type(given.get("padding")) is int:
        return size[0] + 2 * given["padding"], size[1] + 2 * given["padding"]
    return None


def _pair(value) -> tuple[int, int] | None:
    value = (value, value) if type(value) is int else value
    if (
        isinstance(value, (list, tuple))
        and len(value) == 2
        and all(type(part) is int and part > 0 for part in value)
    ):
        return tuple(value)
    return None
