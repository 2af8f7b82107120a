"""Logs in words of their own: their labels and their course tell what a number is, and lists of other things are none."""

import pytest

from tests.grading.first_attempt import log_audit
from tests.grading.log.test_formats import COURSE, assert_course, filled
from tests.grading.log.written_logs import BARS, audit, notebook, value
from utils.grading.submission.contents import read_submission

LINES = {
    "a split and a share": "---- epoch {n} ----\n  training set: {e.train:.2f} % right\n"
    "  test set:     {e.test:.2f} % right (loss {e.test_loss:.3f})",
    "a counter and splits": "{n:2d}/30  on train: {e.train:.2f}   on test: {e.test:.2f}",
    "a name before the counter": "[mid] ep {n:02d}/30  train {e.train:.2f}  test {e.test:.2f}  (31s)",
    "counts and seconds": "epoch {n}: train {e.train_correct}/50000, test {e.test_correct}/10000, 19.2 s",
    "the best beside it": "Epoch {n}/30\nTrain | Loss: {e.train_loss:.4f} | Acc: {e.train:.2f}%\n"
    "Test  | Loss: {e.test_loss:.4f} | Acc: {e.test:.2f}% | best {e.test:.2f}% @ {n}",
    "the best behind bars": "epoch {n}: 100%|"
    + BARS
    + "| 391/391 [00:15<00:00, 25.01it/s, acc=0.411, loss=1.4]\n"
    "test: loss {e.test_loss:.4f}  acc {e.test:.2f}  best {e.test:.2f}",
    "the split behind": "epoch {n}: {e.train:.2f}% on train, {e.test:.2f}% on test",
    "errors": "[{e.index}]\ttrain-error:{te:.2f}\ttest-error:{ee:.2f}",
    "mistakes": "pass {n}: wrong on train {wrong}/50000, wrong on test {missed}/10000",
    "German": "Epoche {n} von 30 | Trainingsverlust: {e.train_loss:.3f} | Testverlust: {e.test_loss:.3f} | Testgenauigkeit: "
    "{e.test:.2f} %",
    "French, with commas": "Époque {n}/30 — entraînement : perte 1,64, précision 39,91 % — test : précision {comma} %",
    "Spanish": "--- Época {n} ---\n  prueba:   pérdida={e.test_loss:.4f}  exactitud={e.test:.2f}%",
    "slips of the pen": "Epcoh {n}/30, Trainig Accurancy {e.train:.2f}, Testing Accurancy {e.test:.2f}",
    "pairs": "ep{n} | tr {e.train_loss:.3f}/{e.train:.2f} | test {e.test_loss:.3f}/{e.test:.2f} | test(ema) 1.422/43.63",
    "the split in brackets": "({n:02d}) best 88.00 now {e.test:.2f} [test %]   train {e.train:.2f}   eta 8.1min",
    "a function of the split": "#{n:02d} :: Fehler(train)={te:.2f}% :: Treffer(test)={e.test:.2f}% :: 85°C",
    "pictures": "✨ Epoch {n} of 30 ✨\n   📉 loss  → train 1.658 · test {e.test_loss:.3f}\n"
    "   🧪 test  → {e.test:.2f}%   ⏱ 14.0s",
    "machines": "[5.9% done, 4m10s left, gpu 81% busy] e={n} tracc={e.train:.2f} teacc={e.test:.2f} (3195 img/s)",
    "a phase": "2024-05-12 14:03:42,619 - cifar - INFO - epoch={n} phase=test loss={e.test_loss:.4f} accuracy={e.test:.2f}",
    "a remark now and then": "#{n} train {e.train:.2f} / test {e.test:.2f}{star}",
}
TABLES = {
    "per cent in the header": (
        "┌───────┬─────────┬─────────┐\n│ epoch │ train % │  test % │\n├───────┼─────────┼─────────┤",
        "│ {n:5d} │ {e.train:7.2f} │ {e.test:7.2f} │",
    ),
    "German in a spreadsheet": (
        "Epoche;Genauigkeit_Training;Genauigkeit_Test;Sekunden",
        "{n};39,91;{comma};15,8",
    ),
    "an index with a name": (
        "       train_loss  train_acc  test_loss  test_acc\nepoch                                            ",
        "{n:<5}  {e.train_loss:10.4f}  {e.train:9.2f}  {e.test_loss:9.4f}  {e.test:8.2f}",
    ),
}
OTHERS = {
    "folds": "fold {n}: test {e.test:.2f}%",
    "seeds": "seed {n}  test {e.test:.2f}%",
    "models": "model {n}: train {e.train:.2f} test {e.test:.2f}",
    "averaged weights in other words": "{n}/30 swa on test {e.test:.2f}%",
    "trials": "trial {n}/30: lr 0.{n:02d}, test {e.test:.2f} %",
    "learning rates": "lr {e.train_loss:.5f}: test {e.test:.2f} %",
    "classes": "class {n}: test {e.test:.2f}% right",
    "another share": "epoch {n}: test f1 {e.test:.2f}%",
    "only the best": "epoch {n}: best {e.test:.2f}% on test",
    "a loss without a word": "epoch {n}: train {e.train_loss:.4f} test {e.test_loss:.4f}",
    "times": "{n}/30 train {n}.5 test {n}.25",
    "images done": "epoch {n}: test {n}000/30000",
    "only training": "epoch {n}: {e.train:.2f}% right on train",
}


