"""Execute the notebooks on CIFAR-10, keep their outputs, and record how long each took: `python -m utils.make.notebooks`."""

import argparse
import sys
import time

from utils.data.data_sets import CIFAR10
from utils.files import write_whole
from utils.make.notebook_execution import environment_without, execute
from utils.paths import REPOSITORY
from utils.runtime import choose_device, describe_device
from utils.tables import csv_table
from utils.training.notebook_runs import CHOICES

SECONDS = REPOSITORY / "results" / "notebook_seconds.csv"
IN_PLACE = ("--inplace", "--ExecutePreprocessor.record_timing=False")
# What `make run` and the tests pass to the notebooks: the stored outputs are made without it.
UNSET = (*CHOICES, "RESULTS_DIR")


def main(arguments: list[str] | None = None) -> int:
    """Execute all, then write the seconds; the exit status. Nothing is written when one fails."""
    argparse.ArgumentParser(prog="python -m utils.make.notebooks", description=__doc__).parse_args(
        arguments
    )
    device, rows = describe_device(choose_device()), []
    for notebook in sorted((REPOSITORY / "notebooks").glob("*.ipynb")):
        began = time.perf_counter()
        if not execute(notebook, "notebook", IN_PLACE, environment()):
            return 1
        rows.append((notebook.name, round(time.perf_counter() - began), device))
        print(f"{notebook.name}: {rows[-1][1]} s", flush=True)
    write_whole(SECONDS, csv_table(("notebook", "seconds", "device"), rows))
    return 0


def environment() -> dict[str, str]:
    """That of this process, with CIFAR-10 as the data and without what chooses another run."""
    return environment_without(UNSET) | {"DATA_SOURCE": CIFAR10.name}


if __name__ == "__main__":
    sys.exit(main())
