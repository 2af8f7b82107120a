"""The line after each epoch that says how far a training is, and how long it will take."""

import statistics
from collections.abc import Sequence

from utils.training.history import EpochRecord, best_epoch


def progress_text(history: Sequence[EpochRecord], target: int, first: int = 0) -> str:
    """Such as "epoch 12/75, best 82.1 %, about 1 h 50 min left", after the epochs of `history` of `target` in all.

    The time is the remaining epochs' at the median pace of those from `first` on: the ones of this session.
    """
    seconds = [epoch.train_seconds + epoch.test_seconds for epoch in history[first:]]
    left = (target - len(history)) * statistics.median(seconds)
    best = best_epoch(history).test_accuracy
    ending = f"about {duration(left)} left" if len(history) < target else "done"
    return f"epoch {len(history)}/{target}, best {best:.1f} %, {ending}"


def duration(seconds: float) -> str:
    """As one says it: "40 s", "12 min", "1 h 50 min"; minutes are rounded, those of hours to tens."""
    if seconds < 60:
        return f"{round(seconds)} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(round(minutes / 10) * 10, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"
