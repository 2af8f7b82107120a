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
_SETTINGS_BEFORE = re.compile(r"[.,&(]*o[o.,&()]*")
_SETTINGS_AFTER = re.compile(r"[.,&(:]*o[o.,&()]*$")
_BOUND = re.compile(r"\(s[#%z][.]?[PAR]?\)|,\.?s\.?[#%z][.]?[PAR]?$")
_COUNTED_OFF = re.compile(r"\b(?:number|no\.|nr\.)\s?\d", re.I)  # "our best epoch was number 41"
_APPOSITION = re.compile(r"[APRS],[#%z],")
EXACT = 3  # digits of a number that matches nothing else by chance
EXACT_FIELD = 2


# What a consequence is made of that only compares the number before it: "so the limit of 200k is respected".
_CONSEQUENCE = re.compile(r"so|hence|thus|therefore|i\.e|that", re.I)
_COMPARES = re.compile(
    r"limit|budget|constraint|condition|respected|kept|fulfilled|satisfied|allowed|permitted|asked|wanted|needed|"
    r"free|left|remain\w*|room|margin|spare|enough|well|inside|far|bigger|larger|more|less|than|twice|half|"
    r"picture|image|width|input|sees?|everything|every|output|pixel|still|would|have|been|itself|per|cent|that|were|"
    r"all|us|it|[a-z]",
    re.I,
)
# What tells of a network that was given up, or of other images.
_GIVEN_UP = re.compile(
    r"\b(?:not|too|more\W+than\W+(?:\w+\W+)?(?:allowed|permitted|limit|wanted|200)|beyond|diverged|worse|bad\w*|first|"
    r"before|then|later|reduc\w+|smaller|next|instead|second|another|other|train\w*|tta|ema)\b",
    re.I,
)
_OVER_THE_LIMIT = re.compile(r"\b(?:exceed\w*|surpass\w*|above|over)\b", re.I)
# Words that may turn what stands beside them into something that is not so, or is so of something else.
_UNSURE = re.compile(
    r"\b(?:not?|never|cannot|\w+n['’]t|if|would|could|should|can|may|might|maybe|perhaps|probably|hop\w+|want\w*|wish\w*|"
    r"goals?|aim\w*|target|need\w*|expect\w*|guess|think|believe|without|instead|than|from|paper|al|authors?|report\w*|"
    r"baseline|previous\w*|earlier|other\w*|another|old\w*|initial\w*)\b"
    r"|\?|[❌✗✘✖]|~~",
    re.I,
)
LONG = 10_000  # a count of parameters that is written out and that nothing else is by chance


@dataclass(frozen=True)
class Reading:
    """What a sentence says from `start` to `end`; `whole`: nothing of it was left aside but explanations. Where it is not
    `whole`, its exact numbers tell of the network only if they are right. `trained_so`: it says how the network was
    trained, so of several trainings it may mean one. `passing`: a number in words that are not understood, which tells
    only of the one network that counts."""

    parts: tuple[Part, ...]
    start: int
    end: int
    whole: bool = True
    trained_so: bool = False
    passing: bool = False


def read(sentence: str, names: Sequence[re.Pattern] = ()) -> list[Reading]:
    """What `sentence` asserts, nothing where it is not a statement about a network's result, or is not understood.

    `names` match what the submission calls its networks.
    """
    words, begin, ticked = _words(sentence, names)
    main, rest = _without_remarks(words)
    plain, trained_so = _without_settings(_trimmed(main))
    if sentence.startswith("|") and not re.search("[PRAST%n]", _letters(plain)):
        return []  # "GAP | `head`": that a row stands there says little
    if parts := _parts(plain, ticked):
        all_of_it = len(plain) == len(words)
        start, end = (begin, len(sentence)) if all_of_it else (plain[0].start, plain[-1].end)
        whole = _only_compares(sentence, plain, rest, parts)
        if trained_so:
            whole = not rest and _is_a_training(plain, parts)
        found = Reading(tuple(parts), start, end, whole, trained_so)
        if found.whole or all(_tells_itself(one, True, _letters(plain)) for one in parts):
            return [found, *_of_clauses(sentence, rest, ticked, first=False)]
    return _of_clauses(sentence, words, ticked)


