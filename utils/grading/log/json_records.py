"""Histories that a program saved or printed as JSON: lists with a value for each epoch, or a record for each epoch."""

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator

from utils.grading.facts import Evidence
from utils.grading.log.log_line import LINE_LIMIT, LogLine
from utils.grading.log.number import Number, number_of
from utils.grading.log.tables import meaning, of_split, of_training, with_counts

MOST_EPOCHS, DEEPEST = 10_000, 3
_NUMBERED = re.compile(r"(?:ep(?:och)?)?[ _-]?(\d{1,5})", re.I)
_PARAMETERS = re.compile(
    r"(?:(?:n|num|total|trainable|model)_?)*param(?:eter)?s?(?:_?count)?", re.I
)
Columns = dict[str, list[float]]


def history_lines(path: str, text: str) -> Iterator[tuple[str, Evidence]]:
    """The history in the JSON file `path` as lines of a log: its records one by one, or its lists as a CSV table with a
    header; none where it holds no history.

    Where nothing counts the epochs, they are counted from 0.
    """
    place = Evidence(file=path)
    try:
        value = json.loads(text)
        records = _records(value)
        columns = {} if records else _columns(value)
    except (ValueError, RecursionError):
        return
    if (total := total_of(value)) and (records or columns):
        yield f"Total params: {total}", place
    if records:
        yield from ((json.dumps(record), place) for record in records)
        return
    if not any(meaning(name) == "epoch" for name in columns):
        columns = {"epoch": list(range(len(next(iter(columns.values()), []))))} | columns
    yield ",".join(columns), place
    for row in zip(*columns.values()):
        yield ",".join(map(repr, row)), place


def counted_records(path: str, text: str) -> list[tuple[str, Evidence]]:
    """The lines of a JSON Lines file whose records do not say of which epoch they are, counted from 0; [] for any other."""
    lines = [(line, number) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    try:
        records = _records([json.loads(line) for line, _ in lines[:MOST_EPOCHS]])
    except (ValueError, RecursionError):
        return []
    if len(records) != len(lines):
        return []
    return [
        (json.dumps(record), Evidence(file=path, line=number))
        for record, (_, number) in zip(records, lines)
    ]


def read_record(text: str) -> LogLine | None:
    """The epoch that a line reports as one JSON object or printed dict; None where it is none with an epoch's number."""
    text = text.strip()
    if len(text) > LINE_LIMIT or not (text.startswith("{") and text.endswith("}")):
        return None
    record = _parsed(text)
    if not isinstance(record, dict):
        return None
    record = _flat(record)
    known = _known(record)
    epoch = known.pop("epoch", None)
    numbers = {
        held: number_of(repr(value), False)
        for held, value in known.items()
        if held[1] in ("loss", "accuracy")
    }
    if not _counts(epoch) or not numbers:
        return None
    return LogLine(int(epoch), numbers=of_split(numbers, record.values()), counted=True)


def read_result(value: object) -> dict[tuple[str, str], Number]:
    """The losses and accuracies of one JSON object that holds no list and no epoch; {} for any other value."""
    if not isinstance(value, dict):
        return {}
    record = _flat(value)
    if any(isinstance(one, list) or meaning(name) == "epoch" for name, one in record.items()):
        return {}
    return with_counts({held: number_of(repr(one), False) for held, one in _known(record).items()})


def _known(record: dict[str, object]) -> dict[object, float]:
    """The numbers of a flat record by what they mean, of several of one meaning the first."""
    return {
        held: value
        for name, value in reversed(record.items())
        if _is_number(value) and (held := meaning(name))
    }


def total_of(value: object) -> int | None:
    """The number of parameters that a JSON object gives beside a history."""
    found = {
        one
        for name, one in (value.items() if isinstance(value, dict) else ())
        if _PARAMETERS.fullmatch(name) and isinstance(one, int)
    }
    return found.pop() if len(found) == 1 else None


def _counts(epoch: object) -> bool:
    """Whether `epoch` is a whole number, as an integer or as a float."""
    return _is_number(epoch) and epoch >= 0 and (isinstance(epoch, int) or epoch.is_integer())


def _parsed(text: str) -> object:
    for parse in (json.loads, ast.literal_eval):
        try:
            return parse(text)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            continue
    return None


def _records(value: object, depth: int = 0) -> list[dict]:
    """The first list of two or more records of epochs, flat; where none of them has the epoch's number, counted from 0."""
    if depth > DEEPEST:
        return []
    if isinstance(value, dict):
        numbered = [_NUMBERED.fullmatch(name) for name in value]
        if (
            len(value) > 1
            and all(numbered)
            and all(isinstance(one, dict) for one in value.values())
        ):
            value = [{"epoch": int(match[1])} | value[match[0]] for match in numbered]
    if isinstance(value, dict):
        inside = (_records(one, depth + 1) for one in value.values())
        return next((found for found in inside if found), [])
    if not isinstance(value, list):
        return []
    records = [_flat(one) for one in value[:MOST_EPOCHS] if isinstance(one, dict)]
    if len(records) < 2 or not any(meaning(name) for record in records for name in record):
        return []
    if any(meaning(name) == "epoch" for record in records for name in record):
        return records
    whole = all(of_training(name) for record in records for name in record)
    return [{"epoch": place} | record for place, record in enumerate(records)] if whole else []


def _columns(value: object, depth: int = 0) -> Columns:
    """The lists of numbers that are as long as most of them, by name; those of the first part that has some."""
    if depth > DEEPEST or not isinstance(value, dict):
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
