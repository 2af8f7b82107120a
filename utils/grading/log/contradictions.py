"""Whether a log can be true: counts, totals and steps that do not fit each other, gaps in the numbering, times."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from utils.data.data_sets import CIFAR10
from utils.grading.facts import Evidence
from utils.grading.log.accuracies import Row, accuracy_rows
from utils.grading.log.epochs import Run
from utils.grading.log.number import Number

TIME_FACTOR = (
    5  # tqdm's rate may be a moving average; a difference of more than this is not explained so
)


@dataclass(frozen=True)
class Contradiction:
    """What cannot be so, in one sentence with its numbers; `doubt`: it makes the accuracy itself doubtful."""

    text: str
    place: Evidence
    doubt: bool = True
    averaged: bool = False  # the accuracy is an average over batches: near the truth, not it


def number_contradictions(run: Run, split: str) -> Iterator[Contradiction]:
    """What the numbers of a run say against each other, epoch by epoch; `split` is the one that stands for the test set."""
    test_size, train_size = CIFAR10.test_images, CIFAR10.train_images
    rows = accuracy_rows(run, split)
    for row in rows:
        yield from _count(row, f"the {test_size:,} test images", _images(row) in (None, test_size))
    for row in accuracy_rows(run, "train"):
        images = _images(row) or 0
        fits = images <= train_size or images % train_size == 0
        yield from _count(row, f"the {train_size:,} training images", fits)
    yield from _averages(rows)
    yield from _steps(run)
    yield from _other_steps(run)
    yield from _gaps(run)


def _count(row: Row, images: str, fits: bool) -> Iterator[Contradiction]:
    number = row.number
    if row.accuracy > 100:
        yield Contradiction(f"{row.label} logs an accuracy of {row.accuracy:g} %", row.place)
    if not fits:
        yield Contradiction(
            f"{row.label} is of {_images(row):,} images, which are not {images}", row.place
        )
    if (
        number.total
        and number.printed is not None
        and not _rounds_to(100 * number.correct / number.total, number)
    ):
        yield Contradiction(
            f"{row.label} prints {number.printed:g} for {number.correct}/{number.total}, "
            f"which is {100 * number.correct / number.total:.2f} %",
            row.place,
        )


def _images(row: Row) -> int | None:
    return row.number.total or row.number.images


def _rounds_to(accuracy: float, number: Number) -> bool:
    """Whether `accuracy` is what is printed: rounded, or cut off where no decimals are printed; a fraction will do too."""
    reach = (1 if number.unit >= 1 else 0.5) * number.unit + 1e-6
    return (
        abs(accuracy - number.printed) <= reach
        or abs(accuracy / 100 - number.printed) <= reach <= 0.01
    )


def _averages(rows: tuple[Row, ...]) -> Iterator[Contradiction]:
    """An accuracy with many digits that is not a whole number of images was not counted but averaged over batches."""
    for row in rows:
        images = row.accuracy * CIFAR10.test_images / 100
        digits = max(row.unit, 2e-4) * CIFAR10.test_images / 100  # float32 keeps seven digits
        if row.number.total is None and digits < 0.25 and abs(images - round(images)) > digits:
            yield Contradiction(
                f"{row.label} logs {row.accuracy:.4f} %, which no count of {CIFAR10.test_images:,} images gives: "
                "perhaps an average over batches",
                row.place,
                doubt=False,
                averaged=True,
            )
            return


def _steps(run: Run) -> Iterator[Contradiction]:
    for epoch in run.epochs:
        bar, label = epoch.bar, f"epoch {epoch.number}" if epoch.number is not None else "an epoch"
        if bar is None:
            continue
        place = epoch.places.get("train") or next(iter(epoch.places.values()))
        train = epoch.numbers.get(("train", "accuracy"))
        if epoch.batch is not None and epoch.batch not in (bar.steps - 1, bar.steps):
            yield Contradiction(
                f"{label} ends with Batch_id={epoch.batch} after {bar.steps} steps",
                place,
                doubt=False,
            )
        if train and train.total and batch_size(train.total, bar.steps) is None:
            text = f"no batch size makes {bar.steps} steps of {train.total:,} images ({label})"
            yield Contradiction(text, place, doubt=False)
        shown = bar.steps / bar.rate if bar.rate else bar.seconds
        if bar.seconds >= 5 and not 1 / TIME_FACTOR < shown / bar.seconds < TIME_FACTOR:
            yield Contradiction(
                f"{label} took {bar.seconds:g} s for {bar.steps} steps, but its rate of {bar.rate:g} steps "
                f"a second makes that {shown:.0f} s",
                place,
                doubt=False,
            )


def _other_steps(run: Run) -> Iterator[Contradiction]:
    """From one epoch on, each has another number of steps: two runs under one numbering, or another batch size."""
    steps = [(epoch, epoch.bar.steps) for epoch in run.epochs if epoch.bar]
    change = next((place for place in range(1, len(steps)) if steps[place][1] != steps[0][1]), 0)
    if 1 < change < len(steps) - 1 and len({count for _, count in steps[change:]}) == 1:
        epoch, count = steps[change]
        label = (
            f"epoch {epoch.number}" if epoch.number is not None else f"the epoch of index {change}"
        )
        text = f"from {label} on, an epoch has {count} steps, before it {steps[0][1]}: another run, or another batch size"
        yield Contradiction(text, next(iter(epoch.places.values())), doubt=False)


def batch_size(images: int, steps: int) -> int | None:
    """The batch size that makes `steps` steps of `images` images, preferably a power of two; None where there is none."""
    if not 0 < steps <= images:
        return None
    fitting = (
        [
            size
            for size in range(images // (steps + 1), images // max(steps - 1, 1) + 2)
            if size and steps in (images // size, -(-images // size))
        ]
        if steps > 1
        else [images]
    )
    return min(fitting, key=lambda size: (bin(size).count("1"), size % 10 != 0), default=None)


def _gaps(run: Run) -> Iterator[Contradiction]:
    """Numbers left out; a log of every fifth epoch leaves none out, and may have a first and a last one besides."""
    numbers = [epoch.number for epoch in run.epochs if epoch.number is not None]
    steps = [after - before for before, after in zip(numbers, numbers[1:])]
    usual, begun = Counter(steps).most_common(1)[0][0] if steps else 1, sorted(run.begun)
    for place, step in enumerate(steps):
        if step == usual or (usual > 1 and place in (0, len(steps) - 1)):
            continue
        before, after = numbers[place], numbers[place + 1]
        if bisect_right(begun, before) < bisect_left(
            begun, after
        ):  # they were begun and log nothing
            continue
        text = f"after epoch {before} the log goes on with epoch {after}"
        if usual == 1:
            text = (
                f"epoch {before + 1} is missing"
                if step == 2
                else f"epochs {before + 1} to {after - 1} are missing"
            )
        yield Contradiction(text, next(iter(run.epochs[place + 1].places.values())), doubt=False)
