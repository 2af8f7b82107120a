"""The log audit: what the judged run reached and when, and whether its log can be true."""

import re
from collections.abc import Iterator

from utils.data.data_sets import CIFAR10
from utils.grading.facts import Audit, Fact
from utils.grading.log.accuracies import accuracy_rows, counted_from, tested_split
from utils.grading.log.accuracy_facts import (
    DOUBTED,
    JudgedRun,
    accuracy_facts,
    tested_once,
    tested_once_facts,
)
from utils.grading.log.contradictions import Contradiction, number_contradictions
from utils.grading.log.data_set import data_set_of
from utils.grading.log.epochs import Run
from utils.grading.log.implausible_curves import course_contradictions
from utils.grading.log.loss_scale import LossScale, loss_scale
from utils.grading.log.printed_from_source import printed_from_source
from utils.grading.log.run_choice import Choice, describe
from utils.grading.submission.contents import Submission

NAMES = (
    "epochs",
    "best_test_accuracy",
    "best_epoch",
    "final_test_accuracy",
    "first_epoch_at_target",
    "log_consistent",
    "loss_normalisation",
    "accuracy_logged",
    "run_parameters",
)
PRINTED = "the printed log is text in the cell's own code, so nothing was measured"
TAKEN_FOR_THE_TEST = "The log calls the test accuracy validation accuracy; it is taken to be measured on the test set."
UNEXPLAINED = "not average cross-entropies, and no usual divisor explains them"
OF_AVERAGED = "The log gives the test accuracy of averaged weights only (EMA or SWA); it is taken for the network's."
UNTRAINED = 70.0  # per cent on the test set that no small network reaches within its first epoch on CIFAR-10
_VALIDATED_ON = re.compile(
    r"\bval(?:id\w*)?\b\W{0,3}(?:set\W{0,3})?(\d{1,3}(?:[,.']?\d{3})+)\b", re.I
)
SHOWN = 10  # contradictions, and runs that are not judged, that the warnings name


def log_audit(submission: Submission, choice: Choice, target: float | None) -> Audit:
    """The facts in NAMES, of the run that was chosen; `target` in per cent, None where the rubric sets none.

    Epochs are counted from 0, accuracies are in per cent. A contradiction that makes the accuracies doubtful leaves them
    null; `accuracy_logged` is the best one as the log has it, doubtful or not. `run_parameters` is the total that a summary
    printed before the run.
    """
    run, split = choice.run, tested_split(choice.run) if choice.run else None
    rows = accuracy_rows(run, split) if run else ()
    if not rows:
        why = choice.why if run is None else "the logged accuracies are no numbers"
        return Audit({name: Fact(None, why) for name in NAMES})
    found = [*number_contradictions(run, split), *course_contradictions(run, split)]
    losses = loss_scale(run, split)
    judged = JudgedRun(run, rows, target, choice.why)
    facts = accuracy_facts(judged, found)
    if (once := tested_once(run, split)) and facts["final_test_accuracy"].value is not None:
        facts = tested_once_facts(once, judged)
    elif split == "val" and (why := _of_other_images(run)):
        facts |= dict.fromkeys(DOUBTED, Fact(None, why, (rows[-1].place,)))
    if copied := printed_from_source(submission, run, rows):
        facts |= dict.fromkeys(DOUBTED, Fact(None, PRINTED, (copied,)))
    before = (
        "printed before the run"
        if run.parameters is not None
        else "no summary was printed before the run"
    )
    facts |= {
        "log_consistent": _consistent(found, losses),
        "loss_normalisation": _normalisation(losses),
        "run_parameters": Fact(run.parameters, before),
    }
    others = "; ".join(map(describe, choice.others[:SHOWN]))
    remark = [f"Judged is {choice.why}. Not judged: {others}."] if others else []
    remark += [f"In the log ({copied.where}), {PRINTED}."] if copied else []
    return Audit(facts, (*remark, *_warnings(run, split, found, losses)))


