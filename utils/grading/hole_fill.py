"""Whether the hole's fill is the data set's mean in the units that the pixels have at that place of the pipeline."""

from utils.grading.facts import Fact
from utils.grading.judged_steps import Judged
from utils.grading.pixel_scale import channels, near, shown
from utils.transforms import MEAN

TOLERANCE = 3.0  # of 255: how far a fill may be from the mean, as the roundings of the mean that are in use are


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
    seen = f"the fill {shown(given)} {where} is the pixel {shown(pixel)} of 255"
    if near(pixel, wanted, TOLERANCE) or near(pixel, grey, 1.0):
        return Fact(True, f"{seen}, the data set's mean", (one.place,))
    right = shown(one.scale.written(wanted))
    return Fact(False, f"{seen}; the data set's mean {shown(wanted)} would be written as {right} there", (one.place,))
