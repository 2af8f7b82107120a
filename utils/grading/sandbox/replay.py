"""A recorded network computed again from its operations alone, for any batch size, with PyTorch's own arithmetic."""

from dataclasses import replace

import torch
from torch import Tensor
from torch.utils._pytree import tree_flatten, tree_map, tree_map_only

from utils.architecture import graph_operations as operations
from utils.architecture.executed_graph import ExecutedGraph, Operation, Value

# Besides those whose effect on a feature map is known: what networks compute; nothing that reads files or raw memory.
_OTHERS = frozenset(
    """
    _adaptive_avg_pool2d _adaptive_avg_pool3d _assert_async _euclidean_dist _fused_rms_norm _local_scalar_dense
    _log_softmax _native_batch_norm_legit _prelu_kernel _scaled_dot_product_attention_math
    _scaled_dot_product_flash_attention_for_cpu _softmax _unsafe_view _weight_norm_interface adaptive_max_pool2d
    addbmm addmm addmv all any arange argmax argmin as_strided_copy avg_pool1d avg_pool3d baddbmm bernoulli bmm
    broadcast_tensors cdist channel_shuffle col2im constant_pad_nd convolution copysign cumprod diagonal dot
    embedding empty empty_like empty_strided equal erfinv exponential eye fft_fft2 fft_rfft2 flatten full
    full_like gather glu grid_sampler_2d group_norm hann_window hypot im2col index index_select is_nonzero
    isfinite isinf isnan linalg_norm linalg_vector_norm linspace log10 log2 log_sigmoid_forward logaddexp
    logsumexp masked_select max_pool1d_with_indices max_pool3d_with_indices mkldnn_convolution mm mse_loss
    multinomial mv narrow native_channel_shuffle native_dropout native_group_norm native_layer_norm new_empty
    new_full new_ones new_zeros nonzero normal one_hot ones outer pixel_shuffle pixel_unshuffle prod rand
    rand_like randint randn randn_like random randperm repeat repeat_interleave resolve_conj resolve_neg
    rms_norm roll rot90 rrelu_with_noise scalar_tensor scatter scatter_add sin sort t tanhshrink tile topk trace
    transpose tril triu trunc unfold uniform unsafe_chunk unsafe_split upsample_bicubic2d upsample_bilinear2d
    upsample_nearest2d var_mean vdot view_as_complex view_as_real xlogy zero zeros""".split()
)
ALLOWED = (
    _OTHERS
    | operations.POINTWISE
    | operations.BATCH_NORMS
    | operations.ALONG_DIMENSIONS
    | operations.RESHAPES
    | operations.PERMUTATIONS
    | operations.PADS
    | frozenset(operations.POOLS)
    | frozenset(operations.WINDOWS)
)

_CHANGES = "what the network executes changes with the batch size"


class CannotReplay(ValueError):
    """The recorded network cannot be computed again; the message says why."""


def for_any_batch(first: ExecutedGraph, second: ExecutedGraph, batch: int) -> ExecutedGraph:
    """`first` with the numbers that follow the batch size set for `batch` images.

    `first` and `second` are recordings of one network with unlike batch sizes. CannotReplay where they are unlike in more.
    """
    sizes = [graph.shapes[graph.inputs[0]][0] for graph in (first, second)]

    def number(one, other):
        if type(one) is type(other) and (one == other or one != one and other != other):
            return one
        if (
            type(one) is int
            and type(other) is int
            and one * sizes[1] == other * sizes[0]
            and one % sizes[0] == 0
        ):
            return one // sizes[0] * batch
        raise CannotReplay(_CHANGES)

    if len(first.operations) != len(second.operations) or first.outputs != second.outputs:
        raise CannotReplay(_CHANGES)
    rescaled = []
    for one, other in zip(first.operations, second.operations):
        if (one.target, one.outputs, len(one.args), list(one.kwargs)) != (
            other.target,
            other.outputs,
            len(other.args),
            list(other.kwargs),
        ):
            raise CannotReplay(_CHANGES)
        try:
            args, kwargs = tree_map(number, (one.args, one.kwargs), (other.args, other.kwargs))
        except ValueError as error:  # lists of unlike lengths
            raise CannotReplay(_CHANGES) from error
        rescaled.append(replace(one, args=args, kwargs=kwargs))
    return replace(first, operations=rescaled)


