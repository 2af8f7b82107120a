"""How much time, memory and room the execution of a stranger's code may take."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Of one child: seconds by the clock, from when a stranger's code begins (`start` bounds what comes before); bytes of
    memory beyond PyTorch's own, of the answer, and of what is printed."""

    seconds: float = 90
    start: float = 300
    memory: int = 3 * 2**30
    answer: int = 2**30
    printed: int = 2**24


LIMITS = Limits()
