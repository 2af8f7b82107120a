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
LOOPS = (ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith)  # these are the program's
