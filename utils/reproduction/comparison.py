"""A run compared with the log that a report prints for the same network: differences in points of test accuracy."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from utils.tables import text_table
from utils.training.history import EpochRecord


@dataclass(frozen=True)
class Comparison:
    """Ours minus the report's, in percentage points of test accuracy, over the epochs that both have."""

    epochs: int
    ours: float  # final test accuracy, per cent
    logged: float
    largest: float  # the difference with the largest absolute value
    largest_epoch: int
    mean: float
    loss_ratio: (
        float  # our test loss divided by what the log calls the average loss, mean over the epochs
    )
    standard_error: float  # of the final difference, if both had independent test images; without the seeds' spread

    @property
    def final(self) -> float:
        """The difference at the last common epoch, in percentage points."""
        return self.ours - self.logged


def compare(ours: Sequence[EpochRecord], logged: Sequence[EpochRecord]) -> Comparison:
    """ValueError where an epoch has no test accuracy, or the two have no epoch in common."""
    pairs = list(zip(ours, logged))
    if not pairs or any(epoch.test_accuracy is None for pair in pairs for epoch in pair):
        raise ValueError("both need a test accuracy in each epoch that they share")
    differences = [first.test_accuracy - second.test_accuracy for first, second in pairs]
    largest = max(range(len(pairs)), key=lambda epoch: abs(differences[epoch]))
    return Comparison(
        len(pairs),
        pairs[-1][0].test_accuracy,
        pairs[-1][1].test_accuracy,
        differences[largest],
        pairs[largest][0].epoch,
        sum(differences) / len(pairs),
        sum(first.test_loss / second.test_loss for first, second in pairs) / len(pairs),
        math.hypot(*map(_standard_error, pairs[-1])),
    )


def _standard_error(epoch: EpochRecord) -> float:
    """The binomial one of its test accuracy, in percentage points."""
    share = epoch.test_correct / epoch.test_total
    return 100 * math.sqrt(share * (1 - share) / epoch.test_total)


def comparison_table(comparisons: Mapping[str, Comparison]) -> str:
    """A row for each run: both final accuracies, their difference and its standard error, and the differences on the way."""
    header = (
        "run",
        "ours",
        "logged",
        "difference",
        "± error",
        "largest (epoch)",
        "mean",
        "loss ratio",
    )
    return text_table(
        header,
        [
            (
                name,
                f"{found.ours:.2f} %",
                f"{found.logged:.2f} %",
                f"{found.final:+.2f}",
                f"{found.standard_error:.2f}",
                f"{found.largest:+.2f} ({found.largest_epoch})",
                f"{found.mean:+.2f}",
                f"{found.loss_ratio:.2f}",
            )
            for name, found in comparisons.items()
        ],
    )
