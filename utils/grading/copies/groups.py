"""Which submissions of a class are the same in what, from their fingerprints.

It is said what is equal, never who had it from whom. Two logs that agree in a stretch of epochs to the last digit come from
one training: chance does not repeat it. Two networks, or two programs, may also be equal because both are the handout's;
what the handout holds is not counted where it is given.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from utils.grading.copies.code_pieces import shared

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

    def kinds(self, one: int, other: int) -> list[str]:
        """In what two members are equal."""
        return [
            kind
            for kind in KINDS
            if any(each.kind == kind and {one, other} <= {*each.members} for each in self.equal)
        ]


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
    runs = [(index, *log) for index, one in enumerate(own) for log in one["logs"]]
    holders: dict[str, set[int]] = defaultdict(set)
    for place, (_, _, epochs) in enumerate(runs):
        for text in filter(None, epochs):
            holders[text].add(place)
    common: dict[tuple[int, int], int] = defaultdict(int)
    for places in holders.values():
        for pair in combinations(sorted(places), 2):
            common[pair] += 1
    best: dict[tuple[int, int], tuple[int, str]] = {}
    for (one, other), count in common.items():
        (first, where, epochs), (second, place, others) = runs[one], runs[other]
        if first == second or count <= FEW:
            continue
        stretch = _longest(epochs, others)
        if len(stretch) > FEW and _digits(stretch) >= DIGITS:
            detail = f"{len(stretch)} epochs in a row, from {stretch[0]}, to the last digit: {where}; {place}"
            best[first, second] = max(
                best.get((first, second), (0, "")), (len(stretch), detail), key=lambda each: each[0]
            )
    for members, (_, detail) in sorted(best.items()):
        yield Equal("log", members, detail)


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


def _digits(stretch: Iterable[str]) -> int:
    """The digits of the numbers of a stretch; an epoch that repeats another adds none."""
    return sum(letter.isdigit() for text in set(stretch) for letter in text)


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
    """Pairs where all pieces of the one are among those of the other."""
    sizes = [sum(one["pieces"].values()) for one in own]
    candidates = [index for index, size in enumerate(sizes) if size >= LEAST_CODE]
    for one, other in combinations(candidates, 2):
        common = shared(own[one]["pieces"], own[other]["pieces"])
        if common == min(sizes[one], sizes[other]):
            whole = sizes[one] == sizes[other]
            detail = "all of it" if whole else "all of the one is in the other"
            yield Equal(
                "code",
                (one, other),
                f"{detail}, apart from names, comments, formatting and order",
            )


def _linked(equal: Iterable[Equal]) -> list[tuple[int, ...]]:
    """The members that are linked by any chain of equal things, each list in order."""
    linked: list[set[int]] = []
    for one in equal:
        touched = [each for each in linked if each & {*one.members}]
        linked = [each for each in linked if each not in touched]
        linked.append(set(one.members).union(*touched))
    return sorted(tuple(sorted(each)) for each in linked)
