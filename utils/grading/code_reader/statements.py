"""What a statement does to the names; loops of unknown length are read once, undecided conditions both ways."""

import ast

from utils.grading.code_reader import changes, expressions, members
from utils.grading.code_reader.changes import is_layer
from utils.grading.code_reader.imports import import_from, import_names
from utils.grading.code_reader.joining import Contents, joined, joined_dicts
from utils.grading.code_reader.operators import binary
from utils.grading.code_reader.snapshots import NAMESPACES
from utils.grading.code_reader.values import (
    Frame,
    Instance,
    Library,
    Made,
    Module,
    Unknown,
    UserClass,
    UserFunction,
    is_literal,
    same,
)

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
    reader.bind(node.target, unsure if reader.uncertain(frame) else value, frame)


def _load(target):
    if isinstance(target, ast.Name):
        return ast.copy_location(ast.Name(target.id, ast.Load()), target)
    return target


def _function(reader, node, frame):
    kind = next(
        (
            name
            for decorator in node.decorator_list
            if (name := _decorator(decorator))
            in ("property", "staticmethod", "classmethod", "cached_property")
        ),
        "",
    )
    function = UserFunction(
        node.name, node, frame, frame.origin, kind="property" if kind == "cached_property" else kind
    )
    reader.name(node.name, function, frame, node)


def _decorator(node) -> str:
    node = node.func if isinstance(node, ast.Call) else node
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


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
    reader.name(node.name, made, frame, node)
    reader.classes.append(made)


def _return(reader, node, frame):
    frame.returned.append(expressions.evaluate(reader, node.value, frame))
    return "return"


def _if(reader, node, frame):
    known = members.truth(expressions.evaluate(reader, node.test, frame))
    if known is not None:
        reader.steps.passed(node.orelse if known else node.body, frame.origin)
        return run(reader, node.body if known else node.orelse, frame)
    why = f"it depends on `{ast.unparse(node.test)[:60]}`"
    return _either(reader, node.body, node.orelse, frame, why)


def _either(reader, body, orelse, frame, why: str) -> str:
    """Read both of two blocks of which one is executed."""
    before, contents = dict(frame.names), Contents(frame.names)
    frame.uncertain += 1
    reader.conditions += 1
    one_end = run(reader, body, frame)
    one, in_one = dict(frame.names), contents.now()
    _restore(frame.names, before)
    contents.restore()
    other_end = run(reader, orelse, frame)
    frame.uncertain -= 1
    reader.conditions -= 1
    other, in_other = dict(frame.names), contents.now()
    if not one_end and not other_end:
        in_other = [joined_dicts(*pair, why) for pair in zip(in_one, in_other)]
    contents.set(in_one if other_end and not one_end else in_other)
    _restore(frame.names, other if one_end else one if other_end else _merge(one, other, why))
    if one_end and other_end:
        return one_end if one_end == other_end else "return"
    if (one_end == "return" or other_end == "return") and frame.function is not None:
        reader.conditions += (
            1  # the rest of the function is reached in the other case only; its end takes this back
        )
    return ""


def _restore(names: dict, values: dict) -> None:
    """Make `names` what `values` are; it stays the same dict, because functions and modules share it."""
    names.clear()
    names.update(values)


def _merge(one: dict, other: dict, why: str) -> dict:
    """The names after a condition; one that only one branch gives is taken to be there."""
    both = {name: joined(one[name], other[name], why) for name in one if name in other}
    return other | one | both


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


def _try(reader, node, frame):
    before = set(frame.names)
    ended, changed = _tried(reader, node.body, frame)
    new = [value for name, value in frame.names.items() if name not in before]
    # Something is not there, and the handlers offer another.
    if any(isinstance(value, Library) and value.problem for value in new):
        for handler in node.handlers:
            run(reader, handler.body, frame)
    elif all(isinstance(one, (ast.Import, ast.ImportFrom)) for one in node.body):
        reader.steps.passed(node.handlers, frame.origin)
    elif ended != "return" or frame.function is None:
        frame.names.update(changed)
        for handler in node.handlers:
            _handler(reader, handler, frame)
    if not ended:
        ended = run(reader, node.orelse, frame)
    final = run(reader, node.finalbody, frame)
    return final or (ended if ended != "raise" else "")


def _tried(reader, body, frame) -> tuple[str, dict]:
    """Read what is tried: how it ended, and the numbers and texts that it changes, of which a part may be executed."""
    changed = {}
    for place, statement in enumerate(body):
        before = dict(frame.names)
        if ended := run(reader, [statement], frame):
            reader.steps.passed(body[place + 1 :], frame.origin)
            return ended, changed
        for name, old in before.items():
            now = frame.names.get(name, old)
            if now is not old and is_literal(old) and not same(now, old):
                changed[name] = Unknown("it changes in a `try`, of which not all may be executed")
    return "", changed


def _handler(reader, node, frame) -> None:
    """What an exception would do: what it calls and finds missing is forgotten, what it binds may be or may not."""
    lengths = [(one, len(one)) for one in (reader.calls, reader.made, reader.classes)]
    lengths += [(one, len(one)) for one in (reader.problems, reader.doubts)]
    before = dict(frame.names)
    if node.name:
        reader.name(
            node.name, Unknown("what is raised is known only when the code runs"), frame, node
        )
    _either(reader, node.body, [], frame, "it depends on what is raised")
    for one, length in lengths:
        del one[length:]
    for name, value in before.items():  # the other try for another version of a library
        if isinstance(value, (Library, Module)) or isinstance(value, Made) and not _plain(value):
            frame.names[name] = value


def _plain(value: Made) -> bool:
    return is_layer(value) or value.name in NAMESPACES


def _delete(reader, node, frame):
    for target in node.targets:
        if isinstance(target, ast.Name):
            reader.steps.carried(target.id, frame.origin, target)
            frame.elsewhere.get(target.id, frame).names.pop(target.id, None)
        elif isinstance(target, (ast.Attribute, ast.Subscript)):
            changes.note(
                reader,
                expressions.evaluate(reader, target.value, frame),
                frame.origin.evidence(target),
            )


def _match(reader, node, frame):
    """Read as the chain of conditions that it is; what a pattern takes out of the subject is not known."""
    chain: list[ast.stmt] = []
    for case in reversed(node.cases):
        value = getattr(case.pattern, "value", None)
        if isinstance(case.pattern, ast.MatchValue) and case.guard is None:
            test: ast.expr = ast.Compare(node.subject, [ast.Eq()], [value])
        elif (
            isinstance(case.pattern, ast.MatchAs)
            and case.pattern.name is None
            and not (case.guard or case.pattern.pattern)
        ):
            test = ast.Constant(True)
        else:
            test = ast.Name("case", ast.Load())  # no name of Python's: it is not known
        chain = [
            ast.copy_location(ast.If(ast.copy_location(test, case.body[0]), case.body, chain), node)
        ]
    return run(reader, chain, frame)


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
    ast.If: _if,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.While: _while,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Try: _try,
    ast.Import: import_names,
    ast.ImportFrom: import_from,
    ast.Delete: _delete,
    ast.Match: _match,
    ast.Global: _elsewhere,
    ast.Nonlocal: _elsewhere,
    ast.Raise: lambda reader, node, frame: "raise",
    ast.Break: lambda reader, node, frame: "break",
    ast.Continue: lambda reader, node, frame: "continue",
}
if hasattr(ast, "TryStar"):
    _HANDLERS[ast.TryStar] = _try
