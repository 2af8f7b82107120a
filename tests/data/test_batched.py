"""The batched input pipeline beside the albumentations one: the same for the same draws, and alike in distribution."""

import math
from dataclasses import replace

import albumentations as A
import cv2
import numpy as np
import pytest
import torch
from torch import Generator

from utils.data.augmentations import AUGMENTATIONS, Augmentation
from utils.data.batched import BatchedTraining, augment, pack
from utils.data.draws import Draws, Stream, draw
from utils.data.images import Split
from utils.data.transforms import MEAN, STD, denormalise, normalise, reseed, steps

SIZE = 32
FILL = tuple(255 * mean for mean in MEAN)
NOISE = np.random.default_rng(0).integers(0, 256, (6, SIZE, SIZE, 3), dtype=np.uint8)


def still(count: int) -> Draws:
    """Draws that change nothing."""
    no = torch.zeros(count, dtype=torch.bool)
    return Draws(
        no,
        torch.zeros(count, 2, dtype=torch.int64),
        no,
        torch.zeros(count, 2),
        torch.ones(count, 2),
        torch.zeros(count),
        no,
        torch.zeros(count, 2, dtype=torch.int64),
    )


def augmented(images: np.ndarray, draws: Draws, hole=(0, 0)) -> np.ndarray:
    chosen = torch.arange(len(images))
    moved, fill = draws.moved.nonzero().squeeze(1), torch.tensor(FILL).view(1, 3, 1, 1)
    return augment(pack(images), chosen, draws, moved, hole, fill).permute(0, 2, 3, 1).numpy()


def test_without_draws_nothing_changes():
    assert (augmented(NOISE, still(6)) == NOISE).all()


def test_flips_and_crops_as_numpy_does():
    offsets = torch.tensor([[-4, -4], [4, 4], [0, 3], [-2, 1], [3, -4], [0, 0]])
    flipped = torch.tensor([True, False, True, False, True, False])
    result = augmented(NOISE, replace(still(6), offset=offsets, flipped=flipped))
    for image, (down, right), mirrored, found in zip(NOISE, offsets.tolist(), flipped, result):
        padded = np.pad(
            image[:, ::-1] if mirrored else image, ((4, 4), (4, 4), (0, 0)), mode="reflect"
        )
        assert (found == padded[4 + down : 36 + down, 4 + right : 36 + right]).all()


@pytest.mark.parametrize(
    "rotate, wider, higher, right, down",
    [(15, 1, 1, 0, 0), (0, 0.95, 1.05, 0, 0), (0, 1, 1, 1, -1), (-12, 1.07, 0.9, 2, 1)],
)
def test_moves_as_albumentations_does(rotate, wider, higher, right, down):
    smooth = cv2.GaussianBlur(NOISE[0], (0, 0), 3)
    smooth = ((smooth - smooth.min()) * (255 / np.ptp(smooth))).astype(np.uint8)
    transform = A.Affine(
        rotate=(rotate, rotate),
        scale={"x": (wider, wider), "y": (higher, higher)},
        keep_ratio=False,
        translate_px={"x": (right, right), "y": (down, down)},
        border_mode=cv2.BORDER_REFLECT_101,
        p=1,
    )
    expected = transform(image=smooth)["image"].astype(float)
    draws = replace(
        still(1),
        moved=torch.tensor([True]),
        shift=torch.tensor([[down, right]], dtype=torch.float32),
        scale=torch.tensor([[higher, wider]]),
        angle=torch.tensor([math.radians(rotate)]),
    )
    difference = np.abs(augmented(smooth[None], draws)[0] - expected)
    assert np.abs(smooth - expected).max() > 20 and difference.max() < 6 and difference.mean() < 1


def test_the_hole_is_where_it_was_drawn():
    draws = replace(
        still(6),
        holed=torch.arange(6) % 2 == 0,
        corner=torch.tensor([[0, 0], [0, 0], [16, 24]] * 2),
    )
    result = augmented(NOISE, draws, hole=(16, 8))
    for index, (image, found) in enumerate(zip(NOISE, result)):
        expected = image.astype(np.float32)
        if index % 2 == 0:
            top, left = draws.corner[index].tolist()
            expected[top : top + 16, left : left + 8] = FILL
        np.testing.assert_allclose(found, expected)


# --- side by side -----------------------------------------------------------------------------------------------------

COUNT = 3000


