"""A submission as data: its notebooks, Python files and texts, read without running anything."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from utils.errors import UserError
from utils.grading.facts import Evidence
from utils.grading.submission.disguises import holds_notebook, python_name
from utils.grading.submission.files import (
    CONFIG_LIMIT,
    File,
    NotRead,
    folder_files,
    kind,
    plain_file,
)
from utils.grading.submission.html_page import read_page
from utils.grading.submission.notebook_file import read_cells
from utils.grading.submission.text_decoding import decode, printable
from utils.grading.submission.wrapping import unwrapped

FILE_LIMIT = 2_000  # files read of one submission
_KINDS = ("notebooks", "sources", "texts", "configs", "scripts")
_RESULT = re.compile(r"(?:acc|loss)[^\n]{0,80}\d", re.I)  # what a log has in many lines
_LOGGED = 3  # lines


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
    """`root` is the folder, or the path of what an archive holds. `warnings` name, in a sentence each, what could not be
    read."""

    root: Path
    notebooks: tuple[Notebook, ...] = ()
    sources: tuple[TextFile, ...] = ()  # .py
    texts: tuple[TextFile, ...] = ()  # .md, .txt, .log, .rst, .csv
    configs: tuple[TextFile, ...] = ()  # .json, .yaml, pyproject.toml and its like
    scripts: tuple[TextFile, ...] = ()  # that start programs: .sh, .bat, Makefile
    warnings: tuple[str, ...] = ()

    def code(self) -> Iterator[tuple[str, Evidence]]:
        """The text of every Python file and every cell of code, each with its place."""
        for file in self.sources:
            yield file.text, Evidence(file=file.path)
        for notebook in self.notebooks:
            for cell in notebook.cells:
                if cell.kind == "code":
                    yield cell.source, Evidence(notebook=notebook.path, cell=cell.index)

    @property
    def readmes(self) -> list[TextFile]:
        """The texts that are called README, in whatever folder and format."""
        return [
            one for one in self.texts if posixpath.basename(one.path).lower().startswith("readme")
        ]

    @property
    def is_empty(self) -> bool:
        """Whether there is no code, no text and no output in it that could be graded."""
        written = [file.text for file in (*self.sources, *self.texts)]
        written += [
            text
            for notebook in self.notebooks
            for cell in notebook.cells
            for text in (cell.source, cell.output)
        ]
        return not any(text.strip() for text in written)


@dataclass
class _Reading:
    """What has been read so far. `pages` wait until the notebooks are known; `unread` may matter and cannot be read."""

    found: dict[str, list] = field(default_factory=lambda: {kind: [] for kind in _KINDS})
    warnings: list[str] = field(default_factory=list)
    pages: list[TextFile] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def read_submission(path: Path) -> Submission:
    """The folder `path`, or the single file (.ipynb, .py, .md, .zip, …) that it is; UserError where nothing is there.

    An archive that is all that was handed in is read as the folder that it holds; nothing is unpacked to the disk. Hidden
    folders, virtual environments and links are passed over. Whatever cannot be read becomes a warning.
    """
    path = Path(path)
    try:
        is_folder, is_file = path.is_dir(), path.is_file()
    except (OSError, ValueError) as error:
        raise UserError(f"The submission {ascii(str(path))} cannot be opened: {error}.") from None
    if not (is_folder or is_file):
        raise UserError(
            f"There is no submission at {ascii(str(path))[1:-1]}: name a folder, a zip, a notebook or a text."
        )
    reading = _Reading()
    root = path if is_folder else path.parent
    files = folder_files(path, reading.warnings) if is_folder else {path.name: plain_file(path)}
    files, root = unwrapped(files, root, reading.warnings)
    reading.unread = [name for name in sorted(files) if kind(name) in ("closed", "archives")]
    chosen = _chosen(
        [file for name, file in files.items() if name not in reading.unread], reading.warnings
    )
    for file in sorted(chosen, key=lambda file: file.name.split("/")):
        _add(file, files, reading)
    for page in reading.pages:
        _add_page(page, reading)
    if not _has_log(reading.found):
        reading.warnings += _unread(reading.unread)
    return Submission(
        root,
        **{kind: tuple(files) for kind, files in reading.found.items()},
        warnings=tuple(reading.warnings),
    )


def _chosen(files: list[File], warnings: list[str]) -> list[File]:
    """As many files as FILE_LIMIT allows, those that tell most first."""
    if len(files) <= FILE_LIMIT:
        return files
    warnings.append(
        f"The submission has more than {FILE_LIMIT:,} files to read; notebooks, Python files, READMEs and what "
        "lies near the top are read, the rest is not."
    )
    return sorted(files, key=lambda file: (not _tells(file.name), file.name.count("/"), file.name))[
        :FILE_LIMIT
    ]


def _tells(name: str) -> bool:
    """Whether a file of this name is read before a thousand others are: code, a README, the list of requirements."""
    return kind(name) in ("notebooks", "sources") or name.rpartition("/")[2].lower().startswith(
        ("readme", "requirements")
    )


def _add(file: File, files: dict[str, File], reading: _Reading) -> None:
    """Read `file` into the list of its kind, or say in the warnings why not."""
    name, warnings = file.name, reading.warnings
    if not name.isprintable():  # also a name that is not UTF-8: no report could print it
        warnings.append(f"The file {ascii(name)} is not read: rename it with plain characters.")
        return
    try:
        data, cut = file.read()
    except NotRead as error:
        warnings.append(f"{name} is not read: {error}.")
        return
    except OSError as error:
        warnings.append(f"{name} cannot be read: {error.strerror or error}.")
        return
    shown = kind(name) or "texts"
    is_notebook = shown == "notebooks" or holds_notebook(data)
    if shown in ("configs", "scripts") and not is_notebook and (cut or len(data) > CONFIG_LIMIT):
        return
    text, remark = decode(data)
    remark = remark or (cut if text is not None else "")
    if remark:
        warnings.append(f"{name} {remark}.")
    if text is None:
        return
    if is_notebook:
        _add_notebook(name, text, reading)
    else:
        _add_text(name, shown, printable(text), files, reading)


def _add_text(name: str, shown: str, text: str, files: dict[str, File], reading: _Reading) -> None:
    python = python_name(name, text)
    if python and python not in files:
        reading.warnings.append(f"{name} holds Python and is read as {python}: rename it.")
        name, shown = python, "sources"
    old_newlines = shown == "sources" or "\n" not in text
    text = text.replace("\r", "\n") if old_newlines else text
    made = TextFile(name, text)
    (reading.pages if shown == "pages" else reading.found[shown]).append(made)


def _add_notebook(name: str, text: str, reading: _Reading) -> None:
    try:
        cells, remarks = read_cells(text)
    except ValueError as error:
        reading.warnings.append(f"The notebook {name} cannot be read: {error}.")
        return
    if kind(name) != "notebooks":
        reading.warnings.append(
            f"{name} holds a notebook and is read as one: give it a name that ends in .ipynb."
        )
    reading.warnings.extend(f"In the notebook {name}, {remark}." for remark in remarks)
    reading.found["notebooks"].append(Notebook(name, tuple(Cell(**cell) for cell in cells)))


def _add_page(page: TextFile, reading: _Reading) -> None:
    """A page that shows a notebook as that notebook, unless it is there itself; of any other, its blocks of plain text."""
    fields, text = read_page(page.text)
    cells = tuple(Cell(**each) for each in fields)
    if not cells and not text:
        reading.unread.append(page.path)
    elif not cells:
        reading.found["texts"].append(TextFile(page.path, text))
    elif not any(_shows(page.path, cells, notebook) for notebook in reading.found["notebooks"]):
        reading.warnings.append(
            f"{page.path} shows a notebook and is read in its place: hand in the notebook (.ipynb) too."
        )
        reading.found["notebooks"].append(Notebook(page.path, cells))


def _shows(path: str, cells: tuple[Cell, ...], notebook: Notebook) -> bool:
    """Whether a page with these cells is an export of `notebook`, with nothing that the notebook does not have."""
    if not any(cell.output for cell in notebook.cells):
        return False
    code, own = (
        ["".join(cell.source.split()) for cell in each if cell.kind == "code"]
        for each in (cells, notebook.cells)
    )
    same_name = Path(path).stem.lower() == Path(notebook.path).stem.lower()
    return same_name or any(code) and code == own


def _has_log(found: dict[str, list]) -> bool:
    """Whether something that is read has the lines of a log."""
    texts = [text.text for text in found["texts"]]
    texts += [
        text
        for notebook in found["notebooks"]
        for cell in notebook.cells
        for text in (cell.source, cell.output)
    ]
    return any(sum(1 for _ in _RESULT.finditer(text)) >= _LOGGED for text in texts)


def _unread(names: list[str]) -> list[str]:
    """A sentence on the archives that are left and one on other files that cannot be read, for want of a log elsewhere."""
    cures = {
        "archives": "not unpacked, and no log was seen elsewhere: hand in one archive, or the files themselves",
        None: "not read, and no log was seen elsewhere: hand in the log as text or in the notebook's output",
    }
    by_cure = {
        cure: [name for name in names if (kind(name) == "archives") == bool(of)]
        for of, cure in cures.items()
    }
    return [f"{_names(of)} {cure}." for cure, of in by_cure.items() if of]


def _names(names: list[str]) -> str:
    """The first few of many names, as far as they can be printed, with the verb."""
    shown = [name if name.isprintable() else ascii(name) for name in names[:3]]
    more = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
    return f"{', '.join(shown)}{more} {'is' if len(names) == 1 else 'are'}"
