"""The augmentation that the training images really get: effective values, units and place in the pipeline."""

from dataclasses import dataclass

from utils.grading.albumentations_version import pinned_version
from utils.grading.effective_values import Effective, effective, uses_old_names
from utils.grading.facts import Audit, Evidence, Fact
from utils.grading.hole_fill import Scale, after, judge_fill
from utils.grading.pipelines import Pipeline, Step, test_pipeline, training_pipeline
from utils.grading.reader.values import is_literal
from utils.grading.submission import Submission
from utils.grading.training_code import readers_of

_NAMES = ("horizontal_flip", "shift_scale_rotate", "coarse_dropout_one_16x16_hole", "coarse_dropout_fill_correct",
          "coarse_dropout_no_mask_fill")
_SIDE = 32  # pixels of a CIFAR-10 image


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


def transforms_audit(submission: Submission, found) -> Audit:
    """Facts about the training pipeline: the four that the rubric asks for, and `effective_transforms`.

    `effective_transforms` is a list of {"name", "arguments" (effective), "version" ("1" or "2": which albumentations they
    are effective under), "ignored" (names that it does not know), "other_version" (the arguments under the other one)}.
    `statistics_agree` is whether training and test images are normalised alike.
    """
    readers = readers_of(submission, found)
    pipeline = next((one for reader in readers if (one := training_pipeline(reader))), None)
    if pipeline is None or any(reader.doubts for reader in readers):
        return Audit(_nothing(readers))
    tested = next((one for reader in readers if (one := test_pipeline(reader)) and one.source is not pipeline.source), None)
    version, why_version = pinned_version(submission)
    judged = _judged(pipeline, version)
    facts = {"horizontal_flip": _flip(judged, pipeline), "shift_scale_rotate": _shift_scale_rotate(judged, pipeline),
             **_dropout(judged, pipeline), "effective_transforms": _listed(judged, pipeline)}
    warnings = [*_version_warnings(judged, version, why_version), *_remarks(judged), *_order(judged)]
    facts["statistics_agree"] = _statistics(judged, _judged(tested, version) if tested else None, warnings)
    return Audit(facts, tuple(dict.fromkeys(warnings)))


def _nothing(readers) -> dict[str, Fact]:
    doubt = next((doubt for reader in readers for doubt in reader.doubts), "")
    problem = next((problem for reader in readers for problem in reader.problems), "")
    missing = next((made.problem for reader in readers for made in reader.made if made.problem), "")
    reason = problem or missing
    why = f"the transforms cannot be established: {doubt}" if doubt else \
        "no transforms for training images were found in the code" + (f"; {reason}" if reason else "")
    return {name: Fact(None, why) for name in (*_NAMES, "effective_transforms", "statistics_agree")}


def _judged(pipeline: Pipeline, version: str | None) -> list[Judged]:
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


# --- the facts --------------------------------------------------------------------------------------------------------

def _absent(pipeline: Pipeline, what: str) -> Fact:
    """False, or None where a part of the pipeline could not be read."""
    if pipeline.unread:
        return Fact(None, f"no {what} was found, but not all of the pipeline could be read: {pipeline.unread[0]}", (pipeline.place,))
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
    if not acting:
        known = all(one.acts is False for one in named)
        return [], Fact(False, f"{name} has p = 0: it never acts", places) if known else \
            Fact(None, f"the probability of {name} is not known", places)
    if all(one.step.conditional for one in acting):
        return [], Fact(None, f"{name} is applied only under a condition that reading cannot decide", places)
    return acting, None


def _flip(judged: list[Judged], pipeline: Pipeline) -> Fact:
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


def _shift_scale_rotate(judged: list[Judged], pipeline: Pipeline) -> Fact:
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
            return Fact(True, "Affine shifts, scales and rotates, as ShiftScaleRotate does, which albumentations 2 replaces by it",
                        (one.place,))
    return settled


def _differs(value, neutral: float) -> bool:
    parts = value.values() if isinstance(value, dict) else [value]
    return any(end != neutral for part in parts for end in (part if isinstance(part, (tuple, list)) else [part]))


def _shown(limit) -> str:
    return f"{limit[0]:g} to {limit[1]:g}" if isinstance(limit, (tuple, list)) and len(limit) == 2 else str(limit)


def _dropout(judged: list[Judged], pipeline: Pipeline) -> dict[str, Fact]:
    names = _NAMES[2:]
    acting, settled = _present(judged, pipeline, "CoarseDropout")
    if settled is not None:
        alike = next((one for one in judged if one.step.name in ("Cutout", "RandomErasing", "GridDropout", "Erasing")), None)
        if alike is not None and settled.value is False:
            settled = Fact(False, f"{alike.step.name} is used, not CoarseDropout", (alike.place,))
        if settled.value is False:
            none = Fact(None, settled.why, settled.evidence)
            return {names[0]: settled, names[1]: Fact(False, settled.why, settled.evidence), names[2]: none}
        return dict.fromkeys(names, settled)
    hole = _one_hole(acting)
    fill, mask = zip(*((judge_fill(one), _no_mask_fill(one)) for one in acting))
    return {names[0]: hole, names[1]: _worst(fill), names[2]: _worst(mask)}


def _worst(facts) -> Fact:
    """Of several the first that is False, else the first that is None, else the first."""
    return next((fact for fact in facts if fact.value is False), next((fact for fact in facts if fact.value is None), facts[0]))


