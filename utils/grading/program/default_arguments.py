"""Whether a network that no code is seen to build has its default arguments wherever it may be built."""

import ast
import re
from collections.abc import Iterator

from utils.grading.code_reader.values import UserClass, UserFunction
from utils.grading.submission.contents import Submission
from utils.grading.submission.exported_script import script_code
from utils.grading.submission.notebook_code import notebook_code


def has_its_defaults(submission: Submission, one: UserClass) -> bool:
    """True where the class takes no arguments, or where nothing but calls without any is done with its name.

    A class in a table, in a text, with a decorator or looked up by a name that is computed may be called with any arguments,
    by code that was not followed.
    """
    if not _takes_arguments(one):
        return True
    settings = re.compile(rf"(?<!\w){re.escape(one.name)}(?!\w)")
    if any(settings.search(file.text) for file in submission.configs):
        return False
    modules = {
        part for file in submission.sources for part in file.path.removesuffix(".py").split("/")
    }
    return not any(
        _is_handed_on(one.name, statement) or _looks_up(statement, modules)
        for statement in _statements(submission)
    )


def _takes_arguments(one: UserClass) -> bool:
    made = one.find("__init__")[0]
    if not isinstance(made, UserFunction):
        return False
    given = made.node.args
    count = len(given.posonlyargs) + len(given.args) + len(given.kwonlyargs)
    return count > 1 or given.vararg is not None or given.kwarg is not None


def _statements(submission: Submission) -> Iterator[ast.stmt]:
    for source in submission.sources:
        for code in script_code(source.text):
            yield from code.statements
    for notebook in submission.notebooks:
        for code in notebook_code(notebook):
            yield from code.statements


def _is_handed_on(name: str, statement: ast.stmt) -> bool:
    plain: set[int] = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Call) and not node.args and not node.keywords:
            plain.add(id(node.func))
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("super", "isinstance"):
            plain |= {id(one) for one in node.args}
        elif isinstance(node, ast.ClassDef):
            plain |= {id(one) for one in node.bases}
        elif isinstance(node, (ast.arg, ast.AnnAssign)) and node.annotation is not None:
            plain.add(id(node.annotation))
    return any(_says(node, name) and id(node) not in plain for node in ast.walk(statement))


def _looks_up(statement: ast.stmt, modules: set[str]) -> bool:
    """Whether it takes something by a name that is computed out of the submission's own modules, or out of a namespace."""
    calls = [node for node in ast.walk(statement) if isinstance(node, ast.Call)]
    names = {getattr(call.func, "id", "") for call in calls}
    return bool(names & {"globals", "locals", "vars"}) or any(
        getattr(call.func, "id", "") == "getattr"
        and len(call.args) > 1
        and not isinstance(call.args[1], ast.Constant)
        and getattr(call.args[0], "id", getattr(call.args[0], "attr", "")) in modules
        for call in calls
    )


def _says(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.Constant):
        return node.value == name
    if isinstance(node, ast.ClassDef):
        return node.name == name and bool(node.decorator_list)
    return getattr(node, "id", None) == name or getattr(node, "attr", None) == name
