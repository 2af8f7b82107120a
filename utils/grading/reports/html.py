"""Self-contained HTML pages: nothing is fetched, a stranger's text is escaped by jinja2, and only our own script may run."""

import base64
import hashlib
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from utils.grading.fact_names import FACTS
from utils.grading.reports.entry import (
    Graded,
    decided,
    final_points,
    nothing_to_grade,
    place_label,
    points_of,
    shown,
)
from utils.grading.reports.markdown import found_text, is_found, number, value_text
from utils.grading.reports.names import submission_name
from utils.grading.reports.safe_text import divided, printable

TEMPLATES = Path(__file__).with_name("templates")
MARKS = {
    "pass": "✓ pass",
    "fail": "✗ fail",
    "unverifiable": "? unverifiable",
    "true": "✓ true",
    "false": "✗ false",
    "hand": "✎ by hand",
}


@cache
def environment() -> Environment:
    """jinja2 with autoescaping everywhere, and with every text printed without control characters."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
        finalize=lambda value: value if isinstance(value, Markup) else printable(value),
    )
    made.filters |= {
        "figure": number,
        "words": value_text,
        "found": found_text,
        "place": place_label,
        "short": printable,
        "divided": divided,
        "shown": shown,
        "is_found": is_found,
        "decided": decided,
        "points": points_of,
    }
    return made


def trusted(name: str) -> Markup:
    """Our own style sheet or script, put into a page as it stands."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))


def script_hash(script: str) -> str:
    """What a Content-Security-Policy calls this one script."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"


def html_report(graded: Graded, name: str = "", paste: Mapping[str, str] | None = None) -> str:
    """The page of one submission, called `name` or as its folder is; `paste` are rows for decisions.csv, by criterion."""
    entry = graded.entry
    points = Counter()
    for criterion in entry["criteria"]:
        points[shown(criterion)] += criterion["max_points"]
    total = sum(points.values()) or 1
    script = trusted("copy.js") if paste else ""
    verdicts = [shown(criterion) for criterion in entry["criteria"]]
    return (
        environment()
        .get_template("submission.html")
        .render(
            entry={**entry, "criteria": [{"title": "", **one} for one in entry["criteria"]]},
            name=name or submission_name(entry["path"]),
            points=final_points(entry),
            mark=entry.get("mark") or {"days_late": 0, "comment": ""},
            nothing=nothing_to_grade(entry),
            excerpt=graded.excerpt,
            marks=MARKS,
            style=trusted("style.css"),
            script=script,
            script_hash=Markup(script_hash(script)),
            paste=paste or {},
            labels={name: fact.label for name, fact in FACTS.items()},
            counts=Counter(verdicts),
            shares={
                verdict: round(100 * points[verdict] / total, 2)
                for verdict in ("pass", "hand", "unverifiable", "fail")
            },
        )
    )
