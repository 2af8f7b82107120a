"""A submission as data: its notebooks, Python files and texts, read without running anything."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cell:
    """One notebook cell; `index` counts all cells from 0. `output` is what it printed, without terminal colours."""
    index: int
    kind: str  # "code", "markdown" or "raw"
    source: str
    output: str = ""
    execution_count: int | None = None


@dataclass(frozen=True)
class Notebook:
    path: str  # relative to the submission's root, with "/"
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class TextFile:
    """A Python file, a README, a log: its path relative to the root and its text."""
    path: str
    text: str


@dataclass(frozen=True)
class Submission:
    """`root` is the folder. `warnings` name, in a sentence each, what could not be read."""
    root: Path
    notebooks: tuple[Notebook, ...] = ()
    sources: tuple[TextFile, ...] = ()  # .py
    texts: tuple[TextFile, ...] = ()  # .md, .txt, .log, .rst, .csv
    warnings: tuple[str, ...] = ()


def read_submission(path: Path) -> Submission:
    """The folder `path`, or the single file (.ipynb, .py, .md, .txt, …) that it is; UserError where nothing is there."""
    raise NotImplementedError
