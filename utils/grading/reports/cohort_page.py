"""Many submissions on one page: a table to sort and filter, those that need a person first, then how the class did."""

import statistics
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from utils.grading.reports import html, plots
from utils.grading.reports.entry import (
    could_not_work,
    decided,
    final_points,
    needs_a_person,
    nothing_to_grade,
    open_criteria,
    points_of,
    shown,
)
from utils.grading.reports.feedback import feedback
from utils.grading.reports.markdown import number
from utils.grading.rubrics.rubric import Rubric

# Fact → the head of its column, and what it says in full.
FIGURES = {
    "best_test_accuracy": ("acc. %", "best test accuracy, per cent"),
    "epochs": ("epochs", "epochs logged"),
    "parameters": ("params", "number of parameters"),
    "receptive_field": ("field", "receptive field, pixels"),
}
SIGNS = {"pass": "✓", "fail": "✗", "unverifiable": "?"}
_ORDER = {"fail": 0, "unverifiable": 1, "hand": 2, "pass": 3}


def row(
    entry: dict,
    name: str,
    link: str = "",
    student: Mapping | None = None,
    paste: Mapping[str, str] | None = None,
) -> dict:
    """What of an entry the page and the mark sheets show. `student` is the roster's; `paste` are rows for decisions.csv, by
    criterion."""
    mark = entry.get("mark", {})
    return {
        "name": name,
        "link": link,
        "student": student,
        "points": final_points(entry),
        "max points": entry["max_points"],
        "days late": mark.get("days_late", 0),
        "penalty": mark.get("penalty", 0),
        "given": {one["id"]: points_of(one) for one in entry["criteria"]},
        "verdicts": {one["id"]: shown(one) for one in entry["criteria"]},
        "decided": {one["id"]: decided(one) for one in entry["criteria"]},
        "open": _open(entry, paste or {}) if needs_a_person(entry) else [],
        **{fact: entry["facts"][fact] for fact in FIGURES},
        "false claims": sum(claim["verdict"] == "false" for claim in entry["claims"]),
        "remarks": len(entry["warnings"]),
        "could not work": could_not_work(entry),
        "note": _note(entry),
        "feedback": feedback(entry),
        "same as": (),
    }


def _open(entry: dict, paste: Mapping[str, str]) -> list[tuple[str, str, str, str]]:
    """What waits for a person: a criterion's id, its title, why, and a row to paste; with an empty id the whole."""
    if could_not_work(entry) or nothing_to_grade(entry):
        return [("", "The whole submission", entry["criteria"][0]["advice"], paste.get("", ""))]
    return [
        (one["id"], one.get("title", one["id"]), one["advice"], paste.get(one["id"], ""))
        for one in open_criteria(entry)
    ]


def _note(entry: dict) -> str:
    """Why there is no grading."""
    return (
        "could not be graded"
        if could_not_work(entry)
        else "nothing to grade"
        if nothing_to_grade(entry)
        else ""
    )


def people_first(rows: Sequence[dict]) -> list[dict]:
    """The rows that wait for a person before the others, each part in its order."""
    return sorted(rows, key=lambda each: not each["open"])


def cohort_page(
    rows: Sequence[dict], rubric: Rubric, problems: Sequence[str] = (), copies: str = ""
) -> str:
    """`problems` are sentences on decisions and roster; `copies` is the address of the page on what is equal."""
    rows = people_first(rows)
    points = [each["points"] for each in rows if not each["note"]]
    scripts = [html.trusted("copy.js"), html.trusted("table.js")]
    return (
        html.environment()
        .get_template("cohort.html")
        .render(
            rubric=rubric.name,
            criteria=rubric.criteria,
            signs=[(sign, verdict) for verdict, sign in SIGNS.items()],
            columns=_columns(rubric),
            rows=[each | {"cells": _cells(each, rubric, copies)} for each in rows],
            problems=problems,
            waiting=[each for each in rows if each["open"]],
            copies=copies,
            plots=_plots(rows, points, rubric),
            median=statistics.median(points) if points else None,
            max_points=_max_points(rubric),
            failed=sum(each["could not work"] for each in rows),
            style=html.trusted("style.css"),
            scripts=scripts,
            script_hashes=Markup(" ".join(f"'{html.script_hash(one)}'" for one in scripts)),
        )
    )


def _columns(rubric: Rubric) -> list[dict]:
    """Head, what it is in full, and the kind of the cells below."""
    return [
        {"title": "submission", "full": "the student's folder", "kind": "name"},
        {"title": "points", "full": "points, with decisions and penalty", "kind": "number"},
        *[
            {"title": one.id.replace("_", " "), "full": one.title, "kind": "verdict"}
            for one in rubric.criteria
        ],
        *[{"title": head, "full": full, "kind": "number"} for head, full in FIGURES.values()],
        {"title": "late", "full": "days late", "kind": "number"},
        {"title": "false", "full": "claims that are false", "kind": "number"},
        {"title": "notes", "full": "remarks on the submission", "kind": "number"},
        {"title": "same as", "full": "submissions that are equal in something", "kind": "same"},
    ]


def _cells(each: dict, rubric: Rubric, copies: str) -> list[dict]:
    """The cells of one line but the first, in the order of the columns."""
    figures = [each[fact] for fact in FIGURES]
    figures += [each["days late"] or None, each["false claims"], each["remarks"]]
    cells = [{"kind": "number", "value": value, "text": _figure(value)} for value in figures]
    verdicts = [
        {
            "kind": "verdict",
            "verdict": each["verdicts"][one.id],
            "text": SIGNS.get(each["verdicts"][one.id]) or number(each["given"][one.id]),
            "value": _ORDER[each["verdicts"][one.id]],
            "words": each["decided"][one.id] or each["verdicts"][one.id],
            "criterion": one.id,
        }
        for one in rubric.criteria
    ]
    points = {"kind": "number", "value": each["points"], "text": number(each["points"])}
    same = {"kind": "same", "others": each["same as"], "link": copies}
    return [points, *verdicts, *cells, same]


def _figure(value: float | None) -> str:
    return "—" if value is None else number(value)


def _plots(rows: Sequence[dict], points: Sequence[float], rubric: Rubric) -> dict[str, str]:
    """Title → picture."""
    counts = {
        criterion.id: {
            verdict: sum(each["verdicts"][criterion.id] == verdict for each in rows)
            for verdict in _ORDER
        }
        for criterion in rubric.criteria
    }
    most = _max_points(rubric)
    figures = {
        "Points": plots.histogram(points, "Points", f"of {number(most)}", span=(0, most)),
        "Verdicts": plots.verdict_bars(counts, "Verdicts"),
    }
    limits = {
        fact: criterion.threshold for criterion in rubric.criteria for fact in criterion.facts
    }
    for fact in ("best_test_accuracy", "parameters", "receptive_field"):
        known = [each[fact] for each in rows if each[fact] is not None]
        if known:
            label = f"known for {len(known)} of {len(rows)}"
            title = FIGURES[fact][1].capitalize()
            figures[title] = plots.histogram(known, title, label, limits.get(fact))
    return {title: plots.png(figure) for title, figure in figures.items()}


def _max_points(rubric: Rubric) -> float:
    return sum(criterion.points for criterion in rubric.criteria)