def _of_other_images(run: Run) -> str:
    """Why the log shows that its validation set is not the test set, "" where it does not."""
    for text in run.before:
        counted = _VALIDATED_ON.search(text)
        if counted and int(re.sub(r"\D", "", counted[1])) != CIFAR10.test_images:
            return f"the log says that it validates on {counted[1]} images, so the test set was not looked at"
    return ""


def _consistent(found: list[Contradiction], losses: LossScale) -> Fact:
    """Whether the log can be true.

    Accuracies that are averages over batches are near the truth and do not count here; nor do losses that are no average
    cross-entropies: they were divided by another count, or it is another loss.
    """
    found = [one for one in found if not one.averaged]
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        return Fact(False, found[0].text + more, tuple(one.place for one in found[:SHOWN]))
    if losses.broken and not losses.explanation:
        return Fact(
            True, f"but the losses are {UNEXPLAINED}: {_broken(losses)}", (losses.broken[0].place,)
        )
    if losses.explanation:
        return Fact(True, f"but the losses are not averages: {losses.explanation}")
    return Fact(
        True,
        "no contradiction found"
        if losses.rows
        else "no contradiction found; no average loss is logged",
    )


def _broken(losses: LossScale) -> str:
    row = losses.broken[0]
    return (
        f"{len(losses.broken)} of {losses.rows} average losses are less than (1 − accuracy) · ln 2, "
        f"the first at {row.label} with {row.accuracy:.2f} %"
    )


def _normalisation(losses: LossScale) -> Fact:
    if not losses.rows:
        return Fact(None, "no average loss is logged")
    place = (losses.broken[0].place,) if losses.broken else ()
    if losses.explanation:
        return Fact(
            losses.explanation,
            _broken(losses) if place else "too large for an average cross-entropy",
            place,
        )
    if place:
        return Fact(None, f"{_broken(losses)}; no normalisation explains it", place)
    return Fact(
        None, losses.suspicion or f"all {losses.rows} average losses can be average cross-entropies"
    )


def _warnings(run: Run, split: str, found: list[Contradiction], losses: LossScale) -> Iterator[str]:
    for one in found[:SHOWN]:
        yield f"In the log ({one.place.where}), {one.text}."
    if losses.explanation:
        rows = (
            f"{len(losses.broken)} of {losses.rows} rows"
            if losses.broken
            else f"{losses.rows} rows"
        )
        yield f"The logged losses are not averages over images: {losses.explanation} ({rows})."
    elif losses.broken:
        yield f"The logged losses are {UNEXPLAINED}: {_broken(losses)}."
    elif losses.suspicion:
        yield f"In the log, {losses.suspicion}."
    if split == "val" and not tested_once(run, split):
        yield TAKEN_FOR_THE_TEST
    if run.averaged:
        yield OF_AVERAGED
    yield from _trained_before(run, split)
    if run.numbered and run.epochs[0].number != counted_from(run):
        yield f"The log begins at epoch {run.epochs[0].number}."
    of = next((epoch.of for epoch in run.epochs if epoch.of), None)
    if of and run.numbered and run.epochs[-1].number < of - 1:
        yield f"The log ends at epoch {run.epochs[-1].number} of {of}."
    top = max(row.accuracy for row in accuracy_rows(run, split))
    for number, place in run.evaluations[:SHOWN]:
        if number.total and number.value > top + 0.005:
            yield f"An evaluation outside of the epochs ({place.where}) gives {number.value:.2f} %."


def _trained_before(run: Run, split: str) -> Iterator[str]:
    """Weights that were loaded: the first epoch of all is where no untrained network gets in one."""
    first = next(iter(accuracy_rows(run, split)))
    if (
        not run.numbered
        or first.epoch is not run.epochs[0]
        or first.index != 0
        or first.accuracy <= UNTRAINED
        or len(run.epochs) < 2
        or data_set_of(run) not in (None, CIFAR10.title)
    ):
        return
    train = next(
        (row.accuracy for row in accuracy_rows(run, "train") if row.epoch is first.epoch), None
    )
    beside = f", with {train:.2f} % in training" if train is not None else ""
    yield (
        f"The first epoch logs {first.accuracy:.2f} % on the test set{beside}: no small network learns CIFAR-10 that "
        "fast, so the weights were probably trained before this log began. Show that training too."
    )
