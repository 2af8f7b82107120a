"""Of which attempt a sentence speaks."""

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from utils.grading.claims.sections import is_plain
from utils.grading.claims.sentence_splitting import Statement
from utils.grading.claims.tables import means_own, tells_own
from utils.grading.claims.vocabulary import tokens
from utils.grading.facts import Evidence, Fact
from utils.grading.log.epochs import Run

_UNKNOWN = Fact(None, "it was not established")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_COMMON = re.compile(
    r"main|s\d+|session.?\d*|assignment.?\d*|notebook|copy|final|final.?model|untitled\d*|utils?|train\w*",
    re.I,
)
# A heading that sets a network or a training apart from others; "3. Model" numbers the section instead.
_APART = re.compile(
    r"\b(?:step|model|experiment|attempt|iteration|network|net|version|code|trial|stage|try|run|phase)s?"
    r"\W{0,2}(?:\d+|one|two|three|four|[A-Da-d]\b)|\b(?:first|second|third|fourth|fifth)\b|^\W*(?:model\W?)?v\W?\d",
    re.I,
)
_OTHER = re.compile(
    r"\b(?:another|other|previous|earlier|initial|baseline|base|old|alternative|comparison|compared|"
    r"ablations?|without|tried|failed|references?|related|paper|literature|citations?)\b|"
    r"\w\.(?:ipynb|py)\b",
    re.I,
)  # a file that belongs to none of them

_THE_NETWORK = re.compile(
    r"\b(?:the|our|my|this)\W+(?:\w+\W+){0,3}?(?:model|network|net|cnn|architecture|classifier)\b",
    re.I,
)
_OF_THE_ONE_BEFORE = re.compile(r"\W*its?\b", re.I)
_EARLIER = re.compile(r"\b(?:last|past|session|week)\b", re.I)
_OF_ANOTHER = re.compile(
    r"\b(?:an?other|previous|earlier|initial|baseline|first|second|old|tried|try|attempt|paper|finder|"
    r"last\W+week)\b",
    re.I,
)
_KINDS_OF_NAME = re.compile(r"net(?:work)?|model|cnn|my|the|class|cifar", re.I)


@dataclass(frozen=True)
class Subject:
    """An attempt that texts may speak of.

    `words` are what they call it: file names without suffix, the network's class. `notebook` is the one whose text cells
    speak of it. `runs` are its logged runs, the judged one first; of all subjects exactly one `counts`. `trained` is False
    of a network that is defined and that no program trains.
    """

    name: str
    words: tuple[str, ...]
    notebook: str | None
    facts: dict[str, Fact]
    runs: tuple[Run, ...]
    counts: bool
    trained: bool = True

    def fact(self, name: str) -> Fact:
        """The fact of that name; one without a value where no audit established it."""
        return self.facts.get(name) or _UNKNOWN

    @property
    def folders(self) -> set[str]:
        """The folders of its notebook and its logs, where they are not the submission's own."""
        paths = [self.notebook, *(run.source for run in self.runs)]
        return {posixpath.dirname(path) for path in paths if path} - {""}


@dataclass(frozen=True)
class Spoken:
    """Whom a statement speaks of: any of `subjects` may be meant; `named` where it says so.

    `apart`: its heading names a network that none of them is known to be; `other`: one that none of them is. `aside`: what
    stands above or before it and may lead to something else.
    """

    subjects: tuple[Subject, ...]
    named: bool
    apart: bool = False
    other: bool = False
    aside: str = ""


def spoken_of(statement: Statement, subjects: Sequence[Subject]) -> Spoken:
    """The subject that the sentence or its table names, else its nearest heading that names one, else its file."""
    return replace(_named_by(statement, subjects), aside=_leads_aside(statement, subjects))


def _named_by(statement: Statement, subjects: Sequence[Subject]) -> Spoken:
    if label := statement.network:
        found = [one for one in subjects if any(name.search(label) for name in hints(one))]
        if found or not tells_own(label):
            return Spoken(tuple(found), named=len(found) == 1)
        return Spoken(_the_counting_first(subjects), named=False)
    texts = [statement.text, *statement.headings]
    if _OF_THE_ONE_BEFORE.match(statement.text):
        texts.insert(1, statement.before)
    for text in texts:
        if found := [one for one in subjects if any(name.search(text) for name in names(one))]:
            return Spoken(tuple(found), named=len(found) == 1)
        if text == statement.before and _OF_ANOTHER.search(text):
            return Spoken(tuple(subjects), named=False, apart=True)
        if text in statement.headings and (_APART.search(text) or _OTHER.search(text)):
            return Spoken(tuple(subjects), named=False, apart=True, other=bool(_OTHER.search(text)))
    if found := _of_the_file(statement.place, subjects):
        return Spoken(found, named=True)
    return Spoken(_the_counting_first(subjects), named=False)