def both(settings: Augmentation, image: np.ndarray) -> dict[str, np.ndarray]:
    """`image`, COUNT times augmented by each pipeline: float `(COUNT, S, S, 3)` from 0 to 255."""
    one_by_one = A.Compose(steps(settings))
    singles = []
    for index in range(COUNT):
        reseed(one_by_one, index)
        singles.append(one_by_one(image=image)["image"])
    draws = draw(settings, COUNT, SIZE, Generator().manual_seed(3))
    return {
        "albumentations": np.array(singles, dtype=float),
        "batched": augmented(np.repeat(image[None], COUNT, axis=0), draws, settings.hole),
    }


def assert_alike(first: np.ndarray, second: np.ndarray) -> None:
    """Means and standard deviations of two samples agree within five standard errors of their difference."""
    first, second = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    spread = max(first.std(), second.std())
    assert (
        abs(first.mean() - second.mean())
        <= 5 * spread * math.sqrt(1 / len(first) + 1 / len(second)) + 1e-9
    )
    assert abs(first.std() - second.std()) <= 0.06 * spread + 1e-9


def light_in_the_middle(grey: np.ndarray) -> tuple[np.ndarray, ...]:
    """Of images `(N, S, S)` with one bright bar: its area, centre (down, right) and direction in radians."""
    place = np.arange(SIZE) - (SIZE - 1) / 2
    area = grey.sum((1, 2))
    down, right = (grey.sum(2) @ place) / area, (grey.sum(1) @ place) / area
    covariance = np.einsum("nyx,y,x->n", grey, place, place) / area - down * right
    spread = (
        np.einsum("nyx,x->n", grey, place**2) / area
        - right**2
        - np.einsum("nyx,y->n", grey, place**2) / area
        + down**2
    )
    return area, down, right, np.arctan2(2 * covariance, spread) / 2


@pytest.mark.parametrize("name", ["assignment6", "era9"])
def test_shift_scale_and_rotation_are_distributed_alike(name):
    bar = np.zeros((SIZE, SIZE, 3), dtype=np.uint8)
    bar[13:19, 8:24] = 255
    settings = replace(AUGMENTATIONS[name], flip=0, holed=0)
    measured = [light_in_the_middle(images[..., 0]) for images in both(settings, bar).values()]
    for first, second in zip(*measured):
        assert_alike(first, second)
    for _, down, right, angle in measured:
        unmoved = (np.abs(angle) < 1e-3) & (np.abs(down) < 1e-3) & (np.abs(right) < 1e-3)
        assert abs(unmoved.mean() - 0.5) < 0.05 and math.radians(13) < np.abs(
            angle
        ).max() < math.radians(17)


@pytest.mark.parametrize("name", ["assignment6", "era9", "flip crop hole"])
def test_flips_and_holes_are_distributed_alike(name):
    green = np.full((SIZE, SIZE, 3), (10, 240, 90), dtype=np.uint8)
    measured = []
    for images in both(replace(AUGMENTATIONS[name], moved=0), green).values():
        hole = np.abs(images - green).max(-1) > 1
        holed = hole.any((1, 2))
        rows, columns = hole[holed].any(2).argmax(1), hole[holed].any(1).argmax(1)
        assert np.allclose(images[hole], FILL, atol=1)
        assert set(hole[holed].sum((1, 2))) == {math.prod(AUGMENTATIONS[name].hole)}
        measured.append((holed, rows, columns))
    for first, second in zip(*measured):
        assert_alike(first, second)
    left = np.zeros_like(green)
    left[:, :10] = 200
    settings = Augmentation(flip=AUGMENTATIONS[name].flip)
    sides = [images[:, 16, 2, 0] > 100 for images in both(settings, left).values()]
    assert_alike(*sides)
    assert sides[0].mean() == pytest.approx(1 - AUGMENTATIONS[name].flip, abs=0.05)


def test_crops_are_distributed_alike():
    dot = np.zeros((SIZE, SIZE, 3), dtype=np.uint8)
    dot[15, 16] = 255
    places = [
        np.argwhere(images[..., 0] > 0) for images in both(Augmentation(crop=4), dot).values()
    ]
    for axis in (1, 2):
        first, second = (place[:, axis] for place in places)
        assert_alike(first, second)
        assert set(first) == set(second) and np.ptp(first) == 8


@pytest.mark.parametrize("name", ["none", "assignment6", "era9", "flip crop hole 12"])
def test_colours_are_distributed_alike(name):
    image = cv2.GaussianBlur(NOISE[1], (0, 0), 2)
    first, second = both(AUGMENTATIONS[name], image).values()
    np.testing.assert_allclose(first.mean((0, 1, 2)), second.mean((0, 1, 2)), atol=1)
    np.testing.assert_allclose(first.std((0, 1, 2)), second.std((0, 1, 2)), atol=1)


# --- batches ----------------------------------------------------------------------------------------------------------

SAME = Split(NOISE[:1].repeat(64, axis=0), np.arange(64))


