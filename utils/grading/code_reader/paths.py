"""Paths, as texts or as pathlib's: those that begin at `__file__` are paths of the submission."""

import ast
import posixpath

from utils.grading.code_reader.values import Made, OwnPath, Unknown

_KINDS = ("pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath", "pathlib.PurePosixPath")
_SAME = ("resolve", "absolute", "expanduser")


def is_path(value) -> bool:
    """Whether it is one of pathlib's, or begins at `__file__`."""
    return isinstance(value, OwnPath) or isinstance(value, Made) and value.name in _KINDS


def spelled(value) -> OwnPath | str | None:
    """What a text or a path stands for; None where that is not known."""
    if isinstance(value, Made) and value.name in _KINDS:
        return _together(*value.args) if value.whole else None
    return value if isinstance(value, (OwnPath, str)) else None


def joined(first, *others):
    """What os.path.join() and Path.joinpath() give; a Path where the first is one."""
    return _like(first, _together(first, *others))


def attribute(value, name: str):
    """`value.name` of a path of pathlib's; None where it is not one of these."""
    if name not in ("parent", "parents", "name", "stem", "suffix"):
        return None
    found = spelled(value)
    if found is None:
        return Unknown("a part of a path that is not known")
    if name in ("name", "stem", "suffix"):
        last = posixpath.basename(str(found))
        stem, suffix = posixpath.splitext(last)
        return {"name": last, "stem": stem, "suffix": suffix}[name]
    above = [parent(value)]
    while name == "parents" and is_path(above[-1]) and len(above) < 20:
        above.append(parent(above[-1]))
    return above[0] if name == "parent" else [one for one in above if is_path(one)]


def parent(value):
    """The folder that a path is in; Unknown outside of the submission."""
    found = spelled(value)
    if isinstance(found, OwnPath):
        above = posixpath.dirname(found.path) if found.path else ".."
        return _like(value, _own(above))
    if not found or posixpath.dirname(found) == found:
        return Unknown("a folder that is not known")
    return _like(value, posixpath.dirname(found) or ".")


def method(value, name: str, args: tuple):
    """What a method of a path of pathlib's gives; None where it is not one of these."""
    if name in _SAME:
        return value
    if name == "joinpath":
        return joined(value, *args)
    if name in ("as_posix", "__str__"):
        return spelled(value)
    return None


def arithmetic(kind, left, right):
    """`path / text` and, of a text from `__file__`, `path + text`."""
    if kind is ast.Div and isinstance(left, Made) and (is_path(right) or isinstance(right, str)):
        return joined(left, right)
    if kind is ast.Add and isinstance(left, OwnPath) and isinstance(right, str):
        found = _own(left.path + right if left.path else right.lstrip("/"))
        return Unknown("a path that is not known") if found is None else found
    return Unknown("the operands are not known")


def functions() -> dict:
    """The functions of os.path, by name."""
    return {
        "os.path.join": lambda reader, args, kwargs, frame: joined(*args),
        "os.path.dirname": lambda reader, args, kwargs, frame: parent(*args),
        **{
            f"os.path.{name}": lambda reader, args, kwargs, frame: _whole(*args)
            for name in ("abspath", "realpath", "normpath")
        },
    }


def _whole(value):
    return value if isinstance(spelled(value), OwnPath) else Unknown("a path that is not known")


def _together(*parts) -> OwnPath | str | None:
    found: OwnPath | str | None = ""
    for part in map(spelled, parts):
        if part is None or found is None:
            return None
        if isinstance(part, OwnPath) or part.startswith("/") or found == "":
            found = part
        elif isinstance(found, OwnPath):
            found = _own(posixpath.join(found.path, part))
        else:
            found = posixpath.join(found, part)
    return found


def _own(path: str) -> OwnPath | None:
    path = posixpath.normpath(path)
    inside = not path.startswith(("..", "/"))
    return OwnPath("" if path == "." else path) if inside else None


def _like(value, found: OwnPath | str | None):
    """`found` as a text, or as a Path where `value` is one."""
    if found is None:
        return Unknown("a path that is not known")
    return Made(value.name, (found,), place=value.place) if isinstance(value, Made) else found
