"""Which Python files of a submission are meant to be started: found by what their text says, before any is read."""

import ast
import re

from utils.grading.submission.contents import Submission
from utils.grading.submission.notebook_code import parse

MOST = 40  # files that are read as programs; those whose names say that they train come first
_IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t(]*([^#\n]*)|import[ \t]+([^#\n]+))", re.M)
_STARTED = ("__main__", "backward", "summary(")
_WORK = (ast.For, ast.While, ast.With)


def started_files(submission: Submission) -> list[str]:
    """The files that say so themselves, and those that nothing imports and that do more than define."""
    imported = _imported(submission)
    found = [source.path for source in submission.sources
             if any(word in source.text for word in _STARTED) or _stem(source.path) not in imported and _works(source.text)]
    return sorted(found, key=lambda path: not re.search(r"train|main|run|fit", _stem(path), re.I))[:MOST]


def _stem(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".py")


def _imported(submission: Submission) -> set[str]:
    """The names of all modules that some code imports; what it takes from a package may be a module too."""
    files = {_stem(source.path) for source in submission.sources}
    texts = [source.text for source in submission.sources]
    texts += [cell.source for book in submission.notebooks for cell in book.cells if cell.kind == "code"]
    names: set[str] = set()
    for text in texts:
        for origin, parts, modules in _IMPORT.findall(text):
            of_a_file = origin.rpartition(".")[2] in files
            names.update(re.findall(r"\w+", f"{origin} {'' if of_a_file else parts} {modules}"))
    return names


def _works(text: str) -> bool:
    """Whether the top level does something: a loop, or a call whose result is used for nothing or by what follows."""
    statements, _ = parse(text)
    return any(isinstance(one, _WORK) or isinstance(one, (ast.Expr, ast.Assign)) and isinstance(one.value, ast.Call)
               for one in statements)
