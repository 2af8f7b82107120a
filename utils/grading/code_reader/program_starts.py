"""With which words a submission starts its programs: in scripts, in settings of tools, and on its pages.

What a command says that is not understood counts as words that are not known: no value may be taken for the program's
where another one was given.
"""

import contextlib
import json
import posixpath
import re
import shlex
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from utils.grading.code_reader.command_line import Commands, arguments
from utils.grading.code_reader.values import Unknown
from utils.grading.submission.contents import Submission, TextFile

_PYTHON = re.compile(r"(?:[^\s$]*[/\\])?(?:python|pypy)[\d.]*(?:\.exe)?|\$[({]?PY\w*[)}]?", re.I)
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
_FILE = re.compile(r"[\w./\\-]+\.py\b", re.I)
_PROMPT = re.compile(r"^\s*(?:[@>%!-]\s?|\$\s|RUN\s|CMD\s|ENTRYPOINT\s)+")
_COMMENT = re.compile(r"\s*(?:#|::|@?rem\b)", re.I)
_FENCE = re.compile(r"\s*(`{3,}|~{3,})")
_SPAN = re.compile(r"(?<!`)`([^`\n]{1,500})`(?!`)")
_NAMED = re.compile(r"\S+\.py(?:\s+-|\s*$)")
_INLINE = re.compile(r"\bpython[\d.]*\s{1,9}\S{1,200}\.py\s{1,9}--?\w[^`|]{0,500}")
_LAUNCHERS = set("uv poetry pdm pixi rye conda srun torchrun accelerate nohup deepspeed".split())
_SETTING = re.compile(
    r"(?:^|[\s\"':\[=])(python[\d.]*\s[^\"'\n]{0,500}\.py\b[^\"'\n]{0,500})", re.I
)
_STARTING_KEYS = re.compile(r"[\"']?\b(?:program|args|command|cmd)\b[\"']?\s*:")
_CALLS_PROGRAMS = re.compile(
    r"subprocess|os\.system|os\.exec|runpy|[pP]open|get_ipython|%%?(?:sx|system|cmd|!)|exec\s*\(\s*open"
)
# What is no command but says how one is written.
_USAGE = re.compile(r"\[-|\[\w+\]|…|\s-h\b|--help\b")
_LAUNCHED = 8  # words among which Python is named
_WINDOWS = (".bat", ".cmd", ".ps1")
_UNKNOWN = ["$"]  # words that are not known
_LONGEST, _MOST_COMMANDS = 5_000, 1_000  # characters of a line, commands of a page


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
    """sys.argv of the program at `path`: the words that the submission's scripts, settings, code and pages give it, none
    where nothing starts it. A page that starts it without words counts only where nothing else does."""
    paths = {one.path for one in submission.sources} | {path}

    def meant(starts: Iterable[Start]) -> dict[str, set[str]]:
        reached = ((one.words, one.programs(paths)) for one in starts)
        return {words: those for words, those in reached if path in those}

    told = meant(_on_pages(submission))
    found = meant(_in_scripts(submission)) | meant(_in_code(submission, path))
    found |= {words: those for words, those in told.items() if words}
    found = found or told
    if any(len(those) > 1 for those in found.values()):
        return Unknown("it is not known which program a command starts")
    lines = [arguments(words) for words in found]
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
    """What the scripts of a shell and their like start, and the settings of tools that start programs."""
    found = [start for script in submission.scripts for start in _starts(script)]
    for file in submission.configs:
        text = file.text[:100_000]
        commands = _SETTING.findall(text)
        found += _starts(TextFile(file.path, "\n".join(commands)))
        if not commands and _STARTING_KEYS.search(text):
            found += [Start(name, None, "$") for name in {*_FILE.findall(text)}]
    return tuple(found)


def _in_code(submission: Submission, path: str) -> Iterator[Start]:
    """That other code starts the program by a function, with words that are not followed."""
    name = posixpath.basename(path)
    for text, place in submission.code():
        if place.file != path and name in text and _CALLS_PROGRAMS.search(text):
            yield Start(path, frozenset({""}), "$")


