"""What the commands of a notebook do that matters here: they clone a repository, enter a folder, start a program."""

import posixpath
import re
import shlex
from dataclasses import dataclass

from utils.grading.submission.file_writes import written_by

_BEFORE = {
    "time",
    "nohup",
    "sudo",
    "exec",
    "env",
    "nice",
    "do",
    "then",
    "else",
}  # words that may stand before the program's name
_PYTHON = re.compile(r"(?:.*/)?python[\d.]*(?:\.exe)?$|\{?\$?sys\.executable\}?$")
_LAUNCHERS = {"torchrun", "accelerate"}
_WITH_VALUE = {
    "-W",
    "-X",
    "-b",
    "--branch",
    "--depth",
    "-o",
    "--origin",
}  # options that take the next word
_BETWEEN = re.compile(r"[;&|]+$")


@dataclass(frozen=True)
class Action:
    """`kind` is "clone" (into the folder `name`), "enter" (the folder), "start" or "run" (the file; `run` shares its names
    with the notebook), "module" (started by its dotted name), "write" (the file; `flags` is what it is a copy of) or
    "install" (the package); `flags` is the rest of the line."""

    kind: str
    name: str
    flags: str = ""


def actions(text: str) -> list[Action]:
    """What one line does that begins with ! or %, in order."""
    shell, words = text.startswith("!"), _words(text.lstrip("!%").strip())
    if not shell and words[:1] == ["cd"]:
        where = " ".join(
            word for word in words[1:] if not word.startswith("-")
        )  # IPython takes blanks as they are
        return [Action("enter", where)] if where else []
    if not shell and words[:1] == ["run"]:
        return _started(words[1:], "run")
    found, part = [], []
    for word in [*words, ";"]:
        if _BETWEEN.match(word):
            found += _action(part)
            part = []
        else:
            part.append(word)
    return found


def magic(text: str) -> tuple[str, str]:
    """The name of one of IPython's own commands and the rest of its line; two empty texts for any other line."""
    match = re.match(r"%%?(\w+)\s*(.*)", text, re.DOTALL)
    return (match[1], match[2]) if match else ("", "")


def _words(text: str) -> list[str]:
    try:
        lexer = shlex.shlex(text, posix=True, punctuation_chars=";&|")
        lexer.whitespace_split, lexer.commenters = True, ""
        return list(lexer)
    except ValueError:  # a quotation mark that stands alone
        return text.split()


def _action(words: list[str]) -> list[Action]:
    while words and (words[0] in _BEFORE or re.match(r"\w+=", words[0])):
        words = words[1:]
    written = [Action("write", one.name, one.source) for one in written_by(words)]
    return written + _program(words)


def _program(words: list[str]) -> list[Action]:
    if words[:2] in (["pip", "install"], ["pip3", "install"]):
        return [Action("install", name) for word in words[2:] if (name := _repository(word))]
    if len(words) < 2:
        return _started(words, "start") if words and words[0].endswith(".py") else []
    if words[0] == "cd":
        return [Action("enter", words[1])]
    if words[:2] == ["git", "clone"]:
        url, *folder = _without_options(words[2:])[:2] or [""]
        name = folder[0] if folder else posixpath.basename(url.rstrip("/")).removesuffix(".git")
        return [Action("clone", name)] if name else []
    if _PYTHON.match(words[0]):
        return _started(words[1:], "start")
    if words[0] in _LAUNCHERS or words[0].endswith(".py"):
        script = next(
            (place for place, word in enumerate(words) if word.endswith(".py")), len(words)
        )
        return _started(words[script:], "start")
    return []


def _started(words: list[str], kind: str) -> list[Action]:
    """The program behind Python's own options."""
    while words and words[0].startswith("-"):
        if words[0] == "-m":
            return [Action("module", words[1], shlex.join(words[2:]))] if words[1:] else []
        if words[0] == "-c":
            return []
        words = words[2:] if words[0] in _WITH_VALUE else words[1:]
    return [Action(kind, words[0], shlex.join(words[1:]))] if words else []


def _repository(word: str) -> str:
    """The name of the repository that pip installs from an address; empty for a package that has a name."""
    address = word.partition("#")[0].partition("@")[0] if word.startswith("git+http") else ""
    return posixpath.basename(address.rstrip("/")).removesuffix(".git")


def _without_options(words: list[str]) -> list[str]:
    kept = []
    while words:
        skipped = 2 if words[0] in _WITH_VALUE else 1
        kept += [] if words[0].startswith("-") else words[:1]
        words = words[skipped:]
    return kept
