"""Whether a network has the C1 C2 C3 C4-0 structure: convolution blocks of three, each ended by a stride or a dilation."""

from dataclasses import dataclass

from utils.architecture import graph_operations as operations
from utils.architecture.executed_graph import Operation
from utils.grading.facts import Fact
from utils.grading.network.branches import After, in_words, longest_path
from utils.grading.network.separable import pointwise_after
from utils.grading.network.shrinking import shrinks
from utils.grading.network.view import NetworkView

BLOCKS, CONVOLUTIONS = 3, 3


@dataclass(frozen=True, eq=False)
class Layer:
    """A convolution before the global pool, or a depthwise one with the 1×1 that follows it; `count` is how many that is."""

    first: Operation
    last: Operation
    path: str
    text: str
    strided: bool
    dilated: bool
    wide: bool  # whether it sees more than one position
    count: int

    @property
    def weight(self) -> tuple[int, int, int]:
        """Of ways with as many convolutions, that with more that see beyond a position is the main one, then more ends."""
        return self.count, self.wide, self.strided + self.dilated


def blocks(view: NetworkView) -> Fact:
    """True, False or None, with a text for each block as evidence.

    A block ends with a convolution that has stride 2 or, in place of it, dilation; the last block may end as it likes.
    Of branches side by side, the longest counts. Blocks are looked for between such convolutions, and in the way that the
    network's own modules are grouped. True where one of them gives three or more blocks of at least three convolutions,
    without max pooling or another pool between. What comes behind the last convolution that sees more than one position is
    the head, which other facts judge.
    """
    layers = _layers(view)
    after = _order(view)
    main = longest_path(layers, after, lambda layer: layer.weight)
    ways = [
        way
        for way in (
            _between_ends(main, strided_only=True),
            _by_modules(main),
            _between_ends(main, strided_only=False),
        )
        if way
    ]
    good = next((way for way in ways if _is_structure(way)), None)
    texts = [
        f"block {number}: " + in_words(block, after, lambda layer: layer.text)
        for number, block in enumerate(_with_branches(good or (ways or [[]])[0], layers, after), 1)
    ]
    pool = next((one for one in view.live if _brings_down(view, one)), None)
    if pool is not None:
        kind = "max pooling" if operations.POOLS[pool.name] == "max" else "a pool"
        return view.fact(
            False,
            f"the map is brought down by {kind}, {view.layer(pool)}, not by a convolution",
            *texts,
        )
    shrunk = next(
        (
            one
            for one in shrinks(view)
            if (not one.explained or one.takes_maxima) and not view.is_past_blocks(one.layer)
        ),
        None,
    )
    if shrunk is not None:
        return view.fact(
            None, f"{shrunk.text}, not by a convolution or a pool that is known", *texts
        )
    if good:
        return view.fact(True, "; ".join(texts), *texts)
    return _failed(view, main, ways, texts, any(layer.strided or layer.dilated for layer in layers))


def _order(view: NetworkView) -> After:
    return lambda later, earlier: view.is_after(later.first, earlier.last)


def _brings_down(view: NetworkView, operation: Operation) -> bool:
    """Whether it is a pool from one map to a smaller one, before the head, and no convolution beside it does the same."""
    if operation.name not in operations.POOLS or view.is_past_blocks(operation):
        return False
    sizes = _sizes(view, operation)
    beside = any(
        _sizes(view, one) == sizes
        and not view.is_after(one, operation)
        and not view.is_after(operation, one)
        for one in view.convolutions_before_pool
    )
    return (
        operations.is_map(view.graph.shapes[operation.output])
        and sizes[0] > sizes[1]
        and not beside
    )


def _sizes(view: NetworkView, operation: Operation) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """(height, width) before and after."""
    return view.graph.shapes[operation.args[0]][-2:], view.graph.shapes[operation.output][-2:]


def _with_branches(way: list[list[Layer]], layers: list[Layer], after: After) -> list[list[Layer]]:
    """The blocks of the main way with the layers beside it, each in the block where it branches off."""
    main = [(number, layer) for number, block in enumerate(way) for layer in block]
    of_main = {id(layer): number for number, layer in main}
    blocks: list[list[Layer]] = [[] for _ in way]
    for layer in layers:
        beside = next(
            (number for number, one in main if not after(one, layer) and not after(layer, one)), 0
        )
        blocks[of_main.get(id(layer), beside)].append(layer)
    return blocks


