"""A submission as data: its notebooks, Python files and texts, read without running anything."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from utils.errors import UserError
from utils.grading.submission.notebook_file import read_cells
from utils.grading.submission.text_decoding import decode, printable

TEXT_SUFFIXES = (".md", ".markdown", ".txt", ".log", ".rst", ".csv", ".tsv", ".out")
FILE_LIMIT = 2_000  # files read of one submission
WALK_LIMIT = 200_000  # files of one submission that are looked at by name
CONFIG_LIMIT = 100_000  # bytes of a JSON or YAML file; what is larger is no configuration
CONFIG_SUFFIXES = (".json", ".yaml", ".yml")
BYTE_LIMITS = {".ipynb": 200_000_000, "": 20_000_000}
_NOT_THEIRS = {"__pycache__", "node_modules", "site-packages", "venv", "env"}


@dataclass(frozen=True)
class Cell:
    """One notebook cell; `index` counts all cells from 0. `output` is what it printed, without terminal colours; a \\r that
    redrew a progress bar is kept."""
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
    configs: tuple[TextFile, ...] = ()  # .json, .yaml
    warnings: tuple[str, ...] = ()


def read_submission(path: Path) -> Submission:
    """The folder `path`, or the single file (.ipynb, .py, .md, .txt, …) that it is; UserError where nothing is there.

    Hidden folders, virtual environments and links are passed over. Whatever cannot be read becomes a warning.
    """
    path = Path(path)
    try:
        is_folder, is_file = path.is_dir(), path.is_file()
    except (OSError, ValueError) as error:
        raise UserError(f"The submission {ascii(str(path))} cannot be opened: {error}.") from None
    if not (is_folder or is_file):
        raise UserError(f"There is no submission at {ascii(str(path))[1:-1]}: name a folder, a notebook or a text file.")
    root = path if is_folder else path.parent
    warnings: list[str] = []
    found: dict[str, list] = {"notebooks": [], "sources": [], "texts": [], "configs": []}
    for file in sorted(_files(root, warnings)) if is_folder else [path]:
        _add(file, root, found, warnings)
    return Submission(root, **{kind: tuple(files) for kind, files in found.items()}, warnings=tuple(warnings))


def _files(root: Path, warnings: list[str]) -> list[Path]:
    """The files to read below `root`: as many as FILE_LIMIT allows, those that tell most first."""
    found = list(islice(_readable(root, warnings), WALK_LIMIT))
    if len(found) <= FILE_LIMIT:
        return found
    warnings.append(f"The submission has more than {FILE_LIMIT:,} files to read; notebooks, Python files, READMEs and what "
                    "lies near the top are read, the rest is not.")
    return sorted(found, key=lambda file: (not _tells(file.name), len(file.parts), file))[:FILE_LIMIT]


def _readable(root: Path, warnings: list[str]) -> Iterator[Path]:
    """Every file below `root` of a kind that the grader reads."""
    unopened = lambda error: warnings.append(f"A folder cannot be opened: {error.strerror}.")  # noqa: E731
    for folder, folders, names in os.walk(root, onerror=unopened):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name.lower() not in _NOT_THEIRS
                            and not os.path.exists(os.path.join(folder, name, "pyvenv.cfg")))
        yield from (Path(folder, name) for name in sorted(names) if not name.startswith(".") and _kind(name))


def _tells(name: str) -> bool:
    """Whether a file of this name is read before a thousand others are: code, a README, the list of requirements."""
    return _kind(name) in ("notebooks", "sources") or name.lower().startswith(("readme", "requirements"))


def _kind(name: str) -> str | None:
    """Where a file of this name belongs in a Submission; None for a file that the grader does not read."""
    stem, suffix = os.path.splitext(name.lower())
    if suffix in TEXT_SUFFIXES or (not suffix and stem.startswith(("readme", "log", "train"))):
        return "texts"
    if suffix in CONFIG_SUFFIXES:
        return "configs"
    return {".ipynb": "notebooks", ".py": "sources"}.get(suffix)


def _add(file: Path, root: Path, found: dict[str, list], warnings: list[str]) -> None:
    """Read `file` into the list of its kind, or say in `warnings` why not."""
    name = file.relative_to(root).as_posix()
    if not name.isprintable():  # also a name that is not UTF-8: no report could print it
        warnings.append(f"The file {ascii(name)} is not read: rename it with plain characters.")
        return
    if file.is_symlink() or not file.is_file():
        warnings.append(f"{name} is not read: it is a link or not a plain file.")
        return
    if _kind(file.name) == "configs" and file.stat().st_size > CONFIG_LIMIT:
        return
    text, remark = _text(file)
    if remark:
        warnings.append(f"{name} {remark}.")
    if text is None:
        return
    kind = _kind(file.name) or "texts"
    if kind == "notebooks":
        _add_notebook(name, text, found, warnings)
    else:
        text = printable(text)
        old_newlines = kind == "sources" or "\n" not in text
        found[kind].append(TextFile(name, text.replace("\r", "\n") if old_newlines else text))


def _text(file: Path) -> tuple[str | None, str]:
    """The text of `file` and a remark; no text where there is none to read."""
    limit = BYTE_LIMITS.get(file.suffix.lower(), BYTE_LIMITS[""])
    try:
        with open(file, "rb") as stream:
            data = stream.read(limit + 1)
    except OSError as error:
        return None, f"cannot be read: {error.strerror or error}"
    if len(data) <= limit:
        return decode(data)
    text, remark = decode(data[:limit])
    return text, remark or f"is longer than {limit // 1_000_000} MB; only its beginning is read"


def _add_notebook(name: str, text: str, found: dict[str, list], warnings: list[str]) -> None:
    try:
        cells, remarks = read_cells(text)
    except ValueError as error:
        warnings.append(f"The notebook {name} cannot be read: {error}.")
        return
    warnings.extend(f"In the notebook {name}, {remark}." for remark in remarks)
    found["notebooks"].append(Notebook(name, tuple(Cell(**cell) for cell in cells)))
