"""A submission's code in pieces, each known by what it does and not by how it is written.

A piece is a statement at the top level of a file or a notebook's cell: a class, a function, a loop. Comments, docstrings,
annotations, formatting and the names that the student chose have no part in its digest; the names of libraries have, by
whatever name they were imported. The order of the pieces has none, nor has the file or the cell that one stands in.
"""

import ast
import hashlib
from collections.abc import Iterable, Iterator

from utils.grading.submission.contents import Submission
from utils.grading.submission.exported_script import script_code
from utils.grading.submission.notebook_code import notebook_code, written_files
from utils.grading.submission.syntax import DEFINITIONS

SMALLEST = 15  # names, constants and kinds of nodes; `device = torch.device("cuda")` is everybody's
LARGEST = 100_000  # of all pieces together
_LEFT_OUT = frozenset(
    ("annotation", "returns", "ctx", "type_comment", "kind", "type_ignores", "type_params")
)


def code_pieces(submission: Submission) -> dict[str, int]:
    """The digest of each piece, with its size."""
    statements = list(_statements(submission))
    names = _Names(statements, _modules(submission))
    pieces, total = {}, 0
    for statement in statements:
        if isinstance(statement, ast.Import | ast.ImportFrom) or _is_text(statement):
            continue
        plain = _plain(statement, names, {})
        size = _size(plain)
        total += size
        if total > LARGEST:
            break
        if size >= SMALLEST:
            digest = hashlib.sha256(repr(plain).encode(errors="replace")).hexdigest()[:24]
            pieces[digest] = size
    return pieces


def _size(plain: object) -> int:
    """The names, constants and kinds of nodes in a piece."""
    return sum(map(_size, plain)) if isinstance(plain, tuple) else 1


def _statements(submission: Submission) -> Iterator[ast.stmt]:
    texts = [source.text for source in submission.sources]
    for text in (*texts, *written_files(submission).values()):
        for code in script_code(text):
            yield from code.statements
    for notebook in submission.notebooks:
        for code in notebook_code(notebook):
            yield from code.statements


def _modules(submission: Submission) -> set[str]:
    """What the submission's own modules and packages may be imported as."""
    paths = [*(source.path for source in submission.sources), *written_files(submission)]
    return {part.removesuffix(".py") for path in paths for part in path.split("/")}


class _Names:
    """Which names are the student's own, and what those that were imported stand for."""

    def __init__(self, statements: Iterable[ast.stmt], modules: set[str]):
        self.own: set[str] = set()
        self.attributes: set[str] = set()
        self.imported: dict[str, str] = {}
        for statement in statements:
            for node in ast.walk(statement):
                self._note(node, modules)
        self.own |= self.attributes

    def _note(self, node: ast.AST, modules: set[str]) -> None:
        if isinstance(node, ast.Import | ast.ImportFrom):
            source = f"{node.module or ''}." if isinstance(node, ast.ImportFrom) else ""
            for alias in node.names:
                name = alias.asname or alias.name.partition(".")[0]
                path = source + (alias.name if alias.asname or source else name)
                if path.partition(".")[0] in modules or getattr(node, "level", 0):
                    self.own.add(name)
                else:
                    self.imported[name] = path
        elif isinstance(node, DEFINITIONS):
            self.own.add(node.name)
            for one in node.body if isinstance(node, ast.ClassDef) else ():
                if isinstance(one, DEFINITIONS) and not one.name.startswith("__"):
                    self.attributes.add(one.name)
        elif isinstance(node, ast.arg):
            self.own.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            self.own.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            self.attributes.add(node.attr)

    def path(self, node: ast.AST) -> str:
        """What of a library an expression names, such as "torch.nn.Conv2d" for `nn.Conv2d`; empty for anything else."""
        if isinstance(node, ast.Name):
            return "" if node.id in self.own else self.imported.get(node.id, "")
        if isinstance(node, ast.Attribute) and (above := self.path(node.value)):
            return f"{above}.{node.attr}"
        return ""


def _plain(node: object, names: _Names, numbers: dict[str, int]) -> object:
    """A syntax tree as nested tuples; own names as the numbers of their first appearance in the piece."""
    if isinstance(node, list):
        return tuple(_plain(one, names, numbers) for one in node if not _is_text(one))
    if not isinstance(node, ast.AST):
        return repr(node)
    if path := names.path(node):
        return path
    if isinstance(node, ast.AnnAssign) and node.value is not None:
        node = ast.Assign([node.target], node.value)
    if isinstance(node, ast.Call) and names.path(node.func):  # the keywords are the library's
        keywords = tuple((one.arg, _plain(one.value, names, numbers)) for one in node.keywords)
        return names.path(node.func), _plain(node.args, names, numbers), keywords
    own = names.attributes if isinstance(node, ast.Attribute) else names.own
    return type(node).__name__, *(
        numbers.setdefault(value, len(numbers))
        if name in ("id", "attr", "arg", "name") and isinstance(value, str) and value in own
        else _plain(value, names, numbers)
        for name, value in ast.iter_fields(node)
        if name not in _LEFT_OUT
    )


def _is_text(node: object) -> bool:
    """Whether a statement is a docstring, or another text that does nothing."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
