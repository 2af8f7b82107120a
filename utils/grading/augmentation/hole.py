"""The hole of CoarseDropout: how many there are, how large they are in the final image, and what fills them."""

from utils.data.data_sets import CIFAR10
from utils.grading.augmentation.effective_steps import EffectiveStep
from utils.grading.augmentation.image_size import CIFAR, CUT, RESCALE, keeps_all
from utils.grading.augmentation.pixel_scale import channels, near, shown
from utils.grading.facts import Fact

TOLERANCE = (
    3.0  # of 255: how far a fill may be from the mean, to allow for the rounded means in use
)


def judge_fill(one: EffectiveStep) -> Fact:
    """Whether the fill is the data set's mean, as a pixel: 255 · mean on uint8, 0 behind normalising with the mean."""
    if one.values.values is None or "fill" not in one.values.values:
        return Fact(None, "the fill could not be read", (one.place,))
    fill = one.value("fill")
    if isinstance(fill, str):
        return Fact(
            False,
            f"the hole is filled by the method “{fill}”, not with the data set's mean",
            (one.place,),
        )
    given = channels(fill)
    if given is None:
        return Fact(None, f"the fill {str(fill)[:40]} is neither a number nor three", (one.place,))
    if one.scale is None and one.step.order:
        why = f"it is not known whether the hole is filled before or after normalisation: the transforms {one.step.order}"
        return Fact(None, why, (one.place,))
    if one.scale is None:
        return Fact(
            None,
            "what the images are normalised with before the hole is filled is not known",
            (one.place,),
        )
    pixel = one.scale.pixel(given)
    wanted = tuple(255 * mean for mean in CIFAR10.mean)
    grey = (sum(wanted) / 3,) * 3
    where = (
        "on uint8 images"
        if one.scale.whole
        else "behind normalising"
        if one.scale.mean
        else "on images of 0 to 1"
    )
    seen = f"the fill {shown(given)} {where} is the pixel {shown(pixel)} of 255"
    if near(pixel, wanted, TOLERANCE) or near(pixel, grey, 1.0):
        return Fact(True, f"{seen}, the data set's mean", (one.place,))
    right = shown(one.scale.written(wanted))
    return Fact(
        False,
        f"{seen}; the data set's mean {shown(wanted)} would be written as {right} there",
        (one.place,),
    )


def behind(hole: EffectiveStep, judged: list[EffectiveStep]) -> list[EffectiveStep]:
    """The steps that certainly come behind the hole."""
    return [one for one in judged[judged.index(hole) + 1 :] if not one.among(hole)]


def scale_of_hole(
    hole: EffectiveStep, judged: list[EffectiveStep]
) -> tuple[tuple[float, float], str]:
    """By how much the steps behind the hole scale it, height and width, and why that is not known, if so.

    Padding and cutting move pixels and take some away, and leave each as large as it was; resizing does not.
    """
    high = wide = 1.0
    beside = next(
        (one.step for one in judged if one.among(hole) and one.step.name in RESCALE), None
    )
    if beside is not None:
        return (
            (high, wide),
            f"whether {beside.name} comes before it or behind it is not: the transforms {beside.order}",
        )
    for one in behind(hole, judged):
        if one.step.name not in RESCALE:
            continue
        if one.step.name != "Resize":
            return (
                high,
                wide,
            ), f"{one.step.name} after it rescales the image, and with it the hole"
        if one.size_behind is None or one.size is None:
            return (
                high,
                wide,
            ), f"it is not known by how much {one.step.name} after it rescales the image"
        high, wide = (
            by * end / start for by, end, start in zip((high, wide), one.size_behind, one.size)
        )
    end = judged[-1].size_behind
    if end == CIFAR or not any(one.step.name in RESCALE for one in judged):
        return (high, wide), ""
    if end is None:
        return (high, wide), "how large the images are is not known"
    return (high, wide), f"the images end with {end[0]} × {end[1]} pixels, not with 32 × 32"