def _leads_aside(statement: Statement, subjects: Sequence[Subject]) -> str:
    """What makes it doubtful that a statement is of the network at all, "" where nothing does.

    It is a heading that says more than "Results" or "Model" and names none of the subjects, or an earlier sentence.
    """

    def says(text: str) -> bool:
        return any(name.search(text) for one in subjects for name in names(one))

    if statement.network or says(statement.text):
        return ""
    for heading in statement.headings:
        if says(heading) or heading == statement.title:
            break
        if not is_plain(heading) and heading not in statement.text:
            return heading
    if _OF_THE_ONE_BEFORE.match(statement.text) and statement.before:
        of_it = _THE_NETWORK.search(statement.before) or says(statement.before)
        return "" if of_it else statement.before
    led = any(one.search(statement.earlier) for one in (_OF_ANOTHER, _EARLIER, _APART))
    return statement.before if led and not says(statement.earlier) else ""


def _the_counting_first(subjects: Sequence[Subject]) -> tuple[Subject, ...]:
    return tuple(sorted(subjects, key=lambda one: not one.counts))


def is_plainly_of(statement: Statement, subject: Subject) -> bool:
    """Whether a table says only of which network a row is, and no condition: "WideNet with TTA"."""
    label = statement.network
    if not label or means_own(label):
        return True
    return not any(_OTHER.search(heading) for heading in statement.headings) and any(
        not re.search(r"[^\W_]", name.sub("", label)) for name in hints(subject)
    )


def means_the_trained(statement: Statement) -> bool:
    """Whether a sentence speaks of "the model", or of "it" after a sentence on the model that was trained."""
    before = statement.before
    trained = _THE_NETWORK.search(before) and re.search(r"\btrained\b", before)
    if any(one.search(before) for one in (_APART, _OTHER, _EARLIER)):
        trained = None
    return bool(
        _THE_NETWORK.search(statement.text)
        or (trained and _OF_THE_ONE_BEFORE.match(statement.text))
    )


def sets_apart(heading: str) -> bool:
    """Whether a heading begins the section of one of several networks."""
    return bool(_APART.search(heading))


@cache
def _name(word: str) -> re.Pattern | None:
    """What stands for `word` in a text: "wide_net" is written "WideNet", "wide net" and "wide_net.py" too."""
    parts = _PART.findall(word)
    if not parts:
        return None
    said_anyway = not re.search(r"\d", word) and not any(
        token.letter == "?" for token in tokens(" ".join(parts))
    )
    suffix = r"\.(?:ipynb|py)" if said_anyway or _COMMON.fullmatch(word) else r"(?:\.(?:ipynb|py))?"
    return re.compile(
        r"(?<!\w)" + r"[\s_-]?".join(map(re.escape, parts)) + suffix + r"(?!\w)", re.I
    )


def names(subject: Subject) -> list[re.Pattern]:
    """What `subject` is called; an ordinary word ("train", "model") only with its file's suffix."""
    return [name for word in subject.words if (name := _name(word))]


def hints(subject: Subject) -> list[re.Pattern]:
    """What is found in a text that may tell of `subject`: its names, and what sets them apart, as "plain" of "PlainNet"."""
    found = names(subject)
    for word in subject.words:
        left = [part for part in _PART.findall(word) if not _KINDS_OF_NAME.fullmatch(part)]
        if any(part.isalpha() for part in left) and not _COMMON.fullmatch(word):
            found.append(re.compile(r"(?<!\w)" + r"[\s_-]?".join(left) + r"(?!\w)", re.I))
    return found


def _of_the_file(place: Evidence, subjects: Sequence[Subject]) -> tuple[Subject, ...]:
    """The only subject of this notebook, or in the folder of this text."""
    if place.notebook is not None:
        found = [one for one in subjects if one.notebook == place.notebook]
    else:
        folder = posixpath.dirname(place.file or "")
        found = [one for one in subjects if folder and folder in one.folders]
    return tuple(found) if len(found) == 1 else ()