def replay(
    graph: ExecutedGraph, images: Tensor, tensors: dict[Value, Tensor]
) -> dict[Value, Tensor]:
    """Every value of `graph` for the input `images`, with `tensors` for its parameters, buffers and constants.

    Values are kept apart: an operation in place works on a copy, unless a tensor is read that was changed through
    another one. CannotReplay where an operation is unknown or fails.
    """
    values = {graph.inputs[0]: images, **tensors}
    in_memory = any(operation.reads_stale for operation in graph.operations)
    for operation in graph.operations:
        args, kwargs = tree_map_only(
            Value, values.__getitem__, (list(operation.args), operation.kwargs)
        )
        result = execute(operation, args, kwargs, in_memory)
        leaves = tree_flatten(result)[0]
        if len(leaves) != len(operation.outputs):
            raise CannotReplay(f"{operation.target} puts out something else than was recorded")
        values.update(
            (value, leaf) for value, leaf in zip(operation.outputs, leaves) if value is not None
        )
    return values


def execute(operation: Operation, args: list, kwargs: dict, in_memory: bool):
    """The result of one recorded operation; in place, it works on a copy where not `in_memory`. CannotReplay if it fails."""
    if operation.name not in ALLOWED:
        raise CannotReplay(f"the operation {operation.target} is not one that the grader knows")
    packet = getattr(torch.ops.aten, operation.target.split(".")[1], None)
    function = getattr(packet, operation.target.split(".")[2], None)
    if function is None:
        raise CannotReplay(f"PyTorch has no operation {operation.target}")
    if operation.name == "detach":  # so that gradients tell what has a part in the result
        return args[0].view_as(args[0])
    writes = operation.target.split(".")[1].endswith("_")
    if writes and not in_memory and args and isinstance(args[0], Tensor):
        args[0] = args[0].clone()
    try:
        return function(*args, **kwargs)
    except (RuntimeError, TypeError, ValueError, IndexError, NotImplementedError) as error:
        raise CannotReplay(
            f"{operation.target} cannot be computed again: {str(error).splitlines()[0][:200]}"
        ) from error


def influential(
    graph: ExecutedGraph, images: Tensor, tensors: dict[Value, Tensor]
) -> set[Value] | None:
    """The values that change the result when they change, by their gradients; None where gradients cannot tell.

    A layer that is executed and then multiplied by zero is not among them. Values that are no floating-point numbers are:
    they have no gradients.
    """
    if any(operation.reads_stale for operation in graph.operations):
        return None
    learnt = {value for value, source in graph.sources.items() if source.kind == "parameter"}
    leaves = {
        value: tensor.clone().requires_grad_(value in learnt and tensor.is_floating_point())
        for value, tensor in tensors.items()
    }
    with torch.enable_grad():
        try:
            values = replay(graph, images.clone().requires_grad_(), leaves)
        except CannotReplay:  # an operation without a gradient
            return None
        total = sum(
            (values[value] * torch.randn_like(values[value])).sum()
            for value in graph.outputs
            if values[value].is_floating_point()
        )
        followed = {
            value: tensor
            for value, tensor in values.items()
            if isinstance(tensor, Tensor) and tensor.requires_grad
        }
        if not isinstance(total, Tensor) or not total.requires_grad:
            return None
        try:
            gradients = torch.autograd.grad(total, list(followed.values()), allow_unused=True)
        except RuntimeError:
            return None
    without = {
        value
        for value, gradient in zip(followed, gradients)
        if gradient is None or not gradient.any()
    }
    return set(values) - without
