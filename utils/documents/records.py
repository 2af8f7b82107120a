"""What the tables are made of: the committed runs, those that belong together, and the CSV files of results/."""

import csv
import re
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from models import TEACHERS
from utils.data.data_sets import CIFAR10
from utils.paths import REPOSITORY
from utils.training.recipes import RECIPES
from utils.training.run_record import RunRecord, load_run

RESULTS = REPOSITORY / "results"
SPREAD = "\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}"


def committed_runs() -> list[RunRecord]:
    """The committed records under results/ of runs on all of CIFAR-10; a run that is only in this copy is left out, and so
    are the teachers, which are not held to the limit of parameters."""
    return [record for record in _committed() if record.recipe.model not in TEACHERS]


def committed_files(pattern: str) -> list[Path]:
    """The files of that pattern, such as "results/*/config.json", that belong to the repository: all, where there is no
    git."""
    command = ["git", "-C", str(REPOSITORY), "ls-files", f":(glob){pattern}"]
    listed = subprocess.run(command, capture_output=True, text=True)
    if listed.returncode == 0:
        return [REPOSITORY / line for line in listed.stdout.splitlines()]
    return list(REPOSITORY.glob(pattern))  # unpacked from an archive


def _committed() -> list[RunRecord]:
    files = committed_files("results/*/config.json")
    records = [load_run(folder) for folder in sorted(file.parent for file in files)]
    return [record for record in records if record.config["data"] == CIFAR10.name]


def named_runs(runs: list[RunRecord]) -> dict[str, RunRecord]:
    """The run of each model that has the model's name, as a folder is called ("aster SiLU": aster_silu): variants and
    further seeds are in the tables."""
    return {
        record.folder.name: record
        for record in runs
        if record.folder.name == record.recipe.model.lower().replace(" ", "_")
    }


def distilled_runs(runs: list[RunRecord]) -> dict[str, RunRecord]:
    """The run of each recipe with teachers that has the recipe's name."""
    return {
        record.folder.name: record
        for record in runs
        if record.recipe.teachers and record.folder.name in RECIPES
    }


def shown_runs(runs: list[RunRecord]) -> dict[str, RunRecord]:
    """Both: the runs that stand for their network, without teachers and with them."""
    return named_runs(runs) | distilled_runs(runs)


def seeds_of(record: RunRecord, runs: list[RunRecord]) -> list[RunRecord]:
    """The complete ones of `runs` that differ from `record` in nothing but the seed, by seed.

    One a seed: where a run was repeated on another device, `record` counts, or else the first.
    """
    by_seed: dict[int, RunRecord] = {}
    for run in [record, *runs]:
        if run.complete and run.recipe == replace(record.recipe, seed=run.recipe.seed):
            by_seed.setdefault(run.recipe.seed, run)
    return [by_seed[seed] for seed in sorted(by_seed)]


def device_text(recorded: str) -> str:
    """A device as records name it; older ones say "1 threads"."""
    return re.sub(r"\b1 threads\b", "1 thread", recorded)


def csv_rows(name: str) -> list[list[str]]:
    """Header and rows of results/`name`."""
    with open(RESULTS / name, encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def csv_entries(name: str) -> list[dict[str, str]]:
    """The rows of results/`name`, each as header -> cell."""
    header, *rows = csv_rows(name)
    return [dict(zip(header, row)) for row in rows]


def mean_and_spread(values: Sequence[float]) -> str:
    """Mean and sample standard deviation, to 2 digits, on one line; the mean alone of a single value."""
    mean = f"{statistics.fmean(values):.2f}"
    return mean if len(values) == 1 else SPREAD.join((mean, f"{statistics.stdev(values):.2f}"))
