"""When a number that is said is the one that is logged or computed."""

from utils.grading.claims.quantities import Part

NEAR = 1.0  # per cent of images: how far "around" reaches


def same(number: float, unit: float, value: float) -> bool:
    """Whether `number` is `value`, rounded or cut off to its last digit."""
    slack = 1e-6 * max(1.0, abs(value))
    return abs(value - number) <= unit / 2 + slack or -slack <= value - number < unit - slack


def agrees(part: Part, value: float) -> bool:
    """Whether an accuracy is what `part` says. "Achieved 85 %" is true of 86.54 % too."""
    if part.sense == "around":
        return abs(value - part.number) <= NEAR
    if part.sense in ("over", "at_least"):
        return value > part.number or (value == part.number and part.sense == "at_least")
    if part.sense == "below":
        return False
    if (
        part.reached
        and part.unit >= 1
        and part.number % 5 == 0
        and part.number <= value < part.number + 5
    ):
        return True  # round numbers are thresholds
    return same(part.number, part.unit, value) and not rounded_up(part, value)


def rounded_up(part: Part, value: float) -> bool:
    """Whether a threshold is said of a value that only rounding lifts to it: 85 % of 84.71 %."""
    threshold = not part.sense and part.unit >= 1 and part.number % 5 == 0
    return threshold and value < part.number <= value + part.unit / 2
