"""A submission in the JSON interface of schema.json: the entry that facts, verdicts, claims and attempts make."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from utils.grading import verdicts
from utils.grading.fact_names import LISTED
from utils.grading.facts import Claim, Evidence, Fact
from utils.grading.rubrics.rubric import Rubric

# How the first remark begins where the grader itself failed.
COULD_NOT_WORK = "The grader could not work on this submission"
# How every reason begins where the submission holds nothing that could be graded.
NOTHING = "There is nothing to grade"
EXCERPT = 1_000  # characters of what was seen at one place


@dataclass(frozen=True)
class Graded:
    """`entry` is the submission in the JSON interface."""

    entry: dict

    @staticmethod
    def excerpt(criterion: Mapping, place: Mapping) -> str:
        """What was seen at a place of a criterion's evidence; empty where nothing was noted."""
        return criterion.get("excerpts", {}).get(place_label(place), "")


def compose(
    path: str,
    rubric: Rubric,
    facts: Mapping[str, Fact],
    claims: list[Claim],
    warnings: list[str],
    attempts: Sequence[dict] = (),
    fingerprints: Mapping | None = None,
) -> Graded:
    """The entry that these facts and claims make; `attempts` are rows of `attempt_entry`, `fingerprints` are what a copy
    would have in common with the submission."""
    results = verdicts.judge_all(rubric, facts)
    values = {
        name: plain(facts[name].value) if name in facts else None
        for name in dict.fromkeys((*LISTED, *facts))
    }
    entry = {
        "path": path,
        "rubric": rubric.name,
        "points": sum(result.points for result in results),
        "max_points": sum(criterion.points for criterion in rubric.criteria),
        "criteria": [criterion_entry(result) for result in results],
        "claims": [claim_entry(claim) for claim in claims],
        "facts": values
        | {
            "why": {
                name: reason(facts.get(name)) for name, value in values.items() if value is None
            }
        },
        "warnings": list(dict.fromkeys(warnings)),
        "attempts": list(attempts),
    }
    return Graded(entry | ({"fingerprints": dict(fingerprints)} if fingerprints else {}))


def attempt_entry(
    name: str,
    network: str | None,
    log: str | None,
    remark: str,
    results: Sequence[verdicts.Result] = (),
    counts: bool = False,
) -> dict:
    """One attempt as a row: its points and verdicts where it was judged, and what is to be said of it."""
    points = sum(result.points for result in results) if results else None
    return {
        "name": name,
        "counts": counts,
        "points": points,
        "network": network,
        "log": log,
        "remark": remark,
        "verdicts": {result.criterion.id: result.verdict for result in results},
    }


def criterion_entry(result: verdicts.Result) -> dict:
    """One criterion with its verdict and points, as the JSON interface has it."""
    criterion = result.criterion
    places, seen = {}, {}
    for place in result.evidence:
        label = place_label(place_entry(place))
        places[label] = place_entry(place)
        if place.text:
            seen.setdefault(label, {})[place.text] = None
    return {
        "id": criterion.id,
        "title": criterion.title,
        "verdict": result.verdict,
        "points": result.points,
        "max_points": criterion.points,
        "value": plain(result.value),
        "required": verdicts.required(criterion),
        "evidence": list(places.values()),
        "excerpts": {label: "; ".join(texts)[:EXCERPT] for label, texts in seen.items()},
        "advice": result.advice,
    }


def claim_entry(claim: Claim) -> dict:
    """One claim with its verdict, as the JSON interface has it."""
    marked = {"marked": list(claim.marked)} if claim.marked else {}
    return {
        "text": claim.text,
        "evidence": place_entry(claim.evidence),
        "verdict": claim.verdict,
        "value": plain(claim.value),
        "why": claim.why,
    } | marked


def place_entry(place: Evidence) -> dict:
    """{"file", "line"} or {"notebook", "cell"}; the line or cell is null where it is the file as a whole."""
    if place.notebook is not None:
        return {"notebook": place.notebook, "cell": place.cell}
    return {"file": place.file or "", "line": place.line}


