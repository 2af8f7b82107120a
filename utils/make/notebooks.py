"""Execute the notebooks on CIFAR-10, keep their outputs, and record how long each took: `python -m utils.make.notebooks`."""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from utils.data.data_sets import CIFAR10
from utils.files import write_whole
from utils.make.notebook_execution import execution
from utils.paths import REPOSITORY
from utils.runtime import choose_device, describe_device
from utils.tables import csv_table

SECONDS = REPOSITORY / "results" / "notebook_seconds.csv"
# What `make run` and the tests pass to the notebooks: the stored outputs are made without it.
UNSET = ("RECIPE", "RUN", "EPOCHS", "RESULTS_DIR")


def main(arguments: list[str] | None = None) -> int:
    """Execute all, then write the seconds; the exit status. Nothing is written when one fails."""
    argparse.ArgumentParser(prog="python -m utils.make.notebooks", description=__doc__).parse_args(
        arguments
    )
    device, rows = describe_device(choose_device()), []
    for notebook in sorted((REPOSITORY / "notebooks").glob("*.ipynb")):
        began = time.perf_counter()
        if status := execute(notebook):
            print(f"{notebook.name} could not be executed: see the error above.", file=sys.stderr)
            return status
        rows.append((notebook.name, round(time.perf_counter() - began), device))
        print(f"{notebook.name}: {rows[-1][1]} s", flush=True)
    write_whole(SECONDS, csv_table(("notebook", "seconds", "device"), rows))
    return 0


def execute(notebook: Path) -> int:
    """Execute `notebook` where it lies; the exit status."""
    options = ("--inplace", "--ExecutePreprocessor.record_timing=False")
    command = execution(notebook, "notebook", *options)
    kept = {name: value for name, value in os.environ.items() if name not in UNSET}
    return subprocess.run(command, env=kept | {"DATA_SOURCE": CIFAR10.name}).returncode


if __name__ == "__main__":
    sys.exit(main())
