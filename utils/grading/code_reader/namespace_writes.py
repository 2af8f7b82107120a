"""Code that writes the names of a program by another way than binding them: globals()["W"] = 4, setattr(__main__, …)."""

import ast
import re
from functools import lru_cache
from typing import NamedTuple

from utils.grading.code_reader.bindings import bindings
from utils.grading.submission.commands import magic
from utils.grading.submission.syntax import called_name

PROGRAM = ""  # the namespace of the notebook or script itself
EVERY = None  # a name that is not known: it may be any
_NAMESPACES = {"globals", "locals", "vars"}
# Attributes that are the names of a module: the program's own under IPython, those of a frame or a function.
_OF_IPYTHON = {"user_ns", "user_global_ns", "user_module"}
_OF_FRAMES = {"f_globals", "f_locals", "__globals__"}
_RUNS_CODE = {"run_cell", "run_code", "run_cell_magic", "run_line_magic", "magic", "ex", "push"}
_READS = set("get keys items values copy __contains__ __len__ __getitem__ __iter__".split())
_READERS = set(
    "len dict list set sorted tuple print str type isinstance bool iter any all getattr hasattr dir id repr help "
    "pprint reload getmembers display eval format_map update init log timeit repeat Timer".split()
)
_CHANGES = {"__setitem__", "setdefault", "pop"}


class Write(NamedTuple):
    """`namespace` is the module's dotted name, PROGRAM, or None for the one that the code stands in."""

    namespace: str | None
    name: str | None
    line: int


@lru_cache(maxsize=2_000)  # each module is asked about in every program that imports it
def writes(statements: tuple[ast.stmt, ...]) -> tuple[Write, ...]:
    """Every place at which a namespace is not only read."""
    finder = _Finder([node for statement in statements for node in ast.walk(statement)])
    return tuple(one for statement in statements for one in finder.found(statement))


class _Finder:
    """Goes through the code of a module, knowing what it calls its own namespace."""

    def __init__(self, nodes: list[ast.AST]):
        self.mains = {"__main__"} | {
            node.asname for node in nodes if isinstance(node, ast.alias) and node.name == "__main__"
        }
        own = {node.id for node in nodes if isinstance(node, ast.Name) and not _loads(node)}
        own |= {node.arg for node in nodes if isinstance(node, ast.arg)}
        self.namespaces = _NAMESPACES - own

    def found(self, statement: ast.stmt) -> list[Write]:
        above: dict[ast.AST, ast.AST] = {}
        nodes = list(ast.walk(statement))
        for node in nodes:
            above.update((inner, node) for inner in ast.iter_child_nodes(node))
        found = []
        for node in nodes:
            namespace = self._namespace(node, above)
            if namespace is not False and (names := _written(node, above)) is not None:
                found += [Write(namespace, name, node.lineno) for name in names]
            found += _ipython(node)
            found += _exchanged(node)
        return found

    def _namespace(self, node: ast.AST, above: dict) -> str | None | bool:
        """Which namespace an expression stands for; False for any other expression."""
        if isinstance(node, ast.Name):
            outer = above.get(node)
            called = isinstance(outer, ast.Call) and outer.func is node
            if node.id in self.namespaces and not called:
                return None  # another name for the function
            return PROGRAM if node.id in self.mains and _loads(node) else False
        if isinstance(node, ast.Call):
            name = called_name(node.func)
            if name in self.namespaces and not node.args and isinstance(node.func, ast.Name):
                local = name != "globals" and _in_function(node, above)
                return False if local else None
            given = _text(node.args[0]) if node.args else None
            imports = name in ("__import__", "import_module") and given == "__main__"
            return PROGRAM if imports else False
        if isinstance(node, ast.Attribute):
            return (
                PROGRAM if node.attr in _OF_IPYTHON else None if node.attr in _OF_FRAMES else False
            )
        if isinstance(node, ast.Subscript) and _is_modules(node.value):
            if isinstance(node.ctx, ast.Load):
                name = _text(node.slice)
                own = getattr(node.slice, "id", "") == "__name__"
                return None if own else PROGRAM if name in (None, "__main__") else name
        return False


def _loads(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Load)


def _in_function(node: ast.AST, above: dict) -> bool:
    while (node := above.get(node)) is not None:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            return True
    return False


def _text(node: ast.expr) -> str | None:
    known = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return node.value if known else None


