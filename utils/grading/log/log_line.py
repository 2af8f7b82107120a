"""One line of a training log, in the many shapes that students print: epoch number, progress bar, losses, accuracies."""

import re
from dataclasses import dataclass, field

from utils.grading.log.decimal_commas import percentages_with_points
from utils.grading.log.losses_and_accuracies import read_numbers
from utils.grading.log.number import Number
from utils.grading.log.unlabelled_pairs import read_pairs
from utils.grading.log.usual_words import in_usual_words

TESTED = (("test", "accuracy"), ("val", "accuracy"))
LINE_LIMIT = 2_000  # characters; what comes later in a line is no log


@dataclass(frozen=True)
class Bar:
    """A progress bar: steps done of all, seconds shown, and the steps a second that it shows (None where it does not)."""

    done: int
    steps: int
    seconds: float
    rate: float | None


@dataclass(frozen=True)
class LogLine:
    """What a line says. `numbers` are keyed by split ("train", "test", "val" or "") and quantity: "loss", "accuracy", or one
    of AVERAGED.

    `no_better`: the line says of its epoch that it was no better than the best before, and no more than that.
    `remark`: the line comments on an epoch (a checkpoint saved, a learning rate set) and neither begins nor measures one.
    `counted`: an accuracy is given as correct/total, which prose does not do.
    """

    epoch: int | None = None
    of: int | None = None
    numbers: dict[tuple[str, str], Number] = field(default_factory=dict)
    bar: Bar | None = None
    batch: int | None = None
    remark: bool = False
    counted: bool = False
    no_better: bool = False


_HINT = re.compile(
    r"[eé]p(?:oche?|oque|oca)?\W{0,4}\d|acc|loss|top.?1|prec|/s\]|s/it|\d{1,9}/\d{1,9} \[|"
    r"(?:test|val)\w{0,8}(?: set| data)?\W{1,3}\d",
    re.I,
)
_EPOCH = re.compile(
    r"(?<![a-z_])[eé]p(?:oche?|oque|oca)?(?![a-z])['\"]?\s*(?:no\.?|number|num|#)?\s*[:=#\-]?\s*[\[(]?\s*(\d{1,5})"
    r"(?![\d.]\d|%)\s*(?:(?:/|of|out of)\s*(\d{1,5}))?",
    re.I,
)
_BRACKETED = re.compile(
    r"^\s*\[\s*(\d{1,5})\s*(?:/\s*(\d{1,5})\s*|,\s*\d{1,6}\s*)?\]:?\s*(?=(?:running )?(?:train|test|val|loss|acc|100%))",
    re.I,
)
# A counter at the begin of a line, with or without a word for it: of epochs where the line reports a test as well.
_COUNTER = re.compile(
    r"\W{0,3}(\d{1,5})(?:\s?(?:/|of)\s?(\d{1,5})(?![\d/])\W{0,4}|[\])]?\s?(?:[:|>]|->|=>|-(?=\s))[\s>]{0,3})(?=[a-z])",
    re.I,
)
# What may stand before the word "epoch" of a line that begins one, and after its number.
_BEFORE = re.compile(
    r"(?:[^a-z]|info|debug|it/s|s/it|train(?:ing)?|valid(?:ation)?|test(?:ing)?|start(?:ing|ed)?|running|"
    r"results?|end|finished|completed?|current(?:ly)?|begin(?:ning)?|for|root|main|trainer|logger|log|wandb|rank|"
    r"lr|learning[ _]rate|time|elapsed|(?:s|m|h|sec|min)(?![a-z]))*",
    re.I,
)
_MEASURED = re.compile(
    r"\W*(?:train\w*|test\w*|val\w*)?\s*(?:set\s*)?(?:loss|acc\w*)\s+(?:after|at|for|in|of|on)\s+",
    re.I,
)
_AFTER = re.compile(
    r"\s*(?:$|[^\w\s]|\d|train|test|val|loss|acc|lr|learning|time|took|result|summary|done|complete|"
    r"finish|avg|average|batch|global)",
    re.I,
)

