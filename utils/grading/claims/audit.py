"""What README and text cells assert, held against what was established."""

import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import replace

from utils.grading.claims.network_claims import judge_field, judge_parameters, judge_property
from utils.grading.claims.quantities import Part
from utils.grading.claims.sentence_meaning import EXACT, Reading, read
from utils.grading.claims.sentence_splitting import Statement, statements
from utils.grading.claims.subjects import (
    Spoken,
    Subject,
    hints,
    is_plainly_of,
    means_the_trained,
    names,
    sets_apart,
    spoken_of,
)
from utils.grading.claims.training_claims import Verdict, judge_accuracy, judge_epochs
from utils.grading.claims.vocabulary import OPTIMISERS, tokens
from utils.grading.facts import Claim, Evidence
from utils.grading.submission.contents import Submission

MOST = 60  # claims of one submission
_SEVERAL = "the text is about several networks, so this may be about another one"
_JUDGES = {"accuracy": judge_accuracy, "epochs": judge_epochs, "receptive_field": judge_field}


def check_claims(submission: Submission, subjects: Sequence[Subject]) -> list[Claim]:
    """The sentences of README, other texts and text cells that say something of a network's own result, one claim each, with
    "true", "false" or "unverifiable".

    A sentence is judged by the subject that it, its heading or its file names, else by the one that counts; "false" then
    needs it to be wrong of the others too. `value` is what is so, epochs counted from 0.
    """
    notebooks = {one.notebook for one in subjects if one.notebook}
    said = list(statements(submission, notebooks))
    several = _about_several(said)
    trained = _the_only_trained(said, subjects)
    called = [name for one in subjects for name in names(one)]
    counts = _counts_of_trainings(said, subjects)
    claims, seen = [], set()
    for statement in said:
        spoken = spoken_of(statement, subjects)
        key = (
            statement.text.lower(),
            statement.network or statement.headings[:1],
            tuple(one.name for one in spoken.subjects),
        )
        readings = () if key in seen else read(statement.text, called)
        seen.add(key)
        for reading in readings:
            meant = _meant(statement, reading, spoken, subjects, trained)
            if not meant.subjects or len(claims) == MOST:
                continue
            claim = _claim(statement, reading, meant, len(subjects), _source(statement) in several)
            plain = any(is_plainly_of(statement, one) for one in meant.subjects)
            known = claim.verdict == "true" or (plain and claim.verdict == "false")
            if _is_shown(claim, reading, counts) and (known or not statement.network):
                claims.append(claim)
    return claims


def _meant(
    statement: Statement,
    reading: Reading,
    spoken: Spoken,
    subjects: Sequence[Subject],
    trained: dict[str, tuple[Subject, ...]],
) -> Spoken:
    """Of whom a reading of a statement tells, where the statement leaves it open."""
    if reading.passing:
        held = [
            replace(one, runs=one.runs[:1]) for one in spoken.subjects if one.counts or spoken.named
        ]
        return replace(spoken, subjects=tuple(held))
    of_training = any(one.kind in ("accuracy", "epochs") for one in reading.parts)
    if (of_training or means_the_trained(statement)) and len(spoken.subjects) == len(subjects):
        return replace(spoken, subjects=trained.get(_source(statement), spoken.subjects))
    return spoken


def _is_shown(claim: Claim, reading: Reading, counts: Container[object] | None) -> bool:
    """Whether a claim is more than a guess: what is right, and what is wrong of a sentence that is understood.

    Of how something was trained, `counts` of epochs are said; None where there is more than one training.
    """
    if claim.verdict == "true":
        return True
    if reading.trained_so and (counts is None or claim.value in counts):
        return False
    return reading.whole and (claim.verdict == "false" or not _is_of_a_part(reading))


def _is_of_a_part(reading: Reading) -> bool:
    return any(part.somewhere for part in reading.parts)


def _source(statement: Statement) -> str:
    return statement.place.file or statement.place.notebook or ""


