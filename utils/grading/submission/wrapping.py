"""A submission that was handed in as an archive: its files as if they had been unpacked."""

import io
import re
from pathlib import Path
from typing import BinaryIO

from utils.grading.submission.archives import inner_archive, unpack
from utils.grading.submission.files import ARCHIVE_SUFFIXES, File, NotRead, kind

ARCHIVES_DEEP = 2  # an archive, and one that is all that it holds


def unwrapped(
    files: dict[str, File], root: Path, warnings: list[str]
) -> tuple[dict[str, File], Path]:
    """`files` by path, with those in the archive in its place where there is one archive and no code beside it.

    Also the root: its name is that of the folder that the archive holds, of which the paths say nothing. An archive beside
    other texts becomes a folder of its name.
    """
    for depth in range(ARCHIVES_DEEP + 1):
        archive = _handed_in(files)
        if archive is None:
            break
        if depth == ARCHIVES_DEEP:
            warnings.append(
                f"{archive.name} is not unpacked: it is too deep, inside an archive inside an archive."
            )
            return {name: file for name, file in files.items() if file is not archive}, root
        others = {name: file for name, file in files.items() if file is not archive}
        inside, folder = _inside(archive, warnings)
        if any(kind(name) != "closed" for name in others):
            inside = {f"{_bare(archive.name)}/{name}": file for name, file in inside.items()}
        else:
            root = root / folder
        files = others | {name: File(name, file.open) for name, file in inside.items()}
    return files, root


def _handed_in(files: dict[str, File]) -> File | None:
    """The only archive, where no notebook and no Python file lies beside it."""
    archives = [file for name, file in files.items() if kind(name) == "archives"]
    code = any(kind(name) in ("notebooks", "sources") for name in files)
    return archives[0] if len(archives) == 1 and not code else None


def _inside(archive: File, warnings: list[str]) -> tuple[dict[str, File], str]:
    """The files of an archive by their paths in it, without the one folder that may hold them all, and its name."""
    try:
        with archive.open() as stream:
            unpacked = unpack(stream, archive.name)
    except (OSError, NotRead) as error:
        warnings.append(
            f"{archive.name} cannot be unpacked: {getattr(error, 'strerror', None) or error}."
        )
        return {}, ""
    warnings += unpacked.warnings
    top = next(iter(unpacked.tops)) if len(unpacked.tops) == 1 else ""
    top = (
        "" if f"{top}/__init__.py" in unpacked.files else top
    )  # a package, whose name its imports may use
    files = {}
    for path, content in unpacked.files.items():
        name = path.removeprefix(f"{top}/") if top else path
        files[name] = File(name, _opens(archive, path, content))
    return files, re.sub(r"-(?:main|master)$", "", top) or _bare(archive.name).rpartition("/")[2]


def _opens(archive: File, path: str, content: bytes):
    def inner() -> BinaryIO:
        with archive.open() as stream:
            return inner_archive(stream, path)

    return inner if kind(path) == "archives" else lambda: io.BytesIO(content)


def _bare(name: str) -> str:
    """An archive's path without its suffix."""
    suffix = max((suffix for suffix in ARCHIVE_SUFFIXES if name.lower().endswith(suffix)), key=len)
    return name[: -len(suffix)]
