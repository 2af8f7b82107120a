"""What the rubric asks of the augmentation, one fact each, from the effective values of the steps."""

from utils.grading.facts import Fact
from utils.grading.hole_fill import judge_fill
from utils.grading.image_size import CIFAR, fate_of_hole
from utils.grading.judged_steps import Judged
from utils.grading.pipelines import Pipeline


def _absent(pipeline: Pipeline, what: str) -> Fact:
    """False, or None where a part of the pipeline could not be read."""
    if pipeline.unread:
        why = f"no {what} was found, but not all of the pipeline could be read: {pipeline.unread[0]}"
        return Fact(None, why, (pipeline.place,))
    return Fact(False, f"no {what} in the training pipeline", (pipeline.place,))


def _named(judged: list[Judged], *names: str) -> list[Judged]:
    return [one for one in judged if one.values is not None and one.step.name in names]


def _present(judged: list[Judged], pipeline: Pipeline, name: str) -> tuple[list[Judged], Fact | None]:
    """The steps of that name that act; or the fact that settles it where none certainly does."""
    named = _named(judged, name)
    if not named:
        return [], _absent(pipeline, name)
    places = tuple(one.place for one in named)
    unbuilt = [one for one in named if one.values.values is None]
    if len(unbuilt) == len(named):
        return [], Fact(None, f"{name} cannot be evaluated: {unbuilt[0].values.why}", places)
    acting = [one for one in named if one.acts]
    if doubt := next((one.step.doubt for one in named if one.step.doubt), ""):
        return [], Fact(None, f"{name} is built, but {doubt}", places)
    if not acting:
        chances = [one.chance for one in named]
        if None in chances:
            return [], Fact(None, f"the probability of {name} is not known", places)
        seldom = f"acts on {max(chances):.1g} of the images at most, which is as good as never"
        return [], Fact(False, f"{name} {seldom if max(chances) > 0 else 'has p = 0: it never acts'}", places)
    if all(one.step.conditional for one in acting):
        return [], Fact(None, f"{name} is applied only under a condition that reading cannot decide", places)
    return acting, None


def flip(judged: list[Judged], pipeline: Pipeline) -> Fact:
    acting, settled = _present(judged, pipeline, "HorizontalFlip")
    if settled is not None:
        other = [one for one in judged if one.values is None and one.step.name == "RandomHorizontalFlip"]
        if other and settled.value is False:
            return Fact(False, "the images are mirrored by torchvision's RandomHorizontalFlip, not by albumentations",
                        (other[0].place,))
        return settled
    p = acting[0].value("p")
    inside = f", inside {acting[0].step.inside}" if acting[0].step.inside else ""
    return Fact(True, f"HorizontalFlip with p = {p:g}{inside}", (acting[0].place,))


def shift_scale_rotate(judged: list[Judged], pipeline: Pipeline) -> Fact:
    acting, settled = _present(judged, pipeline, "ShiftScaleRotate")
    if settled is not None:
        return _affine(judged, settled)
    one = acting[0]
    limits = {name: one.value(name) for name in ("shift_limit_x", "shift_limit_y", "scale_limit", "rotate_limit")}
    unknown = [name for name, limit in limits.items() if limit is None]
    still = [name for name, limit in limits.items() if limit is not None and not any(limit)]
    if not unknown and len(still) == len(limits):
        return Fact(False, "ShiftScaleRotate has all its limits at 0: it changes nothing", (one.place,))
    shown = ", ".join(f"{name} {_shown(limit)}" for name, limit in limits.items() if limit is not None)
    return Fact(True, f"ShiftScaleRotate with {shown}, p = {one.value('p'):g}", (one.place,))


def _affine(judged: list[Judged], settled: Fact) -> Fact:
    """Affine that shifts, scales and rotates does what ShiftScaleRotate, a case of it in albumentations 2, does."""
    for one in _named(judged, "Affine"):
        if settled.value is not False or not one.acts or one.step.conditional or one.values.unread:
            continue
        moves = one.value("translate_percent") or one.value("translate_px")
        if moves and _differs(moves, 0) and _differs(one.value("scale"), 1) and _differs(one.value("rotate"), 0):
            why = "Affine shifts, scales and rotates, as ShiftScaleRotate does, which albumentations 2 replaces by it"
            return Fact(True, why, (one.place,))
    return settled


