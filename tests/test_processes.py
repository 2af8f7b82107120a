"""Processes that must not outlive what started them."""

import os
import signal
import subprocess
import sys

import pytest

from tests.living_processes import lives, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="of Linux")

# Each prints the number of a process that it starts and that sleeps.
STARTERS = {
    "any process": """
import multiprocessing, time
from utils.processes import die_with_parent
def sleep(channel):
    die_with_parent()
    channel.send("asleep")
    time.sleep(10_000)
ours, theirs = multiprocessing.Pipe()
process = multiprocessing.get_context("fork").Process(target=sleep, args=(theirs,))
process.start()
ours.recv()
print(process.pid, flush=True)
time.sleep(10_000)
""",
    "a worker of a cohort": """
import os, time
from joblib import Parallel, delayed
from utils.grading.cohort import grade_many
class Started:
    def touch(self):
        print(os.getpid(), flush=True)
        time.sleep(10_000)
class Task:
    started = Started()
Parallel(n_jobs=2)([delayed(grade_many.grade_into)(Task(), None, None, os.getpid())])
""",
}


@pytest.mark.parametrize("name", STARTERS)
def test_it_ends_with_what_started_it(name):
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTERS[name]], stdout=subprocess.PIPE, text=True
    )
    started = int(starter.stdout.readline())
    assert lives(started)
    starter.send_signal(signal.SIGKILL)
    starter.wait()
    try:
        wait_until(lambda: not lives(started))
    finally:
        if lives(started):
            os.kill(started, signal.SIGKILL)
