"""How fast training is, the reports' way and ours, side by side: `python -m utils.benchmark`.

Every measurement runs in its own process, the sides take turns, and the table gives medians and ratios. An epoch's seconds
are the median seconds of a step times the steps of an epoch. It writes results/benchmark.csv. With --device it looks at one
device for a few minutes instead, which needs no internet: what is decided there, how fast it is, and whether a run that was
killed goes on; of a GPU it writes results/benchmark_cuda.csv, or that of its kind.
"""

import argparse
import sys

from utils.benchmark.cases import EPOCH, FLAGSHIP, HEADER, INPUT, rows
from utils.benchmark.device_check import check_device
from utils.benchmark.measure import measure_all
from utils.errors import UserError, run_command
from utils.files import write_whole
from utils.paths import REPOSITORY
from utils.tables import csv_table, text_table

TABLE = REPOSITORY / "results" / "benchmark.csv"


def main() -> int:
    """Measure, print the table and write it; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m utils.benchmark", description=__doc__)
    parser.add_argument(
        "--rounds", type=int, default=3, help="how often each case is measured (default: 3)"
    )
    parser.add_argument(
        "--only", choices=("input", "epoch"), help="one kind of case alone; prints, writes nothing"
    )
    parser.add_argument(
        "--device", help="look at one device, such as cuda, in at most eight minutes"
    )
    asked = parser.parse_args()
    if asked.device is not None:
        return run_command(lambda: _check(asked.device))[0]
    return run_command(lambda: _report(asked.only, asked.rounds))[0]


def _check(device: str) -> None:
    for text in check_device(device):
        print(text, flush=True)


def _report(only: str | None, rounds: int) -> None:
    if rounds < 1:
        raise UserError(f"--rounds {rounds}: give a number of at least 1.")
    cases = [case for case in INPUT + EPOCH + FLAGSHIP if only in (None, case.what)]
    table = rows(measure_all(cases, rounds))
    print(text_table(HEADER, table, left=3))
    if only is None:
        write_whole(TABLE, csv_table(HEADER, table))


if __name__ == "__main__":
    sys.exit(main())
