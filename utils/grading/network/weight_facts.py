"""How many weights a network has, and how many of them take part in its result."""

from collections import Counter
from collections.abc import Iterator
from math import prod

from utils.architecture import graph_operations as operations
from utils.architecture.executed_graph import Operation, Source, Value
from utils.grading.facts import Fact
from utils.grading.network.view import WEIGHTED, NetworkView

# Numbers that take part in the result and may or may not be weights: more than means, grids and masks need, and than make
# a difference to a budget of 200,000.
_DOUBT = 10_000
_BUFFER_LIMIT = 256  # of them that need no remark: means, scales, a small grid
_NAMED = 5  # of many tensors, those that a remark names
_WORD = 4  # bytes: two weights fit into one number of eight bytes


def parameters(view: NetworkView) -> Fact:
    """How many, each counted once, and the numbers that act as weights without being parameters."""
    listed = sum(prod(shape) for shape in view.network.parameters.values())
    hidden = _hidden_weights(view)
    why = f"{listed:,} in parameters"
    why += "".join(
        f", and {count:,} in {name}, which acts as a weight" for name, count in hidden.items()
    )
    unclear = _unclear(view)
    if sum(unclear.values()) >= _DOUBT:
        return view.fact(
            None,
            f"{why}; whether {sum(unclear.values()):,} more numbers in buffers and constants, which take part in "
            f"the result, are weights cannot be told: {_largest(unclear)}",
        )
    return view.fact(listed + sum(hidden.values()), why if hidden else "")


def parameters_executed(view: NetworkView) -> Fact:
    """How many of them the result needs; `why` names the layers without a part in it."""
    used = _used_parameters(view)
    executed = sum(prod(view.network.parameters[name]) for name in used) + sum(
        _hidden_weights(view).values()
    )
    return view.fact(executed, _idle(view, used))


def _idle(view: NetworkView, used: set[str]) -> str:
    """The outermost modules none of whose parameters is `used`, "" where there are none."""
    busy = {module for name in used for module in _modules_around(name)}
    modules = dict.fromkeys(
        next((one for one in _modules_around(name) if one not in busy), name)
        for name in sorted(set(view.network.parameters) - used)
    )
    more = f" and {len(modules) - _NAMED} more" if len(modules) > _NAMED else ""
    said = f"defined but without a part in the result: {', '.join(list(modules)[:_NAMED])}{more}"
    return said if modules else ""


def _modules_around(name: str) -> list[str]:
    """The modules that hold a parameter, the outermost first."""
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]


def printable_totals(view: NetworkView) -> frozenset[int]:
    """The totals that a summary of this network may print, because summaries differ in what they count.

    All parameters once (torchinfo, Keras), those that are executed, and as torchsummary does it: the weight and bias of each
    layer as often as the layer is called, and no other parameter of a module.
    """
    sizes = {name: prod(shape) for name, shape in view.network.parameters.items()}
    calls = Counter(
        source.name
        for operation in view.graph.live_operations()
        for value in set(operation.inputs)
        if (source := view.graph.sources.get(value)) and source.kind == "parameter"
    )
    of_layers = {
        name: size for name, size in sizes.items() if name.rpartition(".")[2] in ("weight", "bias")
    }
    return frozenset(
        [
            sum(sizes.values()),
            sum(size for name, size in sizes.items() if calls[name]),
            sum(of_layers.values()),
            sum(size * calls[name] for name, size in of_layers.items()),
        ]
    )


def _used_parameters(view: NetworkView) -> set[str]:
    live = {value for operation in view.graph.live_operations() for value in operation.inputs}
    return {
        source.name
        for value, source in view.graph.sources.items()
        if value in live and source.kind == "parameter"
    }


def _hidden_weights(view: NetworkView) -> dict[str, int]:
    """Numbers that act as weights but are not parameters, by where they are kept.

    Those of a convolution or a matrix product, also one that is written as a product and a sum, and what is trained
    though no module holds it.
    """
    producers, hidden = view.graph.producers(), _unregistered(view)
    pools = {id(pool) for pool, _ in view.global_pools}
    for operation in view.live:
        users = view.users.get(operation.output, ())
        if operation.name == "mul" and any(
            one.name in ("sum", "mean") and id(one) not in pools for one in users
        ):
            for value in operation.inputs:
                numbers = {} if value in view.reached else _numbers_behind(view, value, producers)
                hidden |= numbers if sum(numbers.values()) >= _BUFFER_LIMIT else {}
        for position in WEIGHTED.get(operation.name, ()):
            operand = operations.argument(operation, position)
            if isinstance(operand, Value) and operand not in view.reached:
                hidden |= _weights_of(view, operand, producers)
    return hidden


