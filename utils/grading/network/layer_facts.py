"""Which kinds of convolutions a network executes, depthwise separable and dilated, and its multiply-adds."""

from utils.architecture import graph_operations as operations
from utils.architecture.executed_graph import Operation
from utils.architecture.multiply_adds import multiply_adds as count_of_graph
from utils.grading.facts import Fact
from utils.grading.network.separable import pointwise_after
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
            grouped.append(
                f"{view.layer(operation)} groups its {channels} input channels by {together}"
            )
            continue
        following, doubt = pointwise_after(view, operation)
        if following:
            pairs.append(f"{view.layer(operation)}, then {view.layer(following)}")
        elif doubt:
            unclear.append(
                f"{view.layer(operation)} is depthwise, but whether a 1×1 convolution mixes its channels "
                f"cannot be told: behind it is {doubt.name} in {view.where(doubt)}"
            )
        else:
            alone.append(view.layer(operation))
    if pairs:
        return view.fact(True, f"depthwise separable: {'; '.join(pairs)}", *pairs)
    if unclear:
        return view.fact(None, unclear[0])
    if alone:
        return view.fact(
            False,
            f"{alone[0]} is depthwise, but no 1×1 convolution follows it that mixes its channels alone",
        )
    return view.fact(
        False,
        f"{grouped[0]}: grouped, but not depthwise"
        if grouped
        else "no convolution that is executed before the global pool and sees more than one position has as "
        "many groups as input channels",
    )


def dilated(view: NetworkView) -> Fact:
    """Whether a convolution before the global pool has taps further apart that meet the map."""
    wide, useless = [], []
    for operation in view.convolutions_before_pool:
        settings = operations.live_window(view.graph, operation)
        if settings is None or settings.dilation == (1, 1):
            continue
        if any(
            dilation > 1 and kernel > 1
            for dilation, kernel in zip(settings.dilation, settings.kernel)
        ):
            wide.append(view.layer(operation))
        else:
            useless.append(f"{view.layer(operation)}: {_why_useless(view, operation)}")
    if wide:
        return view.fact(True, f"dilated: {', '.join(wide)}", *wide)
    return view.fact(
        False,
        useless[0]
        if useless
        else "no convolution that is executed before the global pool is dilated",
    )


def _why_useless(view: NetworkView, operation: Operation) -> str:
    settings = operations.window(view.graph, operation)
    if not any(
        dilation > 1 and kernel > 1 for dilation, kernel in zip(settings.dilation, settings.kernel)
    ):
        return "dilation does nothing to a kernel of 1"
    size = "{}×{}".format(*operations.map_size(view.graph, operation.args[0]))
    return f"on a map of {size} the outer positions of the kernel see nothing but padding"


def multiply_adds(view: NetworkView) -> Fact:
    """Of convolutions and matrix products, for one image."""
    return view.fact(count_of_graph(view.graph))
