"""What the operations of a traced graph do to a feature map: slide a window, work on each position, or pool it all."""

import operator

import torch
import torch.nn.functional as F
from torch import fx, nn

WINDOW_MODULES = (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d, nn.LPPool2d)
# Functional pools, with the names of their arguments after the padding.
WINDOW_FUNCTIONS = {F.avg_pool2d: (), F.max_pool2d: ("dilation",), torch.max_pool2d: ("dilation",)}

# What works on each position for itself, or joins maps position by position.
POINTWISE_MODULES = (nn.BatchNorm2d, nn.Dropout, nn.Dropout2d, nn.Identity, nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.PReLU,
                     nn.ELU, nn.GELU, nn.SiLU, nn.Mish, nn.Hardswish, nn.Hardsigmoid, nn.Sigmoid, nn.Tanh, nn.Softplus)
POINTWISE_FUNCTIONS = {operator.add, operator.iadd, operator.sub, operator.mul, operator.imul, operator.truediv,
                       torch.add, torch.sub, torch.mul, torch.cat, torch.concat, torch.relu, torch.sigmoid, torch.tanh,
                       F.relu, F.relu6, F.leaky_relu, F.elu, F.gelu, F.silu, F.mish, F.hardswish, F.sigmoid, F.tanh,
                       F.dropout, F.dropout2d}
IN_PLACE_FUNCTIONS = {operator.iadd, operator.imul, operator.isub, operator.itruediv}
POINTWISE_METHODS = {"add", "add_", "mul", "mul_", "sub", "div", "relu", "relu_", "sigmoid", "tanh", "contiguous",
                     "float", "to", "clone", "detach"}

# What may reduce a whole map to one value per channel; by the sizes it is then seen whether it does.
POOL_MODULES = (nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.MaxPool2d, nn.AdaptiveMaxPool2d)
POOL_FUNCTIONS = {F.avg_pool2d, F.adaptive_avg_pool2d, F.max_pool2d, F.adaptive_max_pool2d, torch.max_pool2d, torch.mean,
                  torch.amax, torch.sum}
POOL_METHODS = {"mean", "amax", "sum"}


def shape_of(node: fx.Node) -> torch.Size | None:
    """The shape of what `node` puts out; None where that is no tensor."""
    return getattr(node.meta.get("tensor_meta"), "shape", None)


def map_size(node: fx.Node) -> tuple[int, int]:
    """(height, width) of the feature map `(B, C, height, width)` that `node` puts out."""
    return tuple(shape_of(node)[2:])


def has_tensors(node: fx.Node) -> bool:
    """Whether `node` puts out a tensor, or several: not a size, a number or a setting."""
    return "tensor_meta" in node.meta


def overwritten_in_place(graph: fx.GraphModule) -> fx.Node | None:
    """An operation that changes one of two feature maps in place while that one is used again after it; None without any."""
    order = {node: place for place, node in enumerate(graph.graph.nodes)}
    for node in graph.graph.nodes:
        in_place = node.target in IN_PLACE_FUNCTIONS or (
            node.op == "call_method" and node.target.endswith("_") and not node.target.endswith("__"))
        if in_place and len(node.all_input_nodes) > 1 and any(order[user] > order[node] for user in node.args[0].users):
            return node
    return None


def is_pointwise(node: fx.Node, graph: fx.GraphModule) -> bool:
    if not _is_one_of(node, graph, POINTWISE_MODULES, POINTWISE_FUNCTIONS, POINTWISE_METHODS):
        return False
    layer = graph.get_submodule(node.target) if node.op == "call_module" else None
    # Without running statistics BatchNorm averages over the whole map, in evaluation mode too.
    return not (isinstance(layer, nn.BatchNorm2d) and layer.running_mean is None)