def batches(seed=1, augmentation="flip crop hole", split=SAME):
    return BatchedTraining(
        split, augmentation, MEAN, STD, batch_size=10, seed=seed, device=torch.device("cpu")
    )


def whole_epoch(training: BatchedTraining, number: int) -> list[torch.Tensor]:
    return [torch.cat(parts) for parts in zip(*training.epoch(number))]


def test_every_image_once_and_normalised():
    several = Split(np.concatenate([NOISE, NOISE + 1]), np.arange(12))
    training = batches(augmentation="none", split=several)
    assert len(training.epoch(0)) == 2
    images, labels = whole_epoch(training, 0)
    assert sorted(labels.tolist()) == list(range(12))
    torch.testing.assert_close(images, normalise(several.images)[labels], atol=1e-5, rtol=0)
    assert (denormalise(images) == several.images[labels]).all()


def test_an_epoch_depends_on_seed_and_number_alone():
    straight = batches()
    whole_epoch(straight, 0)
    again, other_epoch, other_seed = (
        whole_epoch(batches(), 1),
        whole_epoch(batches(), 0),
        whole_epoch(batches(seed=2), 1),
    )
    for mine, same in zip(whole_epoch(straight, 1), again):
        assert torch.equal(mine, same)
    assert not torch.equal(again[0], other_epoch[0]) and not torch.equal(again[0], other_seed[0])


def test_no_image_repeats_another():
    images = torch.cat([whole_epoch(batches(augmentation="era9"), epoch)[0] for epoch in range(3)])
    assert len({image.numpy().tobytes() for image in images}) > 0.7 * len(
        images
    )  # an eighth is left as it is


def test_batches_leave_the_generator_of_dropout_alone():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    whole_epoch(batches(), 0)
    assert torch.equal(torch.get_rng_state(), before)


# --- draws by image ---------------------------------------------------------------------------------------------------

MANY = Split(np.concatenate([NOISE, NOISE[::-1]]), np.arange(12))


def by_image(seed=1, batch_size=5, augmentation="era9", stream_seed=7, stream_epochs=0):
    return BatchedTraining(
        MANY,
        augmentation,
        MEAN,
        STD,
        batch_size,
        seed,
        torch.device("cpu"),
        draws="image",
        stream_seed=stream_seed,
        stream_epochs=stream_epochs,
    )


def images_by_label(epoch) -> torch.Tensor:
    images, labels = (torch.cat(parts) for parts in zip(*epoch))
    return images[labels.argsort()]


def test_an_image_does_not_depend_on_its_place_in_the_epoch():
    expected = images_by_label(by_image().in_order(3))
    orders = [torch.cat([labels for _, labels in by_image(seed).epoch(3)]) for seed in (1, 2)]
    assert not torch.equal(*orders)  # each run shuffles on its own
    for seed, batch_size in ((1, 5), (2, 5), (1, 12), (2, 1)):
        assert torch.equal(images_by_label(by_image(seed, batch_size).epoch(3)), expected)
    for other in (by_image().epoch(4), by_image(stream_seed=8).epoch(3)):
        assert not torch.equal(images_by_label(other), expected)


def test_a_stream_of_some_epochs_comes_again_in_another_order():
    again = by_image(stream_epochs=3)
    for epoch in range(3):
        expected = images_by_label(by_image().epoch(epoch))
        for seen in (again.epoch(epoch), again.epoch(epoch + 3), again.in_order(epoch + 6)):
            assert torch.equal(images_by_label(seen), expected)
    orders = [torch.cat([labels for _, labels in again.epoch(epoch)]) for epoch in (0, 3)]
    assert not torch.equal(*orders)


def test_soft_labels_come_with_their_images():
    soft = torch.arange(12.0)[:, None] * torch.ones(3)
    for images, labels, known in by_image().epoch(0, soft):
        assert len(images) == len(labels) and torch.equal(known[:, 0], labels.float())


@pytest.mark.parametrize("draws", ["image", "batch"])
def test_an_alternating_flip_is_the_other_one_in_every_epoch(draws):
    settings = replace(AUGMENTATIONS["alternating flip crop hole"], crop=0, holed=0)
    stream, order = Stream(settings, 3, draws), torch.randperm(1000)
    flips = [stream.draws(epoch, order, SIZE, 64).flipped[order.argsort()] for epoch in range(3)]
    assert torch.equal(flips[0], ~flips[1]) and torch.equal(flips[0], flips[2])
    assert 400 < flips[0].sum() < 600
    assert not torch.equal(
        replace(stream, seed=4).draws(0, order, SIZE, 64).flipped[order.argsort()], flips[0]
    )
