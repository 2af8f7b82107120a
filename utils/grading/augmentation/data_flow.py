"""Whether what a function returns comes from a call inside it, followed from name to name through its statements."""

import ast


def returns(function: ast.AST, call: ast.AST) -> bool:
    """Whether something that `function` returns or yields is made from the result of `call`, a node inside of it."""
    if isinstance(function, ast.Lambda):
        return _within(function.body, call)
    flow = _Flow(call)
    flow.block(function.body, set())
    return flow.returned


class _Flow:
    """The names that carry the result of one call, statement by statement; of two branches, those of both."""

    def __init__(self, call: ast.AST):
        self.call, self.returned, self.left = call, False, 20_000

    def carries(self, expression: ast.AST | None, names: set[str]) -> bool:
        """Whether the call, or a name that carries its result, is in the expression."""
        return expression is not None and any(
            node is self.call or _name(node) in names for node in ast.walk(expression)
        )

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
        elif isinstance(node, (ast.AnnAssign, ast.AugAssign)) and node.value is not None:
            kept = isinstance(node, ast.AugAssign) and _name(node.target) in names
            names = names if kept else self.assigned(node.target, node.value, names)
        elif isinstance(node, ast.Return):
            self.returned |= self.carries(node.value, names)
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
        if isinstance(node, ast.Try):
            blocks[0] = [*blocks[0], *blocks[1]]
        ends = [
            self.block(block, names)
            for block in (blocks if isinstance(node, ast.If) else filter(None, blocks))
        ]
        return set().union(*(ends[:2] if isinstance(node, ast.If) else [*ends, names]))

    def expression(self, node: ast.expr, names: set[str]) -> set[str]:
        """A call whose result is not used, such as images.append(…), changes the object that it is called on."""
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            self.returned |= self.carries(node.value, names)
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node is not self.call
        ):
            owner = _name(_root(node.func.value))
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
                    self.assigned(part, parts[place], before) | (names - {_name(part)})
                    if parts
                    else self.assigned(part, value, names)
                )
            return names
        carried = self.carries(value, names)
        if isinstance(target, ast.Subscript):
            return (names | {_name(_root(target))} if carried else names) - {""}
        name = _name(target.value if isinstance(target, ast.Starred) else target)
        return (names | {name} if carried else names - {name}) - {""}


def _name(node: ast.AST) -> str:
    """A name, or an attribute of one, as text: "image", "self.image"; an empty text for anything else."""
    parts = []
    while isinstance(node, ast.Attribute) and len(parts) < 9:
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def _root(node: ast.expr) -> ast.expr:
    while isinstance(node, ast.Subscript):
        node = node.value
    return node


def _within(expression: ast.AST, call: ast.AST) -> bool:
    return any(node is call for node in ast.walk(expression))