@lru_cache(maxsize=1)
def _on_pages(submission: Submission) -> tuple[Start, ...]:
    """What the commands start that stand on the submission's pages and in the texts of its notebooks."""
    pages = [(one.path, one.text) for one in submission.texts]
    pages += [
        (one.path, cell.source)
        for one in submission.notebooks
        for cell in one.cells
        if cell.kind == "markdown"
    ]
    return tuple(
        start
        for path, text in pages
        for start in _starts(TextFile(path, "\n".join(islice(_commands_of(text), _MOST_COMMANDS))))
    )


def _commands_of(page: str) -> Iterator[str]:
    """The lines of blocks of code, other lines that are a command, and the code within sentences; not what only says how a
    command is written."""
    fence = ""
    lines = re.sub(r"[\\^`]\r?\n(?=\s*-)", " ", page).splitlines()
    for line in lines:
        line = line[:_LONGEST]
        mark = _FENCE.match(line)
        if mark and (not fence or mark[1][0] == fence):
            fence = "" if fence else mark[1][0]
            continue
        if not any(word in line for word in (".py", "python", "cd ")):
            continue
        bare = line.lstrip(" \t>*+-$%")
        entered = bool(fence) and bare.startswith("cd ")
        if entered or _is_command(bare, _LAUNCHED if fence else 1):
            found = [bare]
        elif fence:
            continue
        else:
            spans = _SPAN.findall(line)
            found = [one for one in spans if _is_command(one, _LAUNCHED) or _NAMED.match(one)]
            found = found or _INLINE.findall(line)
        for one in found:
            one = re.sub(r"\s#\s.*", "", one)
            if not _USAGE.search(one):
                yield re.sub(r"\\(?=\w)", "/", one)


def _is_command(line: str, most: int) -> bool:
    """Whether a line begins with a program that may start Python, or has Python before the program it starts among its
    first words, `most` of them: a list of files is no command."""
    words = line.split(maxsplit=_LAUNCHED + 1)
    if not words:
        return False
    if words[0] in _LAUNCHERS or "=" in words[0] and words[0].partition("=")[0].isupper():
        return True
    for word in words[:most]:
        if word.endswith(".py"):
            return word.startswith("./")
        if _PYTHON.fullmatch(word):
            return True
    return False


def _starts(script: TextFile) -> Iterator[Start]:
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
            kept = [_FILE.findall(word) for word in words if "=" in word and " " in word]
            held = [(name, _UNKNOWN) for names in kept for name in names]  # a command in a variable
            for name, rest in (*held, *_started(words, bare)):
                far = any(mark in name for mark in "$`~%:") or name.startswith("/")
                rest = [*rest, *_UNKNOWN] if open_ended else rest
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
        words = [*line.split(), *_UNKNOWN]
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
            yield from ((name, _UNKNOWN) for name in _FILE.findall(" ".join(words)))
        return
    fed = bool(re.search(r"\bxargs\b|\bparallel\b|(?<![<\d])<", line))
    found = list(_program(words))
    if not found:  # named in a way that is not understood
        found = [(name, _UNKNOWN) for name in _FILE.findall(" ".join(words))]
    yield from ((name, [*rest, *_UNKNOWN] if fed else rest) for name, rest in found)


def _program(words: list[str]) -> Iterator[tuple[str, list[str]]]:
    python = False
    for place, word in enumerate(words):
        rest, module = words[place + 1 :], _MODULE.fullmatch(word) if python else None
        inner = word.split()
        if len(inner) > 1 and ".py" in word and any(map(_PYTHON.fullmatch, inner)):
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
                yield "", _UNKNOWN
            return
        if python and (word == "-" or "$" in word and not word.startswith("-")):
            yield "", _UNKNOWN
            return
        python = python or bool(_PYTHON.fullmatch(word))
