"""With which words a submission starts its programs: in scripts of a shell, in a Makefile, else in the README's code."""

import contextlib
import json
import posixpath
import re
import shlex
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache

from utils.grading.code_reader.command_line import Commands, arguments
from utils.grading.code_reader.values import Unknown
from utils.grading.submission.contents import Submission, TextFile

_PYTHON = re.compile(
    r"(?:.*[/\\])?(?:python|pypy)[\d.]*(?:\.exe)?$|\W*\$\W*PYTHON\W*$|\$\(?\{?PY\w*", re.I
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
_ASSIGNED = re.compile(
    r"(?:export\s+|set\s+|local\s+|readonly\s+)?(\w+)\s*[:?]?=\s*(\"[^\"$`]*\"|'[^']*'|[^\s\"'$`;&|()]+)$"
)
_CHANGED = re.compile(r"\b(?:for|read|select)\s+(?:-\w+\s+)*(\w+)")
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|\((\w+)\)|(\w+))|%(\w+)%")
_PROMPT = re.compile(r"^\s*(?:[@>%!-]\s?|\$\s|RUN\s|CMD\s|ENTRYPOINT\s)+")
_COMMENT = re.compile(r"\s*(?:#|::|rem\b)", re.I)
_FENCED = re.compile(r"^[ \t]*(`{3,}|~{3,})[^\n]*\n(.*?)^[ \t]*\1", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"(?<!`)`([^`\n]{1,500})`(?!`)")
# What is no command but says how one is written.
_USAGE = re.compile(r"<\w|\[-|\[\w+\]|\.\.\.|…|\s-h\b|--help\b")
_WINDOWS = (".bat", ".cmd", ".ps1")


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


def given_arguments(submission: Submission, path: str) -> list | Unknown:
    """sys.argv of the program at `path`: the words that scripts give it, else the blocks of code of a README, else its
    sentences; none where nothing starts it."""
    paths = {one.path for one in submission.sources} | {path}
    starts = (_in_scripts(submission), _in_blocks(submission), _in_sentences(submission))
    reached = ([(one, one.programs(paths)) for one in held] for held in starts)
    tiers = ([(one, those) for one, those in held if path in those] for held in reached)
    found = next(filter(None, tiers), [])
    if any(len(those) > 1 for _, those in found):
        return Unknown("it is not known which program a command starts")
    lines = [arguments(words) for words in dict.fromkeys(one.words for one, _ in found)]
    unknown = next((one for one in lines if isinstance(one, Unknown)), None)
    if unknown is not None or not lines:
        return unknown or arguments("")
    return lines[0] if len(lines) == 1 else Commands(lines=tuple(lines))


def sets_variable(submission: Submission, name: str) -> bool:
    """Whether a script, a README or the code gives the environment a variable of this name."""
    word = re.escape(name)
    in_a_shell = re.compile(
        rf"(?:^|[\s;&|(`$])(?:env:)?{word}\s?=(?!=)|\bENV\s+{word}\b", re.MULTILINE
    )
    in_code = re.compile(
        rf"^\s*!.*\b{word}=|%(?:set_)?env\s+{word}\b|putenv\(\s*['\"]{word}['\"]|"
        rf"environ\s*(?:\[|\.setdefault\()\s*['\"]{word}['\"]\s*(?:\]\s*=(?!=)|,)|environ\.update",
        re.MULTILINE,
    )
    pages = (*submission.scripts, *filter(_is_readme, submission.texts))
    return any(in_a_shell.search(one.text) for one in pages) or any(
        in_code.search(text) for text, _ in submission.code()
    )


def _is_readme(page: TextFile) -> bool:
    return posixpath.basename(page.path).lower().startswith("readme")


@lru_cache(maxsize=1)
def _in_scripts(submission: Submission) -> tuple[Start, ...]:
    """What the scripts of a shell and their like start."""
    return tuple(start for script in submission.scripts for start in _starts(script))


@lru_cache(maxsize=1)
def _in_blocks(submission: Submission) -> tuple[Start, ...]:
    """What the blocks of code of READMEs start."""
    return tuple(
        start
        for page in filter(_is_readme, submission.texts)
        for block in _FENCED.findall(page.text)
        for start in _starts(TextFile(page.path, _commands_of(block[1])))
    )


