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
                       F.dropout, F.dropout2d, F.batch_norm}
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


def is_pointwise(node: fx.Node, graph: fx.GraphModule) -> bool:
    return _is_one_of(node, graph, POINTWISE_MODULES, POINTWISE_FUNCTIONS, POINTWISE_METHODS)


def is_global_pool(node: fx.Node, graph: fx.GraphModule) -> bool:
    """Whether `node` pools a map of more than one position down to one value per channel."""
    if not _is_one_of(node, graph, POOL_MODULES, POOL_FUNCTIONS, POOL_METHODS):
        return False
    before, after = shape_of(node.all_input_nodes[0]), shape_of(node)
    if before is None or after is None or len(before) != 4 or before[2] * before[3] == 1:
        return False
    return tuple(after) in (tuple(before[:2]), (*before[:2], 1, 1))


def _is_one_of(node: fx.Node, graph: fx.GraphModule, modules: tuple, functions: set, methods: set) -> bool:
    if node.op == "call_module":
        return isinstance(graph.get_submodule(node.target), modules)
    return node.target in (methods if node.op == "call_method" else functions)


def window(node: fx.Node, graph: fx.GraphModule) -> tuple | None:
    """(kernel, stride, padding, dilation), each as (height, width), of a convolution or pool; None for other operations."""
    if node.op == "call_module" and isinstance(layer := graph.get_submodule(node.target), WINDOW_MODULES):
        settings = {name: getattr(layer, name, None) for name in ("kernel_size", "stride", "padding", "dilation")}
    elif node.op == "call_function" and node.target in WINDOW_FUNCTIONS:
        names = ("input", "kernel_size", "stride", "padding", *WINDOW_FUNCTIONS[node.target])
        settings = dict(zip(names, node.args)) | node.kwargs
    else:
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
    settings = window(node, graph)
    if settings is None:
        return text
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
