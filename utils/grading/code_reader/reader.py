"""Reads a notebook or a script as Python would run it, without running it: names, imports, calls and what they make."""

import ast
import posixpath
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

from utils.grading.code_reader import changes, expressions, members, statements
from utils.grading.code_reader.imports import Importing
from utils.grading.code_reader.module_index import ModuleIndex
from utils.grading.code_reader.own_calls import Calling
from utils.grading.code_reader.values import (
    Call,
    Frame,
    Instance,
    Library,
    Made,
    Module,
    Origin,
    Step,
    Unknown,
    UserClass,
    UserFunction,
    same,
)
from utils.grading.submission import notebook_code
from utils.grading.submission.contents import Notebook, Submission
from utils.grading.submission.exported import exported_commands

_START = re.compile(r"(?:%run|!\s*python3?|%\s*python)\s+(?:-\w\s+)*"
                    r"(?:\"([^\"]+\.(?:py|ipynb))\"|'([^']+\.(?:py|ipynb))'|((?:\\ |\S)+\.(?:py|ipynb)))")
_BUDGET = 150_000  # nodes of syntax that one notebook may cost
_MOST_STARTED = 20
_SECONDS = 20.0  # of processor time


class Reader(Importing, Calling):
    """What one notebook (or script) of a submission does, as far as reading its code tells.

    `calls` lists each call that was met, `made` what library calls made, `classes` the classes that were defined,
    `problems` what could not be parsed or found, one sentence each.
    """

    def __init__(self, submission: Submission, start: str = ""):
        self.submission, self.index = submission, ModuleIndex(submission, start)
        self.calls: list[Call] = []
        self.made: list[Made] = []
        self.classes: list[UserClass] = []
        self.problems: list[str] = []
        self.modules: dict[str, Module] = {}
        self.stack: list[Step] = []
        self.program = Origin()  # the notebook or script that is read
        self.own_statements: list[tuple[Origin, ast.stmt]] = []  # the top-level statements of the program itself
        self.cell: int | None = None
        self.doubts: list[str] = []  # why what was read may not be what runs
        self.conditions = 0  # how many undecided conditions surround what is being read
        self.names: dict = {}
        self.flags = ""  # what a command gives the script that it starts
        self.rewritten: set[str] = set()  # the names of files that the code writes
        self.written: set[str] = set()  # the files that cells write and that the submission does not hold
        self.started: list[str] = []  # the scripts that the program starts
        self._left, self._began = _BUDGET, time.process_time()

    # --- what is read -------------------------------------------------------------------------------------------------

    def read_notebook(self, notebook: Notebook) -> None:
        """Read all code cells in order, with the commands that matter: %run, !python, !git clone, %cd, %%writefile."""
        self.program = Origin(notebook=notebook.path)
        frame = Frame(self.names, self.program, script="__main__")
        self.names["__name__"] = "__main__"
        for code in notebook_code.notebook_code(notebook):
            self.cell = code.cell
            frame.origin = Origin(notebook=notebook.path, cell=code.cell)
            if code.problem:
                self.problems.append(f"{notebook.path}: {code.problem}")
            if code.written is not None:
                self._write(code)
            for command in code.commands:
                self._command(command.text, frame)
            self.own_statements.extend((frame.origin, statement) for statement in code.statements)
            self._guarded(code.statements, Frame(self.names, frame.origin, script="__main__"))
        self._trainers()
        self.cell = None

    def _write(self, code: notebook_code.Code) -> None:
        """Take over a file that a cell writes; what the submission itself holds under that name is the file as it became."""
        path = posixpath.normpath(posixpath.join(self.index.start, code.written.path))
        if path not in self.index.sources:
            self.index.sources[path] = code.written.text
            self.written.add(path)
        elif path in self.written:
            before = f"{self.index.sources[path]}\n" if code.appends else ""
            self.index.sources[path] = before + code.written.text

    def _trainers(self) -> None:
        """What Lightning's fit() calls of the objects that it is given: the methods that make the loaders."""
        for call in [call for call in self.calls if call.name == "fit"]:
            for given in (*call.args, *call.kwargs.values()):
                for name in ("prepare_data", "setup", "train_dataloader", "val_dataloader", "test_dataloader"):
                    method, owner = given.cls.find(name) if isinstance(given, Instance) else (None, None)
                    if isinstance(method, UserFunction):
                        bound = UserFunction(name, method.node, method.frame, method.origin, owner, given)
                        self.invoke(bound, (), {}, given.place)

    def read_script(self, path: str, names: dict | None = None) -> dict:
        """Read a Python file as the program that is started; returns its names."""
        names = self.names if names is None else names
        names["__name__"] = "__main__"
        body, problem = notebook_code.parse(self.index.sources.get(path, ""))
        if problem:
            self.problems.append(f"{path}: {problem}")
        if self.program == Origin():
            self.program = Origin(file=path)
            self.own_statements.extend((self.program, statement) for statement in body)
        else:
            self.started.append(path)
        frame = Frame(names, Origin(file=path), script="__main__")
        for command in exported_commands(self.index.sources.get(path, "")):
            self._command(command, frame)
        self._guarded(body, Frame(names, Origin(file=path), script="__main__"))
        self._trainers()
        return names

    def _guarded(self, body, frame: Frame) -> None:
        depth = len(self.stack)
        try:
            statements.run(self, body, frame)
        except RecursionError:
            self.doubts.append(f"the code in {frame.origin} is nested too deeply to be followed")
        del self.stack[depth:]

    def _command(self, text: str, frame: Frame) -> None:
        if folder := notebook_code.cloned_folder(text):
            self.index.clones.append(folder)
            self.index.add_root(folder)
        elif match := re.match(r"%\s*cd\s+(.+)", text):
            self.index.add_root(match[1])
        elif match := _START.match(text):
            name = next(filter(None, match.groups())).replace("\\ ", " ")
            self.flags = text[match.end():]
            self._started(name, frame, shared=text.startswith("%run"))
            self.flags = ""

    def _started(self, name: str, frame: Frame, shared: bool) -> None:
        name = name.lstrip("./")
        for path in [posixpath.normpath(posixpath.join(root, name)) for root in self.index.roots]:
            if path in self.index.sources:
                if len(self.started) < _MOST_STARTED:  # one may start itself
                    self.read_script(path, self.names if shared else {})
                return
            for notebook in self.submission.notebooks:
                if notebook.path == path and shared and path != frame.origin.notebook:
                    for code in notebook_code.notebook_code(notebook):
                        self._guarded(code.statements, Frame(self.names, Origin(notebook=path, cell=code.cell)))
                    return
        self.problems.append(f"{frame.origin} starts {name}, which the submission does not contain")

    # --- names --------------------------------------------------------------------------------------------------------

    def label(self, value, name: str):
        """Note that `value` went by `name`; returns it."""
        if isinstance(value, (Made, Instance)) and isinstance(name, str) and len(value.labels) < 50:
            value.labels.append(name)
        return value

    def bind(self, target: ast.expr, value, frame: Frame) -> None:
        """Assign `value` to a target: a name, an attribute, an item, or several at once."""
        if isinstance(target, ast.Name):
            frame.names[target.id] = self.label(value, target.id)
        elif isinstance(target, ast.Starred):
            self.bind(target.value, value, frame)
        elif isinstance(target, (ast.Tuple, ast.List)):
            parts = self._parts(value, len(target.elts))
            for part, entry in zip(target.elts, parts):
                self.bind(part, entry, frame)
        elif isinstance(target, ast.Attribute):
            self.set_attribute(expressions.evaluate(self, target.value, frame), target.attr, value, frame, target)
        elif isinstance(target, ast.Subscript):
            owner = expressions.evaluate(self, target.value, frame)
            key = expressions.evaluate(self, target.slice, frame)
            changes.note(self, owner, frame.origin.evidence(target))
            if isinstance(owner, (*members.ARRAY, members.IMAGES)):
                self.bind(target.value, Unknown("some of its entries are replaced"), frame)
            elif isinstance(owner, list) and isinstance(key, Unknown):
                owner[:] = [Unknown("which of its entries is replaced is known only when the code runs")] * len(owner)
            elif isinstance(owner, (dict, list)) and isinstance(key, (str, int)):
                try:
                    owner[key] = Unknown("it depends on a condition") if self.uncertain(frame) and key in owner else value
                except IndexError:
                    pass

    def _parts(self, value, count: int) -> list:
        """What each of `count` targets gets of a value that is assigned to all of them."""
        if isinstance(value, (list, tuple)) and len(value) == count:
            return list(value)
        if isinstance(value, Made) and value.last == "random_split":
            return [Made("torch.utils.data.Subset", value.args, {}, value.place) for _ in range(count)]
        if changes.watched(value) is not None:
            return [value] * count  # the name and the layer that named_children() gives
        return [value if isinstance(value, Unknown) else Unknown("a part of what is not known") for _ in range(count)]

    def set_attribute(self, owner, name, value, frame: Frame, node) -> None:
        """Assign `value` to an attribute of `owner`; `name` is Unknown where setattr() is given one that is not known."""
        changes.note_attribute(self, owner, name, value, frame, node)
        if not isinstance(name, str):
            return
        if isinstance(owner, (Instance, Made)):
            before = [owner.attributes[name]] if name in owner.attributes else \
                [owner.cls.find(name)[0]] if isinstance(owner, Instance) and owner.cls.find(name)[1] else []
            unsure = self.uncertain(frame) and before and not same(before[0], value)
            owner.attributes[name] = Unknown("it depends on a condition") if unsure else self.label(value, name)
        elif isinstance(owner, (UserClass, Module)):
            owner.names[name] = value
        elif isinstance(owner, Library) and owner.name.startswith(("albumentations", "torch")) and \
                "backends" not in owner.name:
            self.doubts.append(f"{frame.origin} replaces {owner.name}.{name}")

    def uncertain(self, frame: Frame) -> int:
        """How many undecided conditions and loops surround the statement that is being read."""
        return frame.uncertain

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Follow more of the code, as a question about it asks, and forget afterwards which calls it made; doubts stay."""
        lists = (self.calls, self.made, self.classes, self.stack)
        lengths, left = [len(one) for one in lists], self._left
        try:
            yield
        finally:
            for one, length in zip(lists, lengths):
                del one[length:]
            self._left = left

    def spend(self) -> bool:
        """Use up one step of the budget; False when nothing is left."""
        self._left -= 1
        if self._left > 0 and self._left % 1000 == 0 and time.process_time() - self._began > _SECONDS:
            self._left = 0
        if self._left == 0:
            self.doubts.append("the code is too long to be followed to its end")
        return self._left > 0

    def record(self, name, callee, receiver, args, kwargs, node, origin: Origin | None = None) -> None:
        """Note a call in `calls`, with its place and what surrounds it."""
        origin = origin or Origin()
        if len(self.calls) < 50_000:
            self.calls.append(Call(name, callee, receiver, args, kwargs, origin.evidence(node), self.cell, tuple(self.stack),
                                   self.conditions > 0, node))
