"""What arithmetic and the statistics of numpy and torch make of CIFAR-10's images.

What is computed from them on the way to a statistic is followed: scaling, turning, flattening, stacking, picking a channel.
Once only channels are left the statistic is an ordinary number or array.
"""

import ast
from dataclasses import replace
from math import prod

import numpy as np

from utils.grading.code_reader import image_axes
from utils.grading.code_reader.images import LOST, Images, places_of, settled
from utils.grading.code_reader.values import Library

_SAME = {"numpy", "cpu", "cuda", "detach", "clone", "copy", "contiguous", "tolist"}
_OVER = {"axis", "dim", "keepdims", "keepdim", "dtype", "ddof", "unbiased", "correction"}
_WORDS = dict.fromkeys(("mean", "std", "var", "sum"), _OVER) | dict.fromkeys(
    ("astype", "to", "type"), {"dtype", "device", "copy", "non_blocking"}
)
_ARITHMETIC = {
    "add": ast.Add,
    "sub": ast.Sub,
    "mul": ast.Mult,
    "div": ast.Div,
    "true_divide": ast.Div,
    "multiply": ast.Mult,
    "divide": ast.Div,
    "subtract": ast.Sub,
}


def attribute(images: Images, name: str):
    """`images.shape` and `images.T`; None for anything else."""
    if name == "T":
        return replace(images, axes=images.axes[::-1])
    return images.shape if name == "shape" else None


def method(images: Images, name: str, args: tuple, kwargs: dict):
    """What a method of numpy's or torch's arrays gives, called on the images."""
    if kwargs.keys() - _WORDS.get(name, set()):
        return LOST
    flat = args[0] if len(args) == 1 and isinstance(args[0], (tuple, list)) else args
    if name in _SAME or name == "item" and not images.axes:
        return images
    if name in ("float", "double"):
        return replace(images, whole=False)
    if name in ("astype", "to", "type"):
        return _as_type(images, kwargs.get("dtype", args[0] if args else None))
    if name in ("mean", "std", "var", "sum"):
        return _reduced(images, name, *_axes_of(args, kwargs))
    if name in _ARITHMETIC and len(args) == 1:
        return binary(_ARITHMETIC[name], images, args[0])
    if name in ("reshape", "view"):
        return image_axes.reshaped(images, flat)
    if name in ("flatten", "ravel"):
        return image_axes.flattened(images, *args[:2])
    if name == "unsqueeze":
        place = args[0] % (len(images.axes) + 1)
        return replace(images, axes=(*images.axes[:place], "", *images.axes[place:]))
    if name in ("permute", "transpose", "swapaxes"):
        return image_axes.turned(images, name, flat)
    if name in ("size", "__len__"):
        return (
            images.shape[args[0]] if args else images.shape if name == "size" else images.shape[0]
        )
    return LOST


def binary(kind, left, right):
    """Arithmetic of images with a number or with one number for each channel."""
    images, other = (left, right) if isinstance(left, Images) else (right, left)
    by = _by_channel(images, other)
    first = images is left
    if (
        by is None
        or kind not in (ast.Add, ast.Sub, ast.Mult, ast.Div)
        or kind is ast.Div
        and (not first or not np.all(by))
    ):
        return LOST
    if images.whole and kind is not ast.Div and not isinstance(other, float):
        return LOST  # whole numbers of 0 to 255 overflow
    scale = (
        by
        if kind is ast.Mult
        else 1 / by
        if kind is ast.Div
        else -1.0
        if kind is ast.Sub and not first
        else 1.0
    )
    shift = by if kind is ast.Add else (-by if first else by) if kind is ast.Sub else 0.0
    std = None if images.std is None else images.std * np.abs(scale)
    return replace(images, mean=images.mean * scale + shift, std=std, whole=False)


def _by_channel(images, other):
    """A number, or an array `(3,)` where `other` has one number for each channel along the channels' axis."""
    if isinstance(other, bool) or not isinstance(other, (int, float, list, tuple, np.ndarray)):
        return None
    try:
        array = np.asarray(other, dtype=float)
    except (ValueError, TypeError, OverflowError):
        return None
    if array.size == 1:
        return array.reshape(())
    place = images.axes[::-1].index("C") + 1 if "C" in images.axes else 0
    along = place and array.size == 3 and array.ndim >= place and array.shape[-place] == 3
    return array.reshape(3) if along and images.mean.ndim else None


def _as_type(images: Images, kind):
    """Another type of numbers, or another device."""
    name = kind if isinstance(kind, str) else kind.last if isinstance(kind, Library) else ""
    if "float" in name or "double" in name:
        return replace(images, whole=False)
    number = isinstance(kind, Library) or name[:3] in ("int", "uin")
    return images if images.whole and name == "uint8" or not number else LOST


def _axes_of(args: tuple, kwargs: dict) -> tuple:
    """The axes that a statistic is taken over, None for all, and whether they are kept with length 1."""
    over = kwargs.get(
        "axis",
        kwargs.get("dim", args[0] if args and not isinstance(args[0], (bool, Library)) else None),
    )
    keep = kwargs.get(
        "keepdims", kwargs.get("keepdim", args[1] is True if len(args) > 1 else False)
    )
    return over, keep


def _reduced(images: Images, name: str, over, keep):
    """The mean, the standard deviation, the variance or the sum over some axes."""
    places = places_of(images, over)
    uneven = (
        images.batch and images.count % images.batch
    )  # the last batch is smaller: it would weigh too much
    if places is None or uneven or not isinstance(keep, bool):
        return LOST
    gone = {letter for place in places for letter in images.axes[place]}
    axes = tuple(
        "" if place in places else axis
        for place, axis in enumerate(images.axes)
        if keep or place not in places
    )
    mean = images.mean.mean() if "C" in gone and images.mean.ndim else images.mean
    if name in ("mean", "sum"):
        times = prod(images.length(images.axes[place]) for place in places) if name == "sum" else 1
        return settled(
            replace(images, axes=axes, mean=np.asarray(mean * times), std=None, whole=False)
        )
    if images.std is None or {*"".join(axes), *"".join(images.outer)} - {"C"}:
        return LOST  # a spread within an image is not the spread of all
    variance = images.std**2
    if "C" in gone and images.mean.ndim:
        variance = (variance + images.mean**2).mean() - mean**2
    result = variance if name == "var" else np.sqrt(variance)
    return settled(replace(images, axes=axes, mean=np.asarray(result), std=None, whole=False))
