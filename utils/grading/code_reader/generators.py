"""Functions that yield: they are read to their end, and what they give stands in a list."""

import ast
from functools import lru_cache

from utils.grading.code_reader.values import LONGEST, Frame, Unknown, UserFunction
from utils.grading.submission.syntax import DEFINITIONS

_INNER = (*DEFINITIONS, ast.Lambda)


@lru_cache(maxsize=5_000)
def is_generator(node: ast.AST) -> bool:
    """Whether a function yields something itself."""
    waiting = list(ast.iter_child_nodes(node))
    while waiting:
        one = waiting.pop()
        if isinstance(one, (ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(one, _INNER):
            waiting += ast.iter_child_nodes(one)
    return False


def give(reader, frame: Frame, entries: list | None) -> None:
    """Note what is yielded; where that is not certain, or None, it is not known what the function gives."""
    certain = not frame.uncertain and reader.conditions == frame.conditions
    if entries is None or not certain or len(frame.yielded) > LONGEST:
        frame.yielded.append(Unknown("which entries a generator gives is known only when it runs"))
    else:
        frame.yielded += entries


def entries(function: UserFunction, frame: Frame) -> list | Unknown:
    """What it gives, or manages where it is a context."""
    manages = any("contextmanager" in ast.unparse(one) for one in _decorators(function))
    if manages:
        return frame.yielded[0] if frame.yielded else None
    unknown = next((one for one in frame.yielded if isinstance(one, Unknown)), None)
    return frame.yielded if unknown is None else unknown


def _decorators(function: UserFunction) -> list[ast.expr]:
    return getattr(function.node, "decorator_list", [])
