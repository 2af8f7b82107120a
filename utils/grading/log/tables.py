"""Logs that are tables: CSV and TSV files, Markdown tables, the tables that fastai shows."""

import re
from dataclasses import dataclass

from utils.grading.log.averaged_weights import AVERAGED, NAMED
from utils.grading.log.epoch_and_bar import LINE_LIMIT, LogLine
from utils.grading.log.losses_and_accuracies import OTHER, Number

_EPOCH = re.compile(r"epochs?|epoch[ _#]*(?:no\.?|number)?|#", re.I)
_REAL = re.compile(r"[*`\s]*([-+]?\d{1,9}(?:\.(\d{0,25}))?(?:e[-+]?\d{1,3})?)\s*(%?)[*`\s]*", re.I)
_COUNTED = re.compile(r"\s*(\d{1,9})\s*/\s*(\d{1,9})\s*(?:\(.*\))?\s*")
_TOP_OTHER = re.compile(r"(?:acc(?:uracy)?|prec|top)[-_@ ]?(?:[2-9]|\d\d)(?!\d)", re.I)
_NAME = re.compile(r"[A-Za-z][\w./@-]{0,40}")
_ACCURACIES = ("accuracy", AVERAGED["accuracy"])
_NO_RESULTS = (
    "lr",
    "learning_rate",
    "time",
    "seconds",
    "epoch_time",
    "step",
)  # columns beside those of a training


@dataclass(frozen=True)
class Header:
    """What each column of a table holds, by its place: "epoch" or (split, quantity). `width` counts the columns.

    `frame`: pandas printed it, in columns that blanks or tabs separate; its rows may begin with an index that has no name.
    """

    columns: dict[int, object]
    width: int
    frame: bool


def read_header(text: str) -> Header | None:
    """The columns of a header line; None where it heads no log."""
    if (
        len(text) > LINE_LIMIT
        or "acc" not in text.lower()
        and "correct" not in text.lower()
        or "%|" in text
    ):
        return None
    if "poch" not in text.lower():
        return _frame_header(text, epochs=0)
    names = _fields(text)
    columns = _columns(names)
    held = [held for held in columns.values() if held]
    if held.count("epoch") != 1 or not any(one[1] in (*_ACCURACIES, "correct") for one in held):
        return _frame_header(text, epochs=1)
    fastai = (
        ("val", "loss") in held and ("train", "loss") in held and ("val", "accuracy") not in held
    )
    unnamed = "val" if fastai else "train" if ("val", "accuracy") in held else ""
    columns = {place: (unnamed, one[1]) if one[0] == "" else one for place, one in columns.items()}
    return Header(columns, len(names), "\t" in text and "|" not in text)


def _columns(names: list[str]) -> dict[int, object]:
    """The columns that hold something, each thing once: the first of that meaning."""
    places: dict[object, int] = {}
    for place, name in enumerate(names):
        if held := meaning(name):
            places.setdefault(held, place)
    return {place: held for held, place in places.items()}


def _frame_header(text: str, epochs: int) -> Header | None:
    """The header of a pandas frame: nothing but names of results, each of one word, among them a test accuracy.

    Where no column is the epoch the rows are only taken to be epochs if there are training results or losses beside it: a
    table of trials has other columns.
    """
    names = text.split()
    if not 2 <= len(names) <= 12 or not all(map(_NAME.fullmatch, names)):
        return None
    columns = _columns(names)
    held = set(columns.values())
    known = all(place in columns or name.lower() in _NO_RESULTS for place, name in enumerate(names))
    tested = {(split, quantity) for split in ("test", "val") for quantity in _ACCURACIES} & held
    others = any(one != "epoch" and (one[0] == "train" or one[1] == "loss") for one in held)
    if not known or not tested or not others or ("epoch" in held) != bool(epochs):
        return None
    return Header(columns, len(names), True)


def read_row(header: Header, text: str) -> LogLine | None:
    """The line that a row below the header stands for; None where it is not a row of the table."""
    text = text[:LINE_LIMIT]
    cells = text.split() if header.frame and "\t" not in text else _fields(text)
    columns = header.columns
    if "epoch" not in columns.values():
        columns = {place + 1: held for place, held in columns.items()} | {0: "epoch"}
    elif header.frame and len(cells) == header.width + 1:
        columns = {place + 1: held for place, held in columns.items()}
    elif header.frame and len(cells) > header.width:
        return None
    if max(columns) >= len(cells):
        return None
    epoch, numbers = None, {}
    for place, held in columns.items():
        cell = cells[place]
        if held == "epoch":
            match = _REAL.fullmatch(cell)
            epoch = int(float(match[1])) if match and 0 <= float(match[1]) < 100_000 else None
        elif number := _number(cell):
            numbers[held] = number
    return (
        LogLine(epoch, numbers=_with_counts(numbers), counted=True) if epoch is not None else None
    )


def is_rule(text: str) -> bool:
    """The line of dashes below a Markdown header, or the row of dots where pandas leaves out the middle."""
    return bool(text.strip()) and not text.strip(" |:-+=.…\t")


def _fields(text: str) -> list[str]:
    separator = next((mark for mark in ("|", "\t", ",", ";") if mark in text), None)
    return (
        [" ".join(field.split()) for field in text.strip().strip("|").split(separator)]
        if separator
        else []
    )


def meaning(name: str) -> object:
    """What a column or list of that name holds: "epoch", (split, quantity), or None."""
    name = name.strip('*`" ').lower()
    if _EPOCH.fullmatch(name):
        return "epoch"
    quantity = re.search(r"loss|acc|correct|total", name)
    if (
        not quantity
        or "best" in name
        or name.endswith("_step")
        or OTHER.search(name)
        or _TOP_OTHER.search(name)
    ):
        return None
    split = re.search(r"train|test|val|eval", name)
    held = {"acc": "accuracy"}.get(quantity[0], quantity[0])
    return {"eval": "val"}.get(split[0], split[0]) if split else "", AVERAGED.get(
        held, held
    ) if NAMED.search(name) else held


def _number(cell: str) -> Number | None:
    if match := _COUNTED.fullmatch(cell):
        correct, total = int(match[1]), int(match[2])
        return (
            Number(100 * correct / total, 0.0, True, None, correct, total) if total >= 100 else None
        )
    match = _REAL.fullmatch(cell)
    if not match:
        return None
    return Number(float(match[1]), 10.0 ** -len(match[2] or ""), bool(match[3]), average=True)


def _with_counts(numbers: dict) -> dict:
    """Columns "correct" and "total" give the accuracy, where the table has both."""
    found = {
        meaning: number
        for meaning, number in numbers.items()
        if meaning[1] not in ("correct", "total")
    }
    for split in ("train", "test", "val"):
        correct, total = numbers.get((split, "correct")), numbers.get((split, "total"))
        if correct and total and total.value >= 100:
            printed = found.get((split, "accuracy"))
            found[split, "accuracy"] = Number(
                100 * correct.value / total.value,
                printed.unit if printed else 0.0,
                True,
                printed.value if printed else None,
                int(correct.value),
                int(total.value),
            )
    return found
