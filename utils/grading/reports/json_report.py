"""The JSON interface of schema.json."""

import json
from collections.abc import Iterable
from pathlib import Path

from utils.grading.reports.entry import Graded

SCHEMA = Path(__file__).parent / "schema.json"


def json_report(graded: Iterable[Graded]) -> str:
    """ASCII throughout, so that every terminal and every encoding holds it."""
    return (
        json.dumps({"submissions": [each.entry for each in graded]}, indent=2, allow_nan=False)
        + "\n"
    )
