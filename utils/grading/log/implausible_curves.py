"""Whether a log's course is one that training takes: epochs that repeat, accuracies that jump, losses that do not fit."""

import math
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate
from statistics import median

from utils.grading.log.accuracies import Row, accuracy_rows
from utils.grading.log.contradictions import Contradiction
from utils.grading.log.epochs import Run

CHANCES = 0.003  # agreements that chance may be expected to make where one counts as a copy
CHANCE = 10.0  # per cent; a network that diverged stays here, and its log repeats itself
SPIKE = 6.0  # per cent by which one epoch may stand above all before it and those after it
LEAP = 0.5  # share of the errors that may vanish within one epoch in which the training accuracy hardly rises
LEAP_ALONE = 0.65  # the same where no training accuracy is logged: a step of the learning rate halves the errors
LEARNED = 50.0  # per cent from which on there are no such leaps and spikes; before it every training is restless
STEP = 12.0  # per cent by which training and test accuracy may rise together; a step of the learning rate gives less
RESTART = 15.0  # per cent of training accuracy that only a new beginning loses
BEGINNING = 3  # epochs in which every leap is possible


def course_contradictions(run: Run, split: str) -> Iterator[Contradiction]:
    """What no training does; `split` is the one that stands for the test set."""
    rows = accuracy_rows(run, split)
    yield from _repeated_losses(run)
    yield from _repeated_epochs(rows)
    yield from _leaps(run, rows)
    yield from _restarts(run, rows)
    yield from _misfits(rows, split)


def _repeated_losses(run: Run) -> Iterator[Contradiction]:
    """A loss that agrees to seven digits and more with that of another epoch was copied."""
    seen = {}
    for epoch in run.epochs:
        for (split, quantity), number in epoch.numbers.items():
            if (
                quantity != "loss"
                or not math.isfinite(number.value)
                or abs(number.value) < number.unit * 1e6
            ):
                continue
            if (split, number.value) in seen:
                before = seen[split, number.value]
                text = f"epochs {before} and {epoch.number} log the same loss, {number.value!r}"
                yield Contradiction(text, epoch.places[split])
            seen.setdefault((split, number.value), epoch.number)


def _repeated_epochs(rows: tuple[Row, ...]) -> Iterator[Contradiction]:
    """Epochs that agree in all their numbers, and several in a row that come again, more often than chance lets them."""
    tested = [(row.accuracy, _loss(row)) for row in rows]
    trained = [
        tuple(
            number.value
            for (split, _), number in sorted(row.epoch.numbers.items())
            if split in ("train", "")
        )
        for row in rows
    ]
    pairs = len(rows) * (len(rows) - 1) / 2
    if pairs * _agreement(tested) * _agreement(trained) < CHANCES:
        yield from _again(rows, list(zip(tested, trained)), 1)
    length = next(
        (length for length in (3, 4, 5, 6) if pairs * _agreement(tested) ** length < CHANCES), None
    )
    if length:
        yield from _again(rows, tested, length)
    for start in range(len(rows) - 5):
        six, row = set(tested[start : start + 6]), rows[start]
        if len(six) == 1 and row.unit < 0.02 and abs(row.accuracy - CHANCE) > 0.01:
            yield Contradiction(
                f"from {row.label} on, six epochs log the same {row.accuracy:g} %", row.place
            )
            return


def _again(rows: tuple[Row, ...], values: list[tuple], length: int) -> Iterator[Contradiction]:
    """The first place where `length` values in a row, not all alike unless it is one, come a second time."""
    first = {}
    for start in range(len(rows) - length + 1):
        part = tuple(values[start : start + length])
        before = first.setdefault(part, start)
        said_enough = length > 1 or (
            part[0][1] and len(part[0][1]) + 1 + (part[0][0][1] is not None) >= 3
        )
        diverged = abs(rows[start].accuracy - CHANCE) <= 0.01
        if (
            start - before >= length
            and said_enough
            and not diverged
            and (length == 1 or len(set(part)) > 1)
        ):
            what = "all numbers of" if length == 1 else f"the {length} epochs from"
            yield Contradiction(
                f"{what} {rows[before].label} come again at {rows[start].label}", rows[start].place
            )
            return


def _agreement(values: list[tuple]) -> float:
    """How often two epochs of the run agree, as a share of all pairs; at least one pair of them."""
    pairs = len(values) * (len(values) - 1) / 2
    return max(sum(count * (count - 1) / 2 for count in Counter(values).values()), 1) / max(
        pairs, 1
    )


