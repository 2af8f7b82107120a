"""Receptive field, jump and output size of every layer, exact over the traced graph.

Each feature map is described along each axis by the input pixels that its first position sees, [start, end], and by the
jump, the distance in input pixels between neighbouring positions (Araujo et al. 2019, Computing Receptive Fields of
Convolutional Neural Networks, doi:10.23915/distill.00021). A k-wide window with dilation d, stride s and padding p gives
start - p·jump, end + ((k - 1)·d - p)·jump and jump·s; where branches meet, the field is the union of theirs.
"""

import copy
from dataclasses import dataclass

import torch
from torch import fx, nn
from torch.fx.passes.shape_prop import ShapeProp

from utils import graph_operations as operations
from utils.graph_operations import map_size, shape_of, short
from utils.tables import text_table


class CannotTrace(ValueError):
    """The receptive field cannot be established; the message says at which operation, and why."""


@dataclass(frozen=True)
class Axis:
    """What the first position of a feature map sees along one axis, in input pixels, and the step to the next."""
    start: int = 0
    end: int = 0
    jump: int = 1

    @property
    def size(self) -> int:
        return self.end - self.start + 1

    def through(self, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> "Axis":
        reach = (kernel - 1) * dilation
        return Axis(self.start - padding * self.jump, self.end + (reach - padding) * self.jump, self.jump * stride)


Field = tuple[Axis, Axis]  # height, width


@dataclass(frozen=True)
class LayerField:
    """A row of the table: sizes, fields and jumps are (height, width), in positions and in input pixels."""
    name: str
    operation: str
    output_size: tuple[int, int]
    receptive_field: tuple[int, int]
    jump: tuple[int, int]
    is_global_pool: bool = False


def receptive_fields(model: nn.Module, input_size: tuple[int, int, int] = (3, 32, 32)) -> list[LayerField]:
    """A row for the input and for every convolution, pool and junction, in order of execution; then one for the global pool.

    `model` is traced as a copy in evaluation mode. CannotTrace where its control flow or an operation is beyond this.
    """
    return _walk(model, input_size).rows


def receptive_field(model: nn.Module, input_size: tuple[int, int, int] = (3, 32, 32)) -> tuple[int, int]:
    """(height, width) in pixels of the field at the input of the global pool; CannotTrace when the model has none."""
    walk = _walk(model, input_size)
    if not walk.fields_at_pools:
        raise CannotTrace("the model has no global pool")
    if len(set(walk.fields_at_pools)) > 1:
        raise CannotTrace("the model has global pools with different receptive fields")
    return tuple(axis.size for axis in walk.fields_at_pools[0])


def format_table(rows: list[LayerField]) -> str:
    """The rows as text, one line each; a single number stands for equal height and width."""
    return text_table(("layer", "operation", "output", "field", "jump"),
                      [(row.name, row.operation, short(row.output_size), short(row.receptive_field), short(row.jump))
                       for row in rows], left=2)


def _walk(model: nn.Module, input_size: tuple[int, int, int]) -> "_Walk":
    graph = _trace(model, input_size)
    walk = _Walk(graph)
    for node in graph.graph.nodes:
        if node.op not in ("output", "get_attr"):
            walk.visit(node)
    return walk


def _trace(model: nn.Module, input_size: tuple[int, int, int]) -> fx.GraphModule:
    """The operations of `model` with the shapes of what they put out, without those whose result nobody uses."""
    duplicate = copy.deepcopy(model).to("cpu", torch.float32).eval()
    try:
        graph = fx.GraphModule(duplicate, _Tracer().trace(duplicate))
        with torch.no_grad():
            ShapeProp(graph).propagate(torch.zeros(1, *input_size))
    except Exception as error:  # a model's own code runs here, so anything may come out of it
        raise CannotTrace(f"the model cannot be traced symbolically: {type(error).__name__}: {error}") from error
    if overwritten := operations.overwritten_in_place(graph):
        raise CannotTrace(f"{overwritten.name} changes a feature map in place that is used again after it")
    graph.graph.eliminate_dead_code()
    return graph


class _Tracer(fx.Tracer):
    """Takes subclasses of PyTorch's windows for what they are, instead of looking into them."""

    def is_leaf_module(self, module: nn.Module, name: str) -> bool:
        return isinstance(module, operations.WINDOW_MODULES) or super().is_leaf_module(module, name)


class _Walk:
    """Visits the operations in order and keeps, for each feature map, its field."""

    def __init__(self, graph: fx.GraphModule):
        self.graph = graph
        self.fields: dict[fx.Node, Field] = {}
        self.pooled: set[fx.Node] = set()  # what lies behind a global pool: it has no positions any more
        self.lost: set[fx.Node] = set()  # what is made of feature maps in a way that this does not follow
        self.fields_at_pools: list[Field] = []
        self.rows: list[LayerField] = []

    def visit(self, node: fx.Node) -> None:
        if not operations.has_tensors(node):
            return  # a size or a number
        if node.op == "placeholder":
            self._keep(node, (Axis(), Axis()), listed=True)
            return
        maps, pooled, lost = ([source for source in node.all_input_nodes if source in group]
                              for group in (self.fields, self.pooled, self.lost))
        is_map = len(shape_of(node) or ()) == 4
        if lost and (maps or is_map):
            raise CannotTrace(f"a feature map is reshaped or taken apart on the way to {self._name(node)}")
        if pooled and maps:
            raise CannotTrace(f"what lies behind a global pool joins a feature map at {self._name(node)}")
        if pooled and not lost:
            self.pooled.add(node)
        elif maps and operations.is_global_pool(node, self.graph):
            self._pool(node, maps[0])
        elif maps and is_map:
            self._keep(node, self._field(node, maps), listed=len(maps) > 1 or operations.is_window(node, self.graph))
        elif maps or lost:
            self.lost.add(node)

    def _field(self, node: fx.Node, maps: list[fx.Node]) -> Field:
        if operations.is_window(node, self.graph):
            settings = operations.window(node, self.graph)
            if settings is None:
                raise CannotTrace(f"the window of {self._name(node)} depends on the size of its input")
            height, width = self.fields[maps[0]]
            return height.through(*(pair[0] for pair in settings)), width.through(*(pair[1] for pair in settings))
        if operations.is_pointwise(node, self.graph) and all(map_size(source) == map_size(node) for source in maps):
            return self._union(node, [self.fields[source] for source in maps])
        raise CannotTrace(f"the operation {operations.describe(node, self.graph)} at {self._name(node)} is not known")

    def _union(self, node: fx.Node, fields: list[Field]) -> Field:
        axes = []
        for branches in zip(*fields):
            if len({axis.jump for axis in branches}) > 1:
                raise CannotTrace(f"branches with different jumps meet at {self._name(node)}")
            axes.append(Axis(min(axis.start for axis in branches), max(axis.end for axis in branches), branches[0].jump))
        return tuple(axes)

    def _pool(self, node: fx.Node, source: fx.Node) -> None:
        """The field behind a global pool as if it were a window over the whole map: the count that some prefer."""
        field = tuple(axis.through(size) for axis, size in zip(self.fields[source], map_size(source)))
        self.rows.append(self._row(node, field, size=(1, 1), is_global_pool=True))
        self.fields_at_pools.append(self.fields[source])
        self.pooled.add(node)

    def _keep(self, node: fx.Node, field: Field, listed: bool) -> None:
        self.fields[node] = field
        if listed:
            self.rows.append(self._row(node, field, map_size(node)))

    def _row(self, node: fx.Node, field: Field, size: tuple[int, int], is_global_pool: bool = False) -> LayerField:
        return LayerField(self._name(node), operations.describe(node, self.graph), size, tuple(axis.size for axis in field),
                          tuple(axis.jump for axis in field), is_global_pool)

    @staticmethod
    def _name(node: fx.Node) -> str:
        if node.op == "placeholder":
            return "input"
        return str(node.target) if node.op == "call_module" else node.name
