"""An entry of the JSON interface as plain text, part by part, for a notebook."""

from collections.abc import Mapping

from utils.grading.reports.entry import nothing_to_grade, place_label
from utils.grading.reports.markdown import value_text
from utils.tables import text_table


def verdicts(entry: Mapping) -> str:
    """The points, and each criterion with its verdict."""
    if nothing := nothing_to_grade(entry):
        return nothing
    rows = [
        (each["id"], each["verdict"], f"{each['points']} of {each['max_points']}")
        for each in entry["criteria"]
    ]
    return f"{entry['points']} of {entry['max_points']} points\n\n" + text_table(
        ("criterion", "verdict", "points"), rows, left=2
    )


def to_change(entry: Mapping) -> str:
    """The criteria that do not pass, with the advice and the places."""
    if nothing := nothing_to_grade(entry):
        return nothing
    lines = []
    for each in entry["criteria"]:
        if each["verdict"] != "pass":
            lines.append(f"{each['id']} ({each['verdict']}): {each['advice']}")
            lines += [f"    {place_label(place)}" for place in each["evidence"]]
    return "\n".join(lines) or f"Nothing: all {len(entry['criteria'])} criteria pass."


def claims(entry: Mapping) -> str:
    """How many claims were checked, and those that are not true."""
    if not entry["claims"]:
        return "No sentence was found that is certainly about this attempt and can be checked."
    others = [claim for claim in entry["claims"] if claim["verdict"] != "true"]
    lines = [
        f"{len(entry['claims'])} claims were checked; {len(entry['claims']) - len(others)} are true."
    ]
    lines += [
        f"{claim['verdict']}: {claim['text']!r} ({place_label(claim['evidence'])})\n    {claim['why']}"
        for claim in others
    ]
    return "\n".join(lines)


def facts(entry: Mapping) -> str:
    """Every fact with its value, or with why there is none."""
    found = {name: value for name, value in entry["facts"].items() if name != "why"}
    return text_table(
        ("fact", "value"),
        [
            (name, entry["facts"]["why"][name] if value is None else value_text(value))
            for name, value in found.items()
        ],
        left=2,
    )
