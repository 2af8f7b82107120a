"""Whether a network has the C1 C2 C3 C4-0 structure: convolution blocks of three, each ended by a stride or a dilation."""

from dataclasses import dataclass

from utils.architecture import graph_operations as operations
from utils.architecture.executed_graph import Operation
from utils.grading.facts import Fact
from utils.grading.network.shrinking import shrinks
from utils.grading.network.view import NetworkView

BLOCKS, CONVOLUTIONS = 3, 3


@dataclass(frozen=True)
class Layer:
    """A convolution before the global pool, or a depthwise one with the 1×1 that follows it; `count` is how many that is."""
    path: str
    text: str
    strided: bool
    dilated: bool
    count: int


def blocks(facts: NetworkView) -> Fact:
    """True, False or None, with a text for each block as evidence.

    A block ends with a convolution that has stride 2 or, in place of it, dilation; the last block may end as it likes.
    Blocks are looked for between such convolutions, and in the way that the network's own modules are grouped. True where
    one of them gives three or more blocks of at least three convolutions, without max pooling or another pool between.
    """
    layers = _layers(facts)
    pooled = [facts.layer(one) for one in facts.live if one.name in operations.WINDOWS and one.name != "convolution"
              and not _is_global(facts, one)]
    ways = [way for way in (_between_ends(layers, strided_only=True), _by_modules(layers),
                            _between_ends(layers, strided_only=False)) if way]
    good = next((way for way in ways if _is_structure(way)), None)
    texts = [f"block {number}: " + "; ".join(layer.text for layer in block)
             for number, block in enumerate(good or (ways or [[]])[0], 1)]
    if pooled:
        kind = "max pooling" if "MaxPool" in pooled[0] else "a pool"
        return facts.fact(False, f"the map is brought down by {kind}, {pooled[0]}, not by a convolution", *texts)
    shrunk = next((one for one in shrinks(facts) if not one.explained or one.takes_maxima), None)
    if shrunk is not None:
        return facts.fact(None, f"{shrunk.text}, not by a convolution or a pool that is known", *texts)
    if good:
        return facts.fact(True, "; ".join(texts), *texts)
    return _failed(facts, layers, ways, texts)


def _failed(facts: NetworkView, layers: list[Layer], ways: list[list[list[Layer]]], texts: list[str]) -> Fact:
    count = sum(layer.count for layer in layers)
    if count < BLOCKS * CONVOLUTIONS:
        return facts.fact(False, f"{count} convolutions before the global pool are fewer than {BLOCKS} blocks of "
                                 f"{CONVOLUTIONS}", *texts)
    if not any(layer.strided or layer.dilated for layer in layers):
        return facts.fact(False, "no convolution has a stride of 2 or a dilation", *texts)
    sizes = [sum(layer.count for layer in block) for block in ways[0]]
    if len(sizes) >= BLOCKS and len(ways) > 1 and all(_too_small(way) for way in ways):
        return facts.fact(False, f"between the convolutions that end blocks there are {_listed(sizes)} convolutions, not "
                                 f"{CONVOLUTIONS} each", *texts)
    if len(sizes) < BLOCKS and not any(len(way) >= BLOCKS for way in ways):
        return facts.fact(False, f"there are {len(sizes)} blocks that end with a stride of 2, not {BLOCKS}", *texts)
    return facts.fact(None, f"the {count} convolutions do not fall into blocks of {CONVOLUTIONS} clearly", *texts)


def _too_small(way: list[list[Layer]]) -> bool:
    return any(sum(layer.count for layer in block) < CONVOLUTIONS for block in way[:BLOCKS])


def _listed(sizes: list[int]) -> str:
    return ", ".join(map(str, sizes[:-1])) + f" and {sizes[-1]}" if len(sizes) > 1 else str(sizes[0])


def _is_structure(way: list[list[Layer]]) -> bool:
    """Three blocks or more; all but the last end with a stride or a dilation."""
    return (len(way) >= BLOCKS and not _too_small(way)
            and all(block[-1].strided or block[-1].dilated for block in way[:BLOCKS - 1]))


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
    while paths and all(len(path) > depth + 1 for path in paths) and len({path[depth] for path in paths}) == 1:
        depth += 1
    result: list[list[Layer]] = []
    previous = None
    for path, layer in zip(paths, layers):
        group = path[depth] if len(path) > depth + 1 else None
        alone = group is None
        if result and (alone or group == previous):
            result[-1].append(layer)  # a convolution on its own, such as a transition, ends the block before it
        else:
            result.append([layer])
        previous = previous if alone else group
    return result if len(result) > 1 else []


def _layers(facts: NetworkView) -> list[Layer]:
    """In order of execution; what is behind the global pool belongs to the output block."""
    layers, taken = [], set()
    for operation in facts.convolutions_before_pool:
        settings = operations.live_window(facts.graph, operation)
        if settings is None or id(operation) in taken:
            continue
        following = _pointwise(facts, operation)
        count, text = 1, operations.describe(facts.graph, operation)
        if following is not None:
            taken.add(id(following))
            count, text = 2, f"{text} + {operations.describe(facts.graph, following)}"
        both = [settings] + ([operations.window(facts.graph, following)] if following is not None else [])
        layers.append(Layer(operations.label(operation, facts.graph), text, any(max(one.stride) > 1 for one in both),
                            any(d > 1 and k > 1 for d, k in zip(settings.dilation, settings.kernel)), count))
    return layers


def _pointwise(facts: NetworkView, operation: Operation) -> Operation | None:
    settings = operations.window(facts.graph, operation)
    if settings.groups == 1 or settings.groups != facts.graph.shapes[operation.args[0]][1]:
        return None
    return facts.pointwise_after(operation)[0]


def _is_global(facts: NetworkView, operation: Operation) -> bool:
    return any(operation is pool for pool, _ in facts.global_pools)
