"""Pixels: what the pipelines do by their effect, and that nothing repeats that should not."""

import albumentations as A
import numpy as np
import pytest
import torch
from albumentations.pytorch import ToTensorV2
from torch.utils.data import DataLoader

from utils.data.augmentations import AUGMENTATIONS
from utils.data.images import Split
from utils.data.loaders import AugmentedImages, ShuffledKeys, TestBatches, TrainingBatches
from utils.data.transforms import (
    MEAN,
    STD,
    augmentation_rates,
    coarse_dropout,
    denormalise,
    normalise,
    pipeline,
    reseed,
    shift_scale_rotate,
)

HALF = (0.5, 0.5, 0.5)
GREEN_IMAGE = np.full((32, 32, 3), (10, 240, 90), dtype=np.uint8)


@pytest.mark.parametrize("height, width", [(16, 16), (16, 8)])
def test_the_hole_has_its_size_and_the_mean_colour(height, width):
    transform = A.Compose([coarse_dropout(height, width)])
    holed = 0
    corners = set()
    for index in range(400):
        reseed(transform, index)
        after = transform(image=GREEN_IMAGE)["image"]
        changed = (after != GREEN_IMAGE).any(-1)
        if not changed.any():
            continue
        holed += 1
        rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
        assert changed.sum() == height * width and (len(rows), len(columns)) == (height, width)
        np.testing.assert_allclose(
            after[changed], np.broadcast_to(255 * np.array(MEAN), (height * width, 3)), atol=1
        )
        corners.add((rows[0], columns[0]))
    assert 150 < holed < 250 and len(corners) > 80


def test_the_hole_is_nothing_after_normalising():
    """To within one of the 255 steps of an image, in units of the standard deviation."""
    transform = A.Compose([coarse_dropout(16, 16), A.Normalize(mean=MEAN, std=STD), ToTensorV2()])
    whole = normalise(GREEN_IMAGE[None])[0]
    holed = 0
    for index in range(20):
        reseed(transform, index)
        image = transform(image=GREEN_IMAGE)["image"]
        inside = image[(image - whole).abs() > 0.1]
        holed += len(inside) > 0
        assert len(inside) == 0 or inside.abs().max() < 1 / 255 / min(STD)
    assert 3 < holed < 17


def test_moves_by_no_more_than_the_limits():
    """A bright square in the middle: its centre moves by at most 5 % of a side, its area by the scale, squared."""
    image = np.zeros((64, 64, 3), dtype=np.uint8)
    image[24:40, 24:40] = 255
    transform = A.Compose([shift_scale_rotate(shift=0.05, scale=0.1, rotate=15)])
    centres, areas = [], []
    for index in range(300):
        reseed(transform, index)
        light = transform(image=image)["image"][..., 0] / 255
        centres.append(
            [(light.sum(axis) * np.arange(64)).sum() / light.sum() - 31.5 for axis in (1, 0)]
        )
        areas.append(light.sum() / 256)
    centres, areas = np.array(centres), np.array(areas)
    assert np.abs(centres).max() < 0.05 * 64 + 0.6 and np.abs(centres).max() > 0.04 * 64
    assert 0.9**2 - 0.03 < areas.min() < 0.85 and 1.17 < areas.max() < 1.1**2 + 0.03
    still = (np.abs(centres).max(1) < 1e-6) & (np.abs(areas - 1) < 1e-6)
    assert 110 < still.sum() < 190


def test_borders_are_reflected_not_black():
    transform = A.Compose([shift_scale_rotate(shift=0.05, scale=0.1, rotate=15)])
    for index in range(50):
        reseed(transform, index)
        assert (transform(image=GREEN_IMAGE)["image"] == GREEN_IMAGE).all()


def test_steps_act_at_their_rates_and_not_together():
    images = np.repeat(GREEN_IMAGE[None], 2000, axis=0)
    rates = augmentation_rates(images, "era9", seed=1)
    assert list(rates) == ["HorizontalFlip", "ShiftScaleRotate", "CoarseDropout"]
    assert all(0.46 < rate < 0.54 for rate in rates.values())
    transform = pipeline("era9", save_applied_params=True)
    acted = []
    for index, image in enumerate(images):
        reseed(transform, 1, index)
        names = {name for name, _ in transform(image=image)["applied_transforms"]}
        acted.append([step in names for step in rates])
    correlation = np.corrcoef(np.array(acted).T)
    assert (
        np.abs(correlation[np.triu_indices(3, 1)]).max() < 0.08
    )  # one seed for all steps would make it 1
    assert augmentation_rates(images[:100], "assignment6", seed=1)["HorizontalFlip"] == 1.0


