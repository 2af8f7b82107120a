"""Which of the numbers of a line is of the test set, in every order and with every separator that students use."""

import itertools

import pytest

from tests.grading.log.written_logs import training
from utils.grading.facts import Evidence
from utils.grading.log import run_choice
from utils.grading.log.runs import read_runs

COURSE = training(14)
# How training loss and accuracy, test loss and accuracy are called.
NAMES = [
    ("train loss", "train acc", "test loss", "test acc"),
    ("Training loss", "Training accuracy", "Validation loss", "Validation accuracy"),
    ("train_loss", "train_acc", "val_loss", "val_acc"),
    ("loss", "acc", "val loss", "val acc"),
    ("Loss", "Accuracy", "Test Loss", "Test Accuracy"),
    ("tr_loss", "tr_acc", "te_loss", "te_acc"),
    ("loss (train)", "acc (train)", "loss (test)", "acc (test)"),
    ("train/loss", "train/acc", "test/loss", "test/acc"),
    ("trainLoss", "trainAcc", "testLoss", "testAcc"),
]
ORDERS = [(0, 1, 2, 3), (0, 2, 1, 3), (1, 3), (3,), (1, 0, 3, 2), (3, 1), (2, 3, 0, 1)]
BETWEEN = [" ", ", ", " | ", "\t", " - ", "; "]
BEFORE = [" ", ": ", "=", " - ", ":"]
BEHIND = ["", "%", " %"]
EPOCHS = ["Epoch {}: ", "Epoch {}/14 ", "[{}/14] ", "Epoch: {} | ", "{:03d} | "]


def read(texts: list[str]) -> float | None:
    """The best test accuracy of a log with these lines."""
    lines = [(text, Evidence("t.log", line=number)) for number, text in enumerate(texts)]
    runs = run_choice.tested_runs(read_runs(lines, "t.log", False))
    return max(map(run_choice.best, runs), default=None)


def written(epoch, names, order, between, before, behind, start) -> str:
    values = (
        f"{epoch.train_loss:.4f}",
        f"{epoch.train + 12:.2f}{behind}",
        f"{epoch.test_loss:.4f}",
        f"{epoch.test - 6:.2f}{behind}",
    )
    parts = (f"{names[place]}{before}{values[place]}" for place in order)
    return start.format(epoch.index + 1) + between.join(parts)


@pytest.mark.parametrize("names", NAMES, ids=" ".join)
def test_training_is_not_taken_for_the_test(names):
    """The training accuracy is made the higher one: it would pass where the test accuracy does not."""
    wanted = max(epoch.test - 6 for epoch in COURSE)
    ways = itertools.product(ORDERS, BETWEEN, BEFORE, BEHIND, EPOCHS)
    for way in itertools.islice(ways, len(names[0]) % 11, None, 11):
        texts = [written(epoch, names, *way) for epoch in COURSE]
        assert read(texts) == pytest.approx(wanted), texts[-1]


@pytest.mark.parametrize(
    "line",
    [
        "Epoch {}: {:.2f}% train acc, {:.2f}% test acc",
        "Epoch {}: {:.2f} % train acc and {:.2f} % val acc",
        "epoch {} | {:.2f}% train accuracy | {:.2f}% test accuracy | lr 0.01",
        "Epoch {}: train acc {:.2f}% test acc {:.2f}%",
        "Epoch {}: train accuracy\t{:.2f}%\tval acc\t{:.2f}%",
    ],
)
def test_labels_stand_before_their_numbers_or_behind_them(line):
    wanted = max(epoch.test for epoch in COURSE)
    texts = [line.format(epoch.index + 1, epoch.train + 12, epoch.test) for epoch in COURSE]
    assert read(texts) == pytest.approx(wanted)
