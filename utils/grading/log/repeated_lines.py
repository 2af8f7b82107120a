"""Logs in words that no other reader knows: what the numbers of a line mean is told by their labels and by their course.

A line that comes again and again, with other numbers, is divided into numbers and labels. A number is an accuracy where its
label says nothing but so, or nothing but a split, and its values over the epochs can be accuracies.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from math import isfinite
from statistics import fmean

from utils.data.data_sets import CIFAR10
from utils.grading.facts import Evidence
from utils.grading.log.json_records import MOST_EPOCHS
from utils.grading.log.labelled_numbers import SPLITS, Field, fields_of, label_words, split_in
from utils.grading.log.log_line import LINE_LIMIT, read_line
from utils.grading.log.tables import is_rule, of_training

FEWEST = 4  # lines of a kind; fewer may be alike by chance
_MOST_LINES = 50_000  # of a log; the end of a longer one would be missing
_HEADER_WITHIN = 3  # lines above the first row of a table
_DIGIT = re.compile(r"\d")
_COLUMN = re.compile(r"\s{2,}|[\t,;|│┃]")
_TESTED = {"test accuracy", "val accuracy"}
_QUANTITIES = {"accuracy", "error"}
# What else than epochs may be counted.
_NO_EPOCHS = frozenset(
    "attempt batch class config exp experiment fold iter iteration k layer lr model net network run sample seed step trial "
    "try".split()
)

Line = tuple[str, Evidence]
# The places of the numbers that mean something in a kind of lines: "epoch", or "test accuracy", "train loss" and such.
_Meanings = dict[int, str]


def in_known_words(lines: Sequence[Line]) -> list[Line]:
    """`lines`, those of a kind that logs test accuracies of epochs in words that the readers know, with the original as the
    text of their evidence; none where there is no such kind, or too many lines."""
    if len(lines) > _MOST_LINES:
        return []
    read = [(text, place, fields_of(text) if _DIGIT.search(text) else []) for text, place in lines]
    if sum(bool(fields) for _, _, fields in read) < FEWEST:
        return []
    _take_headers(read)
    kinds: dict[tuple, list[int]] = defaultdict(list)
    for number, (_, _, fields) in enumerate(read):
        if fields:
            kinds[_kind(fields)].append(number)
    found = []
    for numbers in kinds.values():
        if FEWEST <= len(numbers) <= MOST_EPOCHS:
            rows = [read[number][2] for number in numbers]
            found.append((numbers, rows, _meanings(rows)))
    if not any(_TESTED & {*meanings.values()} for _, _, meanings in found):
        return []
    begun = {
        number: epoch for number, (text, _, _) in enumerate(read) if (epoch := _epoch_of(text))
    }
    said: dict[int, str] = {}
    tested = False
    for numbers, rows, meanings in found:
        counted = "epoch" in meanings.values()
        if counted or _are_of_epochs(numbers, begun):
            tested = tested or bool(_TESTED & {*meanings.values()})
            for number, row in zip(numbers, rows):
                epoch = "" if counted else begun.get(number, "")
                said[number] = epoch + _said(row, meanings)
    if not tested:
        return []
    return [
        (said.get(number, text), replace(place, text=text.strip()[:200]))
        for number, (text, place, _) in enumerate(read)
    ]


def _kind(fields: list[Field]) -> tuple:
    """Lines of a kind begin with the same two labels; what is added to some of them stands behind."""
    return tuple((field.words, field.split, field.of is None) for field in fields[:2])


def _take_headers(read: list[tuple[str, Evidence, list[Field]]]) -> None:
    """Give the numbers of rows without words the labels in the header above them."""
    header: list[str] = []
    above = 0
    for text, _, fields in read:
        if not fields:
            cells = [] if is_rule(text) else _COLUMN.split(text[:LINE_LIMIT].strip(" |│┃\ufeff"))
            names = [name for name in cells if re.search(r"[^\W\d_]", name)]
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
                # The first is the index of a data frame; one of trials has other columns.
                names = ["epoch", *header]
            if len(names) == len(fields):
                fields[:] = [_labelled(field, name) for field, name in zip(fields, names)]
        else:
            header = []


def _labelled(field: Field, name: str) -> Field:
    words = tuple(label_words(name))
    percent = field.percent or "%" in name
    return replace(field, words=words, behind=(), split=split_in(words), percent=percent)


def _meanings(rows: list[list[Field]]) -> _Meanings:
    """What the numbers of these lines mean, each meaning once; those whose meaning is not certain are left out.

    Errors are put into `rows` as the accuracies that they leave.
    """
    found: _Meanings = {}
    before: list[str] = []
    learned, counted = True, None
    for place in range(min(map(len, rows))):
        column = [row[place] for row in rows]
        label = _label(column)
        if "error" in label:
            column = _rights(column)
        meaning = _result(column, label, before)
        if _counts(column) and "epoch" in label:
            meaning = "epoch"
        elif _counts(column) and not found and _may_count_epochs(column, label):
            counted, meaning = place, None
        if meaning and meaning not in found.values():
            found[place] = meaning
            if meaning in _TESTED:
                learned = learned and _is_learned(column)
            for row, one in zip(rows, column):
                row[place] = one
        before = label
    if counted is not None and learned and "epoch" not in found.values():
        found[counted] = "epoch"
    return found


def _label(column: list[Field]) -> list[str]:
    """The words that stand at the number in every line."""
    first = column[0]
    same = all(one.words == first.words for one in column)
    behind = [word for word in first.behind if all(word in one.behind for one in column)]
    return [*first.words, *behind] if same else ["?"]


def _rights(errors: list[Field]) -> list[Field]:
    """Errors as the accuracies that they leave."""
    fractions = max(one.value for one in errors) <= 1 and not any(one.percent for one in errors)
    return [_right(one, 1 if fractions else 100) for one in errors]


def _right(error: Field, whole: int) -> Field:
    if error.of:
        return replace(
            error, text=f"{error.of - int(error.value)}/{error.of}", value=error.of - error.value
        )
    decimals = len(error.text.partition(".")[2])
    return replace(error, text=f"{whole - error.value:.{decimals}f}", value=whole - error.value)


def _counts(column: list[Field]) -> bool:
    """Whether the values grow by one from line to line; a new run may begin now and then."""
    steps = [later.value - one.value for one, later in zip(column, column[1:])]
    whole = all(one.value.is_integer() and not one.percent for one in column)
    return whole and sum(step == 1 for step in steps) >= 0.8 * len(steps)


def _may_count_epochs(column: list[Field], label: list[str]) -> bool:
    return len(label) <= 1 and not {*label} & _NO_EPOCHS and not column[0].split


def _result(column: list[Field], label: list[str], before: list[str]) -> str | None:
    """Split and quantity; a number without a word for its quantity is an accuracy where it can be nothing else.

    `before` is the label of the number before it: "test 0.42/86.1" has one for two.
    """
    first = column[0]
    splits = {word for word in label if word in SPLITS}
    quantities = [word for word in label if word not in SPLITS]
    split = next(iter(splits), first.split) or ("test" if first.of == CIFAR10.test_images else "")
    paired = not label and not first.of and before and {*before} <= {*SPLITS, "loss"}
    if len(splits) > 1 or not split or not (label or first.of or paired):
        return None
    if quantities == ["loss"] and first.of is None:
        return f"{split} loss"
    if not {*quantities} <= _QUANTITIES or not _can_be_accuracy(column):
        return None
    signed = all(one.percent or one.of for one in column)
    sure = quantities or (signed and not paired) or _is_learned(column)
    return f"{split} accuracy" if sure else None


def _can_be_accuracy(column: list[Field]) -> bool:
    values = [one.value for one in column]
    if not all(map(isfinite, values)):
        return False
    if any(one.of for one in column):
        totals = {one.of or 0 for one in column}
        return (
            len(totals) == 1
            and min(totals) >= 1000
            and 0 <= min(values) <= max(values) < min(totals)
        )
    return 0 <= min(values) < max(values) <= 100 and (max(values) <= 1 or max(values) > 10)


def _is_learned(column: list[Field]) -> bool:
    """Whether the values rise as those of a learning curve: less and less."""
    third = max(1, len(column) // 3)
    values = [one.value for one in column]
    begin, middle, end = (
        fmean(part) for part in (values[:third], values[third:-third], values[-third:])
    )
    return end - middle < middle - begin and begin < end


def _are_of_epochs(numbers: list[int], begun: Collection[int]) -> bool:
    """Whether nearly each of these lines begins an epoch, or another line between it and the one before."""
    places = sorted(begun)
    until = [bisect_right(places, number) for number in [-1, *numbers]]
    between = sum(later > one for one, later in zip(until, until[1:]))
    return between >= 0.8 * len(numbers)


def _epoch_of(text: str) -> str:
    """What a line that begins an epoch says of that, "" of any other."""
    line = read_line(text)
    return f"epoch {line.epoch}, " if line is not None and line.epoch is not None else ""


def _said(fields: list[Field], meanings: _Meanings) -> str:
    parts = []
    for place, meaning in meanings.items():
        number = fields[place].text + ("%" if fields[place].percent else "")
        parts.append(f"{meaning} {number}" if meaning == "epoch" else f"{meaning}: {number}")
    return ", ".join(sorted(parts, key=lambda part: not part.startswith("epoch")))