def is_global_pool(node: fx.Node, graph: fx.GraphModule) -> bool:
    """Whether `node` pools a map of more than one position, the whole of it, down to one value per channel."""
    if not _is_one_of(node, graph, POOL_MODULES, POOL_FUNCTIONS, POOL_METHODS):
        return False
    before, after = shape_of(node.all_input_nodes[0]), shape_of(node)
    if before is None or after is None or len(before) != 4 or before[2] * before[3] == 1:
        return False
    if tuple(after) not in (tuple(before[:2]), (*before[:2], 1, 1)):
        return False
    if not is_window(node, graph):
        return not _reduces(node) or _reduced_dimensions(node) in ({2, 3}, {-1, -2}, {2, -1}, {3, -2})
    settings = window(node, graph)
    return settings is not None and all(kernel >= size for kernel, size in zip(settings[0], before[2:]))


def _reduces(node: fx.Node) -> bool:
    """Whether `node` is a mean, maximum or sum over dimensions that it names, rather than a pool."""
    return node.op == "call_method" or node.target in (torch.mean, torch.amax, torch.sum)


def _reduced_dimensions(node: fx.Node) -> set[int]:
    dimensions = node.kwargs.get("dim", node.args[1] if len(node.args) > 1 else ())
    return set(dimensions) if isinstance(dimensions, (tuple, list)) else {dimensions}


def _is_one_of(node: fx.Node, graph: fx.GraphModule, modules: tuple, functions: set, methods: set) -> bool:
    if node.op == "call_module":
        return isinstance(graph.get_submodule(node.target), modules)
    return node.target in (methods if node.op == "call_method" else functions)


def is_window(node: fx.Node, graph: fx.GraphModule) -> bool:
    """Whether `node` is a convolution or a pool that slides a window."""
    if node.op == "call_module":
        return isinstance(graph.get_submodule(node.target), WINDOW_MODULES)
    return node.op == "call_function" and node.target in WINDOW_FUNCTIONS


def window(node: fx.Node, graph: fx.GraphModule) -> tuple | None:
    """(kernel, stride, padding, dilation), each as (height, width), of a window; None where they are computed on the way."""
    if node.op == "call_module":
        layer = graph.get_submodule(node.target)
        settings = {name: getattr(layer, name, None) for name in ("kernel_size", "stride", "padding", "dilation")}
    else:
        names = ("input", "kernel_size", "stride", "padding", *WINDOW_FUNCTIONS[node.target])
        settings = dict(zip(names, node.args)) | node.kwargs
    if any(source is not node.all_input_nodes[0] for source in node.all_input_nodes):
        return None
    kernel, dilation = _pair(settings["kernel_size"]), _pair(settings.get("dilation") or 1)
    padding = settings.get("padding") or 0
    if padding == "same":  # PyTorch puts the odd pixel at the end
        padding = tuple((k - 1) * d // 2 for k, d in zip(kernel, dilation))
    elif padding == "valid":
        padding = 0
    return kernel, _pair(settings.get("stride") or kernel), _pair(padding), dilation


def describe(node: fx.Node, graph: fx.GraphModule) -> str:
    """Such as "Conv2d 3×3 stride 2 dilation 2 groups 32": the settings that are not the default."""
    if node.op == "placeholder":
        return "image"
    if node.op != "call_module":
        return getattr(node.target, "__name__", str(node.target))
    module = graph.get_submodule(node.target)
    text = type(module).__name__
    if not is_window(node, graph):
        return text
    settings = window(node, graph)
    text += " {}×{}".format(*settings[0])
    if settings[1] != (1, 1):
        text += f" stride {short(settings[1])}"
    if settings[3] != (1, 1):
        text += f" dilation {short(settings[3])}"
    groups = getattr(module, "groups", 1)
    return text if groups == 1 else f"{text} groups {groups}"


def _pair(value) -> tuple[int, int]:
    return tuple(value) if isinstance(value, (tuple, list)) else (value, value)


def short(pair: tuple[int, int]) -> str:
    """Such as "3" for equal height and width, else "1×3"."""
    return str(pair[0]) if pair[0] == pair[1] else "×".join(map(str, pair))
