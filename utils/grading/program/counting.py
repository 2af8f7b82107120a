"""Which of several attempts counts: the one that was named by hand, that the README names as the result, or the best."""

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence

from utils.errors import UserError
from utils.grading.program.attempt_names import Names, Span, names_of
from utils.grading.program.attempts import Attempt
from utils.grading.submission.contents import Submission

_SUBMITTED = r"submi(?:t|ssion)\w*|hand(?:ed)?[\s-]in|to be graded|counts(?!\s+(?:\d|the|all|how))|abgabe|abgegeben"
# What a README says of the attempt that it hands in, the surer words first; and what it says of the others.
_FINAL = r"final(?!\s+(?:test|train|val|acc|loss|epoch|layer|score|number|conv|block|lr|learning|batch|param)\w*)"
_RESULT = (
    re.compile(rf"\b(?:{_FINAL}|solution|chosen|{_SUBMITTED})\b", re.I),
    re.compile(r"\b(?:best|results?|answers?)\b", re.I),
)
_NOT = re.compile(
    r"\b(?:not|old|older|earlier|previous|first (?:try|attempt)|warm-?up|abandon\w*|baseline|draft|"
    r"experiments?|instead of|replaced|deprecated|unused|compared|worse|"
    r"intermediate|before|cannot|never|nobody|no (?:one|need)|would|wanted|nearly|fail\w*|mistake|diverged|"
    r"rather than|against|until|partner|minus|details|learned|lost|late|maybe|todo|last year)\b|n['’]t\b|\?",
    re.I,
)
_IF = re.compile(r"\b(?:if|unless|when|wenn|falls)\b", re.I)
_STRUCK = re.compile(r"~~.{0,500}?~~|<!--.{0,2000}?-->", re.S)
# What is handed in, of which "final accuracy" says nothing, and that it "is \0", the mention of an attempt.
_HANDED_IN = rf"(?:{_FINAL}|{_SUBMITTED})"
_MEASURED = r"\b(?:acc\w*|param\w*|loss|than|better|worse|higher|lower)\b"
_IS_HANDED_IN = re.compile(
    rf"\b{_HANDED_IN}\b(?:(?!{_MEASURED})[^\0]){{0,60}}?(?:\b(?:is|in|was|at|under|see|ist)\b|[:=>→])\W{{0,4}}"
    rf"(?:(?:the|our|my|notebook|folder|file|of)\W+){{0,3}}\0|"
    rf"\0[\])\s/*_`]{{0,4}}(?:[(:–—=|-]\W{{0,4}}|\b(?:is|was|ist)\s+)(?:(?:the|my|our|what|which|one|that|we|i|die|meine)\s+){{0,4}}"
    rf"{_HANDED_IN}\b|"
    r"\0[\])\s/*_`]{0,4}\bcounts\b(?!\s+(?:\d|the|all|how|more|fewer|less|as))|"
    r"(?:\b(?:submit(?:ting|ted)?|hand(?:ing|ed)? in)|"
    r"(?<!\bto )(?<!\bwe )(?<!\bI )\b(?:grade|mark|evaluate|assess|bewerten(?:\s+sie)?))\s+"
    r"(?:(?:the|our|my|only|notebook|bitte)\s+){0,2}[*_`\[]{0,3}\0|"
    r"\b(?:use|take|consider)\s+(?:only\s+)?[*_`]{0,3}\0[*_`]{0,3}\s+(?:for|as)\s+(?:the\s+|my\s+|our\s+)?"
    r"(?:grad\w+|mark\w*|evaluation|answer|result|final|submission)\b|\bbitte\W{1,4}\0\W{1,4}bewerten\b",
    re.I,
)
# That an attempt, the only one that is mentioned, is not what is handed in.
_SET_ASIDE = re.compile(
    rf"\b(?:(?:does|do) not count|doesn['’]t count|ignore|for reference|reference only|deadline|too late|"
    rf"not (?:a )?part of|not (?:\w+ )?{_HANDED_IN}|not (?:be |to be )?graded|do not (?:grade|mark)|nicht bewerten)\b",
    re.I,
)
_ONE_OF_SEVERAL = re.compile(
    r"\0(?:\]\([^)]{0,200}\))?\W{0,4}(?:(?:and|or)\W+)?\x01(?!\s+(?:is|was|came|does|did|has|had|\w+ed)\b)|"
    r"\x01(?:\]\([^)]{0,200}\))?\W{0,4}(?:(?:and|or)\W+)?\0"
)  # "\x01" are the others
# "Model_2 (S9_Model_2.ipynb)", "[Model_2](S9_Model_2.ipynb)": one mention.
_NAMED_TWICE = re.compile(r"([\0\x01])(?:[\s*_`]*\]?[\s*_`]*[(\[][\s*_`]*\1[\s*_`]*[)\]])+")
_FILE = re.compile(r"[\w./-]+\.(?:py|ipynb)\b")
_SENTENCE_END = re.compile(r"(?<=[.!?;])[*_]{0,3}\s+")
_RULE = re.compile(r"\s*\|?\s*:?-+:?\s*\|[\s|:-]*$")  # below the head of a table
_NUMBERED_ROW = re.compile(r"\s*\|\s*([*_#`]*\d.*)$")
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
    every, read = names_of(attempts), []
    for place, heading, sentence in _sentences(submission):
        named = [one.attempt for one in every if one.are_in(sentence)]
        said = _FILE.sub(" ", f"{heading} {sentence}")  # "final.py" is a name, not a word
        handed_in = _handed_in(every, sentence)
        if _NOT.search(said):  # of which of those that are named is not known
            named = []
        if named or handed_in:
            read.append((place, said, named, handed_in))
    for words in _RESULT:
        found: dict[Attempt, str] = {}
        for place, said, named, handed_in in read:
            meant = handed_in or (named if words.search(said) else [])
            if len(meant) == 1:
                found.setdefault(meant[0], place)
        if len(found) == 1:
            return next(iter(found.items()))
    return None