def _written(node: ast.expr, above: dict) -> list[str | None] | None:
    """The names that what surrounds a namespace writes into it; None where it only reads."""
    outer = above.get(node)
    if isinstance(outer, ast.Attribute) and outer.attr == "__dict__":
        return _written(outer, above)
    if isinstance(outer, ast.Call) and getattr(outer.func, "id", "") == "vars":
        return _written(outer, above)
    if isinstance(outer, ast.Subscript) and outer.value is node:
        return [_text(outer.slice)] if isinstance(outer.ctx, ast.Store) else None
    if isinstance(outer, ast.Attribute):
        return _through_attribute(outer, above)
    if isinstance(outer, ast.Call):
        return _as_argument(node, outer)
    if isinstance(outer, ast.keyword):
        return _as_argument(outer, above[outer]) if outer.arg is not None else None
    harmless = (ast.Expr, ast.Compare, ast.Dict, ast.Starred, ast.comprehension)
    return None if isinstance(outer, harmless) or _loops(outer, node) else [EVERY]


def _loops(outer: ast.AST | None, node: ast.expr) -> bool:
    return isinstance(outer, (ast.For, ast.AsyncFor)) and outer.iter is node


def _through_attribute(outer: ast.Attribute, above: dict) -> list[str | None] | None:
    """What `namespace.something` writes: an attribute of a module, or by a method of a dict."""
    if isinstance(outer.ctx, ast.Store):
        same = isinstance(assign := above.get(outer), ast.Assign) and assign.value
        return None if getattr(same, "id", "") == outer.attr else [outer.attr]
    call = above.get(outer)
    if outer.attr in _READS or not isinstance(call, ast.Call) or call.func is not outer:
        return None
    if outer.attr in _CHANGES:
        return [_text(call.args[0]) if call.args else EVERY]
    if outer.attr == "update" and not call.args:
        return [keyword.arg for keyword in call.keywords]
    return [EVERY] if outer.attr in ("update", "clear", "popitem") else None


def _as_argument(node: ast.AST, call: ast.Call) -> list[str | None] | None:
    """What a call that is given a namespace writes into it."""
    name = called_name(call.func)
    of_dict = getattr(getattr(call.func, "value", None), "id", "") == "dict"
    if name in _READERS and not of_dict:
        return None
    if name == "setattr" and len(call.args) == 3 and call.args[0] is node:
        same = getattr(call.args[2], "id", "") == _text(call.args[1])
        return None if same and _text(call.args[1]) else [_text(call.args[1])]
    return [EVERY]


def _is_modules(node: ast.expr) -> bool:
    """Whether an expression is sys.modules."""
    return getattr(node, "attr", "") == "modules" and getattr(node.value, "id", "") == "sys"


def _exchanged(node: ast.AST) -> list[Write]:
    """A module that is put in the place of another: sys.modules["net"] = other."""
    if (
        isinstance(node, ast.Subscript)
        and isinstance(node.ctx, ast.Store)
        and _is_modules(node.value)
        and (name := _text(node.slice))
    ):
        return [Write(name, EVERY, node.lineno)]
    return []


def _ipython(node: ast.AST) -> list[Write]:
    """What get_ipython() is told to run, or to put among the names."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return []
    asked = node.func.value
    name = getattr(getattr(asked, "func", None), "id", getattr(asked, "id", ""))
    if name not in ("get_ipython", "ip", "ipython", "shell") or node.func.attr not in _RUNS_CODE:
        return []
    texts = [text for one in ast.walk(node) if (text := _text(one))]
    if node.func.attr.endswith("magic"):
        sign = "%%" if "cell" in node.func.attr else "%"
        return [Write(PROGRAM, one, node.lineno) for one in magic_writes(sign + " ".join(texts))]
    words = {word for text in texts for word in re.findall(r"[A-Za-z_]\w*", text)}
    return [Write(PROGRAM, word, node.lineno) for word in sorted(words) or [EVERY]]


def magic_writes(text: str) -> list[str | None]:
    """The names that a line of IPython's own commands binds; of a shell's it binds none."""
    name, rest = magic(text)
    if name in ("time", "timeit", "prun", "memit"):
        try:
            return [one.name for one in bindings(ast.parse(rest).body)]
        except (SyntaxError, ValueError):
            return []
    if name not in ("store", "capture", "macro", "bash", "sh", "script", "system", "sx", "sql"):
        return []
    words = re.findall(r"(?<![-\w])[A-Za-z_]\w*", rest.split("\n")[0])
    return words or ([EVERY] if name == "store" and "-r" in rest else [])
