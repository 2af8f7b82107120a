"""Which programs a script of a shell starts, in which folders and with which words."""

import posixpath
import re
import shlex
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from utils.grading.submission.contents import TextFile
from utils.grading.submission.shell_words import FILE, UNKNOWN, Program, commands, started

_DEFINES = re.compile(r"(?:alias\s+)?[\w-]+\s*[:?+]?=\s")
_PROMPT = re.compile(r"^\s*(?:[@>%!-]\s?|\$\s|RUN\s|CMD\s|ENTRYPOINT\s)+")
_COMMENT = re.compile(r"\s*(?:#|::|@?rem\b)", re.I)
_WINDOWS = (".bat", ".cmd", ".ps1")
_TARGET = re.compile(r"([\w./ -]+?)\s*::?(?!=)\s*([^#;]*)")
_HANDED_IN = re.compile(r"\b(?:final|submi\w+|hand(?:ed)?[\s-]in)\b", re.I)
_DENIED = re.compile(r"\b(?:not|no|before|old|previous)\b", re.I)
_LONGEST = 5_000  # characters of a line


@dataclass(frozen=True)
class Start:
    """The path of a program as a command gives it, "" where that is not known; the folders in which it may be started,
    None for any; the words that follow; the comment behind the command."""

    path: str
    folders: frozenset[str] | None
    words: str
    comment: str = ""

    @property
    def is_handed_in(self) -> bool:
        """Whether the comment says that this is what is handed in."""
        return bool(_HANDED_IN.search(self.comment)) and not _DENIED.search(self.comment)

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
        comment = bare.partition(" #")[2]
        open_ended = (
            len(line) > _LONGEST or "ENTRYPOINT" in line or bool(_DEFINES.match(line.strip()))
        )
        for words in commands(bare):
            if words[0] in ("cd", "pushd"):
                folders = _entered(folders, words[1] if words[1:] else "~")
                continue
            kept = [FILE.findall(word) for word in words if "=" in word and " " in word]
            held = [Program(name, UNKNOWN) for names in kept for name in names]  # in a variable
            for program in (*held, *started(words, bare)):
                rest = shlex.join([*program.words, *UNKNOWN] if open_ended else program.words)
                for path in program.paths:
                    far = any(mark in path for mark in "$`~%:") or path.startswith("/")
                    yield Start(path, None if far else folders, rest, comment)


def recipe_of(makefile: str, words: list[str]) -> str:
    """What `make` with these words does: the lines of the target that is named, else of the first, and of those that it
    needs. Empty where it does nothing, as with -n."""
    if any(re.match(r"-\w*[nqt]|--(?:dry-run|just-print)", word) for word in words):
        return ""
    needs: dict[str, list[str]] = {}
    lines: dict[str, list[str]] = {}
    targets: list[str] = []
    for line in makefile.splitlines():
        if line.startswith("\t"):
            for target in targets:
                lines[target].append(line)
        elif match := _TARGET.match(line):
            targets = match[1].split()
            for target in targets:
                needs.setdefault(target, []).extend(match[2].split())
                lines.setdefault(target, [])
    first = next((target for target in needs if not target.startswith(".")), "")
    waiting = [word for word in words if word in needs] or [first]
    done: dict[str, None] = {}
    while waiting:
        target = waiting.pop()
        if target in needs and target not in done:
            done[target] = None
            waiting += needs[target]
    return "\n".join(line for target in reversed(done) for line in lines[target])


def _entered(folders: frozenset[str] | None, name: str) -> frozenset[str] | None:
    if folders is None or any(mark in name for mark in "$`~%-") or name.startswith("/"):
        return None
    joined = {posixpath.normpath(posixpath.join(one, name)) for one in folders}
    inside = {one for one in joined if not one.startswith("..")}
    return frozenset(inside) or None
