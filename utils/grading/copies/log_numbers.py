"""The numbers of a log, epoch by epoch, in a form that does not depend on how the log prints them."""

from collections.abc import Iterable

from utils.grading.log.epochs import Epoch, Run
from utils.grading.log.run_choice import describe

MOST = 5_000  # epochs of one submission that are noted


def log_numbers(runs: Iterable[Run]) -> list[dict]:
    """For each run where it is, and a text of numbers for each epoch that logs any: "test accuracy 86.52, train loss …"."""
    noted, left = [], MOST
    for run in runs:
        epochs = [text for text in map(_numbers, run.epochs) if text][:left]
        if epochs:
            noted.append({"where": describe(run), "epochs": epochs})
            left -= len(epochs)
    return noted


def _numbers(epoch: Epoch) -> str:
    return ", ".join(
        f"{split} {quantity} {round(number.value, 4):g}"
        for (split, quantity), number in sorted(epoch.numbers.items())
        if number.value == number.value
    )
