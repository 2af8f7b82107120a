"""Facts against criteria: pass, fail, or unverifiable with the reason. Only established facts decide."""

from collections.abc import Mapping
from dataclasses import dataclass

from utils.grading.fact_names import FACTS
from utils.grading.facts import Evidence, Fact
from utils.grading.rubrics.rubric import Criterion, Rubric

PASS, FAIL, UNVERIFIABLE = "pass", "fail", "unverifiable"


@dataclass(frozen=True)
class Result:
    """One criterion judged. `value` is what was found (None where nothing was), `reason` says why it is not a pass."""

    criterion: Criterion
    verdict: str
    value: object = None
    reason: str = ""
    evidence: tuple[Evidence, ...] = ()

    @property
    def points(self) -> float:
        """The criterion's points for a pass, else 0."""
        return self.criterion.points if self.verdict == PASS else 0

    @property
    def advice(self) -> str:
        """What is wrong and how to mend it; for a pass, what is worth a remark, mostly nothing."""
        if self.verdict == FAIL:
            return f"{self.reason} {self.criterion.advice}".strip()
        return (
            f"Could not be established: {self.reason}"
            if self.verdict == UNVERIFIABLE
            else self.reason
        )


def judge(criterion: Criterion, facts: Mapping[str, Fact]) -> Result:
    """The verdict on one criterion. A fact that is not in `facts` counts as one that could not be established."""
    return _CHECKS[criterion.check](criterion, facts)


def judge_all(rubric: Rubric, facts: Mapping[str, Fact]) -> list[Result]:
    """The verdict on every criterion of a rubric."""
    return [judge(criterion, facts) for criterion in rubric.criteria]


def required(criterion: Criterion) -> str:
    """What the criterion demands, for a table."""
    if criterion.check == "is_true":
        return "; ".join(
            f"no {FACTS[bare].label}"
            if (bare := name.removeprefix("not ")) != name
            else FACTS[name].label
            for name in criterion.facts
        )
    return f"{_COMPARISONS[criterion.check][0]} {criterion.threshold:,}"


# Check → (sign, comparison).
_COMPARISONS = {
    "above": (">", lambda value, threshold: value > threshold),
    "below": ("<", lambda value, threshold: value < threshold),
    "at_least": ("≥", lambda value, threshold: value >= threshold),
    "at_most": ("≤", lambda value, threshold: value <= threshold),
    "accuracy": ("≥", lambda value, threshold: value >= threshold),
}


def _truth(criterion: Criterion, facts: Mapping[str, Fact]) -> Result:
    wanted = {name.removeprefix("not "): not name.startswith("not ") for name in criterion.facts}
    found = {name: _known(facts, name, bool) for name in wanted}
    wrong = [
        name
        for name, fact in found.items()
        if fact.value is not None and fact.value != wanted[name]
    ]
    unknown = [name for name, fact in found.items() if fact.value is None]
    verdict = FAIL if wrong else UNVERIFIABLE if unknown else PASS
    telling = wrong or unknown or list(found)
    reason = _wrong(wrong, found) or _unknown(unknown, found)
    values = {name: fact.value for name, fact in found.items()}
    value = next(iter(values.values())) if len(values) == 1 else values
    return Result(criterion, verdict, value, reason, _evidence(found[name] for name in telling))


def _number(criterion: Criterion, facts: Mapping[str, Fact]) -> Result:
    name = criterion.facts[0]
    fact = _known(facts, name, int | float)
    if fact.value is None:
        return Result(criterion, UNVERIFIABLE, None, _ended(fact.why), fact.evidence)
    met = _COMPARISONS[criterion.check][1]
    passed = met(fact.value, criterion.threshold)
    doubt = _known(facts, criterion.doubted_by, int | float) if criterion.doubted_by else Fact()
    if doubt.value is not None and met(doubt.value, criterion.threshold) != passed:
        reason = (
            f"{FACTS[name].label} was found to be {_text(fact.value)}, but {FACTS[criterion.doubted_by].label}: "
            f"{_text(doubt.value)}. Store the run again with the code that is submitted."
        )
        return Result(criterion, UNVERIFIABLE, fact.value, reason, _evidence((fact, doubt)))
    return Result(
        criterion,
        PASS if passed else FAIL,
        fact.value,
        "" if passed else _miss(criterion, fact),
        fact.evidence,
    )


