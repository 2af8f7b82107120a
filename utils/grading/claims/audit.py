"""What README and text cells assert, held against what was established."""

import re

from utils.grading.claims.assertions import PROPERTIES, Assertion, assertions
from utils.grading.claims.sentences import statements
from utils.grading.claims.training_claims import LOG_JUDGES, Known, agrees
from utils.grading.facts import Claim, Evidence, Fact
from utils.grading.log.run_choice import describe
from utils.grading.submission.contents import Submission

MOST = 60  # claims of one submission; what repeats them is passed over
MEANINGS = {"depthwise_separable": "a depthwise separable convolution", "dilated": "a dilated convolution",
            "global_average_pooling": "global average pooling", "horizontal_flip": "a horizontal flip",
            "shift_scale_rotate": "ShiftScaleRotate", "max_pooling": "max pooling"}
_OF_A_NETWORK = ("accuracy", "final_accuracy", "train_accuracy", "train_final_accuracy", "epochs", "parameters",
                 "receptive_field")
_SEVERAL = re.compile(r"^[#*\s\d.)]{0,9}(?:step|model|experiment|attempt|iteration|network|net|version|code|trial|stage|try|"
                      r"run)\s?[-_#:]?\s?\d+", re.I | re.M)


def check_claims(submission: Submission, subjects) -> list[Claim]:
    """Each assertion of the README, other texts and the text cells of `notebook`, with "true", "false" or "unverifiable".

    An accuracy or a number of epochs that is not the judged run's may be that of another logged run; it then is true, and
    `why` says of which. `value` is what is so, epochs counted from 0.
    """
    subject = next(one for one in subjects if one.counts)
    notebook = subject.notebook
    known = Known(subject.facts, subject.runs)
    claims, seen, several = [], set(), _about_several(submission)
    for statement in statements(submission, notebook):
        for one in assertions(statement.text):
            source = statement.place.file or statement.place.notebook
            key = (one.kind, one.number, one.epoch, one.kind in MEANINGS or source)
            if key in seen or len(claims) == MOST:
                continue
            seen.add(key)
            verdict, value, why = _judge(one, known, statement.place)
            if verdict == "false" and one.kind in _OF_A_NETWORK and source in several:
                verdict, why = "unverifiable", f"{why}; but the text is about several networks, of which this may be another"
            claims.append(Claim(one.text, statement.place, verdict, value, why))
    return claims


def _about_several(submission: Submission) -> set[str]:
    """The paths of texts and notebooks whose headings name more than one network or experiment."""
    texts = [(text.path, text.text) for text in submission.texts]
    for book in submission.notebooks:
        texts.append((book.path, "\n".join(cell.source for cell in book.cells if cell.kind == "markdown")))
    return {path for path, text in texts if len({match[0].lower() for match in _SEVERAL.finditer(text)}) > 1}


def _judge(one: Assertion, known: Known, place: Evidence) -> tuple[str, object, str]:
    if one.kind in MEANINGS:
        return _property(one, known.fact(one.kind))
    return _JUDGES[one.kind](one, known, place)


def _property(one: Assertion, fact: Fact) -> tuple[str, object, str]:
    if fact.value is None:
        return "unverifiable", None, f"whether there is {MEANINGS[one.kind]}: {fact.why}"
    found = "there is" if fact.value else "there is no executed" if one.kind in dict(PROPERTIES) else "there is no"
    why = f"{found} {MEANINGS[one.kind].removeprefix('a ') if not fact.value else MEANINGS[one.kind]}"
    return ("true" if bool(fact.value) == one.number else "false"), fact.value, f"{why}; {fact.why}" if fact.why else why


def _parameters(one: Assertion, known: Known, place: Evidence) -> tuple[str, object, str]:
    fact, how = known.fact("parameters"), "computed"
    if fact.value is None:
        printed = known.fact("printed_parameters")
        itself = any((seen.file, seen.notebook) == (place.file, place.notebook) for seen in printed.evidence)
        if printed.value is None or itself:
            return "unverifiable", None, fact.why
        fact, how = printed, "printed by the summary"
    if agrees(one, fact.value):
        return "true", fact.value, f"{how}: {fact.value:,}"
    other = next((run for run in known.runs[1:] if run.parameters is not None and agrees(one, run.parameters)), None)
    if other and one.sense == "exact":
        return "unverifiable", fact.value, f"{how}: {fact.value:,}; the claim is of another network: {describe(other)}"
    return "false", fact.value, f"{how}: {fact.value:,}"


def _receptive_field(one: Assertion, known: Known, place: Evidence) -> tuple[str, object, str]:
    fact, with_pool = known.fact("receptive_field"), known.fact("receptive_field_with_pool").value
    if fact.value is None:
        return "unverifiable", None, fact.why
    if agrees(one, fact.value):
        return "true", fact.value, f"computed at the input of the global pool: {fact.value}"
    pool = f"; {with_pool} counts the window of the pool" if with_pool == one.number else ""
    return "false", fact.value, f"computed at the input of the global pool: {fact.value}{pool}"


_JUDGES = LOG_JUDGES | {"parameters": _parameters, "receptive_field": _receptive_field}
