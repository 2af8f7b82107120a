"""Logs of invented trainings, in every shape and container, give the training back."""

import pytest

from tests.grading.first_attempt import log_audit
from tests.grading.log import written_logs
from tests.grading.log.written_logs import NUMBERED, UNNUMBERED, notebook, training
from utils.grading.log.log_line import read_line
from utils.grading.submission.contents import read_submission

TARGET = 85.0
COURSE = training()


def expected(course):
    best = max(course, key=lambda one: one.test)
    return {
        "epochs": len(course),
        "best_test_accuracy": best.test,
        "best_epoch": best.index,
        "final_test_accuracy": course[-1].test,
        "log_consistent": True,
        "first_epoch_at_target": next((one.index for one in course if one.test >= TARGET), None),
    }


def audit(folder, name="S9.ipynb", target=TARGET):
    submission = read_submission(folder)
    return log_audit(submission, name if name.endswith("ipynb") else None, target)


def values(found, names):
    return {name: found.facts[name].value for name in names}


def assert_course(found, course):
    wanted = expected(course)
    assert values(found, wanted) == wanted, {name: fact.why for name, fact in found.facts.items()}


def test_the_invented_course_reaches_the_target_before_its_end():
    assert 5 < expected(COURSE)["first_epoch_at_target"] < expected(COURSE)["epochs"] - 3


@pytest.mark.parametrize("write", NUMBERED + UNNUMBERED, ids=lambda write: write.__name__)
def test_every_shape_in_a_notebook(tmp_path, write):
    (tmp_path / "S9.ipynb").write_text(
        notebook("Files already downloaded and verified\n", write(COURSE)), encoding="utf-8"
    )
    assert_course(audit(tmp_path), COURSE)


@pytest.mark.parametrize("write", NUMBERED, ids=lambda write: write.__name__)
def test_every_numbered_shape_in_a_text(tmp_path, write):
    (tmp_path / "README.md").write_text(
        f"# Network\n\nLog:\n\n{write(COURSE)}\n\nEnd.\n", encoding="utf-8"
    )
    assert_course(audit(tmp_path, "README.md"), COURSE)


TABLES = (
    written_logs.markdown_table,
    written_logs.csv_file,
    written_logs.csv_of_lightning,
    written_logs.tabs_of_fastai,
    written_logs.errors_of_fastai,
)


@pytest.mark.parametrize(
    "write", [one for one in NUMBERED if one not in TABLES], ids=lambda write: write.__name__
)
def test_a_log_that_goes_on_in_another_cell(tmp_path, write):
    text = notebook(
        write(COURSE[:11]), "a picture between\n", write(COURSE)[len(write(COURSE[:11])) :]
    )
    (tmp_path / "S9.ipynb").write_text(text, encoding="utf-8")
    assert_course(audit(tmp_path), COURSE)


def test_bars_on_stderr_and_results_on_stdout(tmp_path):
    streams = []
    for one in COURSE:
        lines = written_logs.tqdm_from_0([one]).split("\n")
        streams += [
            ("stdout", lines[0] + "\n"),
            ("stderr", "\r" + lines[1] + "\n"),
            ("stdout", "\n".join(lines[2:])),
        ]
    (tmp_path / "S9.ipynb").write_text(notebook(streams), encoding="utf-8")
    assert_course(audit(tmp_path), COURSE)


def test_a_log_of_every_fifth_epoch(tmp_path):
    course = [one for one in COURSE if (one.index + 1) % 5 == 0]
    (tmp_path / "S9.ipynb").write_text(
        notebook(written_logs.plain_per_cent(course)), encoding="utf-8"
    )
    found = audit(tmp_path)
    assert found.facts["best_test_accuracy"].value == max(one.test for one in course)
    assert found.facts["log_consistent"].value is True
    assert (
        found.facts["first_epoch_at_target"].value is None
    )  # it may have been reached between two that are logged


def test_epochs_that_are_begun_and_log_nothing_are_not_missing(tmp_path):
    best, lines = 0, []
    for one in COURSE:
        better = one.test > best
        best = max(best, one.test)
        lines.append(
            f"Epoch {one.index}, global step {one.index}: 'val_acc' "
            + (
                f"reached {one.test / 100:.5f} (best {best / 100:.5f}), saving model"
                if better
                else "was not in top 1"
            )
        )
    (tmp_path / "S9.ipynb").write_text(notebook("\n".join(lines)), encoding="utf-8")
    found = audit(tmp_path)
    last = max(one.index for one in COURSE if one.test == max(other.test for other in COURSE))
    assert values(found, ("epochs", "best_test_accuracy", "log_consistent")) == {
        "epochs": last + 1,
        "best_test_accuracy": best,
        "log_consistent": True,
    }


def test_an_evaluation_after_the_training_is_no_epoch(tmp_path):
    after = (
        "Test set: Average loss: 0.4000, Accuracy: 8701/10000 (87.01%)\n"
        "Accuracy of the network on the 10000 test images: 87 %\n"
    )
    for write in (written_logs.tqdm_from_0, written_logs.without_numbers):
        (tmp_path / "S9.ipynb").write_text(notebook(write(COURSE) + "\n" + after), encoding="utf-8")
        found = audit(tmp_path)
        assert_course(found, COURSE)
        assert any("87.01 %" in warning for warning in found.warnings)


