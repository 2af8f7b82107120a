"""Reads a notebook or a script as Python would run it, without running it: names, imports, calls and what they make."""

import ast
import time
from collections.abc import Iterator
from contextlib import contextmanager

from utils.grading.code_reader import (
    changes,
    expressions,
    members,
    statements,
    trainers,
    unread_entries,
)
from utils.grading.code_reader.bindings import Unit
from utils.grading.code_reader.commanding import Commanding
from utils.grading.code_reader.images import Images
from utils.grading.code_reader.imports import Importing
from utils.grading.code_reader.joining import joined
from utils.grading.code_reader.module_index import ModuleIndex
from utils.grading.code_reader.open_names import NONE, OpenNames, Steps
from utils.grading.code_reader.own_calls import Calling
from utils.grading.code_reader.program_starts import given_arguments
from utils.grading.code_reader.values import (
    Call,
    Decoration,
    Frame,
    Instance,
    Library,
    Made,
    Module,
    Origin,
    OwnPath,
    Step,
    Unknown,
    UserClass,
    UserFunction,
    same,
)
from utils.grading.facts import Evidence
from utils.grading.submission import notebook_code
from utils.grading.submission.commands import Action
from utils.grading.submission.contents import Notebook, Submission
from utils.grading.submission.exported_script import script_code

_BUDGET = 150_000  # nodes of syntax that one notebook may cost
_SECONDS = 20.0  # of processor time


