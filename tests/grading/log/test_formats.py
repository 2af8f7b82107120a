"""One format of a log a row, as students' loops, loggers and libraries print them: each gives the whole training back."""

import json
from dataclasses import replace

import pytest

from tests.grading.first_attempt import log_audit
from tests.grading.log.written_logs import BARS, audit, training, value
from utils.grading.log.log_line import read_line
from utils.grading.submission.contents import read_submission

COURSE = training()
BEST = max(epoch.test for epoch in COURSE)

# What is printed for an epoch; n counts from 1.
RESULTS = "train loss {e.train_loss:.4f} acc {e.train:.2f}% | test loss {e.test_loss:.4f} acc {e.test:.2f}%"
LINES = {
    "date, logger and level": "2024-02-11 20:26:53,455 - cifar10 - INFO - Epoch {n}/30 | "
    + RESULTS,
    "file and level in brackets": "[2024-02-11 20:26:53][train.py:88][INFO] Epoch {n}/30 | "
    + RESULTS,
    "logging's own": "INFO:cifar.engine:Epoch {n}/30 | " + RESULTS,
    "American time": "02/11 08:26:53 PM | Epoch {n}/30 | " + RESULTS,
    "time and file": "20:26:53 | trainer.py | Epoch {n}/30 | " + RESULTS,
    "loguru": "2024-01-01 10:00:00.123 | INFO     | __main__:train:88 - Epoch {n}: " + RESULTS,
    "rank": "[rank0] [2024-01-01 10:00:00,123] [INFO] Epoch: {n} " + RESULTS,
    "several lines of a logger": "[INFO] 20:26 epoch: {n}\n[INFO] 20:26 train acc: {e.train:.2f}\n"
    "[INFO] 20:26 test loss: {e.test_loss:.4f}, test acc: {e.test:.2f}",
    "counts without a word": "EPOCH {n}\nTrain: loss {e.train_loss:.4f}, {e.train_correct}/50000 ({e.train:.2f}%)\n"
    "Test : loss {e.test_loss:.4f}, {e.test_correct}/10000 ({e.test:.2f}%)",
    "counts, then a word": "--- epoch {n} of 30 ---\nTrain: {e.train_correct}/50000 correct ({e.train:.2f} %), loss "
    "{e.train_loss:.4f}\nTest:  {e.test_correct}/10000 correct ({e.test:.2f} %), loss {e.test_loss:.4f}",
    "a counter and no word": " {n}/30  train: loss {e.train_loss:.3f} acc {e.train:.2f}%  test: loss {e.test_loss:.3f} acc "
    "{e.test:.2f}%  (19s) *",
    "a counter in brackets": "[{n}/30] test_acc={e.test:.2f} train_acc={e.train:.2f}",
    "a number and no word": "{n:02d} | train loss {e.train_loss:.4f} acc {e.train:.2f} | test loss {e.test_loss:.4f} acc "
    "{e.test:.2f}",
    "a number and a colon": "{n}: train_acc {e.train:.2f}, val_acc {e.test:.2f}",
    "JSON of each split": '{{"epoch": {n}, "split": "train", "loss": {e.train_loss}, "acc": {e.train}}}\n'
    '{{"epoch": {n}, "split": "test", "loss": {e.test_loss}, "acc": {e.test}}}',
    "Hugging Face": "{{'loss': {e.train_loss}, 'learning_rate': 0.01, 'epoch': {n}.0}}\n"
    "{{'eval_loss': {e.test_loss}, 'eval_accuracy': {e.test}, 'eval_runtime': 3.1, 'epoch': {n}.0}}",
    "counts and equals": "Epoch {n} train {e.train_correct}/50000 = {e.train:.2f}% test {e.test_correct}/10000 = "
    "{e.test:.2f}%",
    "counts in words": "Epoch {n}: {e.test_correct} of 10000 test images correct ({e.test:.2f}%)",
    "correct": "Epoch {n}\nTrain correct {e.train_correct}/50000\nTest correct {e.test_correct}/10000",
    "trn, tst": "Ep {n}/30: trn_loss={e.train_loss:.4f} trn_acc={e.train:.2f} tst_acc={e.test:.2f}",
    "Tr, Te": "Ep {n} | Tr Loss {e.train_loss:.4f} | Tr Acc {e.train:.2f} | Te Loss {e.test_loss:.4f} | Te Acc {e.test:.2f}",
    "dev": "Epoch {n} | train loss {e.train_loss:.4f} | dev loss {e.test_loss:.4f} | dev acc {e.test:.2f}",
    "camel case": "Epoch {n} TrainLoss={e.train_loss:.4f} TrainAcc={e.train:.2f} TestAcc={e.test:.2f}",
    "split behind the word": "epoch: {n} loss_train: {e.train_loss:.4f} acc_train: {e.train:.2f} acc_test: {e.test:.2f}",
    "JSON": '{{"lr": 0.01, "train_loss": {e.train_loss}, "test_acc1": {e.test}, "test_acc5": 99.0, "epoch": {e.index}}}',
    "a dict": "{{'lr': 0.01, 'train_loss': {e.train_loss}, 'test_acc': {e.test}, 'epoch': {n}}}",
    "PyTorch's ImageNet": "Epoch: [{e.index}][390/391]\tLoss 1.2e+00 (1.3e+00)\tAcc@1  40.1 ( {e.train:.2f})\n"
    "Test: [70/79]\tLoss 1.2 (1.3)\tAcc@1  39.0 ( 40.1)\n *   Acc@1 {e.test:.3f} Acc@5 99.100",
    "PyTorch's tutorial": "[{n},   391] loss: {e.train_loss:.3f}\nAccuracy on test set: {e.test:.2f} %",
    "errors": "Epoch {n} | train error {te:.2f}% | test error {ee:.2f}%",
    "shares": "Epoch {n}: train = {e.train:.2f}%, test = {e.test:.2f}%",
    "French": "Époque {n}/30 : train_acc {e.train:.2f}%, test_acc {e.test:.2f}%",
    "number first": "epoch {n}: {e.test:.2f}% test accuracy",
    "learning rate first": "lr: 0.0100 | epoch: {n} | train_loss: {e.train_loss:.4f} | test_acc: {e.test:.2f}",
    "time first": "(20s) Epoch {n} - Train loss {e.train_loss:.4f} - Test acc {e.test:.2f}",
    "wide number": "Epoch {n:2d}\tTrain Loss: {e.train_loss:.4f}\tVal Acc: {e.test:.2f}",
    "bars in brackets": "[{n}/30]: 100%|"
    + BARS
    + "| 391/391 [00:20<00:00, 19.5it/s, train_acc={e.train:.2f}]\n"
    "Validation accuracy: {e.test:.2f}%",
}
# A table's header and its row.
TABLES = {
    "drawn by rich": (
        "┏━━━━━━━┳━━━━━━━━━━━━┳━━━━━━━━━━━┓\n┃ Epoch ┃ Train Loss ┃ Test Acc  ┃\n┡━━━━━━━╇━━━━━━━━━━━━╇━━━━━━━━━━━┩",
        "│ {n:>5} │ {e.train_loss:>10.4f} │ {e.test:>9.2f} │",
    ),
    "drawn by tabulate": (
        "+---------+--------------+----------+\n|   epoch |   train_loss |  val_acc |\n"
        "+=========+==============+==========+",
        "|   {n} |   {e.train_loss:.4f} |  {e.test:.2f} |\n+---------+--------------+----------+",
    ),
    "wide blanks": (
        "epoch  train loss   test acc   time",
        "{n:5d}  {e.train_loss:10.4f}  {e.test:8.2f} %   20s",
    ),
    "short names": (
        "ep tr_loss tr_acc te_loss te_acc lr",
        "{n} {e.train_loss:.4f} {e.train:.2f} {e.test_loss:.4f} {e.test:.2f} 0.0100",
    ),
    "ep": (
        " ep | train loss | test acc\n----+------------+---------",
        "{n:3d} | {e.train_loss:10.4f} | {e.test:7.2f}%",
    ),
    "skorch": (
        "  epoch    train_loss    valid_acc     dur\n-------  ------------  -----------  ------",
        "      {n}        {e.train_loss:.4f}       {e.test:.2f}  2.3041",
    ),
    "numbers of all": (
        "   ep      lr   trn.loss  trn.acc   tst.loss  tst.acc",
        "{n:2d}/30  0.1000     {e.train_loss:.4f}    {e.train:.2f}     {e.test_loss:.4f}    {e.test:.2f}",
    ),
    "a row for each split": (
        "epoch,phase,loss,acc",
        "{n},train,{e.train_loss:.4f},{e.train:.2f}\n{n},val,{e.test_loss:.4f},{e.test:.2f}",
    ),
    "two names between bars": (
        "epoch |  train loss    acc |   test loss    acc |      lr",
        "{n:5d} | {e.train_loss:11.4f}  {e.train:.2f} | {e.test_loss:11.4f}  {e.test:.2f} | 0.0100",
    ),
    "Markdown with two blanks in a name": (
        "| epoch | train loss  (mean) | test acc  (%) |\n|---|---|---|",
        "| {n} | {e.train_loss:.4f} | {e.test:.2f} |",
    ),
    "a name that comes twice": (
        "epoch  train loss    acc   test loss    acc",
        "{n:5d}  {e.train_loss:10.4f}  {e.train:.2f}  {e.test_loss:10.4f}  {e.test:.2f}",
    ),
    "units": ("Epoch,Train Loss,Test Acc [%]", "{n},{e.train_loss:.4f},{e.test:.2f}"),
}


