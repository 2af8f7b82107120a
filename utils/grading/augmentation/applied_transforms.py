"""The transforms that an image of a data set goes through, in order, followed through the submission's own code."""

import re
from dataclasses import dataclass, field, replace

from utils.grading.augmentation.data_flow import returns
from utils.grading.augmentation.mixtures import KINDS
from utils.grading.code_reader.changes import TRANSFORMS
from utils.grading.code_reader.image_sources import dataset_arguments
from utils.grading.code_reader.members import bound
from utils.grading.code_reader.reader import Reader
from utils.grading.code_reader.training_code import is_dataset
from utils.grading.code_reader.values import (
    Call,
    Instance,
    Made,
    Member,
    Super,
    Unknown,
    Unordered,
    UserFunction,
)

# The methods that torch.nn.Module, torchvision's and albumentations' own transforms call with an image.
_CALLED_FOR = ("forward", "transform", "_transform", "apply")
_CONTAINERS = {
    "OneOf",
    "SomeOf",
    "OneOrOther",
    "RandomOrder",
    "Sequential",
    "RandomApply",
    "RandomChoice",
}
_IN_A_SET = "stand in a set, which has no order; put them in a list"
_ONE_OF = {"OneOf", "OneOrOther", "RandomChoice"}
_CHOICES = {"SomeOf"} | _ONE_OF


@dataclass(frozen=True)
class Way:
    """How a transform is reached. `inside` names the container (OneOf, …) that decides whether it acts, `reach` is the share
    of the images for which it does (an upper bound; None where it is not known), `chosen` says that the transform's own p is
    only its weight among others. `doubt` says why what was built may not be what acts."""

    conditional: bool = False
    inside: str = ""
    reach: float | None = 1.0
    chosen: bool = False
    doubt: str = ""


@dataclass(frozen=True)
class Step(Way):
    """One transform of a pipeline."""

    transform: Made = field(default_factory=lambda: Made(""))
    group: int = (
        0  # the same number, not 0, for the steps of which none is known to come before another
    )
    order: str = ""  # why their order is not known

    @property
    def library(self) -> str:
        """The package that the transform is from: "albumentations", "torchvision", …"""
        return self.transform.name.partition(".")[0]

    @property
    def name(self) -> str:
        """The transform's name without its package."""
        return self.transform.last


@dataclass
class Applied:
    """The steps so far, and what could not be read; `opaque` where something else was called of which nothing is known."""

    steps: list[Step] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    opaque: bool = False


def of_dataset(reader: Reader, dataset, found: Applied, depth: int) -> None:
    """Add what is done to an image of `dataset` to `found`, innermost first."""
    if depth > 6:
        return
    if isinstance(dataset, Instance) and isinstance(
        dataset.cls.find("__getitem__")[0], UserFunction
    ):
        method, owner = dataset.cls.find("__getitem__")
        _run(reader, bound(reader, method, dataset, owner), (Unknown("an index"),), found, depth)
    elif isinstance(dataset, Instance):
        of_transform(reader, dataset.attributes.get("transform"), found, Way(), depth)
    elif isinstance(dataset, Made) and dataset.name.startswith("torchvision.datasets."):
        args = dataset.args if dataset.last.startswith("CIFAR") else ()
        given = dataset_arguments(args, dataset.kwargs) | dataset.attributes
        transform = given.get("transform")
        if not dataset.whole and transform is None:
            found.unread.append("the data set's arguments could not be read")
        of_transform(reader, transform, found, Way(), depth)
    elif isinstance(dataset, Made):
        for value in (*dataset.args, *dataset.kwargs.values()):
            for one in value if isinstance(value, (list, tuple)) else [value]:
                if isinstance(one, (Made, Instance)) and is_dataset(one):
                    of_dataset(reader, one, found, depth + 1)
                    return


