"""Batches for training, each image augmented afresh in every epoch, and for testing."""

import multiprocessing
import os
import random
import threading
from collections.abc import Iterator
from multiprocessing.connection import wait

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from utils.data.images import Split
from utils.data.transforms import MEAN, STD, Compose, normalise, reseed


class AugmentedImages(Dataset):
    """Image `index` of `split` as it looks in `epoch`: a function of (seed, epoch, index) and of nothing else.

    So every epoch draws anew, the number of workers changes nothing, and a resumed epoch sees the images that it would
    have seen.
    """

    def __init__(self, split: Split, transform: Compose, seed: int):
        self.split, self.transform, self.seed = split, transform, seed

    def __getitem__(self, key: tuple[int, int]) -> tuple[Tensor, int]:
        epoch, index = key
        reseed(self.transform, self.seed, epoch, index)
        return self.transform(image=self.split.images[index])["image"], int(
            self.split.labels[index]
        )


def shuffled(length: int, seed: int, epoch: int) -> list[int]:
    """The indices 0 to length - 1 in an order that depends on (seed, epoch) alone."""
    order = list(range(length))
    random.Random(f"order {seed} {epoch}").shuffle(order)
    return order


class ShuffledKeys(Sampler):
    """The keys (epoch, index) of every image once, in an order that depends on (seed, epoch) alone."""

    def __init__(self, length: int, seed: int):
        self.length, self.seed, self.epoch = length, seed, 0

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return ((self.epoch, index) for index in shuffled(self.length, self.seed, self.epoch))

    def __len__(self) -> int:
        return self.length


def end_with_parent(worker: int = 0) -> None:
    """End this worker as soon as the process that started it is gone, however that ended.

    A worker that waits for room in the pipe to a killed parent would wait for ever, and keep its memory. The parent's
    sentinel is ready at its death on every system, also when it died before we could watch it.
    """
    parent = multiprocessing.parent_process()

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


class TrainingBatches:
    """The batches of one epoch after another: `epoch(n)` is an iterable of images `(B, 3, S, S)` and labels `(B,)`.

    `workers` processes augment while the network computes; they start with the first epoch and stay.
    """

    def __init__(
        self,
        split: Split,
        transform: Compose,
        batch_size: int,
        seed: int,
        workers: int = 0,
        pin_memory: bool = False,
    ):
        self.keys = ShuffledKeys(len(split), seed)
        self.loader = DataLoader(
            AugmentedImages(split, transform, seed),
            batch_size,
            sampler=self.keys,
            num_workers=workers,
            persistent_workers=workers > 0,
            pin_memory=pin_memory,
            worker_init_fn=end_with_parent,
            generator=torch.Generator(),
        )  # else it draws from the one that Dropout depends on

    def epoch(self, number: int) -> DataLoader:
        """The batches of epoch `number`, counted from 0."""
        self.keys.epoch = number
        return self.loader


class TestBatches:
    """All of `split` in order, normalised once: batches of images `(B, 3, S, S)` and labels `(B,)`."""

    __test__ = False  # pytest, this is not a test

    def __init__(self, split: Split, mean=MEAN, std=STD, batch_size: int = 500):
        self.images = normalise(split.images, mean, std)
        self.labels = torch.from_numpy(split.labels)
        self.batch_size = batch_size

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        return zip(self.images.split(self.batch_size), self.labels.split(self.batch_size))

    def __len__(self) -> int:
        return -(-len(self.labels) // self.batch_size)
