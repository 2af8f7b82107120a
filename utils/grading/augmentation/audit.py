"""The augmentation that the training images really get: effective values, units and place in the pipeline."""

from utils.grading.augmentation.albumentations_version import pinned_version
from utils.grading.augmentation.effective_steps import EffectiveStep, as_data, judged_steps
from utils.grading.augmentation.effective_values import uses_old_names
from utils.grading.augmentation.pipelines import Pipeline, test_pipeline, training_pipeline
from utils.grading.augmentation.remarks import (
    order_remarks,
    statistics,
    step_remarks,
    version_warnings,
)
from utils.grading.augmentation.torchvision_names import by_position
from utils.grading.augmentation.transform_facts import dropout, flip, shift_scale_rotate
from utils.grading.code_reader.reader import Reader
from utils.grading.facts import Audit, Fact
from utils.grading.submission.contents import Submission

_NAMES = (
    "horizontal_flip",
    "shift_scale_rotate",
    "coarse_dropout_one_16x16_hole",
    "coarse_dropout_fill_correct",
    "coarse_dropout_no_mask_fill",
)


def transforms_audit(submission: Submission, attempt) -> Audit:
    """Facts about the training pipeline: those that the rubric asks for, and `effective_transforms`.

    `effective_transforms` is a list of {"name", "arguments" (effective), "version" ("1" or "2": which albumentations they
    are effective under), "ignored" (names that it does not know), "by_position" (the arguments that are given by position,
    under that version's names), "other_version" (the arguments under the other one)}.
    `statistics_agree` is whether training and test images are normalised alike.
    """
    reader = attempt.reader
    pipeline = training_pipeline(reader, attempt.network)
    if pipeline is None or reader.doubts:
        return Audit(_nothing(reader))
    tested = test_pipeline(reader)
    tested = tested if tested and tested.source is not pipeline.source else None
    version, why_version = pinned_version(submission)
    judged = judged_steps(pipeline, version)
    facts = {
        "horizontal_flip": flip(judged, pipeline),
        "shift_scale_rotate": shift_scale_rotate(judged, pipeline),
        **dropout(judged, pipeline),
        "effective_transforms": _listed(judged, pipeline),
    }
    warnings = [
        *version_warnings(judged, version, why_version),
        *step_remarks(judged),
        *order_remarks(judged),
    ]
    facts["statistics_agree"] = statistics(
        judged, judged_steps(tested, version) if tested else None, warnings
    )
    return Audit(facts, tuple(dict.fromkeys(warnings)))


def _nothing(reader: Reader) -> dict[str, Fact]:
    doubt, problem = next(iter(reader.doubts), ""), next(iter(reader.problems), "")
    reason = problem or next((made.problem for made in reader.made if made.problem), "")
    why = (
        f"the transforms cannot be established: {doubt}"
        if doubt
        else "no transforms for training images were found in the code"
        + (f"; {reason}" if reason else "")
    )
    return {name: Fact(None, why) for name in (*_NAMES, "effective_transforms", "statistics_agree")}


# --- the facts --------------------------------------------------------------------------------------------------------


def _listed(judged: list[EffectiveStep], pipeline: Pipeline) -> Fact:
    rows = []
    for one in judged:
        values, old = one.values, uses_old_names(one.step.name, one.step.transform)
        placed = values.by_position if values else by_position(one.step.transform)
        rows.append(
            {
                "name": f"{one.step.library}.{one.step.name}",
                "arguments": as_data(values.values)
                if values
                else as_data(placed | one.step.transform.kwargs),
                "version": values.version if values else None,
                "ignored": list(values.ignored) if values else [],
                "by_position": as_data(placed),
                "other_version": as_data(values.other) if values and old else None,
            }
        )
    return Fact(
        rows,
        f"{pipeline.why}" + (f"; {pipeline.unread[0]}" if pipeline.unread else ""),
        (pipeline.place,),
    )
