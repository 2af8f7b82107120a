"""How fast training is, the reports' way and ours, side by side: `python -m utils.benchmark`.

The reports' way: float32, images augmented one at a time by one worker, PyTorch's own Dropout and memory layout. Every
measurement runs in its own process, the sides take turns, and the table gives medians and ratios. An epoch's seconds
are the median seconds of a step times the steps of an epoch. It writes results/benchmark.csv.
"""

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from utils.data.data_sets import CIFAR10
from utils.errors import UserError, run_command
from utils.files import write_whole
from utils.paths import REPOSITORY
from utils.tables import csv_table, text_table

TABLE = REPOSITORY / "results" / "benchmark.csv"
REPORTS, OURS = "the reports' way", "ours"


@dataclass(frozen=True)
class Case:
    """One thing to measure; `what` is "input" (batches alone) or "epoch" (batches, forward, backward and step)."""

    what: str
    recipe: str
    way: str
    batch_size: int
    images: int = CIFAR10.train_images


_SIZES = [
    (512, CIFAR10.train_images),
    (512, CIFAR10.train_images // 5),
    (128, CIFAR10.train_images),
    (1024, CIFAR10.train_images),
]  # images in a batch, images in an epoch
INPUT, EPOCH = (
    [
        Case(what, "era9", way, batch_size, images)
        for batch_size, images in _SIZES
        for way in (REPORTS, OURS)
    ]
    for what in ("input", "epoch")
)
FLAGSHIP = [Case("epoch", "aster", OURS, 128)]
HEADER = (
    "what",
    "recipe",
    "way",
    "batch",
    "images",
    "images/s",
    "seconds an epoch",
    "input share",
    "peak memory, MB",
    "times as fast",
)


def measure(case: Case) -> dict:
    """Measure `case` in a fresh process: images a second, seconds an epoch, input share (0 to 1), peak memory in MB."""
    command = [sys.executable, "-m", "utils.benchmark_case", json.dumps(asdict(case))]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    if done.returncode:
        raise UserError(
            f"The case {case} could not be measured: {(done.stderr.strip().splitlines() or ['no message'])[-1]}"
        )
    return json.loads(done.stdout.splitlines()[-1])


def measure_all(cases: Iterable[Case], rounds: int) -> dict[Case, dict]:
    """The median of each figure over `rounds`; in every round each case has its turn."""
    cases = list(cases)
    found: dict[Case, list[dict]] = {case: [] for case in cases}
    for turn in range(rounds):
        for number, case in enumerate(cases, start=1):
            print(
                f"round {turn + 1} of {rounds}, {number} of {len(cases)}: {case.what} of {case.recipe}, {case.way}, "
                f"batch {case.batch_size}, {case.images:,} images",
                file=sys.stderr,
                flush=True,
            )
            found[case].append(measure(case))
    return {
        case: {name: statistics.median(figures[name] for figures in several) for name in several[0]}
        for case, several in found.items()
    }


def rows(figures: dict[Case, dict]) -> list[tuple]:
    """A row of HEADER per case; a case of ours is compared with the same case done the reports' way."""
    return [_row(case, found, figures) for case, found in figures.items()]


def _row(case: Case, found: dict, figures: dict[Case, dict]) -> tuple:
    theirs = figures.get(Case(case.what, case.recipe, REPORTS, case.batch_size, case.images))
    ratio = f"{theirs['seconds'] / found['seconds']:.1f}" if theirs and case.way == OURS else ""
    return (
        case.what,
        case.recipe,
        case.way,
        case.batch_size,
        case.images,
        round(found["images_per_second"]),
        f"{found['seconds']:.1f}",
        f"{found['input_share']:.1%}",
        round(found["peak_megabytes"]),
        ratio,
    )


def main() -> int:
    """Measure, print the table and write it; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m utils.benchmark", description=__doc__)
    parser.add_argument(
        "--rounds", type=int, default=3, help="how often each case is measured (default: 3)"
    )
    parser.add_argument(
        "--only", choices=("input", "epoch"), help="one kind of case alone; prints, writes nothing"
    )
    asked = parser.parse_args()
    return run_command(lambda: _report(asked.only, asked.rounds))[0]


def _report(only: str | None, rounds: int) -> None:
    cases = [case for case in INPUT + EPOCH + FLAGSHIP if only in (None, case.what)]
    table = rows(measure_all(cases, rounds))
    print(text_table(HEADER, table, left=3))
    if only is None:
        write_whole(TABLE, csv_table(HEADER, table))


if __name__ == "__main__":
    sys.exit(main())
