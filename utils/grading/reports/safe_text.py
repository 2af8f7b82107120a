"""A stranger's text made harmless for Markdown, XML and spreadsheets. (HTML is escaped by jinja2.)"""

import re
import unicodedata
from collections.abc import Sequence

from utils.grading.submission.text_decoding import REFUSED

# What no report can hold, and what makes terminals and readers see something else.
_UNPRINTABLE = re.compile(f"[{REFUSED}\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
_MARKDOWN = re.compile(r"([\\`*_\[\]<>|~&#$])")
# What makes a cell a formula, in every width that Unicode has of it, and what parts cells in half of the world; quotes and
# blanks before the sign do not help against either.
_SIGNS = "=+\\-@＝＋－＠﹦﹢﹣﹫⁼⁺⁻₌₊₋−"
_FORMULA = re.compile(f"[{_SIGNS}]")
_AFTER_SEPARATOR = re.compile(f"""([;；][\\s"'“”]*)(?=[{_SIGNS}])""")


def printable(text: object, limit: int | None = None) -> str:
    """`text` without control, direction and surrogate characters; cut to `limit` characters, with … where it was."""
    clean = _UNPRINTABLE.sub("\ufffd", str(text))
    clean = unicodedata.normalize("NFC", clean)
    return clean if limit is None or len(clean) <= limit else clean[: max(0, limit - 1)] + "…"


def one_line(text: object, limit: int | None = 300) -> str:
    """`text` made `printable`, with each run of white space as one blank."""
    return printable(" ".join(str(text).split()), limit)


def markdown(text: object, limit: int | None = None) -> str:
    """Prose for a Markdown page or a cell of its tables: nothing in it is markup any more."""
    return _MARKDOWN.sub(r"\\\1", one_line(text, limit)).replace("://", ":\\//")


def code(text: object, limit: int | None = 120) -> str:
    """A Markdown code span that holds `text` whatever backticks are in it; works in table cells."""
    plain = one_line(text, limit).replace("|", "\\|")
    fence = "`" * (max((len(run) for run in re.findall("`+", plain)), default=0) + 1)
    space = " " if "`" in plain or not plain.strip() else ""
    return f"{fence}{space}{plain}{space}{fence}"


def spreadsheet(text: object, limit: int | None = 300) -> str:
    """A CSV cell that no spreadsheet takes for a formula, whether it parts cells at "," or at ";"."""
    plain = _AFTER_SEPARATOR.sub(r"\1'", one_line(text, limit))
    return f"'{plain}" if _FORMULA.match(plain) else plain


def divided(text: str, marked: Sequence[int] | None, limit: int = 300) -> tuple[str, str, str]:
    """`text` before, in and after the characters that are `marked`; what is over `limit` falls off, with … where it was."""
    start, end = marked or (0, 0)
    shown = text if len(text) <= limit else text[: max(end, limit - 1)] + "…"
    return shown[:start], shown[start:end], shown[end:]
