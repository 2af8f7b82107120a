"""Two values that an undecided condition chooses between, as one: what they share is known, the rest of it is not."""

from dataclasses import replace

from utils.grading.code_reader.changes import watched
from utils.grading.code_reader.values import Instance, Made, Unknown, on_the_cpu, same

_DEEPEST = 5
_LARGEST = 1_000  # entries of a dict


def joined(one, other, why: str, depth: int = 0):
    """What is known of a value that is either `one` or `other`; Unknown, with `why`, where that is nothing.

    Dicts are joined key by key, what a library made and objects of one class part by part. A network, a layer or a
    transform is the one or the other: none is a mixture of both.
    """
    if same(one, other) and _no_later_differences(one, other):
        return one
    if device := on_the_cpu((one, other)):
        return device
    unknown = Unknown(why)
    if (
        depth > _DEEPEST
        or type(one) is not type(other)
        or watched(one) is not None
        or watched(other) is not None
    ):
        return unknown
    if isinstance(one, dict):
        return joined_dicts(one, other, why, depth)
    alike = (
        isinstance(one, Made)
        and one.name == other.name
        or isinstance(one, Instance)
        and one.cls is other.cls
    )
    if not alike or len(one.args) != len(other.args):
        return unknown
    args = tuple(
        joined(first, second, why, depth + 1) for first, second in zip(one.args, other.args)
    )
    return replace(
        one,
        args=args,
        kwargs=joined_dicts(one.kwargs, other.kwargs, why, depth),
        attributes=joined_dicts(one.attributes, other.attributes, why, depth),
        labels=list(dict.fromkeys([*one.labels, *other.labels])),
        changes=[*one.changes, *other.changes],
    )


def _no_later_differences(one, other) -> bool:
    """Whether two objects that were made alike still are; of networks their changes tell that."""
    objects = one is not other and isinstance(one, (Instance, Made)) and watched(one) is None
    return not objects or same(one.attributes, other.attributes)


def joined_dicts(one: dict, other: dict, why: str, depth: int = 0) -> dict:
    """Every key of both; a key that only one has, or whose values differ, stands for something that is not known."""
    return {
        key: joined(one[key], other[key], why, depth + 1)
        if key in one and key in other
        else Unknown(why)
        for key in [*one, *(key for key in other if key not in one)]
    }


class Contents:
    """The dicts that names stand for, as they are at one moment: both branches of a condition may change the same one."""

    def __init__(self, names: dict):
        self.dicts = [
            (value, dict(value))
            for value in names.values()
            if type(value) is dict and len(value) <= _LARGEST
        ]

    def restore(self) -> None:
        """Make the dicts what they were."""
        for value, content in self.dicts:
            _fill(value, content)

    def now(self) -> list[dict]:
        """What is in the dicts now."""
        return [dict(value) for value, _ in self.dicts]

    def set(self, contents: list[dict]) -> None:
        """Make the dicts what `now` gave at another moment."""
        for (value, _), content in zip(self.dicts, contents):
            _fill(value, content)


def _fill(value: dict, content: dict) -> None:
    value.clear()
    value.update(content)
