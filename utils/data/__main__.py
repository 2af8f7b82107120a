"""Fetch CIFAR-10 where it is missing, check it and say what it holds: `python -m utils.data`."""

import argparse
import sys

from utils.data.cifar10 import cifar10_root, open_files
from utils.data.data_sets import CIFAR10
from utils.errors import run_command


def main(arguments: list[str] | None = None) -> int:
    """Fetch CIFAR-10 where it is missing (into CIFAR10_ROOT too, because this asks for it), check it and describe it."""
    argparse.ArgumentParser(prog="python -m utils.data", description=__doc__).parse_args(arguments)
    return run_command(_fetch)[0]


def _fetch() -> None:
    train, test = open_files(cifar10_root())
    print(
        f"{CIFAR10.title} in {cifar10_root()}: {len(train):,} training and {len(test):,} test images, "
        "every md5 sum as published."
    )


if __name__ == "__main__":
    sys.exit(main())
