"""The accuracies of a run in per cent, by epochs counted from 0, whatever units and numbers its log prints."""

from collections.abc import Iterable
from dataclasses import dataclass

from utils.grading.facts import Evidence
from utils.grading.log.epochs import Epoch, Run
from utils.grading.log.number import Number


@dataclass(frozen=True)
class Row:
    """The accuracy of one epoch on one split. `index` counts epochs from 0 (None where the log does not tell from what it
    counts), `label` is the epoch as the log calls it; `accuracy` is in per cent, exact to half of `unit`."""

    index: int | None
    label: str
    accuracy: float
    unit: float
    number: Number
    epoch: Epoch
    place: Evidence


def tested_split(run: Run) -> str | None:
    """Where the test accuracy stands: "test", or "val" where the log calls it validation; None where there is none."""
    held = {
        split: sum((split, "accuracy") in epoch.numbers for epoch in run.epochs)
        for split in ("test", "val")
    }
    if held["test"] >= max(1, held["val"] / 2):
        return "test"
    return "val" if held["val"] else None


def counted_from(run: Run) -> int | None:
    """The number that the log gives to a first epoch, 0 or 1; None where it begins later and nothing tells."""
    numbers = [epoch.number for epoch in run.epochs]
    if numbers[0] is None:
        return 0
    if numbers[0] in (0, 1):
        return numbers[0]
    of = next((epoch.of for epoch in run.epochs if epoch.of), None)
    if of and max(numbers) in (of, of - 1):
        return 1 if max(numbers) == of else 0
    return None


def per_cent(numbers: Iterable[Number]) -> float:
    """The factor that makes per cent of accuracies as they are printed: 100 where all are fractions.

    A fraction that is printed with a per cent sign ("0.86 %") still is one: no training ends below 1 %.
    """
    values = [number.value for number in numbers if number.total is None]
    return 100.0 if values and all(value <= 1 for value in values) else 1.0


def accuracy_rows(run: Run, split: str) -> tuple[Row, ...]:
    """One row for each epoch of `run` that logs an accuracy on `split`."""
    factor = per_cent(
        epoch.numbers[split, "accuracy"]
        for epoch in run.epochs
        if (split, "accuracy") in epoch.numbers
    )
    base, rows = counted_from(run), []
    for order, epoch in enumerate(run.epochs):
        number = epoch.numbers.get((split, "accuracy"))
        if number is None or not 0 <= number.value < float("inf"):
            continue
        index = order if epoch.number is None else None if base is None else epoch.number - base
        label = (
            f"epoch {epoch.number}"
            if epoch.number is not None
            else f"epoch {order}, counted from 0"
        )
        accuracy, unit = (
            (number.value, 0.0) if number.total else (number.value * factor, number.unit * factor)
        )
        place = epoch.places.get(split, Evidence(run.source))
        rows.append(Row(index, label, round(accuracy, 6), unit, number, epoch, place))
    return tuple(rows)
