"""The marks of a class for what takes them: a table of all that is known, Moodle's and Canvas's import files.

Moodle (docs.moodle.org, "Using Assignment", offline grading worksheet, and "Grade import") maps columns by their heads;
its worksheet, given as the roster, comes back as it was with grade and feedback filled in. Canvas (Instructure's guide, "How
do I import grades in the Gradebook?") wants Student, ID, SIS User ID, SIS Login ID and Section, then a column that is called
as the assignment is, with its points in a row "Points Possible".
"""

from collections.abc import Callable, Iterable, Sequence

from utils.grading.cohort.roster import Roster, Student
from utils.grading.cohort.teacher_csv import column
from utils.grading.reports.cohort_page import FIGURES
from utils.grading.reports.safe_text import printable, spreadsheet
from utils.grading.rubrics.rubric import Rubric
from utils.tables import csv_table

FEEDBACK = 4_000  # characters
MOODLE = (
    "Identifier",
    "Full name",
    "ID number",
    "Email address",
    "Grade",
    "Maximum Grade",
    "Feedback comments",
)
CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")


def cohort_csv(rows: Iterable[dict], rubric: Rubric, roster: Roster | None = None) -> str:
    """One line for each submission: the points, then what they are made of; no cell is a formula."""
    ids = [criterion.id for criterion in rubric.criteria]
    people = ("name", "number") if roster else ()
    columns = (
        "student",
        *people,
        "points",
        *ids,
        "days late",
        "penalty",
        "needs a person",
        "same as",
        "feedback",
        *[f"verdict: {name}" for name in ids],
        *FIGURES,
        "false claims",
        "remarks",
        "note",
    )
    lines = [
        (
            spreadsheet(each["name"]),
            *[spreadsheet(_known(each, key)) for key in people],
            each["points"],
            *[each["given"][name] for name in ids],
            each["days late"],
            each["penalty"],
            "yes" if each["open"] else "no",
            spreadsheet("; ".join(f"{other} ({kinds})" for other, kinds in each["same as"])),
            spreadsheet(each["feedback"], FEEDBACK),
            *[each["decided"][name] or each["verdicts"][name] for name in ids],
            *[each[fact] for fact in FIGURES],
            each["false claims"],
            each["remarks"],
            each["note"],
        )
        for each in rows
    ]
    return printable(csv_table([spreadsheet(name) for name in columns], lines))


def _known(each: dict, key: str) -> str:
    student = each["student"]
    if student is None:
        return ""
    others = ("id", "participant", "login") if key == "number" else ()
    return next(filter(None, (student[one] for one in (key, *others))), "")


def moodle_csv(rows: Sequence[dict], rubric: Rubric, roster: Roster | None, assignment: str) -> str:
    """What Moodle imports, a line for each submission whose student the roster knows."""
    if roster and column(roster.table.header, "identifier") is not None:
        return _filled(rows, roster, ("grade",), ("feedback comments",))
    lines = [
        (
            *[
                spreadsheet(each["student"][key])
                for key in ("participant", "name", "number", "email")
            ],
            each["points"],
            each["max points"],
            spreadsheet(each["feedback"], FEEDBACK),
        )
        for each in rows
        if each["student"]
    ]
    return printable(csv_table(MOODLE, lines))


def canvas_csv(rows: Sequence[dict], rubric: Rubric, roster: Roster | None, assignment: str) -> str:
    """What Canvas imports, in the same way."""
    keys = ("name", "id", "number", "login", "section")
    lines = [("    Points Possible", "", "", "", "", sum(one.points for one in rubric.criteria))]
    lines += [
        (*[spreadsheet(each["student"][key]) for key in keys], each["points"])
        for each in rows
        if each["student"]
    ]
    return printable(csv_table((*CANVAS, spreadsheet(assignment or rubric.title)), lines))


WRITERS: dict[str, Callable[[Sequence[dict], Rubric, Roster | None, str], str]] = {
    "moodle": moodle_csv,
    "canvas": canvas_csv,
}


def _filled(
    rows: Sequence[dict], roster: Roster, grade: Sequence[str], feedback: Sequence[str]
) -> str:
    """The roster with its cells for grade and feedback filled in; the rows of students without a submission stay."""
    places = {id(each["student"]): each for each in rows if each["student"]}
    points_at, text_at = column(roster.table.header, *grade), column(roster.table.header, *feedback)
    lines = [_row(one, places.get(id(one)), points_at, text_at) for one in roster.students]
    return printable(csv_table([spreadsheet(head) for head in roster.table.header], lines))


def _row(student: Student, each: dict | None, points_at: int | None, text_at: int | None) -> list:
    cells = [cell if cell == "-" else spreadsheet(cell, FEEDBACK) for cell in student.cells]
    if each and points_at is not None:
        cells[points_at] = each["points"]
    if each and text_at is not None:
        cells[text_at] = spreadsheet(each["feedback"], FEEDBACK)
    return cells