@pytest.mark.parametrize("mean, std", [(MEAN, STD), (HALF, HALF)])
def test_normalising_has_an_inverse_and_agrees_with_the_pipeline(mean, std):
    images = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), dtype=np.uint8)
    tensor = normalise(images, mean, std)
    assert tensor.shape == (5, 3, 32, 32) and tensor.dtype == torch.float32
    expected = (images / 255 - np.array(mean)) / np.array(std)
    np.testing.assert_allclose(tensor.permute(0, 2, 3, 1).numpy(), expected, atol=1e-5)
    one = pipeline("none", mean, std)(image=images[0])["image"]
    torch.testing.assert_close(one, tensor[0], atol=1e-5, rtol=0)
    assert (denormalise(tensor, mean, std) == images).all()


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_pipelines_return_network_input(name):
    image = pipeline(name)(image=GREEN_IMAGE)["image"]
    assert image.shape == (3, 32, 32) and image.dtype == torch.float32


# --- loaders ----------------------------------------------------------------------------------------------------------

SAME = Split(
    np.random.default_rng(0).integers(0, 256, (1, 32, 32, 3), dtype=np.uint8).repeat(64, axis=0),
    np.arange(64),
)


def always_moved():
    """Moves every image, so that two that come out equal drew the same random numbers."""
    return A.Compose(
        [
            A.Affine(translate_percent=(-0.3, 0.3), scale=(0.7, 1.3), rotate=(-45, 45), p=1),
            A.Normalize(),
            ToTensorV2(),
        ]
    )


@pytest.mark.parametrize("workers", [0, 2])
def test_no_worker_and_no_epoch_repeats_another(workers):
    batches = TrainingBatches(SAME, always_moved(), batch_size=8, seed=1, workers=workers)
    images = torch.cat([images for epoch in range(3) for images, _ in batches.epoch(epoch)])
    assert len({image.numpy().tobytes() for image in images}) == len(images) == 3 * 64


def test_the_number_of_workers_changes_nothing():
    seen = []
    for workers in (0, 1, 2):
        batches = TrainingBatches(SAME, always_moved(), batch_size=10, seed=1, workers=workers)
        seen.append(
            [
                torch.cat(parts)
                for parts in zip(*(batch for epoch in (0, 1) for batch in batches.epoch(epoch)))
            ]
        )
    for images, labels in seen[1:]:
        assert torch.equal(images, seen[0][0]) and torch.equal(labels, seen[0][1])


def test_an_epoch_is_the_same_without_the_ones_before_it():
    straight = TrainingBatches(SAME, always_moved(), batch_size=10, seed=1)
    for _ in straight.epoch(0):
        pass
    resumed = TrainingBatches(SAME, always_moved(), batch_size=10, seed=1)
    for (images, labels), (images_again, labels_again) in zip(straight.epoch(1), resumed.epoch(1)):
        assert torch.equal(images, images_again) and torch.equal(labels, labels_again)


def test_batches_leave_the_generator_of_dropout_alone():
    for workers in (0, 1):
        batches = TrainingBatches(SAME, always_moved(), batch_size=10, seed=1, workers=workers)
        torch.manual_seed(5)
        expected = torch.get_rng_state()
        for epoch in (0, 1):
            for _ in batches.epoch(epoch):
                pass
            assert torch.equal(torch.get_rng_state(), expected)


def test_every_image_once_in_an_order_of_its_own():
    orders = []
    for seed, epoch in ((1, 0), (1, 1), (2, 0)):
        keys = ShuffledKeys(100, seed)
        keys.epoch = epoch
        orders.append([index for _, index in keys])
        assert sorted(orders[-1]) == list(range(100)) and all(key == epoch for key, _ in keys)
    assert orders[0] != orders[1] != orders[2] != orders[0] and orders[0] != sorted(orders[0])


def test_seeds_give_different_images():
    transform = always_moved()
    first = AugmentedImages(SAME, transform, seed=1)[0, 0][0]
    assert not torch.equal(first, AugmentedImages(SAME, transform, seed=2)[0, 0][0])
    assert torch.equal(first, AugmentedImages(SAME, transform, seed=1)[0, 0][0])
    assert not torch.equal(first, AugmentedImages(SAME, transform, seed=1)[1, 0][0])


def test_test_batches_hold_every_image_in_order(few_digits):
    batches = TestBatches(few_digits.test, batch_size=8)
    images, labels = (torch.cat(parts) for parts in zip(*batches))
    assert len(batches) == len(list(batches)) == 4
    assert labels.tolist() == few_digits.test.labels.tolist()
    assert (denormalise(images) == few_digits.test.images).all()


def test_loader_is_pytorchs_own():
    assert isinstance(TrainingBatches(SAME, always_moved(), 8, seed=1).epoch(0), DataLoader)