def filled(text, epoch):
    return text.format(e=epoch, n=epoch.index + 1, te=100 - epoch.train, ee=100 - epoch.test)


def written(name):
    if name in LINES:
        return "".join(filled(LINES[name], epoch) + "\n" for epoch in COURSE)
    header, row = TABLES[name]
    return header + "\n" + "".join(filled(row, epoch) + "\n" for epoch in COURSE)


def assert_course(found, course=COURSE):
    got = [value(found, name) for name in ("epochs", "best_test_accuracy", "final_test_accuracy")]
    assert got == [len(course), pytest.approx(BEST), pytest.approx(course[-1].test)]
    assert value(found, "log_consistent") is True


@pytest.mark.parametrize("name", LINES | TABLES)
def test_a_format_in_a_notebook_and_in_a_file(tmp_path, name):
    assert_course(audit(tmp_path, written(name)))
    (tmp_path / "S9.ipynb").unlink()
    (tmp_path / "train.log").write_text(written(name), encoding="utf-8")
    assert_course(log_audit(read_submission(tmp_path), None, 85.0))


@pytest.mark.parametrize(
    "history",
    [
        lambda c: {
            "train_loss": [e.train_loss for e in c],
            "test_acc": [e.test for e in c],
            "lr": [0.1],
        },
        lambda c: {
            "train": {"loss": [e.train_loss for e in c]},
            "test": {"acc": [e.test for e in c]},
        },
        lambda c: {
            "args": {"lr": 0.1},
            "history": {"loss": [e.train_loss for e in c], "val_accuracy": [e.test for e in c]},
        },
        lambda c: [
            {"epoch": e.index + 1, "train": {"loss": e.train_loss}, "test": {"acc": e.test}}
            for e in c
        ],
        lambda c: [{"train_loss": e.train_loss, "test_acc": e.test, "lr": 0.1} for e in c],
        lambda c: {
            "best_metric": 86.0,
            "log_history": [
                one
                for e in c
                for one in (
                    {"epoch": e.index + 1.0, "loss": e.train_loss, "step": 391},
                    {"epoch": e.index + 1.0, "eval_loss": e.test_loss, "eval_accuracy": e.test},
                )
            ],
        },
    ],
)
def test_a_history_that_was_saved_as_json(tmp_path, history):
    (tmp_path / "history.json").write_text(json.dumps(history(COURSE)))
    assert_course(log_audit(read_submission(tmp_path), None, 85.0))


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{}",
        '{"acc": [1]}',
        '{"a": [1, 2], "b": [3, 4]}',
        "[" * 5000,
        '{"lr": 0.1}',
        '[{"batch_size": 64, "loss": 0.5, "test_acc": 85.1}, {"batch_size": 128, "loss": 0.4, "test_acc": 86.1}]',
        "no JSON",
    ],
)
def test_json_that_is_no_history(tmp_path, text):
    (tmp_path / "config.json").write_text(text)
    assert value(log_audit(read_submission(tmp_path), None, 85.0), "epochs") is None