_BAR = re.compile(
    r"(?<!\d)(\d{1,9})/(\d{1,9})\s*\[(?:(\d{1,4}):)?(\d{1,4}):(\d{1,4})<[^\],]*"
    r"(?:,\s*(\d{1,9}(?:\.\d{1,9})?)\s*(it/s|s/it|batch/s|s/batch))?"
)
_KERAS_BAR = re.compile(
    r"(?<!\d)(\d{1,9})/(\d{1,9})\s*(?:\[[=>.]*\]|[━╸╺\s]{5,60})(?:\s*-)?\s*(?:(\d{1,4}):)?(\d{1,6})s\b"
)
_HALF_BAR = re.compile(r"\d{1,3}%\s?\|[^|]{0,400}\|?\s?\d{1,9}/\d{1,9}\s?\[[^\]]*\]?")
_BATCH = re.compile(r"batch(?:[_ ]?id)?\s*[:=]\s*(\d{1,9})(?!\d)", re.I)

# Where a line stops to measure and begins to comment.
_COMMENT = re.compile(
    r"(?<![a-z])(?:best|highest|max(?:imum)?|improv|increas|decreas|sav(?:ed|ing)|checkpoint|early.?stop|"
    r"patience|target|threshold|goal|previous|setting learning|adjusting|reducing|reached|achieved|"
    r"did not)",
    re.I,
)
_MEANT = re.compile(r"[^\W_]")
# A split in brackets behind its number: the readers would take it for that of the next one.
_SPLIT_BEHIND = re.compile(r"\d\s?%?\s?\((?:train|test|val)[a-z]*\)", re.I)
_LIGHTNING = re.compile(r"'(\w+)' reached ")
_NO_BETTER = re.compile(r"'\w{0,20}acc\w{0,20}' was not in top \d", re.I)


def read_line(text: str) -> LogLine | None:
    """What `text`, one line or one frame of a progress bar, says of training; None where it says nothing."""
    # Long runs of blanks would be tried in every way to divide them.
    text = in_usual_words(" ".join(text[:LINE_LIMIT].split()))
    if not _HINT.search(text):
        return None
    text = _LIGHTNING.sub(r"\1: ", text)
    bar = _bar(text)
    if bar and bar.done < bar.steps and "poch" not in text.lower():
        return LogLine(bar=bar)  # a frame that was redrawn
    measured, comment = (text, False) if bar else _without_comments(text)
    epoch, of = _epoch(_HALF_BAR.sub(" ", measured) if "|" in measured else measured)
    pairs, rest = read_pairs(percentages_with_points(measured))
    numbers = read_numbers(rest, strict=epoch is None and bar is None) | pairs
    if _SPLIT_BEHIND.search(measured):
        numbers = {}
    if epoch is None and bar is None and any(key in numbers for key in TESTED):
        epoch, of = _counter(measured)
    if epoch is None and bar is None and not numbers:
        return None
    batch = _BATCH.search(measured)
    remark = comment and not (numbers and epoch is not None)
    counted = any(number.total for number in numbers.values())
    no_better = epoch is not None and not numbers and bool(_NO_BETTER.search(measured))
    return LogLine(
        epoch, of, numbers, bar, int(batch[1]) if batch else None, remark, counted, no_better
    )


def _without_comments(text: str) -> tuple[str, bool]:
    """What a line measures, and whether it comments on that; after a comment that it begins with, a semicolon ends it."""
    comment = _COMMENT.search(text)
    if not comment:
        return text, False
    measured, last = text[: comment.start()], text.rpartition(";")[2]
    if not _MEANT.search(measured) and last != text and not _COMMENT.search(last):
        return last, False
    return measured, True


def _epoch(text: str) -> tuple[int | None, int | None]:
    """The number of the epoch that a line begins or reports on, and of how many."""
    if match := _BRACKETED.match(text):
        return int(match[1]), int(match[2]) if match[2] else None
    match = _EPOCH.search(text)
    if not match or match.start() > 120:
        return None, None
    before = text[: match.start()]
    if not (
        _BEFORE.fullmatch(before) and _AFTER.match(text, match.end()) or _MEASURED.fullmatch(before)
    ):
        return None, None
    return int(match[1]), int(match[2]) if match[2] else None


def _counter(text: str) -> tuple[int | None, int | None]:
    match = _COUNTER.match(text)
    return (int(match[1]), int(match[2]) if match[2] else None) if match else (None, None)


def _bar(text: str) -> Bar | None:
    match = _BAR.search(text)
    if match:
        done, steps, hours, minutes, seconds, rate, unit = match.groups()
        speed = float(rate) if rate else None
        if speed and unit.startswith("s/"):
            speed = 1 / speed
        seconds = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
    elif match := _KERAS_BAR.search(text):
        done, steps, minutes, seconds = match.groups()
        speed, seconds = None, int(minutes or 0) * 60 + int(seconds)
    return Bar(int(done), int(steps), float(seconds), speed or None) if match else None
