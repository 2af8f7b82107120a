"""Evaluations beside a training, and trainings that were resumed."""

import json

import pytest

from tests.grading.log.written_logs import audit, figures, tqdm_from_0, training, value

COURSE = training()


LOSSES = "".join(
    f"Epoch: {one.index + 1} \tTraining Loss: {one.train_loss:.6f} \tValidation Loss: {one.test_loss:.6f}\n"
    for one in COURSE
)
CLASSES = "".join(
    f"Test Accuracy of {name:>9}: {88 + place}% ({880 + 10 * place}/1000)\n"
    for place, name in enumerate(("airplane", "bird", "cat", "ship"))
)


def test_accuracies_of_classes_and_one_of_all(tmp_path):
    found = audit(tmp_path, LOSSES + CLASSES + "\nTest Accuracy (Overall): 86% (8640/10000)\n")
    assert figures(found) == (30, 86.4, None)
    assert value(found, "log_consistent") is True and not found.warnings
    found = audit(tmp_path, LOSSES + CLASSES)
    assert value(found, "accuracy_logged") is None and value(found, "log_consistent") is None
    assert "line 31 of cell 0 of S9.ipynb looks like a log" in found.facts["best_test_accuracy"].why


@pytest.mark.parametrize("accuracy, best", [("85 %", None), ("86 %", 86), ("85.20 %", 85.2)])
def test_one_rounded_evaluation_is_not_held_against_a_target_within_its_rounding(
    tmp_path, accuracy, best
):
    found = audit(tmp_path, f"{LOSSES}Overall test accuracy of the model: {accuracy}\n")
    assert value(found, "best_test_accuracy") == best and value(found, "final_test_accuracy") >= 85


def test_a_run_that_is_resumed_some_epochs_back(tmp_path):
    again = training(30, seed=1)
    first, second = tqdm_from_0(COURSE[:20]), tqdm_from_0(again[18:])
    for outputs in ((first + second,), (first, second)):
        found = audit(tmp_path, *outputs)
        whole = COURSE[:18] + again[18:]
        best = max(whole, key=lambda one: one.test)
        assert (
            figures(found) == (30, best.test, best.index) and value(found, "log_consistent") is True
        )
    for one, other, epochs in (
        (COURSE, training(30, 68), 20),
        (training(30, 75), COURSE, 12),
    ):  # too far from one another
        assert (
            value(audit(tmp_path, tqdm_from_0(one[:20]) + tqdm_from_0(other[18:])), "epochs")
            == epochs
        )


# --- beside a training ------------------------------------------------------------------------------------------------

LOG = tqdm_from_0(COURSE)
UNNUMBERED = "".join(text for text in LOG.splitlines(keepends=True) if "EPOCH" not in text)
TESTED_LAST = f"Test set: Average loss: 0.4000, Accuracy: {COURSE[-1].test_correct}/10000 ({COURSE[-1].test:.2f}%)\n"


@pytest.mark.parametrize("log", [LOG, UNNUMBERED], ids=["numbered", "without numbers"])
@pytest.mark.parametrize(
    "other",
    [
        "Teacher test accuracy: 93.20%\n",
        "Test Accuracy: 93.20%\n",
        "Test accuracy on 100 images: 93.0%\n",
    ],
)
def test_an_evaluation_is_not_judged_where_a_training_is_logged(tmp_path, log, other):
    for place, outputs in enumerate([(other, log), (log, other)]):
        found = audit(tmp_path / str(place), *outputs)
        assert value(found, "best_test_accuracy") == max(one.test for one in COURSE)
        assert value(found, "epochs") == len(COURSE)


def test_tests_after_the_training_are_no_epochs(tmp_path):
    for count in (1, 2):
        found = audit(tmp_path / str(count), UNNUMBERED, *[TESTED_LAST] * count)
        assert value(found, "epochs") == len(COURSE)
        assert value(found, "final_test_accuracy") == COURSE[-1].test


def test_an_evaluation_is_judged_where_nothing_else_is_logged(tmp_path):
    assert value(audit(tmp_path, TESTED_LAST), "best_test_accuracy") == COURSE[-1].test


@pytest.mark.parametrize(
    "line",
    [
        "Accuracy of the network on the {} test images: 93 %",
        "Test accuracy on {} images: 93.00%",
        "Test accuracy ({} images): 93.00%",
        "Test accuracy: 93.00% ({} images)",
        "Test accuracy: 93.00% (on {} test samples)",
    ],
)
def test_the_accuracy_of_some_images_is_not_that_of_the_test_set(tmp_path, line):
    losses = "".join(f"Epoch {one.index + 1}: loss {one.train_loss:.4f}\n" for one in COURSE)
    whole = audit(tmp_path / "whole", losses + line.format("10000"))
    part = audit(tmp_path / "part", losses + line.format("1,000"))
    assert value(whole, "best_test_accuracy") == 93
    assert value(part, "best_test_accuracy") is None
    assert "1,000 images" in part.facts["best_test_accuracy"].why


def test_the_accuracy_of_one_batch_is_not_that_of_the_test_set(tmp_path):
    losses = "".join(f"Epoch {one.index + 1}: loss {one.train_loss:.4f}\n" for one in COURSE)
    found = audit(tmp_path, losses + "Test accuracy: 93.75% (batch 1)\n")
    assert value(found, "best_test_accuracy") is None


# --- in a file of its own ---------------------------------------------------------------------------------------------

VALIDATED = "epoch,train_acc,val_acc\n" + "".join(
    f"{one.index},{one.train / 100:.4f},{one.test / 100:.4f}\n" for one in COURSE
)


def validated(tmp_path, results: dict[str, dict]):
    """The audit of a training that was validated, beside files that hold `results`."""
    (tmp_path / "out").mkdir(exist_ok=True)
    (tmp_path / "out/metrics.csv").write_text(VALIDATED, encoding="utf-8")
    for name, result in results.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(json.dumps(result), encoding="utf-8")
    return audit(tmp_path, "nothing\n")


def test_the_one_test_result_is_in_a_file_of_its_own(tmp_path):
    best = max(one.test for one in COURSE)
    assert value(validated(tmp_path, {}), "best_test_accuracy") == best
    result = {
        "parameters": 155_394,
        "best_val_acc": best / 100,
        "test_loss": 0.4537,
        "test_acc": 0.8123,
    }
    found = validated(tmp_path, {"out/result.json": result})
    assert value(found, "best_test_accuracy") == value(found, "final_test_accuracy") == 81.23
    assert value(found, "epochs") == 30
    assert found.facts["final_test_accuracy"].evidence[0].file == "out/result.json"


@pytest.mark.parametrize(
    "result",
    [
        {"test_acc": [0.81]},
        {"val_acc": 0.81},
        {"best_test_acc": 0.81},
        {"epoch": 3, "test_acc": 0.81},
        {"seed": 1},
    ],
)
def test_what_is_no_test_result(tmp_path, result):
    found = validated(tmp_path, {"out/result.json": result})
    assert value(found, "best_test_accuracy") == max(one.test for one in COURSE)
