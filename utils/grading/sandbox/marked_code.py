"""The code of a stranger's module, changed before it is executed: what tells where it runs and is no module's attribute.

Names and attributes that tell it become questions, and the functions that read attributes by name are replaced.
"""

import ast
import builtins
import sys
from types import ModuleType

from utils.grading.sandbox.surroundings import WATCH, ask, asker, missing
from utils.grading.submission.definition_statements import OWN_FILE

_NAMES = frozenset("__file__ __spec__ __loader__ __builtins__ __cached__ get_ipython".split())
_ATTRIBUTES = frozenset(
    """tb_frame f_back f_globals f_builtins f_locals gi_frame cr_frame ag_frame __globals__ __builtins__ __subclasses__
    __file__ __spec__ __path__ __loader__ __cached__""".split()
)
_vars, _getattr, _getframe = vars, getattr, sys._getframe  # before they are watched


class Builtins(dict):
    """What is built in, for their code alone."""

    def __init__(self, **others):
        own = {"getattr": attribute, "vars": attributes}
        super().__init__({**_vars(builtins), **own, **others})

    def __missing__(self, name: str):
        missing(f"the name {name}")
        raise KeyError(name)


def attribute(thing, name, *default):
    """In the place of `getattr`, which may be given a name that was put together."""
    if name == "__dict__":
        return attributes(thing)
    if name in _ATTRIBUTES or name == "__getattribute__":
        return asked(name)
    return _getattr(thing, name, *default)


def attributes(*things):
    """In the place of `vars` and of `__dict__`: without what a module knows of its file."""
    if not things:
        return _getframe(1).f_locals
    found = _getattr(things[0], "__dict__") if len(things) == 1 else _vars(*things)
    if not isinstance(things[0], ModuleType):
        return found
    return {name: one for name, one in found.items() if not name.startswith("__")}


def asked(what: str) -> "Answer":
    """In the place of a name or attribute that tells who runs the code."""
    ask(what)
    return Answer(what)


class Marked(ast.NodeTransformer):
    """Puts `asked` in the place of what tells where code runs and is no module's attribute.

    Of a file of the submission, `file` is its path: `__file__` and the texts that are made of it lead to its other files.
    """

    def __init__(self, file: str):
        self.file = file

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id == "__file__" and _is_read(node) and self.file.endswith(".py"):
            return _call(OWN_FILE, ast.Constant(self.file), node)
        return self._asked(node, node.id) if node.id in _NAMES and _is_read(node) else node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self.generic_visit(node)
        if node.attr == "__dict__" and _is_read(node):
            return _call("__vars__", node.value, node)
        return self._asked(node, node.attr) if node.attr in _ATTRIBUTES and _is_read(node) else node

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        names = [one for one in ast.walk(node) if isinstance(one, ast.Name)]
        return self._asked(node, "__name__") if any(one.id == "__name__" for one in names) else node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        if _is_globals(node.value):
            node.slice = self.visit(node.slice)
            return node
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        if _is_globals(node):
            return self._asked(node, "globals()")
        if (
            isinstance(node.func, ast.Name)
            and node.func.id in ("str", "type")
            and _has_one_argument(node)
        ):
            return _call("__text__", node.func, node, node.args[0])
        return self._asked(node, "__getattribute__") if _passes_by(node) else node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.expr:
        self.generic_visit(node)
        first = node.values[0] if node.values else None
        if isinstance(first, ast.FormattedValue) and not first.format_spec and first.conversion < 0:
            rest = ast.copy_location(ast.JoinedStr(node.values[1:]), node)
            return _call("__formatted__", first.value, node, rest)
        return node

    def _asked(self, node: ast.expr, what: str) -> ast.expr:
        return _call("__asked__", ast.Constant(what), node)


def _call(function: str, argument: ast.expr, node: ast.expr, *others: ast.expr) -> ast.expr:
    call = ast.Call(ast.Name(function, ast.Load()), [argument, *others], [])
    return ast.fix_missing_locations(ast.copy_location(call, node))


def _has_one_argument(node: ast.Call) -> bool:
    return len(node.args) == 1 and not node.keywords and not isinstance(node.args[0], ast.Starred)


def _passes_by(node: ast.Call) -> bool:
    """Whether it reads an attribute of something else than `self` as if its class had no say in it."""
    function, args = node.func, node.args
    return (
        isinstance(function, ast.Attribute)
        and function.attr == "__getattribute__"
        and len(args) > 1
        and not (isinstance(args[0], ast.Name) and args[0].id == "self")
    )


def _is_read(node: ast.Name | ast.Attribute) -> bool:
    return isinstance(node.ctx, ast.Load)


def _is_globals(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "globals"
        and not node.args
    )


class Answer:
    """What was learnt of the surroundings: it can be passed on and computed with, and stops where it is decided on."""

    def __init__(self, clause: str):
        object.__setattr__(self, "_clause", clause)

    def __getattribute__(self, name: str):
        if name == "__class__":  # as `isinstance` asks; libraries may
            return decide(self) if asker() is not None else Answer
        return Answer(object.__getattribute__(self, "_clause"))

    def __call__(self, *args, **kwargs):
        return Answer(object.__getattribute__(self, "_clause"))


def decide(answer, *args):
    """Ends the child: the network depends on it."""
    if WATCH.stop is not None:
        WATCH.stop(object.__getattribute__(answer, "_clause"))
    raise RuntimeError(object.__getattribute__(answer, "_clause"))


_COMPUTED = "add radd sub rsub mul rmul truediv rtruediv floordiv mod rmod getitem enter exit"
_DECIDED = """bool eq ne lt le gt ge hash iter len contains index int float str repr format fspath neg pos abs round
    rfloordiv pow rpow and or xor next mro_entries"""
for _name in _COMPUTED.split():
    setattr(Answer, f"__{_name}__", Answer.__call__)
for _name in _DECIDED.split():
    setattr(Answer, f"__{_name}__", decide)
