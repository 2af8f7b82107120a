"""What the definition of a network reads of its module, and every place that binds it or changes what it holds."""

import ast
import copy
import dis
from collections.abc import Iterator, Sequence
from functools import lru_cache
from types import CodeType
from typing import NamedTuple

from utils.grading.code_reader.bindings import Binding, Unit, bindings, compiled, mentioned
from utils.grading.submission.definition_statements import DEFINING, LOOPS

_CHANGES = set(
    "append extend insert pop remove clear update setdefault add discard sort reverse popitem __setitem__ "
    "__delitem__ appendleft".split()
)


class Place(NamedTuple):
    """One place that binds a name: the unit by its number, the top-level statement in it, and the binding."""

    number: int
    unit: Unit
    statement: ast.stmt
    binding: Binding

    @property
    def executed(self) -> bool:
        """Whether making the network again executes it."""
        plain = isinstance(self.statement, DEFINING) and not self.binding.function
        choice = isinstance(self.statement, (ast.If, ast.Try))
        return plain and not (
            choice and any(isinstance(one, LOOPS) for one in ast.walk(self.statement))
        )


class Uses:
    """The names that some code reads, and those that they are made of, by the namespaces of `keys`."""

    def __init__(
        self, units: Sequence[Unit], keys: set[str], start: Sequence[tuple[str, ast.stmt]]
    ):
        self.places: dict[tuple[str, str], list[Place]] = {}
        for number, unit in enumerate(units):
            if unit.key in keys:
                for statement in unit.statements:
                    for one in bindings([statement]):
                        place = Place(number, unit, statement, one)
                        self.places.setdefault((unit.key, one.name), []).append(place)
        self.names: set[tuple[str, str]] = set()
        self.statements: dict[int, ast.stmt] = {}
        waiting = list(start)
        while waiting:
            key, statement = waiting.pop()
            if id(statement) in self.statements:
                continue
            if isinstance(statement, ast.ClassDef):
                self.statements[id(statement)] = statement = _of_network(statement)
            self.statements.setdefault(id(statement), statement)
            for name in self._read(key, statement) - self.names:
                self.names.add(name)
                waiting += [
                    (name[0], one.statement) for one in self.places.get(name, ()) if one.executed
                ]
        self.mentioned = mentioned(list(self.statements.values()))

    def _read(self, key: str, statement: ast.stmt) -> set[tuple[str, str]]:
        """The names that a statement reads: of its own module, and through its imports of the others."""
        names = {(key, name) for name in loads(statement)}
        imported = {
            alias.name.rpartition(".")[2]
            for one in ast.walk(statement)
            if isinstance(one, (ast.Import, ast.ImportFrom))
            for alias in one.names
        }
        imported |= {one.attr for one in ast.walk(statement) if isinstance(one, ast.Attribute)}
        return names | {one for one in self.places if one[0] != key and one[1] in imported}


def _of_network(node: ast.ClassDef) -> ast.ClassDef:
    """A class without the methods that neither building it nor forward() leads to, as those of a LightningModule's data."""
    methods = {
        one.name: one
        for one in node.body
        if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef)) and not one.decorator_list
    }
    waiting = [one for one in node.body if one not in methods.values()]
    waiting += [one for name, one in methods.items() if name.startswith("__") or name == "forward"]
    kept: list[ast.stmt] = []
    while waiting:
        kept.append(waiting.pop())
        waiting += [
            methods[name]
            for name in mentioned(kept[-1:]) & methods.keys()
            if methods[name] not in kept + waiting
        ]
    reduced = copy.copy(node)
    reduced.body = kept or node.body
    return reduced


@lru_cache(maxsize=5_000)
def loads(statement: ast.stmt) -> frozenset[str]:
    """The names of the module that a statement reads, inside of functions too; no local name of theirs."""
    code = compiled(statement)
    return frozenset(_loaded(code)) if code else frozenset()


def _loaded(code: CodeType) -> Iterator[str]:
    for one in dis.get_instructions(code):
        if one.opname in ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"):
            yield one.argval
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _loaded(constant)


class Change(NamedTuple):
    """A place that changes what a name holds: `part` is the key or attribute, empty where all of it may change."""

    name: str
    part: str
    line: int
    module: str = ""  # of `module.name`


@lru_cache(maxsize=5_000)
def content_changes(statement: ast.stmt) -> tuple[Change, ...]:
    """Every change of what a name holds: W[…] = …, W.a = …, W.append(…), del W[…]."""
    return tuple(_content_changes(statement))


def _content_changes(statement: ast.stmt) -> Iterator[Change]:
    for node in ast.walk(statement):
        target, part = None, ""
        if isinstance(node, (ast.Subscript, ast.Attribute)) and not isinstance(node.ctx, ast.Load):
            target, part = node.value, _part(node)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in _CHANGES:
            target = node.func.value
            if node.func.attr == "update" and not node.args:
                for keyword in node.keywords:
                    yield from _change(target, keyword.arg or "", node.lineno)
                continue
        if target is not None:
            yield from _change(target, part, node.lineno)


def _part(node: ast.Subscript | ast.Attribute) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.slice.value if isinstance(getattr(node.slice, "value", None), str) else ""


def _change(target: ast.expr, part: str, line: int) -> Iterator[Change]:
    while isinstance(target, ast.Subscript):
        target, part = target.value, ""
    if isinstance(target, ast.Name):
        yield Change(target.id, part, line)
    elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
        yield Change(target.attr, part, line, target.value.id)
