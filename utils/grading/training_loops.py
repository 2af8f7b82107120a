"""The loops over data loaders that reading came past: which of them train the network, and which evaluate it."""

from dataclasses import dataclass

from utils.grading.applied_transforms import is_dataset
from utils.grading.reader.changes import is_layer
from utils.grading.reader.reader import Reader
from utils.grading.reader.values import Call, Instance, Made, Unknown

_LOADERS = ("DataLoader", "DeviceDataLoader", "MultiEpochsDataLoader")


@dataclass(frozen=True)
class Loop:
    """One loop: what it runs over, the data set behind it (None where that is not known), and what happens inside it."""
    loader: object
    dataset: object
    backward: tuple[Call, ...]
    calls_network: bool

    @property
    def evaluates(self) -> bool:
        return self.calls_network and not self.backward


def loops(reader: Reader) -> list[Loop]:
    """Every loop over a loader, or over something that is not known, in the order of the code."""
    found = []
    for moment, call in enumerate(reader.calls):
        if call.name == "__iter__":
            inside = list(_inside(reader.calls, moment))
            network = any(one.name == "__call__" and is_layer(one.receiver) for one in inside)
            found.append(Loop(call.receiver, dataset_of(call.receiver),
                              tuple(one for one in inside if one.name == "backward"), network))
    return found


def _inside(calls: list[Call], moment: int):
    """The calls that happen in the turns of the loop that begins at `moment`, in what it calls too."""
    loop = calls[moment]
    level = len(loop.stack)
    for call in calls[moment + 1:]:
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
