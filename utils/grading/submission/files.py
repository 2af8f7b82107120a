"""The files of a submission by name: which the grader reads, of what kind they are, and how much of each is read."""

import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

TEXT_SUFFIXES = (".md", ".markdown", ".txt", ".log", ".rst", ".csv", ".tsv", ".out", ".jsonl")
CONFIG_SUFFIXES = (".json", ".yaml", ".yml", ".toml")
PACKAGE_FILES = (
    "pyproject.toml",
    "setup.cfg",
    "pipfile",
)  # they name the libraries that are needed
# They start programs.
SCRIPT_SUFFIXES = (
    ".sh",
    ".bash",
    ".zsh",
    ".slurm",
    ".sbatch",
    ".pbs",
    ".bat",
    ".cmd",
    ".ps1",
    ".fish",
    ".mk",
)
SCRIPT_FILES = ("makefile", "gnumakefile", "justfile", "dockerfile", "procfile", "snakefile", "run")
PAGE_SUFFIXES = (".html", ".htm")
ARCHIVE_SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2")
DATA_SET = "cifar-10-python.tar.gz"  # as it is downloaded: nothing of the student's
# What may hold a log, a picture of it or a whole submission, and cannot be read.
CLOSED_SUFFIXES = (
    ".pdf",
    ".doc",
    ".docx",
    ".odt",
    ".rtf",
    ".pptx",
    ".xlsx",
    ".png",
    ".jpg",
    ".jpeg",
    ".heic",
    ".webp",
    ".rar",
    ".7z",
    ".gz",
    ".xz",
    ".dbc",
)
WALK_LIMIT = 200_000  # files of one submission that are looked at by name
CONFIG_LIMIT = 100_000  # bytes of a JSON or YAML file or a shell script; what is larger is none
NOTEBOOK_LIMIT, TEXT_LIMIT = 200_000_000, 20_000_000  # bytes
SOURCE_LIMIT = (
    4_000_000  # bytes of a Python file, of which each may take 200 of memory when it is parsed
)
HEAD = 4096  # bytes by which a notebook is known, whatever it is called
_NOT_THEIRS = {"__pycache__", "node_modules", "site-packages", "venv", "env", "__macosx"}
_NOTEBOOK_KEYS = re.compile(
    rb'\A[\s\x00\xef\xbb\xbf\xff\xfe]*\{.*"(?:cells|worksheets|nbformat)"\s*:', re.S
)


class NotRead(ValueError):
    """A file that is not read; the message is a clause that says why."""


@dataclass(frozen=True)
class File:
    """A file that can be read: `name` is its path in the submission, with "/"; `open` may raise OSError or NotRead."""

    name: str
    open: Callable[[], BinaryIO]

    def read(self) -> tuple[bytes, str]:
        """Its content as far as the limit for such files allows, and a remark where that is not all."""
        with self.open() as stream:
            data = beginning(stream, self.name)
        limit = byte_limit(self.name, data[:HEAD])
        cut = (
            f"is longer than {limit // 1_000_000} MB; only its beginning is read"
            if len(data) > limit
            else ""
        )
        return data[:limit], cut


def plain_file(path: Path, name: str | None = None) -> File:
    """The file at `path` on the disk, under its own name or `name`."""
    return File(name or path.name, lambda: _open_plain(path))


def kind(name: str) -> str | None:
    """What a file of this name is: "notebooks", "sources", "texts", "configs", "scripts" of a shell, "pages", "archives",
    "closed" for what may matter and cannot be read, None for a file that is passed over."""
    name = name.rpartition("/")[2].lower()
    stem, suffix = os.path.splitext(name)
    if name.endswith(ARCHIVE_SUFFIXES):
        return None if name == DATA_SET else "archives"
    if suffix in TEXT_SUFFIXES or (not suffix and stem.startswith(("readme", "log", "train"))):
        return "texts"
    if name in PACKAGE_FILES:
        return "configs"
    return _KINDS.get(suffix) or ("scripts" if stem in SCRIPT_FILES else None)


_KINDS = {
    ".ipynb": "notebooks",
    ".py": "sources",
    **dict.fromkeys(SCRIPT_SUFFIXES, "scripts"),
    **dict.fromkeys(CONFIG_SUFFIXES, "configs"),
    **dict.fromkeys(PAGE_SUFFIXES, "pages"),
    **dict.fromkeys(CLOSED_SUFFIXES, "closed"),
}


def is_theirs(name: str) -> bool:
    """Whether neither the file nor a folder on its path is hidden, a cache or somebody else's library."""
    *folders, last = name.split("/")
    return not last.startswith(".") and not any(map(_is_foreign, folders))


def _is_foreign(folder: str) -> bool:
    return folder.startswith(".") or folder.lower() in _NOT_THEIRS


def may_be_notebook(head: bytes) -> bool:
    """Whether a file that begins with these bytes may be a notebook, whatever its name."""
    return bool(_NOTEBOOK_KEYS.match(head.replace(b"\x00", b"")))


def byte_limit(name: str, head: bytes) -> int:
    """How many bytes of a file with this name and beginning are read at most."""
    if kind(name) == "notebooks" or may_be_notebook(head):
        return NOTEBOOK_LIMIT
    return {"configs": CONFIG_LIMIT, "sources": SOURCE_LIMIT}.get(kind(name), TEXT_LIMIT)


def beginning(stream: BinaryIO, name: str) -> bytes:
    """The content of a file, up to one byte more than its limit."""
    head = stream.read(HEAD)
    return head + stream.read(byte_limit(name, head) + 1 - len(head))


def folder_files(root: Path, warnings: list[str]) -> dict[str, File]:
    """Every file below `root` of a kind that has a name here, by its path."""
    found = islice(_walk(root, warnings), WALK_LIMIT)
    return {name: plain_file(path, name) for name, path in found}


def _walk(root: Path, warnings: list[str]) -> Iterator[tuple[str, Path]]:
    unopened = lambda error: warnings.append(f"A folder cannot be opened: {error.strerror}.")  # noqa: E731
    for folder, folders, names in os.walk(root, onerror=unopened):
        folders[:] = sorted(
            name
            for name in folders
            if not _is_foreign(name)
            and not os.path.exists(os.path.join(folder, name, "pyvenv.cfg"))
        )
        for name in sorted(names):
            if not name.startswith(".") and kind(name):
                yield Path(folder, name).relative_to(root).as_posix(), Path(folder, name)


def _open_plain(path: Path) -> BinaryIO:
    """The file opened; NotRead for a link, a pipe or a device."""
    if not stat.S_ISREG(os.lstat(path).st_mode):
        raise NotRead("it is a link or not a plain file")
    return open(path, "rb")
