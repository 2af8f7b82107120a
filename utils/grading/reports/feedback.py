"""What a student reads in one cell of a mark sheet: what did not get all its points, and why."""

from collections.abc import Mapping

from utils.grading.reports.entry import could_not_work, nothing_to_grade, points_of
from utils.grading.reports.markdown import number

ADVICE = 400  # characters of one criterion's advice


def feedback(entry: Mapping) -> str:
    """Sentences on one line; nothing in it is of other submissions."""
    if could_not_work(entry):
        parts = ["The grader could not work on this submission."]
    else:
        nothing = nothing_to_grade(entry)
        parts = [nothing] if nothing else [_criterion(one) for one in entry["criteria"]]
    mark = entry.get("mark", {})
    if mark.get("days_late"):
        days = f"{number(mark['days_late'])} day{'' if mark['days_late'] == 1 else 's'} late"
        parts.append(
            f"{days}: {number(mark['penalty'])} points are taken off."
            if mark["penalty"]
            else f"{days}."
        )
    parts.append(mark.get("comment", ""))
    return " | ".join(filter(None, parts)) or "Every criterion has all its points."


def _criterion(criterion: Mapping) -> str:
    """Empty where there is nothing to say."""
    points = f"{number(points_of(criterion))} of {number(criterion['max_points'])} points"
    title = criterion.get("title", criterion["id"])
    if "decision" in criterion:
        comment = criterion["decision"]["comment"]
        return f"{title}: {points}, decided by hand{f': {comment}' if comment else ''}."
    if criterion["verdict"] == "pass":
        return ""
    advice = criterion["advice"]
    advice = advice if len(advice) <= ADVICE else f"{advice[: ADVICE - 1]}…"
    return f"{title}: {points}. {advice}"
