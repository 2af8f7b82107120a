"""Logs that cannot be true, and honest ones that are not doubted."""

import json
import re
from dataclasses import replace

import pytest

from tests.grading.first_attempt import log_audit
from tests.grading.log.written_logs import (
    audit,
    bar,
    notebook,
    plain_per_cent,
    tqdm_from_0,
    training,
    value,
)
from utils.grading.submission.contents import read_submission

COURSE = training()
LOG = tqdm_from_0(COURSE)


def test_the_log_that_the_others_change_is_consistent(tmp_path):
    found = audit(tmp_path, LOG)
    assert value(found, "log_consistent") is True and not found.warnings
    assert value(found, "best_test_accuracy") == max(one.test for one in COURSE)
    assert value(found, "loss_normalisation") is None


def faked_line(log):
    one = COURSE[20]
    return log.replace(
        f"{one.test_correct}/10000 ({one.test:.2f}%)", f"{one.test_correct}/10000 (89.90%)"
    )


def faked_counts(log):
    one = COURSE[20]
    return log.replace(f"{one.test_correct}/10000 ({one.test:.2f}%)", "8990/10000 (89.90%)")


def another_test_set(log):
    return re.sub(
        r"(\d+)/10000 \([\d.]+%\)",
        lambda match: f"{int(match[1]) // 2}/5000 ({int(match[1]) // 2 / 50:.2f}%)",
        log,
    )


def more_right_than_there_are(log):
    return log.replace(
        f"{COURSE[-1].test_correct}/10000 ({COURSE[-1].test:.2f}%)", "10200/10000 (102.00%)"
    )


def an_epoch_copied(log):
    return log.replace(
        tqdm_from_0([COURSE[12]]).split("\n", 1)[1], tqdm_from_0([COURSE[9]]).split("\n", 1)[1]
    )


def runs_glued_under_one_numbering(log):
    return tqdm_from_0(
        COURSE[:20] + [replace(one, index=one.index + 20) for one in training(20, 84, seed=5)]
    )


def glued_without_training_figures(log):
    course = COURSE[:20] + [replace(one, index=one.index + 20) for one in training(20, 84, seed=5)]
    return "".join(f"Epoch {one.index}: test acc: {one.test:.2f}%\n" for one in course)


def a_leap_at_the_end(log):
    course = [*COURSE, replace(COURSE[-1], index=30, test_correct=9410)]
    return "".join(
        f"Epoch {one.index}: train acc: {one.train:.2f}%, test acc: {one.test:.2f}%\n"
        for one in course
    )


def a_spike_without_losses(log):
    course = [replace(one, test_correct=9450) if one.index == 20 else one for one in COURSE]
    return "".join(
        f"Epoch {one.index}: train acc: {one.train:.2f}%, test acc: {one.test:.2f}%\n"
        for one in course
    )


def the_same_again_and_again(log):
    return "".join(
        f"Epoch {one.index}: test acc: {min(one.test, 85.5):.2f}%\n" for one in training(40, 88)
    )


def three_epochs_again(log):
    course = COURSE[:20] + [
        replace(COURSE[place], index=20 + place - 14) for place in range(14, 20)
    ]
    return "".join(f"Epoch {one.index}: test acc: {one.test:.2f}%\n" for one in course)


def runs_glued_upwards(log):
    return tqdm_from_0(training(15, 71, seed=4) + COURSE[15:])


def an_epoch_copied_in_few_digits(log):
    course = [replace(COURSE[20], index=one.index) if one.index == 26 else one for one in COURSE]
    return plain_per_cent(course)


def fifty_thousand_and_more(log):
    return "".join(
        f"EPOCH: {one.index}\nTrain set: Average loss: {one.train_loss:.4f}, Accuracy: {one.train_correct}/60000 "
        f"({one.train_correct / 600:.2f}%)\nTest set: Average loss: {one.test_loss:.4f}, Accuracy: "
        f"{one.test_correct}/10000 ({one.test:.2f}%)\n"
        for one in COURSE
    )


