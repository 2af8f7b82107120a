"""What recorded operations do to a feature map: slide a window, shift it, work on each position, or pool it all.

A feature map is a tensor whose last two dimensions are height and width: `(B, C, H, W)`, or `(B, groups, C / groups, H, W)`.
"""

from dataclasses import dataclass, replace

from utils.architecture.executed_graph import ExecutedGraph, Operation, Value

# What works on each position for itself, or joins maps position by position, by its name in PyTorch's aten library.
POINTWISE = frozenset(
    """
    abs add addcdiv addcmul alias bitwise_and bitwise_not bitwise_or ceil celu clamp clamp_max clamp_min clone
    contiguous copy cos cosh detach div elu eq erf exp expm1 fill floor ge gelu gt hardsigmoid hardswish hardtanh le
    leaky_relu lerp lift_fresh log log1p log_sigmoid_forward logical_and logical_not logical_or lt masked_fill maximum
    minimum mish mul ne neg ones_like pow reciprocal relu relu6 remainder round rrelu rsqrt rsub selu sigmoid sign silu
    sin softplus sqrt square sub tanh threshold to where zeros_like _prelu_kernel _to_copy""".split()
)
BATCH_NORMS = frozenset(
    (
        "native_batch_norm",
        "_native_batch_norm_legit_no_training",
        "_native_batch_norm_legit",
        "cudnn_batch_norm",
    )
)
NORMALISATIONS = BATCH_NORMS | {
    "native_group_norm",
    "native_layer_norm",
    "_fused_rms_norm",
    "rms_norm",
}
# What works along one dimension or several, and leaves a position alone where those are not height or width.
REDUCTIONS = {"mean": "mean", "sum": "sum", "amax": "max", "max": "max"}
ALONG_DIMENSIONS = frozenset(
    (
        *REDUCTIONS,
        "amin",
        "min",
        "cat",
        "split",
        "split_with_sizes",
        "slice",
        "select",
        "softmax",
        "_softmax",
        "_log_softmax",
        "linalg_vector_norm",
        "var",
        "std",
        "cumsum",
        "index_select",
        "stack",
        "norm",
        "flip",
        "unbind",
    )
)
# What turns all positions of a map into one number for each channel, when it reduces height and width.
STATISTICS = frozenset(
    (*REDUCTIONS, "amin", "min", "var", "std", "var_mean", "std_mean", "linalg_vector_norm", "norm")
)
RESHAPES = frozenset(
    ("view", "_unsafe_view", "reshape", "_reshape_alias", "unsqueeze", "squeeze", "expand")
)
PERMUTATIONS = frozenset(("transpose", "permute"))
PADS = frozenset(("constant_pad_nd", "reflection_pad2d", "replication_pad2d"))
# The average and the largest of a window or of a map; "sum" is the average times a constant.
POOLS = {
    "avg_pool2d": "mean",
    "max_pool2d_with_indices": "max",
    "max_pool2d": "max",
    "adaptive_max_pool2d": "max",
    "_adaptive_avg_pool2d": "mean",
    "adaptive_avg_pool2d": "mean",
}
WINDOWS = {
    "convolution": "Conv2d",
    "avg_pool2d": "AvgPool2d",
    "max_pool2d_with_indices": "MaxPool2d",
    "max_pool2d": "MaxPool2d",
}
# What takes the largest or the smallest of several numbers, or sorts them to that end.
MAXIMA = frozenset(
    """amax amin aminmax cummax cummin fmax fmin kthvalue max maximum median min minimum mode nanmedian sort
                      topk""".split()
)
MAX_POOLS = (
    "max_pool",
    "adaptive_max_pool",
    "fractional_max_pool",
)  # how the names of max pools of any kind begin
# What has weights of its own: the layers that learn.
LAYERS = ("convolution", "addmm", "mm")
DATA_DEPENDENT = frozenset(("_local_scalar_dense", "item", "is_nonzero", "equal", "nonzero"))


