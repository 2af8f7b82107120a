"""What the grader itself may take for a submission: then that one is unverifiable, and the grader goes on."""

import sys

import pytest

from utils.grading import grade
from utils.grading.own_limits import memory_at_most
from utils.grading.reports.entry import could_not_work
from utils.grading.rubrics.rubric import load_rubric

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has such a limit")


def test_more_memory_than_it_may_take_is_refused_and_nothing_else():
    with memory_at_most(2**27):
        assert len(bytearray(2**24)) == 2**24
        with pytest.raises(MemoryError):
            bytearray(2**28)
    assert len(bytearray(2**28)) == 2**28  # afterwards as before


def test_a_submission_that_takes_too_much_is_unverifiable(tmp_path, monkeypatch):
    monkeypatch.setattr(grade, "MEMORY", 2**28)
    monkeypatch.setattr(grade, "examine", lambda *arguments: bytearray(2**30))
    entry = grade.grade(tmp_path, load_rubric("era_s9"))
    assert could_not_work(entry) and {one["verdict"] for one in entry["criteria"]} == {
        "unverifiable"
    }
    assert "it took more than 0.25 GiB of memory" in str(entry)
