"""Many submissions on one page, and as CSV: a table to sort, how points, verdicts and figures are distributed, links."""

import statistics
from collections.abc import Iterable, Sequence

from markupsafe import Markup

from utils.grading.reports import html, plots
from utils.grading.reports.entry import could_not_work, nothing_to_grade
from utils.grading.reports.markdown import number
from utils.grading.reports.safe_text import printable, spreadsheet
from utils.grading.rubric import Rubric
from utils.tables import csv_table

# Fact → the head of its column.
FIGURES = {
    "best_test_accuracy": "best test accuracy",
    "epochs": "epochs",
    "parameters": "number of parameters",
    "receptive_field": "receptive field, pixels",
}
SIGNS = {"pass": "✓", "fail": "✗", "unverifiable": "?"}


def row(entry: dict) -> dict:
    """What of an entry the page and the CSV show."""
    return {
        "path": entry["path"],
        "points": entry["points"],
        "verdicts": {criterion["id"]: criterion["verdict"] for criterion in entry["criteria"]},
        **{fact: entry["facts"][fact] for fact in FIGURES},
        "false claims": sum(claim["verdict"] == "false" for claim in entry["claims"]),
        "remarks": len(entry["warnings"]),
        "could not work": could_not_work(entry),
        "note": _note(entry),
    }


def _note(entry: dict) -> str:
    """Why there is no grading."""
    return (
        "could not be graded"
        if could_not_work(entry)
        else "nothing to grade"
        if nothing_to_grade(entry)
        else ""
    )


def cohort_page(rows: Sequence[dict], links: Sequence[str], rubric: Rubric) -> str:
    """`links` are the addresses of the submissions' pages, relative to this one."""
    ids = [criterion.id for criterion in rubric.criteria]
    columns = [
        ("submission", False),
        ("points", True),
        *[(name.replace("_", " "), False) for name in ids],
        *[(title, True) for title in FIGURES.values()],
        ("false claims", True),
        ("remarks", True),
    ]
    script = html.trusted("sort.js")
    points = [each["points"] for each in rows if not each["note"]]
    return (
        html.environment()
        .get_template("cohort.html")
        .render(
            rubric=rubric.name,
            columns=[{"title": title, "number": is_number} for title, is_number in columns],
            rows=[_cells(each, link, ids) for each, link in zip(rows, links)],
            plots=_plots(rows, points, rubric),
            median=statistics.median(points) if points else None,
            max_points=_max_points(rubric),
            failed=sum(each["could not work"] for each in rows),
            style=html.trusted("style.css"),
            script=script,
            script_hash=Markup(html.script_hash(script)),
        )
    )


def _cells(each: dict, link: str, ids: Sequence[str]) -> list[dict]:
    """The cells of one line of the table; the template knows a link, a verdict and a figure by their keys."""
    figures = [
        each["points"],
        *[each[fact] for fact in FIGURES],
        each["false claims"],
        each["remarks"],
    ]
    cells = [{"value": value, "text": "—" if value is None else number(value)} for value in figures]
    verdicts = [
        {"verdict": each["verdicts"][name], "text": SIGNS[each["verdicts"][name]]} for name in ids
    ]
    empty = {"link": None, "note": "", "verdict": None, "value": None}
    name = {"link": link, "text": each["path"], "note": each["note"]}
    return [empty | cell for cell in (name, cells[0], *verdicts, *cells[1:])]


def _plots(rows: Sequence[dict], points: Sequence[float], rubric: Rubric) -> dict[str, str]:
    """Title → picture."""
    counts = {
        criterion.id: {
            verdict: sum(each["verdicts"][criterion.id] == verdict for each in rows)
            for verdict in SIGNS
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
            figures[FIGURES[fact]] = plots.histogram(
                known, FIGURES[fact].capitalize(), label, limits.get(fact)
            )
    return {title: plots.png(figure) for title, figure in figures.items()}


def cohort_csv(rows: Iterable[dict], rubric: Rubric) -> str:
    """One line for each submission; no cell is a formula."""
    ids = [criterion.id for criterion in rubric.criteria]
    columns = (
        "path",
        "points",
        *[f"verdict: {name}" for name in ids],
        *FIGURES,
        "false claims",
        "remarks",
        "note",
    )
    lines = [
        (
            spreadsheet(each["path"]),
            each["points"],
            *[each["verdicts"][name] for name in ids],
            *[each[fact] for fact in FIGURES],
            each["false claims"],
            each["remarks"],
            each["note"],
        )
        for each in rows
    ]
    return printable(csv_table([spreadsheet(name) for name in columns], lines))


def _max_points(rubric: Rubric) -> float:
    return sum(criterion.points for criterion in rubric.criteria)
