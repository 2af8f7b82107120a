"""What a teacher asks of a network, read off the operations that it was seen to execute."""

from collections.abc import Iterator
from math import prod

from utils import graph_operations as operations
from utils.executed_graph import Operation, Value
from utils.grading.executed_network import ExecutedNetwork
from utils.grading.facts import Evidence, Fact
from utils.receptive_field import CannotTrace, Walk, field_at_pool, walk

# Operations with weights, and which of their arguments are weights and biases.
_WEIGHTED = {"convolution": (1, 2), "addmm": (0, 1, 2), "mm": (0, 1), "bmm": (0, 1), "baddbmm": (0, 1, 2), "mv": (0, 1),
             "addmv": (0, 1, 2), "dot": (0, 1)}
_BUFFER_LIMIT = 256  # numbers that a buffer may hold without a remark when it is no weight: means, scales, a small grid


class NetworkFacts:
    """The facts of one network, by name, from `network` (what was executed) and `place` (where its class stands)."""

    def __init__(self, network: ExecutedNetwork, place: Evidence):
        self.network, self.place, self.graph = network, place, network.graph
        self.reached = self.graph.depends_on_input()
        self.live = [one for one in self.graph.live_operations() if self.reached.intersection(one.outputs)]
        self.convolutions = [one for one in self.live if one.name == "convolution"]
        self.users: dict[Value, list[Operation]] = {}
        for operation in self.live:
            for value in operation.inputs:
                self.users.setdefault(value, []).append(operation)

    def fact(self, value, why: str = "", *seen: str) -> Fact:
        """With evidence where the network is defined; `seen` says what was seen there."""
        return Fact(value, why, tuple(Evidence(self.place.file, self.place.line, self.place.notebook, self.place.cell, text)
                                      for text in seen) or (self.place,))

    def layer(self, operation: Operation) -> str:
        """Such as "conv1 (Conv2d 3×3 groups 32)"."""
        return f"{operations.label(operation, self.graph)} ({operations.describe(self.graph, operation)})"

    # --- weights ------------------------------------------------------------------------------------------------------

    def parameters(self) -> Fact:
        listed = sum(prod(shape) for shape in self.network.parameters.values())
        hidden = self._hidden_weights()
        why = f"{listed:,} in parameters"
        if hidden:
            why += "".join(f", and {count:,} in {name}, which acts as a weight" for name, count in hidden.items())
        return self.fact(listed + sum(hidden.values()), why if hidden else "")

    def parameters_executed(self) -> Fact:
        used = self._used_parameters()
        executed = sum(prod(self.network.parameters[name]) for name in used) + sum(self._hidden_weights().values())
        idle = sorted(set(self.network.parameters) - used)
        layers = list(dict.fromkeys(name.rpartition(".")[0] or name for name in idle))
        more = f" and {len(layers) - 5} more" if len(layers) > 5 else ""
        why = f"defined but without a part in the result: {', '.join(layers[:5])}{more}" if layers else ""
        return self.fact(executed, why)

    def _used_parameters(self) -> set[str]:
        live = {value for operation in self.graph.live_operations() for value in operation.inputs}
        return {source.name for value, source in self.graph.sources.items() if value in live and source.kind == "parameter"}

    def _hidden_weights(self) -> dict[str, int]:
        """Numbers that act as weights of a convolution or a matrix product and are no parameters, by where they are kept."""
        producers, hidden = self.graph.producers(), {}
        for operation in self.live:
            for position in _WEIGHTED.get(operation.name, ()):
                operand = operations.argument(operation, position)
                if isinstance(operand, Value) and operand not in self.reached:
                    hidden |= self._numbers_behind(operand, producers)
        return hidden

    def _numbers_behind(self, value: Value, producers: dict[Value, Operation]) -> dict[str, int]:
        """The buffers, constants and numbers made on the way that `value` is computed from, each with how many it holds."""
        found, waiting, seen = {}, [value], set()
        while waiting:
            current = waiting.pop()
            if current in seen:
                continue
            seen.add(current)
            if current in self.graph.sources:
                source = self.graph.sources[current]
                if source.kind in ("buffer", "constant"):
                    found[f"the {source.kind} {source.name}".replace("constant constant", "constant")] = prod(
                        self.graph.shapes[current])
            elif current in producers and not producers[current].inputs:
                found[f"a tensor that {producers[current].name} makes"] = prod(self.graph.shapes[current])
            elif current in producers:
                waiting += producers[current].inputs
        return found

    def remarks(self) -> Iterator[str]:
        """What belongs to no fact: large constants that join the activations, layers without effect."""
        yield from self.network.remarks
        for operation in self.live:
            if operation.name in operations.BATCH_NORMS or operation.name in _WEIGHTED:
                continue
            for value in operation.inputs:
                source = self.graph.sources.get(value)
                count = prod(self.graph.shapes[value])
                if source and source.kind in ("buffer", "constant") and count >= _BUFFER_LIMIT:
                    yield (f"The {source.kind} {source.name} of {count:,} numbers takes part in the result "
                           f"({operation.name}) and is not counted as parameters.")
        if self.network.ineffective:
            yield (f"Executed without any effect on the result, and so not counted as executed: "
                   f"{', '.join(self.network.ineffective)}.")

    # --- the map and its pool -----------------------------------------------------------------------------------------

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

    def global_pools(self) -> list[tuple[Operation, str]]:
        """The pools of a whole map behind which no map follows any more, and how each pools: "mean", "sum" or "max"."""
        found = []
        for operation in self.live:
            maps = [value for value in operation.inputs if value in self.reached]
            how = operations.global_pool(self.graph, operation, maps[0]) if maps else None
            flat = self._pool_of_flattened(operation, maps[0]) if maps and not how else None
            if (how or flat) and not any(_is_map(self.graph.shapes[one.output]) for one in self._behind(operation)):
                found.append((operation, how or flat))
        return found

    def _pool_of_flattened(self, operation: Operation, value: Value) -> str | None:
        """As `x.view(B, C, -1).mean(2)`."""
        producer = self.graph.producers().get(value)
        if operation.name not in operations.REDUCTIONS or producer is None or producer.name not in operations.RESHAPES:
            return None
        before, after = self.graph.shapes[producer.inputs[0]], self.graph.shapes[value]
        flattened = len(before) == 4 and len(after) == 3 and before[:2] == after[:2] and after[2] > 1
        whole = operations.reduced_dimensions(self.graph, operation, value) == {2}
        return operations.REDUCTIONS[operation.name] if flattened and whole else None

    def _behind(self, operation: Operation) -> list[Operation]:
        behind, waiting, seen = [], [operation], set()
        while waiting:
            for value in waiting.pop().outputs:
                for user in self.users.get(value, ()):
                    if id(user) not in seen:
                        seen.add(id(user))
                        behind.append(user)
                        waiting.append(user)
        return sorted(behind, key=self.live.index)

    def global_average_pooling(self) -> Fact:
        pools = self.global_pools()
        means = [operation for operation, how in pools if how == "mean" or how == "sum" and self._is_divided(operation)]
        if means:
            return self.fact(True, "", *(f"{self._pool_text(one)} over the whole map" for one in means))
        if any(how == "sum" for _, how in pools):
            return self.fact(None, "the map is summed, not averaged, over all its positions")
        if pools:
            return self.fact(False, f"the global pool takes the maximum: {self._pool_text(pools[0][0])}")
        return self._without_pool()

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
        last = next((one for one in reversed(self.live) if _is_map(self._shape_before(one))), None)
        if last is None:
            return self.fact(False, "the network makes no feature map")
        before, settings = self._shape_before(last), operations.window(self.graph, last)
        map_text = f"{before[1]} × {before[-2]} × {before[-1]}"
        if last.name in operations.RESHAPES:
            return self.fact(False, f"the last map of {map_text} is flattened, not averaged")
        whole = settings is not None and all(kernel >= size for kernel, size in zip(settings.kernel, before[-2:]))
        if last.name == "convolution" and not whole:
            return self.fact(None, f"{self.layer(last)} leaves one position, so there is nothing left to average")
        if settings or last.name in ("select", "slice"):
            return self.fact(False, f"{self.layer(last)} takes the last map of {map_text}; it is no average over the whole")
        return self.fact(None, f"what {last.name} makes of the last map of {map_text} is not known to be an average or not")

    def _shape_before(self, operation: Operation) -> tuple[int, ...]:
        return next((self.graph.shapes[value] for value in operation.inputs if value in self.reached), ())

    def after_pool(self) -> Fact:
        pools = self.global_pools()
        if not pools:
            return self.fact(None, "there is no global pool")
        names = [self._weighted_text(one) for one in self._behind(pools[0][0]) if one.name in _WEIGHTED]
        return self.fact(", ".join(names) or "nothing with weights")

    def _weighted_text(self, operation: Operation) -> str:
        before, after = (self.graph.shapes[value] for value in (self._activations(operation), operation.output))
        kind = operations.describe(self.graph, operation) if operation.name == "convolution" else "linear"
        return f"{kind} {before[1]} → {after[1]}" if len(before) > 1 and len(after) > 1 else kind

    def _activations(self, operation: Operation) -> Value:
        return next(value for value in operation.inputs if value in self.reached)

    # --- the layers ---------------------------------------------------------------------------------------------------

    def depthwise_separable(self) -> Fact:
        pairs, alone, grouped, unclear = [], [], [], []
        for operation in self.convolutions:
            settings = operations.window(self.graph, operation)
            channels = self.graph.shapes[operation.args[0]][1]
            if settings is None or settings.groups == 1 or max(settings.kernel) == 1:
                continue
            if settings.groups != channels:
                together = channels // settings.groups
                grouped.append(f"{self.layer(operation)} groups its {channels} input channels by {together}")
                continue
            following, doubt = self._pointwise_after(operation)
            if following:
                pairs.append(f"{self.layer(operation)}, then {self.layer(following)}")
            else:
                (unclear if doubt else alone).append(self.layer(operation))
        if pairs:
            return self.fact(True, "", *pairs)
        if unclear:
            return self.fact(None, f"{unclear[0]} is depthwise, but whether a 1×1 convolution follows cannot be told")
        if alone:
            return self.fact(False, f"{alone[0]} is depthwise, but no 1×1 convolution follows it")
        return self.fact(False, f"{grouped[0]}: grouped, but not depthwise" if grouped else
                         "no convolution that is executed has as many groups as input channels")

    def _pointwise_after(self, operation: Operation) -> tuple[Operation | None, bool]:
        """The 1×1 convolution that mixes what `operation` puts out, with only steps on each position between.

        Without one, whether something is in the way that could be one in another form, such as a matrix product.
        """
        waiting, seen, doubt = [operation.output], set(), False
        while waiting:
            value = waiting.pop(0)
            for user in self.users.get(value, ()):
                if id(user) in seen:
                    continue
                seen.add(id(user))
                settings = operations.window(self.graph, user) if user.name == "convolution" else None
                if settings is not None and settings.kernel == (1, 1) and settings.groups == 1:
                    return user, False
                maps = [one for one in user.inputs if one in self.reached]
                if user.name in ("mm", "addmm", "bmm"):
                    doubt = True
                elif len(set(maps)) == 1 and (user.name in operations.PERMUTATIONS or user.name in operations.RESHAPES
                                              or operations.is_pointwise(self.graph, user, value)):
                    waiting.append(user.output)
        return None, doubt

    def dilated(self) -> Fact:
        wide, useless = [], []
        for operation in self.convolutions:
            settings = operations.window(self.graph, operation)
            if settings is None or settings.dilation == (1, 1):
                continue
            real = any(dilation > 1 and kernel > 1 for dilation, kernel in zip(settings.dilation, settings.kernel))
            (wide if real else useless).append(self.layer(operation))
        if wide:
            return self.fact(True, "", *wide)
        return self.fact(False, f"{useless[0]}: dilation does nothing to a kernel of 1" if useless else
                         "no convolution that is executed is dilated")

    def max_pooling(self) -> Fact:
        names = [self.layer(one) for one in self.live if operations.POOLS.get(one.name) == "max"]
        names += [f"{self._pool_text(one)} (maximum)" for one, how in self.global_pools()
                  if how == "max" and one.name not in operations.POOLS]
        return self.fact(bool(names), "", *names)

    def multiply_adds(self) -> Fact:
        """Of convolutions and matrix products, for one image."""
        total = 0
        for operation in self.live:
            output = prod(self.graph.shapes[operation.output]) if operation.output else 0
            if operation.name == "convolution":
                total += output * prod(self.graph.shapes[operation.args[1]][1:])
            elif operation.name in ("mm", "addmm", "bmm", "baddbmm"):
                first = operation.args[1 if operation.name in ("addmm", "baddbmm") else 0]
                total += output * self.graph.shapes[first][-1]
        return self.fact(total // self.graph.shapes[self.graph.inputs[0]][0])


def _is_map(shape: tuple[int, ...]) -> bool:
    """Whether a tensor still has positions."""
    return len(shape) >= 4 and shape[-1] * shape[-2] > 1