@pytest.mark.parametrize(
    "line",
    [
        "Epoch 3: Accuracy: 45.0% | Loss: 1.6 (test), Accuracy: 35.6% | Loss: 1.8 (train)",
        "Epoch 3 | train error 0.5 | test error 0.5",  # of what it is a share is not said
        "Epoch 3: 8600 of 10000 downloaded (86.00%)",
        "Epoch 3 train [8600/10000 (86%)]",
        "Epoch 3: split 80.0%",
    ],
)
def test_what_no_accuracy_can_be_read_from(line):
    read = read_line(line)
    assert read is None or not any(quantity == "accuracy" for _, quantity in read.numbers)


def frame(course):
    return "".join(f"{e.index:<5}{e.train_loss:12.6f}{e.test:10.4f}\n" for e in course)


HEADER = "      train_loss  test_acc\n"
CUT = HEADER + frame(COURSE[:5]) + "..          ...       ...\n" + frame(COURSE[-5:])


def test_a_frame_whose_middle_pandas_leaves_out_does_not_contradict_itself(tmp_path):
    low = [replace(epoch, test_correct=epoch.test_correct - 500) for epoch in COURSE]
    cut = HEADER + frame(low[:5]) + "..          ...       ...\n" + frame(low[-5:])
    found = audit(tmp_path, cut)
    assert value(found, "epochs") == 30 and value(found, "log_consistent") is True
    assert value(found, "best_test_accuracy") is None  # it may be one of those left out
    assert value(found, "final_test_accuracy") == pytest.approx(low[-1].test)
    assert value(audit(tmp_path, CUT), "best_test_accuracy") >= 85  # reached in what is to be seen


