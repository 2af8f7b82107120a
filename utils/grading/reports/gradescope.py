"""Gradescope's results.json, after https://gradescope-autograders.readthedocs.io/en/latest/specs/."""

import json

from utils.grading.reports.entry import (
    Graded,
    decided,
    final_points,
    nothing_to_grade,
    place_label,
    points_of,
    settled,
)
from utils.grading.reports.failed import OUTPUT_LIMIT
from utils.grading.reports.markdown import found_text
from utils.grading.reports.safe_text import printable

TEST_LIMIT, CLAIMS_LIMIT = 4_000, 20  # characters of one test; claims shown


def gradescope_report(graded: Graded) -> str:
    """One test for each criterion, none where there is nothing to grade; what is unverifiable has failed and says so."""
    entry = graded.entry
    criteria = [] if nothing_to_grade(entry) else entry["criteria"]
    page = {
        "score": final_points(entry),
        "output": printable(_overview(entry), OUTPUT_LIMIT),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "tests": [_test(number, criterion, graded) for number, criterion in enumerate(criteria, 1)],
    }
    return json.dumps(page, indent=2, allow_nan=False) + "\n"


def _test(number: int, criterion: dict, graded: Graded) -> dict:
    lines = [
        f"Verdict: {decided(criterion) or criterion['verdict']}",
        f"Found: {found_text(criterion)}",
        f"Required: {criterion['required']}",
        criterion["advice"],
    ]
    for place in criterion["evidence"][:10]:
        lines.append(
            f"See {place_label(place)}: {printable(graded.excerpt(criterion, place), 300)}".rstrip(
                ": "
            )
        )
    return {
        "name": printable(criterion["id"], 100),
        "number": str(number),
        "score": points_of(criterion),
        "max_score": criterion["max_points"],
        "status": "passed" if settled(criterion) == "pass" else "failed",
        "output": printable("\n".join(line for line in lines if line), TEST_LIMIT),
        "visibility": "visible",
    }


def _overview(entry: dict) -> str:
    claims = [
        f"Claim in {place_label(claim['evidence'])}: {printable(claim['text'], 200)!r} is {claim['verdict']}. "
        f"{printable(claim['why'], 300)}"
        for claim in entry["claims"][:CLAIMS_LIMIT]
    ]
    remarks = [printable(warning, 300) for warning in entry["warnings"][:CLAIMS_LIMIT]]
    nothing = nothing_to_grade(entry)
    return "\n".join([nothing or f"Rubric {entry['rubric']}.", *claims, *remarks])