def _leaps(run: Run, rows: tuple[Row, ...]) -> Iterator[Contradiction]:
    """A single epoch far above all before it and the next three, or a leap that the training accuracy knows nothing of."""
    train = {id(row.epoch): row.accuracy for row in accuracy_rows(run, "train")}
    highest = list(accumulate((row.accuracy for row in rows), max))
    for place in range(BEGINNING, len(rows)):
        row, best = rows[place], highest[place - 1]
        after = [row.accuracy for row in rows[place + 1 : place + 4]]
        behind_gap = bool(run.left_out) and row.epoch.number == run.left_out[-1] + 1
        if best < LEARNED or behind_gap:
            continue
        here, before = train.get(id(row.epoch)), train.get(id(rows[place - 1].epoch))
        known = here is not None and before is not None
        rise, learned = row.accuracy - best, here - before if known else 0.0
        if (
            after and row.accuracy - max(best, *after) > SPIKE and not _ratio(row)
        ):  # with a loss, _misfits tells better
            yield Contradiction(
                f"{row.label} logs {row.accuracy:.2f} %, between a best of {best:.2f} % before it and "
                f"{max(after):.2f} % after it",
                row.place,
            )
        elif (learned < SPIKE and rise > (LEAP if known else LEAP_ALONE) * (100 - best)) or (
            best > LEARNED + 10 and min(rise, learned) > STEP
        ):
            yield Contradiction(
                f"{row.label} leaps from a best of {best:.2f} % to {row.accuracy:.2f} %", row.place
            )


def _restarts(run: Run, rows: tuple[Row, ...]) -> Iterator[Contradiction]:
    """The training accuracy falls back to that of a beginner although the epochs are numbered on."""
    train = accuracy_rows(run, "train")
    for before, after in zip(train, train[1:]):
        if before.accuracy - after.accuracy > RESTART and after.accuracy > CHANCE + 5:
            yield Contradiction(
                f"at {after.label} the training accuracy falls from {before.accuracy:.2f} % to "
                f"{after.accuracy:.2f} %: another run begins there",
                after.place,
            )
            return
    if train:
        return
    for place in range(3, len(rows) - 2):
        earlier, later = (
            [row.accuracy for row in part]
            for part in (rows[place - 3 : place], rows[place : place + 3])
        )
        if min(earlier) - max(later) > RESTART and later == sorted(later) and later[0] > CHANCE + 5:
            yield Contradiction(
                f"at {rows[place].label} the accuracy falls from {earlier[-1]:.2f} % to {later[0]:.2f} % "
                "and grows anew: another run begins there",
                rows[place].place,
            )
            return


def _misfits(rows: tuple[Row, ...], split: str) -> Iterator[Contradiction]:
    """Loss and share of wrong answers move together; a high accuracy with its neighbours' loss was not measured with it."""
    ratios = [_ratio(row) for row in rows]
    for place in range(BEGINNING, len(rows)):
        near = [
            ratio
            for ratio in ratios[max(place - 5, 0) : place] + ratios[place + 1 : place + 6]
            if ratio
        ]
        beside = [
            row.accuracy for row in rows[max(place - 3, 0) : place] + rows[place + 1 : place + 4]
        ]
        if len(near) < 4 or not ratios[place]:
            continue
        row, usual = rows[place], median(near)
        if row.accuracy > max(beside) + 1.5 and ratios[place] > 1.25 * usual:
            fitting = 100 * (1 - _loss(row) / usual)
            yield Contradiction(
                f"the {split} loss of {row.label}, {_loss(row):g}, fits about {fitting:.1f} %, as in the "
                f"epochs beside it, not {row.accuracy:.2f} %",
                row.place,
            )


def _loss(row: Row) -> float | None:
    number = next(
        (
            number
            for (split, quantity), number in row.epoch.numbers.items()
            if quantity == "loss" and split in ("test", "val")
        ),
        None,
    )
    return number.value if number and math.isfinite(number.value) else None


def _ratio(row: Row) -> float | None:
    """The loss for each share of wrong answers; None where the loss is printed with too few digits to tell."""
    loss = _loss(row)
    if loss and loss < 20 * max(
        row.epoch.numbers[split, "loss"].unit
        for split in ("test", "val")
        if (split, "loss") in row.epoch.numbers
    ):
        return None
    return loss / (1 - row.accuracy / 100) if loss and loss > 0 and row.accuracy < 100 else None
