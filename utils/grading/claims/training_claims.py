"""What is asserted of a training - accuracies, epochs, when a target was reached - held against the logged runs."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from utils.grading.claims.agreement import agrees, rounded_up
from utils.grading.claims.quantities import Part
from utils.grading.claims.subjects import Subject
from utils.grading.log.accuracies import Row, accuracy_rows, tested_split
from utils.grading.log.accuracy_facts import tested_once
from utils.grading.log.epochs import Run
from utils.grading.log.run_choice import describe

FAR = 2.5  # per cent of images: from where on "around" is wrong


@dataclass(frozen=True)
class Verdict:
    """ "true", "false" or "unverifiable", what is so, and why in one sentence without a full stop."""

    verdict: str
    value: object
    why: str


def judge_accuracy(part: Part, subject: Subject) -> Verdict:
    """The verdict on a claimed accuracy, in per cent."""
    fact = subject.fact("final_test_accuracy" if part.role == "final" else "best_test_accuracy")
    judged, others = _rows(part, subject, known=fact.value is not None)
    if part.split == "test" and not part.validated and judged:
        if verdict := _tested_apart(part, subject.runs[0]):
            return verdict
    if not judged:
        for run, rows in others:
            if _right(part, rows):
                return _right(part, rows, f"of another run than the judged one: {describe(run)}")
        why = "no training accuracy is logged" if part.split == "train" else fact.why
        return Verdict("unverifiable", None, why)
    if verdict := _right(part, judged):
        return verdict
    for run, rows in others:
        if verdict := _right(part, rows, f"of another run than the judged one: {describe(run)}"):
            return verdict
    return _wrong(part, subject, judged)


def _tested_apart(part: Part, run: Run) -> Verdict | None:
    """The verdict where the epochs were validated on other images, and only the end was tested."""
    once = tested_once(run, "val") if tested_split(run) == "val" else None
    validated = accuracy_rows(run, "val") if once else ()
    if not validated or not any(agrees(part, row.accuracy) for row in (once, *validated)):
        return None
    found = f"the one test accuracy that is logged is {once.accuracy:.2f} %"
    if part.epoch is not None:
        return Verdict("unverifiable", once.accuracy, found)
    if agrees(part, once.accuracy):
        return Verdict("true", once.accuracy, found)
    return Verdict("false", once.accuracy, f"{found}; {part.number:g} % is a validation accuracy")


def _rows(
    part: Part, subject: Subject, known: bool
) -> tuple[tuple[Row, ...], list[tuple[Run, tuple[Row, ...]]]]:
    """The judged run's accuracies on the split of `part`, none where they are not `known`, and those of the other runs."""
    held = [
        (run, accuracy_rows(run, "train" if part.split == "train" else tested_split(run)))
        for run in subject.runs
        if part.split == "train" or tested_split(run)
    ]
    held = [(run, rows) for run, rows in held if rows]
    judged = (
        next((rows for run, rows in held if run is subject.runs[0]), ())
        if known or part.split == "train"
        else ()
    )
    return judged, [(run, rows) for run, rows in held if run is not subject.runs[0]]


def _right(part: Part, rows: tuple[Row, ...], of: str = "") -> Verdict | None:
    """The verdict "true" where these accuracies are what `part` says."""
    if part.epoch is not None:
        if _is_best_so_far(part):
            found = [row for row in _bests_so_far(part, rows) if agrees(part, row.accuracy)]
            why = found and (of or f"the best up to then is {found[0].accuracy:.2f} %")
            return Verdict("true", found[0].accuracy, why) if found else None
        found = list(_at(part, rows))
        if part.role == "best":
            found = [one for one in found if one[0].accuracy == _best(rows).accuracy]
        if not found:
            return None
        row, reached = found[0]
        return Verdict(
            "true",
            row.index if reached else row.accuracy,
            of
            or (
                f"first reached at {_counted(row)}"
                if reached
                else f"{row.label} logs {row.accuracy:.2f} %"
            ),
        )
    for row in {"best": [_best(rows)], "final": [rows[-1]]}.get(part.role, [_best(rows), rows[-1]]):
        if agrees(part, row.accuracy):
            return Verdict("true", row.accuracy, of or f"logged: {row.accuracy:.2f} %")
    return None


def _is_best_so_far(part: Part) -> bool:
    """ "After 40 epochs the best was 84.93 %"."""
    return part.role == "best" and part.when == "after"


