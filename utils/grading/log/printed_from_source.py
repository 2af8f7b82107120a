"""Logs that a cell prints because they stand in its source: they say nothing of a training."""

import ast
import re
from collections.abc import Iterator

from utils.grading.facts import Evidence
from utils.grading.log.accuracies import Row
from utils.grading.log.epochs import Run
from utils.grading.submission.contents import Submission

SHORTEST = 15  # characters; what is shorter may stand in a source by chance
FEWEST = 4  # accuracies; a list of fewer may have the same numbers by chance
_NUMBER = re.compile(r"\d+\.\d+|\d+/\d+|\d+ ?%")
_MAGIC = re.compile(r"^\s*[!%].*", re.M)


def printed_from_source(submission: Submission, run: Run, rows: tuple[Row, ...]) -> Evidence | None:
    """Where a log was printed that stands in the source of the very cell that prints it; None where it was not.

    That takes a string literal with the line of the best accuracy, or with half of all lines, numbers and all; or a list of
    numbers, in that cell or one before it, that are the accuracies. Comments, texts that are not printed and templates,
    into which the numbers are put only when they are printed, are none of these.
    """
    if not run.notebook:
        return None
    sources = {
        cell.index: cell.source
        for book in submission.notebooks
        if book.path == run.source
        for cell in book.cells
        if cell.kind == "code"
    }
    top = max(rows, key=lambda row: row.accuracy)
    last = max(sources, default=0) if top.place.cell is None else top.place.cell
    trees = {index: _tree(source) for index, source in sources.items() if index <= last}
    lines = {
        index: set(_literal_lines(trees[index]))
        for index in {row.place.cell for row in rows} & set(trees)
    }
    literal = [row for row in rows if _line(row.place.text) in lines.get(row.place.cell, ())]
    accuracies = tuple(round(row.number.value, 4) for row in rows)
    if top in literal or (
        len(rows) >= FEWEST and any(accuracies in _literal_lists(tree) for tree in trees.values())
    ):
        return top.place
    return literal[0].place if 2 * len(literal) >= len(rows) else None


def _tree(source: str) -> ast.AST:
    try:
        return ast.parse(_MAGIC.sub("", source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


def _line(text: str) -> str:
    return " ".join(text.split())


def _literal_lines(tree: ast.AST) -> Iterator[str]:
    """The lines of string literals that could be lines of a log: long enough, and with a result in them."""
    left_out = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, (ast.JoinedStr, ast.Expr))
        for part in (ast.walk(node) if isinstance(node, ast.JoinedStr) else (node.value,))
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in left_out
        ):
            for line in re.split(r"[\r\n]+", node.value):
                line = _line(line.strip()[:200])
                if len(line) >= SHORTEST and _NUMBER.search(line):
                    yield line


def _literal_lists(tree: ast.AST) -> Iterator[tuple[float, ...]]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.List, ast.Tuple)) and len(node.elts) >= FEWEST:
            values = [part.value if isinstance(part, ast.Constant) else None for part in node.elts]
            if all(type(value) in (int, float) for value in values):
                yield tuple(round(value, 4) for value in values)
