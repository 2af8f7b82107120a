"""What of several blocks of statements is executed: conditions, `match`, and what is tried; undecided, all are read."""

import ast

from utils.grading.code_reader import expressions, members
from utils.grading.code_reader.changes import is_layer
from utils.grading.code_reader.joining import Contents, joined, joined_dicts
from utils.grading.code_reader.snapshots import NAMESPACES
from utils.grading.code_reader.values import Library, Made, Module, Unknown, is_literal, same


def read_if(reader, node, frame):
    known = members.truth(expressions.evaluate(reader, node.test, frame))
    if known is not None:
        reader.steps.passed(node.orelse if known else node.body, frame.origin)
        return reader.run(node.body if known else node.orelse, frame)
    why = f"it depends on `{ast.unparse(node.test)[:60]}`"
    return _either(reader, node.body, node.orelse, frame, why)


def _either(reader, body, orelse, frame, why: str) -> str:
    """Read both of two blocks of which one is executed."""
    before, contents = dict(frame.names), Contents(frame.names)
    frame.uncertain += 1
    reader.conditions += 1
    one_end = reader.run(body, frame)
    one, in_one = dict(frame.names), contents.now()
    _restore(frame.names, before)
    contents.restore()
    other_end = reader.run(orelse, frame)
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


def read_try(reader, node, frame):
    before = set(frame.names)
    ended, changed = _tried(reader, node.body, frame)
    new = [value for name, value in frame.names.items() if name not in before]
    # Something is not there, and the handlers offer another.
    if any(isinstance(value, Library) and value.problem for value in new):
        for handler in node.handlers:
            reader.run(handler.body, frame)
    elif all(isinstance(one, (ast.Import, ast.ImportFrom)) for one in node.body):
        reader.steps.passed(node.handlers, frame.origin)
    elif ended != "return" or frame.function is None:
        frame.names.update(changed)
        for handler in node.handlers:
            _handler(reader, handler, frame)
    if not ended:
        ended = reader.run(node.orelse, frame)
    final = reader.run(node.finalbody, frame)
    return final or (ended if ended != "raise" else "")


def _tried(reader, body, frame) -> tuple[str, dict]:
    """Read what is tried: how it ended, and the numbers and texts that it changes, of which a part may be executed."""
    changed = {}
    for place, statement in enumerate(body):
        before = dict(frame.names)
        if ended := reader.run([statement], frame):
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


def read_match(reader, node, frame):
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
    return reader.run(chain, frame)
