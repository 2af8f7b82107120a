"""Files whose names do not suit their content, as upload forms and mail programs leave them: `train.py.txt`."""

import ast
import warnings

from utils.grading.submission.files import HEAD, may_be_notebook
from utils.grading.submission.syntax import UNPARSABLE

_ADDED = ".txt"


def holds_notebook(data: bytes) -> bool:
    """Whether a file with this content is a notebook, whatever its name."""
    return may_be_notebook(data[:HEAD]) and b'"cell_type"' in data.replace(b"\x00", b"")


def python_name(name: str, text: str) -> str | None:
    """`train.py` for a file `train.py.txt` that holds Python, and not what train.py printed."""
    bare = name[: -len(_ADDED)]
    if not (name.lower().endswith(f".py{_ADDED}") and _is_python(text)):
        return None
    return bare[:-3] + ".py"


def _is_python(text: str) -> bool:
    """Whether `text` is a module: every line is Python, and something is imported or defined."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            body = ast.parse(text.lstrip("\ufeff")).body
    except UNPARSABLE:
        return False
    return any(
        isinstance(one, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef | ast.Assign)
        for one in body
    )
