"""What a network computes, recorded while it runs: PyTorch's own operations (aten) with their real arguments.

Modules, functions, methods and Python's control flow all end in the same few operations (a convolution is
`aten.convolution` however it was called), so recording below them needs no symbolic tracing and misses nothing.
"""

import contextlib
import inspect
from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map_only

MOST_OPERATIONS = 4_000  # that are recorded of one forward pass: every result is kept until its end


class TooManyOperations(ValueError):
    """A forward pass executes more than MOST_OPERATIONS."""


@dataclass(frozen=True)
class Value:
    """A tensor of the graph, by its number. An in-place operation outputs a new value."""

    number: int


@dataclass(frozen=True)
class Operation:
    """`target` is an aten overload such as "aten.convolution.default"; tensors in `args` and `kwargs` are Values.

    `module` is the path of the module that was running and `kind` its class, both "" outside any. `reads_stale` marks an
    operation that reads a tensor whose memory was changed through another one: there the numbers do not tell all.
    """

    target: str
    args: tuple
    kwargs: dict
    outputs: tuple[Value | None, ...]
    module: str = ""
    kind: str = ""
    reads_stale: bool = False

    @property
    def name(self) -> str:
        """Without namespace, overload and the mark of an operation in place: "convolution", "add", "relu"."""
        name = self.target.split(".")[1]
        return name if name.startswith("_") else name.rstrip("_")

    @property
    def inputs(self) -> tuple[Value, ...]:
        """The tensors among all arguments, nested ones too, in the order of the arguments."""
        return tuple(
            leaf for leaf in tree_flatten((self.args, self.kwargs))[0] if isinstance(leaf, Value)
        )

    @property
    def output(self) -> Value | None:
        """The first output; None where the operation has none."""
        return self.outputs[0] if self.outputs else None


@dataclass(frozen=True)
class Source:
    """Where a value comes from that no operation made: `kind` is "input", "parameter", "buffer", "constant" or, for one that
    gradients reach though no module holds it (such as in a plain list), "unregistered". Of the last two, `name` is a number.
    """

    kind: str
    name: str


@dataclass
class ExecutedGraph:
    """The operations of one forward pass in order. `tensors` holds parameters, buffers and constants, not the input."""

    operations: list[Operation] = field(default_factory=list)
    sources: dict[Value, Source] = field(default_factory=dict)
    shapes: dict[Value, tuple[int, ...]] = field(default_factory=dict)
    tensors: dict[Value, Tensor] = field(default_factory=dict)
    inputs: tuple[Value, ...] = ()
    outputs: tuple[Value, ...] = ()

    def producers(self) -> dict[Value, Operation]:
        """For each value that an operation made, that operation."""
        return {
            value: operation
            for operation in self.operations
            for value in operation.outputs
            if value is not None
        }

    def live_operations(self) -> list[Operation]:
        """The operations that the outputs depend on, in order; layers whose results go unused are left out."""
        needed, live = set(self.outputs), []
        for operation in reversed(self.operations):
            if needed.intersection(operation.outputs):
                needed.update(operation.inputs)
                live.append(operation)
        return live[::-1]

    def depends_on_input(self) -> set[Value]:
        """The values that the inputs have a part in."""
        reached = set(self.inputs)
        for operation in self.operations:
            if reached.intersection(operation.inputs):
                reached.update(value for value in operation.outputs if value is not None)
        return reached


def record(model: nn.Module, *inputs: Tensor) -> ExecutedGraph:
    """The graph of `model(*inputs)` in the mode that the model is in. What the model's own code raises is passed on.

    TooManyOperations where it executes more than MOST_OPERATIONS.
    """
    recorder = _Recorder(model, inputs)
    with torch.no_grad(), recorder.follow_modules(), recorder:
        result = model(*inputs)
    recorder.graph.outputs = tuple(
        recorder.number(leaf) for leaf in tree_flatten(result)[0] if isinstance(leaf, Tensor)
    )
    return recorder.graph


