"""The transforms that an image of a data set goes through, in order, followed through the submission's own code."""

import re
from dataclasses import dataclass, field

from utils.grading.reader.members import Member, bound
from utils.grading.reader.reader import Reader
from utils.grading.reader.values import Instance, Made, Super, Unknown, UserFunction

_CONTAINERS = {"OneOf", "SomeOf", "OneOrOther", "RandomOrder", "Sequential", "RandomApply", "RandomChoice"}
TRANSFORMS = ("albumentations.", "torchvision.transforms.")


@dataclass(frozen=True)
class Step:
    """One transform of a pipeline. `inside` names the container (OneOf, …) that decides whether it acts."""
    transform: Made
    conditional: bool = False
    inside: str = ""

    @property
    def library(self) -> str:
        return self.transform.name.partition(".")[0]

    @property
    def name(self) -> str:
        return self.transform.last


@dataclass
class Applied:
    """The steps so far, and what of them could not be read."""
    steps: list[Step] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def is_dataset(value) -> bool:
    if isinstance(value, Made):
        return value.name.startswith(("torchvision.datasets.", "torch.utils.data.Subset", "torch.utils.data.ConcatDataset",
                                      "torch.utils.data.random_split", "torch.utils.data.dataset."))
    return isinstance(value, Instance) and (value.cls.find("__getitem__")[1] is not None
                                            or any("datasets." in base for base in value.cls.library_bases()))


def of_dataset(reader: Reader, dataset, found: Applied, depth: int) -> None:
    """Add what is done to an image of `dataset` to `found`, innermost first."""
    if depth > 6:
        return
    if isinstance(dataset, Instance) and isinstance(dataset.cls.find("__getitem__")[0], UserFunction):
        method, owner = dataset.cls.find("__getitem__")
        _run(reader, bound(reader, method, dataset, owner), (Unknown("an index"),), found, depth)
    elif isinstance(dataset, Instance):
        of_transform(reader, dataset.attributes.get("transform"), found, False, depth)
    elif isinstance(dataset, Made) and dataset.name.startswith("torchvision.datasets."):
        positional = dataset.args[2] if len(dataset.args) > 2 and dataset.last.startswith("CIFAR") else None
        transform = dataset.attributes.get("transform", dataset.kwargs.get("transform", positional))
        if not dataset.whole and transform is None:
            found.unread.append("the data set's arguments could not be read")
        of_transform(reader, transform, found, False, depth)
    elif isinstance(dataset, Made):
        for value in (*dataset.args, *dataset.kwargs.values()):
            for one in value if isinstance(value, (list, tuple)) else [value]:
                if isinstance(one, (Made, Instance)) and is_dataset(one):
                    of_dataset(reader, one, found, depth + 1)
                    return


def _run(reader: Reader, function, args: tuple, found: Applied, depth: int) -> None:
    """Read a function of the submission and add the transforms that it applies, in the order in which it does."""
    before = len(reader.calls)
    reader.invoke(function, args, {}, function.place)
    calls, seen = reader.calls[before:], set()
    for call in calls:
        conditional = call.conditional
        if call.name == "__getitem__" and isinstance(call.receiver, Made) and is_dataset(call.receiver):
            of_dataset(reader, call.receiver, found, depth + 1)
        elif call.name == "__getitem__" and isinstance(call.receiver, Super):
            attributes = getattr(call.receiver.instance, "attributes", {})
            of_transform(reader, attributes.get("transform"), found, conditional, depth + 1)
        elif call.name == "__call__" and isinstance(call.receiver, Made) and _is_transform(call.receiver):
            if id(call.receiver) not in seen or not conditional:
                of_transform(reader, call.receiver, found, conditional, depth + 1)
            seen.add(id(call.receiver))
        elif isinstance(call.callee, Unknown) and call.name in ("transform", "transforms"):
            found.unread.append(call.callee.why)
        elif isinstance(call.callee, (Member, Unknown)) and re.search(r"transform|augment", call.name, re.I):
            found.unread.append(getattr(call.callee, "why", f"what {call.name} is, is not known"))


def _is_transform(made: Made) -> bool:
    return made.name.startswith(TRANSFORMS)


def of_transform(reader: Reader, transform, found: Applied, conditional: bool, depth: int, inside: str = "") -> None:
    """Add the steps that applying `transform` to an image takes."""
    if depth > 12 or transform is None:
        return
    if isinstance(transform, (list, tuple)):
        for one in transform:
            of_transform(reader, one, found, conditional, depth + 1, inside)
    elif isinstance(transform, Made) and transform.last == "Lambda":
        function = next(iter((*transform.args, *transform.kwargs.values())), None)
        of_transform(reader, function, found, conditional, depth + 1, inside)
    elif isinstance(transform, Made) and (transform.last in ("Compose", "ReplayCompose") or transform.last in _CONTAINERS):
        steps = steps_of(transform)
        if steps is None:
            found.unread.append("the list of its transforms could not be read")
        within = transform.last if transform.last in _CONTAINERS else inside
        if _never(transform):
            return
        for one in steps or ():
            of_transform(reader, one, found, conditional, depth + 1, within)
    elif isinstance(transform, Made) and _is_transform(transform):
        found.steps.append(Step(transform, conditional, inside))
    elif isinstance(transform, Made) and transform.problem:
        found.unread.append(transform.problem)
    elif isinstance(transform, Made) and transform.name == "functools.partial" and transform.args:
        of_transform(reader, transform.args[0], found, conditional, depth + 1, inside)
    elif isinstance(transform, Instance) and isinstance(transform.cls.find("__call__")[0], UserFunction):
        method, owner = transform.cls.find("__call__")
        _run(reader, bound(reader, method, transform, owner), (Unknown("an image"),), found, depth + 1)
    elif isinstance(transform, UserFunction):
        _run(reader, transform, (Unknown("an image"),), found, depth + 1)
    else:
        name = getattr(transform, "name", type(transform).__name__)
        found.unread.append(getattr(transform, "why", f"{name} could not be followed"))


def _never(container: Made) -> bool:
    p = container.kwargs.get("p")
    return isinstance(p, (int, float)) and p <= 0


def steps_of(container: Made):
    steps = container.kwargs.get("transforms", container.args[0] if container.args else None)
    return steps if isinstance(steps, (list, tuple)) else [steps] if isinstance(steps, (Made, Instance)) else None
