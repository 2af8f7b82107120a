"""Every place that binds a name, as Python's own compiler tells it: what reading did not carry out leaves the name open."""

import ast
import dis
import warnings
from collections.abc import Iterator, Sequence
from functools import lru_cache
from types import CodeType
from typing import NamedTuple

from utils.grading.code_reader.values import Origin
from utils.grading.submission.syntax import UNPARSABLE


class Unit(NamedTuple):
    """Statements that share one namespace: `key` is the module's path, empty for that of the program itself."""

    key: str
    origin: Origin
    statements: tuple[ast.stmt, ...]


class Binding(NamedTuple):
    """One place that binds `name` in the namespace of its unit; `function` is the one that it stands in, if any."""

    name: str
    line: int
    function: str = ""


def bindings(statements: Sequence[ast.stmt]) -> Iterator[Binding]:
    """Every place that binds a name of the namespace in which the statements stand, inside of functions too.

    Compiled one by one and never executed: what Python stores is a binding, in whatever form it is written.
    """
    for statement in statements:
        yield from _of_one(statement)


KEPT = 30_000  # statements of which is remembered what was found: each is asked about in every program that imports it


@lru_cache(maxsize=KEPT)  # what was parsed is not changed
def _of_one(statement: ast.stmt) -> tuple[Binding, ...]:
    code = compiled(statement)
    return tuple(_stored(code, True)) if code is not None else ()


def compiled(statement: ast.stmt) -> CodeType | None:
    """The bytecode of a statement; None where Python would not take it."""
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT  # as IPython does
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return compile(ast.Module([statement], []), "submission", "exec", flags, True)
    except (*UNPARSABLE, TypeError):
        return None


def _stored(code: CodeType, outermost: bool) -> Iterator[Binding]:
    lines = [entry for entry in code.co_lines() if entry[2] is not None]
    place, function = 0, "" if code.co_name == "<module>" else code.co_name
    for one in dis.get_instructions(code):
        while place < len(lines) - 1 and lines[place][1] <= one.offset:
            place += 1
        kind, _, scope = one.opname.partition("_")
        stores = kind in ("STORE", "DELETE") and (
            scope == "GLOBAL" or scope == "NAME" and outermost
        )
        if stores and not str(one.argval).startswith("__"):
            line = lines[place][2] if lines else code.co_firstlineno
            yield Binding(one.argval, line, function)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _stored(constant, False)


def mentioned(statements: Sequence[ast.stmt]) -> set[str]:
    """Every name, attribute and text in the code: what is in none of them is used by nothing. The keys of a dict that is
    written out are none: they say what it holds."""
    return set().union(*map(_mentioned_in, statements))


@lru_cache(maxsize=KEPT)
def _mentioned_in(statement: ast.stmt) -> frozenset[str]:
    found = set()
    nodes = list(ast.walk(statement))
    keys = {id(key) for node in nodes if isinstance(node, ast.Dict) for key in node.keys}
    for node in nodes:
        if id(node) in keys:
            continue
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.alias):
            found.add(node.name.rpartition(".")[2])
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return frozenset(found)


def decorated(statements: Sequence[ast.stmt]) -> set[str]:
    """The names of functions that something is done with where they are defined."""
    return set().union(*map(_decorated_in, statements))


@lru_cache(maxsize=KEPT)
def _decorated_in(statement: ast.stmt) -> frozenset[str]:
    return frozenset(
        node.name
        for node in ast.walk(statement)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.decorator_list
    )
