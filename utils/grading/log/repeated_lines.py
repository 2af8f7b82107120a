"""Logs in words that no other reader knows: what the numbers of a line mean is told by their labels and by their course.

A line that comes again and again, with other numbers, is divided into numbers and labels. A number is an accuracy where its
label says nothing but so, or nothing but a split, and its values over the epochs can be accuracies.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice
from math import isfinite
from statistics import fmean

from utils.grading.facts import Evidence
from utils.grading.log.epoch_and_bar import LINE_LIMIT, read_line
from utils.grading.log.json_records import MOST_EPOCHS
from utils.grading.log.losses_and_accuracies import REAL, split_named
from utils.grading.log.tables import is_rule, of_training

FEWEST = 4  # lines of a kind; fewer may be alike by chance
_MOST_NUMBERS = 12
_MOST_LINES = 200_000
_HEADER_WITHIN = 3  # lines above the first row of a table
_NUMBER = re.compile(
    rf"(?<![\w.])(?:(\d{{1,9}})\s?(?:/|of|out of)\s?(\d{{1,9}})(?![\w.])|({REAL})(?![\w.]*[a-z_])\s?(%?))",
    re.I,
)
_WORD = re.compile(r"[^\W\d_]+")
_PART = re.compile(r"[,;|│┃(\[{<]")  # between the label of a number and that of the next
_COLUMN = re.compile(r"\s{2,}|[\t,;|│┃]")
_SPLIT = re.compile(
    r"train(?:ing|ed)?|trn?|test(?:ing|ed)?|tst|te|val(?:id(?:ation)?)?|va|eval(?:uation)?"
)
_EPOCH = re.compile(r"[eé]p(?:oche?|oque|oca)?s?|e")
_RIGHT = re.compile(r"acc(?:uracy)?|right(?:ly)?|correct(?:ly)?|hits?")
_FILLING = set(
    "a all an and at data dataset for images in is now of on percent samples set split the".split()
)


@dataclass(frozen=True)
class _Field:
    """A number of a line as it is written, with the words before and `behind` it and the split that was named last."""

    text: str
    value: float
    of: int | None
    percent: bool
    words: tuple[str, ...]
    behind: tuple[str, ...]
    split: str


Line = tuple[str, Evidence]
# The places of the numbers that mean something in a kind of lines: "epoch", or "test accuracy", "train loss" and such.
_Meanings = dict[int, str]


def in_known_words(lines: Iterable[Line], test_size: int) -> list[Line]:
    """`lines`, those of a kind that logs test accuracies of epochs in words that the readers know, with the original as the
    text of their evidence; none where there is no such kind."""
    read = [(text, place, _fields(text)) for text, place in islice(lines, _MOST_LINES)]
    _take_headers(read)
    kinds: dict[tuple, list[int]] = defaultdict(list)
    for number, (_, _, fields) in enumerate(read):
        if fields:
            kinds[_kind(fields)].append(number)
    begun = [number for number, (text, _, _) in enumerate(read) if _begins_epoch(text)]
    said: dict[int, str] = {}
    for numbers in kinds.values():
        if FEWEST <= len(numbers) <= MOST_EPOCHS:
            meanings = _meanings([read[number][2] for number in numbers], test_size)
            if _has_epochs(meanings, numbers, begun):
                said |= {number: _said(read[number][2], meanings) for number in numbers}
    if not any("test accuracy" in words or "val accuracy" in words for words in said.values()):
        return []
    return [
        (said.get(number, text), replace(place, text=text.strip()[:200]))
        for number, (text, place, _) in enumerate(read)
    ]


def _fields(text: str) -> list[_Field]:
    """The numbers of a line; none where it has none or many, or is a frame of a progress bar."""
    text = text[:LINE_LIMIT]
    if "%|" in text or "it/s" in text or "s/it" in text:
        return []
    matches = list(islice(_NUMBER.finditer(text), _MOST_NUMBERS + 1))
    if len(matches) > _MOST_NUMBERS:
        return []
    fields, split = [], ""
    for match, before, after in zip(matches, *_labels(text, matches)):
        named = [word for word in _words(before) if _SPLIT.fullmatch(word)]
        split = split_named(named[-1]) if named else split
        own = before.rpartition("|")[2] if match is matches[0] else before
        fields.append(_field(match, own, after, split))
    return fields


def _labels(text: str, matches: list[re.Match]) -> tuple[list[str], list[str]]:
    """What stands before and after each number as its label: the text between two is divided at a bracket or comma."""
    ends = [0, *(match.end() for match in matches)]
    begins = [*(match.start() for match in matches), len(text)]
    between = [text[end:begin] for end, begin in zip(ends, begins)]
    before, after = [between[0]], []
    for gap in between[1:]:
        parted = _PART.search(gap)
        after.append(gap[: parted.start()] if parted else "")
        before.append(gap[parted.start() :] if parted else gap)
    after[-1:] = [_PART.split(between[-1])[0]] if matches else []
    return before, after


def _words(label: str) -> list[str]:
    return _WORD.findall(label.lower())


def _field(match: re.Match, before: str, after: str, split: str) -> _Field:
    number, of, real, percent = match.groups()
    words, behind = tuple(_words(before)), tuple(_words(after))
    total = int(of) if of else None
    return _Field(match[0], float(number or real), total, bool(percent), words, behind, split)


def _kind(fields: list[_Field]) -> tuple:
    """Lines of a kind begin with the same two labels; what is added to some of them stands behind."""
    return tuple((field.words, field.split, field.of is None) for field in fields[:2])


def _take_headers(read: list[tuple[str, Evidence, list[_Field]]]) -> None:
    """Give the numbers of rows without words the labels in the header above them."""
    header: list[str] = []
    above = 0
    for text, _, fields in read:
        if not fields:
            names = (
                []
                if is_rule(text)
                else [
                    name for name in _COLUMN.split(text[:LINE_LIMIT].strip(" |│┃")) if _words(name)
                ]
            )
            above += 1
            if len(names) > 1:
                header, above = names, 0
        elif (
            header
            and above <= _HEADER_WITHIN
            and not any(field.words or field.behind for field in fields)
        ):
            above = 0
            names = header
            if len(fields) == len(header) + 1 and all(map(of_training, header)):
                names = [
                    "epoch",
                    *header,
                ]  # the index of a data frame; one of trials has other columns
            if len(names) == len(fields):
                fields[:] = [_labelled(field, name) for field, name in zip(fields, names)]
        else:
            header = []


def _labelled(field: _Field, name: str) -> _Field:
    words = tuple(_words(name))
    named = [word for word in words if _SPLIT.fullmatch(word)]
    split = split_named(named[-1]) if named else ""
    return replace(field, words=words, behind=(), split=split, percent=field.percent or "%" in name)


def _meanings(rows: list[list[_Field]], test_size: int) -> _Meanings:
    """What the numbers of these lines mean, each meaning once; those whose meaning is not certain are left out."""
    found: _Meanings = {}
    for place in range(min(map(len, rows))):
        column = [row[place] for row in rows]
        meaning = _epoch(column, place) or _result(column, test_size)
        if meaning and meaning not in found.values():
            found[place] = meaning
    return found


def _epoch(column: list[_Field], place: int) -> str | None:
    words = _label(column)
    counts = all(one.value.is_integer() and not one.percent for one in column)
    steps = [later.value - one.value for one, later in zip(column, column[1:])]
    on = sum(step == 1 for step in steps) >= 0.8 * len(steps)
    named = any(map(_EPOCH.fullmatch, words))
    nameless = place == 0 and not set(words) - _FILLING and not column[0].split
    return "epoch" if counts and on and (named or nameless) else None


def _label(column: list[_Field]) -> list[str]:
    """The words that stand at the number in every line."""
    first = column[0]
    same = all(one.words == first.words for one in column)
    behind = [word for word in first.behind if all(word in one.behind for one in column)]
    return [*first.words, *behind] if same else ["?"]


def _result(column: list[_Field], test_size: int) -> str | None:
    """Split and quantity; a number without a word for its quantity is an accuracy where it can be nothing else."""
    first = column[0]
    names = [word for word in _label(column) if word not in _FILLING]
    splits = {split_named(word) for word in names if _SPLIT.fullmatch(word)}
    quantities = [word for word in names if not _SPLIT.fullmatch(word)]
    split = next(iter(splits), first.split) or ("test" if first.of == test_size else "")
    if len(splits) > 1 or not split or not (names or first.of):
        return None
    if quantities == ["loss"] and first.of is None:
        return f"{split} loss"
    if not all(map(_RIGHT.fullmatch, quantities)) or not _can_be_accuracy(column):
        return None
    signed = all(one.percent or one.of for one in column)
    return f"{split} accuracy" if quantities or signed or _is_learned(column) else None


def _can_be_accuracy(column: list[_Field]) -> bool:
    values = [one.value for one in column]
    if not all(map(isfinite, values)):
        return False
    if any(one.of for one in column):
        total = column[0].of
        return (
            total is not None
            and total >= 1000
            and {one.of for one in column} == {total}
            and max(values) < total
        )
    return 0 <= min(values) < max(values) <= 100 and (max(values) <= 1 or max(values) > 10)


def _is_learned(column: list[_Field]) -> bool:
    """Whether the values rise as those of a learning curve: less and less."""
    third = max(1, len(column) // 3)
    values = [one.value for one in column]
    begin, middle, end = (
        fmean(part) for part in (values[:third], values[third:-third], values[-third:])
    )
    return end - middle < middle - begin and begin < end


def _has_epochs(meanings: _Meanings, numbers: list[int], begun: list[int]) -> bool:
    """Whether lines of a kind are of epochs: they count them, or other lines between them do."""
    if "epoch" in meanings.values():
        return True
    between = sum(
        any(before < line <= number for line in begun)
        for before, number in zip([-1, *numbers], numbers)
    )
    return between >= 0.8 * len(numbers)


def _begins_epoch(text: str) -> bool:
    line = read_line(text)
    return line is not None and line.epoch is not None


def _said(fields: list[_Field], meanings: _Meanings) -> str:
    parts = []
    for place, meaning in meanings.items():
        sign = "%" if fields[place].percent else ""
        number = fields[place].text.rstrip(" %") + sign
        parts.append(f"{meaning} {number}" if meaning == "epoch" else f"{meaning}: {number}")
    return ", ".join(sorted(parts, key=lambda part: not part.startswith("epoch")))
