"""Which of several attempts counts: the one that was named by hand, that the README names as the result, or the best."""

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence

from utils.errors import UserError
from utils.grading.program.attempts import Attempt
from utils.grading.submission.contents import Submission

# What a README says of the attempt that it hands in, the surer words first; and what it says of the others.
_RESULT = (
    re.compile(
        r"\b(?:final|submi(?:t|ssion)\w*|solution|hand(?:ed)?[\s-]in|to be graded|chosen)\b",
        re.I,
    ),
    re.compile(r"\b(?:best|results?|answers?)\b", re.I),
)
_NOT = re.compile(
    r"\b(?:not|old|older|earlier|previous|first (?:try|attempt)|warm-?up|abandon\w*|baseline|draft|"
    r"experiments?|instead of|replaced|deprecated|unused)\b",
    re.I,
)
_FILE = re.compile(r"[\w./-]+\.(?:py|ipynb)\b")
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+")
_LONGEST = 2_000  # characters of a line that are looked at


def named_attempt(attempts: Sequence[Attempt], wanted: str) -> Attempt:
    """The attempt of that name; its program's file name will do where it is one only. UserError where there is none."""
    for fits in (
        lambda one: one.name == wanted,
        lambda one: wanted in (one.program, posixpath.basename(one.program)),
    ):
        found = [one for one in attempts if fits(one)]
        if len(found) == 1:
            return found[0]
    raise UserError(
        f"There is no attempt '{wanted}'; give one of: {', '.join(one.name for one in attempts)}."
    )


def named_as_result(
    submission: Submission, attempts: Sequence[Attempt]
) -> tuple[Attempt, str] | None:
    """The one attempt that the README names as the result, and where; None where it names none, or several."""
    for words in _RESULT:
        found: dict[Attempt, str] = {}
        for place, heading, sentence in _sentences(submission):
            named = [one for one in attempts if _is_named(one, attempts, sentence)]
            said = _FILE.sub(" ", f"{heading} {sentence}")  # "final.py" is a name, not a word
            if len(named) == 1 and words.search(said) and not _NOT.search(said):
                found.setdefault(named[0], place)
        if len(found) == 1:
            return next(iter(found.items()))
    return None


def _sentences(submission: Submission) -> Iterator[tuple[str, str, str]]:
    """The sentences of READMEs outside of quoted output, each with its place and the heading above it."""
    for text in submission.texts:
        if not posixpath.basename(text.path).lower().startswith("readme"):
            continue
        fenced, heading = False, ""
        for number, line in enumerate(text.text.split("\n"), 1):
            fenced ^= line.lstrip().startswith(("```", "~~~"))
            if fenced:
                continue
            if line.startswith("#"):
                heading = (
                    line.strip("# ") if not line.startswith("# ") else ""
                )  # the title speaks of everything
            for sentence in _SENTENCE_END.split(line[:_LONGEST]):
                yield f"line {number} of {text.path}", heading, sentence


def _is_named(one: Attempt, attempts: Sequence[Attempt], line: str) -> bool:
    """Whether a line has the file name of the program, or a class name that no other attempt has."""
    names = {posixpath.basename(one.program)} if one.program else set()
    if sum(other.program == one.program for other in attempts) > 1:
        names = set()
    classes = [other.model.class_name for other in attempts if other.model]
    if one.model and classes.count(one.model.class_name) == 1:
        names.add(one.model.class_name)
    return any(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", line) for name in names)


def best_attempt(points: Mapping[Attempt, tuple]) -> Attempt:
    """The one with the most points, of equals the one that comes first; `points` are in the order of likelihood."""
    return max(points, key=lambda one: points[one])
