"""One record per epoch; the log text and its parser, each the other's inverse; the same records as CSV."""

import csv
import re
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields, replace

from tqdm import tqdm

from utils.tables import csv_table, read_csv

SETTLED = 5  # the last epochs, over which the figure to quote is the mean


@dataclass(frozen=True)
class EpochRecord:
    """The figures of one epoch; None where a log does not give them.

    Losses are means over samples, rounded to the 4 digits that a log shows (in a log from elsewhere, what it calls the
    average); accuracies are percentages; times are in seconds to 2 digits. `last_loss` is the loss of the last batch, `lr`
    the learning rate of the last step.
    """

    epoch: int
    steps: int | None = None
    last_loss: float | None = None
    train_accuracy: float | None = None
    train_loss: float | None = None
    train_correct: int | None = None
    train_total: int | None = None
    test_loss: float | None = None
    test_correct: int | None = None
    test_total: int | None = None
    lr: float | None = None
    train_seconds: float | None = None
    test_seconds: float | None = None

    def of(self, split: str) -> tuple[float | None, int | None, int | None]:
        """Average loss, right ones and number of images of "train" or "test"."""
        return tuple(getattr(self, f"{split}_{figure}") for figure in ("loss", "correct", "total"))

    @property
    def test_accuracy(self) -> float | None:
        """Per cent, to 2 digits; None where the log has no test line."""
        return percent(self.test_correct, self.test_total) if self.test_total else None


def percent(correct: int, total: int) -> float:
    """`correct` of `total` in per cent, to 2 digits; `total` at least 1."""
    return round(100 * correct / total, 2)


def best_epoch(records: Iterable[EpochRecord]) -> EpochRecord:
    """The record with the highest test accuracy, the earliest of equals; ValueError when no record has one."""
    return max(
        (record for record in records if record.test_total), key=lambda record: record.test_accuracy
    )


def settled_accuracy(records: Sequence[EpochRecord], count: int = SETTLED) -> float:
    """The mean test accuracy of the last `count` epochs, in per cent: none of them was selected."""
    return statistics.fmean(record.test_accuracy for record in records[-count:])


# --- the log text -----------------------------------------------------------------------------------------------------


def step_text(loss: float, batch: int, accuracy: float) -> str:
    """The text before the progress bar after batch number `batch`, counted from 0."""
    return f"Loss={loss} Batch_id={batch} Accuracy={accuracy:.2f}"


def bar_text(record: EpochRecord) -> str:
    """The progress bar as tqdm leaves it behind at the end of the epoch, for a record with `steps` and `train_seconds`."""
    prefix = ""
    if record.last_loss is not None and record.train_accuracy is not None:
        prefix = step_text(record.last_loss, record.steps - 1, record.train_accuracy)
    return tqdm.format_meter(record.steps, record.steps, record.train_seconds, prefix=prefix)


def result_text(record: EpochRecord) -> str:
    """The lines after the bar: train set, test set, learning rate and times, as far as the record knows them."""
    parts = [
        _set_text(split, *record.of(split))
        for split in ("train", "test")
        if _is_known(*record.of(split))
    ]
    if None not in (record.lr, record.train_seconds, record.test_seconds):
        parts.append(
            f"Learning rate: {record.lr}, training: {record.train_seconds} s, testing: {record.test_seconds} s\n"
        )
    return "\n".join(parts)


def _is_known(loss: float | None, correct: int | None, total: int | None) -> bool:
    return bool(total) and loss is not None


def _set_text(split: str, loss: float, correct: int, total: int) -> str:
    accuracy = f"{correct}/{total} ({percent(correct, total):.2f}%)"
    return f"{split.capitalize()} set: Average loss: {loss:.4f}, Accuracy: {accuracy}\n"


def format_log(records: Iterable[EpochRecord]) -> str:
    """The log of a run: for each epoch its number, the last progress bar and the result lines.

    parse_log gives the same records back when each has all the figures that `fit` records; a line for which a figure is
    unknown is left out.
    """
    texts = []
    for record in records:
        bar = f"{bar_text(record)}\n\n" if record.steps and record.train_seconds is not None else ""
        texts.append(f"EPOCH: {record.epoch}\n{bar}{result_text(record)}\n")
    return "".join(texts)


_EPOCH = re.compile(r"^\s*EPOCH:\s*(\d+)")
_NUMBER = r"(\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|nan|inf)"
_BAR = re.compile(
    rf"(?:Loss={_NUMBER} Batch_id=\d+ Accuracy={_NUMBER}: )?"
    r"100%\|[^|]*\|\s*(\d+)/\d+ \[(?:(\d+):)?(\d+):(\d+)<"
)
_SET = re.compile(rf"(Train|Test) set: Average loss: {_NUMBER}, Accuracy: (\d+)/([1-9]\d*)")
_TIMES = re.compile(rf"Learning rate: {_NUMBER}, training: {_NUMBER} s, testing: {_NUMBER} s")


def parse_log(text: str) -> list[list[EpochRecord]]:
    """The runs in `text`, each a list of its epochs; a new run begins where the epoch number does not grow.

    Reads what format_log writes, and logs in which some lines are missing; all other text is ignored.
    """
    runs: list[list[EpochRecord]] = []
    for line in re.split(r"[\r\n]+", text):
        if match := _EPOCH.search(line):
            epoch = int(match[1])
            if not runs or epoch <= runs[-1][-1].epoch:
                runs.append([])
            runs[-1].append(EpochRecord(epoch))
        elif runs:
            runs[-1][-1] = replace(runs[-1][-1], **_fields_in(line))
    return runs


def _fields_in(line: str) -> dict:
    """The fields of an EpochRecord that one line of a log gives."""
    if match := _SET.search(line):
        name, correct, total = match[1].lower(), int(match[3]), int(match[4])
        found = {
            f"{name}_loss": float(match[2]),
            f"{name}_correct": correct,
            f"{name}_total": total,
        }
        return found | ({"train_accuracy": percent(correct, total)} if name == "train" else {})
    if match := _BAR.search(line):
        loss, accuracy, steps, hours, minutes, seconds = match.groups()
        found = {
            "steps": int(steps),
            "train_seconds": float(int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)),
        }
        return found | (
            {"last_loss": float(loss), "train_accuracy": float(accuracy)} if loss else {}
        )
    if match := _TIMES.search(line):
        return dict(zip(("lr", "train_seconds", "test_seconds"), map(float, match.groups())))
    return {}


# --- CSV --------------------------------------------------------------------------------------------------------------


def format_csv(records: Iterable[EpochRecord]) -> str:
    """The records as CSV with a header line; a cell is empty where the figure is unknown."""
    return csv_table([field.name for field in fields(EpochRecord)], map(astuple, records))


def parse_csv(text: str) -> list[EpochRecord]:
    """The inverse of format_csv; ValueError for other columns, a row that is not whole, or a cell that is no number."""
    names = {field.name for field in fields(EpochRecord)}
    whole = {"epoch", "steps", "train_correct", "train_total", "test_correct", "test_total"}
    try:
        rows = read_csv(text)
    except csv.Error as error:
        raise ValueError(str(error)) from None
    for number, row in enumerate(rows, start=1):
        if set(row) != names or None in row.values():
            raise ValueError(f"row {number} has other columns, or not all of them")
    if rows and not text.endswith("\n"):
        raise ValueError(f"row {len(rows)} is cut off")
    return [
        EpochRecord(
            **{name: (int if name in whole else float)(cell) for name, cell in row.items() if cell}
        )
        for row in rows
    ]
