"""Which kinds of layers a network executes: depthwise separable, dilated, max pooling; and its multiply-adds."""

from math import prod

from utils.architecture import graph_operations as operations
from utils.architecture.executed_graph import Operation
from utils.grading.facts import Fact
from utils.grading.network.pool_facts import PoolFacts
from utils.grading.network.shrinking import shrinks


class LayerFacts(PoolFacts):
    """What the convolutions are, and the pools among them."""

    def depthwise_separable(self) -> Fact:
        pairs, alone, grouped, unclear = [], [], [], []
        for operation in self.convolutions_before_pool:
            settings = operations.live_window(self.graph, operation)
            channels = self.graph.shapes[operation.args[0]][1]
            if settings is None or settings.groups == 1 or max(settings.kernel) == 1:
                continue
            if settings.groups != channels:
                together = channels // settings.groups
                grouped.append(f"{self.layer(operation)} groups its {channels} input channels by {together}")
                continue
            following, doubt = self.pointwise_after(operation)
            if following:
                pairs.append(f"{self.layer(operation)}, then {self.layer(following)}")
            else:
                (unclear if doubt else alone).append(self.layer(operation))
        if pairs:
            return self.fact(True, f"depthwise separable: {'; '.join(pairs)}", *pairs)
        if unclear:
            return self.fact(None, f"{unclear[0]} is depthwise, but whether a 1×1 convolution follows cannot be told")
        if alone:
            return self.fact(False, f"{alone[0]} is depthwise, but no 1×1 convolution follows it")
        return self.fact(False, f"{grouped[0]}: grouped, but not depthwise" if grouped else
                         "no convolution that is executed before the global pool and sees more than one position has as "
                         "many groups as input channels")

    def dilated(self) -> Fact:
        wide, useless = [], []
        for operation in self.convolutions_before_pool:
            settings = operations.live_window(self.graph, operation)
            if settings is None or settings.dilation == (1, 1):
                continue
            if any(dilation > 1 and kernel > 1 for dilation, kernel in zip(settings.dilation, settings.kernel)):
                wide.append(self.layer(operation))
            else:
                useless.append(f"{self.layer(operation)}: {self._why_useless(operation)}")
        if wide:
            return self.fact(True, f"dilated: {', '.join(wide)}", *wide)
        return self.fact(False, useless[0] if useless else
                         "no convolution that is executed before the global pool is dilated")

    def _why_useless(self, operation: Operation) -> str:
        settings = operations.window(self.graph, operation)
        if not any(dilation > 1 and kernel > 1 for dilation, kernel in zip(settings.dilation, settings.kernel)):
            return "dilation does nothing to a kernel of 1"
        size = "{}×{}".format(*operations.map_size(self.graph, operation.args[0]))
        return f"on a map of {size} the outer positions of the kernel see nothing but padding"

    def max_pooling(self) -> Fact:
        names = [self.layer(one) for one in self.live if one.name.startswith(operations.MAX_POOLS)]
        names += [f"{self._pool_text(one)} (maximum)" for one, how in self.global_pools()
                  if how == "max" and one.name not in operations.POOLS]
        names += [f"{name} in training mode" for name in self.network.training_maxima if not names]
        if names:
            return self.fact(True, "", *names)
        hidden = next((one for one in shrinks(self) if one.takes_maxima), None)
        if hidden is not None:
            return self.fact(None, f"{hidden.text}, which may be max pooling written in another way", hidden.text)
        return self.fact(False)

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
