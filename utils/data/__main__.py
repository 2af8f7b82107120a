"""`python -m utils.data` fetches CIFAR-10 where it is missing, checks it and says what it holds."""

import sys

from utils.data.cifar10 import cifar10_root, open_files
from utils.data.data_sets import CIFAR10
from utils.errors import UserError


def main() -> int:
    """Fetch CIFAR-10 where it is missing (into CIFAR10_ROOT too, because this asks for it), check it and describe it."""
    try:
        train, test = open_files(cifar10_root())
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    print(
        f"{CIFAR10.title} in {cifar10_root()}: {len(train):,} training and {len(test):,} test images, "
        "every md5 sum as published."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
