"""The files of CIFAR-10 (Krizhevsky, 2009): found, checked against their published md5 sums, downloaded when absent.

`data_set` may be another one that torchvision keeps in the same way, as it does CIFAR-100.
"""

import os
import shutil
import socket
import threading
import urllib.request
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

from torchvision import datasets
from torchvision.datasets.utils import check_integrity

from utils.data.data_sets import CIFAR10, DataSet
from utils.errors import UserError
from utils.paths import from_environment

NETWORK_TIMEOUT = 8  # seconds without an answer after which the network counts as dead
STALL_TIMEOUT = (
    4  # seconds without a byte after which a download counts as broken; torchvision tries once more
)
STAGING = (
    ".cifar10-download"  # a download happens in here and moves into place only when it is whole
)


class NoCifar10(UserError):
    """The data set is not on this machine and cannot be fetched; nothing is broken."""


def cifar10_root() -> Path:
    """The folder that holds, or will hold, `cifar-10-batches-py`: `CIFAR10_ROOT`, else `data` in the repository."""
    return from_environment("CIFAR10_ROOT", "data")


def published(data_set: DataSet) -> type[datasets.CIFAR10]:
    """The class of torchvision that knows the data set's files."""
    return getattr(datasets, data_set.files)


def is_there(root: Path, data_set: DataSet = CIFAR10) -> bool:
    """Whether `root` has a folder of the data set, whole or not."""
    return (Path(root) / published(data_set).base_folder).exists()


def open_files(
    root: Path, download: bool = True, data_set: DataSet = CIFAR10
) -> tuple[datasets.CIFAR10, datasets.CIFAR10]:
    """The verified training and test set under `root`, fetched first when `root` holds none and `download` allows it.

    Raises NoCifar10 where there is none and none can be downloaded, and UserError naming a file that is missing or altered.
    """
    root, files = Path(root), published(data_set)
    if not is_there(root, data_set):
        if not download:
            raise NoCifar10(
                f"{data_set.title} is not in {root}: run `make data` to download it there, or set CIFAR10_ROOT "
                f"to the folder that holds {files.base_folder}, or DATA_SOURCE=digits to try without it."
            )
        download_files(root, data_set)
    verify(root, data_set)
    return files(root, train=True), files(root, train=False)


def verify(root: Path, data_set: DataSet = CIFAR10) -> None:
    """Raise UserError for the first file under `root` that is missing, unreadable or not the published one."""
    files, title = published(data_set), data_set.title
    folder = Path(root) / files.base_folder
    meta = [(files.meta["filename"], files.meta["md5"])]
    for name, md5 in files.train_list + files.test_list + meta:
        file = folder / name
        remedy = f"delete {folder} and run `make data` to download {title} again."
        if not file.is_file():
            raise UserError(f"The {title} file {file} is missing: {remedy}")
        try:
            intact = check_integrity(file, md5)
        except OSError as error:
            raise UserError(
                f"The {title} file {file} cannot be read ({error.strerror}): "
                "fix its permissions, or " + remedy
            ) from None
        if not intact:
            raise UserError(
                f"The {title} file {file} is truncated or altered "
                f"(its md5 sum is not the published one): {remedy}"
            )


def download_files(root: Path, data_set: DataSet = CIFAR10) -> None:
    """Download, check and unpack the data set into `root`; an interrupted download is never taken for the data.

    A whole archive from an interrupted earlier try is used again.
    """
    staging, files = Path(root) / STAGING, published(data_set)
    try:
        if not check_integrity(staging / files.filename, files.tgz_md5):
            require_network(files.url)
        staging.mkdir(parents=True, exist_ok=True)
        with socket_timeout(STALL_TIMEOUT):
            files(staging, download=True)
        os.replace(staging / files.base_folder, Path(root) / files.base_folder)
        shutil.rmtree(staging)
    # URLError and time-outs are OSErrors; RuntimeError is what torchvision raises for a wrong md5 sum.
    except (OSError, HTTPException, RuntimeError, EOFError) as error:
        raise NoCifar10(
            f"{data_set.title} could not be downloaded from {files.url} into {root} ({reason(error)}): "
            f"try again with a network, or set CIFAR10_ROOT to a folder that holds {files.base_folder}, "
            "or DATA_SOURCE=digits to try without it."
        ) from None


def reason(error: Exception) -> str:
    """What went wrong, in one short line."""
    text = str(getattr(error, "reason", None) or error).strip() or type(error).__name__
    return text.splitlines()[0].rstrip(".")


def require_network(url: str) -> None:
    """Raise OSError unless `url` answers within NETWORK_TIMEOUT seconds.

    In a thread, because a name look-up has no time-out and each address of a name would get the full time again.
    """
    outcome: list[Exception | None] = []

    def probe() -> None:
        request = urllib.request.Request(url, headers={"User-Agent": "cifar10-under-200k"})
        try:  # the answer's first lines are enough; its body is not read
            urllib.request.urlopen(request, timeout=NETWORK_TIMEOUT).close()
            outcome.append(None)
        except Exception as error:  # handed to the caller's thread
            outcome.append(error)

    thread = threading.Thread(target=probe, daemon=True)
    thread.start()
    thread.join(NETWORK_TIMEOUT)
    if not outcome:
        raise OSError(f"no answer within {NETWORK_TIMEOUT} seconds")
    if outcome[0] is not None:
        raise OSError(reason(outcome[0]))


@contextmanager
def socket_timeout(seconds: float):
    """Give new sockets a time-out for a while, so that a download which stalls fails instead of hanging."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
