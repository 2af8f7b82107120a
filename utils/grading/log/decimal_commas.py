"""Points for the decimal commas of a line."""

import re

_PERCENTAGE = re.compile(r"(?<![\d,.])\d{1,3},\d{1,6}\s?%")
_LONE_COMMA = re.compile(r"(?<![\d,./])(\d{1,3}),(\d{1,6})(?![\d,.])(?!\s?/\s?\d)")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}\s?/|\d{3}(?!\d))")
_ANY_COMMA = re.compile(r"(?<![\d,])(\d{1,3}),(\d{1,6})(?![\d,])")


def percentages_with_points(text: str) -> str:
    """A line whose percentages have a decimal comma, with points; 8,652/10,000 stays."""
    return _LONE_COMMA.sub(r"\1.\2", text) if _PERCENTAGE.search(text) else text


def with_points(text: str) -> str:
    """Decimal commas as points, in a line without points in numbers, and no commas between thousands."""
    if not re.search(r"\d,\d", text):
        return text
    if re.search(r"\d\.\d|\d,\d{3}\s?/", text):
        return _THOUSANDS.sub("", text)
    return _ANY_COMMA.sub(r"\1.\2", text)
