"""What code changes of a network or a transform after it was built: what is used is then not what its definition makes."""

from collections.abc import Iterator
from dataclasses import dataclass

from utils.grading.code_reader.hooks import changes_output
from utils.grading.code_reader.values import (
    Frame,
    Instance,
    Made,
    Member,
    Module,
    Step,
    Super,
    Unknown,
    UserClass,
    UserFunction,
)
from utils.grading.facts import Evidence

_NETWORKS = (
    "torch.nn.",
    "pytorch_lightning.LightningModule",
    "pytorch_lightning.core.",
    "lightning.LightningModule",
    "lightning.pytorch.LightningModule",
)
TRANSFORMS = ("albumentations.", "torchvision.transforms.")
_METHODS = {
    "add_module",
    "register_module",
    "register_parameter",
    "append",
    "insert",
    "extend",
    "pop",
    "update",
    "clear",
    "__setattr__",
    "__setitem__",
    "__delattr__",
    "__delitem__",
    "__iadd__",
    "__setstate__",
}
# What gives back parts of a network, or the dict that holds them.
_PARTS = {
    "children",
    "modules",
    "named_children",
    "named_modules",
    "get_submodule",
    "__getitem__",
    "values",
    "items",
}
_HOLDERS = {"_modules", "_parameters", "_buffers", "__dict__"}
# Attributes of a layer that change neither its weights nor which operations it is made of.
_HARMLESS = {"p", "momentum", "eps", "inplace", "training", "requires_grad"}


@dataclass(frozen=True)
class Change:
    """One change: where it stands, and the calls that led there."""

    place: Evidence
    stack: tuple[Step, ...]
    moment: int = (
        -1
    )  # of a hook: how many calls had been read; after the training it changes nothing

    @property
    def constructing(self) -> bool:
        """Whether it happens while a network is built, so that building it again repeats it."""
        return constructs_a_network(self.stack)


def constructs_a_network(stack: tuple[Step, ...]) -> bool:
    """Whether these calls lead into the `__init__` of a network."""
    return any(
        step.function.name == "__init__" and is_network(step.function.bound) for step in stack
    )


def is_network(value) -> bool:
    """Whether the class, or the object's, inherits, through whatever classes, from torch.nn.Module."""
    cls = value.cls if isinstance(value, Instance) else value
    return isinstance(cls, UserClass) and any(
        base.startswith(_NETWORKS) for base in cls.library_bases()
    )


def is_layer(value) -> bool:
    """Whether `value` is a network of the submission's or a layer of torch.nn; a loss is not one."""
    if isinstance(value, Made):
        return (
            value.name.startswith("torch.nn.")
            and not value.name.startswith("torch.nn.functional")
            and not value.last.endswith("Loss")
        )
    return isinstance(value, Instance) and is_network(value)


def watched(value) -> Instance | Made | None:
    """The network, layer or transform that `value` is or that a change of `value` changes; None for anything else."""
    for _ in range(20):
        if isinstance(value, Super):
            value = value.instance
        elif (
            isinstance(value, Member)
            and value.name in _HOLDERS
            or isinstance(value, Made)
            and value.last in _PARTS
        ):
            value = (
                value.receiver
                if isinstance(value, Member)
                else value.args[0]
                if value.args
                else None
            )
        else:
            break
    return (
        value
        if is_layer(value) or isinstance(value, Made) and value.name.startswith(TRANSFORMS)
        else None
    )


def part(value):
    """Something that a loop or an index takes out of a network or a transform; Unknown out of anything else."""
    whole = watched(value)
    if whole is None:
        return Unknown("it changes with each turn of a loop")
    name = whole.name if isinstance(whole, Made) else "torch.nn.Module"
    return Made(f"{name}.__getitem__", (whole,))


def note(reader, value, place: Evidence) -> None:
    """Note that the code at `place` changes `value`, where that is a network, a layer or a transform."""
    changed = watched(value)
    if changed is not None and len(changed.changes) < 100:
        changed.changes.append(Change(place, tuple(reader.stack)))


def note_attribute(reader, owner, name, value, frame: Frame, node) -> None:
    """Note what assigning `value` to the attribute `name` of `owner` changes, if that is a layer, a method or a setting."""
    changed, place = watched(owner), frame.origin.evidence(node)
    if isinstance(changed, Instance):
        old = changed.attributes.get(name) if isinstance(name, str) else None
        method = isinstance(name, str) and (
            isinstance(changed.cls.find(name)[0], UserFunction) or name.startswith("__")
        )
        parts = isinstance(name, str) and name in _HOLDERS
        if (is_layer(value) or is_layer(old) or method or parts) and value is not old:
            note(reader, owner, place)
    elif changed is not None and (name not in _HARMLESS or not is_layer(changed)):
        note(reader, owner, place)
    elif (
        isinstance(owner, (UserClass, Module))
        or isinstance(owner, Instance)
        and not _constructs(reader, owner)
    ):
        owner.changes.append(Change(place, tuple(reader.stack)))


def _constructs(reader, owner: Instance) -> bool:
    return any(
        step.function.name == "__init__" and step.function.bound is owner for step in reader.stack
    )


def note_method(reader, receiver, name: str, args: tuple, kwargs: dict, place: Evidence) -> None:
    """Note what calling a method such as append(), add_module() or register_forward_hook() changes."""
    if name in _METHODS:
        note(reader, receiver, place)
    changed = watched(receiver)
    if changed is not None and changes_output(name, args, kwargs) and len(changed.changes) < 100:
        changed.changes.append(Change(place, tuple(reader.stack), len(reader.calls)))


def changed_parts(network) -> list[Change]:
    """The changes of a network and of all that it holds."""
    return [change for one in held(network) if is_layer(one) for change in one.changes]


def held(network) -> Iterator[Instance | Made]:
    """A network and all objects that it holds, each once."""
    seen, waiting = set(), [network]
    while waiting and len(seen) < 5_000:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, (list, tuple)):
            waiting.extend(one)
        elif isinstance(one, dict):
            waiting.extend(one.values())
        elif isinstance(one, (Instance, Made)):
            yield one
            waiting += [one.args, one.kwargs, one.attributes]
