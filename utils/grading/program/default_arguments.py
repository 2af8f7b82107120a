"""Whether a network that no code is seen to build has its default arguments wherever it may be built."""

import ast
import re
from collections.abc import Iterator

from utils.grading.code_reader.values import UserClass, UserFunction
from utils.grading.submission.contents import Submission
from utils.grading.submission.exported_script import script_code
from utils.grading.submission.notebook_code import cell_code, notebook_code


def has_its_defaults(submission: Submission, one: UserClass) -> bool:
    """True where the class takes no arguments, or where nothing but calls without any is done with its name.

    A class in a table, in a text, with a decorator or looked up by a name that is computed may be called with any arguments,
    by code that was not followed.
    """
    if not _takes_arguments(one):
        return True
    word = re.compile(rf"(?<!\w){re.escape(one.name)}(?!\w)")
    told = [file.text for file in (*submission.configs, *submission.scripts)]
    told += [
        cell.source
        for notebook in submission.notebooks
        for cell in notebook.cells
        if cell.kind == "code" and cell.source.strip() and cell_code(0, cell.source).problem
    ]
    if any(map(word.search, told)) or _makes_another(one):
        return False
    return not any(
        _is_handed_on(one.name, word, statement) or _looks_up(statement)
        for statement in _statements(submission)
    )


def _makes_another(one: UserClass) -> bool:
    """Whether the class makes objects of itself by other words than its name, or enters its heirs in a table."""
    called = {ast.unparse(node.func) for node in ast.walk(one.node) if isinstance(node, ast.Call)}
    return bool(called & {"cls", "type(self)", "self.__class__", "__class__"}) or any(
        base.find("__init_subclass__")[1] is not None for base in one.ancestors()
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


def _is_handed_on(name: str, word: re.Pattern, statement: ast.stmt) -> bool:
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
    plain |= {id(one.value) for one in ast.walk(statement) if _is_text_alone(one)}
    return any(_says(node, name, word) and id(node) not in plain for node in ast.walk(statement))


def _is_text_alone(node: ast.AST) -> bool:
    """A docstring, or a text that is not used."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


# What gives anything by its name.
_ANYTHING = frozenset("import_module locate getmembers attrgetter".split())
_NAMES = _ANYTHING | {"globals", "locals", "vars", "eval", "exec"}
_ATTRIBUTES = _ANYTHING | {"__dict__", "__subclasses__"}


def _looks_up(statement: ast.stmt) -> bool:
    """Whether it takes something by a name that is computed, out of a module or a namespace."""
    return any(
        isinstance(node, ast.Name)
        and node.id in _NAMES
        or isinstance(node, ast.Attribute)
        and (
            node.attr in _ATTRIBUTES
            or node.attr == "modules"
            and getattr(node.value, "id", "") == "sys"
        )
        or isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "getattr"
        and len(node.args) > 1
        and not isinstance(node.args[1], ast.Constant)
        for node in ast.walk(statement)
    )


def _says(node: ast.AST, name: str, word: re.Pattern) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and bool(word.search(node.value))
    if isinstance(node, ast.alias):
        return node.name.rpartition(".")[2] == name and node.asname is not None
    if isinstance(node, ast.ClassDef):
        return node.name == name and bool(node.decorator_list)
    return getattr(node, "id", None) == name or getattr(node, "attr", None) == name
