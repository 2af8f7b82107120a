"""What is said of a training whose log is doubtful, broken off, resumed or one of several."""

from dataclasses import replace

import pytest

from tests.grading.claims.of_readme import BEST, COURSE, claims
from tests.grading.log.written_logs import notebook, tqdm_from_0, training


def test_a_doubtful_log_verifies_nothing(tmp_path):
    log = tqdm_from_0(COURSE).replace(f"({BEST.test:.2f}%)", "(92.00%)")
    (tmp_path / "S9.ipynb").write_text(notebook(log), encoding="utf-8")
    (tmp_path / "README.md").write_text(
        "Best test accuracy: 92.00%\n\nWe reached 85% at epoch 12.\n", encoding="utf-8"
    )
    assert [one.verdict for one in claims(tmp_path)] == ["unverifiable", "unverifiable"]


@pytest.mark.parametrize(
    "text, verdict",
    [
        (f"Test accuracy: {BEST.test:.2f}%", "false"),
        (f"Validation accuracy: {BEST.test:.2f}%", "true"),
        ("Test accuracy: 84.61%", "true"),
    ],
)
def test_a_validation_accuracy_is_none_of_the_test(tmp_path, text, verdict):
    log = "".join(
        f"epoch {one.index} train_acc {one.train:.2f} val_acc {one.test:.2f}\n" for one in COURSE
    )
    log += "best val_acc 85.97; with these weights on the 10,000 test images: test_acc 84.61\n"
    (tmp_path / "S9.ipynb").write_text(notebook(log), encoding="utf-8")
    (tmp_path / "README.md").write_text(text, encoding="utf-8")
    assert [one.verdict for one in claims(tmp_path)] == [verdict]


@pytest.mark.parametrize(
    "end, verdict",
    [
        ("early stopping\n", "false"),
        ("Epoch 30: early stopping\n", "false"),
        ("EarlyStopping(patience=8)\n", "unverifiable"),
        ("", "unverifiable"),
    ],
)
def test_more_epochs_than_a_training_that_was_stopped(tmp_path, end, verdict):
    log = "".join(f"epoch {one.index + 1} of 60: test acc {one.test:.2f}%\n" for one in COURSE)
    (tmp_path / "S9.ipynb").write_text(notebook(log + end), encoding="utf-8")
    (tmp_path / "README.md").write_text("The network was trained for 60 epochs.", encoding="utf-8")
    assert [one.verdict for one in claims(tmp_path)] == [verdict]


def test_a_resumed_training_that_was_stopped_early(tmp_path):
    lines = [f"epoch {one.index + 1} of 60: test acc {one.test:.2f}%\n" for one in COURSE]
    log = "".join([*lines[:20], "resuming from epoch 20\n", *lines[18:], "early stopping\n"])
    (tmp_path / "S9.ipynb").write_text(notebook(log), encoding="utf-8")
    (tmp_path / "README.md").write_text("The network was trained for 60 epochs.", encoding="utf-8")
    assert [(one.verdict, one.value) for one in claims(tmp_path)] == [("false", 30)]


def test_epochs_that_log_nothing_were_trained_too(tmp_path):
    logged = (*COURSE[::5], COURSE[-1])
    text = "".join(
        f"Epoch {one.index}\n" + (f"Test Accuracy: {one.test:.2f}%\n" if one in logged else "")
        for one in COURSE
    )
    (tmp_path / "S9.ipynb").write_text(notebook(text), encoding="utf-8")
    (tmp_path / "README.md").write_text(
        "Trained the model for 30 epochs.\n\nEpochs: 75\n", encoding="utf-8"
    )
    assert [claim.verdict for claim in claims(tmp_path)] == ["true", "false"]


def test_a_claim_may_be_about_another_run(tmp_path):
    other = training(12, 71, seed=3)
    (tmp_path / "S9.ipynb").write_text(
        notebook(tqdm_from_0(other), tqdm_from_0(COURSE)), encoding="utf-8"
    )
    (tmp_path / "README.md").write_text("We trained for 12 epochs.\n", encoding="utf-8")
    found = claims(tmp_path)
    assert [(one.verdict, one.value) for one in found] == [("true", 12)] and "another run" in found[
        0
    ].why


@pytest.mark.parametrize(
    "text, verdict",
    [
        ("Best test accuracy is {best} (epoch {at}), training accuracy at the end: {last}.", "t"),
        ("Best test accuracy {best} at epoch {at}, last train accuracy {last}.", "t"),
        ("Best test accuracy was {best} in epoch {at}; training accuracy ended at {last}.", "t"),
        ("Best test accuracy {best} at epoch {at}, last train accuracy {none}.", "f"),
        ("Best test accuracy {best} at epoch {at}, train accuracy {last}.", "u"),
        ("Best test accuracy {best} at epoch {at}, train accuracy {then}.", "t"),
        ("Best test accuracy {best} at epoch {at}, train accuracy {none}.", "f"),
    ],
)
def test_the_epoch_of_one_accuracy_is_not_that_of_another_with_its_own_time(
    tmp_path, text, verdict
):
    course = [*COURSE[:-1], replace(COURSE[-1], test_correct=COURSE[-1].test_correct - 100)]
    best = max(course, key=lambda one: one.test)
    at, last, then, none = best.index, course[-1].train, best.train, 64.17
    assert last != then and none not in [one.train for one in course]
    (tmp_path / "S9.ipynb").write_text(notebook(tqdm_from_0(course)), encoding="utf-8")
    values = dict(best=best.test, last=last, then=then, none=none)
    shown = text.format(at=at, **{name: f"{value:.2f}%" for name, value in values.items()})
    (tmp_path / "README.md").write_text(shown, encoding="utf-8")
    assert [one.verdict[0] for one in claims(tmp_path)] == [verdict]
