"""Lines whose numbers are easily taken for others."""

from dataclasses import replace

import pytest

from tests.grading.log.written_logs import audit, figures, training, value
from utils.grading.log.log_line import read_line

COURSE = training()


@pytest.mark.parametrize(
    "line, train, test",
    [
        ("Epoch 3 | Train/Test Acc: 99.12% / 82.10%", 99.12, 82.1),
        ("Epoch 3 | Train  /  Test   Acc:   99.12%   /   82.10%", 99.12, 82.1),
        ("Epoch 3 (train/val/test) acc: 99.1 / 83.0 / 82.1", 99.1, 82.1),
        ("Epoch: 3 Loss: 0.2/0.6 Accuracy (train/test): 99.12/82.10", 99.12, 82.1),
        ("Epoch 3 | acc train/test 99.1/82.1", 99.1, 82.1),
        ("Epoch 3: Test/Train Accuracy: 82.10%, 99.12%", 99.12, 82.1),
        ("Epoch 3 Train and Test Accuracy: 99.1 and 82.1", 99.1, 82.1),
        ("Epoch 3 Train/Test Acc: 99.12%", None, None),
        ("Epoch 3 Test Acc: 86.5 / 90.1", None, None),
        ("Epoch 3: Test Top-5 Accuracy: 95.52% Test Top-1 Accuracy: 80.52%", None, 80.52),
        ("Epoch 3: test top1 39.40 top5 53.40", None, 39.4),
        ("Epoch 3: top1 39.40 top5 53.40", None, None),
        ("Epoch 3: Train Acc@1 39.40 Test Acc@1 38.40 Test Acc@5 53.40", 39.4, 38.4),
        ("Top 5 test accuracy: 95.1", None, None),
        ("Epoch 3: Test Acc5: 95.1 Test Acc1: 80.2", None, 80.2),
        ("{'epoch': 3, 'test_top5_acc': 95.2, 'test_acc': 81.1}", None, 81.1),
        ("Epoch 3: Test balanced accuracy: 89.52, test accuracy: 81.52", None, 81.52),
        ("Epoch 3: Test accuracy (last batch): 93.40% Test accuracy: 38.40%", None, 38.4),
        ("Epoch 3: test accuracy (per class): 88, test accuracy: 81", None, 81),
        ("Epoch 3 Test mini-batch acc: 93.75", None, None),
        ("Test: [70/79] Loss 0.4 (0.5) Acc 93.1 (81.2)", None, None),
        ("Epoch 3 Test loss: 0.4 accuracy on train set: 99.1", 99.1, None),
        ("Test Accuracy (Overall): 86% (8640/10000)", None, 86.4),
        ("Overall test accuracy of the model: 81 %", None, 81),
        ("Test Accuracy of  airplane: 88% (880/1000)", None, None),
        ("Test accuracy of class 3: 88 %", None, None),
        ("Epoch 3 - Train Accuracy: 41,20 % - Test Accuracy: 86,52 %", 41.2, 86.52),
        ("Epoch 3 Test Acc: 86,52", None, None),
        ("Test Accuracy: 8,652/10,000 (86,52 %)", None, 86.52),
        ("Test Accuracy: 8,652/10,000 (86.52 %)", None, 86.52),
        ("Epoche 3/30 - Test Acc: 44 %", None, 44),
        ("Epoch 3 | Test acc (raw) 43.60 | Test acc (EMA) 44.40", None, 43.6),
        ("Epoch 3: ema_test_acc=0.20 test_acc=0.57", None, 0.57),
        ("Epoch 3: EMA Test Acc: 20.00%, Test Acc: 57.00%", None, 57.0),
        (
            "Epoch 3 test acc: 57.1 | EMA: train acc 10.0 test acc 20.0 | train acc: 45.0",
            45.0,
            57.1,
        ),
        ("Epoch 3 train_acc 45.0 test_acc 57.1 test_acc_swa 20.0", 45.0, 57.1),
        ("Epoch 3 | ema decay 0.999 | test acc: 57.1", None, 57.1),
        ("Epoch 3 test acc (TTA): 88.2 test acc: 84.9", None, 84.9),
    ],
)
def test_the_test_accuracy_of_all_images_is_read_and_no_other(line, train, test):
    read = read_line(line)
    numbers = read.numbers if read else {}
    found = [numbers.get((split, "accuracy")) for split in ("train", "test")]
    assert [number and number.value for number in found] == [train, test]


