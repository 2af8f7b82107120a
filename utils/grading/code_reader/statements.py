"""What a statement does to the names; loops of unknown length are read once, undecided conditions both ways."""

import ast
from dataclasses import replace

from utils.grading.code_reader import (
    changes,
    command_functions,
    expressions,
    known_methods,
    members,
    records,
)
from utils.grading.code_reader.choices import read_if, read_match, read_try
from utils.grading.code_reader.imports import import_from, import_names
from utils.grading.code_reader.operators import binary
from utils.grading.code_reader.snapshots import snapshot
from utils.grading.code_reader.values import (
    Decoration,
    Frame,
    Instance,
    Library,
    Made,
    Unknown,
    UserClass,
    UserFunction,
    same,
)
from utils.grading.submission.syntax import called_name

_MOST_TURNS = (
    40  # a loop over more known entries than these is read once, as if they were not known
)


def run(reader, statements, frame: Frame) -> str:
    """Read the statements in order; "return", "break", "continue" or "raise" where one ends the block for certain."""
    for place, statement in enumerate(statements):
        if not reader.spend():
            return "return"
        handler = _HANDLERS.get(type(statement))
        ended = handler(reader, statement, frame) if handler else ""
        if ended:
            reader.steps.passed(statements[place + 1 :], frame.origin)
            return ended
    return ""


def _expression(reader, node, frame):
    expressions.evaluate(reader, node.value, frame)


def _assign(reader, node, frame):
    value = expressions.evaluate(reader, node.value, frame)
    for target in node.targets:
        reader.bind(target, value, frame)


def _annotated(reader, node, frame):
    if node.value is not None:
        reader.bind(node.target, expressions.evaluate(reader, node.value, frame), frame)
    elif isinstance(node.target, ast.Name):
        frame.names.setdefault("__annotations__", {})[node.target.id] = None


def _augmented(reader, node, frame):
    old = expressions.evaluate(reader, _load(node.target), frame)
    value = binary(type(node.op), old, expressions.evaluate(reader, node.value, frame))
    unsure = Unknown("it changes under a condition or in a loop")
    reader.bind(node.target, unsure if frame.uncertain else value, frame)


def _load(target):
    if isinstance(target, ast.Name):
        return ast.copy_location(ast.Name(target.id, ast.Load()), target)
    return target


def _function(reader, node, frame):
    kind = next(
        (
            name
            for decorator in node.decorator_list
            if (name := called_name(getattr(decorator, "func", decorator)))
            in ("property", "staticmethod", "classmethod", "cached_property", "setter")
        ),
        "",
    )
    function = UserFunction(
        node.name, node, frame, frame.origin, kind="property" if kind == "cached_property" else kind
    )
    in_a_class = frame.parent is not None and frame.function is None
    for decorator in reversed([] if in_a_class else node.decorator_list):
        function = _wrapped(function, _decorate(reader, decorator, function, frame, node))
    reader.name(node.name, function, frame, node)


def _wrapped(function: UserFunction, made) -> UserFunction:
    """What a decorator puts in the place of a function; the function, where that cannot be followed."""
    if not isinstance(made, UserFunction) or made is function:
        return function
    return replace(
        made, name=function.name, kind=function.kind, wrapped=function.wrapped or function
    )


def _class(reader, node, frame):
    bases = tuple(expressions.evaluate(reader, base, frame) for base in node.bases)
    body = Frame({}, frame.origin, frame, script=frame.script)
    run(reader, node.body, body)
    made = UserClass(node.name, node, bases, body.names, frame.origin, frame)
    for name, value in body.names.items():
        if isinstance(value, UserFunction) and value.frame is body:
            value.owner, value.frame = (
                made,
                frame,
            )  # a method does not see the names of the class body
            body.names[name] = value
    records.inherit(made)
    for decorator in reversed(node.decorator_list):
        _decorate(reader, decorator, made, frame, node)
    made.changes.clear()  # a decorator is executed wherever the class is
    made.first = snapshot(made.names)
    reader.name(node.name, made, frame, node)
    reader.classes.append(made)


def _decorate(reader, node, made: UserClass | UserFunction, frame, statement):
    """What a decorator makes of a class or a function: @dataclass, or one of the submission's own."""
    called = isinstance(node, ast.Call)
    if isinstance(made, UserFunction):
        command_functions.register(
            reader, node, made, lambda one: expressions.evaluate(reader, one, frame)
        )
    function = expressions.evaluate(reader, node.func if called else node, frame)
    if (
        isinstance(function, Library)
        and function.name == "dataclasses.dataclass"
        and isinstance(made, UserClass)
    ):
        given = node.keywords if called else []
        records.make_dataclass(
            made, {one.arg: expressions.evaluate(reader, one.value, frame) for one in given}
        )
    if isinstance(function, Instance):
        function = function.cls.find("__call__")[0]
    if isinstance(function, UserFunction):
        reader.decorations.append(Decoration(function, statement, frame.origin))
        return reader.apply(expressions.evaluate(reader, node, frame), (made,), {}, frame)
    return None


