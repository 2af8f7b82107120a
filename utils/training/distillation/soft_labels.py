"""A cache of soft labels: what a teacher answers to every image of every epoch of one stream of augmented images.

It is made once (`python -m utils.teach`) and serves every student that sees this stream, whatever its seed and whoever else
teaches it. One file an epoch, a megabyte for CIFAR-10: float16 log-probabilities, image by image, and the SHA-256 of that.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from utils.data.augmentations import AUGMENTATIONS
from utils.data.data_sets import DATA_SETS
from utils.data.draws import BY_IMAGE
from utils.data.images import Split
from utils.errors import UserError
from utils.files import read_checked, write_checked, write_whole
from utils.paths import from_environment
from utils.training.recipes import Recipe
from utils.training.run_record import sha256


class SoftLabels:
    """The cache of what the teacher with `facts` (`Teacher.facts`) answers to `split`, augmented as `recipe` says.

    Its folder is named for a digest of all that decides on it but the precision in which the teacher answers, which is one
    of float16 in the third digit.
    """

    def __init__(self, recipe: Recipe, split: Split, facts: dict):
        self.shape = len(split), DATA_SETS[recipe.data_set].classes
        self.key = {
            "teacher": facts,
            "stream_seed": recipe.seed if recipe.stream_seed is None else recipe.stream_seed,
            "augmentation": asdict(AUGMENTATIONS[recipe.augmentation]),
            "fill": list(DATA_SETS[recipe.data_set].mean),
            "images": sha256(split.images.tobytes() + split.labels.tobytes()),
        }
        name = sha256(json.dumps(self.key, sort_keys=True).encode())[:16]
        self.folder = from_environment("SOFT_LABELS", "build/soft-labels") / name

    def prepare(self) -> None:
        """Make the folder, with a note of what it is for."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_whole(self.folder / "key.json", json.dumps(self.key, indent=2) + "\n")

    def has(self, epoch: int) -> bool:
        """Whether those of `epoch` are there and whole."""
        return self._read(epoch) is not None

    def write(self, epoch: int, labels: np.ndarray) -> None:
        """Keep float16 log-probabilities `(N, classes)` of `epoch`, those of image i in row i."""
        write_checked(self._file(epoch), np.ascontiguousarray(labels, dtype="<f2").tobytes())

    def read(self, epoch: int) -> np.ndarray:
        """The inverse; UserError when they are missing or damaged."""
        payload = self._read(epoch)
        if payload is None:
            raise UserError(
                f"The soft labels in {self._file(epoch)} are missing or damaged: "
                "make them again with python -m utils.teach and the name of the recipe."
            )
        return np.frombuffer(payload, dtype="<f2").reshape(self.shape).copy()

    def digest(self, epochs: int) -> str | None:
        """Of the first `epochs` epochs; None unless all are there and whole."""
        payloads = [self._read(epoch) for epoch in range(epochs)]
        if None in payloads:
            return None
        return sha256(b"".join(hashlib.sha256(payload).digest() for payload in payloads))

    def _file(self, epoch: int) -> Path:
        return self.folder / f"epoch-{epoch:03}.f16"

    def _read(self, epoch: int) -> bytes | None:
        try:
            payload = read_checked(self._file(epoch))
        except OSError:
            return None
        size = 2 * self.shape[0] * self.shape[1]
        return payload if payload is not None and len(payload) == size else None


def digest_of(caches: Sequence[SoftLabels], epochs: int) -> str | None:
    """Of the first `epochs` epochs of all `caches`; None unless all are there and whole."""
    digests = [cache.digest(epochs) for cache in caches]
    return None if None in digests else sha256("".join(digests).encode())


def can_be_cached(recipe: Recipe) -> bool:
    """Whether what `recipe` shows of an image in an epoch depends on neither the order nor the batch."""
    return recipe.pipeline == "batched" and recipe.draws == BY_IMAGE
