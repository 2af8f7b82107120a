"""What turning, flattening, indexing and stacking make of the axes of CIFAR-10's images."""

from dataclasses import replace
from math import prod

import numpy as np

from utils.grading.code_reader.images import LOST, Every, Images, places_of, settled


def collected(one):
    """The list of what a comprehension made of each image or batch, as an array with one axis more."""
    if not isinstance(one, Images) or not one.outer:
        return LOST
    return settled(replace(one, axes=one.outer + one.axes, outer=()))


def item(images: Images, key):
    """`images[key]`: all of every axis but the channels', of which one can be picked."""
    keys = list(key) if isinstance(key, tuple) else [key]
    if Ellipsis in keys:
        place = keys.index(Ellipsis)
        keys[place : place + 1] = [slice(None)] * (len(images.axes) - len(keys) + 1)
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
    axes += images.axes[len(keys) :]
    if channel is not None:
        images = replace(
            images,
            mean=images.mean[channel],
            std=None if images.std is None else images.std[channel],
        )
    return settled(replace(images, axes=tuple(axes), outer=(*images.outer, *outer)))


def _takes_all(part: slice, length: int) -> bool:
    parts = (part.start, part.stop, part.step)
    return (
        all(one is None or type(one) is int for one in parts)
        and part.step != 0
        and range(length)[part] == range(length)
    )


def reshaped(images: Images, shape):
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


def flattened(images: Images, start=0, end=-1):
    """The axes from `start` to `end`, both included, joined into one."""
    places = places_of(images, (start, end))
    if places is None or places[0] > places[1]:
        return LOST
    first, last = places[0], places[1] + 1
    return replace(
        images, axes=(*images.axes[:first], "".join(images.axes[first:last]), *images.axes[last:])
    )


def turned(images: Images, name: str, order):
    """The axes in another order: all of them given (numpy, permute), or the two that change places (torch)."""
    count = len(images.axes)
    if not order and name == "transpose":
        return replace(images, axes=images.axes[::-1])
    places = places_of(images, tuple(order))
    if (
        not places or count == 2 and name == "transpose" and places == [0, 1]
    ):  # the same for numpy, the other for torch
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
    places = places_of(images, [place])
    if places is None or images.outer:
        return LOST
    first, *rest = images.axes
    return replace(images, axes=(*rest[: places[0]], first, *rest[places[0] :]))


def joined(images: Images, place=0):
    """concatenate() of the list of images, or of batches: its axis becomes part of the one at `place`."""
    first, *rest = images.axes
    places = places_of(replace(images, axes=tuple(rest)), [place])
    if not places or images.outer:
        return LOST
    at = places[0]
    if first == "B":
        return replace(images, axes=tuple(rest), batch=0) if rest[at] == "N" else LOST
    return replace(images, axes=(*rest[:at], first + rest[at], *rest[at + 1 :]))


def together(parts, place=0):
    """concatenate() of the images of several data sets."""
    one = parts[0]
    alike = all(
        isinstance(part, Images)
        and part.axes == one.axes
        and part.whole == one.whole
        and part.std is not None
        and not part.outer
        and not part.batch
        and part.mean.shape == one.mean.shape
        for part in parts
    )
    places = places_of(one, [place]) if alike else None
    if not places or one.axes[places[0]] != "N":
        return LOST
    count = sum(part.count for part in parts)
    mean = sum(part.mean * part.count for part in parts) / count
    square = sum((part.std**2 + part.mean**2) * part.count for part in parts) / count
    return replace(one, mean=mean, std=np.sqrt(square - mean**2), count=count)
