"""Arguments of a network as code that makes them again: literals, configuration objects, classes and layers."""

import math
from dataclasses import dataclass

from utils.grading.code_reader.changes import Change, is_layer, is_network
from utils.grading.code_reader.paths import is_path, spelled
from utils.grading.code_reader.records import is_tuple
from utils.grading.code_reader.snapshots import NAMESPACES, is_member, unchanged
from utils.grading.code_reader.values import (
    Instance,
    Library,
    Made,
    Module,
    Origin,
    OwnPath,
    Step,
    Unknown,
    UserClass,
    UserFunction,
    is_literal,
)
from utils.grading.submission.definition_statements import OWN_FILE

_DEEPEST = 8
# What a library makes of the same arguments is the same.
_REPEATING = (
    "torch.nn.",
    "torch.device",
    "torch.tensor",
    "numpy.array",
    "collections.",
    "functools.",
    "math.",
    "pathlib.",
    "types.SimpleNamespace",
    "argparse.Namespace",
    "albumentations.",
    "torchvision.transforms.",
)
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


def unread(holders) -> set[str]:
    """What an object and its classes, the nearest first, hold and reading does not know: the names."""
    held = {}
    for one in reversed(list(holders)):
        held |= one.names if isinstance(one, UserClass) else one.attributes
    return {name for name, value in held.items() if not _repeats(value) and isinstance(name, str)}


def _repeats(value) -> bool:
    """Whether executing the code that made `value` gives the same again."""
    waiting, seen = [value], set()
    while waiting:
        one = waiting.pop()
        library = isinstance(one, Made) and one.whole and one.name.startswith(_REPEATING)
        if isinstance(one, Unknown) or isinstance(one, Made) and not library:
            return False
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, dict):
            waiting += [*one, *one.values()]
        elif isinstance(one, (list, tuple)):
            waiting += one
        elif isinstance(one, (Instance, Made)):
            waiting += [one.attributes, *([one.args, one.kwargs] if library else [])]
    return True


def without(made: Code, names: set[str]) -> Code:
    """The same, of which these attributes raise an error where something uses them."""
    given = ", ".join(map(repr, sorted(names)))
    return Code(f"unread({made.text}, {given})", made.names) if names else made


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


def _of_own_path(value: OwnPath, depth: int) -> Code | None:
    return Code(f"{OWN_FILE}({value.path!r})")


def _of_path(value: Made) -> Code | None:
    path = spelled(value)
    return None if path is None else call_of("Path", (path,), {}, 1, (("pathlib", "Path"),))


def _of_made(value: Made, depth: int) -> Code | None:
    if is_path(value):
        return _of_path(value)
    if value.name in NAMESPACES:
        home, _, name = value.name.rpartition(".")
        name = name.replace("namespace", "Namespace")
        return call_of(name, (), value.attributes, depth, ((home, name),))
    if value.name == "torch.device":
        return Code(repr(value.args[0])) if value.args and isinstance(value.args[0], str) else None
    if not value.whole or value.changes or value.attributes:
        return _of_factory(value, depth)
    if is_layer(value):
        made = call_of(value.name, value.args, value.kwargs, depth, (("torch", ""),))
        return made or _of_factory(value, depth)
    known = value.name == "functools.partial"
    return (
        call_of("partial", value.args, value.kwargs, depth, (("functools", "partial"),))
        if known
        else None
    )


def _of_factory(value: Made | Instance, depth: int) -> Code | None:
    """The call of the submission's own function that returned a network or a layer, where nothing changed it since."""
    for step in value.returned:
        if not all(_within(change, step) for change in value.changes):
            continue
        name = _of_function(step.function, depth)
        made = name and call_of(name.text, step.args, step.kwargs, depth, name.names)
        if made is not None:
            return made
    return None


def _within(change: Change, step: Step) -> bool:
    """Whether making it again by the call `step` makes the change too."""
    return change.constructing or any(one is step for one in change.stack)


def _of_class(value: UserClass, depth: int) -> Code | None:
    """The class; what reading does not know of it may be used by nothing."""
    made = _class(value)
    return made if is_network(value) else made and without(made, unread(value.ancestors()))


def _class(value: UserClass) -> Code | None:
    """The name of the class, where it and what it inherits still is what its statement makes."""
    outermost = value.frame.parent is None and value.frame.function is None
    same = all(not one.changes and unchanged(one.names, one.first) for one in value.ancestors())
    return Code(value.name, ((_home(value), value.name),)) if outermost and same else None


def _of_function(value: UserFunction, depth: int) -> Code | None:
    named = value.wrapped or value
    outermost = named.owner is None and named.frame.parent is None and named.frame.function is None
    return (
        Code(value.name, ((_home(named), value.name),))
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
    """A call of its class; what has another value than its constructor gave is assigned again."""
    cls = _class(value.cls)
    if cls is not None and is_member(value):
        return Code(f"{cls.text}.{value.attributes['_name_']}", cls.names)
    made = cls and call_of(cls.text, value.args, value.kwargs, depth, cls.names)
    if is_layer(value):
        unchanged_since = not any(not change.constructing for change in value.changes)
        return made if made and unchanged_since else _of_factory(value, depth)
    if made is None:
        return None
    first = value.first
    later = {
        name: one
        for name, one in value.attributes.items()
        if name not in first or not unchanged(one, first[name])
    }
    if first.keys() - value.attributes.keys():
        return None
    again = call_of("changed", (), later, depth)
    if later and again is not None:
        text = f"changed({made.text}, {again.text.removeprefix('changed(')}"
        made = Code(text, made.names + again.names)
    names = unread([value, *value.cls.ancestors()]) - later.keys()
    if names and is_tuple(value):
        return None  # its entries can be read without their names
    return again and without(made, names)


_KINDS = {
    Library: _of_library,
    Made: _of_made,
    OwnPath: _of_own_path,
    UserClass: _of_class,
    UserFunction: _of_function,
    Module: _of_module,
    Instance: _of_instance,
}
