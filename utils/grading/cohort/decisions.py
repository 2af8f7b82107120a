"""What a person decided by hand: decisions.csv in the cohort's folder. The grader reads it and never changes it.

A row gives a criterion of a submission points, or says how many days late it is, or only holds a comment. Rows that
cannot be followed are named by their line, and the others hold.
"""

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from utils.errors import UserError
from utils.grading.cohort.teacher_csv import Unreadable, column, folded, number, read_table
from utils.grading.reports.entry import points_of
from utils.grading.reports.markdown import number as figure
from utils.grading.reports.safe_text import one_line, spreadsheet
from utils.grading.rubrics.rubric import Criterion, Rubric
from utils.tables import csv_table

NAME = "decisions.csv"
COLUMNS = ("submission", "criterion", "points", "comment", "days late")


@dataclass
class ByHand:
    """What was entered about one submission: points and comments by criterion, comments on the whole, days late."""

    criteria: dict[str, dict] = field(default_factory=dict)
    comments: list[str] = field(default_factory=list)
    days_late: float | None = None


@dataclass(frozen=True)
class Decisions:
    """By the places of the submissions in the class; `problems` name the rows that could not be followed."""

    by_hand: Mapping[int, ByHand] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


class _WrongRow(ValueError):
    """The message is a clause that says what is wrong with a row."""


def begin_decisions(folder: Path) -> Path:
    """The folder's decisions.csv, made with its first line where there is none yet."""
    file = folder / NAME
    try:
        with open(file, "x", encoding="utf-8", newline="") as new:
            new.write(csv_table(COLUMNS, []))
    except FileExistsError:
        pass
    except OSError as error:
        raise UserError(f"{file} cannot be made: {error.strerror}.") from None
    return file


def read_decisions(file: Path, names: Sequence[str], rubric: Rubric) -> Decisions:
    """What the file says of the submissions called `names`."""
    try:
        table = read_table(file)
    except Unreadable as error:
        return Decisions(problems=(f"{file.name} cannot be read, and no decision holds: {error}.",))
    places = [column(table.header, name, *_ALSO.get(name, ())) for name in COLUMNS]
    if places[0] is None:
        return Decisions(
            problems=(
                f"{file.name}, line 1: there is no column 'submission', so no decision holds; the first line must be "
                f"{','.join(COLUMNS)}.",
            )
        )
    known = _known(names)
    by_hand: dict[int, ByHand] = {}
    problems = []
    for line, cells in table.rows:
        row = ["" if place is None else cells[place] for place in places]
        try:
            if any(cells[len(table.header) :]):
                raise _WrongRow(
                    f"it has more cells than the first line has columns ({len(table.header)}); put texts with a "
                    "separator into quotes"
                )
            index = _submission(row[0], known, names)
            hand = by_hand.get(index, ByHand())
            _enter(hand, row, rubric)
            by_hand[index] = hand
        except _WrongRow as error:
            problems.append(f"{file.name}, line {line}: {error}.")
    return Decisions(by_hand, tuple(problems))


_ALSO = {"days late": ("late days", "late"), "comment": ("comments",)}


def _known(names: Sequence[str]) -> dict[str, int]:
    """What each submission may be called: its name, also as a spreadsheet shows it, and without an archive's ending."""
    known = {}
    for index, name in enumerate(names):
        short = name.rpartition("/")[2]
        for also in (short, short.partition(".")[0]):
            known.setdefault(folded(also), set()).add(index)
    unique = {name: min(places) for name, places in known.items() if len(places) == 1}
    for index, name in enumerate(names):
        unique |= {folded(text): index for text in (name, spreadsheet(name), one_line(name))}
    return unique


def _submission(name: str, known: Mapping[str, int], names: Sequence[str]) -> int:
    if not name:
        raise _WrongRow("it names no submission")
    if folded(name) not in known:
        close = difflib.get_close_matches(name, names, 1)
        hint = f"; is it {one_line(close[0])}?" if close else ""
        raise _WrongRow(f"there is no submission '{one_line(name, 80)}'{hint}")
    return known[folded(name)]


def _enter(hand: ByHand, row: Sequence[str], rubric: Rubric) -> None:
    """Everything of a row is understood before any of it is entered."""
    _, named, points, comment, days = row
    late = _days(days, hand) if days else None
    if named:
        criterion = _criterion(named, rubric)
        decision = {"points": _points(points, criterion), "comment": comment}
        before = hand.criteria.setdefault(criterion.id, decision)
        if before != decision:
            raise _WrongRow(
                f"{criterion.id} was decided in a line above, with {figure(before['points'])} points; keep one of them"
            )
    elif points:
        raise _WrongRow(f"it gives {one_line(points, 40)} points, and names no criterion")
    elif not comment and late is None:
        raise _WrongRow("it says nothing: give a criterion its points, a comment, or days late")
    if late is not None:
        hand.days_late = late
    if comment and not named:
        hand.comments.append(comment)


def _criterion(named: str, rubric: Rubric) -> Criterion:
    for criterion in rubric.criteria:
        if folded(named) in (folded(criterion.id), folded(criterion.title)):
            return criterion
    raise _WrongRow(
        f"there is no criterion '{one_line(named, 80)}'; the criteria are "
        f"{', '.join(criterion.id for criterion in rubric.criteria)}"
    )


def _points(text: str, criterion: Criterion) -> float:
    if not text:
        raise _WrongRow(f"it gives {criterion.id} no points: enter 0 to {figure(criterion.points)}")
    try:
        points = number(text)
    except ValueError:
        raise _WrongRow(f"the points '{one_line(text, 40)}' are no number of 0 or more") from None
    if points > criterion.points:
        raise _WrongRow(
            f"it gives {criterion.id} {figure(points)} points, which can have {figure(criterion.points)} at most"
        )
    return points


def _days(text: str, hand: ByHand) -> float:
    try:
        days = number(text)
    except ValueError:
        raise _WrongRow(
            f"the days late '{one_line(text, 40)}' are no number of 0 or more"
        ) from None
    if hand.days_late not in (None, days):
        raise _WrongRow(
            f"it says {figure(days)} days late, and a line above {figure(hand.days_late)}; keep one of them"
        )
    return days


# --- what follows from them -------------------------------------------------------------------------------------------


def with_decisions(entry: dict, hand: ByHand | None, late_penalty: float = 0) -> dict:
    """The entry with what was decided and the points that follow; verdicts and points of the grader stay as they are.

    `late_penalty` is in per cent of all points for each day that has begun; the points do not fall below 0.
    """
    given = hand or ByHand()
    criteria = [
        one | ({"decision": given.criteria[one["id"]]} if one["id"] in given.criteria else {})
        for one in entry["criteria"]
    ]
    before, days = sum(map(points_of, criteria)), given.days_late or 0
    penalty = min(before, entry["max_points"] * late_penalty / 100 * math.ceil(days))
    mark = {
        "points": _round(before - penalty),
        "before_penalty": before,
        "days_late": days,
        "penalty": _round(penalty),
        "comment": " ".join(given.comments),
        "by_hand": hand is not None,
    }
    return entry | {"criteria": criteria, "mark": mark}


def _round(points: float) -> float:
    return int(points) if points == int(points) else round(points, 2)


def row_to_paste(name: str, criterion: str) -> str:
    """A line of decisions.csv that waits for its points."""
    return csv_table((spreadsheet(name), criterion, "", "", ""), []).rstrip("\n")