class _Recorder(TorchDispatchMode):
    """Sees every operation and writes it down; tensors are told apart by identity, and so are kept alive meanwhile."""

    def __init__(self, model: nn.Module, inputs: tuple[Tensor, ...]):
        super().__init__()
        self.graph = ExecutedGraph()
        self.model = model
        self.values: dict[
            int, tuple[Value, int]
        ] = {}  # id of a tensor: its value, and the state of its memory then
        self.changes: dict[int, int] = {}  # memory: how often it was changed in place
        self.alive: list[Tensor] = []
        self.running: list[tuple[str, str]] = []
        named = [
            *((name, "parameter", tensor) for name, tensor in model.named_parameters()),
            *((name, "buffer", tensor) for name, tensor in model.named_buffers()),
        ]
        self.registered = {id(tensor): Source(kind, name) for name, kind, tensor in named}
        self.by_memory = {
            _memory(tensor): Source(kind, name) for name, kind, tensor in named if tensor.numel()
        }
        self.graph.inputs = tuple(
            self._source(tensor, Source("input", str(place))) for place, tensor in enumerate(inputs)
        )

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if len(self.graph.operations) >= MOST_OPERATIONS:
            raise TooManyOperations(f"it executes more than {MOST_OPERATIONS:,} operations")
        stale = any(
            self._is_stale(leaf)
            for leaf in tree_flatten((args, kwargs))[0]
            if isinstance(leaf, Tensor)
        )
        noted_args, noted_kwargs = tree_map_only(Tensor, self.number, (tuple(args), kwargs))
        result = func(*args, **kwargs)
        for argument, value in zip(func._schema.arguments, args):
            if (
                argument.alias_info is not None
                and argument.alias_info.is_write
                and isinstance(value, Tensor)
            ):
                self.changes[_storage(value)] = self.changes.get(_storage(value), 0) + 1
        outputs = tuple(
            self._new(leaf) if isinstance(leaf, Tensor) else None
            for leaf in tree_flatten(result)[0]
        )
        module, kind = self.running[-1] if self.running else ("", "")
        self.graph.operations.append(
            Operation(str(func), noted_args, noted_kwargs, outputs, module, kind, stale)
        )
        return result

    def number(self, tensor: Tensor) -> Value:
        """The value that `tensor` is; one that no operation made is a parameter, a buffer or a constant."""
        if id(tensor) in self.values:
            return self.values[id(tensor)][0]
        # `.data` gives a new tensor over the memory of the old one.
        source = self.registered.get(id(tensor)) or self.by_memory.get(_memory(tensor))
        kind = "unregistered" if tensor.requires_grad and tensor.is_leaf else "constant"
        return self._source(tensor, source or Source(kind, str(len(self.graph.tensors))))

    def _source(self, tensor: Tensor, source: Source) -> Value:
        value = self._new(tensor)
        self.graph.sources[value] = source
        if source.kind != "input":
            self.graph.tensors[value] = tensor.detach().clone()
        return value

    def _new(self, tensor: Tensor) -> Value:
        value = Value(len(self.graph.shapes))
        self.values[id(tensor)] = value, self.changes.get(_storage(tensor), 0)
        self.graph.shapes[value] = tuple(tensor.shape)
        self.alive.append(tensor)
        return value

    def _is_stale(self, tensor: Tensor) -> bool:
        return id(tensor) in self.values and self.values[id(tensor)][1] != self.changes.get(
            _storage(tensor), 0
        )

    @contextlib.contextmanager
    def follow_modules(self) -> Iterator[None]:
        """Keeps `running` while the model's modules are called."""
        hooks = []
        for path, module in self.model.named_modules():
            place = (path, type(module).__name__)
            hooks.append(
                module.register_forward_pre_hook(lambda *_, place=place: self.running.append(place))
            )
            hooks.append(module.register_forward_hook(lambda *_: self.running.pop() and None))
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()


# PyTorch wraps the method to keep its compiler away from it, and imports that compiler for it: seconds that a child has to
# spend again each time.
_Recorder.__torch_dispatch__ = inspect.unwrap(_Recorder.__torch_dispatch__)


def _storage(tensor: Tensor) -> int:
    return tensor.untyped_storage()._cdata


def _memory(tensor: Tensor) -> tuple:
    return tensor.data_ptr(), tuple(tensor.shape), tuple(tensor.stride()), tensor.dtype
