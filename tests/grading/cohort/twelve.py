"""The class of twelve, graded without executing anything."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from tests.grading.cohort.class_of_twelve import ROSTER, write_class
from utils.grading.audits import Options
from utils.grading.cohort.class_reports import graded_class, write_reports
from utils.grading.cohort.grade_many import Task, grade_cohort
from utils.grading.rubrics.rubric import Rubric, load_rubric


@dataclass(frozen=True)
class Twelve:
    """`paths` are the submissions, `folder` holds their gradings and pages, `roster` is the list of the class."""

    paths: list[str]
    folder: Path
    tasks: list[Task]
    rubric: Rubric
    roster: Path
    rows: list[dict]

    def copy(self, folder: Path) -> "Twelve":
        """The same in another folder, to be changed."""
        shutil.copytree(self.folder, folder)
        return replace(
            self, folder=folder, tasks=[replace(task, folder=folder) for task in self.tasks]
        )

    def again(self, late_penalty: float = 0, roster: Path | None = None):
        """Reports made anew: (the class, its rows by name)."""
        done = graded_class(self.tasks, self.rubric, self.folder, late_penalty, roster)
        return done, {each["name"]: each for each in write_reports(done, self.folder)}


def grade_twelve(folder: Path) -> Twelve:
    """The class written below `folder` and graded there."""
    paths = [str(path) for path in write_class(folder / "inbox")]
    (folder / "roster.csv").write_text(ROSTER, encoding="utf-8")
    rubric = load_rubric("era_s9")
    tasks = grade_cohort(paths, rubric, Options(), folder / "graded", jobs=1, progress=False)
    rows = write_reports(graded_class(tasks, rubric, folder / "graded"), folder / "graded")
    return Twelve(paths, folder / "graded", tasks, rubric, folder / "roster.csv", rows)
