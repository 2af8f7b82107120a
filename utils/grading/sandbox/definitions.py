"""A stranger's module without its script: only what a wanted name is made of is executed.

Wanted is a class or a function; with it come the imports, classes, functions and assignments that it reads, and what those
read. Loops, calls for their own sake and whatever else stands at the top level of a file or a notebook are never executed.
"""

import ast
import builtins
import symtable
from collections.abc import Callable
from types import ModuleType

from utils.grading.sandbox.marked_code import Answer, Marked, asked, attributes
from utils.grading.sandbox.own_files import formatted, own_file, text
from utils.grading.sandbox.surroundings import collected
from utils.grading.submission.definition_statements import DEFINING, LOOPS, OWN_FILE

_WHOLE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Definitions:
    """The top-level statements of one module by the names that they bind; `need` executes those of one name.

    `namespace` is the module's dictionary. `problems` collects what failed on the way, for the message of a later failure.
    """

    def __init__(self, statements: list[ast.stmt], namespace: dict, name: str, problems: list[str]):
        self.namespace, self.name, self.problems = namespace, name, problems
        self.binding: dict[str, list[ast.stmt]] = {}
        self.stars: list[ast.ImportFrom] = []
        self.begun: set[str] = set()
        self.executed: set[int] = set()
        self.statements = statements
        namespace |= {"__asked__": asked, "__vars__": attributes}
        namespace |= {OWN_FILE: own_file, "__text__": text, "__formatted__": formatted}
        for statement in statements:
            if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
                self.stars.append(statement)
            elif isinstance(statement, DEFINING) and not _is_script(statement):
                for bound in _bound_names(statement):
                    self.binding.setdefault(bound, []).append(statement)

    def need(self, name: str, chosen: Callable[[ast.stmt], bool] = lambda statement: False) -> bool:
        """Make `name` exist, if this module binds it; `chosen` tells which of several is meant, else the last."""
        if name in self.begun:
            return name in self.namespace
        self.begun.add(name)
        statements = self.binding.get(name, [])
        whole = [
            place for place, statement in enumerate(statements) if isinstance(statement, _WHOLE)
        ]
        meant = [place for place in whole if chosen(statements[place])]
        if meant:
            statements = [statements[meant[-1]]]
        elif whole:
            statements = statements[whole[-1] :]
        for statement in statements:
            self._execute(statement)
        if not statements and not hasattr(builtins, name):
            self._from_stars(name)
        return name in self.namespace

    def define(self, statement: ast.stmt) -> None:
        """Execute one function or class; its name stays what it is where another of that name was needed."""
        name = statement.name
        needed = self.namespace.get(name) if name in self.begun else None
        self._execute(statement)
        if needed is not None:
            self.namespace[name] = needed

    def _execute(self, statement: ast.stmt) -> None:
        if id(statement) in self.executed:
            return
        self.executed.add(id(statement))
        for name in _global_names(statement):
            self.need(name)
        looks: list[str] = []
        try:
            module = Marked(self.name).visit(ast.Module([statement], []))
            with collected(statement) as looks:
                exec(compile(module, f"<{self.name}>", "exec"), self.namespace)
        except Exception as error:
            if isinstance(statement, ast.ClassDef):
                raise
            bound = ", ".join(_bound_names(statement))
            self.problems.append(
                f"{bound} in {self.name} could not be made ({type(error).__name__}: {error})"
            )
        for name in _bound_names(statement) if looks else ():
            self.namespace[name] = Answer(looks[0])

    def _from_stars(self, name: str) -> None:
        for statement in reversed(self.stars):
            module = self._module(statement, "*")
            if isinstance(module, DefinedModule) and not hasattr(module, name):
                self._module(
                    statement, name
                )  # a module of the package, which the program has imported before
            if module is not None and hasattr(module, name):
                self.namespace[name] = getattr(module, name)
                return

    def _module(self, statement: ast.ImportFrom, wanted: str) -> ModuleType | None:
        given = self.namespace.get("__builtins__", {})
        importing = given.get("__import__", __import__) if isinstance(given, dict) else __import__
        try:
            return importing(
                statement.module or "", self.namespace, None, (wanted,), statement.level
            )
        except Exception as error:
            self.problems.append(
                f"{statement.module} could not be imported ({type(error).__name__}: {error})"
            )
            return None


class DefinedModule(ModuleType):
    """A module whose names come into being when they are asked for.

    `defined` are all of this process: in sys.modules another one may have such a name.
    """

    defined: "list[DefinedModule]" = []

    def define(self, definitions: Definitions) -> None:
        """Give the module the definitions that its names come from."""
        self.__dict__["__definitions__"] = definitions
        self.defined.append(self)

    def __getattr__(self, name: str):
        definitions = self.__dict__.get("__definitions__")
        if definitions is not None and definitions.need(name):
            return self.__dict__[name]
        raise AttributeError(f"module '{self.__name__}' has no attribute '{name}'")


def _is_script(statement: ast.stmt) -> bool:
    """Whether an `if` or `try` is more than a choice between definitions."""
    if not isinstance(statement, (ast.If, ast.Try)):
        return False
    return any(
        isinstance(part, LOOPS) or isinstance(part, ast.Name) and part.id == "__name__"
        for part in ast.walk(statement)
    )


def _bound_names(statement: ast.stmt) -> list[str]:
    if isinstance(statement, _WHOLE):
        return [statement.name]
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return [alias.asname or alias.name.partition(".")[0] for alias in statement.names]
    if isinstance(statement, (ast.If, ast.Try)):
        parts = [
            *statement.body,
            *statement.orelse,
            *getattr(statement, "finalbody", []),
            *(part for handler in getattr(statement, "handlers", []) for part in handler.body),
        ]
        return [name for part in parts for name in _bound_names(part)]
    targets = getattr(statement, "targets", None) or [getattr(statement, "target", None)]
    return [
        part.id
        for target in targets
        if target is not None
        for part in ast.walk(target)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
    ]


def _global_names(statement: ast.stmt) -> list[str]:
    """The names of the module that a statement reads, in the functions and classes inside it too."""
    try:
        table = symtable.symtable(ast.unparse(ast.Module([statement], [])), "module", "exec")
    except (SyntaxError, ValueError, RecursionError):
        return []
    names: dict[str, None] = {}
    tables = [table]
    while tables:
        current = tables.pop()
        tables.extend(current.get_children())
        for symbol in current.get_symbols():
            if symbol.is_referenced() and (current is table or symbol.is_global()):
                names[symbol.get_name()] = None
    return list(names)
