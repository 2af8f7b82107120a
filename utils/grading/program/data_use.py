"""Whether the network is trained and tested on the right images, as far as the arguments of the data sets tell."""

import re
from dataclasses import dataclass

from utils.grading.code_reader.reader import Reader
from utils.grading.code_reader.training_code import Loop, is_dataset, loops, trains
from utils.grading.code_reader.values import Instance, Made
from utils.grading.facts import Evidence

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
    return _trained_on_the_test_set(reader) or _tested_on_the_training_set(reader, validation)


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
    if not training or not followed or not all(False in _files(loop.dataset) for loop in training):
        return None
    return Misuse(
        "the network is trained on images of the test set: the loop with the backward pass runs over a data set "
        "with train=False",
        _place(training[-1]),
        True,
    )


def _tested_on_the_training_set(reader: Reader, validation: bool) -> Misuse | None:
    evaluating = [loop for loop in loops(reader) if loop.evaluates]
    wrong = [
        loop for loop in evaluating if loop.dataset is not None and _files(loop.dataset) == {True}
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


def _files(dataset, depth: int = 0) -> set[bool | None]:
    """Which of CIFAR-10's files the images are from: True for those of training, False of testing, None for others."""
    if depth > 6:
        return {None}
    if isinstance(dataset, Made) and dataset.last.startswith("CIFAR"):
        flag = dataset.kwargs.get("train", dataset.args[1] if len(dataset.args) > 1 else True)
        return {flag if isinstance(flag, bool) and dataset.whole else None}
    if isinstance(dataset, Instance) and any(
        "CIFAR" in base for base in dataset.cls.library_bases()
    ):
        default = None if dataset.cls.find("__init__")[1] else True  # torchvision's
        flag = dataset.attributes.get("train", default)
        return {flag if isinstance(flag, bool) else None}
    given = [*dataset.args, *dataset.kwargs.values()] + list(dataset.attributes.values())
    inner = [
        one
        for value in given
        for one in (value if isinstance(value, (list, tuple)) else [value])
        if isinstance(one, (Made, Instance)) and is_dataset(one)
    ]
    return {kind for one in inner for kind in _files(one, depth + 1)} or {None}
