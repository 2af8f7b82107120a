"""Logs that are tables: CSV and TSV files, Markdown tables, tables drawn with lines or blanks, pandas frames, fastai's."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from utils.grading.log.averaged_weights import AVERAGED, NAMED
from utils.grading.log.log_line import LINE_LIMIT, LogLine
from utils.grading.log.losses_and_accuracies import ANY_SPLIT, OTHER, split_named
from utils.grading.log.number import Number

_EPOCH = re.compile(r"ep(?:och)?s?|epoch[ _#]*(?:no\.?|num(?:ber)?)?|#", re.I)
_QUANTITY = re.compile(r"loss|acc|correct|total|top[-_ @]?1(?!\d)")
_SPLIT = re.compile(r"train|test|val|eval|(?<![a-z])(?:trn?|te|tst|va)(?=[^a-z]|acc|loss)")
_VALUE = re.compile(r"[-+]?\d[\d.,]*%?|.*[:=]\s?[-+]?\d.*")
_BLANKS = re.compile(r"\s{2,}|\t")
_UNIT = re.compile(r"(?<=\d)\s+%")
_BOX = "".join(map(chr, range(0x2500, 0x2580)))
_BARS = str.maketrans("│┃║", "|||")  # between the columns of tables that are drawn with lines
_REAL = re.compile(r"[*`\s]*([-+]?\d{1,9}(?:\.(\d{0,25}))?(?:e[-+]?\d{1,3})?)\s*(%?)[*`\s]*", re.I)
_NUMBERED = re.compile(r"[*`\s\[#]*(\d{1,5})(?:\.0*)?(?:\s?(?:/|of)\s?\d{1,5})?[*`\s\]]*", re.I)
_COUNTED = re.compile(r"\s*(\d{1,9})\s*/\s*(\d{1,9})\s*(?:\(.*\))?\s*")
_TOP_OTHER = re.compile(r"(?:acc(?:uracy)?|prec|top)[-_@ ]?(?:[2-9]|\d\d)(?!\d)", re.I)
_NAME = re.compile(r"[A-Za-z][\w./@%()-]{0,40}")
_ERROR = re.compile(
    r"(?:(?P<split>train|test|val(?:id(?:ation)?)?)[ _])?(?:top-?1[ _])?err(?:or)?(?:[ _]rate)?",
    re.I,
)
# Columns of a list of networks or trials, where "epochs" is how many and "#" which of them.
_TRIAL = re.compile(
    r"(?:(?:the|our)\s)?(?:models?|networks?|nets?|arch\w*|rf|receptive field|attempts?|experiments?|variants?|versions?|"
    r"tr(?:y|ies)|sessions?|notebooks?|files?|(?:\w+\s)?param(?:eter)?s?(?:\s\w+)?)",
    re.I,
)
_COUNT = re.compile(r"ep(?:och)?s|#", re.I)
_ACCURACIES = ("accuracy", AVERAGED["accuracy"])
# Columns beside those of a training.
NO_RESULTS = "lr learning_rate time seconds secs sec s elapsed epoch_time step".split()


@dataclass(frozen=True)
class Header:
    """What each column of a table holds, by its place: "epoch" or (split, quantity). `width` counts the columns.

    `frame`: its columns are separated by blanks or tabs, as pandas prints it; rows may begin with an index without a name.
    `whole`: of columns between bars there are several, so that a row tells only if it has them all.
    """

    columns: dict[int, object]
    width: int
    frame: bool
    whole: bool = False


def read_header(text: str) -> Header | None:
    """The columns of a header line; None where it heads no log."""
    if len(text) > LINE_LIMIT or "%|" in text or not _QUANTITY.search(text.lower()):
        return None
    drawn = _header(_fields(text), "\t" in text and "|" not in text)
    groups = text.translate(_BARS).strip(" |").split("|")
    if len(groups) > 1 and any(_BLANKS.search(group.strip()) for group in groups):
        grouped = _header(_BLANKS.split("  ".join(groups).strip()), True)
        drawn = drawn or grouped and replace(grouped, whole=True)
    return drawn or _header(_BLANKS.split(text.strip()), True) or _frame_header(text)


def _header(names: list[str], frame: bool) -> Header | None:
    """The header of a table with these columns; None where they name no epoch or no accuracy, or hold values."""
    if any(map(_VALUE.fullmatch, names)) or _of_trials(names):
        return None
    columns = _columns(names)
    held = list(columns.values())
    results = (*_ACCURACIES, "correct", "error")
    if "epoch" not in held or not any(one[1] in results for one in held):
        return None
    fastai = (
        ("val", "loss") in held and ("train", "loss") in held and ("val", "accuracy") not in held
    )
    unnamed = "val" if fastai else "train" if ("val", "accuracy") in held else ""
    columns = {place: (unnamed, one[1]) if one[0] == "" else one for place, one in columns.items()}
    return Header(columns, len(names), frame)


def _of_trials(names: list[str]) -> bool:
    """Whether the rows are networks or trials: a column names them, and none has the number of the epoch."""
    plain = [name.strip('*`" ') for name in names]
    return any(map(_TRIAL.fullmatch, plain)) and any(map(_COUNT.fullmatch, plain))


def _columns(names: list[str]) -> dict[int, object]:
    """The columns that hold something, each thing once: the first of that meaning.

    Of several that are called "acc" each is of the split that the column before it names, where all are of different ones.
    """
    places: dict[object, int] = {}
    found = [meaning(name) or _error(name) for name in names]
    again = [
        place for place, held in enumerate(found) if held and found.count(held) > 1 and not held[0]
    ]
    before = [found[place - 1] if place else None for place in again]
    splits = [one[0] if isinstance(one, tuple) else "" for one in before]
    told = all(splits) and len(set(splits)) == len(splits)
    for place, split in zip(again, splits):
        found[place] = (split, found[place][1]) if told else None
    for place, held in enumerate(found):
        if held:
            places.setdefault(held, place)
    return {place: held for held, place in places.items()}


def _frame_header(text: str) -> Header | None:
    """The header of a pandas frame: nothing but names of results, each of one word, among them a test accuracy.

    Where no column is the epoch the rows are only taken to be epochs if there are training results or losses beside it: a
    table of trials has other columns.
    """
    names = text.split()
    if not 2 <= len(names) <= 12 or not all(map(_NAME.fullmatch, names)):
        return None
    columns = _columns(names)
    held = set(columns.values())
    plain = [name.lower().partition("(")[0] for name in names]
    known = all(place in columns or name in NO_RESULTS for place, name in enumerate(plain))
    tested = {(split, quantity) for split in ("test", "val") for quantity in _ACCURACIES} & held
    others = any(one != "epoch" and (one[0] == "train" or one[1] == "loss") for one in held)
    if not known or not tested or not others:
        return None
    return Header(columns, len(names), True)


def read_row(header: Header, text: str) -> LogLine | None:
    """The line that a row below the header stands for; None where it is not a row of the table."""
    text = text[:LINE_LIMIT]
    blanks = header.frame and "\t" not in text
    if blanks:
        text = text.translate(_BARS).replace("|", " ")
    cells = _UNIT.sub("%", text).split() if blanks else _fields(text)
    columns = header.columns
    if header.whole and len(cells) != header.width:
        return None
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
            match = _NUMBERED.fullmatch(cell)
            epoch = int(match[1]) if match else None
        elif number := _number(cell):
            numbers[held] = number
    if epoch is None:
        return None
    numbers = _without_errors(with_counts(of_split(numbers, cells)))
    return LogLine(epoch, numbers=numbers, counted=True)


def of_split(numbers: dict, texts: Iterable[object]) -> dict:
    """`numbers`, those of no split as those of the split that one of `texts` names and the others do not."""
    named = {
        split_named(text.strip())
        for text in texts
        if isinstance(text, str) and ANY_SPLIT.fullmatch(text.strip())
    }
    if len(named) != 1:
        return numbers
    return {(held[0] or min(named), held[1]): number for held, number in numbers.items()}


def is_rule(text: str) -> bool:
    """A line that is drawn between the rows, or the row of dots where pandas leaves out the middle."""
    return bool(text.strip()) and not text.strip(" |:-+=.…\t" + _BOX)


def is_gap(text: str) -> bool:
    """The row of dots where pandas leaves out the middle of a table."""
    return is_rule(text) and ("..." in text or "…" in text or ".." in text.split())


def _fields(text: str) -> list[str]:
    text = text.translate(_BARS)
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
    quantity = _QUANTITY.search(name)
    if (
        not quantity
        or "best" in name
        or name.endswith("_step")
        or OTHER.search(name)
        or _TOP_OTHER.search(name)
    ):
        return None
    split = _SPLIT.search(name)
    held = quantity[0] if quantity[0] in ("loss", "correct", "total") else "accuracy"
    held = AVERAGED.get(held, held) if NAMED.search(name) else held
    return split_named(split[0]) if split else "", held


def _error(name: str) -> tuple[str, str] | None:
    match = _ERROR.fullmatch(name.strip('*`" '))
    return (split_named(match["split"]) if match["split"] else "", "error") if match else None


def of_training(name: str) -> bool:
    """Whether the record of an epoch has an entry of that name; that of a trial has others, such as a batch size."""
    return meaning(name) is not None or name.strip().lower() in NO_RESULTS


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


def _without_errors(numbers: dict) -> dict:
    """The share of wrong answers on the test set as the accuracy that it leaves; none of a training, which may be below 1 in
    per cent as well as as a fraction."""
    found = {held: number for held, number in numbers.items() if held[1] != "error"}
    for (split, held), number in numbers.items():
        if held == "error" and split != "train" and 0 <= number.value <= 100:
            whole = 1 if number.value <= 1 and not number.percent else 100
            found.setdefault((split, "accuracy"), replace(number, value=whole - number.value))
    return found


def with_counts(numbers: dict) -> dict:
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