def test_only_a_validation_set_in_the_epochs(tmp_path):
    text = written_logs.plain_dashes(COURSE) + "\nTest Accuracy: 84.12%\n"
    (tmp_path / "S9.ipynb").write_text(notebook(text), encoding="utf-8")
    found = audit(tmp_path)
    assert values(found, ("best_test_accuracy", "best_epoch", "epochs")) == {
        "best_test_accuracy": 84.12,
        "best_epoch": None,
        "epochs": 30,
    }


def test_the_one_row_of_the_test_set_behind_epochs_that_were_validated(tmp_path):
    """As Lightning's CSVLogger writes it."""
    rows = ["epoch,step,train_acc,test_acc,val_acc,val_loss"]
    for one in COURSE:
        rows += [f"{one.index},{one.index * 391},,,{one.test / 100:.4f},{one.test_loss:.4f}"]
        rows += [f"{one.index},{one.index * 391},{one.train / 100:.4f},,,"]
    rows += [f"{len(COURSE)},{len(COURSE) * 391},,0.8412,,"]
    (tmp_path / "metrics.csv").write_text("\n".join(rows), encoding="utf-8")
    found = audit(tmp_path, "metrics.csv")
    assert values(found, ("best_test_accuracy", "epochs")) == {
        "best_test_accuracy": 84.12,
        "epochs": 30,
    }


def test_only_one_evaluation(tmp_path):
    text = notebook("Accuracy of the network on the 10000 test images: 86.12 %\n")
    (tmp_path / "S9.ipynb").write_text(text, encoding="utf-8")
    found = audit(tmp_path)
    assert found.facts["best_test_accuracy"].value == 86.12
    assert found.facts["epochs"].value is None and "one evaluation" in found.facts["epochs"].why


@pytest.mark.parametrize(
    "accuracy, value",
    [("85%", None), ("86%", 86.0), ("85.4%", 85.4), ("84%", 84.0), ("85.00%", 85.0)],
)
def test_a_rounded_accuracy_is_not_held_against_a_target_within_its_rounding(
    tmp_path, accuracy, value
):
    text = notebook(f"Epoch 1: test acc: 44%\nEpoch 2: test acc: {accuracy}\n")
    (tmp_path / "S9.ipynb").write_text(text, encoding="utf-8")
    assert audit(tmp_path).facts["best_test_accuracy"].value == value


def test_no_target_no_epoch_at_it(tmp_path):
    (tmp_path / "S9.ipynb").write_text(notebook(written_logs.tqdm_from_0(COURSE)), encoding="utf-8")
    fact = audit(tmp_path, target=None).facts["first_epoch_at_target"]
    assert (fact.value, fact.why) == (None, "the rubric sets no target")
    fact = audit(tmp_path, target=99).facts["first_epoch_at_target"]
    assert fact.value is None and fact.why.startswith("never reached")


def test_a_log_that_begins_late(tmp_path):
    (tmp_path / "README.md").write_text(written_logs.tqdm_from_0(COURSE[20:]), encoding="utf-8")
    found = audit(tmp_path, "README.md")
    assert values(found, ("epochs", "best_epoch", "first_epoch_at_target")) == {
        "epochs": 10,
        "best_epoch": None,
        "first_epoch_at_target": None,
    }
    (tmp_path / "README.md").write_text(
        written_logs.plain_per_cent(COURSE)[-400:], encoding="utf-8"
    )
    assert (
        audit(tmp_path, "README.md").facts["best_epoch"].value
        == expected(COURSE[-4:])["best_epoch"]
    )  # "of 30"


@pytest.mark.parametrize(
    "line",
    [
        "We trained for 75 epochs and test accuracy reached around 87 %.",
        "Best Test Accuracy: 85.01% (Epoch: 34)",
        "Epochs: 20",
        "Number of epochs = 24",
        "Max at Epoch = 5",
        "Total params: 185,936",
        "Saving best model with val_acc: 0.9",
        "accuracy",
        "epoch",
        "Accuracy: 3/5",
        "loss function: CrossEntropyLoss",
        "Early stopping: best test accuracy: 88.42%",
    ],
)
def test_prose_is_no_log(line):
    read = read_line(line)
    assert read is None or (read.epoch is None and not read.numbers), read


@pytest.mark.parametrize(
    "text",
    [
        "# Results\n\nTest Accuracy: 86.12%\nTrain Accuracy: 82.1%\n",
        "Epoch 34: test accuracy: 86.3%\n",
        "- Best Test Accuracy: 85.07 (epoch 12)\n",
        "Epoch 3 was the best epoch: accuracy 86 %\n\nEpoch 4 was worse\n",
    ],
)
def test_what_a_readme_claims_is_no_log(tmp_path, text):
    (tmp_path / "README.md").write_text(text, encoding="utf-8")
    assert audit(tmp_path, "README.md").facts["best_test_accuracy"].value is None
