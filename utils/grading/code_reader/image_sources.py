"""Where a program gets the images of CIFAR-10 from: a data set's array, its entries one by one, the batches of a loader."""

import ast
from dataclasses import replace

import numpy as np

from utils.data.data_sets import CIFAR10
from utils.grading.code_reader import image_axes, image_statistics
from utils.grading.code_reader.images import Every, Images
from utils.grading.code_reader.values import Instance, Library, Made, Unknown, UserFunction

_TRAIN, _TEST = CIFAR10.train_images, CIFAR10.test_images
_STATISTICS = {
    _TRAIN: (CIFAR10.mean, CIFAR10.std),
    _TEST: ((0.4942, 0.4851, 0.4504), (0.2467, 0.2429, 0.2616)),
}
_LABEL = Unknown("a label")
# Arguments of a loader that goes through all images once.
_ALL_IMAGES = {
    "dataset",
    "batch_size",
    "shuffle",
    "num_workers",
    "pin_memory",
    "drop_last",
    "persistent_workers",
    "generator",
    "prefetch_factor",
    "worker_init_fn",
}
_FLIPS = {"RandomHorizontalFlip", "RandomVerticalFlip"}
_PARAMETERS = ("root", "train", "transform", "target_transform", "download")  # of CIFAR10, in order


def dataset_arguments(args: tuple, kwargs: dict) -> dict:
    """The arguments of torchvision's CIFAR-10, or of a class that inherits its constructor, by their names."""
    return dict(zip(_PARAMETERS, args)) | kwargs


def count_of(dataset) -> int | None:
    """How many images a CIFAR-10 data set of torchvision, or of a class that inherits from it, has; None for another."""
    if "data" in getattr(dataset, "attributes", ()):
        return None  # it was given others
    if isinstance(dataset, Made) and _is_cifar10(dataset.name) and dataset.whole:
        given = dataset_arguments(dataset.args, dataset.kwargs) | dataset.attributes
        train = given.get("train", True)
    elif (
        isinstance(dataset, Instance)
        and any(map(_is_cifar10, dataset.cls.library_bases()))
        and dataset.cls.find("data")[1] is None
    ):
        train = dataset.attributes.get("train", True)
    else:
        return None
    return {True: _TRAIN, False: _TEST}.get(train) if isinstance(train, bool) else None


def _is_cifar10(name: str) -> bool:
    return name.startswith("torchvision.") and name.endswith(".CIFAR10")


def _argument(made: Made, name: str, place: int, default=None):
    return made.kwargs.get(name, made.args[place] if len(made.args) > place else default)


def array_of(dataset) -> Images | None:
    """`dataset.data`: uint8, (N, 32, 32, 3)."""
    count = count_of(dataset)
    if count is None:
        return None
    mean, std = (255 * np.array(part) for part in _STATISTICS[count])
    return Images(("N", "H", "W", "C"), mean, std, count, whole=True)


def each(over):
    """What a comprehension over `over` is given in each turn, where that is each image of CIFAR-10 once; else None."""
    if isinstance(over, Made) and over.name == "builtins.enumerate" and over.args:
        inner = each(over.args[0])
        return inner and (Unknown("how many came before"), inner)
    if isinstance(over, range):
        return Every(len(over)) if over in (range(_TRAIN), range(_TEST)) else None
    if isinstance(over, Made) and over.last == "DataLoader":
        return _batch(over)
    if isinstance(over, Images) and over.axes and not over.outer:
        return replace(over, axes=over.axes[1:], outer=over.axes[:1])
    return _entry(over)


def first(loader):
    """`next(iter(loader))` of a loader whose only batch has all images; else None."""
    batch = _batch(loader) if isinstance(loader, Made) and loader.last == "DataLoader" else None
    images = batch and batch[0]
    return (
        (replace(images, outer=(), batch=0), _LABEL)
        if images and images.batch >= images.count
        else None
    )


def entry(dataset, key):
    """`dataset[key]` for the index of a comprehension over all of the data set; else None."""
    return _entry(dataset) if isinstance(key, Every) and key.count == count_of(dataset) else None


def _batch(loader: Made):
    """A batch of a loader that goes through all images once."""
    size = _argument(loader, "batch_size", 1, 1)
    whole = (
        loader.whole
        and not loader.kwargs.keys() - _ALL_IMAGES
        and loader.kwargs.get("drop_last", False) is False
    )
    found = _entry(_argument(loader, "dataset", 0)) if whole else None
    if found is None or type(size) is not int or size < 1 or len(loader.args) > 3:
        return None
    images = found[0]
    return replace(
        images, axes=("N", *images.axes), outer=("B",), batch=min(size, images.count)
    ), _LABEL