def test_a_frame_with_a_left_out_middle_may_go_on_another(tmp_path):
    """Rows that pandas left out were logged, though nobody sees them: so no epoch is missing."""
    first, rest = COURSE[:10], [replace(one, index=one.index - 10) for one in COURSE[10:]]
    cut = HEADER + frame(rest[:5]) + "..          ...       ...\n" + frame(rest[-5:])
    found = audit(tmp_path, HEADER + frame(first), cut)
    assert value(found, "epochs") == 30 and value(found, "log_consistent") is True


def test_a_test_after_the_last_epoch_is_no_epoch(tmp_path):
    """As Lightning's CSVLogger writes it: two rows an epoch, and one of trainer.test() with the number of the next."""
    rows = "".join(
        f"{e.index},390,,,,,{e.test},{e.test_loss}\n{e.index},390,,,{e.train},{e.train_loss},,\n"
        for e in COURSE
    )
    header = "epoch,step,test_acc,test_loss,train_acc,train_loss,val_acc,val_loss\n"
    (tmp_path / "metrics.csv").write_text(f"{header}{rows}30,11730,{BEST},0.4,,,,\n")
    assert_course(log_audit(read_submission(tmp_path), None, 85.0))


@pytest.mark.parametrize(
    "steps", [lambda place: place, lambda place: place + 1, lambda place: 391 * (place + 1)]
)
@pytest.mark.parametrize("kind", ["csv", "json"])
def test_scalars_that_tensorboard_exported(tmp_path, steps, kind):
    """A file for each tag; the steps are epochs or batches."""
    for tag, of in (("Accuracy_test", "test"), ("Loss_train", "train_loss")):
        rows = [[17173201 + e.index, steps(e.index), getattr(e, of)] for e in COURSE]
        file = tmp_path / f"run-v4-tag-{tag}.{kind}"
        lines = ("".join(f"{cell}," for cell in row)[:-1] + "\n" for row in rows)
        file.write_text(
            json.dumps(rows) if kind == "json" else "Wall time,Step,Value\n" + "".join(lines)
        )
    found = log_audit(read_submission(tmp_path), None, 85.0)
    assert_course(found)
    assert found.facts["best_test_accuracy"].evidence[0].file.endswith(f"Accuracy_test.{kind}")


def test_scalars_that_weights_and_biases_exported(tmp_path):
    """A column for each run."""
    low = [replace(e, test_correct=e.test_correct - 900) for e in COURSE]
    header = ["Step"] + [f"{run} - test/acc{end}" for run in "ab" for end in ("", "__MIN", "__MAX")]
    rows = [[e.index] + 3 * [f"{e.test}"] + 3 * [f"{other.test}"] for e, other in zip(COURSE, low)]
    text = "\n".join(",".join(f'"{cell}"' for cell in row) for row in [header, *rows])
    (tmp_path / "wandb_export.csv").write_text(text)
    found = log_audit(read_submission(tmp_path), None, 85.0)
    assert_course(found)
    assert "of 2 runs" in found.facts["best_test_accuracy"].why


def test_the_best_epoch_shown_again_is_no_resumed_run(tmp_path):
    best = max(COURSE, key=lambda e: e.test)
    line = LINES["a number and no word"].replace("{n:02d}", "ep {n}")
    assert_course(
        audit(tmp_path, "".join(filled(line, e) + "\n" for e in COURSE), filled(line, best))
    )


@pytest.mark.parametrize(
    "text",
    [
        "1/3 of the images are left out.\n2/3 of them: test acc 50.0\n",
        "3 - test accuracy of the paper: 90.1\n",
        "".join(f"{step}/391 loss: 0.5 acc: 80.{step}\n" for step in range(1, 9)),
    ],
)
def test_a_number_at_the_begin_of_a_line_need_not_count_epochs(tmp_path, text):
    (tmp_path / "notes.txt").write_text(text)
    assert value(log_audit(read_submission(tmp_path), None, 85.0), "epochs") is None


