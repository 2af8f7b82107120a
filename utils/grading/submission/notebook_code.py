"""Python out of notebook cells: magics and shell lines taken out, a cell that is not Python reported."""

import ast
import posixpath
import re
import warnings
from dataclasses import dataclass
from functools import lru_cache

from utils.grading.submission.contents import Notebook, Submission, TextFile

_MAGIC = re.compile(r"^(\s*)([%!?].*|.*[^\s'\"#]\?\s*)$")
_CAPTURE = re.compile(r"^(\s*)([A-Za-z_][\w, ]*=\s*)[!%].*$")
# What IPython also takes without its percent sign.
_AUTOMAGIC = re.compile(r"^(cd|ls|pwd|mkdir|rm|cp|mv|cat|pip|conda|git|clear|who|run)(\s+[^=(\s].*)?$")
_WRITES = ("writefile", "file")
_CLONE = re.compile(r"[!%]\s*git\s+clone\s+(?:-\S+\s+(?:\d+\s+)?)*(\S+)(?:\s+([\w./-]+))?")
_KEEPS_PYTHON = {"time", "timeit", "capture", "prun", "memit", "skip", "notify"}


@dataclass(frozen=True)
class Command:
    """A line that IPython or the shell would run: `%run train.py`, `!git clone …`, `%cd repository`."""
    text: str
    line: int


@dataclass(frozen=True)
class Code:
    """A cell's Python as statements and its commands, in order of lines; `problem` where it could not be parsed."""
    cell: int
    statements: tuple[ast.stmt, ...] = ()
    commands: tuple[Command, ...] = ()
    written: TextFile | None = None  # the file that a %%writefile cell writes
    appends: bool = False  # whether it goes on with what the file held
    problem: str = ""


@lru_cache(maxsize=1_000)  # many readers read the same modules, and none of them changes what was parsed
def parse(source: str) -> tuple[tuple[ast.stmt, ...], str]:
    """The statements of a module, and what is wrong with it; with an error, as many statements as stand before it."""
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
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _before_the_error(source: str) -> tuple[ast.stmt, ...]:
    """The top-level statements that stand whole before the first line that cannot be parsed."""
    lines = source.split("\n")
    starts = [number for number, line in enumerate(lines) if line[:1] not in ("", " ", "\t", "#", ")", "]", "}")]
    good, low, high = (), 0, len(starts)
    while low < high:
        middle = (low + high) // 2
        try:
            good, low = _statements("\n".join(lines[:starts[middle]])), middle + 1
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            high = middle
    return good


def notebook_code(notebook: Notebook) -> list[Code]:
    """The code cells of a notebook as statements and commands."""
    return [_cell_code(cell.index, cell.source) for cell in notebook.cells if cell.kind == "code" and cell.source.strip()]


def written_files(submission: Submission) -> dict[str, str]:
    """The files that the notebooks write with %%writefile, by path: text."""
    files: dict[str, str] = {}
    for notebook in submission.notebooks:
        for code in notebook_code(notebook):
            if code.written is not None:
                path = posixpath.normpath(posixpath.join(posixpath.dirname(notebook.path), code.written.path))
                files[path] = f"{files[path]}\n{code.written.text}" if code.appends and path in files else code.written.text
    return files


def cloned_folders(submission: Submission) -> list[str]:
    """The names under which the submission itself goes: its folder's, and those of the repositories that are cloned."""
    commands = [command.text for notebook in submission.notebooks for code in notebook_code(notebook)
                for command in code.commands]
    return list(dict.fromkeys([submission.root.name, *filter(None, map(cloned_folder, commands))]))


def cloned_folder(command: str) -> str:
    """The folder that `!git clone` makes; an empty text for another command."""
    match = _CLONE.match(command)
    return (match[2] or posixpath.basename(match[1].rstrip("/")).removesuffix(".git")) if match else ""


def _cell_code(index: int, source: str) -> Code:
    lines = source.split("\n")
    first = next(number for number, line in enumerate(lines) if line.strip())
    head = lines[first].strip()
    if head.startswith("%%"):
        name, _, rest = head[2:].partition(" ")
        if name in _WRITES:
            return _writing(index, rest, "\n".join(lines[first + 1:]))
        if name in ("bash", "sh", "shell", "script"):
            return Code(index, commands=tuple(Command("!" + line.strip(), first + 2 + number)
                                              for number, line in enumerate(lines[first + 1:])))
        if name not in _KEEPS_PYTHON:
            return Code(index)
        lines[first] = ""
    enters = any(re.match(r"cd\s+[\w/.~]", line) for line in lines)  # to Python, cd /x/y is a division
    if not enters and _is_python("\n".join(lines)):
        return Code(index, _statements("\n".join(lines)))
    commands = []
    for number, line in enumerate(lines):
        if match := _CAPTURE.match(line):
            lines[number] = f"{match[1]}{match[2]}None"
        elif (match := _MAGIC.match(line)) and not _inside_text(lines[:number]):
            commands.append(Command(line.strip(), number + 1))
            lines[number] = f"{match[1]}pass"
        elif _AUTOMAGIC.match(line) and not _inside_text(lines[:number]):
            commands.append(Command("%" + line.strip(), number + 1))
            lines[number] = "pass"
    statements, problem = parse("\n".join(lines))
    return Code(index, statements, tuple(commands), problem=f"cell {index}: {problem}" if problem else "")


def _writing(index: int, rest: str, text: str) -> Code:
    """A cell that writes a file; nothing is known of a name that is put together when it runs."""
    words = [word.strip("\"'") for word in rest.split()]
    appends = bool({"-a", "--append"} & set(words))
    target = " ".join(word for word in words if word not in ("-a", "--append"))
    if not target or target.startswith("$") or "{" in target:
        return Code(index)
    return Code(index, written=TextFile(target, text), appends=appends)


def _inside_text(before: list[str]) -> bool:
    """Whether a triple-quoted text that began in the lines before is still open."""
    text = "\n".join(before)
    return text.count('"""') % 2 == 1 or text.count("'''") % 2 == 1
