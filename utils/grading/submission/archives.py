"""The files of a zip or tar archive, in memory: nothing is unpacked to a disk, so nothing can land outside or stay behind.

What a member unpacks to is bounded, alone and in all; so neither its declared size nor how densely it is packed matters.
"""

import bz2
import gzip
import io
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from utils.grading.submission.files import NotRead, beginning, is_theirs, kind

MEMBER_LIMIT = 100_000  # members of one archive that are looked at
TOTAL_LIMIT = 300_000_000  # bytes kept of one archive
STREAM_LIMIT = 2**30  # bytes of one tar that are passed through, kept or not
DEPTH_LIMIT = 30  # folders in one another
DIRECTORY_LIMIT = 2**24  # bytes of a zip's table of contents
HEADER_LIMIT = 2**21  # bytes of one tar header
_CHUNK = 2**20
# Why a member is not read: one warning for each kind.
_REFUSED = {
    "outside": "would lie outside of the archive",
    "link": "links are not followed",
    "device": "no plain file",
    "encrypted": "encrypted: make the archive without a password",
    "packing": "packed by a method that is not read: make an ordinary zip",
    "deep": f"more than {DEPTH_LIMIT} folders deep",
    "damaged": "damaged",
}
_BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    EOFError,
    OSError,
    zlib.error,
    ValueError,
    NotImplementedError,
    KeyError,
    OverflowError,
    IndexError,
    RuntimeError,
)


@dataclass
class Unpacked:
    """`files` by their path in the archive; what is not read as it stands (archives, pictures, PDFs) is there, but empty.
    `tops` are the outermost folders of all that it holds, "" where a file lies in none."""

    files: dict[str, bytes] = field(default_factory=dict)
    tops: set[str] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Member:
    """One entry of an archive; `refused` is a key of _REFUSED, or empty."""

    name: str
    refused: str = ""
    stream: BinaryIO | None = None


def unpack(archive: BinaryIO, name: str) -> Unpacked:
    """The files in `archive`, which can seek; `name` is for the warnings. What cannot be unpacked is a warning."""
    unpacked, refused, twice, libraries, seen, kept = Unpacked(), {}, [], set(), 0, 0
    try:
        for member in _members(archive):
            seen += 1
            if seen > MEMBER_LIMIT or kept > TOTAL_LIMIT:
                what = (
                    f"{MEMBER_LIMIT:,} files"
                    if seen > MEMBER_LIMIT
                    else f"{TOTAL_LIMIT // 1_000_000} MB to read"
                )
                unpacked.warnings.append(f"{name} holds more than {what}; the rest is not read.")
                break
            path, why = _path(member)
            if not why and is_theirs(path):
                unpacked.tops.add(path.rpartition("/")[0].partition("/")[0])
            if not why and path.endswith("/pyvenv.cfg"):
                libraries.add(path.removesuffix("pyvenv.cfg"))
            if not why and is_theirs(path) and kind(path):
                twice += [path] if path in unpacked.files else []
                content, why = _content(member.stream, path)
                unpacked.files |= {} if why else {path: content}
                kept += len(content)
            if why:
                refused.setdefault(why, []).append(member.name)
    except _BROKEN as error:
        unpacked.warnings.append(
            f"{name} cannot be unpacked{' completely' if seen else ''}: {_why(error)}."
        )
    unpacked.files = {
        path: content
        for path, content in unpacked.files.items()
        if not path.startswith(tuple(libraries))
    }
    unpacked.warnings += [
        f"{name}: {_listed(names)} not read: {_REFUSED[why]}." for why, names in refused.items()
    ]
    if twice:
        unpacked.warnings.append(
            f"{name} holds {_shown(twice[0])} more than once; the last of them is read."
        )
    return unpacked


def inner_archive(archive: BinaryIO, path: str) -> BinaryIO:
    """The archive at `path` in `archive`; NotRead where it cannot be had."""
    found = None
    try:
        for member in _members(archive):
            if _path(member) == (path, ""):
                found = _whole(member.stream)
    except _BROKEN:
        found = None
    if found is None:
        raise NotRead("it is damaged, or too large")
    return io.BytesIO(found)


def _whole(stream: BinaryIO) -> bytes | None:
    """All of a stream; None where that is too much to be kept."""
    content = io.BufferedReader(_Pieces(stream)).read(TOTAL_LIMIT + 1)
    return content if len(content) <= TOTAL_LIMIT else None


