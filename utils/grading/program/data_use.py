"""Whether the network is trained and tested on the right images, as far as the arguments of the data sets tell."""

import ast
import re
from dataclasses import dataclass, replace

from utils.data.data_sets import CIFAR10
from utils.grading.code_reader.image_sources import dataset_arguments
from utils.grading.code_reader.images import Images
from utils.grading.code_reader.reader import Reader
from utils.grading.code_reader.trainers import trains
from utils.grading.code_reader.training_code import Loop, is_dataset, loops
from utils.grading.code_reader.values import Call, Instance, Made, Member, Origin
from utils.grading.facts import Evidence
from utils.grading.submission.contents import Submission
from utils.grading.submission.syntax import called_name

# How many images CIFAR-10's files have: whether they are those for training.
_COUNTS = {CIFAR10.train_images: True, CIFAR10.test_images: False}
_DIVIDES = re.compile(
    r"\b(?:random_split|train_test_split|SubsetRandomSampler|StratifiedShuffleSplit|StratifiedKFold|KFold|Subset)\s?\("
)
_VALIDATION = re.compile(r"val", re.I)


@dataclass(frozen=True)
class Misuse:
    """Why the logged accuracy says nothing about the test set; `trained` where the network has seen the test images."""

    why: str
    place: Evidence
    trained: bool


def misuse(reader: Reader, validation: bool = False) -> Misuse | None:
    """The first reason why the logged accuracy is not one of the test set; None where the code shows none.

    `validation` says that the log calls the accuracy that is judged one of a validation set.
    """
    if reader.doubts or not trains(reader):
        return None
    return (
        _trained_on_the_test_set(reader)
        or _trained_on_more(reader)
        or _tested_on_the_training_set(reader, validation)
    )


def divided(reader: Reader, submission: Submission) -> Misuse | None:
    """Why the images of a validation set may be some of the training set: the code divides a set of images, and which
    images the network is tested on cannot be followed."""
    evaluating = [loop for loop in loops(reader) if loop.evaluates]
    if any(_files(loop.dataset, reader.made) == {False} for loop in evaluating):
        return None
    for text, place in submission.code():
        if match := _DIVIDES.search(text):
            line = text.count("\n", 0, match.start()) + 1
            return Misuse(
                "whether the validation images are those of the test set is not known: the code divides a set of images "
                f"({match[0].rstrip('(')})",
                place if place.cell is not None else replace(place, line=line),
                False,
            )
    return None


def _trained_on_the_test_set(reader: Reader) -> Misuse | None:
    backward = [call for call in reader.calls if call.name == "backward"]
    certain = [call for call in backward if not call.conditional] or backward
    training = [
        loop
        for loop in loops(reader)
        if loop.dataset is not None
        and any(one is call for one in loop.backward for call in certain)
    ]
    followed = all(
        any(one is call for loop in training for one in loop.backward) for call in certain
    )
    if (
        not training
        or not followed
        or not all(False in _files(loop.dataset, reader.made) for loop in training)
    ):
        return None
    return Misuse(
        "the network is trained on images of the test set: the loop with the backward pass runs over a data set "
        "with train=False",
        _place(training[-1]),
        True,
    )


def _trained_on_more(reader: Reader) -> Misuse | None:
    """A training loop over several things that were put together to a list, such as `[*loader, *others]`."""
    for call in reader.calls:
        origin, code = _around(reader, call) if call.name == "backward" else (None, None)
        lists = _lists(code) if code is not None else set()
        for loop in _loops_around(code, call) if code is not None else ():
            parts = list(ast.walk(loop.iter))
            if any(_together(one) or getattr(one, "id", None) in lists for one in parts):
                return Misuse(
                    "what the network is trained on is not known: the loop with the backward pass runs over more than "
                    "its loader",
                    origin.evidence(loop),
                    True,
                )
    return None


def _around(reader: Reader, call: Call) -> tuple[Origin | None, ast.AST | None]:
    """The function, or the statement of the program, with the loop that a call is made in, and where it stands."""
    for step in reversed(call.stack):
        if _loops_around(step.function.node, call):
            return step.function.origin, step.function.node
    statements = ((origin, one) for origin, one in reader.own_statements)
    return next((one for one in statements if _loops_around(one[1], call)), (None, None))


