"""What the commands of a notebook do while it is read: they start programs, enter folders and write files."""

import ast
import posixpath
import re
import shlex

from utils.grading.code_reader import expressions
from utils.grading.code_reader.command_line import arguments
from utils.grading.code_reader.imports import known_libraries
from utils.grading.code_reader.namespace_writes import magic_writes
from utils.grading.code_reader.shell_starts import recipe_of, starts
from utils.grading.code_reader.values import Frame, Origin
from utils.grading.submission import notebook_code
from utils.grading.submission.commands import Action, actions
from utils.grading.submission.contents import TextFile
from utils.grading.submission.shell_words import UNKNOWN
from utils.grading.submission.syntax import UNPARSABLE

_MOST_STARTS = 3  # of one script that commands start again and again
_PUT_IN = re.compile(r"(?<![{$])\{([^{}]+)\}(?!\})|(?<!\$)\$([A-Za-z_][\w.]*)")


class Commanding:
    """The part of a Reader that follows commands."""

    def _write(self, code: notebook_code.Code, origin: Origin) -> None:
        """What a %%writefile cell writes: a file of the submission stays as it was handed in."""
        notebook_code.write(self.index.sources, self.given, self.index.start, code)
        if code.written is not None:
            self.cell_files.append((code, str(origin)))

    def _command(self, command: notebook_code.Command, frame: Frame) -> None:
        key = self.namespace(frame.names, frame.origin)
        why = f"{frame.origin} binds it by the command {command.text.split()[0]}"
        self.written_names += [(key, name, why) for name in magic_writes(command.text)]
        self.command(
            self._filled(command.text, frame) if command.is_filled else command.text, frame
        )

    def _filled(self, text: str, frame: Frame) -> str:
        """A command with the values that IPython puts into it: {name}, {expression} and $name. It puts in all or, where one
        cannot be evaluated, none; here none too where one is not known."""
        values = {}
        for match in _PUT_IN.finditer(text):
            try:
                node = ast.parse(match[1] or match[2], mode="eval").body
            except UNPARSABLE:
                return text
            with self.aside():
                values[match[0]] = expressions.evaluate(self, node, frame)
        if not all(isinstance(value, (str, int, float)) for value in values.values()):
            return text
        quoted = any(mark[0] == "$" for mark in values) and "'" in text  # which IPython may leave
        return text if quoted else _PUT_IN.sub(lambda match: str(values[match[0]]), text)

    def command(self, text: str, frame: Frame) -> None:
        """Follow one command, which begins with ! or %."""
        for action in actions(text):
            if action.kind == "clone":
                self.index.clones.append(action.name)
                self.index.add_root(action.name)
            elif action.kind == "enter":
                self.index.enter(action.name)
            elif action.kind in ("write", "install"):
                self.files.append((action, str(frame.origin)))
            elif action.kind == "script":
                for start in self._starts_of(action):
                    self._started(start, frame)
            else:
                self._started(action, frame)

    def _starts_of(self, action: Action) -> list[Action]:
        """What a script of a shell starts, or a target of a Makefile. Where it starts a program with different words, under
        conditions perhaps, the words are not known."""
        scripts = {one.path: one for one in self.submission.scripts}
        of_make = action.name.endswith("make")
        path = self.index.place("Makefile" if of_make else action.name, scripts.__contains__)
        if path is None:
            return []
        script = scripts[path]
        if of_make:
            script = TextFile(path, recipe_of(script.text, shlex.split(action.flags)))
        found: dict[str, set[str]] = {}
        for start in starts(script):
            programs = start.programs(self.index.sources)
            if len(programs) == 1:
                found.setdefault(*programs, set()).add(start.words)
        return [
            Action("start", program, *(words if len(words) == 1 else UNKNOWN))
            for program, words in found.items()
        ]

    def _started(self, action: Action, frame: Frame) -> None:
        """Read the script or notebook that a command starts, with the words that follow it."""
        before, self.argv = self.argv, arguments(action.flags)
        self._read_started(action, frame)
        self.argv = before

    def _read_started(self, action: Action, frame: Frame) -> None:
        path = self._program_path(action)
        if path is None:
            known = action.kind == "module" and action.name.partition(".")[0] in known_libraries()
            if not known:
                self.problems.append(f"{frame.origin} starts {action.name}, {self.index.missing()}")
        elif path.endswith(".ipynb"):
            notebook = next(one for one in self.submission.notebooks if one.path == path)
            if action.kind == "run" and path not in (frame.origin.notebook, self.program.notebook):
                self._read_cells(notebook, self.names)
        elif self.started.count(path) < _MOST_STARTS:
            self.started.append(path)
            with self.index.first(posixpath.dirname(path)):
                self.read_script(path, frame.names if action.kind == "run" else {})

    def _program_path(self, action: Action) -> str | None:
        """Where the submission has the program that is started; None where it has not."""
        if action.kind == "module":
            found = self.index.find(action.name)
            main = (
                f"{found.package}/__main__.py".lstrip("/")
                if found and found.is_package
                else found and found.path
            )
            return main if main in self.index.sources else None
        known = {*self.index.sources, *(one.path for one in self.submission.notebooks)}
        names = (
            [action.name]
            if action.name.endswith((".py", ".ipynb"))
            else [f"{action.name}.py", f"{action.name}.ipynb"] * (action.kind == "run")
        )
        return next(
            (path for name in names if (path := self.index.place(name, known.__contains__))), None
        )
