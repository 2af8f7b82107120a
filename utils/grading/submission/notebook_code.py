"""Python out of notebook cells: magics and shell lines taken out, a cell that is not Python reported."""

import ast
import posixpath
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from utils.grading.submission.commands import actions
from utils.grading.submission.contents import Notebook, Submission, TextFile
from utils.grading.submission.shell_words import UNKNOWN
from utils.grading.submission.syntax import UNPARSABLE

_MAGIC = re.compile(r"^(\s*)([%!?].*|.*[^\s'\"#]\?\s*)$")
_CAPTURE = re.compile(r"^(\s*)([A-Za-z_][\w, ]*=\s*)[!%].*$")
# What IPython also takes without its percent sign.
_AUTOMAGIC = re.compile(
    r"^(cd|ls|pwd|mkdir|rm|cp|mv|cat|pip|conda|git|clear|who|run)(\s+[^=(\s].*)?$"
)
# Of a shell: what opens and closes conditions and functions, and a here-document.
_OPENS = re.compile(r"(?<![\w./-])(?:if|case|for|while|until)(?=\s)|\{\s*$")
_CLOSES = re.compile(r"(?<![\w./-])(?:fi|esac|done)(?![\w./-])|^\}")
_HERE = re.compile(r"(?<!<)<<-?\s*['\"]?(\w+)['\"]?")
_CONTENT = re.compile(r"^(?:/content|/kaggle/working|~)/+|^\./+")
_KEEPS_PYTHON = {"time", "timeit", "capture", "prun", "memit", "skip", "notify"}


@dataclass(frozen=True)
class Command:
    """A line that IPython or the shell would run: `%run train.py`, `!git clone …`, `%cd repository`. `is_filled`: IPython
    puts the values into it that Python's variables have here; not where a whole cell is of the shell, and in a loop or a
    function they have others."""

    text: str
    line: int
    is_filled: bool = False


@dataclass(frozen=True)
class Code:
    """A cell's Python as statements and its commands, in order of lines; `problem` where it could not be parsed."""

    cell: int
    statements: tuple[ast.stmt, ...] = ()
    commands: tuple[Command, ...] = ()
    written: TextFile | None = None  # the file that a %%writefile cell writes
    appends: bool = False  # to the file, rather than writing it anew
    problem: str = ""

    def in_order(self) -> list["Command | tuple[ast.stmt, ...]"]:
        """Commands and, between them, the statements; a command inside of a statement comes before it."""
        inside = {
            line: statement.lineno
            for statement in self.statements
            for line in range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)
        }
        parts = sorted(
            [(inside.get(command.line, command.line), 0, command) for command in self.commands]
            + [(statement.lineno, 1, statement) for statement in self.statements],
            key=lambda part: part[:2],
        )
        found: list = []
        for _, is_statement, part in parts:
            if not is_statement:
                found.append(part)
            elif found and isinstance(found[-1], tuple):
                found[-1] += (part,)
            else:
                found.append((part,))
        return found


@lru_cache(
    maxsize=1_000
)  # many readers read the same modules, and none of them changes what was parsed
def parse(source: str) -> tuple[tuple[ast.stmt, ...], str]:
    """The statements of a module, and what is wrong with it; with an error, as many statements as stand before it."""
    return _parsed(source)


def _parsed(source: str) -> tuple[tuple[ast.stmt, ...], str]:
    source = source.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    try:
        return _statements(source), ""
    except SyntaxError as error:
        problem = f"line {error.lineno}: {error.msg}"
    except (ValueError, RecursionError, MemoryError) as error:
        return (), f"it cannot be parsed ({type(error).__name__})"
    return _before_the_error(source), problem


def _statements(source: str) -> tuple[ast.stmt, ...]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes and the like in the stranger's code
        return tuple(ast.parse(source).body)


def _is_python(source: str) -> bool:
    try:
        _statements(source)
    except UNPARSABLE:
        return False
    return True


def _before_the_error(source: str) -> tuple[ast.stmt, ...]:
    """The top-level statements that stand whole before the first line that cannot be parsed."""
    lines = source.split("\n")
    starts = [
        number
        for number, line in enumerate(lines)
        if line[:1] not in ("", " ", "\t", "#", ")", "]", "}")
    ]
    good, low, high = (), 0, len(starts)
    while low < high:
        middle = (low + high) // 2
        try:
            good, low = _statements("\n".join(lines[: starts[middle]])), middle + 1
        except UNPARSABLE:
            high = middle
    return good


def notebook_code(notebook: Notebook) -> list[Code]:
    """The code cells of a notebook as statements and commands."""
    return [
        cell_code(cell.index, cell.source)
        for cell in notebook.cells
        if cell.kind == "code" and cell.source.strip()
    ]


def written_files(submission: Submission) -> dict[str, str]:
    """The files that the notebooks write with %%writefile, by path: text; those of the submission stay as they lie there."""
    given, files = {source.path for source in submission.sources}, {}
    for notebook in submission.notebooks:
        for code in notebook_code(notebook):
            write(files, given, posixpath.dirname(notebook.path), code)
    return files


