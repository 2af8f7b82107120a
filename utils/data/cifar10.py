"""The files of CIFAR-10 (Krizhevsky, 2009): found, checked against their published md5 sums, downloaded when absent.

`data_set` may be another one that torchvision keeps in the same way, as it does CIFAR-100.
"""

import shutil
from pathlib import Path

from torchvision import datasets
from torchvision.datasets.utils import check_integrity, extract_archive

from utils.data.data_sets import CIFAR10, DataSet
from utils.data.download import Patience, Unreachable, download_file, require_network
from utils.errors import UserError, explain
from utils.files import move
from utils.paths import from_environment

# A download happens in here and moves into place only when it is whole.
STAGING = ".cifar10-download"


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
    root: Path,
    download: bool = True,
    data_set: DataSet = CIFAR10,
    patience: Patience = Patience(),  # noqa: B008  it is frozen
) -> tuple[datasets.CIFAR10, datasets.CIFAR10]:
    """The verified training and test set under `root`, fetched first when `root` holds none and `download` allows it.

    A whole archive under `root` is unpacked in any case.
    Raises NoCifar10 where there is none and none can be downloaded, and UserError naming a file that is missing or altered.
    """
    root, files = Path(root), published(data_set)
    if not is_there(root, data_set):
        if not download and not check_integrity(root / files.filename, files.tgz_md5):
            raise NoCifar10(
                f"{data_set.title} is not in {root}: run `make data` to download it there, or set CIFAR10_ROOT "
                f"to the folder that holds {files.base_folder}, or DATA_SOURCE=digits to try without it."
            )
        download_files(root, data_set, patience)
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


def download_files(root: Path, data_set: DataSet, patience: Patience) -> None:
    """Download, check and unpack the data set into `root`; a part of it is never taken for the data.

    An archive that is there already is used: a whole one in `root`, where torchvision looks for it too, or what came before
    an earlier download broke off.
    """
    root, files = Path(root), published(data_set)
    staging = root / STAGING
    try:
        archive = _whole_archive(root, data_set, patience)
        extract_archive(str(archive), str(staging))
        move(staging / files.base_folder, root / files.base_folder)
        shutil.rmtree(staging)
    except (Unreachable, OSError, EOFError) as error:
        reason = str(error) if isinstance(error, Unreachable) else explain(error) or repr(error)
        raise NoCifar10(
            f"{data_set.title} could not be downloaded from {files.url} into {root} ({reason}): "
            f"try again, which goes on from what has come, or put {files.filename} there yourself, "
            f"or set CIFAR10_ROOT to a folder that holds {files.base_folder}, "
            "or DATA_SOURCE=digits to try without it."
        ) from None


def _whole_archive(root: Path, data_set: DataSet, patience: Patience) -> Path:
    """The archive with the published md5 sum, fetched where it is not there; Unreachable where it cannot be had."""
    files = published(data_set)
    given, fetched = root / files.filename, root / STAGING / files.filename
    for archive in (given, fetched):
        if check_integrity(archive, files.tgz_md5):
            return archive
    if given.exists():
        print(f"{given} is not the published archive, or not all of it: downloading another.")
    require_network(files.url, patience.network)
    fetched.parent.mkdir(parents=True, exist_ok=True)
    for _ in range(2):  # again from the start, where the bytes of an earlier try were other ones
        download_file(files.url, fetched, patience)
        if check_integrity(fetched, files.tgz_md5):
            return fetched
        fetched.unlink()
    raise Unreachable("the md5 sum of what came is not the published one")
