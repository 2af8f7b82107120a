"""What several tests need: CIFAR-10 and the student reports where they are, the digits, and a small run."""

import os
import random
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.small_run import OPTIONS, PRECISION, RECIPE, small_data
from utils.data.cifar10 import cifar10_root, is_there
from utils.data.images import ImageData, load_data, load_digits
from utils.paths import REPOSITORY
from utils.training.fit import fit


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """A worker per core, at most four; each, and whatever it starts, computes with one thread."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    return min(4, os.cpu_count() or 1)


@pytest.fixture(autouse=True)
def same_draws(request) -> None:
    """Every test draws the same numbers, whichever ran before it."""
    seed = zlib.crc32(request.node.nodeid.encode())
    torch.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)


@pytest.fixture(scope="session")
def cifar10() -> ImageData:
    if not is_there(cifar10_root()):
        pytest.skip("CIFAR-10 is not here: set CIFAR10_ROOT, or run `make data`")
    return load_data("cifar10")


@pytest.fixture(scope="session")
def reports() -> list[Path]:
    folder = os.environ.get("REPORTS")
    if not folder:
        pytest.skip("the reports are not here: set REPORTS to the folder that holds their texts")
    return sorted((REPOSITORY / Path(folder)).glob("*.txt"))


@pytest.fixture(scope="session")
def digits() -> ImageData:
    return load_digits()


@pytest.fixture(scope="session")
def few_digits() -> ImageData:
    return small_data()


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory, few_digits) -> Path:
    """The folder of a small run that nothing interrupted; tests only read it."""
    folder = tmp_path_factory.mktemp("undisturbed")
    fit(RECIPE, few_digits, folder, PRECISION, **OPTIONS)
    return folder
