"""Remarks on a training pipeline that decide nothing: old names, order, statistics that differ."""

from utils.grading.augmentation.effective_steps import EffectiveStep, as_data
from utils.grading.augmentation.effective_values import Effective, old_names
from utils.grading.augmentation.hole import behind, steps_that_cut
from utils.grading.augmentation.image_size import CUT, RESCALE
from utils.grading.augmentation.pixel_scale import Scale
from utils.grading.facts import Fact


def version_warnings(judged: list[EffectiveStep], version: str | None, why: str):
    """A sentence for each step whose arguments mean different things in 1.x and 2.x."""
    because = (
        why or "they are judged as the 1.x that knows them took them, since no version is pinned"
    )
    for one in judged:
        if one.values is None:
            continue
        name, values, names = (
            one.step.name,
            one.values,
            ", ".join(old_names(one.step.name, one.step.transform)),
        )
        if names and version == "2":
            made = (
                "refuses the others"
                if values.values is None
                else f"it works with {as_data(values.values)}"
            )
            yield f"{name} is given {names}, which albumentations 2 ignores ({why}): {made}."
        elif names:
            made = "refuse the others" if values.other is None else f"use {as_data(values.other)}"
            yield (
                f"{name} uses argument names of albumentations 1.x ({because}); "
                f"albumentations 2 ignores them and would {made}."
            )
        if values.means_another and not (
            values.version == "2" and values.values is not None and values.fits_one(version)
        ):
            yield _by_position(name, values, why)


def _by_position(name: str, values: Effective, why: str) -> str:
    """What each version takes the arguments for that are given by position, and which is believed."""
    results = {values.version: values.values, "2" if values.version == "1" else "1": values.other}
    taken = [
        f"albumentations {one}.x takes "
        + (
            f"{', '.join(values.placed[one])} there, and refuses these"
            if results[one] is None
            else f"them as {values.said_by_position(one)}"
        )
        for one in "12"
    ]
    judged = f"they are judged as {values.version}.x takes them ({why or 'no version is pinned'})"
    return (
        f"{name} is given arguments by position: {'; '.join(taken)}; {judged}. Give them by name."
    )


def step_remarks(judged: list[EffectiveStep]):
    """A sentence for each flip that always acts, and for limits of ShiftScaleRotate at 0."""
    for one in judged:
        p = one.value("p")
        always = isinstance(p, (int, float)) and p >= 1 and not one.step.inside
        if one.step.name in ("HorizontalFlip", "VerticalFlip") and always:
            yield f"{one.step.name} has p = {p:g}: every training image is mirrored, but no test image is."
        if one.step.name == "ShiftScaleRotate" and one.values.values:
            limits = {
                name: one.value(name) for name in ("shift_limit_x", "scale_limit", "rotate_limit")
            }
            still = [name for name, limit in limits.items() if limit and not any(limit)]
            if still:
                yield f"ShiftScaleRotate has {', '.join(still)} at 0."


_MOVE = {
    "ShiftScaleRotate",
    "Affine",
    "Rotate",
    "SafeRotate",
    "Perspective",
    "RandomRotation",
    "RandomAffine",
}
_RANDOM = (_MOVE | RESCALE | CUT) - {
    "Resize",
    "CenterCrop",
    "FiveCrop",
    "TenCrop",
    "Crop",
    "LongestMaxSize",
    "SmallestMaxSize",
} | {"HorizontalFlip", "CoarseDropout", "RandomHorizontalFlip"}


def order_remarks(judged: list[EffectiveStep]):
    """A sentence where the order is not known, and where later steps alter the hole."""
    if order := next((one.step.order for one in judged if one.step.order), ""):
        yield f"The order of the training transforms is not known: they {order}."
    hole = next(
        (one for one in judged if one.step.name == "CoarseDropout" and one.acts is not False), None
    )
    if hole is None:
        return
    if moving := [
        one.step.name for one in behind(hole, judged) if one.step.name in _MOVE | RESCALE
    ]:
        yield f"{moving[0]} comes after CoarseDropout and moves or scales the hole."
    if cutting := steps_that_cut(hole, judged):
        yield f"{cutting[0]} comes after CoarseDropout and may cut off a part of the hole."


def statistics(
    judged: list[EffectiveStep], tested: list[EffectiveStep] | None, warnings: list[str]
) -> Fact:
    """Whether training and test pixels end on the same scale."""
    scales = [_final(steps) for steps in (judged, tested)]
    for scale, kind in zip(scales, ("training", "test")):
        if scale is not None and (text := scale.oddity()):
            warnings.append(f"The {kind} images are normalised with {text}.")
    if tested is None:
        return Fact(None, "no transforms for test images were found")
    random = [one.step.name for one in tested if one.step.name in _RANDOM]
    if random:
        warnings.append(f"The test images are augmented too ({', '.join(random)}).")
    if None in scales:
        return Fact(None, "what one of the pipelines normalises with is not known")
    agree = scales[0].close_to(scales[1])
    if not agree:
        warnings.append(f"Training images are normalised {scales[0]}, test images {scales[1]}.")
    return Fact(
        agree,
        f"training images {scales[0]}, test images {scales[1]}",
        (judged[-1].place,) if judged else (),
    )


def _final(judged: list[EffectiveStep] | None) -> Scale | None:
    return judged[-1].scale_behind if judged else None
