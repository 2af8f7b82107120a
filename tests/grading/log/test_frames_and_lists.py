"""Frames of pandas, printed lists and summaries, and those that hold something else."""

import pytest

from tests.grading.log.written_logs import audit, figures, tqdm_from_0, training, value
from utils.grading.log.tables import read_header, read_row

COURSE = training()
BEST = max(COURSE, key=lambda one: one.test)


def frame(course, names="train_loss  train_acc  test_loss  test_acc", epoch=False):
    rows = [
        f"{one.index:<3} {f'{one.index + 1} ' if epoch else ''}{one.train_loss:.4f}  {one.train:.2f}  "
        f"{one.test_loss:.4f}  {one.test:.2f}"
        for one in course
    ]
    return "\n".join(["   " + ("epoch  " if epoch else "") + names, *rows]) + "\n"


@pytest.mark.parametrize("epoch", [False, True])
@pytest.mark.parametrize("separator", [None, "\t"])
def test_a_frame_of_pandas(tmp_path, epoch, separator):
    text = frame(COURSE, epoch=epoch)
    if separator:
        text = "\n".join(separator.join(line.split()) for line in text.split("\n"))
    found = audit(tmp_path, text)
    assert figures(found) == (30, BEST.test, BEST.index)
    assert value(found, "log_consistent") is True


@pytest.mark.parametrize(
    "names",
    [
        "lr  batch  dropout  test_acc",
        "lr  batch  test_loss  test_acc",
        "a  b  c  test_acc",
        "train_loss  train_acc  lr  time",
    ],
)
def test_a_frame_of_something_else(tmp_path, names):
    assert value(audit(tmp_path, frame(COURSE, names)), "accuracy_logged") is None


def test_columns_of_other_accuracies():
    for name in (
        "test_top5_acc",
        "balanced_test_acc",
        "test_acc5",
        "cat_test_acc",
        "best_test_acc",
    ):
        header = read_header(f"epoch,{name},test_acc")
        assert read_row(header, "3,95.1,81.5").numbers["test", "accuracy"].value == 81.5


def listed(course, name="test_acc"):
    return f"{name} = [{', '.join(str(one.test if name == 'test_acc' else one.train) for one in course)}]\n"


def test_printed_lists(tmp_path):
    found = audit(tmp_path, listed(COURSE, "train_acc") + listed(COURSE))
    assert figures(found) == (30, BEST.test, BEST.index)


def test_a_list_that_nothing_shows_to_be_of_epochs(tmp_path):
    losses = "".join(f"Epoch {one.index}: train loss {one.train_loss:.4f}\n" for one in COURSE[:10])
    for text in (
        listed(COURSE),
        listed(COURSE) + listed(COURSE[:9], "train_acc"),
        losses + listed(COURSE, "train_acc") + listed(COURSE),
    ):
        found = audit(tmp_path, text)
        assert (
            value(found, "accuracy_logged") is None
            and "looks like a log ('t" in found.facts["epochs"].why
        )


def test_lists_beside_a_log_add_nothing(tmp_path):
    rest = listed([BEST] * 30, "train_acc") + listed([BEST] * 30)
    assert (
        audit(tmp_path, tqdm_from_0(COURSE) + rest).facts
        == audit(tmp_path, tqdm_from_0(COURSE)).facts
    )


WANDB = (
    "wandb: Run history:\nwandb:  test_acc ▁▃▅▇█\nwandb: Run summary:\nwandb:  best_test_acc 91.0\n"
    "wandb:  test_acc 86.52\n"
)


@pytest.mark.parametrize(
    "text", [WANDB + "wandb: train_acc 84.1\n", "Run summary:\ntest_acc\t86.52\ntrain_acc\t84.1\n"]
)
def test_the_summary_of_wandb(tmp_path, text):
    found = audit(tmp_path, text)
    assert figures(found) == (None, 86.52, None)
    assert value(audit(tmp_path, tqdm_from_0(COURSE) + text), "best_test_accuracy") == BEST.test