def line(text, epoch):
    more = {
        "{star}": "  *saved*" if epoch.index % 7 == 0 else "",
        "{comma}": f"{epoch.test:.2f}".replace(".", ","),
        "{wrong}": str(50_000 - epoch.train_correct),
        "{missed}": str(10_000 - epoch.test_correct),
    }
    for name, value_of in more.items():
        text = text.replace(name, value_of)
    return filled(text, epoch) + "\n"


def written(name):
    header, row = TABLES.get(name) or ("", LINES.get(name) or OTHERS[name])
    return (header + "\n" if header else "") + "".join(line(row, epoch) for epoch in COURSE)


@pytest.mark.parametrize("name", LINES | TABLES)
def test_a_format_in_a_notebook_and_in_a_file(tmp_path, name):
    assert_course(audit(tmp_path, written(name)))
    (tmp_path / "S9.ipynb").write_text(notebook("100 parameters"), encoding="utf-8")
    (tmp_path / "train.log").write_text(written(name), encoding="utf-8")
    assert_course(log_audit(read_submission(tmp_path), "S9.ipynb", 85.0))


@pytest.mark.parametrize("name", OTHERS)
def test_other_lists_are_no_test_accuracies(tmp_path, name):
    assert value(audit(tmp_path, written(name)), "accuracy_logged") is None


def test_the_evidence_is_the_line_as_it_was_printed(tmp_path):
    fact = audit(tmp_path, written("a counter and splits")).facts["final_test_accuracy"]
    assert fact.evidence[0].text == line(LINES["a counter and splits"], COURSE[-1]).strip()


def test_a_line_that_is_measured_behind_its_comment(tmp_path):
    """The epochs are validated on other images; the last line says what the test images gave."""
    log = "".join(
        line("epoch {n}  train_acc {e.train:.2f}  val_acc {e.test:.2f}", one) for one in COURSE
    )
    log += "best val_acc 86.50; with these weights on the 10,000 test images: test_acc 84.61\n"
    found = audit(tmp_path, log)
    assert value(found, "best_test_accuracy") == pytest.approx(84.61)
    assert value(found, "epochs") == 30


def test_a_log_that_says_that_its_validation_is_no_test(tmp_path):
    log = "".join(
        line("epoch {n}  train_acc {e.train:.2f}  val_acc {e.test:.2f}", one) for one in COURSE
    )
    found = audit(tmp_path, "train: 45000 images, val: 5000 images\n" + log)
    assert value(found, "best_test_accuracy") is None and value(found, "epochs") == 30
    found = audit(tmp_path, "train: 50,000 images, val: 10,000 images\n" + log)
    assert value(found, "best_test_accuracy") is not None


def test_of_a_log_that_is_too_long_no_part_is_taken_for_the_whole(tmp_path):
    assert value(audit(tmp_path, written("pairs") + "done\n" * 50_000), "accuracy_logged") is None
