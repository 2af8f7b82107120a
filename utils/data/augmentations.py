"""What is done to training images, in numbers, for both input pipelines: one image at a time and batched."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Augmentation:
    """Steps in the order in which they are done; with a probability or size of 0 a step is left out.

    `flip`: probability of a horizontal flip. `crop`: pad by that many reflected pixels, and cut the old size out anywhere.
    `moved`: probability of a shift by up to `shift` of a side (in whole pixels, towards zero), a scaling of each axis by
    up to ±`scale` and a rotation by up to `rotate` degrees, all at once, the borders reflected. `holed`: probability of one
    hole of `hole` (height, width) pixels, anywhere inside, filled with the data set's mean colour. `alternating`: chance
    decides on an image's flip in the first epoch only, afterwards it changes from epoch to epoch (Jordan 2024,
    arXiv:2404.00498); the batched pipeline alone can do that.
    """

    flip: float = 0.0
    crop: int = 0
    moved: float = 0.0
    shift: float = 0.0
    scale: float = 0.0
    rotate: float = 0.0
    holed: float = 0.0
    hole: tuple[int, int] = (0, 0)
    alternating: bool = False


_MOVED = dict(moved=0.5, shift=0.05, rotate=15)
_FLIP_CROP = dict(flip=0.5, crop=4, holed=1.0)

AUGMENTATIONS: dict[str, Augmentation] = {
    "none": Augmentation(),
    "assignment6": Augmentation(flip=1.0, **_MOVED, scale=0.1, holed=0.5, hole=(16, 8)),
    "era9": Augmentation(flip=0.5, **_MOVED, scale=0.05, holed=0.5, hole=(16, 16)),
    "flip crop hole": Augmentation(**_FLIP_CROP, hole=(8, 8)),
    "flip crop hole 12": Augmentation(**_FLIP_CROP, hole=(12, 12)),
    "alternating flip crop 2": Augmentation(flip=0.5, crop=2, alternating=True),
    "alternating flip crop hole": Augmentation(**_FLIP_CROP, hole=(8, 8), alternating=True),
}
