"""What an expression stands for, by the kind of its syntax node; nothing of the submission is executed."""

import ast
import operator

from utils.grading.code_reader import calls, generators, image_axes, image_sources, members, paths
from utils.grading.code_reader.images import Images
from utils.grading.code_reader.joining import joined
from utils.grading.code_reader.operators import binary, compare
from utils.grading.code_reader.unread_entries import OPEN
from utils.grading.code_reader.values import (
    LONGEST,
    Frame,
    Instance,
    Library,
    Made,
    OwnPath,
    Super,
    Unknown,
    Unordered,
    UserClass,
    UserFunction,
)

_UNARY = {ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Invert: operator.invert}


def evaluate(reader, node: ast.expr | None, frame: Frame):
    """The value of `node` in `frame`; Unknown where reading cannot tell."""
    if node is None:
        return None
    if not reader.spend():
        return Unknown("the code is too long to follow")
    handler = _HANDLERS.get(type(node))
    return (
        handler(reader, node, frame)
        if handler
        else Unknown(f"{type(node).__name__} is not followed")
    )


def _constant(reader, node, frame):
    return node.value


def _name(reader, node, frame):
    try:
        holder = frame.holder(node.id)
        if holder.parent is not None:
            return holder.names[node.id]
        return reader.trusted(holder.names, holder.origin, node.id)
    except KeyError:
        return (
            Library(f"builtins.{node.id}")
            if node.id in members.BUILTINS
            else Unknown(f"the name {node.id} is not defined in what could be read")
        )


def elements(reader, nodes, frame) -> tuple[list, bool]:
    """The values of a list of expressions with its `*parts` spread out, and whether all of those could be."""
    values, whole = [], True
    for node in nodes:
        if isinstance(node, ast.Starred):
            part = evaluate(reader, node.value, frame)
            if isinstance(part, Unordered) and len(part) > 1:
                values.extend(
                    [Unknown("which entry of a set comes first is not known")] * len(part)
                )
            elif (entries := members.iterate(part)) is not None:
                values.extend(entries)
            else:
                values.append(
                    Unknown(f"what *{ast.unparse(node.value)[:40]} stands for is not known")
                )
                whole = False
        else:
            values.append(evaluate(reader, node, frame))
    return values, whole


def _sequence(make):
    return lambda reader, node, frame: make(elements(reader, node.elts, frame)[0])


def _dict(reader, node, frame):
    result = {}
    for key, value in zip(node.keys, node.values):
        item = evaluate(reader, value, frame)
        if key is None:
            if not isinstance(item, dict):
                return Unknown("a dict that is spread into another is not known")
            result.update(item)
        else:
            name = evaluate(reader, key, frame)
            if isinstance(name, (Unknown, Made, list, dict)):
                continue
            try:
                result[name] = item
            except TypeError:
                continue
    return result


def _attribute(reader, node, frame):
    return members.attribute(reader, evaluate(reader, node.value, frame), node.attr, frame)


def _subscript(reader, node, frame):
    value, key = evaluate(reader, node.value, frame), evaluate(reader, node.slice, frame)
    if isinstance(key, slice) and not isinstance(value, (*members.ARRAY, Images)):
        bounds = [key.start, key.stop, key.step]
        if isinstance(value, (list, tuple, str)) and all(
            bound is None or isinstance(bound, int) for bound in bounds
        ):
            return value[key] if bounds[2] != 0 else Unknown("a slice with step 0")
        return value if isinstance(value, Made) else Unknown("a slice of what is not known")
    return members.item(reader, value, key, frame, node)


def _slice(reader, node, frame):
    return slice(*(evaluate(reader, part, frame) for part in (node.lower, node.upper, node.step)))


def _binary(reader, node, frame):
    return binary(
        type(node.op), evaluate(reader, node.left, frame), evaluate(reader, node.right, frame)
    )


def _unary(reader, node, frame):
    value = evaluate(reader, node.operand, frame)
    if isinstance(node.op, ast.Not):
        known = members.truth(value)
        return Unknown("the condition is not known") if known is None else not known
    if isinstance(value, (int, float, complex)):
        try:
            return _UNARY[type(node.op)](value)
        except TypeError:
            pass
    return Unknown("the operand is not known")


def _compare(reader, node, frame):
    left = evaluate(reader, node.left, frame)
    for op, comparator in zip(node.ops, node.comparators):
        right = evaluate(reader, comparator, frame)
        known = compare(type(op), left, right)
        if known is None:
            return Unknown("the comparison is not decided by what can be read")
        if not known:
            return False
        left = right
    return True


def _boolean(reader, node, frame):
    stop = isinstance(node.op, ast.Or)
    unknown = None
    for part in node.values:
        value = evaluate(reader, part, frame)
        known = members.truth(value)
        if known is None:
            unknown = unknown or Unknown("the condition is not decided by what can be read")
        elif known is stop:
            return value if unknown is None else unknown
    return unknown if unknown is not None else value


def _conditional(reader, node, frame):
    known = members.truth(evaluate(reader, node.test, frame))
    if known is not None:
        return evaluate(reader, node.body if known else node.orelse, frame)
    reader.conditions += 1
    one, other = evaluate(reader, node.body, frame), evaluate(reader, node.orelse, frame)
    reader.conditions -= 1
    return joined(one, other, f"it depends on `{ast.unparse(node.test)[:60]}`")


