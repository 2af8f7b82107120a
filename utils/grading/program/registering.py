"""Decorators, and classes told of those that inherit from them, that change what a network is made of.

Making the network again executes them where modules that are imported use them at the top level, and nowhere else.
"""

import ast
from collections.abc import Iterator

from utils.grading.code_reader.definition_uses import content_changes
from utils.grading.code_reader.reader import Reader
from utils.grading.code_reader.values import Instance, Origin, UserClass, UserFunction
from utils.grading.facts import Evidence
from utils.grading.submission.definition_statements import root

_TOLD = "__init_subclass__"


class Registering:
    """The decorators and classes of these files (or of the notebook that is `home`) that change something by being used."""

    def __init__(self, reader: Reader, files: set[str], home: Origin):
        self.reader = reader
        keys = files & reader.modules.keys()
        self._executed = {
            id(statement)
            for unit in reader.units
            if unit.key in reader.modules or _is_home(unit.origin, home)
            for statement in unit.statements
        }
        self._decorators = {
            id(one.function.node): one.function.node
            for one in reader.decorations
            if one.function.origin.file in keys or _is_home(one.function.origin, home)
            if _changes(one.function.node)
        }
        self._bases = [
            one
            for one in reader.classes
            if _TOLD in one.names and (one.origin.file in keys or _is_home(one.origin, home))
        ]

    def doubt(self) -> str:
        """The first place where something is registered that making the network again does not execute; empty for none."""
        place = next(self._elsewhere(), None)
        return f"{place.where} registers what the network may be made of" if place else ""

    def lines(self) -> set[tuple[Origin, int]]:
        """The lines of what is executed wherever it is used: what they change is no change that was missed."""
        spans = [
            (one.function.origin, one.function.node)
            for one in self.reader.decorations
            if id(one.function.node) in self._decorators
        ]
        spans += [
            (base.origin, base.names[_TOLD].node)
            for base in self._bases
            if isinstance(base.names[_TOLD], UserFunction)
        ]
        return {
            (origin, line)
            for origin, node in spans
            for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
        }

    def roots(self) -> set[str]:
        """The names with which their decorators begin: of a registry, any change counts."""
        nodes = [
            node
            for one in self.reader.decorations
            if id(one.function.node) in self._decorators
            for node in one.node.decorator_list
        ]
        return {name for node in nodes if (name := root(node))}

    def _elsewhere(self) -> Iterator[Evidence]:
        seen = set()
        for one in self.reader.decorations:
            if id(one.function.node) in self._decorators:
                if id(one.node) not in self._executed:
                    yield one.origin.evidence(one.node)
                seen |= {id(each) for each in one.node.decorator_list}
        for call in self.reader.calls:
            known = call.node is None or id(call.node) in seen
            if id(_node(call.callee)) in self._decorators and not known:
                yield call.place
        for one in self.reader.classes:
            if id(one.node) not in self._executed and self._is_told(one):
                yield one.place

    def _is_told(self, cls: UserClass) -> bool:
        return any(above is base for above in list(cls.ancestors())[1:] for base in self._bases)


def _node(callee) -> ast.AST | None:
    """The function that is executed where `callee` is called."""
    method = callee.cls.find("__call__")[0] if isinstance(callee, Instance) else callee
    return getattr(method, "node", None)


def _is_home(origin: Origin, home: Origin) -> bool:
    return (origin.file, origin.notebook) == (home.file, home.notebook)


def _changes(node: ast.AST) -> bool:
    """Whether a decorator changes what something holds that it did not make: an entry, an attribute, a list."""
    inside = [one for one in ast.walk(node) if one is not node]
    own = {one.name for one in inside if isinstance(one, ast.FunctionDef)}
    classes = [one for one in inside if isinstance(one, ast.ClassDef)]
    skipped = {
        line for one in classes for line in range(one.lineno, (one.end_lineno or one.lineno) + 1)
    }
    stored = [
        one
        for one in inside
        if isinstance(one, (ast.Subscript, ast.Attribute)) and not isinstance(one.ctx, ast.Load)
    ]
    lines = {one.lineno for one in stored if getattr(one.value, "id", "") not in own}
    lines |= {one.line for one in content_changes(node) if one.name not in own}
    return bool(lines - skipped)
