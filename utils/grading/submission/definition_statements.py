"""Which statements of a file make a network again: the sandbox executes them alone, and reading must know which they are."""

import ast

DEFINING = (
    ast.Import,
    ast.ImportFrom,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Assign,
    ast.AnnAssign,
    ast.AugAssign,
    ast.If,
    ast.Try,
)
OWN_FILE = "__own_file__"  # what stands for `__file__` when they are executed: a function of a path of the submission
LOOPS = (ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith)  # these are the program's


def root(node: ast.expr) -> str:
    """The name with which an expression like registry.register("x") begins."""
    while isinstance(node, (ast.Call, ast.Attribute, ast.Subscript)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""