def steps_that_cut(hole: EffectiveStep, judged: list[EffectiveStep]) -> list[str]:
    """The names of the steps behind the hole that may cut off a part of it."""
    return [
        one.step.name
        for one in behind(hole, judged)
        if one.step.name in CUT and not keeps_all(one.step, one.values, one.size)
    ]


def one_hole(acting: list[EffectiveStep], judged: list[EffectiveStep]) -> Fact:
    """Whether the acting steps punch exactly one hole of 16×16 pixels of the final image."""
    places = tuple(one.place for one in acting)
    if len(acting) > 1:
        return Fact(False, f"{len(acting)} CoarseDropout steps punch a hole each", places)
    one = acting[0]
    ranges = {
        name: one.value(name)
        for name in ("num_holes_range", "hole_height_range", "hole_width_range")
    }
    unknown = [name for name, ends in ranges.items() if ends is None]
    count = ranges["num_holes_range"]
    scale, lost = scale_of_hole(one, judged)
    height, width = _pixels(ranges["hole_height_range"], ranges["hole_width_range"], one, scale)
    if None in (height, width) and not unknown:
        lost = (
            lost
            or "it is a fraction of the image's side, and how large the images are there is not known"
        )
    wrong = [
        text
        for text, ends, wanted in (
            ("{} holes", count, 1),
            ("holes {} pixels high", height, 16),
            ("holes {} pixels wide", width, 16),
        )
        if ends is not None
        and tuple(ends) != (wanted, wanted)
        and (text.endswith("holes") or not lost)
    ]
    seen = f"{_span(count)} hole(s) of {_span(height)} × {_span(width)} pixels (albumentations {one.values.version}.x)"
    if placed := one.values.said_by_position():
        seen += f", given by position: {placed}"
    if one.values.ignored:
        seen += f", because {', '.join(one.values.ignored)} are ignored by albumentations {one.values.version}.x"
    if scale != (1, 1):
        made_on = f"images of {one.size[0]} × {one.size[1]}" if one.size else "images"
        seen += f", made on {made_on} that are resized after it"
    if cut := steps_that_cut(one, judged):
        seen += f"; {cut[0]} after it may cut off a part"
    if wrong:
        return Fact(False, f"{seen}; the task asks for exactly one of 16 × 16", places)
    if scale != (1, 1):
        lost = lost or "its edges are blended where the images are resized after it"
    if lost or unknown:
        why = (
            f"what is left of the hole is not known: {lost}"
            if lost
            else f"{', '.join(unknown)} could not be read"
        )
        return Fact(None, why, places)
    return Fact(True, seen, places)


def _pixels(height, width, one: EffectiveStep, scale: tuple[float, float]):
    """Both ranges in pixels of the final image; None where they cannot be told. 1.x takes floats for fractions of the
    image's side, 2.x takes both for fractions if the height is below 1."""
    old = one.values.version == "1" or height is None

    def in_pixels(end, side):
        fraction = isinstance(end, float) and end <= 1 if old else height[-1] < 1
        return end if not fraction else side and end * side

    result = []
    for ends, side, by in zip((height, width), one.size or (None, None), scale):
        made = [in_pixels(end, side) for end in ends or (None,)]
        result.append(None if None in made else tuple(int(int(end) * by) for end in made))
    return result


def _span(ends) -> str:
    if ends is None:
        return "an unknown number of"
    low, high = (f"{end:g}" for end in (ends[0], ends[-1]))
    return low if low == high else f"{low} to {high}"


def no_mask_fill(one: EffectiveStep) -> Fact:
    """Whether the step leaves masks unfilled, as the task asks."""
    if one.values.values is None or "fill_mask" not in one.values.values:
        return Fact(None, "the mask fill could not be read", (one.place,))
    fill = one.value("fill_mask")
    return Fact(fill is None, f"the mask fill is {fill}", (one.place,))
