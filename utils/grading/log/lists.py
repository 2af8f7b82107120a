"""Results that are printed as a whole when the training is over: lists with a value for each epoch, wandb's summary."""

import re

from utils.grading.facts import Evidence
from utils.grading.log.log_line import TESTED, LogLine
from utils.grading.log.number import REAL, Number, number_of
from utils.grading.log.tables import meaning

LIST_LIMIT = 50_000  # characters
_LONGEST = 1_000  # values; a longer list has one for each batch

_LIST = re.compile(r"([A-Za-z][\w /.-]{2,40})['\"]?\s?[:=]\s?\[([^\[\]]*)\]")
_OPENS = re.compile(r"[:=]\s?\[")
_VALUE = re.compile(REAL, re.I)
_SUMMARY = re.compile(r"(?:wandb: )?([\w/.-]{3,60}) (\d{1,3}(?:\.\d{1,20})?)")

Lists = dict[tuple[str, str], tuple[tuple[Number, ...], Evidence]]


def read_lists(text: str, place: Evidence) -> Lists:
    """The lists of losses and accuracies in a line, by split and quantity: "test_acc = [44.4, 51.66, …]"."""
    found: Lists = {}
    if not _OPENS.search(text[:LIST_LIMIT]):
        return found
    for name, values in _LIST.findall(text[:LIST_LIMIT]):
        held, parts = meaning(name), [part.strip() for part in values.split(",")]
        if (
            held
            and held != "epoch"
            and held[0]
            and held[1] in ("loss", "accuracy")
            and 1 < len(parts) <= _LONGEST
            and all(_VALUE.fullmatch(part) for part in parts)
        ):
            found.setdefault(held, (tuple(number_of(part, False) for part in parts), place))
    return found


def epochs_of(lists: Lists) -> tuple[Lists, int]:
    """The lists that hold one value an epoch, and how many epochs; none where nothing tells that they do.

    A list may have a value for each batch, and the best batch is not the best epoch: the list of test accuracies counts
    where another one, of the training or of losses, is as long.
    """
    for tested in TESTED:
        if tested in lists:
            length = len(lists[tested][0])
            fitting = {key: held for key, held in lists.items() if len(held[0]) == length}
            return (fitting, length) if len(fitting) > 1 else ({}, 0)
    return {}, 0


def begins_summary(text: str) -> bool:
    """Whether `text` is the heading of wandb's summary, whose rows are what was logged last."""
    return "run summary" in text[:80].lower()


def read_summary(text: str) -> LogLine | None:
    """The test accuracy that a row of wandb's summary holds; None for every other row."""
    match = _SUMMARY.fullmatch(" ".join(text[:200].split()))
    held = meaning(match[1]) if match else None
    if held not in TESTED:
        return None
    return LogLine(numbers={held: number_of(match[2], False)})
