"""The commands of a line of a shell, and which programs of Python they start, with which words.

What is not understood counts as words that are not known: no value may be taken for the program's where another one was
given.
"""

import contextlib
import json
import posixpath
import re
import shlex
from collections.abc import Iterator
from typing import NamedTuple

PYTHON = re.compile(
    r"(?:[^\s$]*[/\\])?(?:python|pypy)[\d.]*(?:\.exe)?|\$[({]?PY\w*[)}]?|\{?\$?sys\.executable\}?",
    re.I,
)
FILE = re.compile(r"(?<![\w./\\-])[\w./\\-]{1,200}\.py\b", re.I)
UNKNOWN = ["$"]  # words that are not known
_MODULE = re.compile(r"-[A-Za-z]*m(.*)")
# Modules of Python and of libraries that start another program.
_STARTERS = re.compile(
    r"torch\.distributed\S*|accelerate\S*|[cl]?[Pp]rofile\w*|pdb|trace|coverage|kernprof|line_profiler|scalene|debugpy"
)
# What stands before a program without being one.
_BEFORE = set(
    "! ( { do elif else exec if then time until while nohup sudo env nice start call".split()
)
# Programs that are given a file of Python and do not start it.
_HANDLERS = set(
    """awk bat black cat chmod code cp curl del diff dos2unix echo export file find flake8 git grep gzip head isort less
    ln ls md5sum mkdir more move mv mypy nano nbqa open printf pycodestyle pylint pyflakes pytest rm rsync ruff scp sed
    sha256sum source tail tar test touch tree type unzip vim wc wget xcopy yapf zip [ [[ . copy pip pip3""".split()
)
# Where what is handed on may be a command, or the words of one.
_HANDED_ON = re.compile(
    r"\|\s*(?:\w*sh|xargs|parallel|python\S*)\b|>\s*\S+\.(?:sh|py|bat|ps1)\b|\bxargs\b|\bparallel\b|-exec\b|<"
)
_ASKS = {"-h", "--help", "--version"}  # about a program, which then ends
_RUNS_CODE = re.compile(r"runpy|exec\s*\(|argv|import\s+(?:train|main)\b|os\.system|subprocess")


class Program(NamedTuple):
    """A program that is started: its path, the variable that holds it, "" where neither is known, or the dotted name of a
    module; the words behind."""

    name: str
    words: list[str]
    is_module: bool = False

    @property
    def paths(self) -> list[str]:
        """The paths that it may have; "" where a variable holds it."""
        if not self.is_module:
            return [self.name if self.name.lower().endswith(".py") else ""]
        path = self.name.replace(".", "/")
        return [f"{path}.py", f"{path}/__main__.py"]


def commands(line: str) -> Iterator[list[str]]:
    """The commands of a line, each as its words, without what may stand before a program."""
    if line.startswith("["):  # as a Dockerfile may have it
        with contextlib.suppress(ValueError, TypeError, RecursionError):
            line = shlex.join(json.loads(line))
    try:
        lexer = shlex.shlex(line, posix=True, punctuation_chars=";&|")
        lexer.whitespace_split, lexer.commenters = True, ""
        words = list(lexer)
    except ValueError:  # a quotation that ends elsewhere
        words = [*line.split(), *UNKNOWN]
    part: list[str] = []
    for word in [*words, ";"]:
        if not re.fullmatch(r"[;&|]+", word):
            part.append(word)
            continue
        while part and (part[0] in _BEFORE or re.match(r"\w+=[^ ]*$", part[0])):
            part = part[1:]
        comment = next((place for place, one in enumerate(part) if one.startswith("#")), None)
        if part[:comment]:
            yield part[:comment]
        if comment is not None:
            return
        part = []


def started(words: list[str], line: str) -> Iterator[Program]:
    """What a command of this line starts, by whatever launcher."""
    handed_on = bool(_HANDED_ON.search(line.replace("2>&1", "")))
    if posixpath.basename(words[0]) in _HANDLERS:
        if handed_on and words[0] in ("echo", "printf", "cat", "find"):
            yield from (Program(name, UNKNOWN) for name in FILE.findall(" ".join(words)))
        return
    fed = bool(re.search(r"\bxargs\b|\bparallel\b|(?<![<\d])<", line))
    found = list(_programs(words))
    if not found:  # named in a way that is not understood
        found = [Program(name, UNKNOWN) for name in FILE.findall(" ".join(words))]
    for one in found:
        if not _ASKS.intersection(one.words):
            yield one._replace(words=[*one.words, *UNKNOWN]) if fed else one


def _programs(words: list[str]) -> Iterator[Program]:
    python = False
    for place, word in enumerate(words):
        rest, module = words[place + 1 :], _MODULE.fullmatch(word) if python else None
        inner = word.split()
        if len(inner) > 1 and ".py" in word and any(map(PYTHON.fullmatch, inner)):
            for command in commands(word):  # that a shell is given
                yield from _programs(command)
            return
        if word.lower().endswith(".py"):
            yield Program(word, rest)
            return
        if module and (module[1] or rest):
            name, rest = (module[1], rest) if module[1] else (rest[0], rest[1:])
            if _STARTERS.fullmatch(name):
                continue
            yield Program(name, rest, is_module=True)
            return
        if python and word == "-c":
            if _RUNS_CODE.search(" ".join(rest)):
                yield Program("", UNKNOWN)
            return
        if python and word == "-":
            yield Program("", UNKNOWN)
            return
        if python and re.match(r"[^-].*[${]|[${]", word):
            yield Program(word, UNKNOWN)
            return
        python = python or bool(PYTHON.fullmatch(word))
