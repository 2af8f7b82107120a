"""A number that a log prints."""

from dataclasses import dataclass

REAL = r"[-+]?(?:\d{1,15}(?:\.\d{0,25})?|\.\d{1,25})(?:e[-+]?\d{1,3})?|nan|[-+]?inf"


@dataclass(frozen=True)
class Number:
    """A printed number: `unit` is the size of its last digit (0.01 for "86.54"); `average` where the log calls it one.

    Where the log counts, as in 8654/10000 (86.54%), `value` follows from the counts, in per cent, and `printed` is what
    stands beside them. `images`: of how many images the line says that it is, without counting those that are right.
    """

    value: float
    unit: float
    percent: bool = False
    printed: float | None = None
    correct: int | None = None
    total: int | None = None
    average: bool = False
    images: int | None = None


def number_of(printed: str, percent: bool) -> Number:
    """A number as it is printed, with the size of its last digit."""
    mantissa, _, exponent = printed.lower().partition("e")
    decimals = len(mantissa.partition(".")[2]) - int(exponent or 0) if "n" not in mantissa else 0
    return Number(float(printed), 10.0 ** -min(max(decimals, -300), 300), percent)
