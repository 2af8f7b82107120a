"""What is given to a call as it is at that moment: a configuration may be changed later, and the network is not."""

from dataclasses import replace

from utils.grading.code_reader.changes import is_network
from utils.grading.code_reader.values import Instance, Made, same

NAMESPACES = ("argparse.namespace", "argparse.Namespace", "types.SimpleNamespace")
_DEEPEST, _LARGEST = 5, 1_000


def snapshot(value, depth: int = 0):
    """A copy of lists, dicts and configuration objects; networks, and what is too deep or large, stay the same object."""
    if depth > _DEEPEST:
        return value
    if isinstance(value, (list, tuple)):
        return (
            type(value)(snapshot(one, depth + 1) for one in value)
            if len(value) <= _LARGEST
            else value
        )
    if isinstance(value, dict):
        return (
            {key: snapshot(one, depth + 1) for key, one in value.items()}
            if len(value) <= _LARGEST
            else value
        )
    if (
        isinstance(value, Instance)
        and not is_network(value)
        and not is_member(value)
        or isinstance(value, Made)
        and value.name in NAMESPACES
    ):
        return replace(
            value, attributes=snapshot(value.attributes, depth + 1), changes=list(value.changes)
        )
    return value


def is_member(value) -> bool:
    """Whether `value` is a member of an Enum of the submission: there is one object of each."""
    return isinstance(value, Instance) and "_name_" in value.attributes


def unchanged(now, then) -> bool:
    """Whether a value still is what its snapshot was."""
    if now is then or type(now) is not type(then):
        return now is then
    if isinstance(now, (list, tuple)):
        return len(now) == len(then) and all(map(unchanged, now, then))
    if isinstance(now, dict):
        return now.keys() == then.keys() and all(unchanged(now[key], then[key]) for key in now)
    if isinstance(now, Instance) and not is_network(now):
        return now.cls is then.cls and unchanged(now.attributes, then.attributes)
    if isinstance(now, Made) and now.name in NAMESPACES:
        return unchanged(now.attributes, then.attributes)
    return same(now, then)
