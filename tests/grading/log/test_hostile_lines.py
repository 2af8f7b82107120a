"""No line and no text takes long, whatever comes in it again and again."""

import time

import pytest

from utils.grading.claims.sentence_splitting import statements
from utils.grading.log.log_line import read_line
from utils.grading.log.printed_totals import printed_total
from utils.grading.log.tables import read_header
from utils.grading.submission.contents import read_submission

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
