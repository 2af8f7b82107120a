"""The submission's own JSON and YAML files, for a network that is built from them: as texts, nothing is read from the disk.

They are found from `__file__` or by a path that begins where the program does. A path from `__file__` is an `OwnPath`: code
can walk from it to such a file and read that. What it says of the place where the code lies cannot be decided on.
"""

import functools
import io
import pathlib
import posixpath
import sys
from dataclasses import dataclass, field

from utils.grading.sandbox.marked_code import Answer, decide
from utils.grading.sandbox.surroundings import LOOKS, led_to, place

_CHANGES = set("wax+")
_getframe = sys._getframe


@dataclass
class _Given:
    """The texts by their paths, and the folders in which the program looks for what it opens."""

    texts: dict[str, str] = field(default_factory=dict)
    roots: list[str] = field(default_factory=list)


GIVEN = _Given()


class OwnPath(Answer):
    """A path of the submission, by way of `__file__`: a text or a Path, as the code has made it."""

    def __init__(self, clause: str, at: str, is_text: bool):
        super().__init__(clause)
        object.__setattr__(self, "_at", at)
        object.__setattr__(self, "_is_text", is_text)

    def __getattribute__(self, name: str):
        if name == "__class__":
            return _kind(self)
        if name == "__dict__" or not hasattr(_kind(self), name):
            raise AttributeError(name)
        if name == "parent":
            return _upwards(self)
        if name == "parents":
            return _all_above(self)
        if name in _METHODS:
            return functools.partial(_METHODS[name], self)
        return super().__getattribute__(name)

    def __truediv__(self, other):
        return _joined(self, other)

    def __add__(self, other):
        if type(other) is not str:
            return decide(self)
        at = _known(self, "_at")
        return _moved(self, at + other if at else other.lstrip("/"))


def own_file(file: str) -> OwnPath:
    """In the place of `__file__`, in that file of the submission."""
    return OwnPath(f"{LOOKS}__file__ at {place(_getframe(1))}", file, True)


def text(kind, thing):
    """In the place of str(…) and type(…)."""
    if type(thing) is not OwnPath or kind not in (str, type):
        return decide(thing) if type(thing) is Answer and kind is type else kind(thing)
    return _kind(thing) if kind is type else _moved(thing, _known(thing, "_at"), is_text=True)


def formatted(first, rest: str):
    """In the place of f"{first}rest"."""
    return text(str, first) + rest if type(first) is OwnPath else f"{first}{rest}"


def _kind(path: OwnPath) -> type:
    return str if _known(path, "_is_text") else type(pathlib.Path())


def _known(path: OwnPath, name: str):
    return object.__getattribute__(path, name)


def _moved(path: OwnPath, at: str, is_text: bool | None = None) -> Answer:
    """Another path from the same `__file__`; only an Answer where it leads out of the submission."""
    clause = _known(path, "_clause")
    at = posixpath.normpath(at)
    if at.startswith(("..", "/")):
        return Answer(clause)
    return OwnPath(
        clause, "" if at == "." else at, _known(path, "_is_text") if is_text is None else is_text
    )


def _upwards(path: OwnPath) -> Answer:
    at = _known(path, "_at")
    return _moved(path, posixpath.dirname(at) if at else "..")


def _all_above(path: OwnPath) -> tuple[Answer, ...]:
    """Those within the submission, and a last one of which nothing can be used: there are more."""
    above = [_upwards(path)]
    while type(above[-1]) is OwnPath:
        above.append(_upwards(above[-1]))
    return tuple(above)


def _joined(path: OwnPath, *others) -> Answer:
    parts = [str(one) if issubclass(type(one), pathlib.PurePath) else one for one in others]
    if not all(type(one) is str for one in parts):
        return Answer(_known(path, "_clause"))
    return _moved(path, posixpath.join(_known(path, "_at"), *parts))


def _content(path: OwnPath) -> str:
    """The text of the file there; it is a question about files where the submission has none."""
    at = _known(path, "_at")
    return GIVEN.texts[at] if at in GIVEN.texts else decide(path)


def _stream(content: str, mode: str):
    return io.BytesIO(content.encode()) if "b" in mode else io.StringIO(content)


def _open(path: OwnPath, mode: str = "r", *args, **kwargs):
    return decide(path) if _CHANGES & set(mode) else _stream(_content(path), mode)


def _same(path: OwnPath, *args, **kwargs) -> OwnPath:
    return path


_METHODS = {
    "resolve": _same,
    "absolute": _same,
    "joinpath": _joined,
    "read_text": lambda path, *args, **kwargs: _content(path),
    "read_bytes": lambda path: _content(path).encode(),
    "open": _open,
    "exists": lambda path, **kwargs: bool(_content(path)) or True,
    "is_file": lambda path, **kwargs: bool(_content(path)) or True,
}
# What functions of os.path make of such a path.
_FUNCTIONS = {
    "join": lambda path, *others: text(str, _joined(path, *others)),
    "dirname": _upwards,
    "abspath": _same,
    "realpath": _same,
    "normpath": _same,
    "exists": _METHODS["exists"],
    "isfile": _METHODS["is_file"],
}


def opened(path, mode="r", *args, **kwargs):
    """In the place of open(), for code of theirs."""
    if type(path) is OwnPath:
        return _open(path, mode)
    content = _beside(path) if type(mode) is str and not _CHANGES & set(mode) else None
    return _io_open(path, mode, *args, **kwargs) if content is None else _stream(content, mode)


def _beside(path) -> str | None:
    """The text of the one file that a relative path can stand for, where the program is started."""
    if not isinstance(path, (str, pathlib.PurePath)) or posixpath.isabs(path):
        return None
    places = {posixpath.normpath(posixpath.join(root, path)) for root in GIVEN.roots}
    found = [GIVEN.texts[at] for at in places if at in GIVEN.texts]
    return found[0] if len(found) == 1 and led_to(3) is not None else None


_io_open = io.open


def give(texts: dict[str, str], roots: list[str]) -> None:
    """From now on code of theirs can open these texts."""
    GIVEN.texts, GIVEN.roots = texts, roots
    io.open = opened
    for name, function in _FUNCTIONS.items():
        setattr(posixpath, name, _of_path(getattr(posixpath, name), function))
    for kind in (pathlib.PurePath, pathlib.Path):
        kind.__new__ = _constructor(kind.__new__)


def _of_path(real, function):
    @functools.wraps(real)
    def called(*args, **kwargs):
        own = args and type(args[0]) is OwnPath
        return function(*args, **kwargs) if own else real(*args, **kwargs)

    return called


def _constructor(make):
    def __new__(cls, *args, **kwargs):
        if args and type(args[0]) is OwnPath:
            path = _moved(args[0], _known(args[0], "_at"), is_text=False)
            return _joined(path, *args[1:]) if args[1:] else path
        return make(cls, *args, **kwargs)

    return __new__