def _entry(dataset):
    """An image and its label, as the data set's own __getitem__ gives them."""
    images = array_of(dataset)
    if images is None:
        return None
    given = dataset.attributes
    if isinstance(dataset, Made):
        given = dataset_arguments(dataset.args, dataset.kwargs) | given
    elif isinstance(dataset.cls.find("__getitem__")[0], UserFunction):
        return None
    image = replace(images, axes=("H", "W", "C"), outer=("N",))
    image = _transformed(image, given.get("transform"))
    return (image, _LABEL) if isinstance(image, Images) else None


def _transformed(image: Images, transform):
    """What is left of an image's statistics behind torchvision's transforms; None where that is not known."""
    if transform is None:
        return image
    if (
        not isinstance(image, Images)
        or not isinstance(transform, Made)
        or transform.changes
        or not transform.name.startswith("torchvision.transforms.")
    ):
        return None
    if transform.last == "Compose":
        steps = _argument(transform, "transforms", 0)
        for step in steps if isinstance(steps, (list, tuple)) else [Unknown()]:
            image = _transformed(image, step if step is not None else Unknown())
        return image
    if transform.last in _FLIPS:
        return image
    if (
        transform.last in ("ToTensor", "PILToTensor")
        and image.whole
        and image.axes == ("H", "W", "C")
    ):
        turned = replace(image, axes=("C", "H", "W"))
        return (
            turned
            if transform.last == "PILToTensor"
            else image_statistics.binary(ast.Div, turned, 255)
        )
    if transform.last == "Normalize" and image.axes == ("C", "H", "W"):
        mean, std = (
            _argument(transform, name, place) for place, name in enumerate(("mean", "std"))
        )
        if all(isinstance(part, (list, tuple)) and len(part) in (1, 3) for part in (mean, std)):
            mean, std = ([[[one]] for one in part] for part in (mean, std))
            shifted = image_statistics.binary(ast.Sub, image, mean)
            return (
                image_statistics.binary(ast.Div, shifted, std)
                if isinstance(shifted, Images)
                else None
            )
    return None


# --- functions of numpy and torch -------------------------------------------------------------------------------------


def _method(name: str):
    return lambda images, args, kwargs: image_statistics.method(images, name, args, kwargs)


def _same(images, args, kwargs):
    kind = kwargs.get("dtype", args[0] if args else None)
    return image_statistics.method(images, "astype", (kind,), {}) if kind is not None else images


def _at(place_of):
    return lambda images, args, kwargs: place_of(
        images, kwargs.get("axis", kwargs.get("dim", args[0] if args else 0))
    )


_ARRAYS = (
    "numpy.array",
    "numpy.asarray",
    "numpy.asanyarray",
    "torch.tensor",
    "torch.as_tensor",
    "torch.from_numpy",
    "numpy.ascontiguousarray",
)
_JOIN = {
    "numpy.concatenate",
    "numpy.vstack",
    "torch.cat",
    "torch.concat",
    "torch.concatenate",
    "torch.vstack",
}
_FUNCTIONS = {
    **{
        f"{library}.{name}": _method(name)
        for library in ("numpy", "torch")
        for name in (
            "mean",
            "std",
            "var",
            "sum",
            "reshape",
            "transpose",
            "permute",
            "flatten",
            "ravel",
            "divide",
            "multiply",
            "subtract",
            "add",
            "div",
            "mul",
            "sub",
            "swapaxes",
        )
    },
    **{name: _same for name in _ARRAYS},
    **{
        name: _method("float")
        for name in ("torch.Tensor", "torch.FloatTensor", "numpy.float32", "numpy.float64")
    },
    **{name: _at(image_axes.stacked) for name in ("numpy.stack", "torch.stack")},
    **{name: _at(image_axes.joined) for name in _JOIN},
}


def function(library: Library, args: tuple, kwargs: dict):
    """What a function of numpy or torch gives for images, or for a list of them; None for any other call."""
    known, images = _FUNCTIONS.get(library.name), args[0] if args else None
    if known is None:
        return None
    if (
        isinstance(images, (list, tuple))
        and images
        and all(isinstance(part, Images) for part in images)
    ):
        place = kwargs.get("axis", kwargs.get("dim", args[1] if len(args) > 1 else 0))
        return image_axes.together(images, place) if library.name in _JOIN else None
    return known(images, args[1:], kwargs) if isinstance(images, Images) else None
