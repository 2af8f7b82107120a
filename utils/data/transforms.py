"""Pixels: the albumentations pipelines, normalising and its inverse.

Every pipeline maps one uint8 RGB image `(S, S, 3)` to a normalised float32 tensor `(3, S, S)`.
"""

import os
import random
import warnings

os.environ.setdefault(
    "NO_ALBUMENTATIONS_UPDATE", "1"
)  # else importing it looks for a newer version on the network

import albumentations as A  # noqa: E402
import cv2  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from albumentations import Compose  # noqa: E402
from albumentations.pytorch import ToTensorV2  # noqa: E402
from torch import Tensor  # noqa: E402

from utils.data.augmentations import AUGMENTATIONS, Augmentation  # noqa: E402
from utils.data.data_sets import CIFAR10  # noqa: E402

MEAN, STD = CIFAR10.mean, CIFAR10.std


def coarse_dropout(height: int, width: int, p: float = 0.5, fill=MEAN) -> A.CoarseDropout:
    """One `height` × `width` hole in a share `p` of the images, of the colour `fill`, in units of 0 to 1.

    It works on uint8 images, before they are normalised, so albumentations gets the colour in units of 0 to 255, and
    drops its fraction.
    """
    return A.CoarseDropout(
        num_holes_range=(1, 1),
        hole_height_range=(height, height),
        hole_width_range=(width, width),
        fill=tuple(255 * value for value in fill),
        fill_mask=None,
        p=p,
    )


def shift_scale_rotate(
    shift: float, scale: float, rotate: float, p: float = 0.5
) -> A.ShiftScaleRotate:
    """Shift by up to a share `shift` of a side, scale by up to ±`scale`, rotate by up to `rotate` degrees.

    The borders are reflected, as ShiftScaleRotate did by default in albumentations 1.x, which the reports used.
    """
    with (
        warnings.catch_warnings()
    ):  # it says that Affine could do the same; the assignment asks for this one by name
        warnings.simplefilter("ignore", UserWarning)
        return A.ShiftScaleRotate(
            shift_limit=shift,
            scale_limit=scale,
            rotate_limit=rotate,
            border_mode=cv2.BORDER_REFLECT_101,
            p=p,
        )


def random_crop(padding: int, size: int) -> list[A.BasicTransform]:
    """Pad by `padding` reflected pixels on every side and cut `size` × `size` out anywhere."""
    return [A.Pad(padding, border_mode=cv2.BORDER_REFLECT_101), A.RandomCrop(size, size)]


def steps(settings: Augmentation, size: int = CIFAR10.size, fill=MEAN) -> list[A.BasicTransform]:
    """The albumentations steps for images of `size` × `size`, before they are normalised; `fill` is the hole's colour."""
    return (
        [A.HorizontalFlip(p=settings.flip)] * (settings.flip > 0)
        + (random_crop(settings.crop, size) if settings.crop else [])
        + [shift_scale_rotate(settings.shift, settings.scale, settings.rotate, settings.moved)]
        * (settings.moved > 0)
        + [coarse_dropout(*settings.hole, settings.holed, fill)] * (settings.holed > 0)
    )


def pipeline(
    augmentation: str = "none", mean=MEAN, std=STD, size: int = CIFAR10.size, fill=MEAN, **options
) -> Compose:
    """The albumentations pipeline of that name, which ends by normalising; `options` are those of `Compose`."""
    augmented = steps(AUGMENTATIONS[augmentation], size, fill)
    return Compose([*augmented, A.Normalize(mean=mean, std=std), ToTensorV2()], **options)


def reseed(transform: Compose, *key: int) -> None:
    """Make the next call of `transform` a function of `key` alone.

    albumentations has random states of its own: global seeds do not reach them, and every forked worker starts with a
    copy of the same. One generator serves all steps, so that they draw one after another and not each the same numbers.
    """
    generator = np.random.default_rng(key)
    transform.set_random_state(generator, random.Random(int(generator.integers(2**63))))


def augmentation_rates(images: np.ndarray, augmentation: str, seed: int) -> dict[str, float]:
    """The share of uint8 `(N, S, S, 3)` images on which each step of `augmentation` acted, from 0 to 1."""
    transform = pipeline(augmentation, save_applied_params=True)
    counts = dict.fromkeys((type(step).__name__ for step in steps(AUGMENTATIONS[augmentation])), 0)
    for index, image in enumerate(images):
        reseed(transform, seed, index)
        for name, _ in transform(image=image)["applied_transforms"]:
            if name in counts:
                counts[name] += 1
    return {name: count / len(images) for name, count in counts.items()}


def normalise(images: np.ndarray, mean=MEAN, std=STD) -> Tensor:
    """uint8 `(N, H, W, 3)` to normalised float32 `(N, 3, H, W)`: what the pipeline "none" does, for many at once."""
    tensor = (
        torch.from_numpy(np.ascontiguousarray(images))
        .permute(0, 3, 1, 2)
        .contiguous()
        .float()
        .div_(255)
    )
    return tensor.sub_(per_channel(mean)).div_(per_channel(std))


def denormalise(images: Tensor, mean=MEAN, std=STD) -> np.ndarray:
    """Normalised `(N, 3, H, W)` back to uint8 `(N, H, W, 3)` for display; values outside 0 to 255 are clipped."""
    unit = images.detach().float().cpu() * per_channel(std) + per_channel(mean)
    return unit.mul(255).round().clamp(0, 255).byte().permute(0, 2, 3, 1).numpy()


def per_channel(values) -> Tensor:
    """Three numbers as float32 `(1, 3, 1, 1)`, to compute with images `(N, 3, H, W)`."""
    return torch.tensor(values, dtype=torch.float32).view(1, 3, 1, 1)
