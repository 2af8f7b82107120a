"""Which data set a network is trained on, by the class that its loop runs over."""

from utils.data.data_sets import CIFAR10
from utils.grading.code_reader.reader import Reader
from utils.grading.code_reader.training_code import Loop, loops
from utils.grading.code_reader.values import Instance, Made

# The classes of torchvision (and what fetches the digits of scikit-learn), by the names that their data sets go by.
NAMES = {
    "CIFAR10": CIFAR10.title,
    "CIFAR100": "CIFAR-100",
    "MNIST": "MNIST",
    "FashionMNIST": "Fashion-MNIST",
    "KMNIST": "KMNIST",
    "EMNIST": "EMNIST",
    "QMNIST": "QMNIST",
    "SVHN": "SVHN",
    "STL10": "STL-10",
    "ImageNet": "ImageNet",
    "Imagenette": "Imagenette",
    "USPS": "USPS",
    "load_digits": "digits",
    "FakeData": "made-up images",
}
_DEEPEST, _MOST = 8, 200  # of nested wrappers and lists that are looked into, and of values in all


def data_set_of_network(
    reader: Reader, network: object, all_loops: list[Loop] | None = None
) -> str | None:
    """The data set of the loops that train `network`, else of all loops that train; None where no class tells, or several.

    Loops that only test do not decide: a network may be tested on another set for a comparison.
    """
    training = [
        loop for loop in (loops(reader) if all_loops is None else all_loops) if loop.backward
    ]
    own = [loop for loop in training if any(one is network for one in loop.networks)]
    names = {name_of(loop.dataset) for loop in own or training} - {None}
    return CIFAR10.title if CIFAR10.title in names else names.pop() if len(names) == 1 else None


def name_of(dataset: object) -> str | None:
    """The name of a data set, of the one that it wraps, or of the class that it is derived from."""
    waiting, seen = [(dataset, 0)], 0
    while waiting and seen < _MOST:
        value, depth = waiting.pop(0)
        seen += 1
        names = (
            [value.last]
            if isinstance(value, Made)
            else [base.rpartition(".")[2] for base in value.cls.library_bases()]
            if isinstance(value, Instance)
            else []
        )
        found = next((NAMES[name] for name in names if name in NAMES), None)
        if found:
            return found
        if depth < _DEEPEST:
            waiting += [(part, depth + 1) for part in _parts(value)]
    return None


def _parts(value: object) -> list:
    if isinstance(value, (list, tuple)):
        return list(value)
    if isinstance(value, (Made, Instance)):
        return [*value.args, *value.kwargs.values(), *value.attributes.values()]
    return []
