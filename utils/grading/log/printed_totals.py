"""The total of parameters that torchsummary, torchinfo, Keras or Lightning print, or a program in its own words."""

import re

_LABEL = r"(?:total\s+(?:number\s+of\s+)?|(?:number|num|no\.)\s+of\s+)(?:trainable\s+|model\s+)?param(?:eter)?s?"
_TOTAL = re.compile(
    rf"(?<![a-z-])(?:{_LABEL})\s*(?:\([^()]*\))?\s*[:=|][\s*`]*(?P<number>\d[\d,]{{0,15}})(?P<rest>\.\d+)?"
    rf"(?:\s*(?P<unit>[KMB])\b)?(?!\s*[+*/]\s*\d)",
    re.I,
)
_LIGHTNING = re.compile(r"^\s*(\d[\d,]{0,15})(?:\.(\d+))?\s*([KM]?)\s+Total params\b")
# "Parameters: 187,898", "Net: 187898 trainable parameters", "created net_b, 187,898 params"
_OWN_WORDS = re.compile(
    r"(?:[^\d\W][^\s,:;|=>()]{0,40}[\s,:;|=>()]{1,3}){0,6}(?:param(?:eter)?s?\s?[:=]\s?(?P<behind>\d[\d,]{3,15})|"
    r"(?P<before>\d[\d,]{3,15})\s(?:trainable\s|learnable\s|model\s)?param(?:eter)?s?(?:\s(?:in total|altogether))?)\W*",
    re.I,
)
# Of a part of the network, of another one, or no count at all.
_OF_ELSE = re.compile(
    r"(?<![a-z])(?:layers?|conv\w*|blocks?|linear|fc\d?|bn\d?|head|stem|body|frozen|non|limit|budget|max\w*|under|below|less|"
    r"than|over|teachers?|ensemble|each|per|flops|macs|buffers?|saved|fewer|more)(?![a-z])",
    re.I,
)
_LOG_PREFIX = re.compile(
    r"^[\d\s:.,|/\[\]()TZ-]*(?:(?:INFO|DEBUG|root|__main__|train)\b[\s:|\])>-]*)*", re.I
)
_UNITS = {"": 1, "K": 1_000, "M": 1_000_000, "B": 1_000_000_000}


def printed_total(line: str) -> tuple[int, bool] | None:
    """The total that `line` prints and whether it is exact ("185.9 K Total params" is not); None where it prints none."""
    if "param" not in line.lower():
        return None
    line = " ".join(line[:500].split())
    if match := _LIGHTNING.search(line):
        number, rest, unit = match[1], match[2], match[3]
    elif match := _TOTAL.search(line):
        number, rest, unit = (
            match["number"],
            (match["rest"] or "").lstrip("."),
            (match["unit"] or "").upper(),
        )
    else:
        return None
    value = float(f"{number.replace(',', '')}.{rest or 0}") * _UNITS[unit]
    return round(value), not unit and not rest


def stated_total(line: str) -> int | None:
    """The number of parameters that a line of a program's output is about, in words of its own; None where it is about
    something else, or only a part of the network."""
    if "param" not in line[:200].lower():
        return None
    text = " ".join(line[:200].split())
    match = _OWN_WORDS.fullmatch(text, _LOG_PREFIX.match(text).end())
    if match is None or _OF_ELSE.search(text):
        return None
    return int((match["behind"] or match["before"]).replace(",", ""))