def _accuracy(criterion: Criterion, facts: Mapping[str, Fact]) -> Result:
    """The log decides, unless it contradicts itself; weights that were tested decide where it cannot.

    Where weights were to be tested and could not be, nothing is decided.
    """
    logged, tested = (
        _known(facts, name, int | float) for name in (criterion.facts[0], "checkpoint_accuracy")
    )
    consistent = _known(facts, "log_consistent", bool)
    doubted = consistent.value is False
    if "checkpoint_accuracy" in facts and tested.value is None:
        return Result(
            criterion, UNVERIFIABLE, logged.value, _untested(logged, tested), logged.evidence
        )
    if tested.value is not None and tested.value >= criterion.threshold:
        return Result(criterion, PASS, tested.value, "", _evidence((tested, logged)))
    if logged.value is None:
        if tested.value is not None:
            return Result(criterion, FAIL, tested.value, _miss(criterion, tested), tested.evidence)
        return Result(criterion, UNVERIFIABLE, None, _ended(logged.why), logged.evidence)
    if logged.value < criterion.threshold:
        return Result(criterion, FAIL, logged.value, _miss(criterion, logged), logged.evidence)
    if doubted:
        return Result(
            criterion,
            UNVERIFIABLE,
            logged.value,
            f"the log contradicts itself: {consistent.why}",
            consistent.evidence or logged.evidence,
        )
    if tested.value is not None:
        reason = f"the log says {_text(logged.value)} % and the submitted weights reach {_text(tested.value)} %."
        return Result(criterion, UNVERIFIABLE, logged.value, reason, _evidence((logged, tested)))
    return Result(criterion, PASS, logged.value, "", logged.evidence)


def _untested(logged: Fact, tested: Fact) -> str:
    """Why the weights decide nothing, and what the log would say alone."""
    if logged.value is None and logged.why == tested.why:
        return _ended(tested.why)
    alone = f"{_text(logged.value)} %" if logged.value is not None else f"nothing: {logged.why}"
    return (
        f"the weights could not be tested: {_ended(tested.why)} The log alone says {_ended(alone)}"
    )


_CHECKS = {"is_true": _truth, "accuracy": _accuracy} | dict.fromkeys(
    ("above", "below", "at_least", "at_most"), _number
)


def _known(facts: Mapping[str, Fact], name: str, kind) -> Fact:
    """The fact of that name; a value of a kind that the check does not judge counts as missing."""
    fact = facts.get(name, Fact(None, "no audit looked for it."))
    if fact.value is None:
        return fact if fact.why else Fact(None, "no reason was given.", fact.evidence)
    truth = isinstance(fact.value, bool)
    if truth != (kind is bool) or not isinstance(fact.value, kind) or fact.value != fact.value:
        return Fact(None, f"the audit gave {fact.value!r}, which cannot be judged.", fact.evidence)
    return fact


def _wrong(names: list[str], found: Mapping[str, Fact]) -> str:
    """A sentence for each fact that is not as it should be."""
    sentences = []
    for name in names:
        why = found[name].why.strip().rstrip(".")
        answer = "yes" if found[name].value else "no"
        sentences.append(f"{_capital(FACTS[name].label)}: {answer}{f' ({why})' if why else ''}.")
    return " ".join(sentences)


def _unknown(names: list[str], found: Mapping[str, Fact]) -> str:
    """Why these facts are not known, each reason once."""
    labels: dict[str, list[str]] = {}
    for name in names:
        labels.setdefault(_ended(found[name].why), []).append(FACTS[name].label)
    if len(labels) == 1:
        return next(iter(labels))
    return " ".join(f"{_capital('; '.join(of))}: {why}" for why, of in labels.items())


def _ended(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _miss(criterion: Criterion, fact: Fact) -> str:
    return f"Found {_text(fact.value)}, required {required(criterion)}."


def _text(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _evidence(facts) -> tuple[Evidence, ...]:
    return tuple(dict.fromkeys(evidence for fact in facts for evidence in fact.evidence))
