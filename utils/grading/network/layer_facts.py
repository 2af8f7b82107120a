"""Which kinds of convolutions a network executes, depthwise separable and dilated, and its multiply-adds."""

from math import prod

from utils.architecture import graph_operations as operations
from utils.architecture.executed_graph import Operation
from utils.grading.facts import Fact
from utils.grading.network.view import NetworkView


def depthwise_separable(view: NetworkView) -> Fact:
    """Whether a depthwise convolution that sees more than one position is followed by a 1×1 convolution."""
    pairs, alone, grouped, unclear = [], [], [], []
    for operation in view.convolutions_before_pool:
        settings = operations.live_window(view.graph, operation)
        channels = view.graph.shapes[operation.args[0]][1]
        if settings is None or settings.groups == 1 or max(settings.kernel) == 1:
            continue
        if settings.groups != channels:
            together = channels // settings.groups
            grouped.append(f"{view.layer(operation)} groups its {channels} input channels by {together}")
            continue
        following, doubt = view.pointwise_after(operation)
        if following:
            pairs.append(f"{view.layer(operation)}, then {view.layer(following)}")
        else:
            (unclear if doubt else alone).append(view.layer(operation))
    if pairs:
        return view.fact(True, f"depthwise separable: {'; '.join(pairs)}", *pairs)
    if unclear:
        return view.fact(None, f"{unclear[0]} is depthwise, but whether a 1×1 convolution follows cannot be told")
    if alone:
        return view.fact(False, f"{alone[0]} is depthwise, but no 1×1 convolution follows it")
    return view.fact(False, f"{grouped[0]}: grouped, but not depthwise" if grouped else
                     "no convolution that is executed before the global pool and sees more than one position has as "
                     "many groups as input channels")


def dilated(view: NetworkView) -> Fact:
    """Whether a convolution before the global pool has taps further apart that meet the map."""
    wide, useless = [], []
    for operation in view.convolutions_before_pool:
        settings = operations.live_window(view.graph, operation)
        if settings is None or settings.dilation == (1, 1):
            continue
        if any(dilation > 1 and kernel > 1 for dilation, kernel in zip(settings.dilation, settings.kernel)):
            wide.append(view.layer(operation))
        else:
            useless.append(f"{view.layer(operation)}: {_why_useless(view, operation)}")
    if wide:
        return view.fact(True, f"dilated: {', '.join(wide)}", *wide)
    return view.fact(False, useless[0] if useless else
                     "no convolution that is executed before the global pool is dilated")


def _why_useless(view: NetworkView, operation: Operation) -> str:
    settings = operations.window(view.graph, operation)
    if not any(dilation > 1 and kernel > 1 for dilation, kernel in zip(settings.dilation, settings.kernel)):
        return "dilation does nothing to a kernel of 1"
    size = "{}×{}".format(*operations.map_size(view.graph, operation.args[0]))
    return f"on a map of {size} the outer positions of the kernel see nothing but padding"


def multiply_adds(view: NetworkView) -> Fact:
    """Of convolutions and matrix products, for one image."""
    total = 0
    for operation in view.live:
        output = prod(view.graph.shapes[operation.output]) if operation.output else 0
        if operation.name == "convolution":
            total += output * prod(view.graph.shapes[operation.args[1]][1:])
        elif operation.name in ("mm", "addmm", "bmm", "baddbmm"):
            first = operation.args[1 if operation.name in ("addmm", "baddbmm") else 0]
            total += output * view.graph.shapes[first][-1]
    return view.fact(total // view.graph.shapes[view.graph.inputs[0]][0])
