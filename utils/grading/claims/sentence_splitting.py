"""The sentences in which a submission speaks for itself: not its logs, not its code, not the task that it quotes."""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import accumulate

from utils.grading.claims.sections import Section, heading_of
from utils.grading.claims.tables import Row, rows_of_tables
from utils.grading.facts import Evidence
from utils.grading.log.log_line import read_line
from utils.grading.submission.contents import Submission, TextFile

_NO_PROSE = (".csv", ".tsv", ".log", ".out", ".html", ".htm")
_FENCE = re.compile(r"\s*(?:```|~~~)")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.S)
_ITEM = re.compile(r"\s*(?:[-*+•]|\d{1,2}[.)])\s+|\s*[|]|\s*<")
_UNTICKED = re.compile(
    r"(?P<indent>\s*)(?:(?:<li[^>]*>|[-*+•]|\d{1,2}[.)])\s*)?(?:\[\s?\](?![(\[])|[☐⬜🔲]|<input\b(?=[^>]*checkbox)(?![^>]*\bchecked))"
)
_QUOTED = re.compile(
    r"\s*>|\s*(?:[-*+•]|\d{1,2}[.)])?\s*\[[^\]]{0,200}\]\([^)]{0,300}\)\s*$"
)  # or a table of contents
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"'(*])|\n")
_ENDS_LINE = re.compile(r"(?:[\d%.!?]|\*\*|<br\s*/?>|\\)\s*$")
_LABEL = re.compile(r"(?:\*\*|__)?[A-Z][\w ()-]{1,40}(?:\*\*|__)?\s?[:=]")
_SUMMARY = re.compile(
    r"\W*(?:Total|Trainable|Non-trainable) params:\s*[\d,]+\W*"
)  # as programs print it


@dataclass(frozen=True)
class Statement:
    """A sentence, its place, the headings that it stands below, the nearest first, and what its paragraph says before it.

    `before` is the sentence before it, `earlier` are all of them. `title` is the heading that speaks of the whole text.
    Of a table's row, `network` is what the table calls the network that it is of.
    """

    text: str
    place: Evidence
    headings: tuple[str, ...] = ()
    title: str = ""
    before: str = ""
    earlier: str = ""
    network: str = ""


def statements(submission: Submission, notebooks: Collection[str] = ()) -> Iterator[Statement]:
    """What the README, other texts and the text cells of `notebooks` (paths; of every notebook where it is empty) assert."""
    for text in submission.texts:
        if _is_prose(text):
            for line, sentence, *context in _sentences(text.text, Section()):
                place = Evidence(file=text.path, line=line, text=sentence[:200])
                yield Statement(sentence, place, *context)
    for book in submission.notebooks:
        section = Section()
        for cell in book.cells if not notebooks or book.path in notebooks else ():
            if cell.kind == "markdown":
                for _, sentence, *context in _sentences(cell.source, section):
                    place = Evidence(notebook=book.path, cell=cell.index, text=sentence[:200])
                    yield Statement(sentence, place, *context)


def _is_prose(text: TextFile) -> bool:
    name = text.path.lower()
    if name.endswith(_NO_PROSE) or "requirements" in name or "license" in name:
        return False
    lines = text.text.split("\n")
    written = name.endswith((".md", ".markdown", ".rst")) or any(
        re.match(r"#{1,6} ", line) for line in lines
    )
    return written or not any(_begins_epoch(line) for line in lines)


