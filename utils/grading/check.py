"""One criterion from a notebook: `from utils.grading.check import check; check("dilated")`.

For a cell of otter-grader's or nbgrader's tests: `assert check("dilated")`, or `check("dilated").points` for part of the
points.
"""

import functools
from dataclasses import dataclass
from pathlib import Path

from utils.errors import UserError
from utils.grading.audits import Options
from utils.grading.cohort.grade_many import stem
from utils.grading.grade import grade
from utils.grading.reports.entry import place_label
from utils.grading.rubrics.rubric import Rubric, load_rubric

PLACES = 5  # that are shown


@dataclass(frozen=True)
class Checked:
    """The verdict on one criterion: "pass", "fail" or "unverifiable"; true where it is a pass.

    `advice` says what to change, empty where that is nothing; `places` where the grader looked, as "net.py:12".
    """

    title: str
    verdict: str
    points: float
    max_points: float
    advice: str
    places: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether the verdict is a pass; what is unverifiable is none."""
        return self.verdict == "pass"

    def __bool__(self) -> bool:
        return self.passed

    def __repr__(self) -> str:
        lines = [f"{self.title}: {self.verdict}, {self.points:g} of {self.max_points:g} points"]
        lines += [self.advice] if self.advice else []
        lines += [f"Looked at: {', '.join(self.places)}"] if self.places else []
        return "\n".join(lines)


def check(
    criterion: str, folder: Path | str = ".", rubric: str = "era_s9", run: bool = True
) -> Checked:
    """The verdict on one criterion of the rubric, by its id, for the submission in `folder`.

    A notebook runs in its own folder, so that is the default. What counts is what is saved there: save the notebook first.
    With `run`, the network is executed, isolated. Asking for another criterion grades nothing again while no file changes.
    UserError where the rubric has no such criterion, or there is no such folder.
    """
    asked, options = load_rubric(rubric), Options(run=run)
    known = [one.id for one in asked.criteria]
    if criterion not in known:
        raise UserError(
            f"{criterion!r} is no criterion of {asked.name}: choose {', '.join(known)}."
        )
    path = Path(folder).resolve()
    entry = _graded(path, asked, options, stem(str(path), asked, options))
    found = next(one for one in entry["criteria"] if one["id"] == criterion)
    places = dict.fromkeys(map(place_label, found["evidence"]))
    return Checked(
        asked.criteria[known.index(criterion)].title,
        found["verdict"],
        found["points"],
        found["max_points"],
        found["advice"],
        tuple(places)[:PLACES],
    )


@functools.lru_cache(maxsize=1)
def _graded(path: Path, rubric: Rubric, options: Options, content: str) -> dict:
    """The entry of a submission; `content` is another when a file has changed."""
    return grade(path, rubric, options)