def place_label(place: Mapping) -> str:
    """A place in words: "models/net.py:12", "train.ipynb, cell 3"."""
    if "notebook" in place:
        return (
            place["notebook"]
            if place["cell"] is None
            else f"{place['notebook']}, cell {place['cell']}"
        )
    return place["file"] if place["line"] is None else f"{place['file']}:{place['line']}"


def reason(fact: Fact | None) -> str:
    """The fact's `why`, or a sentence that no audit established it."""
    return fact.why if fact is not None and fact.why else "No audit established it."


def plain(value: object) -> object:
    """`value` as JSON can hold it: NaN and infinities become null, tuples lists, anything else its text."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return str(value)


def not_graded(path: str, rubric: Rubric, why: str) -> Graded:
    """The entry of a submission at which the grader itself failed: everything is unverifiable."""
    sentence = f"{COULD_NOT_WORK}: {why}"
    facts = dict.fromkeys(_asked(rubric), Fact(None, sentence))
    return compose(path, rubric, facts, [], [sentence])


def without_content(path: str, rubric: Rubric, warnings: Sequence[str]) -> Graded:
    """The entry of a submission that holds nothing to grade: everything is unverifiable, for that one reason."""
    why = "see the remarks" if warnings else "no notebook, no Python file and no text is in it"
    facts = dict.fromkeys((*LISTED, *_asked(rubric)), Fact(None, f"{NOTHING}: {why}."))
    return compose(path, rubric, facts, [], list(warnings))


def nothing_to_grade(entry: Mapping) -> str:
    """The sentence that says so where this is the entry of a submission that holds nothing to grade; else empty."""
    reason, *others = {entry["facts"]["why"].get(name, "") for name in LISTED}
    return reason if reason.startswith(NOTHING) and not others else ""


def _asked(rubric: Rubric) -> list[str]:
    """The names of the facts that the rubric judges."""
    return [name.removeprefix("not ") for criterion in rubric.criteria for name in criterion.facts]


def could_not_work(entry: Mapping) -> bool:
    """Whether this is the entry of a submission at which the grader itself failed."""
    return any(warning.startswith(COULD_NOT_WORK) for warning in entry["warnings"])


# --- what a person decided --------------------------------------------------------------------------------------------


def points_of(criterion: Mapping) -> float:
    """The points of a criterion: those that a person gave, else the grader's."""
    return criterion.get("decision", criterion)["points"]


def settled(criterion: Mapping) -> str:
    """The verdict, or what a person's decision makes of it: a pass with all its points, else a fail."""
    if "decision" not in criterion:
        return criterion["verdict"]
    return "pass" if points_of(criterion) >= criterion["max_points"] else "fail"


def shown(criterion: Mapping) -> str:
    """The verdict, or "hand" where a person decided: some of the points are neither a pass nor a fail."""
    return "hand" if "decision" in criterion else criterion["verdict"]


def decided(criterion: Mapping) -> str:
    """Who decided, where it was a person: "decided by hand, was unverifiable"; else empty."""
    return f"decided by hand, was {criterion['verdict']}" if "decision" in criterion else ""


def final_points(entry: Mapping) -> float:
    """The points of a submission, by hand and after a penalty where there are such."""
    return entry.get("mark", entry)["points"]


def open_criteria(entry: Mapping) -> list[Mapping]:
    """The criteria that wait for a person: unverifiable, and not decided."""
    return [one for one in entry["criteria"] if settled(one) == "unverifiable"]


def needs_a_person(entry: Mapping) -> bool:
    """Whether a criterion waits for a person; one remark by hand is enough where nothing at all could be graded."""
    ungraded = could_not_work(entry) or nothing_to_grade(entry)
    return bool(open_criteria(entry)) and not (ungraded and entry.get("mark", {}).get("by_hand"))