RESULTS_OF = "{e.train_loss:.4f}{s}{e.train:.2f}{s}{e.test:.2f}\n"
FILES = {
    "pandas' index": ("log.csv", ",train_loss,train_acc,test_acc", "{e.index}," + RESULTS_OF, ","),
    "no epochs": ("log.csv", "train_loss,train_acc,test_acc", RESULTS_OF, ","),
    "semicolons and decimal commas": (
        "log.csv",
        "epoch;train_loss;train_acc;test_acc",
        "{n};" + RESULTS_OF,
        ";",
    ),
    "quotes": (
        "log.csv",
        '"epoch","train_acc","test_acc"',
        '"{n}","{e.train:.2f}","{e.test:.2f}"\n',
        ",",
    ),
    "tabs": ("log.tsv", "epoch\ttrain_loss\ttrain_acc\ttest_acc", "{n}\t" + RESULTS_OF, "\t"),
    "records without a number": (
        "log.jsonl",
        "",
        '{{"train_acc": {e.train}, "test_acc": {e.test}}}\n',
        "",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_files_of_spreadsheets_and_of_pandas(tmp_path, name):
    file, header, row, separator = FILES[name]
    rows = [row.format(e=e, n=e.index + 1, s=separator) for e in COURSE]
    if separator == ";":
        rows = [one.replace(".", ",") for one in rows]
    (tmp_path / file).write_text("".join([header + "\n"] * bool(header) + rows))
    found = log_audit(read_submission(tmp_path), None, 85.0)
    assert_course(found)
    best = max(COURSE, key=lambda e: e.test).index
    assert found.facts["best_test_accuracy"].evidence[0].line == best + 1 + bool(header)


def test_a_table_of_trials_is_no_history(tmp_path):
    (tmp_path / "trials.csv").write_text(
        "batch_size,train_loss,test_acc\n64,0.5,85.1\n128,0.4,86.2\n"
    )
    assert value(log_audit(read_submission(tmp_path), None, 85.0), "epochs") is None


def test_a_history_by_epoch(tmp_path):
    history = {
        f"epoch_{e.index + 1}": {"train_loss": e.train_loss, "test_acc": e.test} for e in COURSE
    }
    (tmp_path / "history.json").write_text(json.dumps(history))
    assert_course(log_audit(read_submission(tmp_path), None, 85.0))


def test_a_dict_of_lists_over_several_lines(tmp_path):
    """As a notebook shows a long dict at the end of a cell."""
    losses, accuracies = (
        ",\n  ".join(str(getattr(e, name)) for e in COURSE) for name in ("train_loss", "test")
    )
    shown = f"{{'train_losses': [{losses}],\n 'test_accs': [{accuracies}]}}"
    assert_course(audit(tmp_path, shown))


@pytest.mark.parametrize(
    "file, text",
    [
        ("a.csv", "epoch,test_acc\n1," + "9" * 200_000 + "\n"),
        ("a.csv", '"' + "x" * 200_000 + '",b\n1,2\n'),
        ("a.csv", "Wall time,Step,Value\n1," + " " * 20 + "5,3\n"),
        ("a.csv", 'Wall time,Step,Value\n1,2,"' + "x" * 200_000 + '"\n'),
        ("a.json", '[{"epoch": Infinity, "test_acc": 2}, {"epoch": 1, "test_acc": 3}]'),
        ("a.jsonl", '{"epoch": 1e999, "loss": 1, "test_acc": 5}\n'),
        ("run-a-tag-acc.json", "[[1, Infinity, 2]]"),
        ("run-a-tag-acc.json", "[[1, 2, 1" + "0" * 400 + "]]"),
    ],
)
def test_values_out_of_all_bounds_end_no_reading(tmp_path, file, text):
    (tmp_path / "log.txt").write_text(written("number first"))
    (tmp_path / file).write_text(text)
    assert_course(log_audit(read_submission(tmp_path), None, 85.0))


@pytest.mark.parametrize(
    "header, row",
    [
        ("epoch,train_loss,test_loss,acc,acc", "{n},1.0,1.1,{e.train:.2f},{e.test:.2f}"),
        ("epoch,acc,train_loss,acc,test_loss", "{n},{e.train:.2f},1.0,{e.test:.2f},1.1"),
        (
            "epoch  train loss  acc | test loss  acc  lr",
            "{n}  {e.train:.2f} | 1.1  {e.test:.2f}  0.1",
        ),
    ],
)
def test_columns_that_cannot_be_told_apart_are_not_read(tmp_path, header, row):
    text = header + "\n" + "".join(filled(row, epoch) + "\n" for epoch in COURSE)
    assert value(audit(tmp_path, text), "best_test_accuracy") is None
