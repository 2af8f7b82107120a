"""Which parts of an expression have a transformed image in them; not those in which another may take its place."""

import ast

from utils.grading.submission.syntax import called_name

# What takes one of several things that it is given, or mixes them.
_CHOOSING = set(
    "where choice choices choose select lerp lerp_ maximum minimum max min copysign copyto copy_ add add_ sub sub_ mul mul_"
    " addcmul addcmul_".split()
)
# By what an image is scaled: 1 / 255 is a factor, 65535 a divisor.
_SMALLEST, _LARGEST = 1e-3, 1e5
# Words of conditions that ask whether there is a transform, or for which images it is.
KINDS = ("train", "test", "val", "phase", "mode", "split", "transform", "aug", "none")


def images_in(expression: ast.AST, call: ast.AST, names: set[str], other: set[str]) -> bool:
    """Whether the result of `call`, which the `names` carry, is what `expression` has.

    `other` are the names of what the call was given, without the transform: an expression that may put that in the place
    of the result does not count.
    """
    parts = _Parts(call, names, other)
    for node in reversed(list(ast.walk(expression))):  # parts before what they are parts of
        parts.add(node)
    return parts.has(expression)


class _Parts:
    def __init__(self, call: ast.AST, names: set[str], other: set[str]):
        self.call, self.names, self.other = call, names, other
        self.having: set[int] = set()  # nodes with the image
        self.holding: set[int] = set()  # nodes with the call
        self.raw: set[int] = set()  # nodes with what it was made from
        self.mixed: set[int] = set()  # nodes with a list of both

    def has(self, node: ast.AST) -> bool:
        return id(node) in self.having

    def beside(self, node: ast.AST) -> bool:
        """Whether a part has what the image was made from, and not the image."""
        return id(node) in self.raw and not self.has(node)

    def add(self, node: ast.AST) -> None:
        inner = list(ast.iter_child_nodes(node))
        for group in (self.having, self.holding, self.raw, self.mixed):
            if any(id(one) in group for one in inner):
                group.add(id(node))
        if node is self.call:
            self.holding.add(id(node))
        if isinstance(node, ast.Name) and node.id in self.other:
            self.raw.add(id(node))
        if node is self.call or name_of(node) in self.names:
            self.having.add(id(node))
        elif self.has(node) and self.loses(node):
            self.having.discard(id(node))
        if any(map(self.has, _entries(node))) and any(map(self.beside, _entries(node))):
            self.mixed.add(id(node))

    def loses(self, node: ast.AST) -> bool:
        """Whether the value of a node that has the image in a part may be without it."""
        if isinstance(node, ast.BinOp):
            return self.beside(node.left) or self.beside(node.right) or _vanishes(node)
        if isinstance(node, ast.IfExp):
            both = self.has(node.body) and self.has(node.orelse)
            return not both and id(node) not in self.holding and not tells(node.test)
        if isinstance(node, ast.BoolOp):
            return any(map(self.beside, node.values))
        if isinstance(node, ast.Subscript):
            return self.picks(node)
        if isinstance(node, ast.Call) and called_name(node.func) in _CHOOSING:
            given = [*node.args, *(word.value for word in node.keywords)]
            given += [part for one in given for part in _entries(one)]
            given += [node.func.value] if isinstance(node.func, ast.Attribute) else []
            return any(map(self.beside, given))
        return False

    def picks(self, node: ast.Subscript) -> bool:
        """Whether an index takes one of several things of which only some have the image."""
        entries, place = _entries(node.value), _number(node.slice)
        if isinstance(place, int) and -len(entries) <= place < len(entries):
            return not self.has(entries[place])
        return self.beside(node.value) or id(node.value) in self.mixed


def taken_from(function: ast.AST) -> set[str]:
    """The names that hold something of what a function is given, however it was changed."""
    spec = function.args
    names = {arg.arg for arg in [*spec.posonlyargs, *spec.args, *spec.kwonlyargs]} - {"self", "cls"}
    kinds = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.NamedExpr)
    assigned = [
        ({one.id for one in ast.walk(node.value) if isinstance(one, ast.Name)}, _targets(node))
        for node in ast.walk(function)
        if isinstance(node, kinds) and node.value is not None
    ]
    for _ in range(5):  # a name of a name of a name …
        names = names.union(*(targets for used, targets in assigned if used & names))
    return names


def _targets(node: ast.AST) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    named = [one for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)]
    return {one.id for one in named} - {"self"}


def tells(test: ast.expr) -> bool:
    """Whether a condition asks for a transform that may be missing, or for the kind of the images."""
    words = [
        str(getattr(node, "id", getattr(node, "attr", getattr(node, "value", ""))))
        for node in ast.walk(test)
        if isinstance(node, (ast.Name, ast.Attribute, ast.Constant))
    ]
    return any(told in word.lower() for word in words for told in KINDS)


def name_of(node: ast.AST) -> str:
    """A name, or an attribute of one, as text: "image", "self.image"; an empty text for anything else."""
    parts = []
    while isinstance(node, ast.Attribute) and len(parts) < 9:
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def _entries(node: ast.AST) -> list[ast.expr]:
    return node.elts if isinstance(node, (ast.List, ast.Tuple)) else []


def _vanishes(node: ast.BinOp) -> bool:
    """Whether an image is scaled by a number that leaves nothing of it."""
    numbers = [abs(one) for one in map(_number, (node.left, node.right)) if one is not None]
    if isinstance(node.op, (ast.Mult, ast.BitAnd, ast.Pow)):
        return any(number < _SMALLEST for number in numbers)
    return isinstance(node.op, (ast.Div, ast.FloorDiv)) and any(one > _LARGEST for one in numbers)


def _number(node: ast.expr) -> int | float | None:
    sign = -1 if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) else 1
    value = getattr(node.operand if sign < 0 else node, "value", None)
    return sign * value if isinstance(value, (int, float)) else None