def write(files: dict[str, str], given: set[str], folder: str, code: Code) -> None:
    """Add to `files` what a cell of a notebook in `folder` writes, unless the file is `given` with the submission."""
    if code.written is None:
        return
    path = posixpath.normpath(posixpath.join(folder, _CONTENT.sub("", code.written.path)))
    if path not in given:
        before = files.get(path, "") if code.appends else ""
        files[path] = f"{before}\n{code.written.text}" if before else code.written.text


def cloned_folders(submission: Submission) -> list[str]:
    """The names under which the submission itself goes: its folder's, and those of the repositories that are cloned."""
    made = [
        action.name
        for notebook in submission.notebooks
        for code in notebook_code(notebook)
        for command in code.commands
        for action in actions(command.text)
        if action.kind == "clone"
    ]
    return list(dict.fromkeys([submission.root.name, *made]))


def cell_code(index: int, source: str) -> Code:
    """The Python and the commands of one cell, which is not empty."""
    lines, heads = source.split("\n"), []
    first = next(number for number, line in enumerate(lines) if line.strip())
    head = lines[first].strip()
    if head.startswith("%%"):
        name, _, rest = head[2:].partition(" ")
        if name in ("writefile", "file"):
            return _writes(index, rest.split(), "\n".join(lines[first + 1 :]))
        if name == "script" and rest.split()[:1] not in (["bash"], ["sh"], ["zsh"]):
            return Code(index)  # "%%script false": the cell is switched off
        if name in ("bash", "sh", "shell", "script"):
            return Code(index, commands=(*_heads(head, rest, first), *_of_shell(lines, first + 1)))
        if name not in _KEEPS_PYTHON:
            return Code(index)
        lines[first] = ""
        heads = _heads(head, rest, first)
    enters = any(
        re.match(r"cd\s+[\w/.~]", line) for line in lines
    )  # to Python, cd /x/y is a division
    if not enters and _is_python("\n".join(lines)):
        return Code(index, _statements("\n".join(lines)), tuple(heads))
    commands = [*heads, *take_commands(lines)]
    statements, problem = _parsed("\n".join(lines))
    return Code(index, statements, tuple(commands), problem=problem)


def _heads(head: str, rest: str, line: int) -> list[Command]:
    """The first line of a cell as a command, where it is given something: %%capture and %%bash may bind a name."""
    return [Command(head, line + 1)] if rest.strip() else []


def _of_shell(lines: list[str], first: int) -> Iterator[Command]:
    """The lines of a shell from `first` on that it executes. Of programs under conditions the words are not known; what
    stands in a here-document, and behind exit, is not executed."""
    lines, depth, end = list(lines), 0, ""
    for number in range(first, len(lines)):
        _joined(lines, number)
        line = lines[number].strip()
        if end:
            end = "" if line == end else end
            continue
        before, depth = depth, depth + len(_OPENS.findall(line)) - len(_CLOSES.findall(line))
        if before <= 0 and re.match(r"exit\b", line):
            return
        if line:
            unsure = max(before, depth) > 0 and re.search(r"\.py\b|python", line)
            yield Command(f"!{line} {UNKNOWN[0]}" if unsure else f"!{line}", number + 1)
        if here := _HERE.search(line):
            end = here[1]


def _joined(lines: list[str], first: int) -> None:
    """Put what a backslash at the end of the line `first` goes on with into that line."""
    last = first
    while last + 1 < len(lines) and lines[last].rstrip().endswith("\\"):
        last += 1
    whole = " ".join(line.rstrip().removesuffix("\\") for line in lines[first : last + 1])
    lines[first : last + 1] = [whole] + [""] * (last - first)


def take_commands(lines: list[str]) -> list[Command]:
    """The commands among the lines of a cell or a script; in `lines` something takes their place that does nothing."""
    commands, quotes = [], {'"""': 0, "'''": 0}
    for number, line in enumerate(lines):
        inside = any(count % 2 for count in quotes.values())  # of a text of several lines
        if not inside and (_CAPTURE.match(line) or _MAGIC.match(line)):
            _joined(lines, number)
            line = lines[number]
        if match := _CAPTURE.match(line):
            commands.append(Command(line[match.end(2) :].strip(), number + 1, not match[1]))
            lines[number] = (
                f"{match[1]}{match[2]}type(None)()"  # something that reading does not know
            )
        elif (match := _MAGIC.match(line)) and not inside:
            commands.append(Command(line.strip(), number + 1, not match[1]))
            lines[number] = f"{match[1]}pass"
        elif _AUTOMAGIC.match(line) and not inside:
            commands.append(Command("%" + line.strip(), number + 1))
            lines[number] = "pass"
        for quote in quotes:
            quotes[quote] += lines[number].count(quote)
    return commands


def _writes(index: int, words: list[str], text: str) -> Code:
    """A cell that writes a file; a name that a variable holds is not known."""
    options = [word for word in words if word in ("-a", "--append")]
    name = " ".join(word for word in words if word not in options).strip("\"'")
    if not name or re.match(r"\$\w|.*[{}]", name):
        return Code(
            index,
            problem=f"the name of the file that it writes, {name or 'which is missing'}, is not known",
        )
    return Code(index, written=TextFile(name, text), appends=bool(options))
