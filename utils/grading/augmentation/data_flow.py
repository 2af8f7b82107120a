"""Whether what a function returns comes from a call inside it, followed from name to name through its statements."""

import ast

from utils.grading.augmentation.mixtures import images_in, name_of, taken_from, tells


def returns(function: ast.AST, call: ast.AST) -> bool:
    """Whether what `function` returns or yields is the result of `call`, a node inside of it, whatever is made of it;
    not what may as well be the image that the call was given."""
    flow = _Flow(call, taken_from(function))
    if isinstance(function, ast.Lambda):
        return flow.carries(function.body, set())
    flow.block(function.body, set())
    return flow.returned and not flow.lost


class _Flow:
    """The names that carry the result of one call, statement by statement; of two branches, those of both."""

    def __init__(self, call: ast.AST, other: set[str]):
        self.call, self.other = call, other
        self.returned, self.left = False, 20_000
        self.untold = 0  # how many conditions that ask for something else than a transform or a kind of images surround it
        self.lost = False  # whether under such a condition something else is returned

    def carries(self, expression: ast.AST | None, names: set[str]) -> bool:
        """Whether the expression has the result of the call, or of a name that carries it."""
        return expression is not None and images_in(expression, self.call, names, self.other)

    def block(self, statements: list[ast.stmt], names: set[str]) -> set[str]:
        """The names that carry the result behind the statements, given those before them."""
        for statement in statements:
            self.left -= 1  # loops in loops are followed twice each
            if self.left > 0:
                names = self.statement(statement, names)
        return names - {""}

    def statement(self, node: ast.stmt, names: set[str]) -> set[str]:
        """The names that carry the result behind one statement, given those before it."""
        if isinstance(node, ast.Assign):
            for target in node.targets:
                names = self.assigned(target, node.value, names)
        elif isinstance(node, ast.AugAssign):
            names = self.assigned(node.target, ast.BinOp(node.target, node.op, node.value), names)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            names = self.assigned(node.target, node.value, names)
        elif isinstance(node, ast.Return):
            carried = self.carries(node.value, names)
            self.returned |= carried
            self.lost |= bool(self.untold and names and node.value is not None and not carried)
        elif isinstance(node, ast.Expr):
            names = self.expression(node.value, names)
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            names = self.assigned(node.target, node.iter, names) | names
            names |= self.block(
                node.body, self.block(node.body, names)
            )  # twice: a turn sees what the one before it left
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            for item in node.items:
                if item.optional_vars is not None:
                    names = self.assigned(item.optional_vars, item.context_expr, names)
            names = self.block(node.body, names)
        else:
            names = self.branches(node, names)
        return names | {
            inner.target.id
            for inner in ast.walk(node)
            if isinstance(inner, ast.NamedExpr) and self.carries(inner.value, names)
        }

    def branches(self, node: ast.stmt, names: set[str]) -> set[str]:
        """An `if`, `try`, `while` or `match`: each of its blocks may be the one that runs."""
        blocks = [getattr(node, name, []) for name in ("body", "orelse", "finalbody")]
        blocks += [
            part.body for part in (*getattr(node, "handlers", []), *getattr(node, "cases", []))
        ]
        if not any(blocks) or isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            return names
        if isinstance(node, ast.If):
            return self.either(node, names)
        if isinstance(node, ast.Try):
            blocks[0] = [*blocks[0], *blocks[1]]
        return names.union(*(self.block(block, names) for block in filter(None, blocks)))

    def either(self, node: ast.If, names: set[str]) -> set[str]:
        """Behind an `if`, the names that carry the result in one branch: the condition may ask whether there is a transform;
        in both, where it asks for something else and the result is there before it."""
        untold = not tells(node.test)
        self.untold += untold
        ends = [self.block(block, names) for block in (node.body, node.orelse)]
        self.untold -= untold
        inside = any(one is self.call for one in ast.walk(node))
        return ends[0] & ends[1] if untold and not inside else ends[0] | ends[1]

    def expression(self, node: ast.expr, names: set[str]) -> set[str]:
        """A call whose result is not used, such as images.append(…), changes the object that it is called on."""
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            self.returned |= self.carries(node.value, names)
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node is not self.call
        ):
            owner = name_of(_root(node.func.value))
            if owner and any(
                self.carries(part, names)
                for part in (*node.args, *(word.value for word in node.keywords))
            ):
                return names | {owner}
        return names

    def assigned(self, target: ast.expr, value: ast.expr, names: set[str]) -> set[str]:
        """The names that carry the result once `value` is assigned to `target`."""
        if isinstance(target, (ast.Tuple, ast.List)):
            parts = (
                value.elts
                if isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts)
                else None
            )
            before = names
            for place, part in enumerate(target.elts):
                names = (
                    self.assigned(part, parts[place], before) | (names - {name_of(part)})
                    if parts
                    else self.assigned(part, value, names)
                )
            return names
        carried = self.carries(value, names)
        if isinstance(target, ast.Subscript):
            return (names | {name_of(_root(target))} if carried else names) - {""}
        name = name_of(target.value if isinstance(target, ast.Starred) else target)
        return (names | {name} if carried else names - {name}) - {""}


def _root(node: ast.expr) -> ast.expr:
    while isinstance(node, ast.Subscript):
        node = node.value
    return node
