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
