"""What a network sees at its global pool, how that pools, and what follows it."""

from utils.architecture import graph_operations as operations
from utils.architecture.executed_graph import Operation
from utils.architecture.receptive_field import CannotTrace, Walk, field_at_pool, walk
from utils.grading.facts import Fact
from utils.grading.network.shrinking import shrinks
from utils.grading.network.view import WEIGHTED, NetworkView, is_map


class PoolFacts(NetworkView):
    """The receptive field, the global pool, and the layers with weights behind it."""

    def receptive_field(self) -> tuple[Fact, Fact]:
        """At the input of the global pool, and beside it with the pool's window counted."""
        try:
            walked = walk(self.graph)
            if not walked.pools:
                return self._field_of_last_map(walked)
            field = field_at_pool(walked)
        except CannotTrace as error:
            unknown = self.fact(None, f"the receptive field cannot be established: {error}")
            return unknown, unknown
        row = next(row for row in walked.rows if row.is_global_pool)
        facts = []
        for size, where in ((field, "at the input of the global pool"),
                            (row.receptive_field, "with the global pool counted as one more window")):
            unequal = f", {size[0]} high and {size[1]} wide" if size[0] != size[1] else ""
            facts.append(self.fact(max(size), where + unequal))
        return tuple(facts)

    def _field_of_last_map(self, walked: Walk) -> tuple[Fact, Fact]:
        """Without a global pool: where it would stand, at the last map with more than one position."""
        row = next((row for row in reversed(walked.rows) if max(row.output_size) > 1), walked.rows[0])
        why = f"there is no global pool; at the last feature map, {operations.short(row.output_size)}"
        return self.fact(max(row.receptive_field), why), self.fact(None, "there is no global pool")

    def global_average_pooling(self) -> Fact:
        pools = self.global_pools()
        means = [operation for operation, how in pools if how == "mean" or how == "sum" and self._is_divided(operation)]
        if means:
            return self._averaged([f"{self._pool_text(one)} over the whole map" for one in means])
        if any(how == "sum" for _, how in pools):
            return self.fact(None, "the map is summed, not averaged, over all its positions")
        if pools:
            return self.fact(False, f"the global pool takes the maximum: {self._pool_text(pools[0][0])}")
        return self._without_pool()

    def _averaged(self, pools: list[str]) -> Fact:
        """There is a pool that averages a whole map: is that the last one, and does the result need no other?"""
        cropped = next((one for one in shrinks(self) if one.at_pool and not one.explained), None)
        if cropped is not None:
            return self.fact(None, f"before the global pool {cropped.text}, so it may average a part of it only", *pools)
        past = self.around_pools()
        if past:
            return self.fact(None, f"the result depends on the image past the global pool too, by way of "
                                   f"{self._way(past)}", *pools)
        return self.fact(True, f"pooled: {', '.join(pools)}", *pools)

    def _way(self, past: list[Operation]) -> str:
        """What comes behind the last map that reaches the result past the pool, and the layer with weights behind that."""
        maps = [place for place, one in enumerate(past) if is_map(self.graph.shapes[one.output])]
        behind = past[maps[-1] + 1:] if maps else past
        layer = next((one for one in behind if one.name in WEIGHTED), None)
        names = [one.name for one in behind[:1]] + ([operations.label(layer, self.graph)] if layer is not None else [])
        return " and ".join(dict.fromkeys(names)) or "its last map"

    def _pool_text(self, operation: Operation) -> str:
        return f"{operations.label(operation, self.graph)} of {operations.short(self._size_before(operation))}"

    def _size_before(self, operation: Operation) -> tuple[int, int]:
        shape = self.graph.shapes[operation.inputs[0]]
        return shape[-2:] if len(shape) == 4 else (1, shape[-1])

    def _is_divided(self, operation: Operation) -> bool:
        return any(user.name in ("div", "mul") and not self.reached.issuperset(user.inputs) or
                   user.name in ("div", "mul") and len(user.inputs) == 1 for user in self.users.get(operation.output, ()))

    def _without_pool(self) -> Fact:
        """What the network does with its last map instead of averaging it."""
        last = next((one for one in reversed(self.live) if is_map(self._shape_before(one))), None)
        if last is None:
            return self.fact(False, "the network makes no feature map")
        before, settings = self._shape_before(last), operations.window(self.graph, last)
        map_text = f"{before[1]} × {before[-2]} × {before[-1]}"
        if last.name in operations.RESHAPES:
            return self.fact(False, f"the last map of {map_text} is flattened, not averaged")
        whole = settings is not None and all(kernel >= size for kernel, size in zip(settings.kernel, before[-2:]))
        if last.name == "convolution" and not whole:
            return self.fact(None, f"{self.layer(last)} leaves one position, so there is nothing left to average")
        if last.name in operations.REDUCTIONS and self._keeps_a_side(last):
            return self.fact(False, f"{last.name} takes the last map of {map_text} along one side only")
        if settings or last.name in ("select", "slice"):
            return self.fact(False, f"{self.layer(last)} takes the last map of {map_text}; it is no average over the whole")
        return self.fact(None, f"what {last.name} makes of the last map of {map_text} is not known to be an average or not")

    def _keeps_a_side(self, operation: Operation) -> bool:
        """Whether a reduction leaves positions along height or width that no other reduction takes up."""
        sides = operations.reduced_dimensions(self.graph, operation, self._activations(operation)) & {2, 3}
        users = self.users.get(operation.output, ())
        return len(sides) == 1 and not any(user.name in operations.REDUCTIONS for user in users)

    def _shape_before(self, operation: Operation) -> tuple[int, ...]:
        return next((self.graph.shapes[value] for value in operation.inputs if value in self.reached), ())

    def after_pool(self) -> Fact:
        pools = self.global_pools()
        if not pools:
            return self.fact(None, "there is no global pool")
        names = [self._weighted_text(one) for one in self.behind(pools[0][0]) if one.name in WEIGHTED]
        return self.fact(", ".join(names) or "nothing with weights")

    def _weighted_text(self, operation: Operation) -> str:
        before, after = (self.graph.shapes[value] for value in (self._activations(operation), operation.output))
        kind = operations.describe(self.graph, operation) if operation.name == "convolution" else "linear"
        return f"{kind} {before[1]} → {after[1]}" if len(before) > 1 and len(after) > 1 else kind
