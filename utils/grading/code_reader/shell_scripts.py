"""With which words the shell scripts of a submission start its programs."""

import posixpath
from functools import lru_cache

from utils.grading.code_reader.command_line import arguments
from utils.grading.code_reader.values import Unknown
from utils.grading.submission.commands import Action, actions
from utils.grading.submission.contents import Submission


def given_arguments(submission: Submission, path: str) -> list | Unknown:
    """sys.argv of the program at `path`: the words that the shell scripts give it, none where none of them starts it."""
    given = {action.flags for folder, action in _starts(submission) if _is(path, action, folder)}
    if len(given) > 1:
        return Unknown("shell scripts start it with different words")
    words = given.pop() if given else ""
    if "$" in words:
        return Unknown("a shell script gives it what a variable holds")
    return arguments(words)


@lru_cache(maxsize=1)
def _starts(submission: Submission) -> tuple[tuple[str, Action], ...]:
    """What shell scripts start, each with the folder of the script."""
    return tuple(
        (posixpath.dirname(script.path), action)
        for script in submission.scripts
        for line in script.text.replace("\\\n", " ").splitlines()
        if not line.lstrip().startswith("#")
        for action in actions(f"!{line.strip()}")
        if action.kind in ("start", "module")
    )


def _is(path: str, action: Action, folder: str) -> bool:
    """Whether an action of a script in `folder` starts the file at `path`."""
    names = [action.name]
    if action.kind == "module":
        name = action.name.replace(".", "/")
        names = [f"{name}.py", f"{name}/__main__.py"]
    places = {
        posixpath.normpath(posixpath.join(place, name)) for name in names for place in ("", folder)
    }
    return path in places