@lru_cache(maxsize=1)
def _in_sentences(submission: Submission) -> tuple[Start, ...]:
    """What the code within sentences of READMEs starts."""
    return tuple(
        start
        for page in filter(_is_readme, submission.texts)
        for span in _SPAN.findall(_FENCED.sub("", page.text))
        for start in _starts(TextFile(page.path, _commands_of(span)))
    )


def _commands_of(block: str) -> str:
    """The lines of a block of code that start a program, without those that only say how it is started."""
    lines = block.replace("\\\n", " ").splitlines()
    return "\n".join(line for line in lines if not _USAGE.search(line))


def _starts(script: TextFile) -> Iterator[Start]:
    # It is started in its own folder, or in that of the submission.
    folders: frozenset[str] | None = frozenset({posixpath.dirname(script.path), ""})
    text = re.sub(r"\\\r?\n", " ", script.text)
    if script.path.lower().endswith(_WINDOWS):
        text = re.sub(r"[\^`]\r?\n", " ", script.text).replace("\\", "/")
    lines = [line for line in text.splitlines() if not _COMMENT.match(line)]
    known = _variables(lines)
    for line in lines:
        line = _VARIABLE.sub(lambda one: known.get(one[one.lastindex], one[0]), line)
        for words in _commands(_PROMPT.sub("", line)):
            if words[0] in ("cd", "pushd"):
                folders = _entered(folders, words[1] if words[1:] else "~")
                continue
            for name, rest in _started(words):
                far = any(mark in name for mark in "$`~%:") or name.startswith("/")
                yield Start(name, None if far else folders, shlex.join(rest))


def _variables(lines: list[str]) -> dict[str, str]:
    """The variables that are set once, to a text, and nowhere else."""
    found: dict[str, list[str]] = {}
    for line in lines:
        if match := _ASSIGNED.match(line.strip()):
            found.setdefault(match[1], []).append(match[2].strip("\"'"))
        for name in _CHANGED.findall(line):
            found.setdefault(name, []).extend(("", ""))
        for name in re.findall(r"\b(\w+)\+?=", line):
            found.setdefault(name, [])
            if not match or match[1] != name:
                found[name].append("")
    return {name: values[0] for name, values in found.items() if len(values) == 1 and values[0]}


def _commands(line: str) -> Iterator[list[str]]:
    """The commands of a line, each as its words, without what may stand before a program."""
    if line.startswith("["):  # as a Dockerfile may have it
        with contextlib.suppress(ValueError, TypeError):
            line = shlex.join(json.loads(line))
    try:
        lexer = shlex.shlex(line, posix=True, punctuation_chars=";&|")
        lexer.whitespace_split, lexer.commenters = True, "#"
        words = list(lexer)
    except ValueError:
        words = line.split()
    part: list[str] = []
    for word in [*words, ";"]:
        if not re.fullmatch(r"[;&|]+", word):
            part.append(word)
            continue
        while part and (part[0] in _BEFORE or re.match(r"\w+=", part[0])):
            part = part[1:]
        if part:
            yield part
        part = []


def _entered(folders: frozenset[str] | None, name: str) -> frozenset[str] | None:
    if folders is None or any(mark in name for mark in "$`~%-") or name.startswith("/"):
        return None
    joined = {posixpath.normpath(posixpath.join(one, name)) for one in folders}
    inside = {one for one in joined if not one.startswith("..")}
    return frozenset(inside) or None


def _started(words: list[str]) -> Iterator[tuple[str, list[str]]]:
    """What a command starts, by whatever launcher: paths that the program may have ("" for one that is not known), each
    with the words behind it."""
    if posixpath.basename(words[0]) in _HANDLERS:
        return
    python = False
    for place, word in enumerate(words):
        rest = words[place + 1 :]
        if " " in word and ".py" in word:  # a command that a shell is given
            for inner in _commands(word):
                yield from _started(inner)
            return
        if word.endswith(".py"):
            yield word, rest
            return
        if python and word == "-m" and rest and not any(one.endswith(".py") for one in rest[1:]):
            module = rest[0].replace(".", "/")
            yield f"{module}.py", rest[1:]
            yield f"{module}/__main__.py", rest[1:]
            return
        if python and word == "-c":
            return
        if python and "$" in word and not word.startswith("-"):
            yield "", rest
            return
        python = python or bool(_PYTHON.match(word))