def _return(reader, node, frame):
    frame.returned.append(expressions.evaluate(reader, node.value, frame))
    return "return"


def _for(reader, node, frame):
    over = expressions.evaluate(reader, node.iter, frame)
    if isinstance(over, Made) and over.name == "builtins.enumerate":
        over = over.args[0]
    if isinstance(over, (Made, Instance, Unknown)):
        reader.record("__iter__", over, over, (), {}, node, frame.origin)
    items = members.iterate(over)
    if (
        items is not None
        and len(items) <= _MOST_TURNS
        and not isinstance(_range_of(node), ast.Call)
    ):
        if not items:
            reader.steps.passed(node.body, frame.origin)
            reader.steps.passed([node.target], frame.origin)
        for item in items:
            reader.bind(node.target, item, frame)
            ended = run(reader, node.body, frame)
            if ended == "break":
                break
            if ended in ("return", "raise"):
                return ended
        return run(reader, node.orelse, frame)
    reader.bind(node.target, changes.part(over), frame)
    _once(reader, node, frame)
    return ""


def _range_of(node):
    """The call of range() that a loop runs over: a count of epochs or batches, of which one turn is enough."""
    call = node.iter
    return (
        call
        if isinstance(call, ast.Call)
        and getattr(call.func, "id", "") in ("range", "tqdm", "trange")
        else None
    )


def _while(reader, node, frame):
    known = members.truth(expressions.evaluate(reader, node.test, frame))
    if known is not False:
        _once(reader, node, frame)
    else:
        reader.steps.passed(node.body, frame.origin)
    return ""


def _once(reader, node, frame):
    """A loop's body read once; what it changes is not known afterwards, what it makes is."""
    before = dict(frame.names)
    frame.uncertain += 1
    run(reader, node.body, frame)
    frame.uncertain -= 1
    run(reader, node.orelse, frame)
    for name, value in before.items():
        now = frame.names.get(name, value)
        if not same(now, value) and not isinstance(now, (Instance, Made)):
            frame.names[name] = Unknown("it changes in a loop")


def _with(reader, node, frame):
    for entry in node.items:
        value = expressions.evaluate(reader, entry.context_expr, frame)
        if isinstance(value, Instance) and value.cls.find("__enter__")[1]:
            enter = members.attribute(reader, value, "__enter__", frame)
            value = reader.apply(enter, (), {}, frame)
        if entry.optional_vars is not None:
            reader.bind(entry.optional_vars, value, frame)
    return run(reader, node.body, frame)


def _delete(reader, node, frame):
    for target in node.targets:
        if isinstance(target, ast.Name):
            reader.steps.carried(target.id, frame.origin, target)
            frame.elsewhere.get(target.id, frame).names.pop(target.id, None)
        elif isinstance(target, (ast.Attribute, ast.Subscript)):
            owner = expressions.evaluate(reader, target.value, frame)
            if changes.watched(owner) is not None:
                changes.note(reader, owner, frame.origin.evidence(target))
            elif isinstance(target, ast.Attribute):
                reader.set_attribute(owner, target.attr, Unknown("it is deleted"), frame, target)
            elif isinstance(owner, dict):
                key = expressions.evaluate(reader, target.slice, frame)
                known_methods.method(owner, "pop", (key,), {}, bool(frame.uncertain))


def _elsewhere(reader, node, frame):
    """Names that belong to the module, or to the function around."""
    for name in node.names:
        home = frame.module
        if isinstance(node, ast.Nonlocal) and frame.parent is not None:
            try:
                home = frame.parent.holder(name)
            except KeyError:
                continue
        if home is not frame:
            frame.elsewhere[name] = home


_HANDLERS = {
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.ClassDef: _class,
    ast.Return: _return,
    ast.If: read_if,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.While: _while,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Try: read_try,
    ast.Import: import_names,
    ast.ImportFrom: import_from,
    ast.Delete: _delete,
    ast.Match: read_match,
    ast.Global: _elsewhere,
    ast.Nonlocal: _elsewhere,
    ast.Raise: lambda reader, node, frame: "raise",
    ast.Break: lambda reader, node, frame: "break",
    ast.Continue: lambda reader, node, frame: "continue",
}
if hasattr(ast, "TryStar"):
    _HANDLERS[ast.TryStar] = read_try
