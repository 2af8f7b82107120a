"""The total of parameters that torchsummary, torchinfo, Keras or Lightning print."""

import re

_LABEL = r"(?:total\s+(?:number\s+of\s+)?|(?:number|num|no\.)\s+of\s+)(?:trainable\s+|model\s+)?param(?:eter)?s?"
_TOTAL = re.compile(
    rf"(?<![a-z-])(?:{_LABEL})\s*(?:\([^()]*\))?\s*[:=|][\s*`]*(?P<number>\d[\d,]{{0,15}})(?P<rest>\.\d+)?"
    rf"(?:\s*(?P<unit>[KMB])\b)?(?!\s*[+*/]\s*\d)",
    re.I,
)
_LIGHTNING = re.compile(r"^\s*(\d[\d,]{0,15})(?:\.(\d+))?\s*([KM]?)\s+Total params\b")
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
