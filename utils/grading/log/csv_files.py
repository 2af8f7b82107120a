"""Histories in CSV and TSV files, as spreadsheets and pandas write them: quotes, decimal commas, no column of epochs."""

import csv
import re
from itertools import islice

from utils.grading.facts import Evidence
from utils.grading.log.json_records import MOST_EPOCHS
from utils.grading.log.log_line import TESTED
from utils.grading.log.tables import meaning, of_training, read_header
from utils.grading.submission.contents import TextFile

_SEPARATORS = ",;\t|"
_INDEX = ("", "unnamed: 0", "index")  # the names that pandas gives to the numbers of rows
_DECIMAL_COMMA = re.compile(r"([-+]?\d+),(\d+\s?%?)")


def csv_lines(text: TextFile) -> list[tuple[str, Evidence]]:
    """The lines of a history as those of a plain table, its header first; none where the file holds no history.

    Where no column counts the epochs, the numbers of the rows do, if all columns are of a training; a table of trials has
    others.
    """
    if not text.path.lower().endswith((".csv", ".tsv")):
        return []
    lines = [
        (line, number) for number, line in enumerate(text.text.splitlines(), 1) if line.strip()
    ]
    separator = max(_SEPARATORS, key=lines[0][0].count) if lines else ","
    rows = [(_cells(line, separator), number) for line, number in islice(lines, MOST_EPOCHS)]
    if len(rows) < 2:
        return []
    names = [name.lstrip("\ufeff") for name in rows[0][0]] or [""]
    counted = "epoch" in map(meaning, names)
    if (
        not counted
        and names[0].lower() in _INDEX
        and _is_counter("".join(row[:1]) for row, _ in rows[1:])
    ):
        names[0], counted = "epoch", True
    if not counted and not _of_training(names):
        return []
    rows = [(names, rows[0][1]), *rows[1:]]
    if counted:  # what is logged between the epochs, such as a learning rate, has no number of one
        place = list(map(meaning, names)).index("epoch")
        rows = [(row, number) for row, number in rows if "".join(row[place : place + 1])]
    else:
        rows = [
            ([str(place) if place >= 0 else "epoch", *row], number)
            for place, (row, number) in enumerate(rows, -1)
        ]
    table = [(",".join(row), Evidence(file=text.path, line=number)) for row, number in rows]
    return table if read_header(table[0][0]) else []


def split_row(line: str, separator: str = ",") -> list[str]:
    """The cells of a line; none where it is no row, such as one that holds a cell of more than 100,000 characters."""
    try:
        return next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])
    except csv.Error:
        return []


def _cells(line: str, separator: str) -> list[str]:
    """The cells of a line, without commas."""
    cells = split_row(line, separator)
    if separator != ",":
        cells = [_DECIMAL_COMMA.sub(r"\1.\2", cell) for cell in cells]
    return [cell.replace(",", " ").strip() for cell in cells]


def _is_counter(cells) -> bool:
    return all(cell.isdecimal() and int(cell[:9]) == place for place, cell in enumerate(cells))


def _of_training(names: list[str]) -> bool:
    held = [meaning(name) for name in names]
    tested = any(one in TESTED for one in held)
    others = any(one and (one[0] == "train" or one[1] == "loss") for one in held)
    return tested and others and all(map(of_training, names))