@pytest.mark.parametrize(
    "change, why",
    [
        (faked_line, "prints 89.9 for"),
        (faked_counts, "fits about"),
        (another_test_set, "5,000 images"),
        (more_right_than_there_are, "102 %"),
        (an_epoch_copied, "log the same loss"),
        (a_leap_at_the_end, "leaps"),
        (an_epoch_copied_in_few_digits, "come again at epoch 27"),
        (runs_glued_upwards, "leaps"),
        (runs_glued_under_one_numbering, "another run"),
        (glued_without_training_figures, "another run"),
        (a_spike_without_losses, "between a best of"),
        (the_same_again_and_again, "six epochs"),
        (three_epochs_again, "the 3 epochs from"),
        (fifty_thousand_and_more, "60,000"),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_a_contradiction_leaves_the_accuracies_null(tmp_path, change, why):
    changed = change(LOG)
    assert changed != LOG
    found = audit(tmp_path, changed)
    assert value(found, "log_consistent") is False
    assert why in found.facts["log_consistent"].why
    for name in (
        "best_test_accuracy",
        "best_epoch",
        "final_test_accuracy",
        "first_epoch_at_target",
    ):
        assert value(found, name) is None and why in found.facts[name].why
    assert value(found, "accuracy_logged") > 80
    assert any(why in warning for warning in found.warnings)


def epochs_missing(log):
    return tqdm_from_0(COURSE[:8] + COURSE[13:])


def batch_ids_that_do_not_fit(log):
    return log.replace("Batch_id=97", "Batch_id=390")


def rates_that_do_not_fit(log):
    return re.sub(r"[\d.]+it/s", "98.0it/s", log)


def steps_that_no_batch_makes(log):
    return "".join(
        f"EPOCH: {one.index}\n{bar(one, 12_499)}\nTrain set: Average loss: {one.train_loss:.4f}, Accuracy: "
        f"{one.train_correct}/50000 ({one.train:.2f}%)\nTest set: Average loss: {one.test_loss:.4f}, Accuracy: "
        f"{one.test_correct}/10000 ({one.test:.2f}%)\n"
        for one in COURSE
    )


def other_steps_from_an_epoch_on(log):
    rest = (
        tqdm_from_0(COURSE[12:]).replace("98/98", "391/391").replace("Batch_id=97", "Batch_id=390")
    )
    return tqdm_from_0(COURSE[:12]) + rest


@pytest.mark.parametrize(
    "change, why",
    [
        (other_steps_from_an_epoch_on, "from epoch 12 on, an epoch has 391 steps"),
        (epochs_missing, "epochs 8 to 12 are missing"),
        (batch_ids_that_do_not_fit, "Batch_id=390 after 98 steps"),
        (rates_that_do_not_fit, "its rate"),
        (steps_that_no_batch_makes, "no batch size makes 12499 steps"),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_a_contradiction_that_leaves_the_accuracies(tmp_path, change, why):
    found = audit(tmp_path, change(LOG))
    assert value(found, "log_consistent") is False and why in found.facts["log_consistent"].why
    assert value(found, "best_test_accuracy") == max(one.test for one in COURSE)
    assert any(why in warning for warning in found.warnings)


@pytest.mark.parametrize("top, best", [(84.9, None), (88.0, 87)])
def test_an_average_over_batches_counts_only_away_from_the_target(tmp_path, top, best):
    lines = "".join(
        f"Epoch {one.index}: test acc: {one.test + 0.0043:.4f}%\n" for one in training(30, top)
    )
    found = audit(tmp_path, lines)
    assert value(found, "log_consistent") is True and any(
        "average over batches" in text for text in found.warnings
    )
    accuracy = value(found, "best_test_accuracy")
    assert accuracy is None if best is None else accuracy > best


@pytest.mark.parametrize("seed", range(12))
def test_no_honest_log_is_doubted(tmp_path, seed):
    """Long and short, good and poor, restless and smooth, in two shapes."""
    course = training(8 + 9 * seed, 70 + 1.7 * seed, seed)
    restless = [
        replace(
            one,
            test_correct=one.test_correct - (seed * 137 * (one.index % 4 == 1)),
            test_loss=one.test_loss + 0.06 * seed * (one.index % 4 == 1),
        )
        for one in course
    ]
    for write in (tqdm_from_0, plain_per_cent):
        found = audit(tmp_path, write(restless))
        assert value(found, "log_consistent") is True, found.facts["log_consistent"].why
        assert value(found, "best_test_accuracy") == max(one.test for one in restless)


# --- what is not established ------------------------------------------------------------------------------------------


def fractions(*accuracies):
    return "".join(
        f"Epoch {index}: val_loss=0.9, val_acc={one}\n" for index, one in enumerate(accuracies)
    )


def whole(*accuracies):
    return "".join(
        f"Epoch {index}/3 - test accuracy: {one} %\n" for index, one in enumerate(accuracies, 1)
    )


@pytest.mark.parametrize(
    "log, first",
    [
        (fractions("0.571", "0.850", "0.853"), None),
        (fractions("0.571", "0.851", "0.853"), 1),
        (fractions("0.571", "0.8500", "0.8530"), 1),
        (fractions("0.571", "0.849", "0.853"), 2),
        (whole("57", "85", "88"), None),
        (whole("57", "84.6", "88"), 2),
        (whole("57.1", "85.0", "88.2"), None),
    ],
)
def test_rounding_may_explain_the_first_epoch_at_the_target(tmp_path, log, first):
    found = audit(tmp_path, log)
    assert value(found, "first_epoch_at_target") == first
    assert first is not None or "rounded" in found.facts["first_epoch_at_target"].why


TEST = "Test set: Average loss: {:.4f}, Accuracy: {}/10000 ({:.2f}%)\n"


def begun(course, left_out=(), heading="[EPOCH {} / 50] -- "):
    return "".join(
        heading.format(one.index)
        + "\n"
        + ("" if one.index in left_out else TEST.format(one.test_loss, one.test_correct, one.test))
        for one in course
    )


TRACEBACK = {
    "output_type": "error",
    "ename": "KeyboardInterrupt",
    "evalue": "",
    "traceback": [
        "----> 7 for epoch in range(50):\n      8     test acc = 0\n",
        "     17     train_loss = 0",
        "KeyboardInterrupt: ",
    ],
}
THREAD = (
    'Exception in thread Thread-3:\nTraceback (most recent call last):\n  File "a.py", line 3, in run\n'
    "    test_loss = 0\n    accuracy = 100.0\nRuntimeError: Set changed size during iteration\n"
)


HALF = "Loss=0.51 Batch_id=90 Accuracy=71.39:  93%|#########3| 91/98 [00:09<00:00, 39.05it/s]\n"


@pytest.mark.parametrize(
    "after", ["", HALF, HALF + THREAD, "Train Epoch: 20 [0/50000 (0%)] Loss: 0.31\n"]
)
@pytest.mark.parametrize("heading", ["[EPOCH {} / 50] -- ", "Epoch {}/50\n----------"])
def test_an_epoch_that_was_broken_off_is_not_logged(tmp_path, after, heading):
    book = json.loads(
        notebook(begun(COURSE[:20], heading=heading) + heading.format(20) + "\n" + after)
    )
    book["cells"][0]["outputs"].append(TRACEBACK)
    (tmp_path / "S9.ipynb").write_text(json.dumps(book), encoding="utf-8")
    found = log_audit(read_submission(tmp_path), "S9.ipynb", 85.0)
    best = max(COURSE[:20], key=lambda one: one.test)
    assert [value(found, name) for name in ("epochs", "best_test_accuracy", "best_epoch")] == [
        20,
        best.test,
        best.index,
    ]
    assert value(found, "log_consistent") is True


def test_a_traceback_within_a_log_takes_nothing_away(tmp_path):
    found = audit(tmp_path, begun(COURSE[:9]) + THREAD + begun(COURSE[9:]))
    assert value(found, "epochs") == 30 and value(found, "final_test_accuracy") == COURSE[-1].test


@pytest.mark.parametrize(
    "left_out, best_epoch", [((2,), True), ((28,), False), ((3, 25, 26), False)]
)
@pytest.mark.parametrize("target", [75.0, 95.0])
def test_an_epoch_that_logs_nothing_may_have_been_the_best(tmp_path, left_out, best_epoch, target):
    best = max((one for one in COURSE if one.index not in left_out), key=lambda one: one.test)
    found = audit(tmp_path, begun(COURSE, left_out), target=target)
    assert value(found, "epochs") == 30 - len(left_out)
    assert value(found, "best_epoch") == (best.index if best_epoch else None)
    assert best_epoch or "may have been the best" in found.facts["best_epoch"].why
    assert value(found, "best_test_accuracy") == (
        best.test if best_epoch or best.test >= target else None
    )


def strong_augmentation(first, train, number=1, of=""):
    return "".join(
        f"Epoch {number + index}{of}: train acc: {train + index:.2f}%, test acc: {first + index / 2:.2f}%\n"
        for index in range(4)
    )


@pytest.mark.parametrize(
    "log, said",
    [
        (strong_augmentation(85.6, 50.9), True),
        (strong_augmentation(85.6, 84.1, 0), True),
        (LOG.replace("EPOCH: ", "EPOCH: 1"), False),
        (strong_augmentation(55, 31), False),
        (strong_augmentation(85.6, 50.9, 10), False),
        (strong_augmentation(85.6, 50.9, 10, "/13"), False),
        ("Training on MNIST\n" + strong_augmentation(97.1, 93), False),
        (LOG, False),
    ],
)
def test_weights_that_were_trained_before_are_remarked_on(tmp_path, log, said):
    warnings = audit(tmp_path, log).warnings
    assert any("before this log began" in warning for warning in warnings) == said


@pytest.mark.parametrize(("after", "known"), [(90.97, True), (95.9, False)])
def test_a_step_of_the_learning_rate_may_halve_the_errors(tmp_path, after, known):
    """Where no training accuracy tells whether the network has learned."""
    values = [60, 70, 76, 79, 80.3, 81.07, 80.7, after, after + 0.21, after + 0.35]
    found = audit(
        tmp_path,
        "".join(
            f"Epoch {number}: test accuracy {value:.2f}%\n" for number, value in enumerate(values)
        ),
    )
    assert (found.facts["best_test_accuracy"].value is not None) == known
