"""Kills a small run at random moments and at every file operation, goes on, and compares: `python -m tests.kills`.

It takes too long for `make test`. Every run trains three epochs and must end with the weights and the history of an
undisturbed one, to the bit. The figures go to results/kills.csv, from which a table of docs/ is made. Linux and macOS: each
run is a fork of this process, which has imported everything.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import torch

from tests.small_run import OPTIONS, PRECISION, RECIPE, assert_same_run, small_data
from utils.files import write_whole
from utils.paths import REPOSITORY
from utils.runtime import describe_device
from utils.tables import csv_table, text_table
from utils.training.fit import fit

HEADER = (
    "killed",
    "kills",
    "runs that ended",
    "of these with other bits",
    "runs that could not go on",
    "most epochs begun again after a kill",
    "on",
)
EVENTS = ("open", "os.rename", "os.mkdir", "os.remove")  # what Python reports before it does it


@dataclass
class Figures:
    """What is counted; `again` is the largest number of epochs that a start had to begin again."""

    kills: int = 0
    runs: int = 0
    differ: int = 0
    again: int = 0
    stuck: list[str] = field(default_factory=list)

    def row(self) -> tuple:
        """What belongs under HEADER, without the first column and the last."""
        return self.kills, self.runs, self.differ, len(self.stuck), self.again


def start(folder: Path, data, workers: int, prepare: Callable[[], None] = lambda: None) -> int:
    """The process id of a fork that trains in `folder`, and notes there which epochs it begins."""
    child = os.fork()
    if child:
        return child
    try:
        prepare()

        def report(text: str) -> None:
            if text.startswith("EPOCH"):
                with open(f"{folder}.begun", "a") as begun:
                    begun.write(f"{text.split()[1]}\n")

        fit(RECIPE, data, folder, PRECISION, **OPTIONS | {"workers": workers, "report": report})
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def ended(child: int) -> float | None:
    """The seconds that `child`, waited for, has computed; None after a kill. RuntimeError when it ended otherwise."""
    _, status, used = os.wait4(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGKILL, signal.SIGPROF):
        return None
    if status:
        raise RuntimeError(f"the run ended with status {status}")
    return used.ru_utime + used.ru_stime


def begun_again(folder: Path) -> int:
    """The most epochs that a start began although an earlier one had begun them."""
    epochs = list(map(int, Path(f"{folder}.begun").read_text().split()))
    return max((before - after + 1 for before, after in zip(epochs, epochs[1:])), default=0)


def count_operations(folder: Path, fatal: int | None, found: Path) -> Callable[[], None]:
    """Makes a fork count its file operations in `folder` into `found`, and kill itself before number `fatal`."""

    def prepare() -> None:
        done = 0

        def count() -> None:
            nonlocal done
            done += 1
            if done == fatal:
                os.kill(os.getpid(), signal.SIGKILL)
            if fatal is None:
                os.write(counter, b".")

        def watch(event: str, arguments: tuple) -> None:
            if event in EVENTS and f"{arguments[0]}/".startswith(f"{folder}/"):
                count()

        def synced(descriptor: int) -> None:  # has no event
            count()
            sync(descriptor)

        counter = os.open(found, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        sync, os.fsync = os.fsync, synced
        sys.addaudithook(watch)

    return prepare


def at_random(
    folder: Path, data, undisturbed: Path, seconds: float, kills: int, seed: int
) -> Figures:
    """Runs that are killed at random moments, started again at once, until `kills` of them are done.

    A timer of computing time kills, with SIGPROF, which nothing in Python catches: how busy the machine is changes nothing.
    """
    figures, rng = Figures(), random.Random(seed)
    while figures.kills < kills:
        one, workers = folder / str(figures.runs), figures.runs % 2
        try:
            while True:
                moment = rng.uniform(0, seconds) if figures.kills < kills else 1e6
                fatal = partial(signal.setitimer, signal.ITIMER_PROF, max(moment, 1e-3))
                if ended(start(one, data, workers, fatal)) is not None:
                    break
                figures.kills += 1
            compare(one, undisturbed, figures)
        except RuntimeError as error:
            figures.stuck.append(str(error))
    return figures


def at_every_operation(folder: Path, data, undisturbed: Path) -> Figures:
    """One run for each file operation of an undisturbed run, killed just before it."""
    figures, found = Figures(), folder / "operations"
    counted = folder / "counted"
    ended(start(counted, data, 0, count_operations(counted, None, found)))
    for fatal in range(1, found.stat().st_size + 1):
        one = folder / f"operation-{fatal}"
        try:
            if ended(start(one, data, 0, count_operations(one, fatal, found))) is None:
                figures.kills += 1
            ended(start(one, data, 0))
            compare(one, undisturbed, figures)
        except RuntimeError as error:
            figures.stuck.append(f"operation {fatal}: {error}")
    return figures


def compare(folder: Path, undisturbed: Path, figures: Figures) -> None:
    """Count a run that ended."""
    figures.runs += 1
    figures.again = max(figures.again, begun_again(folder))
    try:
        assert_same_run(folder, undisturbed)
    except AssertionError:
        figures.differ += 1


def main() -> int:
    """Both kinds of kills, each with a row of figures; the exit status is 1 unless every run ended the same."""
    parser = argparse.ArgumentParser(prog="python -m tests.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=300, help="at random moments (default: 300)")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    asked = parser.parse_args()
    torch.set_num_threads(1)  # threads do not live through a fork
    data = small_data()
    with tempfile.TemporaryDirectory() as name:
        folder, undisturbed = Path(name), Path(name) / "undisturbed"
        seconds = ended(start(undisturbed, data, 0))
        parts = {
            "at every file operation": at_every_operation(folder, data, undisturbed),
            "at random moments": at_random(
                folder, data, undisturbed, seconds, asked.kills, asked.seed
            ),
        }
    for figures in parts.values():
        print(*figures.stuck, sep="\n")
    device = describe_device(torch.device("cpu"))
    rows = [(title, *figures.row(), device) for title, figures in parts.items()]
    write_whole(REPOSITORY / "results" / "kills.csv", csv_table(HEADER, rows))
    print(text_table(HEADER, rows))
    return int(any(figures.differ or figures.stuck for figures in parts.values()))


if __name__ == "__main__":
    sys.exit(main())
