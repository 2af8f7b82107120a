"""What a sentence asserts of a submission's own result, where all of it is understood: quantity, value, conditions."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from utils.grading.claims.quantities import SAID, Part, quantities
from utils.grading.claims.vocabulary import PROPERTIES, Token, tokens

_ITEM = re.compile(r"\s*(?:[-*+•>]\s+|\(?(?:\d{1,2}|[a-h])[.)]\s+)+")
_TICKED = re.compile(r"\[[xX✓✔]\]\s+")
# In the first cell of a row what is asked for, in the second what is so: "RF > 44 | yes, 61", "RF > 44 | yes".
_ASKED = re.compile(r":[RPASd.]*(?P<limit>s[#%z])[RPASd.]*:(?P<yes>(?:Y,?)?)y?[#%z](?!\.)")
_MET = re.compile(r":Y:?$")
_ORDER = re.compile(r"I|T(?![.dA:(%#bSP,&)]|$)")
_BOUND = re.compile(r"\(s[#%z][.]?[PAR]?\)")
EXACT = 3  # digits of a number that matches nothing else by chance
EXACT_FIELD = 2


@dataclass(frozen=True)
class Reading:
    """What a sentence says from `start` to `end`; `whole`: nothing of it was left aside but explanations. Where it is not
    `whole`, its exact numbers tell of the network only if they are right."""

    parts: tuple[Part, ...]
    start: int
    end: int
    whole: bool = True


def read(sentence: str, names: Sequence[re.Pattern] = ()) -> Reading | None:
    """What `sentence` asserts, None where it is not a statement about a network's result, or is not understood.

    `names` match what the submission calls its networks.
    """
    words, begin, ticked = _words(sentence, names)
    main = _trimmed(_without_remarks(words))
    if parts := _parts(main, ticked):
        start, end = (
            (begin, len(sentence)) if len(main) == len(words) else (main[0].start, main[-1].end)
        )
        return Reading(tuple(parts), start, end)
    for place, clause in enumerate(_clauses(words)):
        clause = _trimmed(clause)
        parts, letters = _parts(clause, ticked), _letters(clause)
        if parts and all(_tells_itself(one, place == 0, letters) for one in parts):
            return Reading(tuple(parts), clause[0].start, clause[-1].end, whole=False)
    return None


def _words(sentence: str, names: Sequence[re.Pattern]) -> tuple[list[Token], int, bool]:
    """The words that assert something, where they begin, and whether a tick or a "yes" beside them says that they hold."""
    begin = match.end() if (match := _ITEM.match(sentence)) else 0
    ticked = _TICKED.match(sentence, begin)
    begin = ticked.end() if ticked else begin
    words = [
        Token(one.letter, one.start + begin, one.end + begin, one.text, one.sense)
        for one in tokens(sentence[begin:], names)
    ]
    if sentence.startswith("|"):
        if asked := _ASKED.match(_letters(words)):
            left_out = {*range(*asked.span("limit")), *range(*asked.span("yes"))}
            words = [word for place, word in enumerate(words) if place not in left_out]
        elif ticked := _MET.search(_letters(words)):
            words = words[: ticked.start()]
    return _trimmed(words), begin, bool(ticked)


def _letters(words: Sequence[Token]) -> str:
    return "".join(word.letter for word in words)


def _trimmed(words: list[Token]) -> list[Token]:
    """Without the marks of list items and tables at both ends."""
    words = list(words)
    while words and words[0].letter in ":,&":
        words.pop(0)
    while words and words[-1].letter in ":,&(.":
        words.pop()
    return words


def _without_remarks(words: list[Token]) -> list[Token]:
    """Without what explains at the end: a purpose, a relative clause, a limit in brackets."""
    end = next((place for place, word in enumerate(words) if word.letter in "pr"), len(words))
    words = words[:end]
    match = _BOUND.search(_letters(words))
    return words[: match.start()] if match and match.end() == len(words) else words


def _clauses(words: list[Token]) -> Iterator[list[Token]]:
    """What stands between commas, brackets and conjunctions."""
    clause: list[Token] = []
    for word in words:
        if word.letter in ",()&pro":
            yield clause
            clause = []
        else:
            clause.append(word)
    yield clause


def _tells_itself(part: Part, first: bool, letters: str) -> bool:
    """Whether a part of a sentence that is not understood can still be seen to be right."""
    if part.kind in PROPERTIES:
        return first and bool(part.number) and "u" in letters and ("w" in letters or "b" in letters)
    if part.sense or part.epoch is not None:
        return False
    if part.kind == "epochs":
        return first and bool(re.fullmatch("[.w]*b?tn", letters))
    return part.figures >= (EXACT_FIELD if part.kind == "receptive_field" else EXACT)


def _parts(words: list[Token], ticked: bool) -> list[Part] | None:
    """The quantities of a clause; None where a word or a number has no place in them, or one quantity has two values."""
    letters = _letters(words)
    if not words or re.search("[?rpoY]", letters) or not _may_be_said(letters):
        return None
    parts = quantities(words, letters)
    if parts is None:
        return None
    if ticked:
        parts = [_of_a_tick(one) for one in parts]
    elif not SAID.search(letters) and any(one.sense for one in parts) and "w" not in letters:
        return None  # "Parameters < 200,000" is a demand
    held = [(one.kind, one.split, one.role, one.epoch, one.when) for one in parts]
    several = (
        len(set(held)) < len(held)
        or len(
            {
                one.number
                for one in parts
                if one.kind == "accuracy" and one.split == "" and one.epoch is None
            }
        )
        > 1
    )
    return None if several or not parts else parts


def _of_a_tick(part: Part) -> Part:
    """What a ticked item says: a number with few digits may be the limit that was kept."""
    few = part.kind not in PROPERTIES and not part.sense and part.figures < EXACT
    return replace(part, reached=part.kind == "accuracy", round=few)


def _may_be_said(letters: str) -> bool:
    """Not an order, a row of a log, a printed summary."""
    base = re.sub(r"(?<=[wcX])I|(?<=[cX]\.)I|(?<=c\.\.)I", "v", letters)
    return not (
        _ORDER.match(letters)
        or "I" in base
        or re.match(r"k[:,]|kSA|kTA|ke", letters)
        or re.search(r"e(?<!Fe)", letters)
        or re.search(r"f(?!v\.?k)|(?<!b)f", letters)
        or re.search(r"X(?!\.{0,2}D|\.{0,2}[uI]\.{0,2}D)", letters)
    )