class Reader(Importing, Calling, Commanding):
    """What one notebook (or script) of a submission does, as far as reading its code tells.

    `calls` lists each call that was met, `made` what library calls made, `classes` the classes that were defined,
    `problems` what could not be parsed or found, one sentence each.
    """

    def __init__(self, submission: Submission, start: str = "", open_names: OpenNames = NONE):
        self.submission, self.index = submission, ModuleIndex(submission, start)
        self.calls: list[Call] = []
        self.made: list[Made] = []
        self.classes: list[UserClass] = []
        self.decorations: list[Decoration] = []
        self.commands: dict[int, dict[str, UserFunction]] = {}  # of groups that a library starts
        self.problems: list[str] = []
        self.modules: dict[str, Module] = {}
        self.stack: list[Step] = []
        self.given = {source.path for source in submission.sources}
        self.program = Origin()  # the notebook or script that is read
        self.own_statements: list[
            tuple[Origin, ast.stmt]
        ] = []  # the top-level statements of the program itself
        self.cell: int | None = None
        self.doubts: list[str] = []  # why what was read may not be what runs
        self.conditions = 0  # how many undecided conditions surround what is being read
        self.names: dict = {}
        self.argv: object = []  # sys.argv: of a script that is started, or that a command starts
        self.rewritten: set[str] = set()  # the names of files that the code writes
        self.started: list[str] = []  # the scripts that commands start
        self.units: list[Unit] = []  # what was read, by the namespaces that it writes
        self.written_names: list[tuple[str, str | None, str]] = []  # by commands and exec()
        self.steps = Steps()
        # What is put in the place of a library's own: owner, name, where and after how many calls.
        self.replaced: list[tuple[str, str, Evidence, int]] = []
        self.files: list[tuple[Action, str]] = []  # that commands write, and packages
        self.cell_files: list[tuple[notebook_code.Code, str]] = []  # that cells write
        self.imported: dict[str, int] = {}  # by module, how many of those were written before
        self.open_names = open_names
        self.left, self._began = _BUDGET, time.process_time()

    # --- what is read -------------------------------------------------------------------------------------------------

    def read_notebook(self, notebook: Notebook) -> None:
        """Read all code cells in order, with the commands that matter: %run, !python, !git clone, %cd, %%writefile."""
        self.program = Origin(notebook=notebook.path)
        self.names["__name__"] = "__main__"
        for code in notebook_code.notebook_code(notebook):
            self.cell = code.cell
            origin = Origin(notebook=notebook.path, cell=code.cell)
            if code.problem:
                self.problems.append(f"{notebook.path}: cell {code.cell}: {code.problem}")
            self.own_statements.extend((origin, statement) for statement in code.statements)
            self._read(code, Frame(self.names, origin, script="__main__"))
        trainers.read_callbacks(self)
        self.cell = None

    def _read(self, code: notebook_code.Code, frame: Frame) -> None:
        """Read one cell, or what a script holds between its commands."""
        self._write(code, frame.origin)
        self.units.append(
            Unit(self.namespace(frame.names, frame.origin), frame.origin, code.statements)
        )
        for part in code.in_order():
            if isinstance(part, notebook_code.Command):
                self._command(part, frame)
            else:
                self._guarded(part, Frame(frame.names, frame.origin, script="__main__"))

    def _read_cells(self, notebook: Notebook, names: dict) -> None:
        """Read the Python of another notebook into a namespace; its commands are not followed."""
        for code in notebook_code.notebook_code(notebook):
            origin = Origin(notebook=notebook.path, cell=code.cell)
            self.units.append(Unit(self.namespace(names, origin), origin, code.statements))
            self._guarded(code.statements, Frame(names, origin))

    def read_script(self, path: str, names: dict | None = None) -> dict:
        """Read a Python file as the program that is started; returns its names."""
        names = self.names if names is None else names
        names |= {"__name__": "__main__", "__file__": OwnPath(path)}
        own = self.program == Origin()
        if own:
            self.program = Origin(file=path)
            self.argv = given_arguments(self.submission, path)
        frame = Frame(names, Origin(file=path), script="__main__")
        for code in script_code(self.index.sources.get(path, "")):
            if code.problem:
                self.problems.append(f"{path}: {code.problem}")
            if own:
                self.own_statements.extend(
                    (self.program, statement) for statement in code.statements
                )
            self._read(code, frame)
        trainers.read_callbacks(self)
        return names

    def run(self, body, frame: Frame) -> str:
        """Read statements in order; how they end, where one ends them."""
        return statements.run(self, body, frame)

    def _guarded(self, body, frame: Frame) -> None:
        depth = len(self.stack)
        try:
            statements.run(self, body, frame)
        except RecursionError:
            self.doubts.append(f"the code in {frame.origin} is nested too deeply to be followed")
        del self.stack[depth:]

    # --- names --------------------------------------------------------------------------------------------------------

    def label(self, value, name: str):
        """Note that `value` went by `name`; returns it."""
        if isinstance(value, (Made, Instance)) and isinstance(name, str) and len(value.labels) < 50:
            value.labels.append(name)
        return value

    def name(self, name: str, value, frame: Frame, node: ast.AST) -> None:
        """Bind `name` in the namespace of `frame`, or where `global` says."""
        self.steps.carried(name, frame.origin, node)
        other = frame.elsewhere.get(name)
        if other is None:
            frame.names[name] = value
            return
        unsure = frame.uncertain or other.uncertain or self.conditions
        why = f"{frame.origin} changes {name} under a condition or in a loop"
        old = other.names.get(name, value)
        other.names[name] = joined(old, value, why) if unsure else value

    def namespace(self, names: dict, origin: Origin) -> str:
        """The key of the module whose names these are: its path, empty for the program itself."""
        return "" if names is self.names else origin.file or origin.notebook or ""

    def trusted(self, names: dict, origin: Origin, name: str):
        """The value of a name of a module; Unknown where something may have bound it that reading did not follow."""
        return self.open_names.value(self.namespace(names, origin), name, names[name])

    def bind(self, target: ast.expr, value, frame: Frame) -> None:
        """Assign `value` to a target: a name, an attribute, an item, or several at once."""
        if isinstance(target, ast.Name):
            self.name(target.id, self.label(value, target.id), frame, target)
        elif isinstance(target, ast.Starred):
            self.bind(target.value, value, frame)
        elif isinstance(target, (ast.Tuple, ast.List)):
            parts = self._parts(value, len(target.elts))
            for part, entry in zip(target.elts, parts):
                self.bind(part, entry, frame)
        elif isinstance(target, ast.Attribute):
            self.set_attribute(
                expressions.evaluate(self, target.value, frame), target.attr, value, frame, target
            )
        elif isinstance(target, ast.Subscript):
            owner = expressions.evaluate(self, target.value, frame)
            key = expressions.evaluate(self, target.slice, frame)
            changes.note(self, owner, frame.origin.evidence(target))
            if owner is self.argv:
                self.argv = Unknown("some of its words are replaced")
            if isinstance(owner, (*members.ARRAY, Images)):
                self.bind(target.value, Unknown("some of its entries are replaced"), frame)
            elif isinstance(owner, list) and isinstance(key, Unknown):
                owner[:] = [
                    Unknown("which of its entries is replaced is known only when the code runs")
                ] * len(owner)
            elif isinstance(owner, (dict, list)) and isinstance(key, (str, int)):
                try:
                    owner[key] = (
                        Unknown("it depends on a condition")
                        if frame.uncertain and (isinstance(owner, list) or key in owner)
                        else value
                    )
                except IndexError:
                    pass

    def _parts(self, value, count: int) -> list:
        """What each of `count` targets gets of a value that is assigned to all of them."""
        entries = members.iterate(value)
        if entries is not None and len(entries) == count:
            return entries
        if isinstance(value, Made) and value.last == "random_split":
            return [
                Made("torch.utils.data.Subset", value.args, {}, value.place) for _ in range(count)
            ]
        if changes.watched(value) is not None:
            return [value] * count  # the name and the layer that named_children() gives
        return [
            value if isinstance(value, Unknown) else Unknown("a part of what is not known")
            for _ in range(count)
        ]

    def set_attribute(self, owner, name, value, frame: Frame, node) -> None:
        """Assign `value` to an attribute of `owner`; `name` is Unknown where setattr() is given one that is not known."""
        changes.note_attribute(self, owner, name, value, frame, node)
        if not isinstance(name, str):
            if isinstance(owner, (Instance, Made)) and changes.watched(owner) is None:
                unread_entries.spoil(owner.attributes)
            return
        if isinstance(owner, (Instance, Made)):
            before = (
                [owner.attributes[name]]
                if name in owner.attributes
                else [owner.cls.find(name)[0]]
                if isinstance(owner, Instance) and owner.cls.find(name)[1]
                else []
            )
            unsure = frame.uncertain and before and not same(before[0], value)
            setter = getattr(before[0], "kind", "") == "setter" if before else False
            owner.attributes[name] = (
                Unknown("it depends on a condition")
                if unsure
                else Unknown("a property decides what it becomes")
                if setter
                else self.label(value, name)
            )
        elif isinstance(owner, (UserClass, Module)):
            unsure = frame.uncertain and not same(owner.names.get(name), value)
            owner.names[name] = Unknown("it depends on a condition") if unsure else value
        elif isinstance(owner, Library):
            if (owner.name, name) == ("sys", "argv"):
                self.argv = value if not frame.uncertain else Unknown("it is set or not")
            place = frame.origin.evidence(node)
            self.replaced.append((owner.name, name, place, len(self.calls)))
        if (
            isinstance(owner, Library)
            and owner.name.startswith(("albumentations", "torch"))
            and "backends" not in owner.name
        ):
            self.doubts.append(f"{frame.origin} replaces {owner.name}.{name}")

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Follow more of the code, as a question about it asks, and forget afterwards which calls it made; doubts stay."""
        lists = (self.calls, self.made, self.classes, self.stack)
        lengths, left = [len(one) for one in lists], self.left
        try:
            yield
        finally:
            for one, length in zip(lists, lengths):
                del one[length:]
            self.left = left

    def spend(self) -> bool:
        """Use up one step of the budget; False when nothing is left."""
        self.left -= 1
        if self.left > 0 and self.left % 1000 == 0 and time.process_time() - self._began > _SECONDS:
            self.left = 0
        if self.left == 0:
            self.doubts.append("the code is too long to be followed to its end")
        return self.left > 0

    def record(self, name, callee, receiver, args, kwargs, node, origin: Origin) -> None:
        """Note a call in `calls`, with its place and what surrounds it."""
        if len(self.calls) < 50_000:
            self.calls.append(
                Call(
                    name,
                    callee,
                    receiver,
                    args,
                    kwargs,
                    origin.evidence(node),
                    self.cell,
                    tuple(self.stack),
                    self.conditions > 0,
                    node,
                )
            )
