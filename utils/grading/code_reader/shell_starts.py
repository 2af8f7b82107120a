"""Which programs the commands of a shell start, and with which words.

What is not understood counts as words that are not known: no value may be taken for the program's where another one was
given.
"""

import contextlib
import json
import posixpath
import re
import shlex
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from utils.grading.submission.contents import TextFile

PYTHON = re.compile(r"(?:[^\s$]*[/\\])?(?:python|pypy)[\d.]*(?:\.exe)?|\$[({]?PY\w*[)}]?", re.I)
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
    r"\|\s*(?:\w*sh|xargs|parallel|python\S*)\b|>|\bxargs\b|\bparallel\b|-exec\b|<"
)
_DEFINES = re.compile(r"(?:alias\s+)?[\w-]+\s*[:?+]?=\s")
_RUNS_CODE = re.compile(r"runpy|exec\s*\(|argv|import\s+(?:train|main)\b|os\.system|subprocess")
FILE = re.compile(r"[\w./\\-]+\.py\b", re.I)
_PROMPT = re.compile(r"^\s*(?:[@>%!-]\s?|\$\s|RUN\s|CMD\s|ENTRYPOINT\s)+")
_COMMENT = re.compile(r"\s*(?:#|::|@?rem\b)", re.I)
_WINDOWS = (".bat", ".cmd", ".ps1")
UNKNOWN = ["$"]  # words that are not known
_LONGEST = 5_000  # characters of a line


@dataclass(frozen=True)
class Start:
    """The path of a program as a command gives it, "" where that is not known; the folders in which it may be started,
    None for any; the words that follow."""

    path: str
    folders: frozenset[str] | None
    words: str

    def programs(self, paths: Collection[str]) -> set[str]:
        """Which of the programs at `paths` it may start: the one that is there, else all of that name."""
        if not self.path:
            return set(paths)
        joined = {posixpath.normpath(posixpath.join(one, self.path)) for one in self.folders or ()}
        name = posixpath.basename(self.path)
        return joined & set(paths) or {one for one in paths if posixpath.basename(one) == name}


def starts(script: TextFile) -> Iterator[Start]:
    """What a text of commands starts, in order."""
    # It is started in its own folder, or in that of the submission.
    folders: frozenset[str] | None = frozenset({posixpath.dirname(script.path), ""})
    windows = script.path.lower().endswith(_WINDOWS)
    lines = [line for line in script.text.splitlines() if not _COMMENT.match(line)]
    text = re.sub(r"[\^`\\]\n" if windows else r"\\\n", " ", "\n".join(lines))
    for line in (text.replace("\\", "/") if windows else text).splitlines():
        if (
            ".py" not in line
            and "python" not in line.lower()
            and "cd" not in line
            and "$" not in line
        ):
            continue
        bare = _PROMPT.sub("", line[:_LONGEST])
        open_ended = (
            len(line) > _LONGEST or "ENTRYPOINT" in line or bool(_DEFINES.match(line.strip()))
        )
        for words in _commands(bare):
            if words[0] in ("cd", "pushd"):
                folders = _entered(folders, words[1] if words[1:] else "~")
                continue
            kept = [FILE.findall(word) for word in words if "=" in word and " " in word]
            held = [(name, UNKNOWN) for names in kept for name in names]  # a command in a variable
            for name, rest in (*held, *_started(words, bare)):
                far = any(mark in name for mark in "$`~%:") or name.startswith("/")
                rest = [*rest, *UNKNOWN] if open_ended else rest
                yield Start(name, None if far else folders, shlex.join(rest))


def _commands(line: str) -> Iterator[list[str]]:
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


def _entered(folders: frozenset[str] | None, name: str) -> frozenset[str] | None:
    if folders is None or any(mark in name for mark in "$`~%-") or name.startswith("/"):
        return None
    joined = {posixpath.normpath(posixpath.join(one, name)) for one in folders}
    inside = {one for one in joined if not one.startswith("..")}
    return frozenset(inside) or None


def _started(words: list[str], line: str) -> Iterator[tuple[str, list[str]]]:
    """What a command of this line starts, by whatever launcher: paths that the program may have ("" for one that is not
    known), each with the words behind it."""
    handed_on = bool(_HANDED_ON.search(line.replace("2>&1", "")))
    if posixpath.basename(words[0]) in _HANDLERS:
        if handed_on and words[0] in ("echo", "printf", "cat", "find"):
            yield from ((name, UNKNOWN) for name in FILE.findall(" ".join(words)))
        return
    fed = bool(re.search(r"\bxargs\b|\bparallel\b|(?<![<\d])<", line))
    found = list(_program(words))
    if not found:  # named in a way that is not understood
        found = [(name, UNKNOWN) for name in FILE.findall(" ".join(words))]
    yield from ((name, [*rest, *UNKNOWN] if fed else rest) for name, rest in found)


def _program(words: list[str]) -> Iterator[tuple[str, list[str]]]:
    python = False
    for place, word in enumerate(words):
        rest, module = words[place + 1 :], _MODULE.fullmatch(word) if python else None
        inner = word.split()
        if len(inner) > 1 and ".py" in word and any(map(PYTHON.fullmatch, inner)):
            for command in _commands(word):  # that a shell is given
                yield from _program(command)
            return
        if word.lower().endswith(".py"):
            yield word, rest
            return
        if module and (module[1] or rest):
            name, rest = (module[1], rest) if module[1] else (rest[0], rest[1:])
            if _STARTERS.fullmatch(name):
                continue
            yield f"{name.replace('.', '/')}.py", rest
            yield f"{name.replace('.', '/')}/__main__.py", rest
            return
        if python and word == "-c":
            if _RUNS_CODE.search(" ".join(rest)):
                yield "", UNKNOWN
            return
        if python and (word == "-" or "$" in word and not word.startswith("-")):
            yield "", UNKNOWN
            return
        python = python or bool(PYTHON.fullmatch(word))
