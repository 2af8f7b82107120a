"""What a graded class leaves in its folder: a page for each submission, index.html, copies.html and cohort.csv.

All of it is made anew each time from the JSON files and from decisions.csv, which takes seconds: nothing is graded for it.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from utils.files import write_whole
from utils.grading.cohort.decisions import (
    Decisions,
    begin_decisions,
    read_decisions,
    row_to_paste,
    with_decisions,
)
from utils.grading.cohort.grade_many import Task, entries
from utils.grading.cohort.mark_sheets import cohort_csv
from utils.grading.cohort.roster import Roster, read_roster
from utils.grading.copies.groups import Group, groups
from utils.grading.reports.cohort_page import cohort_page, row
from utils.grading.reports.copies_page import copies_page
from utils.grading.reports.entry import Graded, needs_a_person, open_criteria
from utils.grading.reports.html import html_report
from utils.grading.reports.names import submission_name, submission_names
from utils.grading.rubrics.rubric import Rubric

COPIES = "copies.html"


@dataclass(frozen=True)
class GradedClass:
    """The tasks of a class, all done, with what a person added."""

    tasks: Sequence[Task]
    names: Sequence[str]
    rubric: Rubric
    decisions: Decisions
    roster: Roster | None
    late_penalty: float

    @property
    def problems(self) -> tuple[str, ...]:
        """A sentence on each row of decisions.csv and on each submission that cannot be followed in the roster."""
        return (*self.decisions.problems, *(self.roster.problems if self.roster else ()))

    def entries(self) -> Iterator[dict]:
        """Each submission's entry with the decisions on it."""
        for index, entry in enumerate(entries(self.tasks)):
            yield with_decisions(entry, self.decisions.by_hand.get(index), self.late_penalty)


def graded_class(
    tasks: Sequence[Task],
    rubric: Rubric,
    folder: Path,
    late_penalty: float = 0,
    roster: Path | None = None,
) -> GradedClass:
    """The class with the folder's decisions.csv, which is made where there is none, and the roster."""
    names = submission_names([task.path for task in tasks])
    file = begin_decisions(folder)
    return GradedClass(
        tasks,
        names,
        rubric,
        read_decisions(file, names, rubric),
        read_roster(roster, names) if roster else None,
        late_penalty,
    )


def write_reports(graded: GradedClass, folder: Path, handout: Task | None = None) -> list[dict]:
    """Write every file; returns the rows of the table. What the `handout` holds counts as nobody's."""
    rows, prints = [], []
    students = graded.roster.of if graded.roster else {}
    for index, (task, entry) in enumerate(zip(graded.tasks, graded.entries())):
        name = graded.names[index]
        waiting = ["", *(one["id"] for one in open_criteria(entry))]
        paste = {one: row_to_paste(name, one) for one in waiting if needs_a_person(entry)}
        _write_changed(task.page, html_report(Graded(entry), name, paste))
        rows.append(row(entry, name, task.page.name, students.get(index), paste))
        prints.append(entry.get("fingerprints"))
    given = next(entries([handout])).get("fingerprints") if handout else None
    found = groups(prints, given)
    same = _same_as(found, graded.names)
    rows = [each | {"same as": same.get(index, [])} for index, each in enumerate(rows)]
    links = [task.page.name for task in graded.tasks]
    called = submission_name(handout.path) if handout else ""
    _write_changed(folder / COPIES, copies_page(found, graded.names, links, called))
    page = cohort_page(rows, graded.rubric, graded.problems, COPIES if found else "")
    _write_changed(folder / "index.html", page)
    _write_changed(folder / "cohort.csv", cohort_csv(rows, graded.rubric, graded.roster))
    return rows


def _same_as(found: Sequence[Group], names: Sequence[str]) -> dict[int, list[tuple[str, str]]]:
    """For each submission that is equal to others in something, the name of each and in what."""
    same: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for group in found:
        for (one, other), kinds in group.kinds().items():
            same[one].append((names[other], ", ".join(kinds)))
            same[other].append((names[one], ", ".join(kinds)))
    return same


def _write_changed(file: Path, text: str) -> None:
    """Write a file whose content is another than before: that waits for the disk, and most pages stay as they are."""
    data = text.encode()
    try:
        if file.read_bytes() == data:
            return
    except OSError:
        pass
    write_whole(file, data)