@pytest.mark.parametrize(
    "line, train, test",
    [
        ("Epoch 3 | Train: 0.60 (80.00%) | Test: 0.42 (86.20%)", (0.6, 80), (0.42, 86.2)),
        ("epoch 3 train 0.60/80.0% test 0.42/86.2%", (0.6, 80), (0.42, 86.2)),
        ("train 0.60/80% test 0.42/86%", (0.6, 80), (0.42, 86)),
        ("Epoch 3: train (0.60, 80.00%), test (0.42, 86.20%)", (0.6, 80), (0.42, 86.2)),
        ("Epoch 3 train loss/acc: 0.60/80.00, test loss/acc: 0.42/86.20", (0.6, 80), (0.42, 86.2)),
        (
            "Epoch 3 Train Loss (Acc): 0.60 (80.00) Test Loss (Acc): 0.42 (86.20)",
            (0.6, 80),
            (0.42, 86.2),
        ),
        ("Loss/Acc: train 0.60/0.80, test 0.42/0.862", (0.6, 0.8), (0.42, 0.862)),
        ("Epoch 3 test acc/loss: 86.20/0.42", (None, None), (0.42, 86.2)),
        ("Train: 0,60 (80,00 %) | Test: 0,42 (86,20 %)", (0.6, 80), (0.42, 86.2)),
        ("Test: loss 0.42 (acc 86.20%)", (None, None), (0.42, 86.2)),
        ("Test set: 0.42, 86.20%", (None, None), (0.42, 86.2)),
        ("Epoch 3 Train Loss: 0.60 (80.00%) | Test Loss: 0.42 (86.20%)", (0.6, 80), (0.42, 86.2)),
        ("Epoch 3 | EMA Test: 1.50 (20.10%) | Test: 0.42 (86.20%)", (None, None), (0.42, 86.2)),
        ("Train: 0.60 (80.00%)", (None, None), (None, None)),
        ("Test: 0.42 (100%)", (None, None), (None, None)),
        ("Train: 12.8s (26%) Test: 3.5s (12%)", (None, None), (None, None)),
        ("Epoch 3 Train: 0.60 (20.00% err) Test: 0.42 (13.80% err)", (None, None), (None, None)),
        ("Epoch 3 test loss: 0.42 (-3.80%)", (None, None), (0.42, None)),
        ("Epoch 3 test loss: 0.42 (3.80% lower)", (None, None), (0.42, None)),
        ("Split: train 0.80 (80.0%) test 0.20 (20.0%)", (None, None), (None, None)),
        ("Epoch 3 Test: 0.42 [3/79]", (None, None), (None, None)),
        ("Epoch 3 Avg Test Loss: 0.52 Avg Test Metric: 0.828", (None, None), (0.52, None)),
    ],
)
def test_a_loss_and_an_accuracy_in_a_pair(line, train, test):
    read = read_line(line)
    numbers = read.numbers if read else {}
    found = [
        tuple(
            number and number.value
            for number in (numbers.get((split, "loss")), numbers.get((split, "accuracy")))
        )
        for split in ("train", "test")
    ]
    assert found == [train, test]


def pairs(course):
    return "".join(
        f"Epoch {one.index + 1}/{len(course)} | Train: {one.train_loss:.2f} ({one.train:.2f}%) | Test: "
        f"{one.test_loss:.2f} ({one.test:.2f}%)\n"
        for one in course
    )


def pairs_below_a_heading(course):
    return "".join(
        f"Epoch {one.index + 1}\n  train 0.60 / {one.train:.2f}%\n  test {one.test_loss:.2f} / {one.test:.2f}%\n"
        for one in course
    )


@pytest.mark.parametrize("write", [pairs, pairs_below_a_heading])
def test_a_log_of_pairs_with_the_final_and_the_best_one_after_it(tmp_path, write):
    course = [*COURSE[:-1], replace(COURSE[-1], test_correct=COURSE[-3].test_correct - 40)]
    best, final = max(course, key=lambda one: one.test), course[-1].test
    after = f"Final Test Accuracy: {final:.2f}%\nBest Test Accuracy: {best.test:.2f}%\n"
    for outputs in ((write(course), after), (write(course) + after,)):
        found = audit(tmp_path, *outputs)
        assert (
            figures(found) == (30, best.test, best.index) and value(found, "log_consistent") is True
        )
        assert value(found, "final_test_accuracy") == final


def test_decimal_commas_of_losses():
    numbers = read_line("Epoch 1/30 - Train Loss: 1,2676 - Test Accuracy: 44,40 %").numbers
    assert numbers["train", "loss"].value == 1.2676 and numbers["test", "accuracy"].unit == 0.01
