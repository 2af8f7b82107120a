"""Tables as aligned text, as Markdown and as CSV."""

import csv
import io
from collections.abc import Iterable, Sequence


def text_table(header: Sequence[str], rows: Sequence[Sequence[object]], left: int = 1) -> str:
    """Columns aligned by width, the first `left` of them to the left and the others to the right."""
    lines = [[str(cell) for cell in line] for line in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column < left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths))
        ).rstrip()
        for line in lines
    )


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[object]], left: int = 1) -> str:
    """The same for a Markdown page."""
    rule = ["---" if column < left else "---:" for column in range(len(header))]
    return "\n".join(
        "| " + " | ".join(str(cell) for cell in line) + " |" for line in (header, rule, *rows)
    )


def csv_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """The same as CSV, its lines ended by a line feed; a cell that is None is empty."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows([header, *rows])
    return buffer.getvalue()


def read_csv(text: str) -> list[dict[str, str]]:
    """The inverse: a dict of header and cell for each row."""
    return list(csv.DictReader(io.StringIO(text)))
