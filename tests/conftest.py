"""What several tests need: a small data set, and CIFAR-10 where it is."""

import numpy as np
import pytest

from utils.cifar10 import cifar10_root
from utils.data import ImageData, Split, load_data, load_digits


@pytest.fixture(scope="session")
def cifar10() -> ImageData:
    if not (cifar10_root() / "cifar-10-batches-py").exists():
        pytest.skip("CIFAR-10 is not here: set CIFAR10_ROOT, or run `make data`")
    return load_data("cifar10")


@pytest.fixture(scope="session")
def digits() -> ImageData:
    return load_digits()


@pytest.fixture(scope="session")
def few_digits(digits) -> ImageData:
    """70 training and 30 test images: a short epoch, whose last batch of 32 is short too."""
    def first(split: Split, count: int) -> Split:
        return Split(np.ascontiguousarray(split.images[:count]), split.labels[:count])
    return ImageData("digits", first(digits.train, 70), first(digits.test, 30), digits.classes)
