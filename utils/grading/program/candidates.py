"""The networks that a notebook or script builds, ranked by what is done with them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from utils.grading.code_reader.changes import TRANSFORMS, constructs_a_network, is_network
from utils.grading.code_reader.reader import Reader
from utils.grading.code_reader.trainers import makes_a_trainer
from utils.grading.code_reader.values import (
    Instance,
    Library,
    Made,
    Unknown,
    UserClass,
    is_literal,
)
from utils.grading.facts import Evidence
from utils.grading.program.network_arguments import repeatable
from utils.grading.program.network_doubts import Doubts

_SUMMARIES = {
    "summary",
    "model_summary",
    "print_summary",
    "get_summary",
    "summarize",
    "show_summary",
    "get_model_summary",
}
# What is done with a network, and how much each says about which of several is the one that is meant.
_WEIGHTS = {
    "is optimised": 8,
    "is trained": 6,
    "is summarised": 4,
    "is called": 2,
    "is moved to a device": 1,
}
_TRAINING = {"is optimised", "is trained"}


@dataclass(frozen=True)
class Candidate:
    """A network as it is built somewhere. `home` is where the class, or the factory if there is one, is defined."""

    name: str
    place: Evidence
    home: Evidence
    args: tuple = ()
    kwargs: dict = field(default_factory=dict)
    factory: str | None = None
    roots: tuple[str, ...] = ()
    why: str = ""
    rank: tuple = ()
    trained: bool = False
    cells: frozenset[int] = frozenset()  # of the notebook, where it is trained or called
    network: object = None  # the value that reading made of it
    imported: tuple[str, ...] = ()  # the modules that the program imports, in order
    written: tuple[str, ...] = ()  # the names of the files that it writes

    @staticmethod
    def of_class(one: UserClass, why: str, roots: tuple[str, ...] = ()) -> "Candidate":
        """The network of a class, with no arguments."""
        return Candidate(one.name, one.place, one.place, roots=roots, why=why)


def network_classes(reader: Reader) -> list[UserClass]:
    """The networks that are defined in what was read and that no other of them builds or inherits from."""
    parts = network_parts(reader)
    return [one for one in reader.classes if is_network(one) and one.name not in parts]


def network_parts(reader: Reader) -> set[str]:
    """The names of the classes that a network in what was read builds or inherits from, and of those that are transforms."""
    return built_parts(reader) | {one.name for one in network_bases(reader)}


def network_bases(reader: Reader) -> list[UserClass]:
    """The submission's own classes that a network in what was read inherits from."""
    networks = [one for one in reader.classes if is_network(one)]
    return [base for one in networks for base in one.bases if isinstance(base, UserClass)]


def built_parts(reader: Reader) -> set[str]:
    """The names of the classes that a network in what was read builds, and of those that are transforms."""
    networks = [one for one in reader.classes if is_network(one)]
    parts = {
        step.cls.name
        for made in reader.made
        if made.name.startswith(TRANSFORMS)
        for given in (*made.args, *made.kwargs.values())
        for step in (given if isinstance(given, (list, tuple)) else (given,))
        if isinstance(step, Instance)
    }
    for one in networks:
        with reader.aside():
            before = len(reader.calls)
            reader.instantiate(one, (), {}, one.place)
            parts |= {
                call.callee.name
                for call in reader.calls[before:]
                if isinstance(call.callee, UserClass)
            }
    return parts


def candidates(
    reader: Reader, logged: Mapping[int, float] = MappingProxyType({})
) -> list[Candidate]:
    """Each network that is built and is no part of another, with what is done with it, the likeliest first.

    `logged` are the cells that print a log, with its best accuracy: a network that is trained or called there comes first.
    """
    cells: dict[int, set[int]] = {}
    uses: dict[int, dict[str, int]] = {}
    networks: dict[int, object] = {}
    parts = {
        id(value)
        for call in reader.calls
        if _takes_parts(call.callee)
        for value in (*call.args, *call.kwargs.values())
    }
    for moment, call in enumerate(reader.calls):
        for network, use in _uses(call):
            if id(network) in parts:
                continue
            networks[id(network)] = network
            if call.cell is not None and use in ("is trained", "is optimised", "is called"):
                cells.setdefault(id(network), set()).add(call.cell)
            uses.setdefault(id(network), {})[use] = moment
    found, doubts = [], Doubts(reader)
    imported = tuple(one.path for one in reader.modules.values() if one.path.endswith(".py"))
    for key, network in networks.items():
        there = frozenset(cells.get(key, ()))
        one = _candidate(
            reader,
            doubts,
            network,
            uses[key],
            max((logged[cell] for cell in there & logged.keys()), default=0.0),
        )
        if one is not None:
            found.append(
                replace(
                    one,
                    trained=bool(uses[key].keys() & _TRAINING),
                    cells=there,
                    network=network,
                    imported=imported,
                    written=doubts.written,
                )
            )
    return sorted(found, key=lambda one: one.rank, reverse=True)


