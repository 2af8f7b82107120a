"""The lines in which logs are looked for: notebook outputs frame by frame, text cells, text files."""

import re
from collections.abc import Iterable, Iterator

from utils.grading.facts import Evidence
from utils.grading.submission.contents import Notebook
from utils.grading.submission.notebook_file import TRACEBACK

_PROSE = (".md", ".markdown", ".rst", ".ipynb")
# A list of values that is printed over several lines.
_LIST = re.compile(r"[:=]\s?\[[^\[\]]{0,50000}\]")
_FRAME = re.compile(r"[\r\n]+")
_EXCEPTION = re.compile(r"[\w.]{1,100}(?:Error|Exception|Interrupt|Exit|Iteration|Warning)\b")


def is_prose(path: str) -> bool:
    """Whether what stands in the text at `path`, or in the text cells of a notebook, is said rather than printed."""
    return path.lower().endswith(_PROSE)


def notebook_lines(notebook: Notebook) -> Iterator[tuple[str, Evidence]]:
    """What the code cells printed, frame by frame."""
    for cell in notebook.cells:
        if cell.kind == "code" and cell.output:
            place = Evidence(notebook=notebook.path, cell=cell.index)
            output = _LIST.sub(lambda match: match[0].replace("\n", " "), cell.output)
            yield from _printed((line, place) for line in _FRAME.split(output))


def text_lines(path: str, text: str) -> Iterator[tuple[str, Evidence]]:
    """The lines of a text, and what a \\r in them redrew."""
    lines = (
        (line, Evidence(file=path, line=number)) for number, line in enumerate(text.split("\n"), 1)
    )
    yield from _printed((frame, place) for line, place in lines for frame in line.split("\r"))


def markdown_lines(notebook: Notebook) -> Iterator[tuple[str, Evidence]]:
    """The text cells, in which logs may be pasted."""
    for cell in notebook.cells:
        if cell.kind != "code":
            place = Evidence(notebook=notebook.path, cell=cell.index)
            for line in re.split(r"\r\n|\r|\n", cell.source):
                yield line, place


def _printed(lines: Iterable[tuple[str, Evidence]]) -> Iterator[tuple[str, Evidence]]:
    """`lines` without tracebacks: the source lines in them ("train_loss = 0") look like a log but are not one."""
    raised = False
    for line, place in lines:
        if line.lstrip().startswith(TRACEBACK):
            raised = True
        elif raised and (not line.strip() or line[0].isspace()):
            continue
        else:
            ends, raised = raised and _EXCEPTION.match(line), False
            if not ends:
                yield line, place
