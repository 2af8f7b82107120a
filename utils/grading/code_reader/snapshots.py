"""What is given to a call as it is at that moment: a configuration may be changed later, and the network is not."""

from dataclasses import replace

from utils.grading.code_reader.changes import is_network
from utils.grading.code_reader.values import Instance, Made, same

NAMESPACES = ("argparse.namespace", "argparse.Namespace", "types.SimpleNamespace")
_DEEPEST, _LARGEST = 5, 1_000


def snapshot(value, depth: int = 0, copies: dict | None = None):
    """A copy of lists, dicts and configuration objects; networks, and what is too deep or large, stay the same object."""
    copies = {} if copies is None else copies
    if depth > _DEEPEST or id(value) in copies:
        return copies.get(id(value), value)
    copies[id(value)] = value  # where it holds itself
    copies[id(value)] = copy = _copied(value, depth + 1, copies)
    return copy


def _copied(value, depth: int, copies: dict):
    if isinstance(value, (list, tuple, dict)) and len(value) > _LARGEST:
        return value
    if isinstance(value, (list, tuple)):
        return type(value)(snapshot(one, depth, copies) for one in value)
    if isinstance(value, dict):
        return {key: snapshot(one, depth, copies) for key, one in value.items()}
    if _configures(value) and not is_member(value):
        attributes = snapshot(value.attributes, depth, copies)
        return replace(value, attributes=attributes, changes=list(value.changes))
    return value


def _configures(value) -> bool:
    """Whether `value` is an object of settings, which is no network."""
    if isinstance(value, Instance):
        return not is_network(value)
    return isinstance(value, Made) and value.name in NAMESPACES


def is_member(value) -> bool:
    """Whether `value` is a member of an Enum of the submission: there is one object of each."""
    return isinstance(value, Instance) and "_name_" in value.attributes


def unchanged(now, then) -> bool:
    """Whether a value still is what its snapshot was."""
    waiting, seen = [(now, then)], set()
    while waiting:
        now, then = waiting.pop()
        if now is then or (id(now), id(then)) in seen:
            continue
        seen.add((id(now), id(then)))
        pairs = _parts(now, then)
        if pairs is None:
            return False
        waiting += pairs
    return True


def _parts(now, then) -> list[tuple] | None:
    """What has to be unchanged for `now` to be; None where it is another."""
    if type(now) is not type(then):
        return None
    if isinstance(now, (list, tuple)):
        return list(zip(now, then)) if len(now) == len(then) else None
    if isinstance(now, dict):
        return [(now[key], then[key]) for key in now] if now.keys() == then.keys() else None
    if _configures(now) and _configures(then):
        alike = getattr(now, "cls", None) is getattr(then, "cls", None)
        return [(now.attributes, then.attributes)] if alike else None
    return [] if same(now, then) else None
