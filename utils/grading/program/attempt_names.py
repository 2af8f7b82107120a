"""How a text names one of several attempts: by its file, its class or its folder, or by a number that is only its own."""

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from utils.grading.program.attempts import Attempt

# "attempt 3", "attempt_3", "Model3", "session no. 9"
_NUMBERED = re.compile(
    r"(?<![^\W\d_])([^\W\d_]+)[\s_.-]{0,2}(?:no\.?\s?|#\s?)?0*(\d{1,3})(?![\d.]*\d)", re.I
)
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh")
_COUNTED = re.compile(
    rf"(?<!\w)(?:(\d{{1,2}})(?:st|nd|rd|th)|({'|'.join(_ORDINALS)}))\s([^\W\d_]+)", re.I
)
Span = tuple[int, int]


@dataclass(frozen=True)
class Names:
    """What only one attempt is called: the name of its file or its class, folders of its path, words with a number."""

    attempt: Attempt
    words: frozenset[str]
    folders: frozenset[str]
    numbers: frozenset[tuple[str, int]]

    def are_in(self, line: str) -> bool:
        """Whether a line has the name of the file or the class."""
        return any(self._words_in(line))

    def _words_in(self, line: str) -> Iterator[Span]:
        for name in self.words:
            for match in re.finditer(rf"(?<![\w-])(?:[\w.-]+/)*{re.escape(name)}(?![\w-])", line):
                yield match.span()

    def mentions(self, line: str) -> Iterator[Span]:
        """From where to where a line names the file, the class, the folder, or a word with the number."""
        yield from self._words_in(line)
        for folder in self.folders:
            for match in re.finditer(rf"(?<![\w/.-]){re.escape(folder)}/", line):
                yield match.span()
        yield from (span for number, span in _numbers_in(line) if number in self.numbers)


def names_of(attempts: Sequence[Attempt]) -> list[Names]:
    """What each of the attempts alone is called."""
    programs = [one.program for one in attempts]
    paths = [path if programs.count(path) == 1 else "" for path in programs]
    classes = [one.model.class_name if one.model else "" for one in attempts]
    files = _own([{posixpath.basename(path), cls} for path, cls in zip(paths, classes)])
    folders = _own([{*posixpath.dirname(path).split("/")} for path in paths])
    numbers = _own(
        [
            {number for text in (*path.split("/"), cls) for number in _numbers_of(text)}
            for path, cls in zip(paths, classes)
        ]
    )
    return [Names(*held) for held in zip(attempts, files, folders, numbers)]


def _own(names: list[set]) -> list[frozenset]:
    """Of each set what is in no other."""
    return [
        frozenset(held).difference([""], *(other for other in names if other is not held))
        for held in names
    ]


def _numbers_of(text: str) -> set[tuple[str, int]]:
    return {number for number, _ in _numbers_in(posixpath.splitext(text)[0])}


def _numbers_in(text: str) -> Iterator[tuple[tuple[str, int], Span]]:
    """Words with the number that is theirs, and where they stand."""
    for match in _NUMBERED.finditer(text):
        yield (match[1].lower(), int(match[2])), match.span()
    for match in _COUNTED.finditer(text):
        number = int(match[1] or _ORDINALS.index(match[2].lower()) + 1)
        yield (match[3].lower(), number), match.span()
