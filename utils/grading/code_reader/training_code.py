"""The code that trains: the chosen notebook, or the scripts where no notebook does; its loops, and their data sets."""

import posixpath
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass

from utils.grading.code_reader.changes import is_layer
from utils.grading.code_reader.open_names import NONE, OpenNames, open_names
from utils.grading.code_reader.programs import programs
from utils.grading.code_reader.reader import Reader
from utils.grading.code_reader.trainers import trains
from utils.grading.code_reader.values import Call, Instance, Made, Unknown
from utils.grading.submission.contents import Notebook, Submission


def reading(submission: Submission, notebook: Notebook) -> Reader:
    """The notebook, read with its own folder first on the import path."""
    start = posixpath.dirname(notebook.path)
    return _read_twice(
        lambda known: Reader(submission, start, known), lambda one: one.read_notebook(notebook)
    )


def _read_twice(make: Callable[[OpenNames], Reader], read: Callable[[Reader], object]) -> Reader:
    """Read a program; where names of it are open, read it again without what they were taken for."""
    read(reader := make(NONE))
    if (known := open_names(reader)) is not NONE:
        read(reader := make(known))
    return reader


def script_readings(submission: Submission, without: Set[str] = frozenset()) -> list[Reader]:
    """Each Python file that trains when it is started, read as the program that it is; else all that are programs.

    Not the files in `without`: what a notebook imports or starts is a part of that notebook's program.
    """
    readers = [_script(submission, path) for path in programs(submission) if path not in without]
    if training := [reader for reader in readers if trains(reader)]:
        return training
    read = {reader.program.file for reader in readers} | without
    return readers + [
        _script(submission, source.path)
        for source in submission.sources
        if source.path not in read and ("backward" in source.text or "summary(" in source.text)
    ]


def _script(submission: Submission, path: str) -> Reader:
    start = posixpath.dirname(path)
    return _read_twice(
        lambda known: Reader(submission, start, known), lambda one: one.read_script(path)
    )


def modules_reading(submission: Submission) -> Reader:
    """All Python files, read one after another, where no program is found."""
    reader = Reader(submission)
    for source in submission.sources:
        reader.read_script(source.path, {})
    return reader


def is_dataset(value) -> bool:
    """Whether `value` is a data set, of torchvision, torch or the submission's own."""
    if isinstance(value, Made):
        return value.name.startswith(
            (
                "torchvision.datasets.",
                "torch.utils.data.Subset",
                "torch.utils.data.ConcatDataset",
                "torch.utils.data.random_split",
                "torch.utils.data.dataset.",
            )
        )
    return isinstance(value, Instance) and (
        value.cls.find("__getitem__")[1] is not None
        or any("datasets." in base for base in value.cls.library_bases())
    )


_LOADERS = ("DataLoader", "DeviceDataLoader", "MultiEpochsDataLoader")


@dataclass(frozen=True)
class Loop:
    """One loop: what it runs over, the data set behind it (None where that is not known), and what happens inside it."""

    loader: object
    dataset: object
    backward: tuple[Call, ...]
    networks: tuple  # the networks that are called inside

    @property
    def evaluates(self) -> bool:
        """Whether networks are called inside without a backward pass."""
        return bool(self.networks) and not self.backward


def loops(reader: Reader) -> list[Loop]:
    """Every loop over a loader, or over something that is not known, in the order of the code."""
    found = []
    for moment, call in enumerate(reader.calls):
        if call.name == "__iter__":
            within = list(inside(reader.calls, moment))
            found.append(
                Loop(
                    call.receiver,
                    dataset_of(call.receiver),
                    tuple(one for one in within if one.name == "backward"),
                    tuple(
                        one.receiver
                        for one in within
                        if one.name == "__call__" and is_layer(one.receiver)
                    ),
                )
            )
    return found


def inside(calls: list[Call], moment: int) -> Iterator[Call]:
    """The calls that happen in the turns of the loop that begins at `moment`, in what it calls too."""
    loop = calls[moment]
    level = len(loop.stack)
    for call in calls[moment + 1 :]:
        if len(call.stack) < level or level and call.stack[level - 1] is not loop.stack[-1]:
            return
        if len(call.stack) == level and call.node is not None:
            here = (call.place.file, call.place.notebook, call.place.cell)
            same = level > 0 or here == (loop.place.file, loop.place.notebook, loop.place.cell)
            if not same or not loop.node.lineno <= call.node.lineno <= loop.node.end_lineno:
                return
        yield call


def training_loops(reader: Reader) -> list[Loop]:
    """The loops with a backward pass that have a known data set."""
    return [loop for loop in loops(reader) if loop.backward and loop.dataset is not None]


def dataset_of(loader):
    """The data set that a loader, or what was wrapped around one, draws from."""
    for _ in range(5):
        if isinstance(loader, Made) and loader.last in _LOADERS:
            dataset = loader.kwargs.get("dataset", loader.args[0] if loader.args else None)
            return None if isinstance(dataset, Unknown) else dataset
        if isinstance(loader, (Made, Instance)) and is_dataset(loader):
            return loader
        inner = [*getattr(loader, "args", ()), *getattr(loader, "kwargs", {}).values()]
        loader = next((value for value in inner if isinstance(value, (Made, Instance))), None)
    return None
