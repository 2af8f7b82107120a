"""How much each branch of a recorded network adds to its scores: what one image's branch does in the place of another's.

Where paths meet (at a sum, a product, a concatenation), what arrives by one of them is exchanged for what arrives there for
another image, and everything behind is computed again. The effect of the path is how far that moves the scores, as a share
of how far exchanging the whole image moves them: 1 for a plain chain of layers, however deep, and 0 for what is multiplied
by zero, cancelled by a normalisation or subtracted again. All is computed in double precision, so that small is not noise.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.utils._pytree import tree_map

from utils.architecture.executed_graph import ExecutedGraph, Operation, Value
from utils.architecture.graph_operations import LAYERS
from utils.grading.sandbox.replay import CannotReplay, execute

LEAST = 1e-4  # an effect below this is none that one can rely on
CLASSES = 10
IMAGES = 3  # that are computed together
_DOUBTED = 1e-2  # an effect that is estimated below this is measured
_DRAWS = 4  # sets of weights: under one alone, a small ReLU layer may be dead
_PRODUCTS = (*LAYERS, "bmm", "baddbmm", "addbmm", "mv", "addmv", "dot")
_TYPES = (torch.float16, torch.bfloat16, torch.float32)
Draw = tuple[Tensor, dict[Value, Tensor]]  # images, and the network's tensors


@dataclass(frozen=True)
class Path:
    """Values that are exchanged together: for the operation at `place` alone, or for all where it is None."""

    values: tuple[Value, ...]
    place: int | None = None


def lasting(
    graph: ExecutedGraph, draws: Callable[[int], Draw], every: bool, most: int = _DRAWS
) -> set[Value] | None:
    """The values from which a way to the scores leads on which no path has a negligible effect, under any of several draws.

    `draws(number)` gives IMAGES images and the tensors of `graph`. `every`: where several outputs hold a row of CLASSES
    scores for each image, a path must matter to all of them. None where it cannot be computed.
    """
    if any(operation.reads_stale for operation in graph.operations):
        return None
    results = _results(graph, every)
    live = _live(graph, results)
    weak = _paths(graph, live)
    default = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        for number in range(most):
            if weak:
                weak = _still_weak(graph, live, results, *draws(number), weak)
    except (CannotReplay, RuntimeError):  # an operation without a gradient
        return None
    finally:
        torch.set_default_dtype(default)
    return _without(graph, results, weak)


def scores(graph: ExecutedGraph) -> tuple[Value, ...]:
    """The outputs that hold a row of CLASSES scores for each image; all, where there is none."""
    batch = graph.shapes[graph.inputs[0]][0]
    rows = tuple(one for one in graph.outputs if graph.shapes[one] == (batch, CLASSES))
    return rows or graph.outputs


def _results(graph: ExecutedGraph, every: bool) -> list[tuple[Value, ...]]:
    """What an effect is measured on: each of several, or all together."""
    return [(one,) for one in scores(graph)] if every else [graph.outputs]


def _live(graph: ExecutedGraph, results: list[tuple[Value, ...]]) -> dict[int, Operation]:
    """The operations between the image and the scores, by their places."""
    reached, needed, live = graph.depends_on_input(), {one for some in results for one in some}, {}
    for place in range(len(graph.operations) - 1, -1, -1):
        operation = graph.operations[place]
        if needed.intersection(operation.outputs):
            needed.update(operation.inputs)
            if reached.intersection(operation.outputs):
                live[place] = operation
    return dict(sorted(live.items()))


def _paths(graph: ExecutedGraph, live: dict[int, Operation]) -> set[Path]:
    """What may have no effect: each way into a meeting, each value that is used twice, all layers of one weight together."""
    reached, users, found = graph.depends_on_input(), {}, set()
    for place, operation in live.items():
        for value in dict.fromkeys(one for one in operation.inputs if one in reached):
            users.setdefault(value, []).append(place)
    for place, operation in live.items():
        inputs = {value for value in operation.inputs if value in reached}
        if len(inputs) > 1 or _joins_images(graph, operation):
            found.update(
                Path((value,), place if len(users[value]) > 1 else None) for value in inputs
            )
    found.update(Path((value,)) for value, places in users.items() if len(places) > 1)
    return found | {Path(values) for values in _of_one_weight(graph, live, reached)}


def _joins_images(graph: ExecutedGraph, operation: Operation) -> bool:
    """Whether it makes one of all images, as a mean over the batch: there an exchange among them is lost."""
    batch = graph.shapes[graph.inputs[0]][0]
    sizes = [graph.shapes[value] for value in (operation.inputs[0], operation.output)]
    return bool(sizes[0]) and sizes[0][0] == batch and (not sizes[1] or sizes[1][0] == 1)


def _of_one_weight(
    graph: ExecutedGraph, live: dict[int, Operation], reached: set[Value]
) -> Iterable[tuple[Value, ...]]:
    roots: dict[Value, frozenset] = {
        value: frozenset((source,)) if source.kind != "input" else frozenset()
        for value, source in graph.sources.items()
    }
    groups: dict[frozenset, list[Value]] = {}
    for place, operation in enumerate(graph.operations):
        of_inputs = [roots.get(one, frozenset()) for one in operation.inputs if one not in reached]
        behind = frozenset().union(*of_inputs)
        roots.update({value: behind for value in operation.outputs if value is not None})
        if place in live and operation.name in _PRODUCTS and behind:
            groups.setdefault(behind, []).append(operation.output)
    return [tuple(values) for values in groups.values() if len(values) > 1]


def _still_weak(
    graph: ExecutedGraph,
    live: dict[int, Operation],
    results: list[tuple[Value, ...]],
    images: Tensor,
    tensors: dict[Value, Tensor],
    paths: set[Path],
) -> set[Path]:
    """Those of `paths` whose effect is negligible with these images and weights too."""
    values = _computed(graph, images, tensors)
    moved = [
        [
            (other - one).detach()
            for one, other in zip(_rows(some, values), _rows(some, values, True))
        ]
        for some in results
    ]
    whole = [_size(changes) for changes in moved]
    if not all(0 < size < float("inf") for size in whole):
        return paths
    suspected = set()
    for some, changes in zip(results, moved):
        suspected |= _suspected(live, values, some, changes, paths - suspected)
    return {
        path
        for path in suspected
        if not min(_effects(graph, live, results, values, path, whole)) >= LEAST
    }


def _suspected(
    live: dict[int, Operation],
    values: dict[Value, Tensor],
    some: tuple[Value, ...],
    moved: list[Tensor],
    paths: set[Path],
) -> set[Path]:
    """The paths that may have next to no effect: little of what meets there comes by them, or gradients see little of it.

    Gradients alone would tell nothing of a steep wave of no height, nor the share at the meeting of what is cancelled later.
    """
    weights = [torch.randn_like(one) for one in moved]
    needed = {value for path in paths for value in path.values}
    needed |= {live[path.place].output for path in paths if path.place is not None}
    followed = [one for one in needed if values[one].requires_grad]
    total = sum((one * weight).sum() for one, weight in zip(_rows(some, values), weights))
    gradients = dict.fromkeys(needed)
    if followed and isinstance(total, Tensor) and total.requires_grad:
        tensors = [values[one] for one in followed]
        found = torch.autograd.grad(total, tensors, allow_unused=True)
        gradients |= dict(zip(followed, found))
    whole = sum(float((one * weight).sum().abs()) for one, weight in zip(moved, weights))
    suspected = set()
    with torch.no_grad():
        for path in paths:
            share, change = 1.0, {value: _of_others(values[value]) for value in path.values}
            if path.place is not None:
                operation = live[path.place]
                given = {value: change.get(value, values[value]) for value in operation.inputs}
                change = _outputs(operation, path.place, given.__getitem__)
                out = values[operation.output]
                differs = _size([_of_others(out) - out])
                share = _size([change[operation.output] - out]) / differs if differs else 0.0
                change = {operation.output: change[operation.output]}
            seen = sum(
                float((gradients[value] * (other - values[value])).sum())
                for value, other in change.items()
                if gradients[value] is not None
            )
            if not (share > _DOUBTED and abs(seen) > _DOUBTED * whole):
                suspected.add(path)
    return suspected


def _effects(
    graph: ExecutedGraph,
    live: dict[int, Operation],
    results: list[tuple[Value, ...]],
    values: dict[Value, Tensor],
    path: Path,
    whole: list[float],
) -> list[float]:
    with torch.no_grad():
        changed = _exchanged(graph, live, values, path)
        return [
            _size([now - one for now, one in zip(_rows(some, changed), _rows(some, values))]) / size
            for some, size in zip(results, whole)
        ]


def _computed(
    graph: ExecutedGraph, images: Tensor, tensors: dict[Value, Tensor]
) -> dict[Value, Tensor]:
    values = {value: _double(tensor) for value, tensor in tensors.items()}
    values[graph.inputs[0]] = _double(images).requires_grad_()
    with torch.enable_grad():
        for place, operation in enumerate(graph.operations):
            values.update(_outputs(operation, place, values.__getitem__))
    return values


def _exchanged(
    graph: ExecutedGraph, live: dict[int, Operation], values: dict[Value, Tensor], path: Path
) -> dict[Value, Tensor]:
    """All values with those of `path` taken from another image; what does not depend on them is not computed again."""
    other = {value: _of_others(values[value]) for value in path.values}
    changed = dict(other) if path.place is None else {}
    for place, operation in live.items():
        given = other if place == path.place else changed
        if not any(value in given for value in operation.inputs):
            continue
        made = _outputs(
            operation, place, lambda value, given=given: given.get(value, values[value])
        )
        changed.update({value: made[value] for value in made if value not in other})
    return {**values, **changed}


def _outputs(
    operation: Operation, place: int, number: Callable[[Value], Tensor]
) -> dict[Value, Tensor]:
    torch.default_generator.manual_seed(
        place
    )  # dropout drops the same; `torch.manual_seed` would load the compiler
    args, kwargs = tree_map(
        lambda leaf: number(leaf) if isinstance(leaf, Value) else _as_double(leaf),
        (list(operation.args), operation.kwargs),
    )
    if operation.name.startswith(("native_batch_norm", "_native_batch_norm", "cudnn_batch_norm")):
        args[3:5] = [one.clone() if isinstance(one, Tensor) else one for one in args[3:5]]
    made = torch.utils._pytree.tree_flatten(execute(operation, args, kwargs, False))[0]
    return {value: leaf for value, leaf in zip(operation.outputs, made) if value is not None}


def _as_double(leaf):
    return torch.float64 if isinstance(leaf, torch.dtype) and leaf in _TYPES else leaf


def _double(tensor: Tensor) -> Tensor:
    return tensor.detach().double() if tensor.is_floating_point() else tensor


def _of_others(tensor: Tensor) -> Tensor:
    """For each of IMAGES images what another has; they are the first dimension, or what changes slowest in it."""
    return tensor.roll(max(1, len(tensor) // IMAGES), 0) if tensor.dim() else tensor


def _rows(some: tuple[Value, ...], values: dict[Value, Tensor], others: bool = False) -> list:
    """The floating-point results, each less its mean: a number that all classes gain decides nothing."""
    tensors = [values[one] for one in some if values[one].is_floating_point()]
    tensors = [one - one.mean(-1, keepdim=True) if one.dim() == 2 else one for one in tensors]
    return [_of_others(one) for one in tensors] if others else tensors


def _size(changes: list[Tensor]) -> float:
    return sum(float(one.detach().square().sum()) for one in changes) ** 0.5


def _without(graph: ExecutedGraph, results: list[tuple[Value, ...]], weak: set[Path]) -> set[Value]:
    """What the scores need when no negligible path is followed back."""
    lost = {value for path in weak if path.place is None for value in path.values}
    cut = {(value, path.place) for path in weak for value in path.values}
    needed = {one for some in results for one in some}
    for place in range(len(graph.operations) - 1, -1, -1):
        operation = graph.operations[place]
        if needed.intersection(operation.outputs):
            needed.update(
                one for one in operation.inputs if one not in lost and (one, place) not in cut
            )
    return needed
