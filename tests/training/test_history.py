"""The log and its parser, against each other and against the logs that the two reports hold."""

import random
from dataclasses import replace

import pytest

from utils.reproduction.logged_runs import FOLDER, logged_run
from utils.training.history import (
    EpochRecord,
    best_epoch,
    format_csv,
    format_log,
    parse_csv,
    parse_log,
    percent,
    settled_accuracy,
)


def random_record(rng, epoch):
    train_total, test_total = rng.randint(1, 50_000), rng.randint(1, 10_000)
    train_correct = rng.randint(0, train_total)
    return EpochRecord(
        epoch,
        steps=rng.randint(1, 12_500),
        last_loss=rng.uniform(0, 10 ** rng.randint(-8, 3)),
        train_accuracy=percent(train_correct, train_total),
        train_loss=round(rng.uniform(0, 50), 4),
        train_correct=train_correct,
        train_total=train_total,
        test_loss=round(rng.uniform(0, 5), 4),
        test_correct=rng.randint(0, test_total),
        test_total=test_total,
        lr=rng.choice([0.1, 1e-05, 1.0000000000000002e-06, 0.01 / 3]),
        train_seconds=round(rng.uniform(0, 20_000), 2),
        test_seconds=round(rng.uniform(0, 20), 2),
    )


@pytest.mark.parametrize("seed", range(20))
def test_writer_and_parser_are_inverse(seed):
    rng = random.Random(seed)
    records = [random_record(rng, epoch) for epoch in range(rng.randint(1, 30))]
    text = format_log(records)
    assert parse_log(text) == [records]
    assert format_log(parse_log(text)[0]) == text
    assert parse_csv(format_csv(records)) == records


def test_the_lines_are_the_reports():
    record = EpochRecord(
        3, 98, 1.25, 80.26, 0.5, 40130, 50000, 0.4473, 8474, 10000, 0.01, 16.0, 1.5
    )
    lines = format_log([record]).splitlines()
    assert lines[0] == "EPOCH: 3"
    assert (
        lines[1]
        == "Loss=1.25 Batch_id=97 Accuracy=80.26: 100%|██████████| 98/98 [00:16<00:00,  6.12it/s]"
    )
    assert "Train set: Average loss: 0.5000, Accuracy: 40130/50000 (80.26%)" in lines
    assert "Test set: Average loss: 0.4473, Accuracy: 8474/10000 (84.74%)" in lines


@pytest.mark.parametrize(
    "model, rows, best, best_at, first, last",
    [
        ("assignment6_net1", 15, 69.20, 14, 49.21, 69.20),
        ("assignment6_net2", 60, 75.76, 23, 56.62, 75.59),
        ("era9", 75, 86.54, 74, 44.93, 86.54),
    ],
)
def test_the_reports_logs_are_read(model, rows, best, best_at, first, last):
    history = logged_run(model)
    assert [record.epoch for record in history] == list(range(rows))
    assert all(record.test_total == 10_000 for record in history)
    assert (best_epoch(history).test_accuracy, best_epoch(history).epoch) == (best, best_at)
    assert (history[0].test_accuracy, history[-1].test_accuracy) == (first, last)


def test_the_reports_training_figures_are_read():
    net1, net2, era9 = (
        logged_run(model)[0] for model in ("assignment6_net1", "assignment6_net2", "era9")
    )
    assert (net1.last_loss, net1.train_accuracy, net1.steps, net1.train_seconds) == (
        2.5588433742523193,
        35.47,
        12500,
        185,
    )
    assert (net2.train_loss, net2.train_correct, net2.train_accuracy, net2.last_loss) == (
        0.0729,
        23660,
        47.32,
        None,
    )
    assert (era9.train_seconds, era9.train_accuracy, era9.train_loss) == (24, 32.40, None)
    assert logged_run("assignment6_net1_grouped") is None


def test_whole_reports_give_the_same_runs(reports):
    texts = [file.read_text(encoding="utf-8") for file in reports]
    expected = [
        (FOLDER / name).read_text(encoding="utf-8") for name in ("assignment6.log", "era9.log")
    ]
    assert [parse_log(text) for text in texts] == [parse_log(text) for text in expected]
    assert [len(run) for text in texts for run in parse_log(text)] == [15, 60, 75]


def test_a_bar_that_was_redrawn_counts_as_its_last_frame():
    text = (
        "EPOCH: 0\nLoss=2 Batch_id=0 Accuracy=1.00:  50%|█    | 1/2 [00:01<00:01,  1it/s]\r"
        "Loss=1.5 Batch_id=1 Accuracy=2.50: 100%|██████████| 2/2 [1:00:02<00:00,  1it/s]\n"
    )
    assert parse_log(text) == [
        [EpochRecord(0, steps=2, last_loss=1.5, train_accuracy=2.5, train_seconds=3602.0)]
    ]


@pytest.mark.parametrize(
    "line",
    [
        "Test set: Average loss: 1.2.3, Accuracy: 1/2 (50%)",
        "Test set: Average loss: ., Accuracy: 1/2",
        "Test set: Average loss: 1.0, Accuracy: 0/0 (0%)",
        "Learning rate: 1e, training: e s, testing: - s",
        "Loss=abc Batch_id=0 Accuracy=., EPOCH",
        "100%|",
        "Test set: Average loss: -, Accuracy: /",
    ],
)
def test_a_line_without_figures_is_ignored(line):
    assert parse_log(f"EPOCH: 0\n{line}\n") == [[EpochRecord(0)]]


def test_losses_in_other_notations_are_read():
    text = (
        "EPOCH: 0\nTest set: Average loss: 1e-05, Accuracy: 1/2 (50%)\n"
        "EPOCH: 1\nTest set: Average loss: nan, Accuracy: 1/2"
    )
    small, undefined = parse_log(text)[0]
    assert small.test_loss == 1e-05 and undefined.test_loss != undefined.test_loss


@pytest.mark.parametrize(
    "field",
    [
        "steps",
        "last_loss",
        "train_accuracy",
        "train_loss",
        "train_total",
        "test_loss",
        "test_total",
        "lr",
        "train_seconds",
        "test_seconds",
    ],
)
def test_a_record_with_a_gap_is_written_without_it(field):
    record = replace(random_record(random.Random(1), 0), **{field: None})
    assert parse_log(format_log([record]))[0][0].epoch == 0
    assert parse_csv(format_csv([record])) == [record]


def test_text_without_a_log_has_no_runs():
    assert (
        parse_log("")
        == parse_log("Test set: Average loss: 1.0, Accuracy: 1/2 (50.00%)\nno epoch before it")
        == []
    )


def test_best_is_the_earliest_of_equals():
    records = [
        EpochRecord(epoch, test_correct=correct, test_total=10)
        for epoch, correct in enumerate((3, 7, 7, 5))
    ]
    assert best_epoch([EpochRecord(9), *records]).epoch == 1
    with pytest.raises(ValueError):
        best_epoch([])


def test_settled_accuracy_is_the_mean_of_the_last_epochs():
    history = [EpochRecord(epoch, test_correct=epoch, test_total=10) for epoch in range(10)]
    assert (
        settled_accuracy(history) == 70
        and settled_accuracy(history, 2) == 85
        and settled_accuracy(history[:1]) == 0
    )
