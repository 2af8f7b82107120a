"""The images of CIFAR-10 as an array of which the axes, the means and the standard deviations are known, no more."""

from dataclasses import dataclass
from math import prod

import numpy as np

from utils.grading.code_reader.values import Unknown

LOST = Unknown("what is computed from the images is not followed")


@dataclass(frozen=True)
class Every:
    """The index of a comprehension over range(count)."""

    count: int


@dataclass(frozen=True, eq=False)
class Images:
    """All images of a data set, as an array with the axes N (image), H, W and C, in any order.

    An axis is a text: "N", or "NHW" where three became one, or "" for one of length 1. `outer` are axes around it: in
    `[image for image in images]`, an image has the axes HWC and the outer axis N. Loaders split N into B (batch) and N.
    `mean` and `std` are those of the channels, `(3,)`, or one number where the channels are gone; `std` is None where the
    entries are means themselves.
    """

    axes: tuple[str, ...]
    mean: np.ndarray
    std: np.ndarray | None
    count: int
    outer: tuple[str, ...] = ()
    batch: int = 0  # images in a batch, where there is an axis B
    whole: bool = False  # uint8

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis, in order."""
        return tuple(map(self.length, self.axes))

    def length(self, axis: str) -> int:
        """The length of an axis; for a joined one, such as "NHW", the product."""
        sizes = {
            "N": self.batch or self.count,
            "B": -(-self.count // (self.batch or 1)),
            "H": 32,
            "W": 32,
            "C": 3,
        }
        return prod(sizes[letter] for letter in axis)


def settled(images: Images):
    """The images, or the number or array that is left of them once only channels are."""
    if images.std is not None or images.outer or {*"".join(images.axes)} - {"C"}:
        return images
    return (
        np.float64(images.mean)
        if not images.axes
        else np.asarray(images.mean).reshape(images.shape)
    )


def places_of(images: Images, over) -> list[int] | None:
    """The places of axes, counted from 0; None where they are not those of `images`."""
    over = (
        range(len(images.axes))
        if over is None
        else over
        if isinstance(over, (tuple, list))
        else [over]
    )
    if not all(
        type(place) is int and -len(images.axes) <= place < len(images.axes) for place in over
    ):
        return None
    return [place % len(images.axes) for place in over]
