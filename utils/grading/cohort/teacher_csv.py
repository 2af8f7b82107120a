"""A CSV file that a person wrote or a spreadsheet saved: in any encoding, with any separator."""

import csv
import io
import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from utils.grading.submission.text_decoding import decode

LARGEST = 20_000_000  # bytes


class Unreadable(ValueError):
    """The file cannot be read; the message is a clause that says why."""


@dataclass(frozen=True)
class Table:
    """`header` as it stands, `rows` as (line from 1, cells as many as the header has, and more where there are)."""

    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def read_table(file: Path) -> Table:
    """The table; rows whose cells are all empty are left out. Unreadable where it is none."""
    try:
        if file.stat().st_size > LARGEST:
            raise Unreadable(f"it is larger than {LARGEST // 1_000_000} MB")
        text, _ = decode(file.read_bytes())
    except OSError as error:
        raise Unreadable(error.strerror or str(error)) from None
    if text is None:
        raise Unreadable("it is no text; save it as CSV")
    text = text.lstrip("\ufeff")
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    lines, start = [], 1
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                lines.append((start, tuple(cell.strip() for cell in cells)))
            start = reader.line_num + 1
    except csv.Error as error:
        raise Unreadable(f"line {reader.line_num}: {error}") from None
    if not lines:
        raise Unreadable("it is empty")
    (_, header), *rows = lines
    return Table(
        header, tuple((line, (*cells, *[""] * (len(header) - len(cells)))) for line, cells in rows)
    )


def column(header: Sequence[str], *names: str) -> int | None:
    """The first column whose head is one of `names`, in any case and with blanks, hyphens or underscores; None without."""
    plain = [folded(head).replace("_", " ").replace("-", " ") for head in header]
    return next((plain.index(name) for name in names if name in plain), None)


def folded(text: str) -> str:
    """`text` for comparing names: one Unicode form, one case, no blanks around."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def number(text: str) -> float:
    """A number with a point or a comma; ValueError where it is none, or below 0."""
    value = float(text.replace(",", "."))
    if not math.isfinite(value) or value < 0:
        raise ValueError(text)
    return int(value) if value == int(value) else value
