"""One submission graded: every audit, the facts that they establish, the verdicts on the rubric's criteria, the claims."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from utils.grading import criteria
from utils.grading.audits import Options, audit
from utils.grading.fact_names import LISTED
from utils.grading.facts import Claim, Evidence, Fact
from utils.grading.rubric import Rubric
from utils.grading.submission.contents import read_submission
from utils.grading.time_limit import TookTooLong, at_most

DEFAULTS = Options()
SECONDS = 120  # of the grader's own processor time for a submission, which takes a few; executions have other limits
# How the first remark begins where the grader itself failed.
COULD_NOT_WORK = "The grader could not work on this submission"
# How every reason begins where the submission holds nothing that could be graded.
NOTHING = "There is nothing to grade"


@dataclass(frozen=True)
class Graded:
    """`entry` is the submission in the JSON interface; `excerpts` say by criterion and place what was seen there, and
    `titles` what each criterion asks."""
    entry: dict
    excerpts: Mapping[tuple[str, str], str]
    titles: Mapping[str, str]

    def excerpt(self, criterion: Mapping, place: Mapping) -> str:
        """What was seen at a place of a criterion's evidence; empty where nothing was noted."""
        return self.excerpts.get((criterion["id"], place_label(place)), "")


def grade(path: Path | str, rubric: Rubric, options: Options = DEFAULTS) -> dict:
    """One element of "submissions" in the JSON interface (schema.json), by the time limit of `examine_in_time`.

    UserError where there is nothing at `path`.
    """
    return examine_in_time(path, rubric, options).entry


def examine(path: Path | str, rubric: Rubric, options: Options = DEFAULTS) -> Graded:
    """`grade` with the excerpts that pages show, and without a limit on time."""
    submission = read_submission(Path(path))
    if submission.is_empty:
        return without_content(str(path), rubric, submission.warnings)
    facts, claims, warnings = audit(submission, rubric, options)
    return compose(str(path), rubric, facts, claims, [*submission.warnings, *warnings])


def examine_in_time(path: Path | str, rubric: Rubric, options: Options = DEFAULTS) -> Graded:
    """`examine`, given up after SECONDS of processor time: then the entry says so, and everything is unverifiable."""
    try:
        with at_most(SECONDS):
            return examine(path, rubric, options)
    except TookTooLong:
        return not_graded(str(path), rubric, f"it took longer than {SECONDS} s of processor time")


def compose(path: str, rubric: Rubric, facts: Mapping[str, Fact], claims: list[Claim], warnings: list[str]) -> Graded:
    """The entry that these facts and claims make."""
    results = [criteria.judge(criterion, facts) for criterion in rubric.criteria]
    values = {name: plain(facts[name].value) if name in facts else None for name in dict.fromkeys((*LISTED, *facts))}
    entry = {
        "path": path, "rubric": rubric.name,
        "points": sum(result.points for result in results),
        "max_points": sum(criterion.points for criterion in rubric.criteria),
        "criteria": [criterion_entry(result) for result in results],
        "claims": [claim_entry(claim) for claim in claims],
        "facts": values | {"why": {name: reason(facts.get(name)) for name, value in values.items() if value is None}},
        "warnings": list(dict.fromkeys(warnings)),
    }
    seen: dict[tuple[str, str], dict[str, None]] = {}
    for result in results:
        for place in result.evidence:
            seen.setdefault((result.criterion.id, place_label(place_entry(place))), {})[place.text] = None
    excerpts = {key: "; ".join(filter(None, texts)) for key, texts in seen.items()}
    return Graded(entry, excerpts, {criterion.id: criterion.title for criterion in rubric.criteria})


def criterion_entry(result: criteria.Result) -> dict:
    criterion = result.criterion
    places = list({place_label(place_entry(place)): place_entry(place) for place in result.evidence}.values())
    return {"id": criterion.id, "verdict": result.verdict, "points": result.points, "max_points": criterion.points,
            "value": plain(result.value), "required": criteria.required(criterion),
            "evidence": places, "advice": result.advice}


def claim_entry(claim: Claim) -> dict:
    return {"text": claim.text, "evidence": place_entry(claim.evidence), "verdict": claim.verdict,
            "value": plain(claim.value), "why": claim.why}


def place_entry(place: Evidence) -> dict:
    """{"file", "line"} or {"notebook", "cell"}; the line or cell is null where it is the file as a whole."""
    if place.notebook is not None:
        return {"notebook": place.notebook, "cell": place.cell}
    return {"file": place.file or "", "line": place.line}


def place_label(place: Mapping) -> str:
    """A place in words: "models/net.py:12", "train.ipynb, cell 3"."""
    if "notebook" in place:
        return place["notebook"] if place["cell"] is None else f"{place['notebook']}, cell {place['cell']}"
    return place["file"] if place["line"] is None else f"{place['file']}:{place['line']}"


def reason(fact: Fact | None) -> str:
    return fact.why if fact is not None and fact.why else "No audit established it."


def plain(value: object) -> object:
    """`value` as JSON can hold it: numbers that are none become null, tuples lists, everything unknown its text."""
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