def _sentences(text: str, section: Section) -> Iterator[tuple]:
    """Sentences with the line on which each begins and the other fields of a Statement; wrapped lines are joined."""
    text = _COMMENT.sub(lambda match: "\n" * match[0].count("\n"), text)
    for paragraph in _paragraphs(text, section):
        above = section.headings, section.title or ""
        if isinstance(paragraph[0][1], Row):
            for line, row in paragraph:
                yield line, row.text, *above, "", "", row.network
            continue
        joined = " ".join([*(part for _, part in paragraph), ""])
        starts = list(accumulate((len(part) + 1 for _, part in paragraph[:-1]), initial=0))
        begin, before = 0, ""
        for end in [*(match.end() for match in _SENTENCE_END.finditer(joined)), len(joined)]:
            sentence = " ".join(joined[begin:end].split())
            if sentence and len(sentence) < 1_000:
                first = begin + len(joined[begin:end]) - len(joined[begin:end].lstrip())
                line = paragraph[bisect_right(starts, first) - 1][0]
                yield line, sentence, *above, before, joined[:begin][-1_000:], ""
            begin, before = end, sentence


def _paragraphs(text: str, section: Section) -> Iterator[list[tuple[int, str | Row]]]:
    """Lines that belong together, with their numbers; headings, items, HTML and what a row of a table says stand
    alone."""
    paragraph, fenced, ended, parent = [], False, False, None
    lines = _without_plans(text.split("\n"))
    tables = rows_of_tables(lines)
    for number, raw in enumerate(lines, 1):
        line = " ".join(
            raw[:5_000].split()
        )  # long runs of blanks would be tried in every way to divide them
        if _FENCE.match(line):
            fenced = not fenced
        heading = None if fenced else heading_of(lines, number)
        item, indent = _ITEM.match(line), _indent(raw)
        rows = [] if fenced else tables.get(number, [])
        if line.count("|") > 3 or number in tables:  # cells say little without their table's head
            line = ""
        passed = (
            fenced
            or _FENCE.match(line)
            or not line.strip()
            or _is_printed(line)
            or _QUOTED.match(line)
        )
        alone = bool(heading) or bool(item)
        if paragraph and (alone or passed or (ended and line[:1].isupper()) or _LABEL.match(line)):
            yield paragraph
            paragraph = []
        if heading:
            section.enter(*heading)
        elif item:
            if parent and indent > parent[0]:
                section.enter_item(*parent)
            section.leave_items(indent)
            parent = indent, line[item.end() :]
        elif line.strip() and not indent and not paragraph:
            section.leave_items()
            parent = None
        if rows and not section.quotes_task:
            yield [(number, row) for row in rows]
        if passed or section.quotes_task:
            continue
        ended = bool(_ENDS_LINE.search(line)) or raw.endswith("  ")
        if alone and not item:
            yield [(number, line)]
        elif alone:
            paragraph = [(number, line)]
            ended = True
        else:
            paragraph.append((number, line))
    if paragraph:
        yield paragraph


def _without_plans(lines: list[str]) -> list[str]:
    """Lines, empty where they belong to an item of a task list that is not ticked: what was not done, or not reached."""
    kept, indent, blank, fenced = [], None, True, False
    for number, raw in enumerate(lines, 1):
        line = raw[:5_000]
        deeper = indent is not None and len(line) - len(line.lstrip()) > indent
        begins = (
            blank or heading_of(lines, number) or any(one.match(line) for one in (_ITEM, _FENCE))
        )
        match = None if fenced else _UNTICKED.match(line)
        if match:
            indent = len(match["indent"])
        elif line.strip() and begins and not deeper:
            indent = None
        if indent is None and _FENCE.match(line):
            fenced = not fenced
        blank = not line.strip()
        kept.append(raw if indent is None else "")
    return kept


def _indent(line: str) -> int:
    return len(line[:200].expandtabs(4)) - len(line[:200].expandtabs(4).lstrip())


def _is_printed(line: str) -> bool:
    """Whether a program printed the line: a bar, counts, an epoch with its numbers, a summary."""
    read = read_line(line)
    return bool(_SUMMARY.fullmatch(line[:200])) or (
        read is not None
        and bool(
            read.bar
            or (read.epoch is not None and len(read.numbers) > 1)
            or (read.counted and "set" in line.lower())
        )
    )


def _begins_epoch(line: str) -> bool:
    read = read_line(line)
    return read is not None and (read.epoch is not None or read.bar is not None)