def _differs(value, neutral: float) -> bool:
    parts = value.values() if isinstance(value, dict) else [value]
    return any(end != neutral for part in parts for end in (part if isinstance(part, (tuple, list)) else [part]))


def _shown(limit) -> str:
    return f"{limit[0]:g} to {limit[1]:g}" if isinstance(limit, (tuple, list)) and len(limit) == 2 else str(limit)


def dropout(judged: list[Judged], pipeline: Pipeline) -> dict[str, Fact]:
    names = ("coarse_dropout_one_16x16_hole", "coarse_dropout_fill_correct", "coarse_dropout_no_mask_fill")
    acting, settled = _present(judged, pipeline, "CoarseDropout")
    if settled is not None:
        alike = next((one for one in judged if one.step.name in ("Cutout", "RandomErasing", "GridDropout", "Erasing")), None)
        if alike is not None and settled.value is False:
            settled = Fact(False, f"{alike.step.name} is used, not CoarseDropout", (alike.place,))
        if settled.value is False:
            none = Fact(None, settled.why, settled.evidence)
            return {names[0]: settled, names[1]: Fact(False, settled.why, settled.evidence), names[2]: none}
        return dict.fromkeys(names, settled)
    hole = _one_hole(acting, judged)
    fill, mask = zip(*((judge_fill(one), _no_mask_fill(one)) for one in acting))
    return {names[0]: hole, names[1]: _worst(fill), names[2]: _worst(mask)}


def _worst(facts) -> Fact:
    """Of several the first that is False, else the first that is None, else the first."""
    return min(facts, key=lambda fact: (False, None, True).index(fact.value))


def _one_hole(acting: list[Judged], judged: list[Judged]) -> Fact:
    places = tuple(one.place for one in acting)
    if len(acting) > 1:
        return Fact(False, f"{len(acting)} CoarseDropout steps punch a hole each", places)
    one = acting[0]
    ranges = {name: one.value(name) for name in ("num_holes_range", "hole_height_range", "hole_width_range")}
    unknown = [name for name, ends in ranges.items() if ends is None]
    count = ranges["num_holes_range"]
    scale, lost = fate_of_hole(one, judged[judged.index(one) + 1:])
    height, width = _pixels(ranges["hole_height_range"], ranges["hole_width_range"], one, scale)
    wrong = [text for text, ends, wanted in (("{} holes", count, 1), ("holes {} pixels high", height, 16),
                                             ("holes {} pixels wide", width, 16))
             if ends is not None and tuple(ends) != (wanted, wanted) and (text.endswith("holes") or not lost)]
    seen = f"{_span(count)} hole(s) of {_span(height)} × {_span(width)} pixels (albumentations {one.values.version}.x)"
    if one.values.ignored:
        seen += f", because {', '.join(one.values.ignored)} are ignored by albumentations {one.values.version}.x"
    if scale != (1, 1):
        seen += f", made on images of {one.size[0]} × {one.size[1]} that are resized behind it"
    if wrong:
        return Fact(False, f"{seen}; the task asks for exactly one of 16 × 16", places)
    if scale != (1, 1):
        lost = lost or "its edges are blended where the images are resized behind it"
    if lost or unknown:
        why = f"what is left of the hole is not known: {lost}" if lost else f"{', '.join(unknown)} could not be read"
        return Fact(None, why, places)
    return Fact(True, seen, places)


def _pixels(height, width, one: Judged, scale: tuple[float, float]):
    """Both ranges in pixels of the final image. 1.x takes floats for fractions of the image's side, 2.x takes both for
    fractions if the height is below 1."""
    fractions = height is not None and height[-1] < 1
    result = []
    for ends, side, by in zip((height, width), one.size or CIFAR, scale):
        old = one.values.version == "1" or height is None
        made = ends and [end * side if (isinstance(end, float) and end <= 1 if old else fractions) else end for end in ends]
        result.append(made and tuple(int(int(end) * by) for end in made))
    return result


def _span(ends) -> str:
    if ends is None:
        return "an unknown number of"
    low, high = (f"{end:g}" for end in (ends[0], ends[-1]))
    return low if low == high else f"{low} to {high}"


def _no_mask_fill(one: Judged) -> Fact:
    if one.values.values is None or "fill_mask" not in one.values.values:
        return Fact(None, "the mask fill could not be read", (one.place,))
    fill = one.value("fill_mask")
    return Fact(fill is None, f"the mask fill is {fill}", (one.place,))
