"""What is asserted of a network - its parameters, receptive field, kinds of layers - held against what was computed."""

from utils.grading.claims.agreement import same
from utils.grading.claims.quantities import Part
from utils.grading.claims.subjects import Subject
from utils.grading.claims.training_claims import Verdict
from utils.grading.claims.vocabulary import PROPERTIES
from utils.grading.facts import Evidence
from utils.grading.log.run_choice import describe

MEANINGS = {
    "depthwise_separable": "a depthwise separable convolution",
    "dilated": "a dilated convolution",
    "global_average_pooling": "global average pooling",
    "horizontal_flip": "a horizontal flip",
    "shift_scale_rotate": "ShiftScaleRotate",
    "max_pooling": "max pooling",
}
NEAR, FAR = 0.05, 0.15  # shares of a count: how far "around" reaches, and from where on it is wrong


def judge_property(part: Part, subject: Subject) -> Verdict:
    """The verdict on whether the network has the property that `part` names."""
    fact, meaning = subject.fact(part.kind), MEANINGS[part.kind]
    if fact.value is None:
        return Verdict("unverifiable", None, f"whether there is {meaning}: {fact.why}")
    found = (
        "there is"
        if fact.value
        else "there is no executed"
        if part.kind in PROPERTIES
        else "there is no"
    )
    why = f"{found} {meaning if fact.value else meaning.removeprefix('a ')}" + (
        f"; {fact.why}" if fact.why else ""
    )
    if part.somewhere and (fact.value or not part.number):
        return Verdict("unverifiable", fact.value, f"{why}; which layers was not checked")
    if bool(fact.value) == bool(part.number):
        return Verdict("true", fact.value, why)
    return Verdict(
        "false" if part.separable or part.kind != "depthwise_separable" else "unverifiable",
        fact.value,
        why,
    )


def judge_parameters(part: Part, subject: Subject, place: Evidence) -> Verdict:
    """Held against the computed count, else against the one that a summary printed elsewhere than at `place`."""
    fact, how = subject.fact("parameters"), "computed"
    printed = subject.fact("printed_parameters")
    if fact.value is None:
        itself = any(
            (seen.file, seen.notebook) == (place.file, place.notebook) and place.file
            for seen in printed.evidence
        )
        if printed.value is None or itself:
            return Verdict("unverifiable", None, fact.why)
        fact, how = printed, "printed by the summary"
    found = f"{how}: {fact.value:,}"
    if _agrees(part, fact.value):
        return Verdict("true", fact.value, found)
    others = [
        subject.fact(name).value
        for name in ("parameters_executed", "printed_parameters", "run_parameters")
    ]
    if other := next(
        (value for value in others if value is not None and _agrees(part, value)), None
    ):
        return Verdict("unverifiable", fact.value, f"{found}; another count is {other:,}")
    run = next(
        (
            run
            for run in subject.runs[1:]
            if run.parameters is not None and _agrees(part, run.parameters)
        ),
        None,
    )
    if run and not part.sense:
        return Verdict(
            "unverifiable", fact.value, f"{found}; the claim is of another network: {describe(run)}"
        )
    return _wrong(part, fact.value, found)


def judge_field(part: Part, subject: Subject) -> Verdict:
    """The verdict on a claimed receptive field, in pixels."""
    fact, with_pool = (
        subject.fact("receptive_field"),
        subject.fact("receptive_field_with_pool").value,
    )
    if fact.value is None:
        return Verdict("unverifiable", None, fact.why)
    found = f"computed at the input of the global pool: {fact.value}"
    if _agrees(part, fact.value):
        return Verdict("true", fact.value, found)
    if with_pool == part.number:
        return Verdict(
            "unverifiable", fact.value, f"{found}; {with_pool} counts the window of the pool"
        )
    return _wrong(part, fact.value, found)


def _agrees(part: Part, value: float) -> bool:
    if part.sense == "around":
        return same(part.number, part.unit, value) or abs(value - part.number) <= NEAR * part.number
    if part.sense in ("over", "at_least"):
        return value > part.number or (value == part.number and part.sense == "at_least")
    if part.sense in ("below", "at_most"):
        return value < part.number or (value == part.number and part.sense == "at_most")
    return same(part.number, part.unit, value)


def _wrong(part: Part, value: float, found: str) -> Verdict:
    kept = value > part.number if part.kind == "receptive_field" else value < part.number
    if part.round and kept:
        return Verdict("unverifiable", value, f"{found}; the number may be a limit that was set")
    if part.sense == "around" and abs(value - part.number) <= FAR * part.number:
        return Verdict("unverifiable", value, f"{found}; the two numbers are close")
    return Verdict("false", value, found)
