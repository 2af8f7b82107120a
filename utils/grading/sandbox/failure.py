"""Why a child could not do its job: what it sends, and what of that the grader shows.

A stranger's code decides what stands in the text of its exceptions. Where it could read the files of the grader's user, that
may be what was in them: then the type and the line are shown, as far as they are from lists that the grader knows.
"""

import builtins
import re
import traceback
from collections.abc import Collection

from utils.grading.sandbox.audit_hook import ATTEMPTS
from utils.grading.sandbox.surroundings import LOOKS, is_generated

_LENGTH = 400
_LOOK = re.compile(re.escape(LOOKS) + r"[\w.()]{1,60} at line \d{1,6} of ([^\n]+)")
_TYPES = {
    name
    for name, one in vars(builtins).items()
    if isinstance(one, type) and issubclass(one, BaseException)
}


def failure(error: Exception) -> dict:
    """What a child sends of an exception."""
    where, kind = {}, type(error).__name__
    for frame, line in traceback.walk_tb(error.__traceback__):
        if is_generated(frame):
            where = {"file": frame.f_code.co_filename[1:-1], "line": line}
    return {"error": _short(f"{kind}: {error}"), "type": kind, **where}


def attempt(name: str) -> dict:
    """What a child sends when it was stopped at one of ATTEMPTS."""
    return {"error": f"its code tries {name}", "attempt": name}


def without_texts(content: dict, files: Collection[str]) -> dict:
    """What a child sent, without the texts that a stranger's code has made; `files` are the submission's."""
    if "error" in content:
        if content.get("attempt") in ATTEMPTS:
            return attempt(content["attempt"])
        look = _LOOK.fullmatch(content["error"]) if isinstance(content["error"], str) else None
        if look and look[1] in files:
            return {"error": content["error"]}
        kind, file, line = (content.get(name) for name in ("type", "file", "line"))
        said = kind if isinstance(kind, str) and kind in _TYPES else "an exception of its own"
        if isinstance(file, str) and file in files and type(line) is int and 0 < line < 10**5:
            said += f" at line {line} of {file}"
        return {"error": f"{said} (its text is not shown)"}
    training = content.get("training")
    if isinstance(training, dict) and "failure" in training:
        return {**content, "training": {"failure": "an exception (its text is not shown)"}}
    return content


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LENGTH else text[:_LENGTH] + " …"
