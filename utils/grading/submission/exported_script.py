"""A Python file as the cells that it may have been: Colab, Databricks and nbconvert save notebooks as scripts."""

import ast
import re
from dataclasses import replace

from utils.grading.submission.notebook_code import Code, cell_code, take_commands
from utils.grading.submission.syntax import UNPARSABLE

_CELL_END = re.compile(r"# COMMAND -+\s*$")
_MAGIC = "# MAGIC"
# What Databricks writes with one percent sign, and what holds for the whole cell.
_WHOLE_CELL = {
    "%md": "%%markdown",
    "%md-sandbox": "%%markdown",
    "%sh": "%%sh",
    "%sql": "%%sql",
    "%scala": "%%scala",
    "%r": "%%R",
    "%fs": "%%fs",
    "%python": "",
}


def script_code(text: str) -> list[Code]:
    """The statements and commands of a script in order, with the lines that they have in the file."""
    text = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    parts = _databricks(text) if _MAGIC in text else [(0, text)]
    return [
        code
        for start, part in parts
        if part.strip()
        for code in _calls_as_commands(_moved(cell_code(0, part), start))
    ]


def plain_python(text: str) -> str:
    """The script with its commands taken out, where it is not Python without that; the lines keep their numbers."""
    try:
        ast.parse(text)
        return text
    except UNPARSABLE:
        pass
    lines = text.split("\n")
    take_commands(lines)
    return "\n".join(lines)


def _databricks(text: str):
    """Each cell, with the number of lines before it."""
    start, lines = 0, text.split("\n")
    ends = [number for number, line in enumerate(lines) if _CELL_END.match(line)]
    for end in [*ends, len(lines)]:
        cell = [
            line.removeprefix(_MAGIC).removeprefix(" ") if line.startswith(_MAGIC) else line
            for line in lines[start:end]
        ]
        first = next(
            (
                number
                for number, line in enumerate(cell)
                if line.strip() and not line.startswith("#")
            ),
            None,
        )
        word, _, rest = ("" if first is None else cell[first]).partition(" ")
        if word in _WHOLE_CELL:
            cell[: first + 1] = [""] * first + [f"{_WHOLE_CELL[word]} {rest}".strip()]
        yield start, "\n".join(cell)
        start = end + 1


def _moved(code: Code, lines: int) -> Code:
    """The same so many lines further down."""
    if not lines:
        return code
    for statement in code.statements:
        ast.increment_lineno(statement, lines)
    commands = tuple(replace(command, line=command.line + lines) for command in code.commands)
    problem = f"in the cell that begins in line {lines + 1}, {code.problem}" if code.problem else ""
    return replace(code, commands=commands, problem=problem)


def _calls_as_commands(code: Code) -> list[Code]:
    """`get_ipython().system("…")` and its like, which nbconvert writes, as the lines and cells that they were."""
    found, rest = [], []
    for statement in code.statements:
        source = _source(statement)
        if source is None:
            rest.append(statement)
            continue
        found.append(replace(code, statements=tuple(rest), commands=()))
        inner = cell_code(code.cell, source)
        for node in inner.statements:
            ast.increment_lineno(node, statement.lineno - 1)
        found.append(inner)
        rest = []
    return [*found, replace(code, statements=tuple(rest))] if found else [code]


def _source(statement: ast.stmt) -> str | None:
    """The line or the cell that IPython was given; None for any other statement."""
    call = getattr(statement, "value", None)
    if (
        not isinstance(statement, (ast.Expr, ast.Assign))
        or not isinstance(call, ast.Call)
        or not isinstance(call.func, ast.Attribute)
        or not isinstance(call.func.value, ast.Call)
        or getattr(call.func.value.func, "id", "") != "get_ipython"
    ):
        return None
    given = [
        arg.value
        for arg in call.args
        if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
    ]
    shape = {
        "system": "!{0}",
        "getoutput": "!{0}",
        "magic": "%{0}",
        "run_line_magic": "%{0} {1}",
        "run_cell_magic": "%%{0} {1}\n{2}",
    }.get(call.func.attr)
    try:
        return shape and shape.format(*given)
    except IndexError:
        return None