def _run(reader: Reader, function, args: tuple, found: Applied, depth: int) -> None:
    """Read a function of the submission and add the transforms that it applies, in the order in which it does."""
    before, level = len(reader.calls), len(reader.stack)
    reader.invoke(function, args, {}, function.place)
    calls, seen = reader.calls[before:], set()
    found.opaque |= any(isinstance(call.callee, (Unknown, Instance)) for call in calls)
    for moment, call in enumerate(calls):
        conditional = call.conditional
        way = Way(
            conditional,
            doubt=""
            if _is_returned(calls, moment, level)
            else f"what {function.name} returns does not come from the transform that it calls",
        )
        if (
            call.name == "__getitem__"
            and isinstance(call.receiver, Made)
            and is_dataset(call.receiver)
        ):
            of_dataset(reader, call.receiver, found, depth + 1)
        elif call.name == "__getitem__" and isinstance(call.receiver, Super):
            attributes = getattr(call.receiver.instance, "attributes", {})
            of_transform(reader, attributes.get("transform"), found, way, depth + 1)
        elif (
            call.name == "__call__"
            and isinstance(call.receiver, Made)
            and call.receiver.name.startswith(TRANSFORMS)
        ):
            if id(call.receiver) not in seen or not conditional:
                of_transform(reader, call.receiver, found, way, depth + 1)
            seen.add(id(call.receiver))
        elif isinstance(call.callee, Unknown) and call.name in ("transform", "transforms"):
            found.unread.append(call.callee.why)
        elif not way.doubt and (why := _not_chosen(call)):
            found.unread.append(why)
        elif isinstance(call.callee, (Member, Unknown)) and re.search(
            r"transform|augment", call.name, re.I
        ):
            found.unread.append(getattr(call.callee, "why", f"{call.name} is not known"))


def _is_returned(calls: list[Call], moment: int, level: int) -> bool:
    """Whether the result of a call is what the function at `level` of the stack returns, through all functions between."""
    call, node = calls[moment], calls[moment].node
    for depth in range(len(call.stack) - 1, level - 1, -1):
        function = call.stack[depth].function.node
        if node is not None and not returns(function, node):
            return False
        outer = call.stack[:depth]
        node = next(
            (
                one.node
                for one in reversed(calls[:moment])
                if len(one.stack) == depth
                and (not outer or one.stack[-1] is outer[-1])
                and _leads_to(one, function)
            ),
            None,
        )
    return True


def _not_chosen(call: Call) -> str:
    """Why it is not known which function or transform a call reaches, where that was decided out of sight."""
    callee = call.callee
    if isinstance(callee, Member) and isinstance(callee.receiver, Instance):
        elsewhere = call.name != callee.name  # it was given to the name that is called
        return f"{callee.name} of {callee.receiver.cls.name} is not known" if elsewhere else ""
    chosen = isinstance(callee, Unknown) and callee.why.startswith("it depends on `")
    told = chosen and any(word in callee.why.lower() for word in KINDS)
    return f"which transform acts is not known: {callee.why}" if chosen and not told else ""


def _leads_to(call: Call, function) -> bool:
    return isinstance(call.callee, Instance) or getattr(call.callee, "node", None) is function


