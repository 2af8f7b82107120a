"""What the rubric asks of the augmentation, one fact each, from the effective values of the steps."""

from utils.grading.augmentation.effective_steps import EffectiveStep
from utils.grading.augmentation.hole import judge_fill, no_mask_fill, one_hole
from utils.grading.augmentation.pipelines import Pipeline
from utils.grading.facts import Fact


def _absent(pipeline: Pipeline, what: str) -> Fact:
    """False, or None where a part of the pipeline could not be read."""
    if pipeline.unread:
        why = (
            f"no {what} was found, but not all of the pipeline could be read: {pipeline.unread[0]}"
        )
        return Fact(None, why, (pipeline.place,))
    return Fact(False, f"no {what} in the training pipeline", (pipeline.place,))


def _named(judged: list[EffectiveStep], *names: str) -> list[EffectiveStep]:
    return [one for one in judged if one.values is not None and one.step.name in names]


def _present(
    judged: list[EffectiveStep], pipeline: Pipeline, name: str
) -> tuple[list[EffectiveStep], Fact | None]:
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
        return [], Fact(
            False, f"{name} {seldom if max(chances) > 0 else 'has p = 0: it never acts'}", places
        )
    if all(one.step.conditional for one in acting):
        return [], Fact(
            None, f"{name} is applied only under a condition that reading cannot decide", places
        )
    return acting, None


def flip(judged: list[EffectiveStep], pipeline: Pipeline) -> Fact:
    """Whether albumentations' HorizontalFlip acts on the training images."""
    acting, settled = _present(judged, pipeline, "HorizontalFlip")
    if settled is not None:
        other = [
            one for one in judged if one.values is None and one.step.name == "RandomHorizontalFlip"
        ]
        if other and settled.value is False:
            return Fact(
                False,
                "the images are mirrored by torchvision's RandomHorizontalFlip, not by albumentations",
                (other[0].place,),
            )
        return settled
    p = acting[0].value("p")
    inside = f", inside {acting[0].step.inside}" if acting[0].step.inside else ""
    return Fact(
        True, f"HorizontalFlip with p = {p:g}{inside}{_placed(acting[0])}", (acting[0].place,)
    )


def shift_scale_rotate(judged: list[EffectiveStep], pipeline: Pipeline) -> Fact:
    """Whether ShiftScaleRotate, or an Affine that does the same, acts on the training images."""
    acting, settled = _present(judged, pipeline, "ShiftScaleRotate")
    if settled is not None:
        return _affine(judged, settled)
    one = acting[0]
    limits = {
        name: one.value(name)
        for name in ("shift_limit_x", "shift_limit_y", "scale_limit", "rotate_limit")
    }
    unknown = [name for name, limit in limits.items() if limit is None]
    still = [name for name, limit in limits.items() if limit is not None and not any(limit)]
    if not unknown and len(still) == len(limits):
        return Fact(
            False,
            f"ShiftScaleRotate has all its limits at 0: it changes nothing{_placed(one)}",
            (one.place,),
        )
    shown = ", ".join(
        f"{name} {_shown(limit)}" for name, limit in limits.items() if limit is not None
    )
    return Fact(
        True, f"ShiftScaleRotate with {shown}, p = {one.value('p'):g}{_placed(one)}", (one.place,)
    )


def _placed(one: EffectiveStep) -> str:
    """The arguments that are given by position, under their names."""
    placed = one.values.said_by_position()
    return (
        f" (given by position: {placed}, as albumentations {one.values.version}.x names them)"
        if placed
        else ""
    )


def _affine(judged: list[EffectiveStep], settled: Fact) -> Fact:
    """Affine that shifts, scales and rotates does what ShiftScaleRotate, a case of it in albumentations 2, does."""
    for one in _named(judged, "Affine"):
        if settled.value is not False or not one.acts or one.step.conditional or one.values.unread:
            continue
        moves = one.value("translate_percent") or one.value("translate_px")
        if (
            moves
            and _differs(moves, 0)
            and _differs(one.value("scale"), 1)
            and _differs(one.value("rotate"), 0)
        ):
            why = "Affine shifts, scales and rotates, as ShiftScaleRotate does, which albumentations 2 replaces by it"
            return Fact(True, why, (one.place,))
    return settled


def _differs(value, neutral: float) -> bool:
    parts = value.values() if isinstance(value, dict) else [value]
    return any(
        end != neutral
        for part in parts
        for end in (part if isinstance(part, (tuple, list)) else [part])
    )


def _shown(limit) -> str:
    return (
        f"{limit[0]:g} to {limit[1]:g}"
        if isinstance(limit, (tuple, list)) and len(limit) == 2
        else str(limit)
    )


def dropout(judged: list[EffectiveStep], pipeline: Pipeline) -> dict[str, Fact]:
    """The three facts on CoarseDropout, by name: its one hole, its fill, and no fill in masks."""
    names = (
        "coarse_dropout_one_16x16_hole",
        "coarse_dropout_fill_correct",
        "coarse_dropout_no_mask_fill",
    )
    acting, settled = _present(judged, pipeline, "CoarseDropout")
    if settled is not None:
        alike = next(
            (
                one
                for one in judged
                if one.step.name in ("Cutout", "RandomErasing", "GridDropout", "Erasing")
            ),
            None,
        )
        if alike is not None and settled.value is False:
            settled = Fact(False, f"{alike.step.name} is used, not CoarseDropout", (alike.place,))
        if settled.value is False:
            none = Fact(None, settled.why, settled.evidence)
            return {
                names[0]: settled,
                names[1]: Fact(False, settled.why, settled.evidence),
                names[2]: none,
            }
        return dict.fromkeys(names, settled)
    hole = one_hole(acting, judged)
    fill, mask = zip(*((judge_fill(one), no_mask_fill(one)) for one in acting))
    return {names[0]: hole, names[1]: _worst(fill), names[2]: _worst(mask)}


def _worst(facts) -> Fact:
    """Of several the first that is False, else the first that is None, else the first."""
    return min(facts, key=lambda fact: (False, None, True).index(fact.value))
