"""A run that takes seconds, for the tests; `python -m tests.small_run FOLDER WORKERS [taught]` trains it, for those that
kill it."""

import functools
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from utils.data.data_sets import CIFAR10
from utils.data.images import ImageData, Split, load_digits
from utils.runtime import choose_device, choose_precision
from utils.training.fit import fit
from utils.training.recipes import find_recipe
from utils.training.run_record import load_run

PRECISION = choose_precision(choose_device("cpu"))
RECIPE = replace(
    find_recipe("assignment6_net1_grouped"),
    batch_size=32,
    epochs=3,
    lr=0.05,
    augmentation="era9",
    pipeline="albumentations",
)
# With teachers, and all else that only runs with a state of their own have; the teacher is the run "teacher".
TAUGHT = replace(
    RECIPE,
    mean=CIFAR10.mean,
    std=CIFAR10.std,
    pipeline="batched",
    draws="image",
    stream_seed=5,
    stream_epochs=2,
    teachers=("teacher",),
    teaching=0.9,
    temperature=2.0,
    ema_decay=0.9,
)
OPTIONS = {"workers": 0, "progress": False, "report": lambda text: None}


def small_data() -> ImageData:
    """70 training and 30 test digits: a short epoch, whose last batch of 32 is short too."""
    digits = load_digits()

    def first(split: Split, count: int) -> Split:
        return Split(np.ascontiguousarray(split.images[:count]), split.labels[:count])

    return ImageData("digits", first(digits.train, 70), first(digits.test, 30), digits.classes)


def assert_same_run(first: Path, second: Path) -> None:
    """Weights equal to the bit, and the same history but for the time it took."""
    ours, theirs = (
        torch.load(folder / "model.pt", weights_only=True) for folder in (first, second)
    )
    assert ours.keys() == theirs.keys() and all(
        torch.equal(ours[name], theirs[name]) for name in ours
    )
    histories = [
        [
            replace(epoch, train_seconds=None, test_seconds=None)
            for epoch in load_run(folder).history
        ]
        for folder in (first, second)
    ]
    assert histories[0] == histories[1]


if __name__ == "__main__":
    said = {"workers": int(sys.argv[2]), "report": functools.partial(print, flush=True)}
    fit(
        TAUGHT if "taught" in sys.argv else RECIPE,
        small_data(),
        Path(sys.argv[1]),
        PRECISION,
        **OPTIONS | said,
    )