def of_transform(reader: Reader, transform, found: Applied, way: Way, depth: int) -> None:
    """Add the steps that applying `transform` to an image takes."""
    if depth > 12 or transform is None:
        return
    if isinstance(transform, (list, tuple)):
        for one in transform:
            of_transform(reader, one, found, way, depth + 1)
        return
    way = _doubted(transform, way)
    if way.doubt and way.doubt not in found.unread:
        found.unread.append(way.doubt)
    if isinstance(transform, Made) and (
        transform.last in ("Lambda", "partial") and (transform.args or transform.kwargs)
    ):
        inner = next(iter((*transform.args, *transform.kwargs.values())))
        of_transform(reader, inner, found, way, depth + 1)
    elif isinstance(transform, Made) and (
        transform.last in ("Compose", "ReplayCompose") or transform.last in _CONTAINERS
    ):
        _of_container(reader, transform, found, way, depth)
    elif (
        isinstance(transform, Made)
        and transform.name.startswith(TRANSFORMS)
        and transform.last != "__getitem__"
    ):
        found.steps.append(Step(**vars(way), transform=transform))
    elif isinstance(transform, Made) and transform.problem:
        found.unread.append(transform.problem)
    elif isinstance(transform, Instance) and (method := _method(reader, transform)):
        _run(reader, method, (Unknown("an image"),), found, depth + 1)
    elif isinstance(transform, UserFunction):
        _run(reader, transform, (Unknown("an image"),), found, depth + 1)
    else:
        found.unread.append(
            getattr(transform, "why", f"{_called(transform)} could not be followed")
        )


def _method(reader: Reader, transform: Instance):
    """What an own transform does with an image: its __call__, or what its library's class calls for it."""
    for name in ("__call__", *_CALLED_FOR):
        method, owner = transform.cls.find(name)
        if isinstance(method, UserFunction):
            return bound(reader, method, transform, owner)
    return None


def _called(transform) -> str:
    if isinstance(transform, Instance):
        return f"{transform.cls.name} at {transform.cls.place.where}"
    return getattr(transform, "name", "what is given as a transform")


def _doubted(transform, way: Way) -> Way:
    """The way, with the doubt that code which changes the transform after it was built gives."""
    changes = transform.changes if isinstance(transform, Made) else ()
    if not changes or way.doubt:
        return way
    return replace(
        way, doubt=f"{changes[0].place.where} changes {transform.last} after it was built"
    )


def _of_container(reader: Reader, container: Made, found: Applied, way: Way, depth: int) -> None:
    """Add the steps of a Compose, a OneOf and their like, each with the share of the images that reach it."""
    steps, p = steps_of(container), _probability(container)
    if steps is None:
        found.unread.append("the list of its transforms could not be read")
    if isinstance(p, (int, float)) and p <= 0:
        return
    reach = way.reach * min(p, 1) if way.reach is not None and isinstance(p, (int, float)) else None
    if container.last in _CONTAINERS:
        way = replace(way, inside=container.last)
    first = len(found.steps)
    weights = [one.kwargs.get("p") if isinstance(one, Made) else None for one in steps or ()]
    weighed = (
        container.last == "OneOf"
        and all(isinstance(one, (int, float)) for one in weights)
        and sum(weights) > 0
    )
    for place, one in enumerate(steps or ()):
        share = weights[place] / sum(weights) if weighed else 1
        inner = replace(way, reach=reach and reach * share, chosen=container.last in _CHOICES)
        of_transform(reader, one, found, inner, depth + 1)
    if why := _no_order(container, steps):
        found.steps[first:] = [
            replace(step, group=id(container), order=why) for step in found.steps[first:]
        ]


def _no_order(container: Made, steps) -> str:
    """Why the order in which the steps of a container act is not known; an empty text where it is, or does not matter."""
    if container.last == "RandomOrder":
        return "are shuffled by RandomOrder"
    return (
        _IN_A_SET
        if isinstance(steps, Unordered) and len(steps) > 1 and container.last not in _ONE_OF
        else ""
    )


def _probability(container: Made):
    """The p of a container, at most 1 by default; a p by position is that of OneOf and its like."""
    place = 1 if container.last in ("OneOf", "Sequential", "OneOrOther", "RandomApply") else 99
    return container.kwargs.get("p", container.args[place] if len(container.args) > place else 1.0)


def steps_of(container: Made):
    """The transforms in a container, one alone as a list; None where they are not known."""
    steps = container.kwargs.get("transforms", container.args[0] if container.args else None)
    return (
        steps
        if isinstance(steps, (list, tuple))
        else [steps]
        if isinstance(steps, (Made, Instance))
        else None
    )
