"""Definitions that enter themselves somewhere when they are executed, by a decorator or by the class that they inherit from.

Nothing needs their names, so they are executed for what they do: in the modules that the program imports, in that order.
"""

import ast

from utils.grading.sandbox.definitions import DefinedModule, Definitions
from utils.grading.sandbox.marked_code import Answer, decide
from utils.grading.sandbox.surroundings import WATCH
from utils.grading.submission.definition_statements import root

_WHOLE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def register(definitions: Definitions) -> None:
    """Execute those functions and classes of a module that enter themselves somewhere."""
    for statement in definitions.statements:
        if isinstance(statement, _WHOLE) and _registers(definitions, statement):
            try:
                definitions.define(statement)
            except Exception as error:  # it is missed where something looks for it
                what = f"{statement.name} in {definitions.name}"
                why = f"({type(error).__name__}: {error})"
                definitions.problems.append(f"{what} could not be made {why}")
            made = definitions.namespace.get(statement.name)
            if type(made) is Answer:  # what was entered depends on where the code runs
                decide(made)


def _registers(definitions: Definitions, statement: ast.stmt) -> bool:
    """Whether a decorator or the creation of a class leads to code of theirs."""
    decorators = [root(one) for one in statement.decorator_list]
    bases = [root(one) for one in getattr(statement, "bases", ())]
    return any(_is_theirs(_value(definitions, name)) for name in decorators if name) or any(
        _is_told(_value(definitions, name)) for name in bases if name
    )


def _value(definitions: Definitions, name: str):
    """What `name` stands for, where finding out executes no more than definitions do and the making of a registry."""
    statements = definitions.binding.get(name, [])
    if not all(
        isinstance(one, (*_WHOLE, ast.Import, ast.ImportFrom)) or _is_new(one) for one in statements
    ):
        return None
    try:
        return definitions.namespace[name] if definitions.need(name) else None
    except Exception:  # of a class that cannot be made nothing is a part
        return None


def _is_new(statement: ast.stmt) -> bool:
    """Whether it makes something of numbers and texts alone, as REGISTRY = Registry("blocks")."""
    value = getattr(statement, "value", None)
    given = (
        [*value.args, *(one.value for one in value.keywords)]
        if isinstance(value, ast.Call)
        else [value]
    )
    return all(isinstance(one, (ast.Constant, ast.Dict)) for one in given)


def _is_theirs(thing) -> bool:
    """Whether a decorator is code of theirs."""
    if type(thing) is DefinedModule:
        return True
    kind = thing if isinstance(thing, type) else type(thing)
    return any(map(_is_their_code, (thing, *vars(kind).values())))


def _is_told(thing) -> bool:
    """Whether a class of theirs is told of each that inherits from it."""
    kinds = thing.__mro__ if isinstance(thing, type) else ()
    told = [vars(one).get("__init_subclass__") for one in kinds]
    told += [one for one in vars(type(thing)).values() if kinds]
    return any(_is_their_code(getattr(one, "__func__", one)) for one in told)


def _is_their_code(thing) -> bool:
    code = getattr(thing, "__code__", None)
    return WATCH.is_theirs(getattr(code, "co_filename", ""))
