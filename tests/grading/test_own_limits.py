"""What the grader itself may take for a submission: then that one is unverifiable, and the grader goes on."""

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from utils.grading import grade
from utils.grading.own_limits import TookTooLong, outcome, time_at_most
from utils.grading.reports.entry import could_not_work
from utils.grading.rubrics.rubric import load_rubric
from utils.paths import REPOSITORY

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has such a limit")


ALLOWANCE = """
from utils.grading.own_limits import memory_at_most

with memory_at_most(2**27):
    assert len(bytearray(2**24)) == 2**24
    try:
        bytearray(2**28)
    except MemoryError:
        print("refused")
assert len(bytearray(2**28)) == 2**28
print("afterwards as before")
"""


def test_more_memory_than_it_may_take_is_refused_and_nothing_else():
    # a process of its own: one that has run tests holds freed memory, of which it may give out without asking the system
    done = subprocess.run(
        [sys.executable, "-c", ALLOWANCE],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.splitlines() == ["refused", "afterwards as before"], done.stderr


def test_a_submission_that_takes_too_much_is_unverifiable(tmp_path, monkeypatch):
    monkeypatch.setattr(grade, "MEMORY", 2**28)
    monkeypatch.setattr(grade, "examine", lambda *arguments: bytearray(2**32))
    entry = grade.grade(tmp_path, load_rubric("era_s9"))
    assert could_not_work(entry) and {one["verdict"] for one in entry["criteria"]} == {
        "unverifiable"
    }
    assert "it took more than 0.25 GiB of memory" in str(entry)


def test_the_threads_of_a_submission_are_stopped_with_it():
    turns, idle = [0], threading.Event()
    other = threading.Thread(target=idle.wait)  # the system may give it the signal
    other.start()

    def works_on():
        while turns[0] < 10**9:
            turns[0] += 1

    with pytest.raises(TookTooLong), time_at_most(0.5), ThreadPoolExecutor(1) as pool:
        outcome(pool.submit(works_on))
    idle.set()
    done = turns[0]
    time.sleep(0.2)
    assert 0 < turns[0] == done < 10**9
