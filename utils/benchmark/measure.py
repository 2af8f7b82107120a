"""Cases measured in processes of their own, so that none finds what another left in memory."""

import json
import statistics
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict

from utils.benchmark.cases import CONDITIONS, Case
from utils.errors import UserError
from utils.paths import REPOSITORY

IMAGES = 8_000  # that pass while the clock runs


def measure(case: Case, seconds: float | None = None, images: int = IMAGES) -> dict:
    """Measure `case` in a fresh process: images a second, seconds an epoch, input share (0 to 1), peak memory in MB, and
    under which conditions.

    `images` is about how many pass while the clock runs. UserError when it cannot be measured, or not in `seconds`.
    """
    asked = json.dumps(asdict(case)), str(images)
    command = [sys.executable, "-m", "utils.benchmark.one_case", *asked]
    try:
        done = subprocess.run(
            command, cwd=REPOSITORY, capture_output=True, text=True, timeout=seconds
        )
    except subprocess.TimeoutExpired:
        raise UserError(f"The case {case} took more than {seconds:.0f} seconds.") from None
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
    return {case: _median(several) for case, several in found.items()}


def _median(several: list[dict]) -> dict:
    """Of each figure; the conditions are the same in all."""
    middle = {
        name: statistics.median(figures[name] for figures in several)
        for name in several[0].keys() - CONDITIONS
    }
    return several[0] | middle
