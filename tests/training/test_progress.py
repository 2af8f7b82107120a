"""The line that says how far a training is, and that no reader of logs takes it for more."""

import re

import pytest

from utils.grading.facts import Evidence
from utils.grading.log.runs import read_runs
from utils.paths import REPOSITORY
from utils.training.history import EpochRecord, format_log, parse_log
from utils.training.progress import duration, progress_text
from utils.training.run_record import load_run


def epochs(*seconds):
    return [
        EpochRecord(
            epoch, test_correct=80 + epoch, test_total=100, train_seconds=time, test_seconds=1
        )
        for epoch, time in enumerate(seconds)
    ]


def test_the_line():
    assert progress_text(epochs(99, 99, 99), 75) == "epoch 3/75, best 82.0 %, about 2 h left"
    assert progress_text(epochs(99, 99, 99), 4) == "epoch 3/4, best 82.0 %, about 2 min left"
    assert progress_text(epochs(9, 9), 2) == "epoch 2/2, best 81.0 %, done"


def test_the_time_is_that_of_this_session():
    assert progress_text(epochs(999, 999, 9), 6, first=2).endswith("about 30 s left")


@pytest.mark.parametrize(
    "seconds, said",
    [
        (0.4, "0 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (3569, "59 min"),
        (3600, "1 h"),
        (6600, "1 h 50 min"),
        (86400, "24 h"),
    ],
)
def test_durations(seconds, said):
    assert duration(seconds) == said


def test_a_log_with_the_lines_reads_as_the_log():
    history = load_run(REPOSITORY / "results" / "era9").history
    told = "".join(
        f"{format_log([epoch])}{progress_text(history[: place + 1], 75)}\n\n"
        for place, epoch in enumerate(history)
    )
    assert parse_log(told) == parse_log(format_log(history))
    read = [
        read_runs(
            [(line, Evidence(notebook="n", cell=1)) for line in re.split("[\r\n]+", text)],
            "n",
            True,
        )
        for text in (told, format_log(history))
    ]
    assert [run.epochs for run in read[0]] == [run.epochs for run in read[1]]
