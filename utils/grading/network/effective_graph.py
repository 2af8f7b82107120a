"""Which recorded operations have a part in a network's result: for certain, and perhaps.

A layer that is multiplied by zero has none. In doubt is one whose share in the result of the network as it was built is
negligible, and one that has no part in training: what depends on such a layer cannot be established.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from utils.architecture.executed_graph import ExecutedGraph, Operation, Value
from utils.architecture.graph_operations import LAYERS, signature
from utils.grading.network.merged_pools import merge_pools
from utils.grading.sandbox.message import shown

LISTS = ("trained", "frozen", "windows", "maxima", "statistics")


@dataclass(frozen=True)
class Training:
    """What the network does in training mode: the parameters that it trains and those that stay as they were built, its
    convolutions and its max pools as `signature` and `pool_signature` put them, the buffers in which normalisations keep
    `statistics`; `failure` says why that is not known."""

    trained: frozenset[str] = frozenset()
    frozen: frozenset[str] = frozenset()
    windows: frozenset[str] = frozenset()
    maxima: frozenset[str] = frozenset()
    statistics: frozenset[str] = frozenset()
    failure: str = ""


@dataclass(frozen=True)
class Effective:
    """`graph` holds what may have a part in the result, `certain` what has one for certain, or None where that is not known.

    `ineffective` names the layers that are in neither; `doubt` says in a clause why `certain` is less than `graph` or None.
    """

    graph: ExecutedGraph
    certain: ExecutedGraph | None
    ineffective: tuple[str, ...] = ()
    doubt: str = ""


def training(data: object) -> Training:
    """What a child said of training mode; nothing that it can say makes more of a layer than the recordings do."""
    if not isinstance(data, dict) or isinstance(data.get("failure"), str):
        text = data["failure"] if isinstance(data, dict) else "nothing was said of it"
        return Training(failure=shown(text, 200))
    lists = {name: data.get(name) for name in LISTS}
    if not all(
        isinstance(one, list) and all(isinstance(text, str) for text in one)
        for one in lists.values()
    ):
        return Training(failure="what was said of it is not in the agreed form")
    return Training(**{name: frozenset(one) for name, one in lists.items()})


def effective(graph: ExecutedGraph, found: dict, trained: Training) -> Effective:
    """The recorded `graph` by what a child found out: numbers of values, or None where that cannot be told.

    "influential" may have a part in the result, "strong" have one as the network is built, by their effect on the outputs
    "scores"; "blind" are made by convolutions that see less than their kernels say.
    """
    influential, strong = found.get("influential"), found.get("strong")
    if influential is None or strong is None:
        whole = merge_pools(graph)
        return Effective(
            whole,
            None,
            (),
            "it cannot be told whether each of its layers has a part in the result",
        )
    kept = _with_outputs(graph, influential)
    dropped = [one for one in graph.live_operations() if one.name in LAYERS and one not in kept]
    names = tuple(dict.fromkeys(layer_name(graph, one) for one in dropped))
    whole = replace(graph, operations=kept)
    if trained.failure:
        return Effective(
            merge_pools(whole),
            None,
            names,
            f"the network cannot be tried in training mode: {trained.failure}",
        )
    scores = tuple(Value(number) for number in found["scores"])
    blind = {Value(number) for number in found["blind"]}
    doubtful = _doubtful(whole, {Value(number) for number in strong}, blind, trained)
    if not any(some for some, _ in doubtful):
        merged = merge_pools(whole)
        return Effective(merged, merged, names)
    doubt = "; ".join(f"{_listed(whole, some)} ({what})" for some, what in doubtful if some)
    left_out = {id(one) for some, _ in doubtful for one in some}
    certain = [one for one in kept if id(one) not in left_out]
    return Effective(
        merge_pools(whole),
        merge_pools(replace(whole, operations=certain, outputs=scores)),
        names,
        doubt,
    )


def _doubtful(
    graph: ExecutedGraph, strong: set[Value], blind: set[Value], trained: Training
) -> list[tuple[list[Operation], str]]:
    """The operations that are in doubt, each with why."""
    reached, producers = graph.depends_on_input(), graph.producers()
    live = [one for one in graph.live_operations() if reached.intersection(one.outputs)]
    strongly = [one for one in live if strong.intersection(one.outputs)]
    idle = [
        one
        for one in strongly
        if one.name in LAYERS and not _is_trained(graph, one, trained, reached, producers)
    ]
    return [
        (idle, "no part in training"),
        (
            [one for one in live if one not in strongly],
            "next to no effect on the result: below 1/10,000 of the image's",
        ),
        (
            [one for one in strongly if blind.intersection(one.outputs)],
            "sees less than its kernel: a rim of it is next to zero, or the map is the same everywhere",
        ),
    ]


def _with_outputs(graph: ExecutedGraph, numbers: Iterable[int]) -> list[Operation]:
    kept = {Value(number) for number in numbers} | {*graph.outputs, *graph.inputs}
    return [one for one in graph.operations if not one.outputs or kept.intersection(one.outputs)]


def _is_trained(
    graph: ExecutedGraph,
    operation: Operation,
    trained: Training,
    reached: set[Value],
    producers: dict[Value, Operation],
) -> bool:
    """Whether training mode executes it too, with weights that have a share in the result there."""
    waiting, names = [value for value in operation.inputs if value not in reached], set()
    while waiting:
        value = waiting.pop()
        if value in graph.sources and graph.sources[value].kind == "parameter":
            names.add(graph.sources[value].name)
        elif value in producers:
            waiting += producers[value].inputs
    if operation.name == "convolution" and signature(graph, operation) not in trained.windows:
        return False
    return not names or bool(names & trained.trained)


def _listed(graph: ExecutedGraph, some: list[Operation]) -> str:
    layers = [layer_name(graph, one) for one in some if one.name in LAYERS] or [
        layer_name(graph, one) for one in some
    ]
    names = list(dict.fromkeys(layers))
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def layer_name(graph: ExecutedGraph, operation: Operation) -> str:
    """The path of the layer that an operation is, of the module that ran, or the operation's own name."""
    weights = next(
        (graph.sources[value].name for value in operation.inputs if value in graph.sources), ""
    )
    return weights.rpartition(".")[0] or operation.module or operation.name
