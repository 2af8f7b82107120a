"""The lines in which logs are looked for: notebook outputs frame by frame, text cells, text files."""

import re
from collections.abc import Iterator

from utils.grading.facts import Evidence
from utils.grading.submission.contents import Notebook

_FRAME = re.compile(r"[\r\n]+")


def notebook_lines(notebook: Notebook) -> Iterator[tuple[str, Evidence]]:
    """What the code cells printed, frame by frame."""
    for cell in notebook.cells:
        if cell.kind == "code" and cell.output:
            place = Evidence(notebook=notebook.path, cell=cell.index)
            for line in _FRAME.split(cell.output):
                yield line, place


def text_lines(path: str, text: str) -> Iterator[tuple[str, Evidence]]:
    for number, line in enumerate(text.split("\n"), 1):
        place = Evidence(file=path, line=number)
        for frame in line.split("\r"):
            yield frame, place


def markdown_lines(notebook: Notebook) -> Iterator[tuple[str, Evidence]]:
    """The text cells, in which logs may be pasted."""
    for cell in notebook.cells:
        if cell.kind != "code":
            place = Evidence(notebook=notebook.path, cell=cell.index)
            for line in _FRAME.split(cell.source):
                yield line, place
