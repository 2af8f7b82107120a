"""In the child: which layers one call of a network uses, and the same for any number of images without computing anything.

From two calls it is known how large the result of each operation is for any batch. Then an operation that is known gives
zeros of that size, which all lie in one piece of memory that nothing was ever written to: a call takes about a millisecond.
"""

import inspect
import sys
from collections import Counter
from functools import cache

import numpy
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from utils.architecture import executed_graph
from utils.architecture.graph_operations import BATCH_NORMS, MAXIMA, POINTWISE
from utils.grading.sandbox import gpu_questions

_SMALL = 4096  # numbers; operations on so few are computed
_LARGE = 2**22  # operations on so many are not
# What takes numbers out of a tensor: functions, and operations.
_READS = frozenset(
    """item tolist numpy __array__ __bool__ __float__ __int__ __index__ __contains__ __dlpack__ __reduce_ex__ data_ptr
    untyped_storage storage equal allclose is_nonzero unique nonzero""".split()
)
_READING = frozenset("_local_scalar_dense is_nonzero equal nonzero masked_select _unique2".split())
UNHELD = "parameter", "one that no module holds"
Shapes = dict[
    tuple, tuple
]  # an operation with its arguments: the kind of its result, and sizes and types of its tensors


class CannotTell(Exception):
    """An operation is not known, and too large to be computed."""


class Call(TorchDispatchMode):
    """Watches one call: `items` says how often it uses which windows, pools and maxima, and which parameters it uses.

    `reads`: its code takes numbers out of tensors. With `shapes`, what they know is not computed, and what needs none of
    `expected` ends the call and sets `another`. `names`: those of the parameters, by the `id` of each.
    """

    def __init__(
        self,
        names: dict[int, str],
        shapes: Shapes | None = None,
        expected: Counter | None = None,
    ):
        super().__init__()
        self.names = names
        self.shapes, self.expected = shapes, expected
        self.items, self.log = Counter(), []
        self.reads = self.another = False
        self._functions = _Functions(self)

    def __enter__(self):
        self._functions.__enter__()
        return super().__enter__()

    def __exit__(self, *exception):
        super().__exit__(*exception)
        self._functions.__exit__(*exception)

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        leaves: list[Tensor] = []
        given = func, _key(args, leaves), _key(tuple(kwargs.values()), leaves)
        name, is_view, writes = _kind(func)
        self._note(name, args, leaves)
        if self.shapes is None:
            result = func(*args, **kwargs)
            self.log.append((given, _described(result)))
            return result
        size = sum(one.numel() for one in leaves)
        if is_view or leaves and size <= _SMALL:
            return func(*args, **kwargs)
        if writes:
            return args[0]
        known = self.shapes.get(given) or _by_name(name, args, leaves)
        if known:
            return _made(known, kwargs.get("dtype"), leaves)
        if size > _LARGE:
            raise CannotTell(name)
        return func(*args, **kwargs)

    def _note(self, name: str, args: tuple, leaves: list[Tensor]) -> None:
        self.reads |= name in _READING
        for one in leaves:
            known = self.names.get(id(one))
            if known is None and one.requires_grad and one.is_leaf and not one._is_view():
                self._count(UNHELD, once=True)
            elif known is not None:
                self._count(("parameter", known), once=True)
        if name == "convolution" and len(args) >= 9:
            settings = *map(_key, args[3:8]), args[8] > 1
            self._count((name, tuple(args[1].shape[2:]), *settings))
        elif "_pool" in name:
            self._count((name.partition("_pool")[0],))
        elif name in MAXIMA:
            self._count((name,))

    def _count(self, item: tuple, once: bool = False) -> None:
        self.items[item] = 1 if once else self.items[item] + 1
        if self.expected is not None and item not in self.expected:
            self.another = True
            raise CannotTell("it uses another layer")


Call.__torch_dispatch__ = inspect.unwrap(Call.__torch_dispatch__)  # as in executed_graph


class _Functions(TorchFunctionMode):
    """Sees what takes numbers out of a tensor without an operation."""

    def __init__(self, call: Call):
        super().__init__()
        self.call = call

    def __torch_function__(self, function, types, args=(), kwargs=None):
        if getattr(function, "__name__", "") in _READS:
            frame = sys._getframe(1)
            while frame.f_code.co_filename == gpu_questions.__file__:
                frame = frame.f_back
            self.call.reads |= frame.f_code.co_filename != executed_graph.__file__
        return function(*args, **(kwargs or {}))