def _bests_so_far(part: Part, rows: tuple[Row, ...]) -> list[Row]:
    """The best up to the epoch that is named, whether it is counted from 0 or 1; none where the log begins later."""
    if rows[0].index != 0 or rows[-1].index < part.epoch - 1:
        return []
    held = [[row for row in rows if row.index <= part.epoch - less] for less in (1, 0)]
    return [_best(part_of_it) for part_of_it in held if part_of_it]


def _best(rows: tuple[Row, ...]) -> Row:
    return max(rows, key=lambda row: row.accuracy)


def _counted(row: Row) -> str:
    return f"index {row.index} (counted from 0; the log calls it {row.label}), with {row.accuracy:.2f} %"


def _at(part: Part, rows: tuple[Row, ...]) -> Iterator[tuple[Row, bool]]:
    """The epochs, counted from 0 or 1, that make `part` true, each with whether it is the one that first reached it."""
    threshold = part.reached and (part.unit >= 1 or part.sense in ("over", "at_least"))
    for row in _near(part, rows) if part.when in ("at", "after") else ():
        if not (threshold and part.when == "at") and agrees(part, row.accuracy):
            yield row, False
    first = _first(part, rows)
    if first is not None and first.index is not None:
        if part.when == "at" and first.index in (part.epoch, part.epoch - 1) and threshold:
            yield first, True
        if (
            part.when == "within"
            and first.index <= part.epoch <= rows[-1].index + 2
            and _is_result(part, rows)
        ):
            yield first, True


def _is_result(part: Part, rows: tuple[Row, ...]) -> bool:
    """Whether an accuracy that some epoch reached is what the training came to, or what the named epochs came to."""
    return any(agrees(part, row.accuracy) for row in (_best(rows), rows[-1], *_near(part, rows)))


def _first(part: Part, rows: tuple[Row, ...]) -> Row | None:
    least = part.number - (part.unit / 2 if part.unit < 1 else 0) - 1e-6
    return next((row for row in rows if row.accuracy >= least), None)


def _near(part: Part, rows: tuple[Row, ...]) -> list[Row]:
    return [
        row
        for row in rows
        if row.epoch.number == part.epoch or row.index in (part.epoch, part.epoch - 1)
    ]


def _wrong(part: Part, subject: Subject, rows: tuple[Row, ...]) -> Verdict:
    """ "false", or "unverifiable" where the words can be meant in a way that is right."""
    best, which = _best(rows).accuracy, "training" if part.split == "train" else "test"
    if part.epoch is not None:
        plain = part.borrowed and _right(replace(part, epoch=None, when=""), rows)
        if plain:
            why = f"{plain.why}; whether epoch {part.epoch} is meant is not clear"
            return Verdict("unverifiable", plain.value, why)
        return _wrong_at(part, rows)
    last = rows[-1].accuracy
    found = f"the best logged {which} accuracy is {best:.2f} %" + (
        f", the last {last:.2f} %" if part.role != "best" else ""
    )
    value = last if part.role == "final" else best
    if reason := _otherwise(part, subject, rows):
        return Verdict("unverifiable", value, f"{found}; {reason}")
    return Verdict("false", value, found)


def _otherwise(part: Part, subject: Subject, rows: tuple[Row, ...]) -> str:
    """What the words may mean other than the best or the last accuracy of this log; "" where nothing."""
    values = [row.accuracy for row in rows]
    if part.round and part.number < max(values):
        return "the number may be a limit that was set"
    if any(rounded_up(part, value) for value in (max(values), values[-1])):
        return "rounded it is that, yet it lies below"
    if part.sense == "around":
        near = any(abs(value - part.number) < FAR for value in (max(values), values[-1]))
        return "the two numbers are close" if near else ""
    if part.sense in ("below", "at_most"):
        return "it is not clear what an upper limit means here"
    if part.sense:
        return ""
    if part.role == "final" and agrees(part, max(values)):
        return "the sentence may mean the best"
    if (
        part.split == "train"
        and part.loose
        and any(agrees(part, value) for value in _train_at_best(subject))
    ):
        return "it is that of the epoch with the best test accuracy"
    if part.role != "best" and part.unit < 1:
        row = next((row for row in rows if agrees(part, row.accuracy)), None)
        if row is not None:
            return f"it is that of {row.label}"
    if not part.split and any(
        agrees(part, row.accuracy) for row in accuracy_rows(subject.runs[0], "train")
    ):
        return "it may be the training accuracy"
    if part.split != "train" and any(
        agrees(part, number.value * scale)
        for number, _ in subject.runs[0].evaluations
        for scale in (1, 100)
    ):
        return "it is that of an evaluation outside of the epochs"
    return ""


