"""Execute the notebooks with nbval: against their stored outputs where CIFAR-10 is, else on the digits for errors only."""

import os
import sys
import tempfile

import pytest

from utils.data.cifar10 import cifar10_root, is_there, open_files
from utils.data.data_sets import CIFAR10
from utils.errors import UserError
from utils.paths import REPOSITORY


def main() -> int:
    notebooks = str(REPOSITORY / "notebooks")
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
        return pytest.main(["--nbval", "--nbval-current-env", notebooks])
    os.environ |= {"DATA_SOURCE": "digits", "EPOCHS": "2"}
    print(
        "Notebooks: CIFAR-10 is not here, so they are executed on the embedded digits, and outputs are not compared.",
        flush=True,
    )
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["RESULTS_DIR"] = scratch
        return pytest.main(["--nbval-lax", "--nbval-current-env", notebooks])


if __name__ == "__main__":
    sys.exit(main())
