"""The names whose value reading cannot vouch for: something binds them that it did not carry out, or writes them unseen."""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from utils.grading.code_reader.bindings import Unit, bindings, decorated, mentioned
from utils.grading.code_reader.namespace_writes import writes
from utils.grading.code_reader.values import (
    Library,
    Module,
    Origin,
    Unknown,
    UserClass,
    UserFunction,
)
from utils.grading.submission.syntax import UNPARSABLE


class Steps:
    """Which bindings reading carried out, and which lines it knows not to be executed."""

    def __init__(self):
        self._carried: set[tuple[Origin, str, int]] = set()
        self._passed: dict[Origin, list[tuple[int, int]]] = {}

    def carried(self, name: str, origin: Origin, node: ast.AST) -> None:
        """Note that `node` bound `name`; of a function or a class the first lines count, of a block its first line."""
        first, last = node.lineno, node.end_lineno or node.lineno
        if hasattr(node, "body"):
            last = first
        first = min([first, *(one.lineno for one in getattr(node, "decorator_list", ()))])
        self._carried.update(
            (origin, name, line) for line in range(first, min(last, first + 50) + 1)
        )

    def passed(self, nodes: Sequence[ast.AST], origin: Origin) -> None:
        """Note that what stands there is not executed."""
        if nodes:
            lines = nodes[0].lineno, nodes[-1].end_lineno or nodes[-1].lineno
            self._passed.setdefault(origin, []).append(lines)

    def followed(self, name: str, origin: Origin, line: int) -> bool:
        """Whether reading knows what became of a binding of `name` in that line."""
        return (origin, name, line) in self._carried or any(
            first <= line <= last for first, last in self._passed.get(origin, ())
        )


@dataclass(frozen=True)
class OpenNames:
    """By the namespace's key, why the value of a name is not known; None stands for every name."""

    whys: Mapping[str, Mapping[str | None, str]] = field(default_factory=dict)

    def value(self, key: str, name: str, value):
        """`value`, or Unknown where `name` is one of these; what is imported is what it is."""
        whys = self.whys.get(key)
        why = whys and (whys.get(name) or whys.get(None))
        if not why or isinstance(value, (Library, Module)):
            return value
        own = isinstance(value, (UserClass, UserFunction)) and value.origin.file == key
        return value if own else Unknown(why)  # what a module defines is made by executing it


NONE = OpenNames()


def open_names(reader) -> OpenNames:
    """The names that are open after `reader` has read a program."""
    found: dict[str, dict[str | None, str]] = {}
    try:
        for key, name, why in _all(reader):
            found.setdefault(key, {}).setdefault(name, why)
    except RecursionError:
        found[""] = {None: "the code is nested too deeply to be followed"}
    return OpenNames(found) if found else NONE


def _all(reader):
    if reader.left > 0:  # of what was not reached nothing is known
        yield from _unfollowed(reader)
    yield from _unseen(reader)
    yield from _executed(reader)
    yield from reader.written_names


def _unfollowed(reader):
    """The bindings that reading did not carry out, of code that something may run."""
    used = mentioned([one for unit in reader.units for one in unit.statements])
    for unit in reader.units:
        used |= decorated(unit.statements)
        for one in bindings(unit.statements):
            dead = one.function.isidentifier() and one.function not in used
            dunder = one.function.startswith("__")
            if not reader.steps.followed(one.name, unit.origin, one.line) and (dunder or not dead):
                yield unit.key, one.name, _why(unit, one.name, one.line)


def _unseen(reader):
    """What the code writes into a namespace by another way than binding a name."""
    for unit in reader.units:
        for one in writes(unit.statements):
            name = "its names" if one.name is None else one.name
            if one.namespace in (None, ""):
                key = unit.key if one.namespace is None else ""
                yield key, one.name, _why(unit, name, one.line)


def module_writes(reader):
    """What the code writes into other modules through sys.modules: each module's name, and a sentence."""
    for unit in reader.units:
        for one in writes(unit.statements):
            if one.namespace:
                name = "" if one.name is None else f".{one.name}"
                yield one.namespace, f"{_place(unit, one.line)} replaces {one.namespace}{name}"


def _executed(reader):
    """What exec() binds: of a text that is known its names, of any other every name."""
    for call in reader.calls:
        if isinstance(call.callee, Library) and call.callee.name == "builtins.exec" and call.args:
            place, text = call.place.where, call.args[0]
            try:
                names = {one.name for one in bindings(ast.parse(text).body)}
            except (*UNPARSABLE, TypeError):
                names = {None}
            key = call.place.file if call.place.file in reader.modules else ""
            yield from ((key, name, f"{place} binds it by exec()") for name in names)


def _why(unit: Unit, name: str, line: int) -> str:
    return f"{_place(unit, line)} binds {name} in a way that reading does not follow"


def _place(unit: Unit, line: int) -> str:
    return f"line {line} of {unit.origin.file}" if unit.origin.file else str(unit.origin)
