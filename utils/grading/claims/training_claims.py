"""What is asserted of a training - accuracies, epochs, when a target was reached - held against the logged runs."""

from collections.abc import Iterator
from dataclasses import dataclass

from utils.grading.claims.assertions import Assertion
from utils.grading.facts import Evidence, Fact
from utils.grading.log.accuracies import Row, accuracy_rows, tested_split
from utils.grading.log.run_choice import describe
from utils.grading.log.runs import Run

NEAR = {"accuracy": 1.0, "parameters": 0.05}  # how far "around" reaches: per cent of images; a share of the count
UNKNOWN = Fact(None, "it was not established")


@dataclass(frozen=True)
class Known:
    """What claims are held against: the facts, and the runs that are logged, the judged one first."""
    facts: dict[str, Fact]
    runs: tuple[Run, ...]

    def fact(self, name: str) -> Fact:
        return self.facts.get(name, UNKNOWN)


def _accuracy(one: Assertion, known: Known, place: Evidence) -> tuple[str, object, str]:
    name = "final_test_accuracy" if one.kind == "final_accuracy" else "best_test_accuracy"
    fact = known.fact(name)
    for run, rows in _tested(known, fact):
        values = [rows[-1].accuracy] if name.startswith("final") else [max(row.accuracy for row in rows), rows[-1].accuracy]
        if any(agrees(one, value) for value in values):
            if run is not known.runs[0]:
                return "true", values[0], f"of another run than the judged one: {describe(run)}"
            return "true", values[0], f"logged: {values[0]:.2f} %"
    if fact.value is None:
        return "unverifiable", None, fact.why
    return "false", fact.value, f"{'the last' if name.startswith('final') else 'the best'} logged is {fact.value:.2f} %"


def _train_accuracy(one: Assertion, known: Known, place: Evidence) -> tuple[str, object, str]:
    for run in known.runs:
        rows = accuracy_rows(run, "train")
        if rows and any(agrees(one, value) for value in (max(row.accuracy for row in rows), rows[-1].accuracy)):
            return "true", max(row.accuracy for row in rows), "logged"
    rows = accuracy_rows(known.runs[0], "train") if known.runs else ()
    if not rows:
        return "unverifiable", None, "no training accuracy is logged"
    best = max(row.accuracy for row in rows)
    return "false", best, f"the best logged training accuracy is {best:.2f} %"


def _epochs(one: Assertion, known: Known, place: Evidence) -> tuple[str, object, str]:
    fact = known.fact("epochs")
    if fact.value is None:
        return "unverifiable", None, fact.why
    if fact.value == one.number:
        return "true", fact.value, f"{fact.value} epochs are logged"
    if known.runs and known.runs[0].length == one.number:
        return "true", one.number, f"{one.number} epochs were begun one after the other; {fact.value} of them log a result"
    for run in known.runs[1:]:
        if run.length == one.number:
            return "true", run.length, f"of another run than the judged one: {describe(run)}"
    whole = known.runs and known.runs[0].epochs[0].number in (None, 0, 1)
    if not whole and one.number > fact.value:
        first = known.runs[0].epochs[0].number
        return "unverifiable", fact.value, f"only {fact.value} epochs are logged, from epoch {first} on"
    return "false", fact.value, f"{fact.value} epochs are logged"


def _reached(one: Assertion, known: Known, place: Evidence) -> tuple[str, object, str]:
    """Whether an accuracy was first reached at the epoch that is named, which may be counted from 0 or 1."""
    fact = known.fact("best_test_accuracy")
    tested = list(_tested(known, fact))
    if not tested:
        return "unverifiable", None, fact.why
    firsts = [next((row for row in rows if row.accuracy >= one.number - (one.unit / 2 if one.unit < 1 else 0)), None)
              for _, rows in tested]
    for first in firsts:
        if first is not None and first.index is not None and _at(one, first):
            return "true", first.index, f"first reached at {_counted(first)}"
    if one.unit < 1 and (verdict := _accuracy_at(one, known, place))[0] == "true":
        return verdict
    first, rows = firsts[0], tested[0][1]
    if first is None:
        best = max(row.accuracy for row in rows)
        return "false", None, f"{one.number:g} % was never reached: the best logged is {best:.2f} %"
    if first.index is None or rows[0].index:
        return "unverifiable", None, f"the log begins at {rows[0].label}"
    return "false", first.index, f"{one.number:g} % was first reached at {_counted(first)}"


def _counted(row: Row) -> str:
    return f"index {row.index} (counted from 0; the log calls it {row.label}), with {row.accuracy:.2f} %"


def _at(one: Assertion, first: Row) -> bool:
    if one.within or one.sense in ("below", "at_most"):
        return first.index <= one.epoch
    return one.epoch in (first.index, first.index + 1)


def _accuracy_at(one: Assertion, known: Known, place: Evidence) -> tuple[str, object, str]:
    """Whether an epoch, counted from 0 or 1, had the accuracy that is named."""
    fact = known.fact("best_test_accuracy")
    near = []
    for _, rows in _tested(known, fact):
        at = [row for row in rows if row.epoch.number == one.epoch or row.index in (one.epoch, one.epoch - 1)]
        for row in at:
            if agrees(one, row.accuracy):
                return "true", row.accuracy, f"{row.label} logs {row.accuracy:.2f} %"
        near = near or at
    if not near:
        return "unverifiable", None, fact.why if fact.value is None else f"epoch {one.epoch} is not logged"
    return "false", near[-1].accuracy, f"{near[-1].label} logs {near[-1].accuracy:.2f} %"


def _tested(known: Known, fact: Fact) -> Iterator[tuple[Run, tuple[Row, ...]]]:
    """The runs and their test accuracies; the judged run only where its accuracies are established."""
    for place, run in enumerate(known.runs):
        rows = accuracy_rows(run, tested_split(run))
        if rows and (place or fact.value is not None):
            yield run, rows


def agrees(one: Assertion, value: float) -> bool:
    """Whether `value` is what is asserted, to the digits that are named. "Achieved 85 %" is true of 86.54 % too."""
    accuracy = "accuracy" in one.kind or one.kind == "reached"
    slack = one.unit / 2 + 1e-6
    if one.sense == "around":
        return abs(value - one.number) <= max(slack, NEAR["accuracy"] if accuracy else NEAR["parameters"] * one.number)
    if one.sense in ("over", "at_least", "at least"):
        return value > one.number or (value == one.number and one.sense != "over")
    if one.sense in ("below", "at_most", "at most"):
        return value < one.number or (value == one.number and one.sense != "below")
    if accuracy and one.unit >= 1 and one.number % 5 == 0 and one.number <= value < one.number + 5:
        return True  # round numbers are thresholds
    return abs(value - one.number) <= slack


LOG_JUDGES = {"accuracy": _accuracy, "final_accuracy": _accuracy, "train_accuracy": _train_accuracy,
              "train_final_accuracy": _train_accuracy, "epochs": _epochs, "reached": _reached, "accuracy_at": _accuracy_at}