def _of_clauses(
    sentence: str, words: list[Token], ticked: bool, first: bool = True
) -> list[Reading]:
    """What the clauses of a sentence say that is not understood as a whole; a question says nothing."""
    found = []
    for place, clause in enumerate(_clauses(words) if not sentence.endswith("?") else ()):
        clause = _trimmed(clause)
        parts, letters, passing = _parts(clause, ticked), _letters(clause), False
        if (
            parts is None
            and clause
            and not _UNSURE.search(sentence[: clause[-1].end])
            and not _COUNTED_OFF.search(sentence)
        ):
            parts, passing = _parts(clause, ticked, passing=True), True
        tells = _tells_in_passing if passing else _tells_itself
        if parts and all(tells(one, first and place == 0, letters) for one in parts):
            start, end = clause[0].start, clause[-1].end
            found.append(Reading(tuple(parts), start, end, whole=False, passing=passing))
    return found


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
    return _trimmed(_appositions(_consequences(words))), begin, bool(ticked)


def _consequences(words: list[Token]) -> list[Token]:
    """ "So" and its like begin a remark where they stand after a comma; elsewhere they say nothing."""
    letters = _letters(words)
    return [
        replace(word, letter="r" if place and letters[place - 1] in ",&(:" else ".")
        if word.letter == "H"
        else word
        for place, word in enumerate(words)
    ]


def _appositions(words: list[Token]) -> list[Token]:
    """The commas around a number that stands for the quantity before it - "the accuracy, 86 %, came…" - as colons."""
    letters, found = _letters(words), list(words)
    for match in _APPOSITION.finditer(letters):
        for place in (match.start() + 1, match.end() - 1):
            found[place] = replace(words[place], letter=":")
    return found


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


def _without_remarks(words: list[Token]) -> tuple[list[Token], list[Token]]:
    """Without what explains at the end - a purpose, a relative clause, a consequence, a limit - and that."""
    end = next((place for place, word in enumerate(words) if word.letter in "pr"), len(words))
    words, rest = words[:end], words[end:]
    match = _BOUND.search(_letters(words))
    return (words[: match.start()] if match and match.end() == len(words) else words), rest


def _only_compares(
    sentence: str, main: list[Token], rest: list[Token], parts: Sequence[Part]
) -> bool:
    """Whether a remark changes nothing: "it has 320,000 parameters, so I made it smaller" tells of an earlier network."""
    if not rest or rest[0].letter == "p":
        return True
    remark = sentence[rest[0].start :]
    if _GIVEN_UP.search(remark) or (
        any(part.kind == "parameters" for part in parts) and _OVER_THE_LIMIT.search(remark)
    ):
        return False
    if not _CONSEQUENCE.match(rest[0].text):
        return True
    past = any(word.text.lower() == "had" for word in main)
    return not past and all(word.letter != "?" or _COMPARES.fullmatch(word.text) for word in rest)


def _without_settings(words: list[Token]) -> tuple[list[Token], bool]:
    """Without how it was trained, at both ends, and whether that was said."""
    letters = _letters(words)
    begin = match.end() if (match := _SETTINGS_BEFORE.match(letters)) else 0
    end = match.start() if (match := _SETTINGS_AFTER.search(letters, begin)) else len(words)
    return (_trimmed(words[begin:end]), True) if end - begin < len(words) else (words, False)


def _is_a_training(words: list[Token], parts: Sequence[Part]) -> bool:
    """Whether it is said for how long something was trained, and no more."""
    return "t" in _letters(words) and all(part.kind == "epochs" for part in parts)


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
    if part.sense or (part.epoch is not None and part.figures <= EXACT):
        return False
    if part.kind == "epochs":
        return first and bool(re.fullmatch("[.w]*b?tn", letters))
    return part.figures >= (EXACT_FIELD if part.kind == "receptive_field" else EXACT)


def _tells_in_passing(part: Part, _first: bool, letters: str) -> bool:
    """Whether a number is so exact that it speaks for itself, whatever the words beside it are."""
    if part.sense or "?" not in letters:
        return False
    if part.kind == "parameters":
        return part.unit == 1 and part.number >= LONG
    return part.kind == "accuracy" and part.figures > EXACT


def _parts(words: list[Token], ticked: bool, passing: bool = False) -> list[Part] | None:
    """The quantities of a clause; None where a number, or a word (unless `passing`), has no place in them, or one quantity
    has two values."""
    letters = _letters(words)
    if not words or re.search("[rpoY]" if passing else "[?rpoY]", letters):
        return None
    if not _may_be_said(letters):
        return None
    parts = quantities(words, letters, passing)
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
    base = re.sub(r"(?<=[wcXh])I|(?<=[cX]\.)I|(?<=c\.\.)I", "v", letters)
    return not (
        _ORDER.match(letters)
        or "I" in base
        or re.match(r"k[:,]|kSA|kTA|ke|\.?F[ub]", letters)
        or re.search(r"e(?<!Fe)", letters)
        or re.search(r"f(?!v\.?k|v\.?s?%\.?k)|(?<![bA])f", letters)
        or re.search(r"X(?!\.{0,2}D|\.{0,2}[uI]\.{0,2}D)", letters)
    )
