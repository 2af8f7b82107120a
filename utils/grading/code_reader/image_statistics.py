"""The images of CIFAR-10 as an array of which the axes, the means and the standard deviations are known, and nothing else.

What is computed from them on the way to a statistic is followed: scaling, turning, flattening, stacking, picking a channel.
Once only channels are left the statistic is an ordinary number or array.
"""

import ast
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from utils.grading.code_reader.values import Library, Unknown

LOST = Unknown("what is computed from the images is not followed")
_SAME = {"numpy", "cpu", "cuda", "detach", "clone", "copy", "contiguous", "tolist"}
_OVER = {"axis", "dim", "keepdims", "keepdim", "dtype", "ddof", "unbiased", "correction"}
_WORDS = dict.fromkeys(("mean", "std", "var", "sum"), _OVER) | dict.fromkeys(("astype", "to", "type"), {
    "dtype", "device", "copy", "non_blocking"})
_ARITHMETIC = {"add": ast.Add, "sub": ast.Sub, "mul": ast.Mult, "div": ast.Div, "true_divide": ast.Div, "multiply": ast.Mult,
               "divide": ast.Div, "subtract": ast.Sub}


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
        return tuple(map(self.length, self.axes))

    def length(self, axis: str) -> int:
        sizes = {"N": self.batch or self.count, "B": -(-self.count // (self.batch or 1)), "H": 32, "W": 32, "C": 3}
        return prod(sizes[letter] for letter in axis)


def collected(one):
    """The list of what a comprehension made of each image or batch, as an array with one axis more."""
    if not isinstance(one, Images) or not one.outer:
        return LOST
    return _settled(replace(one, axes=one.outer + one.axes, outer=()))


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
        return _reshaped(images, flat)
    if name in ("flatten", "ravel"):
        return _flattened(images, *args[:2])
    if name == "unsqueeze":
        place = args[0] % (len(images.axes) + 1)
        return replace(images, axes=(*images.axes[:place], "", *images.axes[place:]))
    if name in ("permute", "transpose", "swapaxes"):
        return _turned(images, name, flat)
    if name in ("size", "__len__"):
        return images.shape[args[0]] if args else images.shape if name == "size" else images.shape[0]
    return LOST


def item(images: Images, key):
    """`images[key]`: all of every axis but the channels', of which one can be picked."""
    keys = list(key) if isinstance(key, tuple) else [key]
    if Ellipsis in keys:
        place = keys.index(Ellipsis)
        keys[place:place + 1] = [slice(None)] * (len(images.axes) - len(keys) + 1)
    axes, outer, channel = [], [], None
    for axis, part in zip(images.axes, keys):
        if isinstance(part, slice) and _takes_all(part, images.length(axis)):
            axes.append(axis)
        elif axis == "N" and isinstance(part, Every) and part.count == images.length(axis):
            outer.append(axis)
        elif axis == "C" and type(part) is int and -3 <= part < 3:
            channel = part
        else:
            return LOST
    if len(keys) > len(images.axes):
        return LOST
    axes += images.axes[len(keys):]
    if channel is not None:
        images = replace(images, mean=images.mean[channel], std=None if images.std is None else images.std[channel])
    return _settled(replace(images, axes=tuple(axes), outer=(*images.outer, *outer)))


def _takes_all(part: slice, length: int) -> bool:
    parts = (part.start, part.stop, part.step)
    return all(one is None or type(one) is int for one in parts) and part.step != 0 and \
        range(length)[part] == range(length)


def binary(kind, left, right):
    """Arithmetic of images with a number or with one number for each channel."""
    images, other = (left, right) if isinstance(left, Images) else (right, left)
    by = _by_channel(images, other)
    first = images is left
    if by is None or kind not in (ast.Add, ast.Sub, ast.Mult, ast.Div) or kind is ast.Div and (not first or not np.all(by)):
        return LOST
    if images.whole and kind is not ast.Div and not isinstance(other, float):
        return LOST  # whole numbers of 0 to 255 overflow
    scale = by if kind is ast.Mult else 1 / by if kind is ast.Div else -1.0 if kind is ast.Sub and not first else 1.0
    shift = by if kind is ast.Add else (-by if first else by) if kind is ast.Sub else 0.0
    std = None if images.std is None else images.std * np.abs(scale)
    return replace(images, mean=images.mean * scale + shift, std=std, whole=False)


def _by_channel(images, other):
    """A number, or an array `(3,)` where `other` has one number for each channel along the channels' axis."""
    if isinstance(other, bool) or not isinstance(other, (int, float, list, tuple, np.ndarray)):
        return None
    try:
        array = np.asarray(other, dtype=float)
    except (ValueError, TypeError):
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
    over = kwargs.get("axis", kwargs.get("dim", args[0] if args and not isinstance(args[0], (bool, Library)) else None))
    keep = kwargs.get("keepdims", kwargs.get("keepdim", args[1] is True if len(args) > 1 else False))
    return over, keep


def _places(images: Images, over) -> list[int] | None:
    """The places of axes, counted from 0; None where they are not those of `images`."""
    over = range(len(images.axes)) if over is None else over if isinstance(over, (tuple, list)) else [over]
    if not all(type(place) is int and -len(images.axes) <= place < len(images.axes) for place in over):
        return None
    return [place % len(images.axes) for place in over]


def _reduced(images: Images, name: str, over, keep):
    """The mean, the standard deviation, the variance or the sum over some axes."""
    places = _places(images, over)
    uneven = images.batch and images.count % images.batch  # the last batch is smaller: it would weigh too much
    if places is None or uneven or not isinstance(keep, bool):
        return LOST
    gone = {letter for place in places for letter in images.axes[place]}
    axes = tuple("" if place in places else axis for place, axis in enumerate(images.axes) if keep or place not in places)
    mean = images.mean.mean() if "C" in gone and images.mean.ndim else images.mean
    if name in ("mean", "sum"):
        times = prod(images.length(images.axes[place]) for place in places) if name == "sum" else 1
        return _settled(replace(images, axes=axes, mean=np.asarray(mean * times), std=None, whole=False))
    if images.std is None or {*"".join(axes), *"".join(images.outer)} - {"C"}:
        return LOST  # a spread within an image is not the spread of all
    variance = images.std ** 2
    if "C" in gone and images.mean.ndim:
        variance = (variance + images.mean ** 2).mean() - mean ** 2
    result = variance if name == "var" else np.sqrt(variance)
    return _settled(replace(images, axes=axes, mean=np.asarray(result), std=None, whole=False))


def _settled(images: Images):
    """The images, or the number or array that is left of them once only channels are."""
    if images.std is not None or images.outer or {*"".join(images.axes)} - {"C"}:
        return images
    return np.float64(images.mean) if not images.axes else np.asarray(images.mean).reshape(images.shape)


def _reshaped(images: Images, shape):
    """Neighbouring axes become one; axes that would be cut are not followed."""
    shape, total = list(shape), prod(images.shape)
    if not shape or not all(type(size) is int for size in shape) or shape.count(-1) > 1:
        return LOST
    if -1 in shape:
        known = prod(size for size in shape if size != -1)
        shape[shape.index(-1)] = total // known if known else 0
    axes, waiting = [], list(images.axes)
    for size in shape:
        axis = ""
        while images.length(axis) < size and waiting:
            axis += waiting.pop(0)
        if images.length(axis) != size:
            return LOST
        axes.append(axis)
    return replace(images, axes=tuple(axes)) if not "".join(waiting) else LOST


def _flattened(images: Images, start=0, end=-1):
    places = _places(images, (start, end))
    if places is None or places[0] > places[1]:
        return LOST
    first, last = places[0], places[1] + 1
    return replace(images, axes=(*images.axes[:first], "".join(images.axes[first:last]), *images.axes[last:]))


def _turned(images: Images, name: str, order):
    """The axes in another order: all of them given (numpy, permute), or the two that change places (torch)."""
    count = len(images.axes)
    if not order and name == "transpose":
        return replace(images, axes=images.axes[::-1])
    places = _places(images, tuple(order))
    if not places or count == 2 and name == "transpose" and places == [0, 1]:  # the same for numpy, the other for torch
        return LOST
    if len(places) == 2 and name != "permute":
        one, other = places
        places = list(range(count))
        places[one], places[other] = other, one
    if sorted(places) != list(range(count)):
        return LOST
    return replace(images, axes=tuple(images.axes[place] for place in places))


def stacked(images: Images, place=0):
    """stack() of the list of images: its axis comes to stand at `place`."""
    places = _places(images, [place])
    if places is None or images.outer:
        return LOST
    first, *rest = images.axes
    return replace(images, axes=(*rest[:places[0]], first, *rest[places[0]:]))


def joined(images: Images, place=0):
    """concatenate() of the list of images, or of batches: its axis becomes part of the one at `place`."""
    first, *rest = images.axes
    places = _places(replace(images, axes=tuple(rest)), [place])
    if not places or images.outer:
        return LOST
    at = places[0]
    if first == "B":
        return replace(images, axes=tuple(rest), batch=0) if rest[at] == "N" else LOST
    return replace(images, axes=(*rest[:at], first + rest[at], *rest[at + 1:]))


def together(parts, place=0):
    """concatenate() of the images of several data sets."""
    one = parts[0]
    alike = all(isinstance(part, Images) and part.axes == one.axes and part.whole == one.whole and part.std is not None
                and not part.outer and not part.batch and part.mean.shape == one.mean.shape for part in parts)
    places = _places(one, [place]) if alike else None
    if not places or one.axes[places[0]] != "N":
        return LOST
    count = sum(part.count for part in parts)
    mean = sum(part.mean * part.count for part in parts) / count
    square = sum((part.std ** 2 + part.mean ** 2) * part.count for part in parts) / count
    return replace(one, mean=mean, std=np.sqrt(square - mean ** 2), count=count)
