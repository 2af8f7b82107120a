"""What several places ask of a submission's syntax, and what they meet where it is none."""

import ast

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
# What ast.parse raises for a text that is not Python, or is nested too deeply.
UNPARSABLE = (SyntaxError, ValueError, RecursionError, MemoryError)


def called_name(function: ast.AST | None) -> str:
    """The name by which a function is called, without what stands before its dot; empty for any other expression."""
    return getattr(function, "attr", getattr(function, "id", ""))
