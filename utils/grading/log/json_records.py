"""Histories that a program saved or printed as JSON: lists with a value for each epoch, or a record for each epoch."""

import ast
import json
from collections import Counter
from collections.abc import Iterator

from utils.grading.facts import Evidence
from utils.grading.log.epoch_and_bar import LINE_LIMIT, LogLine
from utils.grading.log.losses_and_accuracies import number_of
from utils.grading.log.tables import meaning

MOST_EPOCHS, DEEPEST = 10_000, 3
Columns = dict[str, list[float]]


def history_lines(path: str, text: str) -> Iterator[tuple[str, Evidence]]:
    """The history in the JSON file `path` as the lines of a CSV table, its header first; none where it holds no history.

    Where no list counts the epochs, they are counted from 0.
    """
    try:
        columns = _columns(json.loads(text))
    except (ValueError, RecursionError):
        return
    place = Evidence(file=path)
    if not any(meaning(name) == "epoch" for name in columns):
        columns = {"epoch": list(range(len(next(iter(columns.values()), []))))} | columns
    yield ",".join(columns), place
    for row in zip(*columns.values()):
        yield ",".join(map(repr, row)), place


def read_record(text: str) -> LogLine | None:
    """The epoch that a line reports as one JSON object or printed dict; None where it is none with an epoch's number."""
    text = text.strip()
    if len(text) > LINE_LIMIT or not (text.startswith("{") and text.endswith("}")):
        return None
    record = _parsed(text)
    if not isinstance(record, dict):
        return None
    known = {
        held: value
        for name, value in reversed(_flat(record).items())
        if _is_number(value) and (held := meaning(name))
    }
    epoch = known.pop("epoch", None)
    numbers = {
        held: number_of(repr(value), False)
        for held, value in known.items()
        if held[1] in ("loss", "accuracy")
    }
    if not isinstance(epoch, int) or epoch < 0 or not numbers:
        return None
    return LogLine(epoch, numbers=numbers, counted=True)


def _parsed(text: str) -> object:
    for parse in (json.loads, ast.literal_eval):
        try:
            return parse(text)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            continue
    return None


def _columns(value: object, depth: int = 0) -> Columns:
    """The lists of numbers that are as long as most of them, by name; those of the first part that has some."""
    if depth > DEEPEST:
        return {}
    if isinstance(value, list):
        records = [_flat(one) for one in value[:MOST_EPOCHS] if isinstance(one, dict)]
        names = [
            name
            for name in (records or [{}])[0]
            if all(_is_number(one.get(name)) for one in records)
        ]
        return (
            {_name(name): [one[name] for one in records] for name in names}
            if len(records) > 1
            else {}
        )
    if not isinstance(value, dict):
        return {}
    lists = {
        _name(name): held
        for name, held in _flat(value).items()
        if isinstance(held, list) and 1 < len(held) <= MOST_EPOCHS and all(map(_is_number, held))
    }
    if lists:
        usual = Counter(map(len, lists.values())).most_common(1)[0][0]
        return {name: held for name, held in lists.items() if len(held) == usual}
    inside = (_columns(one, depth + 1) for one in value.values())
    return next((found for found in inside if found), {})


def _flat(record: dict) -> dict[str, object]:
    """`record` with what is in the dicts in it under joined names: {"test": {"acc": 86}} to {"test acc": 86}."""
    flat: dict[str, object] = {}
    for name, value in record.items():
        if isinstance(value, dict):
            flat |= {f"{name} {inner}": one for inner, one in value.items()}
        else:
            flat[str(name)] = value
    return flat


def _name(name: str) -> str:
    return " ".join(name.replace(",", " ").split())[:60]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
