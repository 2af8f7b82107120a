"""Which Python files of a submission are programs that can be started: by their text and imports, before they are read."""

import ast
import posixpath
from collections.abc import Iterable, Iterator
from functools import lru_cache

from utils.grading.code_reader.imports import known_libraries
from utils.grading.code_reader.module_index import ModuleIndex
from utils.grading.submission.contents import Submission
from utils.grading.submission.exported_script import script_code
from utils.grading.submission.notebook_code import notebook_code
from utils.grading.submission.syntax import DEFINITIONS

_WORK = (ast.Call, ast.For, ast.While, ast.With)


@lru_cache(maxsize=1)
def programs(submission: Submission) -> tuple[str, ...]:
    """The files that may do something when they are started.

    A file that no other file or notebook imports, and that calls something at its top level; and each file that asks
    whether it was started, imported or not.
    """
    parsed = {
        source.path: [one for code in script_code(source.text) for one in code.statements]
        for source in submission.sources
    }
    imported = {
        path
        for file, statements in parsed.items()
        for path in imported_files(submission, file, statements)
        if path != file
    }
    for notebook in submission.notebooks:
        statements = [one for code in notebook_code(notebook) for one in code.statements]
        imported.update(imported_files(submission, notebook.path, statements))
    guarded = {source.path for source in submission.sources if "__main__" in source.text}
    return tuple(
        path
        for path, statements in parsed.items()
        if path in guarded or path not in imported and any(map(_works, statements))
    )


def _works(statement: ast.stmt) -> bool:
    """Whether a statement at the top level does more than to define something."""
    if isinstance(statement, DEFINITIONS):
        return False
    return any(isinstance(node, _WORK) for node in ast.walk(statement))


def imported_files(
    submission: Submission, file: str, statements: Iterable[ast.stmt]
) -> Iterator[str]:
    """The files that the imports of one file lead to, wherever in it they stand."""
    folder = posixpath.dirname(file)
    index = ModuleIndex(submission, folder)
    for name, level in dict.fromkeys(_names(statements)):
        known = not level and name.partition(".")[0] in known_libraries()
        if (not known or index.has(name.partition(".")[0])) and (
            found := index.find(name, folder, level)
        ):
            yield found.path


def _names(statements: Iterable[ast.stmt]) -> Iterator[tuple[str, int]]:
    """Every module that is imported, and the names that may be modules of a package, with the dots before them."""
    for statement in statements:
        for node in ast.walk(statement):
            if isinstance(node, ast.Import):
                yield from ((alias.name, 0) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield node.module or "", node.level
                yield from (
                    (".".join(filter(None, (node.module, alias.name))), node.level)
                    for alias in node.names
                    if alias.name != "*"
                )
