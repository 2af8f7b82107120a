"""The images as arrays: CIFAR-10, or the embedded handwritten digits for trying everything offline."""

import os
import sys
from dataclasses import dataclass

import numpy as np

from utils.data.cifar10 import NoCifar10, cifar10_root, open_files
from utils.data.data_sets import CIFAR10, DATA_SETS, DataSet
from utils.errors import UserError, plainly

DIGITS, HELD_OUT = "digits", "-holdout"
DIGITS_FOR_TRAINING = 1437  # four fifths of the 1,797


def sources() -> tuple[str, ...]:
    """Where images may come from: each data set, its training images alone, the digits, or what is there."""
    return (*(f"{name}{part}" for name in DATA_SETS for part in ("", HELD_OUT)), DIGITS, "auto")


@dataclass(frozen=True)
class Split:
    """`images` uint8 `(N, S, S, 3)` RGB from 0 to 255; `labels` int64 `(N,)`, indices into the class names."""

    images: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class ImageData:
    """A data set in memory: `name` is one of `sources`; `classes` are the names that the labels index."""

    name: str
    train: Split
    test: Split
    classes: tuple[str, ...]


@plainly()
def load_data(source: str | None = None) -> ImageData:
    """Load `source`: "cifar10", "digits", or "auto" (CIFAR-10 if it is there or can be downloaded, else
    the digits, with a warning on standard error).

    "cifar10-holdout" trains on the first nine tenths of the training images of CIFAR-10 and tests on the last tenth: for
    whatever is chosen or fitted without looking at the test images.

    None takes the environment variable DATA_SOURCE, else "cifar10". A damaged CIFAR-10 is a UserError even under
    "auto": whoever has the data wants to know.
    """
    source = source or os.environ.get("DATA_SOURCE") or CIFAR10.name
    if source not in sources():
        raise UserError(
            f"There is no data source '{source}': the sources are {', '.join(sources())}."
        )
    if source == DIGITS:
        return load_digits()
    try:
        data = load_published(
            CIFAR10 if source == "auto" else DATA_SETS[source.removesuffix(HELD_OUT)]
        )
        return hold_out(data) if source.endswith(HELD_OUT) else data
    except NoCifar10 as error:
        if source != "auto":
            raise
        print(
            f"*** NOT {CIFAR10.title}: training on scikit-learn's embedded handwritten digits instead. {error} ***",
            file=sys.stderr,
            flush=True,
        )
        return load_digits()


def load_cifar10() -> ImageData:
    """CIFAR-10; see `load_published`."""
    return load_published(CIFAR10)


def load_published(data_set: DataSet) -> ImageData:
    """From CIFAR10_ROOT if that is set, and then only from there; else from `data`, downloaded if absent."""
    train, test = open_files(
        cifar10_root(), download=not os.environ.get("CIFAR10_ROOT"), data_set=data_set
    )
    splits = [Split(part.data, np.asarray(part.targets, dtype=np.int64)) for part in (train, test)]
    return ImageData(data_set.name, *splits, classes=tuple(train.classes))


def hold_out(data: ImageData, count: int | None = None) -> ImageData:
    """`data` with its last `count` training images (None: a tenth) instead of the test images, which are not used."""
    train, count = data.train, count or len(data.train) // 10
    splits = (
        Split(train.images[part], train.labels[part])
        for part in (slice(-count), slice(-count, None))
    )
    return ImageData(f"{data.name}{HELD_OUT}", *splits, classes=data.classes)


def load_digits() -> ImageData:
    """scikit-learn's 8×8 handwritten digits (grey, 0 to 16), in the size and colours of CIFAR-10: real, tiny, offline."""
    from sklearn import datasets  # here, because it is slow to import and CIFAR-10 does not need it

    digits = datasets.load_digits()
    grey = (digits.images * 255 / 16).round().astype(np.uint8)
    times = CIFAR10.size // grey.shape[1]
    images = np.repeat(grey.repeat(times, axis=1).repeat(times, axis=2)[..., None], 3, axis=3)
    labels = digits.target.astype(np.int64)
    cut = DIGITS_FOR_TRAINING
    return ImageData(
        DIGITS,
        Split(images[:cut], labels[:cut]),
        Split(images[cut:], labels[cut:]),
        classes=tuple(str(name) for name in digits.target_names),
    )


def channel_statistics(images: np.ndarray) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of each colour over all pixels of uint8 `(N, H, W, 3)`, in units of 0 to 1."""
    counts = [
        np.bincount(images[..., channel].ravel(), minlength=256)
        for channel in range(images.shape[-1])
    ]
    values = np.arange(256) / 255
    means = [float(np.average(values, weights=count)) for count in counts]
    stds = [
        float(np.average((values - mean) ** 2, weights=count) ** 0.5)
        for mean, count in zip(means, counts)
    ]
    return tuple(means), tuple(stds)
