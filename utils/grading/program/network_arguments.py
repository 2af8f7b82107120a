"""Arguments of a network as code that makes them again: literals, configuration objects, classes and layers."""

import math
from dataclasses import dataclass

from utils.grading.code_reader.changes import is_layer
from utils.grading.code_reader.snapshots import NAMESPACES
from utils.grading.code_reader.values import (
    Instance,
    Library,
    Made,
    Module,
    Origin,
    Unknown,
    UserClass,
    UserFunction,
    is_literal,
    same,
)

_DEEPEST = 8
_PLAIN = {
    "builtins.int",
    "builtins.float",
    "builtins.str",
    "builtins.bool",
    "builtins.tuple",
    "builtins.list",
}


@dataclass(frozen=True)
class Code:
    """An expression, and where its names come from: of a file or a notebook of the submission, or of a library.

    A name is a pair of the origin (a library's name where it is a text) and the name, empty for the module itself.
    """

    text: str
    names: tuple[tuple[Origin | str, str], ...] = ()

    def __repr__(self) -> str:
        return self.text


def code_of(value, depth: int = 0) -> Code | None:
    """The code that makes `value` again; None where reading does not know enough of it."""
    if depth > _DEEPEST:
        return None
    value = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, float) and not math.isfinite(value):
        return Code(f"float('{value}')")
    if is_literal(value):
        return Code(repr(value))
    if depth == 0 and not _small(value):
        return None
    if isinstance(value, (tuple, list, dict)):
        return _of_container(value, depth)
    for kind, function in _KINDS.items():
        if isinstance(value, kind):
            return function(value, depth)
    return None


def _small(value) -> bool:
    """Whether the code would have an end: a list of itself, or doubled fifty times, has none."""
    waiting, left = [value], 2_000
    while waiting and left > 0:
        one = waiting.pop()
        left -= 1
        if isinstance(one, (tuple, list)):
            waiting.extend(one[: left + 1])
        elif isinstance(one, dict):
            waiting.extend(list(one.values())[: left + 1])
        elif isinstance(one, (Instance, Made)):
            waiting += [one.args, one.kwargs, one.attributes]
    return left > 0


def argument(value):
    """`value` where it is a literal, else as Code; Unknown, with the reason, where it cannot be made again."""
    if isinstance(value, Unknown):
        return value
    code = code_of(value)
    if code is None:
        kind = getattr(getattr(value, "cls", value), "name", type(value).__name__)
        return Unknown(f"the argument {kind} cannot be made again from what can be read")
    plain = value.tolist() if hasattr(value, "tolist") else value
    return plain if is_literal(plain) else _device(value) or code


def _device(value) -> str | None:
    return (
        value.args[0]
        if isinstance(value, Made) and value.name == "torch.device" and value.args
        else None
    )


def repeatable(args: tuple, kwargs: dict) -> bool:
    """Whether a call with these arguments can be made again."""
    return all(code_of(value) is not None for value in (*args, *kwargs.values()))


def call_of(name: str, args, kwargs: dict, depth: int = 0, names: tuple = ()) -> Code | None:
    """The call of `name`, which comes from `names`."""
    if not all(isinstance(key, str) and key.isidentifier() for key in kwargs):
        return None
    parts = [code_of(value, depth + 1) for value in (*args, *kwargs.values())]
    if None in parts:
        return None
    given = [part.text for part in parts]
    given[len(args) :] = [f"{key}={text}" for key, text in zip(kwargs, given[len(args) :])]
    return Code(
        f"{name}({', '.join(given)})", (*names, *(one for part in parts for one in part.names))
    )


def _of_container(value, depth: int) -> Code | None:
    entries = list(value) if not isinstance(value, dict) else [*value, *value.values()]
    parts = [code_of(entry, depth + 1) for entry in entries]
    if None in parts:
        return None
    texts = [part.text for part in parts]
    names = tuple(one for part in parts for one in part.names)
    if isinstance(value, dict):
        return Code("{" + ", ".join(map(": ".join, zip(texts, texts[len(value) :]))) + "}", names)
    inside = ", ".join(texts)
    return Code(
        f"[{inside}]" if isinstance(value, list) else f"({inside}{',' * (len(texts) == 1)})", names
    )


def _of_library(value: Library, depth: int) -> Code | None:
    if value.name in _PLAIN:
        return Code(value.last)
    dotted = value.name.startswith("torch.") and all(
        part.isidentifier() for part in value.name.split(".")
    )
    return Code(value.name, (("torch", ""),)) if dotted and not value.problem else None


def _of_made(value: Made, depth: int) -> Code | None:
    if value.name in NAMESPACES:
        home, _, name = value.name.rpartition(".")
        name = name.replace("namespace", "Namespace")
        return call_of(name, (), value.attributes, depth, ((home, name),))
    if value.name == "torch.device":
        return Code(repr(value.args[0])) if value.args and isinstance(value.args[0], str) else None
    if not value.whole or value.changes or value.attributes:
        return None
    if is_layer(value):
        return call_of(value.name, value.args, value.kwargs, depth, (("torch", ""),))
    known = value.name == "functools.partial"
    return (
        call_of("partial", value.args, value.kwargs, depth, (("functools", "partial"),))
        if known
        else None
    )


def _of_class(value: UserClass, depth: int) -> Code | None:
    outermost = value.frame.parent is None and value.frame.function is None
    return (
        Code(value.name, ((_home(value), value.name),)) if outermost and not value.changes else None
    )


def _of_function(value: UserFunction, depth: int) -> Code | None:
    outermost = value.owner is None and value.frame.parent is None and value.frame.function is None
    return (
        Code(value.name, ((_home(value), value.name),))
        if outermost and value.name != "lambda"
        else None
    )


def _home(value) -> Origin:
    return Origin(value.origin.file, value.origin.notebook)


def _of_module(value: Module, depth: int) -> Code | None:
    name = value.path.rpartition("/")[2].removesuffix(".py")
    known = value.path.endswith(".py") and name.isidentifier() and not value.changes
    return Code(name, ((Origin(value.path), ""),)) if known else None


def _of_instance(value: Instance, depth: int) -> Code | None:
    """A call of its class; what was assigned to it later, or is a list or an object itself, is assigned again."""
    made = _of_class(value.cls, depth)
    made = made and call_of(value.cls.name, value.args, value.kwargs, depth, made.names)
    if made is None or is_layer(value):
        return made if not any(not change.constructing for change in value.changes) else None
    given = (*value.args, *value.kwargs.values())
    later = {
        name: one
        for name, one in value.attributes.items()
        if not any(same(one, other) for other in given)
        and (
            value.changes
            or isinstance(one, (list, dict))
            or isinstance(one, Instance)
            and one.changes
        )
    }
    if not later:
        return made
    if any(code_of(one, depth + 1) is None for one in later.values()):
        return None
    again = call_of("changed", (), later, depth)
    return again and Code(
        f"changed({made.text}, {again.text.removeprefix('changed(')}", made.names + again.names
    )


_KINDS = {
    Library: _of_library,
    Made: _of_made,
    UserClass: _of_class,
    UserFunction: _of_function,
    Module: _of_module,
    Instance: _of_instance,
}