def _weights_of(
    view: NetworkView, operand: Value, producers: dict[Value, Operation]
) -> dict[str, int]:
    """The numbers behind the weights `operand` of a layer; all that it holds, where it is spread out of fewer."""
    numbers = _numbers_behind(view, operand, producers)
    more = prod(view.graph.shapes[operand]) - sum(numbers.values())
    if not numbers or more <= 0 or _has_parameter(view, operand, producers):
        return numbers
    return numbers | {f"what is computed of {next(iter(numbers))}": more}


def _has_parameter(view: NetworkView, value: Value, producers: dict[Value, Operation]) -> bool:
    return any(
        view.graph.sources[one].kind == "parameter"
        for one in _behind(value, producers)
        if one in view.graph.sources
    )


def _unregistered(view: NetworkView) -> dict[str, int]:
    used = {value for operation in view.live for value in operation.inputs}
    sizes = {
        source: prod(view.graph.shapes[value])
        for value, source in view.graph.sources.items()
        if source.kind == "unregistered" and value in used
    }
    names = "one tensor" if len(sizes) == 1 else f"{len(sizes)} tensors"
    return (
        {f"{names} that gradients reach though no module holds them": sum(sizes.values())}
        if sizes
        else {}
    )


def _numbers_behind(
    view: NetworkView, value: Value, producers: dict[Value, Operation]
) -> dict[str, int]:
    """The buffers, constants and numbers made on the way that `value` is computed from, each with how many it holds."""
    found = {}
    for current in _behind(value, producers):
        source = view.graph.sources.get(current)
        if source is not None and source.kind in ("buffer", "constant"):
            found[_described(source)] = prod(view.graph.shapes[current])
        elif current in producers and not producers[current].inputs:
            found[f"a tensor that {producers[current].name} makes"] = prod(
                view.graph.shapes[current]
            )
    return found


def _behind(value: Value, producers: dict[Value, Operation]) -> list[Value]:
    """`value` and all that it is computed from."""
    waiting, seen = [value], {}
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen[current] = True
            waiting += producers[current].inputs if current in producers else ()
    return list(seen)


def remarks_on_weights(view: NetworkView) -> Iterator[str]:
    """What belongs to no fact: numbers that take part in the result and are no parameters, layers without effect."""
    if _hidden_weights(view):
        yield f"Counted as parameters: {parameters(view).why}."
    unclear = _unclear(view)
    if sum(unclear.values()) >= _BUFFER_LIMIT:
        yield f"Not counted as parameters, though they take part in the result: {_largest(unclear)}."
    if idle := _idle(view, _used_parameters(view)):
        yield f"{idle[0].upper()}{idle[1:]}."
    if view.network.ineffective:
        yield (
            f"Executed without any effect on the result, and so not counted as executed: "
            f"{', '.join(view.network.ineffective)}."
        )


def _unclear(view: NetworkView) -> dict[str, int]:
    """Every buffer and constant that the result needs and that does not count as weights, in words of four bytes.

    Not what a batch normalisation keeps for evaluation: in training mode it does not use that.
    """
    counted, found = _hidden_weights(view), {}
    for operation in view.graph.live_operations():
        kept = operation.args[3:5] if operation.name in operations.BATCH_NORMS else ()
        for value in operation.inputs:
            source = view.graph.sources.get(value)
            if source is None or source.kind not in ("buffer", "constant"):
                continue
            is_kept = value in kept and source.name in view.network.statistics
            if not is_kept and _described(source) not in counted:
                tensor = view.graph.tensors[value]
                words = tensor.numel() * max(_WORD, tensor.element_size()) // _WORD
                found[_described(source)] = words, operation.name
    return {f"{name} of {words:,} numbers ({user})": words for name, (words, user) in found.items()}


def _largest(unclear: dict[str, int]) -> str:
    names = sorted(unclear, key=unclear.__getitem__, reverse=True)
    more = f" and {len(names) - _NAMED:,} more tensors" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _described(source: Source) -> str:
    """Such as "the buffer features.kernel"."""
    return f"the {source.kind} {source.name}"