@dataclass(frozen=True)
class Window:
    """Each as (height, width)."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    dilation: tuple[int, int]
    groups: int = 1


def argument(operation: Operation, position: int, default=None):
    """The positional argument at `position`, from 0; `default` where it was not given."""
    return operation.args[position] if len(operation.args) > position else default


def map_size(graph: ExecutedGraph, value: Value) -> tuple[int, int]:
    """(height, width) of a feature map."""
    return graph.shapes[value][-2:]


def window(graph: ExecutedGraph, operation: Operation) -> Window | None:
    """What slides over the map; None where nothing does, or it is a transposed or a one-dimensional convolution."""
    if operation.name == "convolution":
        kernel = graph.shapes[operation.args[1]][2:]
        _, _, _, stride, padding, dilation, transposed, _, groups = operation.args
        if transposed or len(kernel) != 2:
            return None
        return Window(tuple(kernel), _pair(stride), _pair(padding), _pair(dilation), groups)
    if operation.name not in WINDOWS:
        return None
    kernel = _pair(operation.args[1])
    dilation = argument(operation, 4, 1) if operation.name.startswith("max") else 1
    return Window(
        kernel,
        _pair(argument(operation, 2) or kernel),
        _pair(argument(operation, 3, 0)),
        _pair(dilation),
    )


def live_window(graph: ExecutedGraph, operation: Operation) -> Window | None:
    """`window` without the rows and columns of the kernel that see nothing but zeros around the map, wherever they stand.

    A 3×3 kernel with dilation 8 on a map of 4×4 is one of 1×1: its outer taps never meet the map.
    """
    settings = window(graph, operation)
    if settings is None:
        return None
    zeros, size = _zeros_before(graph, operation.args[0])
    places = map_size(graph, operation.output)
    taps = [_live_taps(settings, axis, zeros[axis], size[axis], places[axis]) for axis in (0, 1)]
    return replace(
        settings,
        kernel=tuple(last - first + 1 for first, last in taps),
        padding=tuple(
            padding - first * dilation
            for padding, (first, _), dilation in zip(settings.padding, taps, settings.dilation)
        ),
    )


def _live_taps(settings: Window, axis: int, zeros: int, size: int, places: int) -> tuple[int, int]:
    """The first and the last tap along `axis` that meet any of the map's `size` positions, which `zeros` others precede."""
    stride, padding, dilation = (
        one[axis] for one in (settings.stride, settings.padding, settings.dilation)
    )
    live = []
    for tap in range(settings.kernel[axis]):
        start = tap * dilation - padding - zeros  # what it meets at the first place
        first = max(0, -(start // stride))  # the first place where that is not before the map
        if first < places and start + first * stride < size:
            live.append(tap)
    return (live[0], live[-1]) if live else (0, 0)


def _zeros_before(graph: ExecutedGraph, value: Value) -> tuple[tuple[int, int], tuple[int, int]]:
    """(rows, columns) of a constant rim that was put before a map, and the size of the map inside the rim."""
    maker = next((one for one in graph.operations if value in one.outputs), None)
    rim = shift(maker) if maker is not None and maker.name == "constant_pad_nd" else None
    return (rim, map_size(graph, maker.args[0])) if rim else ((0, 0), map_size(graph, value))


def shift(operation: Operation) -> tuple[int, int] | None:
    """(rows, columns) that a padding of the map puts before it; None where the operation is not such a padding."""
    if operation.name not in PADS or len(operation.args[1]) > 4:
        return None
    left, _, top, _ = (*operation.args[1], 0, 0)[:4]
    return top, left


def sliding(graph: ExecutedGraph, operation: Operation) -> Window | None:
    """What each position of the result takes of the map: a window's live part, or the same for a padding, a slice along
    height or width (one position, by the slice's step), `pixel_unshuffle` (a square of positions) and an adaptive pool that
    cuts the map into equal parts; else None."""
    rim = shift(operation)
    if rim is not None:
        return Window((1, 1), (1, 1), rim, (1, 1))
    if operation.name == "slice":
        return _slice(graph, operation)
    if operation.name == "pixel_unshuffle":
        square = _pair(operation.args[1])
        return Window(square, square, (0, 0), (1, 1))
    if operation.name in POOLS and operation.name not in WINDOWS:
        return _even_parts(graph, operation)
    return live_window(graph, operation)


def _even_parts(graph: ExecutedGraph, operation: Operation) -> Window | None:
    """The window of an adaptive pool that cuts the map into equal parts."""
    before, after = map_size(graph, operation.args[0]), map_size(graph, operation.output)
    if len(graph.shapes[operation.output]) < 4 or any(
        size % count for size, count in zip(before, after)
    ):
        return None
    part = before[0] // after[0], before[1] // after[1]
    return Window(part, part, (0, 0), (1, 1))


def _slice(graph: ExecutedGraph, operation: Operation) -> Window | None:
    shape = graph.shapes[operation.args[0]]
    dimension = argument(operation, 1, 0) % len(shape)
    if len(shape) < 4 or dimension < len(shape) - 2:
        return None
    size, start = shape[dimension], argument(operation, 2) or 0
    first = min(max(start + size if start < 0 else start, 0), size)
    of_height = dimension == len(shape) - 2
    step, before = (
        argument(operation, 4, 1),
        -first,
    )  # what is cut off before the map is a padding below zero
    return Window(
        (1, 1),
        (step, 1) if of_height else (1, step),
        (before, 0) if of_height else (0, before),
        (1, 1),
    )


def is_pointwise(graph: ExecutedGraph, operation: Operation, source: Value) -> bool:
    """Whether each position of the output depends on the same position of the map `source` alone."""
    shape = graph.shapes[source]
    if operation.name in POINTWISE:
        return True
    if operation.name in BATCH_NORMS:  # with the statistics of the map itself, it is not
        return (
            operation.target.startswith("aten._native_batch_norm_legit_no_training")
            or operation.args[5] is False
        )
    if operation.name in ALONG_DIMENSIONS:
        return not reduced_dimensions(graph, operation, source) & {len(shape) - 2, len(shape) - 1}
    if operation.name in RESHAPES:
        return (
            graph.shapes[operation.output][-2:] == shape[-2:]
            and len(graph.shapes[operation.output]) >= 4
        )
    if operation.name in PERMUTATIONS:
        return permutation(operation, len(shape))[-2:] == [len(shape) - 2, len(shape) - 1]
    return False


def reduced_dimensions(graph: ExecutedGraph, operation: Operation, source: Value) -> set[int]:
    """The dimensions of `source`, counted from 0, along which the operation works; all of them where it names none."""
    count = len(graph.shapes[source])
    position = {"split": 2, "split_with_sizes": 2, "linalg_vector_norm": 2, "norm": 2}.get(
        operation.name, 1
    )
    default = (
        0
        if operation.name
        in ("cat", "split", "split_with_sizes", "slice", "stack", "unbind", "select")
        else None
    )
    dimensions = operation.kwargs.get("dim", argument(operation, position, default))
    if dimensions is None or dimensions == []:
        return set(range(count))
    return {
        dimension % count
        for dimension in (dimensions if isinstance(dimensions, (list, tuple)) else [dimensions])
    }


def global_pool(graph: ExecutedGraph, operation: Operation, source: Value) -> str | None:
    """ "mean", "sum" or "max" where the operation pools all of a map `(B, C, H, W)` of more than one position; else None."""
    before = graph.shapes[source]
    after = graph.shapes[operation.output]
    if (
        len(before) != 4
        or before[2] * before[3] == 1
        or after not in (before[:2], (*before[:2], 1, 1))
    ):
        return None
    if operation.name in REDUCTIONS:
        return (
            REDUCTIONS[operation.name]
            if reduced_dimensions(graph, operation, source) == {2, 3}
            else None
        )
    settings = window(graph, operation)
    if settings is not None and any(
        kernel < size for kernel, size in zip(settings.kernel, before[2:])
    ):
        return None  # it leaves a rim
    return POOLS.get(operation.name)


def is_statistic(graph: ExecutedGraph, operation: Operation, source: Value) -> bool:
    """Whether all positions of the map `source`, `(B, C, H, W)` or `(B, C, H·W)`, are brought down to one."""
    shape = graph.shapes[source]
    if operation.name in STATISTICS and len(shape) in (3, 4):
        return reduced_dimensions(graph, operation, source) >= ({2} if len(shape) == 3 else {2, 3})
    return global_pool(graph, operation, source) is not None


def is_map(shape: tuple[int, ...]) -> bool:
    """Whether a tensor still has positions."""
    return len(shape) >= 4 and shape[-1] * shape[-2] > 1


def describe(graph: ExecutedGraph, operation: Operation) -> str:
    """Such as "Conv2d 3×3 stride 2 dilation 2 groups 32": the settings that are not the default."""
    settings = window(graph, operation)
    if settings is None:
        return (
            operation.kind
            if operation.name in POOLS and operation.kind.endswith("Pool2d")
            else operation.name
        )
    text = WINDOWS[operation.name] + " {}×{}".format(*settings.kernel)
    if settings.stride != (1, 1):
        text += f" stride {short(settings.stride)}"
    if settings.dilation != (1, 1):
        text += f" dilation {short(settings.dilation)}"
    return text if settings.groups == 1 else f"{text} groups {settings.groups}"


def signature(graph: ExecutedGraph, operation) -> str:
    """A convolution without its place and its weights, such as "Conv2d 3×3 groups 32 of 64×1×3×3"."""
    return f"{describe(graph, operation)} of {'×'.join(map(str, graph.shapes[operation.args[1]]))}"


def pool_signature(graph: ExecutedGraph, operation: Operation) -> str:
    """A pool without its place and the batch, such as "max_pool2d_with_indices from 8×16×16 to 8×8×8"."""
    sizes = (
        "×".join(map(str, graph.shapes[value][1:]))
        for value in (operation.args[0], operation.output)
    )
    return f"{operation.name} from {' to '.join(sizes)}"


def label(operation: Operation, graph: ExecutedGraph) -> str:
    """The layer's path, such as "features.0": that of its weights, else of the module that ran, else its name."""
    weights = operation.args[1] if operation.name == "convolution" else None
    if weights in graph.sources and "." in graph.sources[weights].name:
        return graph.sources[weights].name.rpartition(".")[0]
    is_layer = operation.name in WINDOWS or operation.name in POOLS
    return (
        operation.module
        if is_layer and operation.module and operation.kind.endswith("2d")
        else operation.name
    )


def where(operation: Operation) -> str:
    """The module that ran, such as "features.3 (GroupNorm)"; of the network itself, its class; "" outside any."""
    if not operation.module:
        return operation.kind
    return f"{operation.module} ({operation.kind})"


def permutation(operation: Operation, count: int) -> list[int]:
    """For each of the `count` dimensions of the result, the dimension of the input that it was."""
    if operation.name == "permute":
        return [dimension % count for dimension in operation.args[1]]
    order, (first, second) = (
        list(range(count)),
        (dimension % count for dimension in operation.args[1:3]),
    )
    order[first], order[second] = order[second], order[first]
    return order


def _pair(value) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else tuple(value) * (1 if len(value) > 1 else 2)


def short(pair: tuple[int, int]) -> str:
    """Such as "3" for equal height and width, else "1×3"."""
    return str(pair[0]) if pair[0] == pair[1] else "×".join(map(str, pair))
