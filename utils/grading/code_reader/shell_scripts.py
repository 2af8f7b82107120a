"""With which words the shell scripts of a submission start its programs."""

import posixpath
from collections.abc import Collection, Iterator
from functools import lru_cache

from utils.grading.code_reader.command_line import arguments
from utils.grading.code_reader.values import Unknown
from utils.grading.submission.commands import Action, actions
from utils.grading.submission.contents import Submission


def given_arguments(submission: Submission, path: str) -> list | Unknown:
    """sys.argv of the program at `path`: the words that the shell scripts give it, none where none of them starts it."""
    given = {flags for names, flags in _starts(submission) if path in names}
    if len(given) > 1:
        return Unknown("shell scripts start it with different words")
    words = given.pop() if given else ""
    if "$" in words or "`" in words:
        return Unknown("a shell script gives it what a variable or another command holds")
    return arguments(words)


@lru_cache(maxsize=1)
def _starts(submission: Submission) -> tuple[tuple[frozenset[str], str], ...]:
    """What shell scripts start: the paths that it may have, and the words that it is given."""
    found = []
    for script in submission.scripts:
        # It is started in its own folder, or in that of the submission.
        folders = {posixpath.dirname(script.path), ""}
        for action in _actions(script.text):
            if action.kind == "enter":
                folders = {posixpath.join(folder, action.name) for folder in folders}
            elif action.kind in ("start", "module"):
                found.append((_paths(action, folders), action.flags))
    return tuple(found)


def _actions(text: str) -> Iterator[Action]:
    for line in text.replace("\\\n", " ").splitlines():
        if not line.lstrip().startswith("#"):
            yield from actions(f"!{line.strip()}")


def _paths(action: Action, folders: Collection[str]) -> frozenset[str]:
    """The files in one of `folders` that an action may start."""
    names = [action.name]
    if action.kind == "module":
        name = action.name.replace(".", "/")
        names = [f"{name}.py", f"{name}/__main__.py"]
    return frozenset(
        posixpath.normpath(posixpath.join(folder, name)) for folder in folders for name in names
    )
