"""Which files the words of one shell command write, and what they are copies of: sed -i, cp, >, wget -O and their like."""

import ast
import posixpath
import re
from typing import NamedTuple

from utils.grading.submission.syntax import UNPARSABLE

_COPIES = {"cp", "mv", "ln", "install", "rsync", "copy", "move"}
_EDITORS = {
    "patch",
    "ed",
    "ex",
    "vim",
    "tee",
    "truncate",
}  # they write every file that they are given
_DOWNLOADS = {"wget", "curl", "gdown", "aria2c"}
_OUTPUT = ("-O", "-o", "--output", "--output-document", "--out")
_WRITES = re.compile(r"write|open\([^)]*['\"][rbt]*[wax+]|copy|move|replace|rename|system|run\(")
_NAMES = re.compile(r"[\w./-]+\.py\b")


class Written(NamedTuple):
    """The file `name`, which may have `*` in it; `source` is the file or the address that it is a copy of, if it is one."""

    name: str
    source: str = ""

    @property
    def same_name(self) -> bool:
        """Whether a file of this very name is fetched from elsewhere, as a clone of a repository fetches it."""
        return posixpath.basename(self.source.partition("?")[0]) == posixpath.basename(self.name)


def written_by(words: list[str]) -> list[Written]:
    """The files that a command writes, as far as its words tell."""
    found = [
        Written(match[1] or (words[place + 1 : place + 2] or [""])[0])
        for place, word in enumerate(words)
        if (match := re.match(r"[12&]?>>?([^&>]*)$", word))
    ]
    rewriters = {"sed": r"-[a-zA-Z]*i|--in-place", "perl": r"-[a-z]*i"}
    for place, word in enumerate(words):
        name, rest = posixpath.basename(word), words[place + 1 :]
        if name in rewriters and any(re.match(rewriters[name], one) for one in rest):
            found += _named(words)
        elif name in _EDITORS and place == 0:
            found += _named(rest)
        elif name in _COPIES and place == 0:
            found += copied([one for one in rest if not one.startswith("-")])
        elif name in _DOWNLOADS and place == 0:
            found += _downloaded(rest)
        elif re.match(r"python[\d.]*$", name) and "-c" in rest:
            code = " ".join(rest[rest.index("-c") + 1 :])
            found += map(Written, _NAMES.findall(code) if _WRITES.search(code) else ())
    return [one for one in found if one.name]


def _named(words: list[str]) -> list[Written]:
    """The Python files among the words; what a loop of the shell puts in may be any of them."""
    files = [word for word in words if word.endswith(".py")]
    return [Written(one) for one in files or ["*.py"] * any(word[:1] in "${" for word in words)]


def copied(names: list[str]) -> list[Written]:
    """What a copy of all but the last file to the last writes; in a folder each keeps its name."""
    *sources, target = names or [""]
    return [Written(target, source) for source in sources if target.endswith(".py")]


def _downloaded(words: list[str]) -> list[Written]:
    address = next((word for word in words if "://" in word), "")
    for place, word in enumerate(words):
        for option in _OUTPUT:
            if word == option:
                return [Written(one, address) for one in words[place + 1 : place + 2]]
            if (
                word.startswith(option)
                and not word.startswith("--")
                or word.startswith(f"{option}=")
            ):
                return [Written(word[len(option) :].lstrip("="), address)]
    return []


def same_code(one: str, other: str) -> bool:
    """Whether two texts are the same Python, whatever their blanks and comments."""
    try:
        return ast.dump(ast.parse(one)) == ast.dump(ast.parse(other))
    except UNPARSABLE:
        return one.split() == other.split()