def _loops_around(code: ast.AST, call: Call) -> list[ast.For]:
    """The loops around a call in a piece of code, or around what leads to the call."""
    leading = {step.function.name for step in call.stack if step.function.node is not code}
    return [
        loop
        for loop in ast.walk(code)
        if isinstance(loop, ast.For)
        and any(
            node is call.node or isinstance(node, ast.Call) and called_name(node.func) in leading
            for node in ast.walk(loop)
        )
    ]


def _lists(code: ast.AST) -> set[str]:
    """The names of lists that hold the entries of several things."""
    return {
        target.id
        for node in ast.walk(code)
        if isinstance(node, ast.Assign) and _together(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _together(node: ast.AST) -> bool:
    """Whether a list holds the batches of one thing and others too."""
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        spread = [one.value for one in node.elts if isinstance(one, ast.Starred)]
        numbers = [called_name(getattr(one, "func", one)) == "range" for one in spread]
        return len(node.elts) > 1 and bool(spread) and not all(numbers)
    return (
        isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Add)
        and all(
            isinstance(side, ast.Call) and getattr(side.func, "id", "") == "list"
            for side in (node.left, node.right)
        )
    )


def _tested_on_the_training_set(reader: Reader, validation: bool) -> Misuse | None:
    evaluating = [loop for loop in loops(reader) if loop.evaluates]
    wrong = [
        loop
        for loop in evaluating
        if loop.dataset is not None and _files(loop.dataset, reader.made) == {True}
    ]
    named = [
        loop for loop in wrong if any(map(_VALIDATION.search, getattr(loop.loader, "labels", ())))
    ]
    if not wrong or len(wrong) < len(evaluating) and not (validation and named):
        return None
    return Misuse(
        "the accuracy is measured on images of the training set, not on the test set: the loop without a backward "
        "pass runs over a data set with train=True",
        _place((named or wrong)[-1]),
        False,
    )


def _place(loop: Loop) -> Evidence:
    return getattr(loop.dataset, "place", Evidence())


def _files(dataset, made: list[Made], depth: int = 0) -> set[bool | None]:
    """Which of CIFAR-10's files the images are from: True for those of training, False of testing, None for others.

    `made` is all that libraries made.
    """
    if depth > 6:
        return {None}
    if isinstance(dataset, Images):
        return {_COUNTS.get(dataset.count)}
    if isinstance(dataset, Member):
        return _files(dataset.receiver, made, depth + 1)
    if not isinstance(dataset, (Made, Instance)):
        return {None}
    if _is_cifar(dataset) and "data" in dataset.attributes:
        given = _files(dataset.attributes["data"], made, depth + 1) - {None}
        given = given or _made_inside(dataset, made)
        return given or {_flag(dataset)}
    if _is_cifar(dataset):
        return {_flag(dataset)}
    given = [*dataset.args, *dataset.kwargs.values()] + list(dataset.attributes.values())
    inner = [
        one
        for value in given
        for one in (value if isinstance(value, (list, tuple)) else [value])
        if isinstance(one, Images) or isinstance(one, (Made, Instance)) and is_dataset(one)
    ]
    return {kind for one in inner for kind in _files(one, made, depth + 1)} or {None}


def _is_cifar(dataset: Made | Instance) -> bool:
    if isinstance(dataset, Made):
        return dataset.last.startswith("CIFAR")
    return any("CIFAR" in base for base in dataset.cls.library_bases())


def _flag(dataset: Made | Instance) -> bool | None:
    """What `train` a data set of torchvision's, or derived from one, is given."""
    if isinstance(dataset, Made):
        flag = dataset_arguments(dataset.args, dataset.kwargs).get("train", True)
        return flag if isinstance(flag, bool) and dataset.whole else None
    default = None if dataset.cls.find("__init__")[1] else True  # torchvision's
    flag = dataset.attributes.get("train", default)
    return flag if isinstance(flag, bool) else None


def _made_inside(dataset: Made | Instance, made: list[Made]) -> set[bool | None]:
    """The files of the data sets that the object made for itself."""
    return {
        _flag(one)
        for one in made
        if _is_cifar(one) and any(step.function.bound is dataset for step in one.stack)
    } - {None}