def shapes_for(logs: list[list], batches: tuple[int, int], batch: int) -> Shapes:
    """From the logs of two calls with `batches` images: the sizes of the results for `batch` images."""
    found = {}
    if len(logs[0]) == len(logs[1]):
        for one, other in zip(*logs):
            try:
                (func, *given), made = _scaled(one, other, batches, batch)
            except ValueError:
                continue
            found[(func, *given)] = made
    return found


def _scaled(one, other, batches: tuple[int, int], batch: int):
    if isinstance(one, tuple):
        if not isinstance(other, tuple) or len(one) != len(other):
            raise ValueError
        return tuple(_scaled(*pair, batches, batch) for pair in zip(one, other))
    if one == other:
        return one
    if type(one) is type(other) is int and one * batches[1] == other * batches[0]:
        return one * batch // batches[0]
    raise ValueError


def _by_name(name: str, args: tuple, leaves: list[Tensor]) -> tuple | None:
    """What is known of operations that only training executes."""
    if name in BATCH_NORMS:
        image, channels = args[0], (args[0].shape[1],)
        return tuple, ((tuple(image.shape), image.dtype), *[(channels, torch.float32)] * 2)
    if name == "native_dropout":
        return tuple, ((tuple(args[0].shape), args[0].dtype), (tuple(args[0].shape), torch.bool))
    if name in POINTWISE and leaves:
        return Tensor, ((_together(leaves), leaves[0].dtype),)
    return None


def _together(leaves: list[Tensor]) -> tuple[int, ...]:
    """The size of what several become position by position; PyTorch's own function would load its compiler."""
    count = max(one.dim() for one in leaves)
    sizes = [(1,) * (count - one.dim()) + tuple(one.shape) for one in leaves]
    return tuple(0 if 0 in size else max(size) for size in zip(*sizes))


_memory: dict[torch.dtype, Tensor] = {}


def zeros(shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    """In memory that all zeros share, and that the system gives when it is first written to: never."""
    count = torch.Size(shape).numel()
    if dtype not in _memory or len(_memory[dtype]) < count:
        _memory.pop(dtype, None)
        size = max(count, _LARGE) * dtype.itemsize
        in_bytes = torch.from_numpy(numpy.zeros(size, numpy.uint8))
        _memory[dtype] = in_bytes.view(dtype)
    return _memory[dtype][:count].view(shape)


def _made(known: tuple, dtype: torch.dtype | None, leaves: list[Tensor]):
    """Zeros in the place of a result that is known; numbers are of the type of the first that went in."""
    kind, sizes = known
    given = dtype or next((one.dtype for one in leaves if one.is_floating_point()), None)
    made = [zeros(size, given if of.is_floating_point and given else of) for size, of in sizes]
    return made[0] if kind is Tensor else kind(made)


def _described(result) -> tuple | None:
    """None where it is more than tensors."""
    parts = result if isinstance(result, (list, tuple)) else (result,)
    if not parts or not all(isinstance(one, Tensor) for one in parts):
        return None
    kind = Tensor if isinstance(result, Tensor) else type(result)
    return kind, tuple((tuple(one.shape), one.dtype) for one in parts)


def _key(leaf, leaves: list[Tensor] | None = None):
    """An argument as far as sizes go; the tensors in it are added to `leaves`."""
    if isinstance(leaf, Tensor):
        if leaves is not None:
            leaves.append(leaf)
        return tuple(leaf.shape)
    if isinstance(leaf, (list, tuple)):
        return tuple([_key(one, leaves) for one in leaf])
    return leaf if isinstance(leaf, (int, float, str)) else None


@cache
def _kind(func) -> tuple[str, bool, bool]:
    """The name of an operation, whether its result lies in the memory of an argument, and whether it writes to the first."""
    schema = func._schema
    name = schema.name.partition("::")[2].rstrip("_")
    is_view = any(one.alias_info and not one.alias_info.is_write for one in schema.returns)
    first = schema.arguments[0].alias_info if schema.arguments and schema.returns else None
    return name, is_view, bool(first and first.is_write)
