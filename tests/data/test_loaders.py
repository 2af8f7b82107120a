"""The processes that load images end with the one that trains, however that ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from utils.paths import REPOSITORY

# A worker that is busy does not look whether anybody still waits for it.
TRAINER = """
import time
import numpy as np
from utils.data import loaders
from utils.data.images import Split

class Busy(loaders.AugmentedImages):
    def __getitem__(self, key):
        time.sleep(600)

loaders.AugmentedImages = Busy
images = Split(np.zeros((70, 32, 32, 3), np.uint8), np.zeros(70, np.int64))
batches = loaders.TrainingBatches(images, None, batch_size=8, seed=1, workers=2)
iter(batches.epoch(0))
print("loading", flush=True)
time.sleep(600)
"""


def runs(process: int) -> bool:
    """Whether a process is there and is more than an entry that nobody has removed yet."""
    try:
        return "State:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="looks into Linux's /proc")
def test_busy_workers_end_with_a_killed_parent():
    trainer = subprocess.Popen(
        [sys.executable, "-c", TRAINER], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    assert trainer.stdout.readline() == "loading\n"
    listed = Path(f"/proc/{trainer.pid}/task/{trainer.pid}/children").read_text()
    workers = [int(number) for number in listed.split()]
    assert len(workers) == 2 and all(map(runs, workers))
    trainer.kill()
    trainer.wait()
    until = time.monotonic() + 30
    while any(map(runs, workers)) and time.monotonic() < until:
        time.sleep(0.05)
    left = [worker for worker in workers if runs(worker)]
    for worker in left:
        os.kill(worker, signal.SIGKILL)
    assert not left
