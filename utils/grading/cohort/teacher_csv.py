"""A CSV file that a person wrote or a spreadsheet saved: in any encoding, with any separator."""

import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from utils.files import plain_bytes
from utils.grading.submission.text_decoding import decode

LARGEST = 20 * 2**20  # bytes
_NUMBER = re.compile(r"[0-9]{1,9}([.,][0-9]{1,9})?")


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
        text, _ = decode(plain_bytes(file, LARGEST))
    except OSError as error:
        raise Unreadable(error.strerror or str(error)) from None
    except ValueError as error:
        raise Unreadable(str(error)) from None
    if text is None:
        raise Unreadable("it is no text; save it as CSV")
    text = text.lstrip("\ufeff")
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    lines, start = [], 1
    csv.field_size_limit(LARGEST)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                lines.append((start, tuple(cell.strip() for cell in cells)))
            start = reader.line_num + 1
    except csv.Error as error:
        raise Unreadable(
            f'from line {start} on, a quotation mark (") has no other that ends its cell: {error}'
        ) from None
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
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    value = float(text.replace(",", "."))
    return int(value) if value == int(value) else value