def _failed(
    view: NetworkView,
    layers: list[Layer],
    ways: list[list[list[Layer]]],
    texts: list[str],
    ends: bool,
) -> Fact:
    count = sum(layer.count for layer in layers)
    if count < BLOCKS * CONVOLUTIONS:
        return view.fact(
            False,
            f"{count} convolutions before the global pool are fewer than {BLOCKS} blocks of "
            f"{CONVOLUTIONS}",
            *texts,
        )
    if not ends:
        return view.fact(False, "no convolution has a stride of 2 or a dilation", *texts)
    sizes = [sum(layer.count for layer in block) for block in ways[0]]
    if len(sizes) >= BLOCKS and len(ways) > 1 and all(_too_small(way) for way in ways):
        return view.fact(
            False,
            f"between the convolutions that end blocks there are {_listed(sizes)} convolutions, not "
            f"{CONVOLUTIONS} each",
            *texts,
        )
    if len(sizes) < BLOCKS and not any(len(way) >= BLOCKS for way in ways):
        return view.fact(
            False,
            f"there are {len(sizes)} blocks that end with a stride of 2, not {BLOCKS}",
            *texts,
        )
    return view.fact(
        None, f"the {count} convolutions do not fall into blocks of {CONVOLUTIONS} clearly", *texts
    )


def _too_small(way: list[list[Layer]]) -> bool:
    return any(sum(layer.count for layer in block) < CONVOLUTIONS for block in way[:BLOCKS])


def _listed(sizes: list[int]) -> str:
    return (
        ", ".join(map(str, sizes[:-1])) + f" and {sizes[-1]}" if len(sizes) > 1 else str(sizes[0])
    )


def _is_structure(way: list[list[Layer]]) -> bool:
    """Three blocks or more; all but the last end with a stride or a dilation."""
    return (
        len(way) >= BLOCKS
        and not _too_small(way)
        and all(block[-1].strided or block[-1].dilated for block in way[: BLOCKS - 1])
    )


def _between_ends(layers: list[Layer], strided_only: bool) -> list[list[Layer]]:
    result, block = [], []
    for layer in layers:
        block.append(layer)
        if layer.strided or layer.dilated and not strided_only:
            result.append(block)
            block = []
    return result + ([block] if block else [])


def _by_modules(layers: list[Layer]) -> list[list[Layer]]:
    """By the first part of the path in which the layers differ; empty where that groups nothing."""
    paths = [layer.path.split(".") for layer in layers]
    depth = 0
    while (
        paths
        and all(len(path) > depth + 1 for path in paths)
        and len({path[depth] for path in paths}) == 1
    ):
        depth += 1
    result: list[list[Layer]] = []
    previous = None
    for path, layer in zip(paths, layers):
        group = path[depth] if len(path) > depth + 1 else None
        alone = group is None
        if result and (alone or group == previous):
            result[-1].append(
                layer
            )  # a convolution on its own, such as a transition, ends the block before it
        else:
            result.append([layer])
        previous = previous if alone else group
    return result if len(result) > 1 else []


def _layers(view: NetworkView) -> list[Layer]:
    """In order of execution; what is behind the global pool belongs to the output block."""
    layers, taken = [], set()
    for operation in view.convolutions_before_pool:
        settings = operations.live_window(view.graph, operation)
        if settings is None or id(operation) in taken:
            continue
        following = _pointwise(view, operation)
        count, text = 1, operations.describe(view.graph, operation)
        if following is not None:
            taken.add(id(following))
            count, text = 2, f"{text} + {operations.describe(view.graph, following)}"
        both = [settings] + (
            [operations.window(view.graph, following)] if following is not None else []
        )
        layers.append(
            Layer(
                operation,
                following or operation,
                operations.label(operation, view.graph),
                text,
                any(max(one.stride) > 1 for one in both),
                any(d > 1 and k > 1 for d, k in zip(settings.dilation, settings.kernel)),
                max(settings.kernel) > 1,
                count,
            )
        )
    return layers


def _pointwise(view: NetworkView, operation: Operation) -> Operation | None:
    settings = operations.window(view.graph, operation)
    if settings.groups == 1 or settings.groups != view.graph.shapes[operation.args[0]][1]:
        return None
    return pointwise_after(view, operation)[0]
