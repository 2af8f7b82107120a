"""The sentences in which a submission speaks for itself: not its logs, not its code, not the task that it quotes."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from utils.grading.facts import Evidence
from utils.grading.log.line_shapes import read_line
from utils.grading.submission.contents import Submission

_NO_PROSE = (".csv", ".tsv", ".log", ".out", ".html", ".htm")
_FENCE = re.compile(r"\s*(?:```|~~~)")
_HEADING = re.compile(r"\s*(?:#{1,6}\s*(.+)|<h[1-6][^>]*>(.+?)</h[1-6]>|(?:\*\*|__)([^*_]+)(?:\*\*|__)\s*:?\s*$|"
                      r"([A-Z][\w ]{2,40}):\s*$)")
_TASK = re.compile(r"requirement|problem|objective|\btask|assignment (?:details|description|statement)|\bgoals?\b|"
                   r"\btargets?\b|constraint|question|instruction|guideline|to.?do|criteria|expected", re.I)
_ITEM = re.compile(r"\s*(?:[-*+•]|\d{1,2}[.)])\s+|\s*[|>]|\s*<")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"'(*])|\s*[;\n]\s*")
_DEMAND = re.compile(r"\b(?:must|should|shall|needs? to|ha(?:s|ve) to|required|requires|to be (?:less|more|under|within)|"
                     r"aim(?:s|ed|ing)?|goal|objective|as many|compulsory|optional|try to|in order to|trying|would|will be|"
                     r"could|asks?|asked|expected|challenge|plan(?:ned)? to|limit(?:ed)?)\b", re.I)
_ORDER = re.compile(r"\W*(?:\d{1,2}\s*[.)]\s*)?(?:achieve|use|change|make|add|write|upload|reach|get|apply|train|try|"
                    r"implement|ensure|keep|build|attain|fill|set|target|goal)\b", re.I)


@dataclass(frozen=True)
class Statement:
    text: str
    place: Evidence


def statements(submission: Submission, notebook: str | None) -> Iterator[Statement]:
    """What the README, other texts and the text cells of `notebook` (of every notebook where it is None) assert."""
    for text in submission.texts:
        name = text.path.lower()
        if not name.endswith(_NO_PROSE) and "requirements" not in name and "license" not in name:
            for line, sentence in _sentences(text.text):
                yield Statement(sentence, Evidence(file=text.path, line=line, text=sentence[:200]))
    for book in submission.notebooks:
        for cell in book.cells if notebook in (None, book.path) else ():
            if cell.kind == "markdown":
                for _, sentence in _sentences(cell.source):
                    yield Statement(sentence, Evidence(notebook=book.path, cell=cell.index, text=sentence[:200]))


def _sentences(text: str) -> Iterator[tuple[int, str]]:
    """Sentences with the line on which each begins; wrapped lines are joined."""
    for paragraph in _paragraphs(text):
        joined = " ".join([*(part for _, part in paragraph), ""])
        starts = list(accumulate((len(part) + 1 for _, part in paragraph[:-1]), initial=0))
        begin = 0
        for end in [*(match.end() for match in _SENTENCE_END.finditer(joined)), len(joined)]:
            sentence = " ".join(joined[begin:end].split())
            if sentence and len(sentence) < 1_000 and not _DEMAND.search(sentence) and not _ORDER.match(sentence):
                first = begin + len(joined[begin:end]) - len(joined[begin:end].lstrip())
                yield paragraph[bisect_right(starts, first) - 1][0], sentence
            begin = end


def _paragraphs(text: str) -> Iterator[list[tuple[int, str]]]:
    """Lines that belong together, with their numbers; headings, items, table rows and HTML stand alone."""
    paragraph, fenced, task = [], False, False
    for number, line in enumerate(text.split("\n"), 1):
        line = " ".join(line[:5_000].split())  # long runs of blanks would be tried in every way to divide them
        if _FENCE.match(line):
            fenced = not fenced
        heading = None if fenced else _HEADING.match(line)
        if heading:
            task = bool(_TASK.search(next(part for part in heading.groups() if part)))
        if line.count("|") > 3:  # of a wide table, the cells alone say nothing
            line = ""
        alone = bool(heading) or bool(_ITEM.match(line)) or _is_log(line)
        if paragraph and (alone or fenced or not line.strip()):
            yield paragraph
            paragraph = []
        if fenced or task or _FENCE.match(line) or not line.strip() or _is_log(line):
            continue
        if alone:
            yield [(number, line)]
        else:
            paragraph.append((number, line))
    if paragraph:
        yield paragraph


def _is_log(line: str) -> bool:
    """Whether a line was printed by a training: a bar, counts, or an epoch with its numbers."""
    read = read_line(line)
    return read is not None and bool(read.bar or (read.epoch is not None and len(read.numbers) > 1) or
                                     (read.counted and "set" in line.lower()))