def _takes_parts(callee) -> bool:
    """Whether what is given to the callee becomes a part of a network."""
    if isinstance(callee, Library):
        return (
            callee.name.startswith("torch.nn.")
            and callee.last[:1].isupper()
            and "Parallel" not in callee.last
        )
    return isinstance(callee, UserClass) and is_network(callee)


def _uses(call):
    for value in (*call.args, *call.kwargs.values()):
        if (
            isinstance(value, Made)
            and value.last in ("parameters", "named_parameters")
            and value.args
        ):
            if (network := _inside(value.args[0])) is not None:
                yield network, "is optimised"
        elif _network(value):
            yield (
                value,
                "is summarised"
                if call.name in _SUMMARIES
                else "is trained"
                if "train" in call.name.lower()
                or call.name.startswith("fit")
                or makes_a_trainer(call.callee)
                else "is called",
            )
    if _network(call.receiver):
        if call.name in ("to", "cuda"):
            yield call.receiver, "is moved to a device"
        elif call.name == "__call__":
            yield call.receiver, "is called"


def _inside(value):
    """The network that `value` is, or that a library wrapped; None for any other value."""
    if _network(value):
        return value
    return (
        next((part for part in value.args if _network(part)), None)
        if isinstance(value, Made)
        else None
    )


def foreign(reader: Reader) -> str:
    """What is optimised where that is no network of the submission; an empty text where nothing of the kind is seen."""
    for call in reversed(reader.calls):
        if (
            call.name == "parameters"
            and isinstance(call.receiver, (Made, Unknown))
            and _inside(call.receiver) is None
        ):
            return _what_it_is(call.receiver)
    return ""


def _what_it_is(value: Made | Unknown) -> str:
    if isinstance(value, Unknown):
        return f"cannot be followed, because {value.why}"
    if value.problem:
        return f"is {value.name}, but {value.problem}"
    if value.name.startswith("importlib."):
        return "cannot be followed, because which module it is of is known only when the code runs"
    if value.last == "instantiate":
        return f"is what {value.name} makes of a configuration, which is not followed"
    return f"is {value.name}, which is not the submission's own"


def _network(value) -> bool:
    if isinstance(value, Instance):
        return is_network(value.cls)
    return isinstance(value, Made) and value.name == "torch.nn.Sequential"


def _candidate(
    reader: Reader, doubts: Doubts, network, uses: dict[str, int], logged: float
) -> Candidate | None:
    weight = sum(_WEIGHTS[use] for use in uses)
    if constructs_a_network(network.stack):
        return None  # a part of another network
    if isinstance(network, Made) and not uses.keys() & {
        "is optimised",
        "is trained",
        "is summarised",
    }:
        return None
    where = ", in a cell that prints a log" if logged else ""
    why = "it " + ", ".join(sorted(uses, key=lambda use: -_WEIGHTS[use])) + where
    rank = (
        logged,
        bool(uses.keys() & _TRAINING),
        "is summarised" in uses,
        weight,
        max(uses.values()),
    )
    roots = tuple(reader.index.used_roots)
    step = next((step for step in network.stack if _rebuilds(step, network)), None)
    changes = doubts.changes(network)
    if doubt := doubts.of(network, step, changes):
        return _doubtful(network, doubt, roots, why, rank)
    if isinstance(network, Made):
        if step is None:
            return None  # there is nothing to call
        name, place = step.function.name, step.function.place
        return Candidate("Sequential", place, place, step.args, step.kwargs, name, roots, why, rank)
    cls = network.cls
    direct = repeatable(network.args, network.kwargs) and not changes
    plain = (
        is_literal((network.args, network.kwargs))
        or step is None
        or not is_literal((step.args, step.kwargs))
    )
    if direct and plain or step is None:
        return Candidate(
            cls.name, cls.place, cls.place, network.args, network.kwargs, None, roots, why, rank
        )
    factory = step.function
    return Candidate(
        cls.name, cls.place, factory.place, step.args, step.kwargs, factory.name, roots, why, rank
    )


def _doubtful(network, doubt: str, roots: tuple[str, ...], why: str, rank: tuple) -> Candidate:
    """A network that its definition alone does not make, as `doubt` says."""
    args = (Unknown(doubt),)
    home, name = (
        (network.cls.place, network.cls.name)
        if isinstance(network, Instance)
        else (network.place, "Sequential")
    )
    return Candidate(name, home, home, args, {}, None, roots, why, rank)


def _rebuilds(step, network) -> bool:
    """Whether a call on the stack can be repeated for its network: of a function that returns it, with arguments that are
    known. A function that trains it may return something too, and is not to be called."""
    function = step.function
    return (
        function.owner is None
        and function.name != "lambda"
        and repeatable(step.args, step.kwargs)
        and any(one is step for one in network.returned)
    )