def _one_hole(acting: list[Judged]) -> Fact:
    places = tuple(one.place for one in acting)
    if len(acting) > 1:
        return Fact(False, f"{len(acting)} CoarseDropout steps punch a hole each", places)
    one = acting[0]
    ranges = {name: one.value(name) for name in ("num_holes_range", "hole_height_range", "hole_width_range")}
    unknown = [name for name, ends in ranges.items() if ends is None]
    count = ranges["num_holes_range"]
    height, width = _pixels(ranges["hole_height_range"], ranges["hole_width_range"], one.values.version)
    wrong = [text for text, ends, wanted in (("{} holes", count, 1), ("holes {} pixels high", height, 16),
                                             ("holes {} pixels wide", width, 16))
             if ends is not None and tuple(ends) != (wanted, wanted)]
    seen = f"{_span(count)} hole(s) of {_span(height)} × {_span(width)} pixels (albumentations {one.values.version}.x)"
    if one.values.ignored:
        seen += f", because {', '.join(one.values.ignored)} are ignored by albumentations {one.values.version}.x"
    if wrong:
        return Fact(False, f"{seen}; the task asks for exactly one of 16 × 16", places)
    if unknown:
        return Fact(None, f"{', '.join(unknown)} could not be read", places)
    return Fact(True, seen, places)


def _pixels(height, width, version: str):
    """Both ranges in pixels. 1.x takes floats for fractions of the image's side; 2.x takes both for fractions if the height is
    below 1."""
    if version == "1" or height is None:
        return tuple(ends and tuple(int(end * _SIDE) if isinstance(end, float) and end <= 1 else int(end) for end in ends)
                     for ends in (height, width))
    by = 1 if height[-1] >= 1 else _SIDE
    return tuple(ends and tuple(int(end * by) for end in ends) for ends in (height, width))


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


def _listed(judged: list[Judged], pipeline: Pipeline) -> Fact:
    rows = []
    for one in judged:
        values = one.values
        rows.append({"name": f"{one.step.library}.{one.step.name}",
                     "arguments": _data(values.values) if values else _data(one.step.transform.kwargs),
                     "version": values.version if values else None, "ignored": list(values.ignored) if values else [],
                     "other_version": _data(values.other) if values and uses_old_names(one.step.name, one.step.transform) else None})
    return Fact(rows, f"{pipeline.why}" + (f"; {pipeline.unread[0]}" if pipeline.unread else ""), (pipeline.place,))


def _data(value):
    """`value` as JSON can hold it."""
    if not is_literal(value) and not isinstance(value, dict):
        return str(getattr(value, "why", type(value).__name__))
    if isinstance(value, dict):
        return {str(key): _data(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_data(entry) for entry in value]
    return value


# --- remarks ----------------------------------------------------------------------------------------------------------

def _version_warnings(judged: list[Judged], version: str | None, why: str):
    for one in judged:
        if one.values is None or not uses_old_names(one.step.name, one.step.transform):
            continue
        if version == "2":
            yield (f"{one.step.name} is given {', '.join(one.values.ignored)}, which albumentations 2 ignores ({why}): it works "
                   f"with {_data(one.values.values)}.")
        else:
            because = why or "they are judged as the 1.x that knows them took them, since no version is pinned"
            yield (f"{one.step.name} uses argument names of albumentations 1.x ({because}); albumentations 2 ignores them and "
                   f"would use {_data(one.values.other)}.")


def _remarks(judged: list[Judged]):
    for one in judged:
        p = one.value("p")
        if one.step.name in ("HorizontalFlip", "VerticalFlip") and isinstance(p, (int, float)) and p >= 1 and not one.step.inside:
            yield f"{one.step.name} has p = {p:g}: every training image is mirrored, which no test image is."
        if one.step.name == "ShiftScaleRotate" and one.values.values:
            still = [name for name in ("shift_limit_x", "scale_limit", "rotate_limit") if one.value(name) and not any(one.value(name))]
            if still:
                yield f"ShiftScaleRotate has {', '.join(still)} at 0."


_MOVES = {"ShiftScaleRotate", "Affine", "Rotate", "RandomCrop", "RandomResizedCrop", "Resize", "RandomScale", "SafeRotate", "Perspective"}


def _order(judged: list[Judged]):
    names = [one.step.name for one in judged]
    if "CoarseDropout" in names and (later := [name for name in names[names.index("CoarseDropout"):] if name in _MOVES]):
        yield f"{later[0]} comes after CoarseDropout and moves, scales or cuts the hole."


def _statistics(judged: list[Judged], tested: list[Judged] | None, warnings: list[str]) -> Fact:
    """Whether training and test pixels end on the same scale."""
    scales = [_final(steps) for steps in (judged, tested)]
    for scale, kind in zip(scales, ("training", "test")):
        if scale is not None and (text := scale.oddity()):
            warnings.append(f"The {kind} images are normalised with {text}.")
    if tested is None:
        return Fact(None, "no transforms for test images were found")
    random = [one.step.name for one in tested if one.step.name in _MOVES - {"Resize"} | {"HorizontalFlip", "CoarseDropout",
                                                                                        "RandomHorizontalFlip"}]
    if random:
        warnings.append(f"The test images are augmented too ({', '.join(random)}).")
    if None in scales:
        return Fact(None, "what one of the pipelines normalises with is not known")
    agree = scales[0].close_to(scales[1])
    if not agree:
        warnings.append(f"Training images are normalised {scales[0]}, test images {scales[1]}.")
    return Fact(agree, f"training images {scales[0]}, test images {scales[1]}", (judged[-1].place,) if judged else ())


def _final(judged: list[Judged] | None) -> Scale | None:
    if not judged:
        return None
    last = judged[-1]
    return after(last.step, last.values, last.scale)
