"""The headings that a place in a text or a notebook stands under."""

import html
import re
from collections.abc import Iterator

from utils.grading.log.log_line import read_line
from utils.grading.submission.contents import Notebook

_FENCE = re.compile(r"\s{0,3}(?:[-*>]\s{0,3})?(```|~~~)")
_MARKED = re.compile(r"\s{0,3}(#{1,6})\s+(\S.*)")
_HTML = re.compile(r"\s*<h([1-6])\b[^<>]*>(.*)", re.I)
_UNDERLINE = re.compile(r"\s{0,3}(=+|-{2,})\s*")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)")
_TAG = re.compile(r"<[^<>]*>")
LONGEST = 300  # characters of a heading


class Outline:
    """Reads a text line by line; `headings` are those that the last line stands under, outermost first."""

    def __init__(self) -> None:
        self._open: list[tuple[int, str]] = []
        self._fence, self._before = "", ["", ""]

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings that the last line stands under, outermost first."""
        return tuple(title for _, title in self._open)

    @property
    def fenced(self) -> bool:
        """Whether the last line stands in a block of code."""
        return bool(self._fence)

    def read(self, line: str) -> bool:
        """Take in the next line; whether it begins or ends a section or a block of code."""
        line = line[:LONGEST]
        fence = _FENCE.match(line)
        if fence and fence[1] not in line[fence.end() :]:
            if not self._fence or self._fence == fence[1]:
                self._fence = "" if self._fence else fence[1]
            return True
        found = None if self._fence else self._heading(line)
        self._before = [self._before[1], line]
        if found:
            level, title = found
            self._open = [one for one in self._open if one[0] < level] + [(level, title)]
        return bool(found)

    def end_cell(self) -> None:
        """The next line is in another cell: a block of code that was not closed ends."""
        self._fence, self._before = "", ["", ""]

    def _heading(self, line: str) -> tuple[int, str] | None:
        """The level and the words of the heading that `line` is, or that it underlines."""
        if match := _MARKED.match(line):
            level, text = len(match[1]), match[2].rstrip(" #")
        elif match := _HTML.match(line):
            level, text = int(match[1]), match[2]
        elif (match := _UNDERLINE.fullmatch(line)) and not self._before[0].strip():
            level, text = 1 if match[1][0] == "=" else 2, self._before[1]
        else:
            return None
        title = " ".join(
            re.sub(r"[*`]+|__", "", html.unescape(_TAG.sub(" ", _LINK.sub(r"\1", text)))).split()
        )
        read = read_line(title)
        is_log = read is not None and (read.epoch is not None or bool(read.numbers))
        return (
            (level, title)
            if any(map(str.isalnum, title)) and not is_log and "|" not in title
            else None
        )


def notebook_headings(notebook: Notebook) -> dict[int, tuple[str, ...]]:
    """For each cell the headings of the text cells before it."""
    return dict(_cells(notebook))


def _cells(notebook: Notebook) -> Iterator[tuple[int, tuple[str, ...]]]:
    outline = Outline()
    for cell in notebook.cells:
        yield cell.index, outline.headings
        if cell.kind == "markdown":
            for line in cell.source.split("\n"):
                outline.read(line)
            outline.end_cell()
