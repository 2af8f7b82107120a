"""Dicts and attributes of which reading cannot tell what all of them are: they have OPEN as one more key."""

from utils.grading.code_reader.values import Unknown

OPEN = Unknown("which entries there are is known only when the code runs")


def widen(entries: dict) -> dict:
    """Note that there may be more entries than these."""
    entries[OPEN] = OPEN
    return entries


def spoil(entries: dict) -> dict:
    """Note that any entry may have been set to anything."""
    entries.update(dict.fromkeys(entries, OPEN))
    return widen(entries)


def update(entries: dict, given: tuple, kwargs: dict, uncertain: bool) -> None:
    """What entries.update(*given, **kwargs) does; nothing is known of a part that is not a dict."""
    for part in (*given, kwargs):
        if not isinstance(part, dict) or OPEN in part:
            spoil(entries)
        if isinstance(part, dict):
            depends = Unknown("it depends on a condition")
            entries.update(dict.fromkeys(part, depends) if uncertain else part)
