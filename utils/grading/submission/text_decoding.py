"""The bytes of a stranger's file as text that can be searched, printed and written into any report."""

import codecs
import re

_BYTE_ORDER_MARKS = (
    ("utf-8-sig", codecs.BOM_UTF8),
    ("utf-32", codecs.BOM_UTF32_LE),
    ("utf-32", codecs.BOM_UTF32_BE),
    ("utf-16", codecs.BOM_UTF16_LE),
    ("utf-16", codecs.BOM_UTF16_BE),
)
_TERMINAL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-_]")
# What XML and terminals refuse, inside of a character class: control characters but tab, line feed and carriage return,
# halves of surrogate pairs, and two code points that are no characters.
REFUSED = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff"
_UNPRINTABLE = re.compile(f"[{REFUSED}]")


def decode(data: bytes) -> tuple[str | None, str]:
    """The text and a remark ("" when it is plain UTF-8); no text where the bytes are not text."""
    for encoding, mark in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace"), ""
    if encoding := _utf16_without_mark(data):
        return data.decode(encoding, "replace"), f"is read as {encoding}"
    if b"\x00" in data[:8192]:
        return None, "is not text: it holds zero bytes"
    try:
        return data.decode("utf-8"), ""
    except UnicodeDecodeError as error:
        if len(data) - error.start < 4:  # a character cut off by the end of what was read
            return data[: error.start].decode("utf-8"), ""
    return data.decode(
        "cp1252", "replace"
    ), "is not UTF-8; read as Windows-1252, some characters may be wrong"


def _utf16_without_mark(data: bytes) -> str | None:
    """UTF-16 text in a Western language has a zero in nearly every second byte."""
    sample = data[:4096]
    odd, even = sample[1::2].count(0), sample[::2].count(0)
    enough = 0.4 * len(sample) / 2
    if len(sample) >= 8 and max(odd, even) > enough > 4 * min(odd, even):
        return "utf-16-le" if odd > even else "utf-16-be"
    return None


def printable(text: str) -> str:
    """`text` without terminal colours and without characters that no report can hold.

    \\r\\n becomes \\n, a lone \\r stays, and backspaces (old progress bars) become one \\r.
    """
    if "\x1b" in text:
        text = _TERMINAL.sub("", text)
    if "\b" in text:
        text = re.sub("\b+", "\r", text)
    return _UNPRINTABLE.sub("", text).replace("\r\n", "\n")
