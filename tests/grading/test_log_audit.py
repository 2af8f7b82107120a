"""Logs that cannot be true, and honest ones that are not doubted."""

import re
from dataclasses import replace

import pytest

from tests.grading.written_logs import audit, bar, plain_per_cent, tqdm_from_0, training, value

COURSE = training()
LOG = tqdm_from_0(COURSE)


def test_the_log_that_the_others_change_is_consistent(tmp_path):
    found = audit(tmp_path, LOG)
    assert value(found, "log_consistent") is True and not found.warnings
    assert value(found, "best_test_accuracy") == max(one.test for one in COURSE)
    assert value(found, "loss_normalisation") is None


def faked_line(log):
    one = COURSE[20]
    return log.replace(f"{one.test_correct}/10000 ({one.test:.2f}%)", f"{one.test_correct}/10000 (89.90%)")


def faked_counts(log):
    one = COURSE[20]
    return log.replace(f"{one.test_correct}/10000 ({one.test:.2f}%)", "8990/10000 (89.90%)")


def another_test_set(log):
    return re.sub(r"(\d+)/10000 \([\d.]+%\)",
                  lambda match: f"{int(match[1]) // 2}/5000 ({int(match[1]) // 2 / 50:.2f}%)", log)


def more_right_than_there_are(log):
    return log.replace(f"{COURSE[-1].test_correct}/10000 ({COURSE[-1].test:.2f}%)", "10200/10000 (102.00%)")


def an_epoch_copied(log):
    return log.replace(tqdm_from_0([COURSE[12]]).split("\n", 1)[1], tqdm_from_0([COURSE[9]]).split("\n", 1)[1])


def runs_glued_under_one_numbering(log):
    return tqdm_from_0(COURSE[:20] + [replace(one, index=one.index + 20) for one in training(20, 84, seed=5)])


def glued_without_training_figures(log):
    course = COURSE[:20] + [replace(one, index=one.index + 20) for one in training(20, 84, seed=5)]
    return "".join(f"Epoch {one.index}: test acc: {one.test:.2f}%\n" for one in course)


def a_leap_at_the_end(log):
    course = [*COURSE, replace(COURSE[-1], index=30, test_correct=9410)]
    return "".join(f"Epoch {one.index}: train acc: {one.train:.2f}%, test acc: {one.test:.2f}%\n" for one in course)


def a_spike_without_losses(log):
    course = [replace(one, test_correct=9450) if one.index == 20 else one for one in COURSE]
    return "".join(f"Epoch {one.index}: train acc: {one.train:.2f}%, test acc: {one.test:.2f}%\n" for one in course)


def the_same_again_and_again(log):
    return "".join(f"Epoch {one.index}: test acc: {min(one.test, 85.5):.2f}%\n" for one in training(40, 88))


def three_epochs_again(log):
    course = COURSE[:20] + [replace(COURSE[place], index=20 + place - 14) for place in range(14, 20)]
    return "".join(f"Epoch {one.index}: test acc: {one.test:.2f}%\n" for one in course)


def runs_glued_upwards(log):
    return tqdm_from_0(training(15, 71, seed=4) + COURSE[15:])


def an_epoch_copied_in_few_digits(log):
    course = [replace(COURSE[20], index=one.index) if one.index == 26 else one for one in COURSE]
    return plain_per_cent(course)


def fifty_thousand_and_more(log):
    return "".join(f"EPOCH: {one.index}\nTrain set: Average loss: {one.train_loss:.4f}, Accuracy: {one.train_correct}/60000 "
                   f"({one.train_correct / 600:.2f}%)\nTest set: Average loss: {one.test_loss:.4f}, Accuracy: "
                   f"{one.test_correct}/10000 ({one.test:.2f}%)\n" for one in COURSE)


@pytest.mark.parametrize("change, why", [
    (faked_line, "prints 89.9 for"), (faked_counts, "fits about"), (another_test_set, "5,000 images"),
    (more_right_than_there_are, "102 %"), (an_epoch_copied, "log the same loss"), (a_leap_at_the_end, "leaps"),
    (an_epoch_copied_in_few_digits, "come again at epoch 27"),
    (runs_glued_upwards, "leaps"),
    (runs_glued_under_one_numbering, "another run"), (glued_without_training_figures, "another run"),
    (a_spike_without_losses, "between a best of"), (the_same_again_and_again, "six epochs"),
    (three_epochs_again, "the 3 epochs from"), (fifty_thousand_and_more, "60,000")],
    ids=lambda one: getattr(one, "__name__", ""))
def test_a_contradiction_leaves_the_accuracies_null(tmp_path, change, why):
    changed = change(LOG)
    assert changed != LOG
    found = audit(tmp_path, changed)
    assert value(found, "log_consistent") is False
    assert why in found.facts["log_consistent"].why
    for name in ("best_test_accuracy", "best_epoch", "final_test_accuracy", "first_epoch_at_target"):
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
    return "".join(f"EPOCH: {one.index}\n{bar(one, 12_499)}\nTrain set: Average loss: {one.train_loss:.4f}, Accuracy: "
                   f"{one.train_correct}/50000 ({one.train:.2f}%)\nTest set: Average loss: {one.test_loss:.4f}, Accuracy: "
                   f"{one.test_correct}/10000 ({one.test:.2f}%)\n" for one in COURSE)


def other_steps_from_an_epoch_on(log):
    rest = tqdm_from_0(COURSE[12:]).replace("98/98", "391/391").replace("Batch_id=97", "Batch_id=390")
    return tqdm_from_0(COURSE[:12]) + rest


@pytest.mark.parametrize("change, why", [
    (other_steps_from_an_epoch_on, "from epoch 12 on, an epoch has 391 steps"),
    (epochs_missing, "epochs 8 to 12 are missing"), (batch_ids_that_do_not_fit, "Batch_id=390 after 98 steps"),
    (rates_that_do_not_fit, "its rate"), (steps_that_no_batch_makes, "no batch size makes 12499 steps")],
    ids=lambda one: getattr(one, "__name__", ""))
def test_a_contradiction_that_leaves_the_accuracies(tmp_path, change, why):
    found = audit(tmp_path, change(LOG))
    assert value(found, "log_consistent") is False and why in found.facts["log_consistent"].why
    assert value(found, "best_test_accuracy") == max(one.test for one in COURSE)
    assert any(why in warning for warning in found.warnings)


@pytest.mark.parametrize("top, best", [(84.9, None), (88.0, 87)])
def test_an_average_over_batches_counts_only_away_from_the_target(tmp_path, top, best):
    lines = "".join(f"Epoch {one.index}: test acc: {one.test + 0.0043:.4f}%\n" for one in training(30, top))
    found = audit(tmp_path, lines)
    assert value(found, "log_consistent") is True and any("average over batches" in text for text in found.warnings)
    accuracy = value(found, "best_test_accuracy")
    assert accuracy is None if best is None else accuracy > best


@pytest.mark.parametrize("seed", range(12))
def test_no_honest_log_is_doubted(tmp_path, seed):
    """Long and short, good and poor, restless and smooth, in two shapes."""
    course = training(8 + 9 * seed, 70 + 1.7 * seed, seed)
    restless = [replace(one, test_correct=one.test_correct - (seed * 137 * (one.index % 4 == 1)),
                        test_loss=one.test_loss + 0.06 * seed * (one.index % 4 == 1)) for one in course]
    for write in (tqdm_from_0, plain_per_cent):
        found = audit(tmp_path, write(restless))
        assert value(found, "log_consistent") is True, found.facts["log_consistent"].why
        assert value(found, "best_test_accuracy") == max(one.test for one in restless)
