"""Hooks on a network: one that gives something back puts that in the place of what the network computes."""

import ast
import re

from utils.grading.code_reader.values import Instance, Made, Unknown, UserFunction
from utils.grading.submission.syntax import DEFINITIONS, called_name

_FORWARD = re.compile(r"register_(?:module_)?forward(?:_pre)?_hook$")
_NOTHING = {"append", "extend", "update", "insert", "add", "print", "setattr", "clear"}


def changes_output(name: str, args: tuple, kwargs: dict) -> bool:
    """Whether a call of this name registers a hook that may change what a forward pass gives."""
    hook = args[0] if args else kwargs.get("hook")
    return bool(_FORWARD.match(name)) and gives_something(hook)


def gives_something(hook) -> bool:
    """Whether a function may return anything but None."""
    if isinstance(hook, Made) and hook.name == "functools.partial" and hook.args:
        hook = hook.args[0]
    if isinstance(hook, Instance):
        hook = hook.cls.find("__call__")[0]
    if not isinstance(hook, UserFunction):
        return not isinstance(hook, Unknown)
    if isinstance(hook.node, ast.Lambda):
        return not _returns_none(hook.node.body)
    return any(map(_returns, _own(hook.node)))


def _returns(node: ast.AST) -> bool:
    if isinstance(node, (ast.Yield, ast.YieldFrom)):
        return False
    return isinstance(node, ast.Return) and node.value is not None and not _returns_none(node.value)


def _returns_none(node: ast.expr) -> bool:
    """Whether an expression is None, or a call that gives nothing back."""
    if isinstance(node, ast.Constant):
        return node.value is None
    return called_name(getattr(node, "func", None)) in _NOTHING


def _own(node: ast.AST):
    """The nodes of a function without those of functions inside it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (*DEFINITIONS, ast.Lambda)):
            yield child
            yield from _own(child)