def _comprehension(reader, node, frame):
    inner = Frame(
        {}, frame.origin, frame, frame.uncertain, function=frame.function, comprehension=True
    )
    results = []
    over = evaluate(reader, node.generators[0].iter, inner)
    if (each := _each_image(reader, node, over, inner)) is not None:
        return each
    whole = _generate(reader, node, list(node.generators), inner, results, members.iterate(over))
    if not whole:
        return Unknown("what the comprehension runs over is not known")
    if isinstance(node, ast.DictComp):
        return {key: value for key, value in results if members.hashable(key)}
    return Unordered(results) if isinstance(node, ast.SetComp) else results


def _each_image(reader, node, over, frame: Frame):
    """What a comprehension makes of each image, where `over` is all images of the data set; None for any other."""
    one = image_sources.each(over)
    plain = (
        len(node.generators) == 1
        and not node.generators[0].ifs
        and isinstance(node, (ast.ListComp, ast.GeneratorExp))
    )
    if one is None or not plain:
        return None
    reader.bind(node.generators[0].target, one, frame)
    return image_axes.collected(evaluate(reader, node.elt, frame))


def _generate(reader, node, generators, frame, results, items) -> bool:
    if not generators:
        if isinstance(node, ast.DictComp):
            results.append((evaluate(reader, node.key, frame), evaluate(reader, node.value, frame)))
        else:
            results.append(evaluate(reader, node.elt, frame))
        return len(results) <= LONGEST
    generator, *rest = generators
    if items is None:
        return False
    for item in items:
        reader.bind(generator.target, item, frame)
        tests = [members.truth(evaluate(reader, test, frame)) for test in generator.ifs]
        if None in tests or not reader.spend():
            return False
        inner = (
            members.iterate(evaluate(reader, rest[0].iter, frame)) if all(tests) and rest else None
        )
        if all(tests) and not _generate(reader, node, rest, frame, results, inner):
            return False
    return True


def _lambda(reader, node, frame):
    return UserFunction("lambda", node, frame, frame.origin)


def _text(reader, node, frame):
    text = ""
    for part in node.values:
        formatted = isinstance(part, ast.FormattedValue)
        value = evaluate(reader, part.value if formatted else part, frame)
        value = paths.spelled(value) if paths.is_path(value) else value
        plain = not formatted or not part.format_spec and part.conversion <= 0
        if isinstance(value, OwnPath) and part is node.values[0] and plain:
            text = value
        elif isinstance(value, (str, int)) and plain:
            text = binary(ast.Add, text, str(value)[:LONGEST])
        else:
            return Unknown("a text that is put together when the code runs")
    return text


def _walrus(reader, node, frame):
    value = evaluate(reader, node.value, frame)
    while frame.comprehension:
        frame = frame.parent
    reader.bind(node.target, value, frame)
    return value


def call(reader, node: ast.Call, frame: Frame):
    """The value of a call expression; it is recorded in `reader.calls`."""
    callee = evaluate(reader, node.func, frame)
    args, whole = elements(reader, node.args, frame)
    kwargs = {}
    for keyword in node.keywords:
        value = evaluate(reader, keyword.value, frame)
        if keyword.arg is not None:
            kwargs[keyword.arg] = reader.label(value, keyword.arg)
        elif isinstance(value, dict):
            kwargs.update(
                (key, reader.label(part, key))
                for key, part in value.items()
                if isinstance(key, str)
            )
            whole = whole and OPEN not in value
        else:
            whole = False
    if isinstance(callee, Library) and callee.name == "builtins.super":
        return _super(args, frame)
    return calls.apply(reader, callee, tuple(args), kwargs, node, frame, whole)


def _super(args, frame: Frame):
    inner = frame
    while inner is not None and (inner.function is None or inner.function.owner is None):
        inner = inner.parent
    if inner is None or not isinstance(inner.function.bound, (Instance, UserClass)):
        return Unknown("super() outside of a method")
    return Super(inner.function.bound, inner.function.owner)


def _yield(reader, node, frame):
    generators.give(reader, frame, [evaluate(reader, node.value, frame)])
    return Unknown("what a generator is sent")


def _yield_from(reader, node, frame):
    generators.give(reader, frame, members.iterate(evaluate(reader, node.value, frame)))
    return Unknown("what a generator returns")


_HANDLERS = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Tuple: _sequence(tuple),
    ast.List: _sequence(list),
    ast.Set: _sequence(Unordered),
    ast.Dict: _dict,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.Compare: _compare,
    ast.BoolOp: _boolean,
    ast.IfExp: _conditional,
    ast.ListComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.SetComp: _comprehension,
    ast.DictComp: _comprehension,
    ast.Lambda: _lambda,
    ast.JoinedStr: _text,
    ast.NamedExpr: _walrus,
    ast.Call: call,
    ast.Slice: _slice,
    ast.Await: lambda reader, node, frame: evaluate(reader, node.value, frame),
    ast.Yield: _yield,
    ast.YieldFrom: _yield_from,
    ast.Starred: lambda reader, node, frame: evaluate(reader, node.value, frame),
}
