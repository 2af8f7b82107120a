"""Lines, lists and tables whose numbers are easily taken for others, and logs that were never measured."""

import time
from dataclasses import replace

import pytest

from tests.grading.first_attempt import log_audit
from tests.grading.log.written_logs import audit, notebook, tqdm_from_0, training, value
from utils.grading.claims.sentence_splitting import statements
from utils.grading.log.epoch_and_bar import read_line
from utils.grading.log.printed_totals import printed_total
from utils.grading.log.tables import read_header, read_row
from utils.grading.submission.contents import read_submission

COURSE = training()
BEST = max(COURSE, key=lambda one: one.test)


def figures(found):
    return tuple(value(found, name) for name in ("epochs", "best_test_accuracy", "best_epoch"))


# --- one line ---------------------------------------------------------------------------------------------------------


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


# --- averaged weights -------------------------------------------------------------------------------------------------


def ema_in_the_line(course):
    return "".join(
        f"Epoch {one.index}: test acc: {one.test:.2f}% | EMA test acc: {one.index + 60:.2f}%\n"
        for one in course
    )


def ema_in_brackets(course):
    return "".join(
        f"Epoch {one.index} train loss {one.train_loss:.3f} test acc {one.test:.2f} test acc (swa) 91.00\n"
        for one in course
    )


def ema_in_a_line_before(course):
    return "".join(
        f"Epoch {one.index}\n[EMA] Test set: Average loss: 0.2, Accuracy: 9{one.index:02d}0/10000\nTest set: "
        f"Average loss: {one.test_loss:.4f}, Accuracy: {one.test_correct}/10000 ({one.test:.2f}%)\n"
        for one in course
    )


def ema_in_a_line_after(course):
    return "".join(
        f"Epoch {one.index}\ntest acc: {one.test:.2f}%\nema test acc: {one.index + 60}.00%\n"
        for one in course
    )


def ema_columns(course, names="ema_test_acc,test_acc"):
    return "\n".join(
        [f"epoch,{names}", *(f"{one.index},9{one.index / 10:.2f},{one.test:.2f}" for one in course)]
    )


def ema_columns_in_a_table(course):
    rows = [f"| {one.index} | {one.test:.2f} | 9{one.index / 10:.2f} |" for one in course]
    return "\n".join(["| Epoch | Test Acc | Test Acc (EMA) |", "|---|---|---|", *rows])


EMA = (
    ema_in_the_line,
    ema_in_brackets,
    ema_in_a_line_before,
    ema_in_a_line_after,
    ema_columns,
    ema_columns_in_a_table,
)


@pytest.mark.parametrize("write", EMA)
def test_averaged_weights_never_replace_the_plain_ones(tmp_path, write):
    found = audit(tmp_path, write(COURSE))
    assert figures(found) == (30, BEST.test, BEST.index)
    assert not any("averaged weights" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    "write",
    [
        lambda course: "".join(
            f"Epoch {one.index}: EMA test acc: {one.test:.2f}%\n" for one in course
        ),
        lambda course: "".join(
            f"Epoch {one.index}\nTest Acc (EMA): {one.test:.2f}\n" for one in course
        ),
        lambda course: "\n".join(
            ["epoch,test_acc_ema", *(f"{one.index},{one.test:.2f}" for one in course)]
        ),
    ],
)
def test_averaged_weights_alone_are_read_with_a_remark(tmp_path, write):
    found = audit(tmp_path, write(COURSE))
    assert figures(found) == (30, BEST.test, BEST.index)
    assert any("averaged weights" in warning for warning in found.warnings)


def test_decimal_commas_of_losses():
    numbers = read_line("Epoch 1/30 - Train Loss: 1,2676 - Test Accuracy: 44,40 %").numbers
    assert numbers["train", "loss"].value == 1.2676 and numbers["test", "accuracy"].unit == 0.01


HEADS = (
    "acc",
    "Epoch 3 test acc",
    "100%|",
    "1/1 [",
    "average ",
    "train/",
    "total params ",
    "acc (",
    "**a**",
    "# ",
    "over",
    "1,",
    "test 0.5 (",
    "test loss/acc",
    "ema ",
    "ema_",
)
RUNS = (
    " ",
    "\t \u2003",
    "1",
    "a",
    "/",
    ",",
    "|",
    "*",
    "_",
    "(",
    "=",
    "1/",
    "1,000,",
    "| ",
    "train/",
    "acc ",
    "1%|",
    "Epoch 1 ",
    "of ",
    "; ",
    "9% ",
    "━",
)


@pytest.mark.parametrize(
    "read", [read_line, read_header, printed_total], ids=lambda read: read.__name__
)
def test_no_line_takes_long(read):
    for head in HEADS:
        for run in RUNS:
            line = head + run * (1_900 // len(run)) + "x"
            begun = time.process_time()
            read(line)
            assert time.process_time() - begun < 0.2, line[:40]


def test_no_text_takes_long(tmp_path):
    lines = [(head + run * (4_000 // len(run)) + "x") for head in HEADS for run in RUNS]
    (tmp_path / "README.md").write_text(
        "\n".join(lines + ["a line. And"] * 20_000), encoding="utf-8"
    )
    begun = time.process_time()
    list(statements(read_submission(tmp_path)))
    assert time.process_time() - begun < 5


# --- tables and lists -------------------------------------------------------------------------------------------------


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


# --- evaluations and runs ---------------------------------------------------------------------------------------------

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


# --- what was not measured --------------------------------------------------------------------------------------------


def of_source(tmp_path, source, output, later=""):
    sources = [source, later]
    (tmp_path / "S9.ipynb").write_text(notebook(output, "x\n", sources=sources), encoding="utf-8")
    return log_audit(read_submission(tmp_path), "S9.ipynb", 85.0)


LINES = "".join(f"Epoch {one.index}: test acc: {one.test:.2f}%\n" for one in COURSE)
ACCURACIES = str([one.test for one in COURSE])


@pytest.mark.parametrize(
    "source",
    [
        f'!pip list\nprint("""{LINES}""")',
        "\n".join(f"print({line!r})" for line in LINES.split("\n")),
        f"text = {LINES!r}\nfor line in text.split('\\n'):\n    print(line)",
        f"train(model)\nprint('Epoch {BEST.index}: test acc: {BEST.test:.2f}%')",
        f"for epoch, one in enumerate({ACCURACIES}):\n    print(f'Epoch {{epoch}}: test acc: {{one:.2f}}%')",
    ],
)
def test_a_log_that_stands_in_the_source_is_no_log(tmp_path, source):
    found = of_source(tmp_path, source, LINES)
    for name in (
        "best_test_accuracy",
        "final_test_accuracy",
        "best_epoch",
        "first_epoch_at_target",
    ):
        assert (
            value(found, name) is None and "is text in the cell's own code" in found.facts[name].why
        )
    assert any("own code" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    "source, later",
    [
        ("print(f'Epoch {epoch}: test acc: {one:.2f}%')", ""),
        ("print('Epoch %d: test acc: %.2f%%' % (epoch, one))", ""),
        ("train(model)\n# " + LINES.replace("\n", "\n# "), ""),
        (f'train(model)\n"""{LINES}"""', ""),
        ("train(model)", f"plot({ACCURACIES})\nlog = {LINES!r}"),
        ("train(model", ""),
    ],
)
def test_a_log_that_is_computed_is_one(tmp_path, source, later):
    assert value(of_source(tmp_path, source, LINES, later), "best_test_accuracy") == BEST.test
