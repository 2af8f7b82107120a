"""The functions that a library of commands starts: `fire.Fire(main)`, `typer.run(main)`, the commands of a group of click.

Their parameters have their defaults where the command gives no words beside the function's own name, and nothing in the code
can give them others; else no value is taken for known.
"""

import ast
from collections.abc import Callable, Mapping
from dataclasses import replace

from utils.grading.code_reader.values import NOT_KNOWN, Frame, Made, UserClass, UserFunction

_GROUPS = ("typer.", "click.")
_COMMANDS = ("command", "default_command")
# Of a group what may give its commands values.
_SETTING = ("callback", "group", "result_callback")
STARTERS = ("fire.Fire", "typer.run", "tyro.cli", "absl.app.run")


def start(reader, args: tuple, kwargs: dict, frame: Frame):
    """What a library's call starts that is given a function, a class or a table of them."""
    given = args[0] if args else kwargs.get("component")
    sure = len(args) == 1 and not kwargs
    if isinstance(given, UserFunction):
        _invoke(reader, {given.name: given}, sure)
    elif isinstance(given, UserClass) and given.fields is None:  # one of a dataclass is only made
        public = {
            name: one
            for name, one in given.names.items()
            if isinstance(one, UserFunction) and not name.startswith("_")
        }
        sure = sure and _only_named(reader, public)
        made = reader.instantiate(given, (), {}, given.place, whole=sure)
        _invoke(
            reader,
            {
                name: replace(one, bound=made, owner=one.owner or given)
                for name, one in public.items()
            },
            sure,
        )
    elif isinstance(given, dict):
        functions = {str(name): one for name, one in given.items() if isinstance(one, UserFunction)}
        _invoke(reader, functions, sure)
    return NOT_KNOWN


def register(reader, decorator: ast.expr, function: UserFunction, evaluate: Callable) -> None:
    """Note that `@group.command()` makes the function one of the group's commands; `evaluate` gives what an expression
    stands for."""
    called = isinstance(decorator, ast.Call)
    named = decorator.func if called else decorator
    if not isinstance(named, ast.Attribute) or named.attr not in (*_COMMANDS, *_SETTING):
        return
    group = evaluate(named.value)
    if not isinstance(group, UserFunction) and not _is_group(group):
        return
    commands = reader.commands.setdefault(_key(group), {})
    if named.attr in _SETTING:
        commands[""] = function
        return
    first = decorator.args[0] if called and decorator.args else None
    own = first.value if isinstance(first, ast.Constant) else function.name
    commands[str(own)] = function


def run_group(reader, group, given: bool) -> None:
    """What calling a group starts: the command that is named, else any of them. `given`: the call gives it something."""
    commands = dict(reader.commands.get(_key(group), {}))
    if not commands:
        return
    setting = commands.pop("", None)
    if setting is not None:
        reader.invoke(setting, (), {}, setting.place, whole=False)
    _invoke(reader, commands, not given and setting is None and not _is_set(group))


def _is_set(group) -> bool:
    """Whether the group is made with settings, which may give its commands values."""
    if isinstance(group, Made):
        return bool(group.args or group.kwargs)
    decorators = getattr(group.node, "decorator_list", ())
    return any(isinstance(one, ast.Call) and (one.args or one.keywords) for one in decorators)


def _is_group(value) -> bool:
    return isinstance(value, Made) and value.name.startswith(_GROUPS)


def _key(group) -> int:
    return id(group.node) if isinstance(group, UserFunction) else id(group)


def _invoke(reader, functions: Mapping[str, UserFunction], sure: bool) -> None:
    words = _words(reader) or []
    named = [name for name in functions if _dashed(name) in words]
    for name in named or functions:
        whole = sure and _only_named(reader, functions) and _has_its_defaults(functions[name])
        reader.invoke(functions[name], (), {}, functions[name].place, whole=whole)


def _only_named(reader, functions: Mapping[str, UserFunction]) -> bool:
    """Whether the command has no word beside the name of one of the functions."""
    words = _words(reader)
    return words is not None and (not words or words in [[_dashed(name)] for name in functions])


def _has_its_defaults(function: UserFunction) -> bool:
    """Whether neither a decorator beside `@group.command()` nor an annotation can give a parameter another value."""
    spec = function.node.args
    notes = [one.annotation for one in (*spec.args, *spec.kwonlyargs) if one.annotation is not None]
    plain = all(map(_is_plain, getattr(function.node, "decorator_list", ())))
    return plain and not any("Annotated" in ast.unparse(note) for note in notes)


def _is_plain(decorator: ast.expr) -> bool:
    called = isinstance(decorator, ast.Call)
    named = decorator.func if called else decorator
    more = called and (len(decorator.args) > 1 or decorator.keywords)
    return isinstance(named, ast.Attribute) and named.attr in _COMMANDS and not more


def _dashed(name: str) -> str:
    return name.replace("_", "-")


def _words(reader) -> list[str] | None:
    """The words behind the program's name; None where they are not known."""
    argv = reader.argv
    known = isinstance(argv, list) and all(isinstance(word, str) for word in argv[1:])
    return [_dashed(word) for word in argv[1:]] if known else None
