"""Who handed in what: a list of the class as CSV, its students joined with the folders of their submissions.

The list may be one of your own, Moodle's grading worksheet, or the gradebook that Canvas exports. Its column "submission"
names the folder; without one, a folder is a student's where its name is, or holds as a word, that student's number, login or
e-mail address, or all words of the name. Moodle and Canvas put the number into the names of what is downloaded. A folder
that may be two students' is nobody's, and is named.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from utils.errors import UserError
from utils.grading.cohort.teacher_csv import Table, Unreadable, column, folded, read_table
from utils.grading.reports.safe_text import one_line

# What a column is, by the heads that it may have: our own, Moodle's and Canvas's.
HEADS = {
    "submission": ("submission", "folder"),
    "name": ("name", "full name", "student", "student name"),
    "participant": ("identifier",),
    "number": ("number", "student number", "id number", "sis user id", "matriculation number"),
    "id": ("id", "user id", "student id"),
    "login": ("login", "username", "sis login id"),
    "email": ("email", "email address", "e mail", "mail"),
    "section": ("section", "group"),
}
_FIRST, _LAST = ("first name", "given name"), ("last name", "surname", "family name")
_KEYS = ("participant", "number", "id", "login", "email")  # what tells one student from all others
_NOT_STUDENTS = ("points possible", "student, test", "test student")  # rows that Canvas adds
_WORD = re.compile(r"[^\W_]+")
MOST = 10  # names in one sentence


@dataclass(frozen=True)
class Student:
    """One row: what the columns of HEADS hold ("" where there is none), and all its cells."""

    cells: tuple[str, ...]
    known: Mapping[str, str]

    def __getitem__(self, key: str) -> str:
        return self.known.get(key, "")


@dataclass(frozen=True)
class Roster:
    """`of` is the student of each submission, by its place in the class; `problems` name those that have none, and `absent`
    the students without a submission."""

    table: Table | None = None
    students: tuple[Student, ...] = ()
    of: Mapping[int, Student] = None
    problems: tuple[str, ...] = ()
    absent: tuple[Student, ...] = ()


def read_roster(file: Path, names: Sequence[str]) -> Roster:
    """The list in `file` joined with the submissions called `names`; UserError where it is none."""
    try:
        table = read_table(file)
    except Unreadable as error:
        raise UserError(f"The roster {file} cannot be read: {error}.") from None
    students = tuple(_students(table))
    if not students or not any(students[0].known):
        heads = ", ".join(head for each in HEADS.values() for head in each[:1])
        raise UserError(
            f"The roster {file} names no student: its first line must name its columns, such as {heads}."
        )
    candidates = {index: _students_of(name, students) for index, name in enumerate(names)}
    claimed = [found[0] for found in candidates.values() if len(found) == 1]
    of = {
        index: students[found[0]]
        for index, found in candidates.items()
        if len(found) == 1 and claimed.count(found[0]) == 1
    }
    problems = [
        _problem(names, index, candidates[index], students)
        for index in candidates
        if index not in of
    ]
    absent = tuple(one for place, one in enumerate(students) if place not in claimed)
    return Roster(table, students, of, tuple(problems), absent)


def _students(table: Table) -> Iterator[Student]:
    places = {
        key: place
        for key, heads in HEADS.items()
        if (place := column(table.header, *heads)) is not None
    }
    first, last = column(table.header, *_FIRST), column(table.header, *_LAST)
    for _, cells in table.rows:
        known = {key: cells[place] for key, place in places.items()}
        if "name" not in known and first is not None and last is not None:
            known["name"] = f"{cells[first]} {cells[last]}".strip()
        if folded(known.get("name", "")) not in _NOT_STUDENTS:
            yield Student(cells, known)


def _students_of(name: str, students: Sequence[Student]) -> list[int]:
    """The places of those whose submission this may be, by the surest sign that anybody has."""
    own = name.rpartition("/")[2]
    shorter = {folded(name), folded(own), folded(own.partition(".")[0])}
    words = set(_WORD.findall(folded(own)))
    for sign in (_named, _is_key, _holds_key, _holds_name):
        found = [place for place, one in enumerate(students) if sign(one, shorter, words)]
        if found:
            return found
    return []


def _named(student: Student, names: set[str], words: set[str]) -> bool:
    return bool(student["submission"]) and folded(student["submission"]) in names


def _is_key(student: Student, names: set[str], words: set[str]) -> bool:
    return any(folded(student[key]) in names for key in (*_KEYS, "name") if student[key])


def _holds_key(student: Student, names: set[str], words: set[str]) -> bool:
    keys = [folded(student[key]).removeprefix("participant ") for key in _KEYS if student[key]]
    return any(key in words or any(f"_{key}_" in f"_{name}_" for name in names) for key in keys)


def _holds_name(student: Student, names: set[str], words: set[str]) -> bool:
    own = set(_WORD.findall(folded(student["name"])))
    return len(own) > 1 and own <= words


def _problem(
    names: Sequence[str], index: int, found: Sequence[int], students: Sequence[Student]
) -> str:
    name = one_line(names[index], 80)
    if not found:
        return f"The roster has no student for the submission {name}."
    if len(found) > 1:
        who = ", ".join(
            one_line(students[place]["name"] or students[place].cells[0], 60)
            for place in found[:MOST]
        )
        return f"The submission {name} may be of {who}: name it in a column 'submission' of the roster."
    who = one_line(students[found[0]]["name"] or students[found[0]].cells[0], 60)
    return f"The submission {name} is one of several of {who}: name one in a column 'submission' of the roster."
