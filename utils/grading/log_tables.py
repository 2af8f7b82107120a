"""Logs that are tables: CSV and TSV files, Markdown tables, the tables that fastai shows."""

import re

from utils.grading.log_numbers import Number
from utils.grading.log_shapes import LINE_LIMIT, LogLine

_EPOCH = re.compile(r"epochs?|epoch[ _#]*(?:no\.?|number)?|#", re.I)
_REAL = re.compile(r"[*`\s]*([-+]?\d{1,9}(?:\.(\d{0,25}))?(?:e[-+]?\d{1,3})?)\s*(%?)[*`\s]*", re.I)
_COUNTED = re.compile(r"\s*(\d{1,9})\s*/\s*(\d{1,9})\s*(?:\(.*\))?\s*")


def read_header(text: str) -> dict[int, object] | None:
    """What each column of a header line holds, by its place: "epoch" or (split, quantity); None where it heads no log."""
    if len(text) > LINE_LIMIT or "poch" not in text.lower() or "%|" in text:
        return None
    names = _fields(text)
    columns = {place: _meaning(name) for place, name in enumerate(names)}
    held = [meaning for meaning in columns.values() if meaning]
    if held.count("epoch") != 1 or not any(meaning[1] in ("accuracy", "correct") for meaning in held):
        return None
    fastai = ("val", "loss") in held and ("train", "loss") in held and ("val", "accuracy") not in held
    unnamed = "val" if fastai else "train" if ("val", "accuracy") in held else ""
    return {place: (unnamed, meaning[1]) if meaning[0] == "" else meaning for place, meaning in columns.items() if meaning}


def read_row(columns: dict[int, object], text: str) -> LogLine | None:
    """The line that a row below the header stands for; None where it is no row of the table."""
    cells = _fields(text[:LINE_LIMIT])
    if max(columns) >= len(cells):
        return None
    epoch, numbers = None, {}
    for place, meaning in columns.items():
        cell = cells[place]
        if meaning == "epoch":
            match = _REAL.fullmatch(cell)
            epoch = int(float(match[1])) if match and 0 <= float(match[1]) < 100_000 else None
        elif number := _number(cell):
            numbers[meaning] = number
    return LogLine(epoch, numbers=_with_counts(numbers), counted=True) if epoch is not None else None


def is_rule(text: str) -> bool:
    """The line of dashes below a Markdown header."""
    return bool(text.strip()) and not text.strip(" |:-+=\t")


def _fields(text: str) -> list[str]:
    separator = next((mark for mark in ("|", "\t", ",", ";") if mark in text), None)
    return [" ".join(field.split()) for field in text.strip().strip("|").split(separator)] if separator else []


def _meaning(name: str) -> object:
    name = name.strip("*`\" ").lower()
    if _EPOCH.fullmatch(name):
        return "epoch"
    quantity = re.search(r"loss|acc|correct|total", name)
    if not quantity or "best" in name or name.endswith("_step"):
        return None
    split = re.search(r"train|test|val|eval", name)
    return ({"eval": "val"}.get(split[0], split[0]) if split else "", {"acc": "accuracy"}.get(quantity[0], quantity[0]))


def _number(cell: str) -> Number | None:
    if match := _COUNTED.fullmatch(cell):
        correct, total = int(match[1]), int(match[2])
        return Number(100 * correct / total, 0.0, True, None, correct, total) if total >= 100 else None
    match = _REAL.fullmatch(cell)
    if not match:
        return None
    return Number(float(match[1]), 10.0 ** -len(match[2] or ""), bool(match[3]), average=True)


def _with_counts(numbers: dict) -> dict:
    """Columns "correct" and "total" give the accuracy, where the table has both."""
    found = {meaning: number for meaning, number in numbers.items() if meaning[1] in ("loss", "accuracy")}
    for split in ("train", "test", "val"):
        correct, total = numbers.get((split, "correct")), numbers.get((split, "total"))
        if correct and total and total.value >= 100:
            printed = found.get((split, "accuracy"))
            found[split, "accuracy"] = Number(100 * correct.value / total.value, printed.unit if printed else 0.0, True,
                                              printed.value if printed else None, int(correct.value), int(total.value))
    return found
