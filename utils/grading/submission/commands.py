"""What the commands of a notebook do that matters here: they clone a repository, enter a folder, start a program."""

import posixpath
import re
import shlex
from dataclasses import dataclass

from utils.grading.submission.file_writes import written_by
from utils.grading.submission.shell_words import UNKNOWN, commands, started

# Options that take the next word: git's, and those of %run.
_CLONE_OPTIONS = {"-b", "--branch", "--depth", "-o", "--origin"}
_RUN_OPTIONS = {"-N", "-b", "-D", "-l", "-s", "-T"}
_SCRIPT = re.compile(r"(?:.*/)?(?:[\w.-]+\.(?:sh|bash|bat|cmd|ps1)|make)$")
_OF_SCRIPTS = {"sh", "bash", "zsh", "source", "."}
_TIMERS = re.compile(r"%%?(?:time|timeit|prun|memit)\b\s*(?:-\S+\s+)*(?=[%!])")
_LONGEST = 5_000  # characters of a line
_SHELLS = re.compile(r"!+|%%?(?:sx|system|sh|bash)\b")


@dataclass(frozen=True)
class Action:
    """`kind` is "clone" (into the folder `name`), "enter" (the folder), "start" or "run" (the file; `run` shares its names
    with the notebook), "module" (started by its dotted name), "script" (of a shell, or "make"), "write" (the file; `flags`
    is what it is a copy of) or "install" (the package); `flags` is the rest of the line."""

    kind: str
    name: str
    flags: str = ""


def actions(text: str) -> list[Action]:
    """What one line does that begins with ! or %, in order."""
    text = _TIMERS.sub("", text if len(text) <= _LONGEST else f"{text[:_LONGEST]} {UNKNOWN[0]}")
    shell = _SHELLS.match(text)
    line = text[shell.end() if shell else 1 :].strip()
    word, _, rest = line.partition(" ")
    if not shell and word == "cd":  # IPython takes blanks as they are
        where = " ".join(one for one in rest.split() if not one.startswith("-")).strip("\"'")
        return [Action("enter", where)] if where else []
    if not shell and word == "run":
        return _run(next(commands(rest), []))
    return [action for words in commands(line) for action in _actions(words, line if shell else "")]


def magic(text: str) -> tuple[str, str]:
    """The name of one of IPython's own commands and the rest of its line; two empty texts for any other line."""
    match = re.match(r"%%?(\w+)\s*(.*)", text, re.DOTALL)
    return (match[1], match[2]) if match else ("", "")


def _actions(words: list[str], line: str) -> list[Action]:
    """What a command does; only one of a shell, `line`, starts programs."""
    written = [Action("write", one.name, one.source) for one in written_by(words)]
    if words[:2] in (["pip", "install"], ["pip3", "install"]):
        names = map(_repository, words[2:])
        return written + [Action("install", name) for name in names if name]
    if words[0] == "cd":
        return written + [Action("enter", name) for name in words[1:2]]
    if words[:2] == ["git", "clone"]:
        url, *folder = _without_options(words[2:], _CLONE_OPTIONS)[:2] or [""]
        name = folder[0] if folder else posixpath.basename(url.rstrip("/")).removesuffix(".git")
        return written + [Action("clone", name)] * bool(name)
    return written + (_started(words, line) if line else [])


def _started(words: list[str], line: str) -> list[Action]:
    programs = [one for one in started(words, line) if one.name]
    behind = words[1:] if words[0] in _OF_SCRIPTS else words
    if not programs and behind and _SCRIPT.match(behind[0]):
        return [Action("script", behind[0], shlex.join(behind[1:]))]
    return [
        Action("module" if one.is_module else "start", one.name, shlex.join(one.words))
        for one in programs
    ]


def _run(words: list[str]) -> list[Action]:
    """The file or the module behind the options of %run."""
    while words and words[0].startswith("-"):
        if words[0] == "-m":
            return [Action("module", words[1], shlex.join(words[2:]))] if words[1:] else []
        words = words[2:] if words[0] in _RUN_OPTIONS else words[1:]
    return [Action("run", words[0], shlex.join(words[1:]))] if words else []


def _repository(word: str) -> str:
    """The name of the repository that pip installs from an address; empty for a package that has a name."""
    address = word.partition("#")[0].partition("@")[0] if word.startswith("git+http") else ""
    return posixpath.basename(address.rstrip("/")).removesuffix(".git")


def _without_options(words: list[str], with_value: set[str]) -> list[str]:
    kept = []
    while words:
        skipped = 2 if words[0] in with_value else 1
        kept += [] if words[0].startswith("-") else words[:1]
        words = words[skipped:]
    return kept