def set_aside(submission: Submission, attempts: Sequence[Attempt]) -> list[Attempt]:
    """The attempts of which the README says that they are not handed in; none where it says so of all."""
    every, found = names_of(attempts), {}
    for _, _, sentence in _sentences(submission):
        mentioned = [one for one in every if any(one.mentions(sentence))]
        if len(mentioned) == 1 and _SET_ASIDE.search(sentence):
            found[mentioned[0].attempt] = None
    return list(found) if len(found) < len(attempts) else []


def _handed_in(every: Sequence[Names], sentence: str) -> list[Attempt]:
    """The attempts of which a sentence says that each alone is what is handed in."""
    spans = sorted(
        ((span, one) for one in every for span in one.mentions(sentence)),
        key=lambda held: (held[0][0], -held[0][1]),
    )
    return [one.attempt for one in every if spans and _is_said_of(one, spans, sentence)]


def _is_said_of(one: Names, spans: list[tuple[Span, Names]], sentence: str) -> bool:
    marked, end = "", 0
    for (begin, until), named in spans:
        if begin >= end:  # "Attempt_3/" is a folder, and a number too
            marked += sentence[end:begin] + ("\0" if named is one else "\x01")
            end = until
    marked = _NAMED_TWICE.sub(r"\1", marked + sentence[end:])
    match = _IS_HANDED_IN.search(marked)
    if match is None or _ONE_OF_SEVERAL.search(marked):
        return False
    before = re.split(r"[,;:–—]", marked[: match.start()])[-1]
    behind = re.split(r"[,;–—]", marked[match.end() :])[0]
    open_ended = _IF.search(marked[: match.start()]) or _IF.search(behind)
    return not open_ended and not _NOT.search(before + match[0] + behind)


def _sentences(submission: Submission) -> Iterator[tuple[str, str, str]]:
    """The sentences of READMEs outside of quoted output, each with its place and the heading above it."""
    for text in submission.readmes:
        fenced, heading, head = False, "", ""
        plain = _STRUCK.sub(lambda match: "\n" * match[0].count("\n"), text.text)
        lines = plain.split("\n")
        for number, line in enumerate(lines, 1):
            fenced ^= line.lstrip().startswith(("```", "~~~"))
            if fenced:
                continue
            if _RULE.match(line):
                head = next(iter(lines[number - 2].strip().strip("|").split("|")), "").strip()
            elif match := _NUMBERED_ROW.match(line):
                line = f"| {head} {match[1]}"  # "| 2 (final) |" below "Attempt"
            if line.startswith("#"):
                heading = (
                    line.strip("# ") if not line.startswith("# ") else ""
                )  # the title speaks of everything
            for sentence in _SENTENCE_END.split(line[:_LONGEST]):
                yield f"line {number} of {text.path}", heading, sentence


def best_attempt(points: Mapping[Attempt, tuple]) -> Attempt:
    """The one with the most points, of equals the one that comes first; `points` are in the order of likelihood."""
    return max(points, key=lambda one: points[one])
