"""A network as it was seen to execute, with the questions that several facts about it ask."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from types import MappingProxyType

from utils.architecture import graph_operations as operations
from utils.architecture.executed_graph import Operation, Value
from utils.architecture.receptive_field_rules import CannotTrace, Walk, walk
from utils.grading.facts import Evidence, Fact
from utils.grading.network.executed_network import ExecutedNetwork
from utils.grading.network.map_axes import origin

# Operations with weights, and which of their arguments are weights and biases.
WEIGHTED = {
    "convolution": (1, 2),
    "addmm": (0, 1, 2),
    "mm": (0, 1),
    "bmm": (0, 1),
    "baddbmm": (0, 1, 2),
    "mv": (0, 1),
    "addmv": (0, 1, 2),
    "dot": (0, 1),
}
# What takes of a tensor its shape alone.
_WITHOUT_VALUES = frozenset(
    "zeros_like ones_like empty_like full_like rand_like randn_like new_zeros new_ones new_full "
    "new_empty".split()
)


class NetworkView:
    """`network` is what was executed, `place` where its class stands, `classes` where those of its modules do, by name;
    `live` are the operations that the result needs."""

    def __init__(
        self,
        network: ExecutedNetwork,
        place: Evidence,
        classes: Mapping[str, Evidence] = MappingProxyType({}),
    ):
        self.network, self.place, self.classes, self.graph = network, place, classes, network.graph
        self.reached = self.graph.depends_on_input()
        self.live = [
            one for one in self.graph.live_operations() if self.reached.intersection(one.outputs)
        ]
        self.convolutions = [one for one in self.live if one.name == "convolution"]
        self._places = {id(one): place for place, one in enumerate(self.live)}
        self.users: dict[Value, list[Operation]] = {}
        for operation in self.live:
            for value in operation.inputs:
                self.users.setdefault(value, []).append(operation)

    @cached_property
    def convolutions_before_pool(self) -> list[Operation]:
        """Without those behind the global pool and in gates: a single position has nothing beside it for a kernel to see."""
        behind = {id(one) for pool, _ in self.global_pools for one in self.behind(pool)}
        return [
            one
            for one in self.convolutions
            if id(one) not in behind and operations.is_map(self.graph.shapes[one.args[0]])
        ]

    def around_pools(self) -> list[Operation]:
        """What the network's first output, its scores, is made of without passing a global pool, in order of execution."""
        pools = {id(pool) for pool, _ in self.global_pools}
        past, reached = [], set(self.graph.inputs)
        for operation in self.live:
            if id(operation) in pools or operation.name in _WITHOUT_VALUES:
                continue
            if reached.intersection(operation.inputs):
                reached.update(value for value in operation.outputs if value is not None)
                past.append(operation)
        return past if self.graph.outputs[0] in reached else []

    def fact(self, value, why: str = "", *seen: str) -> Fact:
        """With evidence where the network is defined; `seen` says what was seen there."""
        return Fact(
            value,
            why,
            tuple(replace(self.place, text=text) for text in seen) or (self.place,),
        )

    def where(self, operation: Operation) -> str:
        """The module that ran and where its class stands, such as "blocks.2 (Residual, line 12 of model.py)"."""
        text, place = operations.where(operation), self.classes.get(operation.kind)
        if not text or place is None:
            return text or "the network"
        return (
            f"{text.removesuffix(')')}, {place.where})"
            if text.endswith(")")
            else f"{text} ({place.where})"
        )

    def layer(self, operation: Operation) -> str:
        """Such as "conv1 (Conv2d 3×3 groups 32)"; other weights keep their name, such as "kernels.first"."""
        source = (
            self.graph.sources.get(operation.args[1]) if operation.name == "convolution" else None
        )
        named = (
            source is not None and source.kind == "parameter" and not source.name.endswith("weight")
        )
        name = source.name if named else operations.label(operation, self.graph)
        return f"{name} ({operations.describe(self.graph, operation)})"

    def walked(self) -> Walk:
        """The receptive fields of all feature maps; CannotTrace where they cannot be established."""
        if isinstance(self._walk, CannotTrace):
            raise self._walk
        return self._walk

    @cached_property
    def _walk(self) -> Walk | CannotTrace:
        try:
            return walk(self.graph)
        except CannotTrace as error:
            return error

    @cached_property
    def global_pools(self) -> list[tuple[Operation, str]]:
        """The pools of a whole map behind which no map follows any more, and how each pools: "mean", "sum" or "max"."""
        found = []
        for operation in self.live:
            maps = [value for value in operation.inputs if value in self.reached]
            how = operations.global_pool(self.graph, operation, maps[0]) if maps else None
            if (
                how
                and self._has_the_usual_order(maps[0])
                and not any(
                    operations.is_map(self.graph.shapes[one.output])
                    for one in self.behind(operation)
                )
            ):
                found.append((operation, how))
        return found

    def _has_the_usual_order(self, value: Value) -> bool:
        """Whether the last two dimensions of a map are its height and width: it may hold another one in another order."""
        source, axes = origin(self.graph, self.graph.producers(), value)
        if source == value or len(self.graph.shapes[source]) != 4:
            return True
        return axes is not None and len(axes) == 4 and {axes[2], axes[3]} == {(2,), (3,)}

    def behind(self, operation: Operation) -> list[Operation]:
        """What depends on it, in order of execution."""
        behind, waiting, seen = [], [operation], set()
        while waiting:
            for value in waiting.pop().outputs:
                for user in self.users.get(value, ()):
                    if id(user) not in seen:
                        seen.add(id(user))
                        behind.append(user)
                        waiting.append(user)
        return sorted(behind, key=lambda one: self._places[id(one)])

    def activations(self, operation: Operation) -> Value:
        """The first input of the operation that depends on the image."""
        return next(value for value in operation.inputs if value in self.reached)

    @cached_property
    def layers_before(self) -> dict[Value, frozenset[int]]:
        """The `id` of each convolution and pool that a value depends on, its own maker included."""
        before: dict[Value, frozenset[int]] = {}
        for operation in self.live:
            layers = frozenset().union(
                *(before.get(value, frozenset()) for value in operation.inputs)
            )
            if operation.name == "convolution" or operation.name in operations.POOLS:
                layers |= {id(operation)}
            before.update({value: layers for value in operation.outputs if value is not None})
        return before

    def is_after(self, later: Operation, earlier: Operation) -> bool:
        """Whether a convolution or a pool `later` works on what depends on the convolution or pool `earlier`."""
        return later is not earlier and id(earlier) in self.layers_before.get(later.output, ())

    def is_past_blocks(self, operation: Operation) -> bool:
        """Whether neither it nor anything behind it is a convolution that sees more than one position: it is in the head."""
        behind = {id(operation), *(id(one) for one in self.behind(operation))}
        return not any(id(one) in behind for one in self.wide_convolutions)

    @cached_property
    def wide_convolutions(self) -> list[Operation]:
        """The convolutions before the global pool that see more than one position, or slide in a way that is not known."""
        windows = [
            (one, operations.live_window(self.graph, one)) for one in self.convolutions_before_pool
        ]
        return [one for one, settings in windows if settings is None or max(settings.kernel) > 1]
