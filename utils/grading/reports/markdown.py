"""A Markdown page for people: verdicts first, then what to change, the claims and the facts."""

import json
from collections.abc import Iterable

from utils.grading.fact_names import FACTS
from utils.grading.reports.entry import (
    Graded,
    decided,
    final_points,
    nothing_to_grade,
    place_label,
    points_of,
)
from utils.grading.reports.safe_text import code, divided, markdown
from utils.tables import markdown_table

MARKS = {
    "pass": "✅ pass",
    "fail": "❌ fail",
    "unverifiable": "❔ unverifiable",
    "true": "✅ true",
    "false": "❌ false",
}


def markdown_report(graded: Iterable[Graded]) -> str:
    """The Markdown of all gradings, one after another."""
    return "\n".join(_submission(each) for each in graded)


def number(value: float) -> str:
    """Points and figures without needless digits: 10, 2.5, 86.54, 188,992."""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}".rstrip("0").rstrip(".")


def value_text(value: object) -> str:
    """A value of the interface in words."""
    if value is None:
        return "not established"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, dict) and {"name", "arguments"} <= value.keys():  # a transform
        return f"{value['name']}({_arguments(value['arguments'])})"
    if isinstance(value, dict):
        return ", ".join(f"{name}: {value_text(item)}" for name, item in value.items())
    if isinstance(value, list):
        return "; ".join(value_text(item) for item in value)
    return str(value)


def found_text(criterion: dict) -> str:
    """What was found of a criterion; of one that joins several facts, those that are not as they should be."""
    value = criterion["value"]
    if not isinstance(value, dict):
        return value_text(value)
    if criterion["verdict"] == "pass":
        return "all as required"
    unknown = [name for name, one in value.items() if one is None]
    shown = (
        unknown
        if criterion["verdict"] == "unverifiable"
        else [name for name in value if name not in unknown]
    )
    return "; ".join(
        f"{FACTS[name].label if name in FACTS else name}: {value_text(value[name])}"
        for name in shown
    )


def is_found(criterion: dict) -> bool:
    """Whether anything at all was found of a criterion."""
    value = criterion["value"]
    return any(one is not None for one in (value.values() if isinstance(value, dict) else [value]))


def _arguments(values: object) -> str:
    if not isinstance(values, dict):
        return value_text(values)
    return ", ".join(
        f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in values.items()
    )


def _submission(graded: Graded) -> str:
    entry = graded.entry
    if nothing := nothing_to_grade(entry):
        return "\n".join(
            [f"# {code(entry['path'])}", "", f"**{markdown(nothing)}**", "", *_remarks(entry)]
        )
    points = f"{number(final_points(entry))} of {number(entry['max_points'])} points"
    parts = [
        f"# {code(entry['path'])}",
        "",
        f"**{points}** by the rubric {markdown(entry['rubric'])}{_by_hand(entry)}",
        "",
        markdown_table(
            ("criterion", "verdict", "points", "found", "required", "where"),
            [_row(criterion) for criterion in entry["criteria"]],
            left=2,
        ),
        "",
    ]
    parts += _attempts(entry) + _advice(graded) + _claims(entry["claims"])
    parts += _remarks(entry) + _facts(entry["facts"])
    return "\n".join(parts)


def _by_hand(entry: dict) -> str:
    """What was entered about the whole: days late with what they cost, and comments."""
    mark = entry.get("mark", {"days_late": 0, "comment": ""})
    late = (
        f"{number(mark['days_late'])} days late: {number(mark['penalty'])} points taken off"
        if mark["days_late"]
        else ""
    )
    return "".join(f"; {part}" for part in (late, markdown(mark["comment"])) if part)


def _row(criterion: dict) -> tuple[str, ...]:
    points = f"{number(points_of(criterion))} / {number(criterion['max_points'])}"
    places = [code(place_label(place)) for place in criterion["evidence"][:3]]
    more = len(criterion["evidence"]) - len(places)
    return (
        code(criterion["id"]),
        decided(criterion) or MARKS[criterion["verdict"]],
        points,
        markdown(found_text(criterion), 200),
        markdown(criterion["required"], 200),
        ", ".join(places) + (f" and {more} more" if more > 0 else ""),
    )


def _attempts(entry: dict) -> list[str]:
    """Several attempts as a table; one alone is the page itself."""
    if len(entry["attempts"]) < 2:
        return []
    rows = [
        (
            f"**{code(one['name'])}**" if one["counts"] else code(one["name"]),
            "not judged"
            if one["points"] is None
            else f"{number(one['points'])} / {number(entry['max_points'])}",
            markdown(
                ", ".join(name for name, verdict in one["verdicts"].items() if verdict != "pass")
                or "—"
            ),
            code(one["network"]) if one["network"] else "—",
            markdown(one["log"] or "—", 200),
            markdown(one["remark"], 300),
        )
        for one in entry["attempts"]
    ]
    return [
        "## Attempts",
        "",
        "What is above and below is of the attempt in bold.",
        "",
        markdown_table(("attempt", "points", "no pass", "network", "log", "remark"), rows, left=6),
        "",
    ]


def _advice(graded: Graded) -> list[str]:
    lines = []
    for criterion in graded.entry["criteria"]:
        if decided(criterion):
            lines.append(
                f"**{code(criterion['id'])}** ({decided(criterion)}) {markdown(criterion['decision']['comment'])}"
            )
        elif criterion["advice"]:
            seen = [graded.excerpt(criterion, place) for place in criterion["evidence"][:2]]
            quotes = "".join(f" Seen: {code(text)}." for text in seen if text)
            lines.append(
                f"**{code(criterion['id'])}** ({criterion['verdict']}): {markdown(criterion['advice'])}{quotes}"
            )
    return _list("What to change", lines)


def _claims(claims: list[dict]) -> list[str]:
    if not claims:
        return []
    rows = [
        (
            _marked(claim),
            MARKS[claim["verdict"]],
            markdown(value_text(claim["value"]), 200),
            markdown(claim["why"], 300),
            code(place_label(claim["evidence"])),
        )
        for claim in claims
    ]
    return [
        "## Claims",
        "",
        markdown_table(("claim", "verdict", "found", "why", "where"), rows, left=5),
        "",
    ]


def _remarks(entry: dict) -> list[str]:
    return _list("Remarks", [markdown(warning) for warning in entry["warnings"]])


def _marked(claim: dict) -> str:
    """The claim's words; in bold those that decided."""
    before, inside, after = divided(claim["text"], claim.get("marked"))
    if not inside.strip():
        return code(claim["text"])
    return " ".join(
        filter(
            None,
            (
                before.strip() and code(before, None),
                f"**{code(inside, None)}**",
                after.strip() and code(after, None),
            ),
        )
    )


def _facts(facts: dict) -> list[str]:
    rows = [
        (
            code(name),
            markdown(value_text(value), 400) if value is not None else "—",
            markdown(facts["why"].get(name, "") if value is None else FACTS[name].label, 300),
        )
        for name, value in facts.items()
        if name != "why"
    ]
    return [
        "## Facts",
        "",
        markdown_table(("fact", "value", "what it is, or why it is not known"), rows, left=3),
        "",
    ]


def _list(title: str, lines: list[str]) -> list[str]:
    return [f"## {title}", "", *[f"- {line}" for line in lines], ""] if lines else []
