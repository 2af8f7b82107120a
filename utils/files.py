"""Writing files so that a kill or a power loss at any moment leaves either the old content or the new, never a part."""

import errno
import hashlib
import os
import stat
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, content: bytes | str) -> None:
    """Replace the file at `path` by `content` (text as UTF-8) in one step; an OSError names the file."""
    data = content.encode() if isinstance(content, str) else content
    partial = path.with_name(path.name + ".tmp")
    place = partial if partial.is_dir() else path  # of what an error tells
    try:
        partial.unlink(missing_ok=True)  # it may be a pipe, which would wait for a reader
        with open(partial, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # the rename must not reach the disk before the bytes
    except OSError as error:
        with suppress(OSError):  # a full disk gets its space back
            partial.unlink()
        error.filename = str(place)
        raise
    move(partial, path)


def put(path: Path, text: str) -> None:
    """Write `text` where a user said: a plain file is replaced, also behind a link; a pipe or a device is written to."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        path.write_text(text, encoding="utf-8")
    else:
        write_whole(Path(os.path.realpath(path)), text)


CHECKSUM_SIZE = hashlib.sha256().digest_size


def write_checked(path: Path, payload: bytes) -> None:
    """As `write_whole`, with the SHA-256 of `payload` behind it, by which `read_checked` knows it again."""
    write_whole(path, payload + hashlib.sha256(payload).digest())


def read_checked(path: Path) -> bytes | None:
    """What `write_checked` wrote at `path`; None where it is damaged or no file. OSError where it cannot be read."""
    try:
        content = plain_bytes(path)
    except ValueError:
        return None
    payload, checksum = content[:-CHECKSUM_SIZE], content[-CHECKSUM_SIZE:]
    return payload if hashlib.sha256(payload).digest() == checksum else None


def move(source: Path, target: Path) -> None:
    """Rename `source` to `target`, which it replaces, and return once the folder's disk has noted it.

    An OSError names `target`, unless `source` is not there.
    """
    try:
        os.replace(source, target)
    except OSError as error:
        error.filename = str(target if source.exists() else source)
        raise
    if os.name == "nt":  # Windows cannot open a folder
        return
    with suppress(
        OSError
    ):  # some file systems cannot sync a folder; the rename is done in any case
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def plain_bytes(path: Path, most: int = 2**32) -> bytes:
    """What the file at `path` holds; ValueError with a clause where it is no plain file, or longer than `most` bytes.

    A pipe or a device is not waited for. OSError where it cannot be read.
    """
    number = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    try:
        found = os.fstat(number)
        if stat.S_ISDIR(found.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(found.st_mode):
            raise ValueError("it is a pipe or a device, no plain file")
        if found.st_size > most:
            raise ValueError(f"it is larger than {most / 2**20:g} MiB")
        with os.fdopen(number, "rb", closefd=False) as file:
            return file.read(most)
    finally:
        os.close(number)
