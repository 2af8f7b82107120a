"""How a text names one of several attempts: by its file, its class or its folder, or by a number that is only its own."""

import posixpath
import re
from collections.abc import Iterator, Sequence

from utils.grading.program.attempts import Attempt

# "attempt 3", "attempt_3", "Model3", "session no. 9"
_NUMBERED = re.compile(
    r"(?<![^\W\d_])([^\W\d_]+)[\s_.-]{0,2}(?:no\.?\s?|#\s?)?0*(\d{1,3})(?![\d.]*\d)", re.I
)
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh")
_COUNTED = re.compile(
    rf"(?<!\w)(?:(\d{{1,2}})(?:st|nd|rd|th)|({'|'.join(_ORDINALS)}))\s([^\W\d_]+)", re.I
)


def is_named(one: Attempt, attempts: Sequence[Attempt], line: str) -> bool:
    """Whether a line has the file name of the program, or a class name that no other attempt has."""
    names = {posixpath.basename(one.program)} if _has_own_program(one, attempts) else set()
    classes = [other.model.class_name for other in attempts if other.model]
    if one.model and classes.count(one.model.class_name) == 1:
        names.add(one.model.class_name)
    return any(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", line) for name in names)


def mentions(one: Attempt, attempts: Sequence[Attempt], line: str) -> Iterator[tuple[int, int]]:
    """From where to where a line names the folder of an attempt, or a number of its path or its class, that no other has."""
    others = [other for other in attempts if other is not one]
    for folder in _folders(one, attempts) - {
        name for other in others for name in _folders(other, attempts)
    }:
        for match in re.finditer(rf"(?<![\w/.-]){re.escape(folder)}/", line):
            yield match.span()
    own = _numbers_of(one, attempts) - {
        number for other in others for number in _numbers_of(other, attempts)
    }
    for number, span in _numbers_in(line):
        if number in own:
            yield span


def _has_own_program(one: Attempt, attempts: Sequence[Attempt]) -> bool:
    return bool(one.program) and sum(other.program == one.program for other in attempts) == 1


def _folders(one: Attempt, attempts: Sequence[Attempt]) -> set[str]:
    parts = posixpath.dirname(one.program).split("/") if _has_own_program(one, attempts) else []
    return {*parts} - {""}


def _numbers_of(one: Attempt, attempts: Sequence[Attempt]) -> set[tuple[str, int]]:
    texts = one.program.split("/") if _has_own_program(one, attempts) else []
    texts += [one.model.class_name] if one.model else []
    return {number for text in texts for number, _ in _numbers_in(posixpath.splitext(text)[0])}


def _numbers_in(text: str) -> Iterator[tuple[tuple[str, int], tuple[int, int]]]:
    """Words with the number that is theirs, and where they stand."""
    for match in _NUMBERED.finditer(text):
        yield (match[1].lower(), int(match[2])), match.span()
    for match in _COUNTED.finditer(text):
        number = int(match[1] or _ORDINALS.index(match[2].lower()) + 1)
        yield (match[3].lower(), number), match.span()