def _train_at_best(subject: Subject) -> list[float]:
    """The training accuracy of the epoch with the judged run's best test accuracy."""
    run = subject.runs[0]
    tested = accuracy_rows(run, tested_split(run)) if tested_split(run) else ()
    return [
        row.accuracy
        for row in accuracy_rows(run, "train")
        if tested and row.epoch is _best(tested).epoch
    ]


def _wrong_at(part: Part, rows: tuple[Row, ...]) -> Verdict:
    best = _best(rows).accuracy
    if part.number > best + {"around": FAR, "over": 0.0}.get(part.sense, part.unit):
        return Verdict(
            "false", None, f"{part.number:g} % was never reached: the best logged is {best:.2f} %"
        )
    if _is_best_so_far(part):
        found = _bests_so_far(part, rows)
        if not found:
            return Verdict(
                "unverifiable",
                None,
                f"the log does not show epoch {part.epoch} and those before it",
            )
        return Verdict(
            "false", found[0].accuracy, f"the best up to then is {found[0].accuracy:.2f} %"
        )
    first, near = _first(part, rows), _near(part, rows)
    row = next((row for row in near if rounded_up(part, row.accuracy)), None)
    if row is not None and not part.reached:
        why = f"{row.label} logs {row.accuracy:.2f} %, which lies below {part.number:g} %"
        return Verdict("unverifiable", row.accuracy, why)
    if part.sense in ("around", "below", "at_most") or first is None and not near:
        return Verdict(
            "unverifiable", None, f"epoch {part.epoch} is not logged, or the sentence is not exact"
        )
    if (
        part.reached
        and part.when != "after"
        and (part.unit >= 1 or part.when == "within")
        and first is not None
    ):
        if first.index is None or rows[0].index:
            return Verdict("unverifiable", None, f"the log begins at {rows[0].label}")
        if part.when == "within" and first.index <= part.epoch:
            return Verdict(
                "unverifiable", first.index, f"only {rows[-1].index + 1} epochs are logged"
            )
        return Verdict(
            "false", first.index, f"{part.number:g} % was first reached at {_counted(first)}"
        )
    if part.when == "within":
        return Verdict("unverifiable", None, "which epoch is meant is not clear")
    if not near:
        return Verdict("unverifiable", None, f"epoch {part.epoch} is not logged")
    if part.when == "after" and near[-1].accuracy >= part.number and part.unit >= 1:
        return Verdict(
            "unverifiable",
            near[-1].accuracy,
            f"{near[-1].label} logs more, {near[-1].accuracy:.2f} %",
        )
    row = next((row for row in near if row.epoch.number == part.epoch), near[-1])
    return Verdict("false", row.accuracy, f"{row.label} logs {row.accuracy:.2f} %")


def judge_epochs(part: Part, subject: Subject) -> Verdict:
    """The verdict on a claimed number of epochs."""
    fact = subject.fact("epochs")
    if fact.value is None:
        return Verdict("unverifiable", None, fact.why)
    if (
        fact.value == part.number
        and not part.sense
        or part.sense == "below"
        and fact.value < part.number
    ):
        return Verdict("true", fact.value, f"{fact.value} epochs are logged")
    if subject.runs and subject.runs[0].length == part.number and not part.sense:
        return Verdict(
            "true",
            int(part.number),
            f"{part.number:g} epochs were begun one after another; {fact.value} of "
            "them log a result",
        )
    other = next((run for run in subject.runs[1:] if run.length == part.number), None)
    if other and not part.sense:
        return Verdict(
            "true", other.length, f"of another run than the judged one: {describe(other)}"
        )
    run = subject.runs[0] if subject.runs else None
    planned = {epoch.of for epoch in run.epochs} | {run.epochs[-1].number} if run else set()
    if run and run.epochs[0].number not in (None, 0, 1) and part.number > fact.value:
        first = run.epochs[0].number
        return Verdict(
            "unverifiable",
            fact.value,
            f"only {fact.value} epochs are logged, from epoch {first} on",
        )
    if run and run.stopped and part.number > fact.value and part.reached:
        return Verdict(
            "false", fact.value, f"{fact.value} epochs are logged, then training was stopped early"
        )
    if part.number in planned:
        return Verdict(
            "unverifiable",
            fact.value,
            f"{fact.value} epochs are logged; {part.number:g} is the number of the "
            "last one, or how many were planned",
        )
    return Verdict("false", fact.value, f"{fact.value} epochs are logged")
