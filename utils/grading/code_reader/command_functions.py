"""The functions that a library of commands starts: `fire.Fire(main)`, `typer.run(main)`, the commands of a group of click.

Their parameters are what the words of the command say. Where there are none beside the command's own name they have their
defaults; else no value is taken for known.
"""

import ast
from collections.abc import Iterable
from dataclasses import replace

from utils.grading.code_reader import expressions
from utils.grading.code_reader.values import (
    NOT_KNOWN,
    Frame,
    Made,
    UserClass,
    UserFunction,
)

_GROUPS = ("typer.", "click.")


def start(reader, args: tuple, kwargs: dict, frame: Frame):
    """What a library's call starts that is given a function, a class or a table of them."""
    given = args[0] if args else kwargs.get("component")
    if isinstance(given, UserFunction):
        _invoke(reader, [given])
    elif isinstance(given, UserClass) and given.fields is None:  # one of a dataclass is only made
        made = reader.instantiate(given, (), {}, given.place)
        public = [
            replace(one, bound=made, owner=one.owner or given)
            for name, one in given.names.items()
            if isinstance(one, UserFunction) and not name.startswith("_")
        ]
        _invoke(reader, public)
    elif isinstance(given, dict):
        _invoke(reader, [one for one in given.values() if isinstance(one, UserFunction)])
    return NOT_KNOWN


def register(reader, decorator: ast.expr, function: UserFunction, frame: Frame) -> None:
    """Note that `@group.command()` makes the function one of the group's commands."""
    named = decorator.func if isinstance(decorator, ast.Call) else decorator
    if isinstance(named, ast.Attribute) and named.attr in ("command", "default_command"):
        group = expressions.evaluate(reader, named.value, frame)
        if isinstance(group, UserFunction) or _is_group(group):
            reader.commands.setdefault(_key(group), []).append(function)


def run_group(reader, group) -> None:
    """What calling a group starts: the command that is named, else any of them."""
    _invoke(reader, reader.commands.get(_key(group), ()))


def _is_group(value) -> bool:
    return isinstance(value, Made) and value.name.startswith(_GROUPS)


def _key(group) -> int:
    return id(group.node) if isinstance(group, UserFunction) else id(group)


def _invoke(reader, functions: Iterable[UserFunction]) -> None:
    functions, words = list(functions), _words(reader)
    named = [one for one in functions if words and one.name.replace("_", "-") in words]
    for one in named or functions:
        only = [one.name.replace("_", "-")] if one in named else []
        reader.invoke(one, (), {}, one.place, whole=words == only)


def _words(reader) -> list[str] | None:
    """The words behind the program's name; None where they are not known."""
    argv = reader.argv
    known = isinstance(argv, list) and all(isinstance(word, str) for word in argv[1:])
    return [word.replace("_", "-") for word in argv[1:]] if known else None