def _the_only_trained(
    said: Iterable[Statement], subjects: Sequence[Subject]
) -> dict[str, tuple[Subject, ...]]:
    """The only network that a program trains, by the paths of texts that name none of the others."""
    trained = tuple(one for one in subjects if one.trained)
    others = [hint for one in subjects if not one.trained for hint in hints(one)]
    texts: dict[str, list[str]] = {}
    for statement in said if len(trained) == 1 else ():
        texts.setdefault(_source(statement), []).extend((statement.text, *statement.headings))
    return {
        path: trained
        for path, found in texts.items()
        if not any(hint.search(text) for hint in others for text in found)
    }


def _counts_of_trainings(
    said: Iterable[Statement], subjects: Sequence[Subject]
) -> frozenset[int] | None:
    """The numbers of epochs that texts name; None where several runs are logged or several optimisers named."""
    texts = [statement.text.lower() for statement in said]
    optimisers = {name for text in texts for name in OPTIMISERS.findall(text)}
    if len(optimisers) > 1 or sum(len(one.runs) for one in subjects) > 1:
        return None
    return frozenset(
        int(re.search(r"\d+", word.text)[0])
        for text in texts
        for word in tokens(text)
        if word.letter in "naq"
    )


def _about_several(said: Iterable[Statement]) -> set[str]:
    """The paths of texts and notebooks whose headings name more than one network or training."""
    found: dict[str, set[str]] = {}
    for statement in said:
        found.setdefault(_source(statement), set()).update(filter(sets_apart, statement.headings))
    return {path for path, headings in found.items() if len(headings) > 1}


def _claim(
    statement: Statement, reading: Reading, spoken: Spoken, count: int, several: bool
) -> Claim:
    """The verdict on a statement of a text that is, or is not, about `several` networks; the submission has `count`."""
    results = [(one, _judge(reading, one, statement.place)) for one in spoken.subjects]
    subject, (part, verdict) = next(
        (one for one in results if one[1][1].verdict == "true"), results[0]
    )
    kind, why = verdict.verdict, verdict.why
    if kind == "true" and not subject.counts and count > 1:
        why = f"of {subject.name}: {why}"
    elif kind == "false" and any(result.verdict != "false" for _, (_, result) in results):
        kind, why = (
            "unverifiable",
            f"{why}; it does not say which of {len(results)} networks it means",
        )
    if spoken.other or (spoken.apart and kind == "true" and not _is_nobody_elses(reading)):
        kind, why = "unverifiable", f"the heading names another network than {subject.name}"
    elif kind == "false" and not spoken.named and (spoken.apart or several):
        kind, why = "unverifiable", f"{why}; but {_SEVERAL}"
    elif kind == "false" and spoken.aside:
        why = f"{why}; but what stands before it ('{spoken.aside[:60]}') may lead to something else"
        kind = "unverifiable"
    text = statement.text[reading.start : reading.end]
    marked = part.start - reading.start, part.end - reading.start
    return Claim(text, statement.place, kind, verdict.value, why, marked)


def _is_nobody_elses(reading: Reading) -> bool:
    return all(part.figures >= EXACT and not part.sense for part in reading.parts)


def _judge(reading: Reading, subject: Subject, place: Evidence) -> tuple[Part, Verdict]:
    """The part that decides on a sentence and its verdict: one that is false, else one that could not be checked."""
    results = [(part, _judge_part(part, subject, place)) for part in reading.parts]
    for kind in ("false", "unverifiable"):
        if found := next((one for one in results if one[1].verdict == kind), None):
            return found
    part, first = results[0]
    return part, Verdict(
        "true", first.value, "; ".join(dict.fromkeys(verdict.why for _, verdict in results))
    )


def _judge_part(part: Part, subject: Subject, place: Evidence) -> Verdict:
    if part.kind == "parameters":
        return judge_parameters(part, subject, place)
    return _JUDGES.get(part.kind, judge_property)(part, subject)
