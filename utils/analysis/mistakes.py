"""What a trained network gets wrong: predictions, confusion, accuracy per class with its uncertainty, notable images."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from utils.data.data_sets import CIFAR10
from utils.data.images import Split
from utils.data.loaders import TestBatches
from utils.tables import text_table
from utils.training.recipes import Recipe


@torch.inference_mode()
def log_probabilities(model: nn.Module, split: Split, recipe: Recipe) -> Tensor:
    """`(N, classes)` of all images of `split`, in evaluation mode, on the CPU."""
    model.eval()
    return torch.cat([model(images) for images, _ in TestBatches(split, recipe.mean, recipe.std)])


def confusion_matrix(
    labels: np.ndarray, predicted: np.ndarray, classes: int = CIFAR10.classes
) -> np.ndarray:
    """`(classes, classes)` counts: rows are the true classes, columns the predicted ones."""
    return np.bincount(labels * classes + predicted, minlength=classes**2).reshape(classes, classes)


def wilson_interval(correct: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """The interval, from 0 to 1, in which the true share lies with 95 % confidence (Wilson 1927); `total` at least 1."""
    share = correct / total
    centre, spread = (
        share + z**2 / (2 * total),
        z * math.sqrt(share * (1 - share) / total + z**2 / (4 * total**2)),
    )
    return tuple((centre + sign * spread) / (1 + z**2 / total) for sign in (-1, 1))


def class_accuracies(confusion: np.ndarray) -> list[tuple[float, float, float]]:
    """For each true class: accuracy and its 95 % interval, from 0 to 1."""
    return [
        (row[index] / row.sum(), *wilson_interval(int(row[index]), int(row.sum())))
        for index, row in enumerate(confusion)
    ]


def most_confused(confusion: np.ndarray, classes: Sequence[str], count: int = 6) -> str:
    """The commonest mistakes as a table: which class is taken for which, and how often."""
    mistakes = confusion - np.diag(np.diag(confusion))
    order = np.argsort(-mistakes, axis=None, kind="stable")[:count]
    pairs = [divmod(int(place), len(classes)) for place in order]
    return text_table(
        ("true", "taken for", "images", "of the class's mistakes"),
        [
            (
                classes[true],
                classes[taken],
                mistakes[true, taken],
                f"{mistakes[true, taken] / max(1, mistakes[true].sum()):.0%}",
            )
            for true, taken in pairs
        ],
        left=2,
    )


def confident_mistakes(log_probs: Tensor, labels: Tensor, count: int) -> Tensor:
    """Indices of the images that are wrong with the highest probability, the surest first; `count` of them at most."""
    confidence, predicted = log_probs.max(1)
    wrong = (predicted != labels).nonzero()[:, 0]
    return wrong[confidence[wrong].argsort(descending=True, stable=True)[:count]]


def doubtful_hits(log_probs: Tensor, labels: Tensor, count: int) -> Tensor:
    """Indices of the images that are right with the lowest probability, the most doubtful first; `count` at most."""
    confidence, predicted = log_probs.max(1)
    right = (predicted == labels).nonzero()[:, 0]
    return right[confidence[right].argsort(stable=True)[:count]]


def titles(indices: Tensor, log_probs: Tensor, labels: Tensor, classes: Sequence[str]) -> list[str]:
    """For each image what it is, what it was taken for if that is another class, and with which probability.

    Such as "bird → cat, 97 %", and "bird, 97 %" for a hit.
    """
    texts = []
    for index in indices.tolist():
        confidence, predicted = log_probs[index].exp().max(0)
        names = dict.fromkeys((classes[int(labels[index])], classes[predicted]))
        texts.append(f"{' → '.join(names)}, {100 * confidence:.0f} %")
    return texts
