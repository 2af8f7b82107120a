"""Which submissions of a class are the same in what, from their fingerprints.

It is said what is equal, never who had it from whom. Two logs that agree in a stretch of epochs to the last digit come from
one training: chance does not repeat it. Two networks, or two programs, may also be equal because both are the handout's;
what the handout holds is not counted where it is given.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

FEW = 3  # epochs that may agree by chance
DIGITS = 24  # that a stretch of epochs must have in all: logs of whole per cents agree more easily
LEAST_CODE = 300  # the size of all pieces; less than that two people write alike
KINDS = ("log", "network", "code")


@dataclass(frozen=True)
class Equal:
    """Submissions `members` (their places in the class) that are equal in `kind`, one of KINDS; `detail` says what of it."""

    kind: str
    members: tuple[int, ...]
    detail: str


@dataclass(frozen=True)
class Group:
    """Submissions that are linked by something equal, and what that is."""

    members: tuple[int, ...]
    equal: tuple[Equal, ...]

    def kinds(self) -> dict[tuple[int, int], list[str]]:
        """In what any two members are equal, the smaller place first."""
        pairs: dict[tuple[int, int], set[str]] = defaultdict(set)
        for each in self.equal:
            for pair in combinations(sorted(each.members), 2):
                pairs[pair].add(each.kind)
        return {
            pair: [kind for kind in KINDS if kind in found] for pair, found in sorted(pairs.items())
        }


def groups(prints: Sequence[Mapping | None], handout: Mapping | None = None) -> list[Group]:
    """The groups of a class; None stands for a submission without fingerprints. What the `handout` has does not count."""
    own = [_without(one or {}, handout or {}) for one in prints]
    equal = [*_equal_logs(own), *_equal_networks(own), *_equal_code(own)]
    return [
        Group(members, tuple(one for one in equal if one.members[0] in members))
        for members in _linked(equal)
    ]


def _without(prints: Mapping, handout: Mapping) -> dict:
    epochs = {text for log in handout.get("logs", ()) for text in log["epochs"]}
    return {
        "networks": {*prints.get("networks", ())} - {*handout.get("networks", ())},
        "logs": [
            (log["where"], [text if text not in epochs else None for text in log["epochs"]])
            for log in prints.get("logs", ())
        ],
        "pieces": {
            digest: size
            for digest, size in prints.get("pieces", {}).items()
            if digest not in handout.get("pieces", {})
        },
    }


# --- logs -------------------------------------------------------------------------------------------------------------


def _equal_logs(own: Sequence[Mapping]) -> Iterator[Equal]:
    runs: dict[tuple, list[tuple[int, str]]] = defaultdict(list)  # the same log once
    for index, one in enumerate(own):
        for where, epochs in one["logs"]:
            runs[tuple(epochs)].append((index, where))
    for epochs, holders in runs.items():
        members = tuple(dict.fromkeys(index for index, _ in holders))
        if len(members) > 1 and _tells(stretch := _longest(epochs, epochs)):
            yield Equal("log", members, _in_words(stretch, [where for _, where in holders]))
    best: dict[tuple[int, int], tuple[list[str], list[str]]] = {}
    for some, others in _with_common_epochs(list(runs)):
        (first, where), (second, place) = runs[some][0], runs[others][0]
        stretch = _longest(some, others)
        if first != second and _tells(stretch):
            pair = tuple(sorted((first, second)))
            if len(stretch) > len(best.get(pair, ((), ()))[0]):
                best[pair] = stretch, [where, place]
    for members, (stretch, places) in sorted(best.items()):
        yield Equal("log", members, _in_words(stretch, places))


def _with_common_epochs(runs: Sequence[tuple]) -> Iterator[tuple[tuple, tuple]]:
    """The pairs of different logs that share more than a few epochs, wherever these stand."""
    holders: dict[str, set[int]] = defaultdict(set)
    for place, epochs in enumerate(runs):
        for text in filter(None, epochs):
            holders[text].add(place)
    common: dict[tuple[int, int], int] = defaultdict(int)
    for places in holders.values():
        for pair in combinations(sorted(places), 2):
            common[pair] += 1
    for (one, other), count in common.items():
        if count > FEW:
            yield runs[one], runs[other]


def _tells(stretch: Sequence[str]) -> bool:
    """Whether chance does not make two logs agree so far: many epochs, and many digits in them; a repeated one adds none."""
    digits = sum(letter.isdigit() for text in set(stretch) for letter in text)
    return len(stretch) > FEW and digits >= DIGITS


def _in_words(stretch: Sequence[str], places: Iterable[str]) -> str:
    where = "; ".join(dict.fromkeys(places))
    return f"{len(stretch)} epochs in a row, from {stretch[0]}, to the last digit: {where}"


def _longest(some: Sequence[str | None], others: Sequence[str | None]) -> list[str]:
    """The longest stretch that both have."""
    best, end, before = 0, 0, [0] * (len(others) + 1)
    for place, one in enumerate(some, 1):
        now = [0] * (len(others) + 1)
        for column, other in enumerate(others, 1):
            if one is not None and one == other:
                now[column] = before[column - 1] + 1
                if now[column] > best:
                    best, end = now[column], place
        before = now
    return list(some[end - best : end])


# --- networks and code ------------------------------------------------------------------------------------------------


def _equal_networks(own: Sequence[Mapping]) -> Iterator[Equal]:
    holders: dict[str, list[int]] = defaultdict(list)
    for index, one in enumerate(own):
        for digest in sorted(one["networks"]):
            holders[digest].append(index)
    for members in dict.fromkeys(tuple(each) for each in holders.values() if len(each) > 1):
        yield Equal(
            "network", members, "the same operations with the same sizes, whatever their names"
        )


def _equal_code(own: Sequence[Mapping]) -> Iterator[Equal]:
    """Submissions with the same pieces, and pairs where all pieces of the one are among those of the other."""
    holders: dict[frozenset, list[int]] = defaultdict(list)
    for index, one in enumerate(own):
        if sum(one["pieces"].values()) >= LEAST_CODE:
            holders[frozenset(one["pieces"])].append(index)
    apart = "apart from names, comments, formatting and order"
    for members in holders.values():
        if len(members) > 1:
            yield Equal("code", tuple(members), f"all of it, {apart}")
    for some, others in combinations(holders, 2):
        if some < others or others < some:
            members = tuple(sorted((holders[some][0], holders[others][0])))
            yield Equal("code", members, f"all of the one is in the other, {apart}")


def _linked(equal: Iterable[Equal]) -> list[tuple[int, ...]]:
    """The members that are linked by any chain of equal things, each list in order."""
    linked: list[set[int]] = []
    for one in equal:
        touched = [each for each in linked if each & {*one.members}]
        linked = [each for each in linked if each not in touched]
        linked.append(set(one.members).union(*touched))
    return sorted(tuple(sorted(each)) for each in linked)
