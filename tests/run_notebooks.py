"""Execute the notebooks with nbval: against their stored outputs where CIFAR-10 is, else on the digits for errors only."""

import os
import sys
import tempfile

import pytest

from utils.data.cifar10 import cifar10_root, is_there, open_files
from utils.data.data_sets import CIFAR10
from utils.errors import UserError
from utils.make.run import SHOW_THE_RUN
from utils.paths import REPOSITORY


def main() -> int:
    notebooks = sorted(map(str, (REPOSITORY / "notebooks").glob("*.ipynb")))
    for variable in ("RECIPE", "RUN", "EPOCHS", "RESULTS_DIR"):
        os.environ.pop(variable, None)  # the stored outputs were made without them
    if is_there(cifar10_root()):
        try:
            open_files(cifar10_root(), download=False)
        except UserError as error:
            print(error, file=sys.stderr)
            return 1
        os.environ["DATA_SOURCE"] = CIFAR10.name
        print(
            "Notebooks: executed on CIFAR-10, and every text output compared with the stored one.",
            flush=True,
        )
        return pytest.main(["--nbval", "--nbval-current-env", *notebooks])
    os.environ |= {"DATA_SOURCE": "digits", "EPOCHS": "2"}
    print(
        "Notebooks: CIFAR-10 is not here, so they are executed on the embedded digits, and outputs are not compared.",
        flush=True,
    )
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["RESULTS_DIR"] = scratch
        return _for_errors_only(notebooks)


def _for_errors_only(notebooks: list[str]) -> int:
    """Those that show a run as `make run` executes them: no teacher of the recipe in their cell knows the digits."""
    shown = [name for name in notebooks if os.path.basename(name).startswith(SHOW_THE_RUN)]
    others = [name for name in notebooks if name not in shown]
    lax = ["--nbval-lax", "--nbval-current-env"]
    status = pytest.main([*lax, *others])
    os.environ["RECIPE"] = "aster"
    return max(status, pytest.main([*lax, *shown]))


if __name__ == "__main__":
    sys.exit(main())
