"""What grading takes, measured: `python -m tests.grading.cohort.costs` writes it to results/grading_costs.csv.

It takes too long for `make test`. One, two and six submissions one after the other, this repository, and a class: ten
different submissions, 20 copies of each, graded undisturbed, and again with a submission at which the grading process dies
and a worker that is killed. All other entries of the class must be the same. Linux only; needs an idle machine.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import torch

from tests.grading.cohort.dying import dying_at
from tests.grading.submissions import (
    LAYOUTS,
    MODEL,
    Parts,
    correct_answers,
    flat,
    log_text,
    package,
    write,
)
from tests.living_processes import descendants, memory
from utils.files import write_whole
from utils.paths import REPOSITORY
from utils.runtime import describe_device
from utils.tables import csv_table, text_table

COPIES = 20
JOBS = 2
REPORT = "report.json"
EVERY = 0.2  # seconds between two looks at the memory
WORKER = b"popen_loky"  # in the command line of joblib's workers
KINDS = (
    *((layout, Parts()) for layout in LAYOUTS.values()),
    (flat, Parts(model=MODEL.replace("dilation=2", "dilation=1"))),
    (flat, Parts(log=log_text(correct_answers(8452)))),
    (package, Parts(readme="# Another\n")),
    (flat, Parts(model=None)),
)
HEADER = (
    "graded",
    "seconds",
    "peak memory of all processes, MiB",
    "shared pages counted once, MiB",
    "of these in the first fifth of the time, MiB",
    "entries that differ",
    "on",
)


@dataclass
class Cost:
    """What grading took; `entries` by path. Memory is that of the grader and of all processes below it."""

    seconds: float
    seen: list[tuple[int, int]]  # resident and proportional MiB, one pair for each look
    entries: dict[str, dict]

    def row(self, title: str, differ: int | None = None) -> tuple:
        """What belongs under HEADER."""
        resident, shared = (max(look) for look in zip(*self.seen))
        early = max(once for _, once in self.seen[: max(1, len(self.seen) // 5)])
        device = f"{describe_device(torch.device('cpu'))}, PyTorch {torch.__version__}"
        return title, round(self.seconds, 1), resident, shared, early, differ, device


def class_of_hundreds(folder: Path) -> list[str]:
    """Write all submissions; their paths."""
    return [
        str(write(layout(parts), folder / f"{number} {copy:02}"))
        for copy in range(COPIES)
        for number, (layout, parts) in enumerate(KINDS)
    ]


def graded(paths: list[str], folder: Path, jobs: int = 1, kill_at: int | None = None) -> Cost:
    """Grade `paths` into `folder`; one worker is killed when `kill_at` are done."""
    options = ["--folder", str(folder), "--jobs", str(jobs), "--format", "json"]
    cost = _watched([*paths, *options], folder, kill_at)
    submissions = json.loads((folder / REPORT).read_text())["submissions"]
    cost.entries.update({one["path"]: one for one in submissions})
    return cost


def alone(path: str, folder: Path) -> Cost:
    """Grade one submission as Gradescope does."""
    return _watched([path, "--format", "gradescope"], folder)


def _watched(asked: list[str], folder: Path, kill_at: int | None = None) -> Cost:
    folder.mkdir()
    command = [sys.executable, "-m", "utils.grading", *asked, "--run"]
    command += ["--output", str(folder / REPORT)]
    environment = os.environ | {"PYTHONPATH": f"{folder.parent}{os.pathsep}{REPOSITORY}"}
    began, seen = time.monotonic(), []
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        seen.append(memory(process.pid))
        if kill_at is not None and len(list(folder.glob("*-*.json"))) >= kill_at:
            os.kill(next(filter(_is_worker, descendants(process.pid))), signal.SIGKILL)
            kill_at = None
        time.sleep(EVERY)
    return Cost(time.monotonic() - began, seen, {})


def _is_worker(process: int) -> bool:
    try:
        return WORKER in Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return False


def measured(folder: Path) -> list[tuple]:
    """All rows; each is printed as soon as it is known."""
    paths, rows = class_of_hundreds(folder / "inbox"), []

    def add(*row) -> None:
        rows.append(row)
        print(text_table(HEADER, [row]), flush=True)

    add(*alone(paths[0], folder / "alone").row("1 for Gradescope"))
    own = folder / "inbox" / "repository"  # as it is committed
    subprocess.run(["git", "clone", "--quiet", str(REPOSITORY), str(own)], check=True)
    add(*alone(str(own), folder / "own").row("this repository for Gradescope"))
    for count in (1, 2, 6):
        add(*graded(paths[:count], folder / str(count)).row(f"{count} of a class"))
    quiet = graded(paths, folder / "quiet", JOBS)
    add(*quiet.row(f"{len(paths)} of a class, {JOBS} processes"))
    (folder / "sitecustomize.py").write_text(dying_at("crash"))
    crash = str(write(flat(Parts()), folder / "inbox" / "crash"))
    disturbed = graded([*paths[:70], crash, *paths[70:]], folder / "disturbed", JOBS, kill_at=50)
    differ = sum(quiet.entries[path] != disturbed.entries[path] for path in paths)
    add(*disturbed.row("the same with a crash and a killed process", differ))
    return rows


def main() -> int:
    """Measure, compare and record; 1 where anything differs."""
    with tempfile.TemporaryDirectory() as made:
        rows = measured(Path(made))
    write_whole(REPOSITORY / "results" / "grading_costs.csv", csv_table(HEADER, rows))
    return int(bool(rows[-1][HEADER.index("entries that differ")]))


if __name__ == "__main__":
    sys.exit(main())