def _content(stream: BinaryIO, path: str) -> tuple[bytes, str]:
    """What is read of a member, and why it is not; a tar cannot be read on behind a damaged one."""
    if kind(path) in ("archives", "closed"):
        return b"", ""
    try:
        return beginning(io.BufferedReader(_Pieces(stream)), path), ""
    except _BROKEN:
        if not isinstance(stream, _Later):
            raise
        return b"", "damaged"


class _Pieces(io.RawIOBase):
    """A member's stream, read piece by piece whatever is asked for."""

    def __init__(self, stream: BinaryIO):
        self.stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        part = self.stream.read(min(len(buffer), _CHUNK))
        buffer[: len(part)] = part
        return len(part)


def _path(member: _Member) -> tuple[str, str]:
    """The member's path inside of the archive, or why it is refused."""
    name = member.name.replace("\\", "/")  # as old Windows programs write it
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or re.match(r"[A-Za-z]:", name) or ".." in parts:
        return "", "outside"
    if len(parts) > DEPTH_LIMIT:
        return "", "deep"
    return "/".join(parts), member.refused


def _members(archive: BinaryIO) -> Iterator[_Member]:
    start = archive.read(4)
    archive.seek(0)
    if start[:2] == b"PK":
        return _zip_members(archive)
    unpacking = {b"\x1f\x8b": gzip.open, b"BZ": bz2.open}.get(start[:2])
    return _tar_members(unpacking(archive) if unpacking else archive)


def _zip_members(archive: BinaryIO) -> Iterator[_Member]:
    with zipfile.ZipFile(_Bounded(archive, DIRECTORY_LIMIT)) as opened:
        for info in opened.infolist():
            mode = info.external_attr >> 16
            name = _zip_name(info)
            if info.is_dir() or name.endswith("\\"):
                continue
            if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                yield _Member(name, "link" if stat.S_ISLNK(mode) else "device")
            elif info.flag_bits & 1:
                yield _Member(name, "encrypted")
            elif info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                yield _Member(name, "packing")
            else:
                yield _Member(name, stream=_Later(opened, info))


def _zip_name(info: zipfile.ZipInfo) -> str:
    """The member's name; macOS writes UTF-8 without saying so."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


class _Later:
    """A member of a zip, opened when it is read."""

    def __init__(self, opened: zipfile.ZipFile, info: zipfile.ZipInfo):
        self.opened, self.info, self.stream = opened, info, None

    def read(self, size: int) -> bytes:
        self.stream = self.stream or self.opened.open(self.info)
        return self.stream.read(size)


def _tar_members(archive: BinaryIO) -> Iterator[_Member]:
    with tarfile.open(fileobj=_Bounded(archive, HEADER_LIMIT, STREAM_LIMIT), mode="r:") as opened:
        while info := opened.next():
            opened.members.clear()  # they would all be kept
            if info.isreg():
                yield _Member(info.name, stream=opened.extractfile(info))
            elif not info.isdir():
                yield _Member(info.name, "link" if info.issym() or info.islnk() else "device")


class _Bounded:
    """A file in which no single read is larger than `at_once`, and none leads beyond `limit` or back where one is given."""

    def __init__(self, stream: BinaryIO, at_once: int, limit: int | None = None):
        self.stream, self.at_once, self.limit = stream, at_once, limit
        self.seekable, self.tell = stream.seekable, stream.tell

    def read(self, size: int = -1) -> bytes:
        all_of_it = size is None or size < 0
        if self.limit is not None and self.tell() > self.limit:
            raise OSError(f"it unpacks to more than {self.limit // 1_000_000:,} MB")
        part = self.stream.read(min(self.at_once + 1, self.at_once + 1 if all_of_it else size))
        if len(part) > self.at_once:
            raise OSError("its list of files is too large")
        return part

    def seek(self, offset: int, whence: int = 0) -> int:
        if self.limit is not None and not (whence == 0 and self.tell() <= offset <= self.limit):
            raise OSError(
                f"it is not in order, or unpacks to more than {self.limit // 1_000_000:,} MB"
            )
        return self.stream.seek(offset, whence)


def _why(error: Exception) -> str:
    if isinstance(error, OSError) and not isinstance(error, gzip.BadGzipFile):
        return error.strerror or str(error)
    return "it is not a zip or tar archive, or it is damaged or incomplete"


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
    return f"{_shown(names[0])}{more} {'are' if more else 'is'}"


def _shown(name: str) -> str:
    return (name if name.isprintable() else ascii(name))[:100]
