"""Error analysis, calibration and robustness, against scikit-learn, scipy, numbers done by hand, and known networks."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy import stats
from sklearn import metrics
from torch import nn

from utils.analysis import mistakes as errors
from utils.analysis import robustness
from utils.analysis.calibration import (
    expected_calibration_error,
    fit_temperature,
    reliability,
    scaled,
)
from utils.data.images import Split
from utils.training.recipes import find_recipe

RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 10, 500)
PREDICTED = np.where(RNG.random(500) < 0.7, LABELS, RNG.integers(0, 10, 500))


def test_confusion_is_scikit_learns():
    assert (
        errors.confusion_matrix(LABELS, PREDICTED) == metrics.confusion_matrix(LABELS, PREDICTED)
    ).all()


@pytest.mark.parametrize("correct, total", [(86, 100), (0, 10), (10, 10), (865, 1000)])
def test_intervals_are_wilsons(correct, total):
    expected = stats.binomtest(correct, total).proportion_ci(method="wilson")
    assert errors.wilson_interval(correct, total) == pytest.approx(
        (expected.low, expected.high), abs=1e-4
    )


def test_class_accuracies_are_recalls():
    confusion = errors.confusion_matrix(LABELS, PREDICTED)
    found = errors.class_accuracies(confusion)
    assert [share for share, _, _ in found] == pytest.approx(
        metrics.recall_score(LABELS, PREDICTED, average=None)
    )
    assert all(low < share < high for share, low, high in found)


def test_commonest_mistakes_come_first():
    confusion = np.array([[90, 7, 3], [1, 95, 4], [0, 2, 98]])
    lines = errors.most_confused(confusion, ("cat", "dog", "ship"), count=2).splitlines()[1:]
    assert [line.split() for line in lines] == [
        ["cat", "dog", "7", "70%"],
        ["dog", "ship", "4", "80%"],
    ]


def test_notable_images_by_hand():
    probabilities = torch.tensor([[0.9, 0.1], [0.2, 0.8], [0.55, 0.45], [0.4, 0.6], [0.99, 0.01]])
    labels = torch.tensor([1, 1, 0, 0, 0])
    log_probs = probabilities.log()
    assert errors.confident_mistakes(log_probs, labels, 2).tolist() == [0, 3]
    assert errors.doubtful_hits(log_probs, labels, 2).tolist() == [2, 1]
    assert errors.confident_mistakes(log_probs, labels, 9).tolist() == [0, 3]
    assert errors.doubtful_hits(log_probs, labels, 9).tolist() == [2, 1, 4]
    assert errors.titles(torch.tensor([0, 1]), log_probs, labels, ("a", "b")) == [
        "b → a, 90 %",
        "b, 80 %",
    ]


def overconfident(temperature: float, count: int = 20_000):
    """Labels drawn from known probabilities, and the scores of a model that is too sure by `temperature`."""
    generator = torch.Generator().manual_seed(1)
    logits = 2 * torch.randn(count, 10, generator=generator)
    labels = torch.multinomial(logits.softmax(1), 1, generator=generator).squeeze(1)
    return F.log_softmax(logits * temperature, 1), labels


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_the_temperature_is_found_again_and_mends_the_calibration(temperature):
    log_probs, labels = overconfident(temperature)
    found = fit_temperature(log_probs, labels)
    assert found == pytest.approx(temperature, rel=0.03)
    after = scaled(log_probs, found)
    assert expected_calibration_error(reliability(after, labels)) < 0.015
    assert torch.equal(after.argmax(1), log_probs.argmax(1))
    if temperature != 1:
        assert expected_calibration_error(reliability(log_probs, labels)) > 0.08


def test_calibration_error_by_hand():
    confidences, right = [0.95, 0.95, 0.65, 0.65, 0.65], [True, False, True, True, False]
    log_probs = torch.tensor([[value, 1 - value] for value in confidences]).log()
    labels = torch.tensor([0 if hit else 1 for hit in right])
    bins = reliability(log_probs, labels, bins=10)
    assert [(part.count, round(part.accuracy, 3)) for part in bins] == [(3, 0.667), (2, 0.5)]
    assert expected_calibration_error(bins) == pytest.approx(
        (3 * (2 / 3 - 0.65) + 2 * 0.45) / 5, abs=1e-6
    )


class BrightSide(nn.Module):
    """Says 0 where the brightest column of the image lies in the left half, else 1."""

    def forward(self, x):
        place = x.sum((1, 2)).argmax(1)
        return F.one_hot((place >= 16).long(), 2).float().log_softmax(1)


class Lit(nn.Module):
    """Says 1 where any pixel is far brighter than the data set's mean."""

    def forward(self, x):
        return F.one_hot((x.amax((1, 2, 3)) > 1.5).long(), 2).float().log_softmax(1)


def column_images(column: int) -> Split:
    images = np.zeros((40, 32, 32, 3), dtype=np.uint8)
    images[:, 12:20, column] = 255
    return Split(images, np.full(40, int(column >= 16)))


def test_shifts_are_shifts_in_pixels():
    found = robustness.accuracies(
        BrightSide(), column_images(13), find_recipe("era9"), robustness.shifted, [0, 2, 3, 4]
    )
    assert found == [100, 100, 0, 0]  # column 13 crosses the middle after three pixels


def test_rotations_are_rotations_in_degrees():
    """A bar at the left: after a half turn it is at the right."""
    found = robustness.accuracies(
        BrightSide(), column_images(13), find_recipe("era9"), robustness.rotated, [0, 10, 180]
    )
    assert found == [100, 100, 0]


def test_a_hole_covers_what_it_covers():
    """One lit pixel, and a hole of side s at one of (33 - s)² places: it is covered in s² of them."""
    images = np.zeros((4000, 32, 32, 3), dtype=np.uint8)
    images[:, 15, 15] = 255
    split = Split(images, np.ones(4000, dtype=np.int64))
    for side, found in zip(
        (0, 8, 16), robustness.accuracies_with_hole(Lit(), split, find_recipe("era9"), (0, 8, 16))
    ):
        covered = (side / (33 - side)) ** 2
        assert found == pytest.approx(
            100 * (1 - covered), abs=100 * 5 * math.sqrt(covered * (1 - covered) / 4000) + 1e-9
        )
