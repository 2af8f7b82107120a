"""Receptive field, jump and output size of every layer, exact over the executed graph.

Each feature map is described along each axis by the input pixels that its first position sees, [start, end], and by the
jump, the distance in input pixels between neighbouring positions (Araujo et al. 2019, Computing Receptive Fields of
Convolutional Neural Networks, doi:10.23915/distill.00021). A k-wide window with dilation d, stride s and padding p gives
start - p·jump, end + ((k - 1)·d - p)·jump and jump·s; where branches meet, the field is the union of theirs. Taps of a
kernel that see only the zeros around a map, wherever the kernel stands, do not count.
"""

import copy
from dataclasses import dataclass, field

import torch
from torch import nn

from utils.architecture import graph_operations as operations
from utils.architecture.executed_graph import ExecutedGraph, Operation, Value, record
from utils.architecture.graph_operations import map_size, short
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
class GlobalPool:
    """`how` is "mean", "sum" or "max"; `field` is that of the map that it pools."""
    operation: Operation
    how: str
    field: Field


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

    A copy of `model` is executed in evaluation mode. CannotTrace where an operation is beyond this, or what is executed
    depends on the values of the image.
    """
    return walk(_execute(model, input_size)).rows


def receptive_field(model: nn.Module, input_size: tuple[int, int, int] = (3, 32, 32)) -> tuple[int, int]:
    """(height, width) in pixels of the field at the input of the global pool; CannotTrace when the model has none."""
    return field_at_pool(walk(_execute(model, input_size)))


def field_at_pool(walked: "Walk") -> tuple[int, int]:
    """(height, width) in pixels of the field at the input of the global pool; CannotTrace without one, or unequal ones."""
    if not walked.pools:
        raise CannotTrace("the model has no global pool")
    if len({pool.field for pool in walked.pools}) > 1:
        raise CannotTrace("the model has global pools with different receptive fields")
    return tuple(axis.size for axis in walked.pools[0].field)


def format_table(rows: list[LayerField]) -> str:
    """The rows as text, one line each; a single number stands for equal height and width."""
    return text_table(("layer", "operation", "output", "field", "jump"),
                      [(row.name, row.operation, short(row.output_size), short(row.receptive_field), short(row.jump))
                       for row in rows], left=2)


def _execute(model: nn.Module, input_size: tuple[int, int, int]) -> ExecutedGraph:
    duplicate = copy.deepcopy(model).to("cpu", torch.float32).eval()
    try:
        return record(duplicate, torch.zeros(1, *input_size))
    except Exception as error:  # a model's own code runs here, so anything may come out of it
        raise CannotTrace(f"the model cannot be executed: {type(error).__name__}: {error}") from error


def walk(graph: ExecutedGraph) -> "Walk":
    """The fields of all feature maps that the output depends on; CannotTrace where one of them cannot be established."""
    result = Walk(graph)
    reached = graph.depends_on_input()
    for operation in graph.operations:
        if operation.name in operations.DATA_DEPENDENT and reached.intersection(operation.inputs):
            raise CannotTrace("the model cannot be traced: what it executes depends on the values of the image")
    for operation in graph.live_operations():
        if reached.intersection(operation.outputs):
            result.visit(operation)
    return result


@dataclass
class Walk:
    """Visits the operations in order and keeps, for each feature map, its field."""
    graph: ExecutedGraph
    fields: dict[Value, Field] = field(default_factory=dict)
    flat: set[Value] = field(default_factory=set)  # maps with height and width joined in one last dimension: of `fields` too
    pooled: set[Value] = field(default_factory=set)  # what lies behind a global pool: it has no positions any more
    lost: set[Value] = field(default_factory=set)  # what is made of feature maps in a way that this does not follow
    pools: list[GlobalPool] = field(default_factory=list)
    rows: list[LayerField] = field(default_factory=list)

    def __post_init__(self):
        image = self.graph.inputs[0]
        self.fields[image] = (Axis(), Axis())
        self.rows.append(LayerField("input", "image", map_size(self.graph, image), (1, 1), (1, 1)))

    def visit(self, operation: Operation) -> None:
        maps, pooled, lost = ([source for source in operation.inputs if source in group]
                              for group in (self.fields, self.pooled, self.lost))
        if operation.reads_stale:
            raise CannotTrace(f"a tensor was changed in place through another before {self._name(operation)}")
        is_map = len(self.graph.shapes[operation.output]) >= 4
        if lost and (maps or is_map):
            raise CannotTrace(f"a feature map is reshaped or taken apart on the way to {self._name(operation)}")
        if pooled and maps:
            raise CannotTrace(f"what lies behind a global pool joins a feature map at {self._name(operation)}")
        if maps and (how := self._global_pool(operation, maps[0])):
            self._pool(operation, maps[0], how)
        elif maps and is_map and not self.flat.intersection(maps):
            self._keep(operation, self._field(operation, maps), maps)
        elif maps and self._flattens(operation, maps[0]):
            self.fields[operation.output] = self.fields[maps[0]]
            self.flat.add(operation.output)
        else:
            (self.pooled if pooled and not lost else self.lost).update(value for value in operation.outputs if value)

    def _global_pool(self, operation: Operation, source: Value) -> str | None:
        if source not in self.flat:
            return operations.global_pool(self.graph, operation, source)
        over_all = operations.reduced_dimensions(self.graph, operation, source) == {2}
        return operations.REDUCTIONS.get(operation.name) if over_all else None

    def _flattens(self, operation: Operation, source: Value) -> bool:
        before, after = self.graph.shapes[source], self.graph.shapes[operation.output]
        return operation.name in operations.RESHAPES and len(before) == 4 and before[:2] == after[:2] and len(after) == 3

    def _field(self, operation: Operation, maps: list[Value]) -> Field:
        settings, shift = operations.live_window(self.graph, operation), operations.shift(operation)
        if len(maps) == 1 and operation.args[0] == maps[0]:
            height, width = self.fields[maps[0]]
            if settings is not None:
                return tuple(axis.through(*one) for axis, one in zip((height, width), zip(
                    settings.kernel, settings.stride, settings.padding, settings.dilation)))
            if shift is not None:
                return height.through(1, padding=shift[0]), width.through(1, padding=shift[1])
        sizes = {map_size(self.graph, source) for source in maps} | {map_size(self.graph, operation.output)}
        if len(sizes) == 1 and all(operations.is_pointwise(self.graph, operation, source) for source in maps):
            return self._union(operation, [self.fields[source] for source in maps])
        text = operations.describe(self.graph, operation)
        raise CannotTrace(f"the operation {text} at {self._name(operation)} is not known")

    def _union(self, operation: Operation, fields: list[Field]) -> Field:
        axes = []
        for branches in zip(*fields):
            if len({axis.jump for axis in branches}) > 1:
                raise CannotTrace(f"branches with different jumps meet at {self._name(operation)}")
            axes.append(Axis(min(axis.start for axis in branches), max(axis.end for axis in branches), branches[0].jump))
        return tuple(axes)

    def _pool(self, operation: Operation, source: Value, how: str) -> None:
        """The field behind a global pool as if it were a window over the whole map: the count that some prefer."""
        size = self._size_before_flattening(source)
        field = tuple(axis.through(length) for axis, length in zip(self.fields[source], size))
        self.rows.append(self._row(operation, field, size=(1, 1), is_global_pool=True))
        self.pools.append(GlobalPool(operation, how, self.fields[source]))
        self.pooled.update(value for value in operation.outputs if value)

    def _size_before_flattening(self, source: Value) -> tuple[int, int]:
        producers = self.graph.producers()
        while source in self.flat:
            source = producers[source].inputs[0]
        return map_size(self.graph, source)

    def _keep(self, operation: Operation, field: Field, maps: list[Value]) -> None:
        self.fields.update({value: field for value in operation.outputs if value})
        if len(maps) > 1 or operations.window(self.graph, operation) is not None:
            self.rows.append(self._row(operation, field, map_size(self.graph, operation.output)))

    def _row(self, operation: Operation, field: Field, size: tuple[int, int], is_global_pool: bool = False) -> LayerField:
        return LayerField(self._name(operation), operations.describe(self.graph, operation), size,
                          tuple(axis.size for axis in field), tuple(axis.jump for axis in field), is_global_pool)

    def _name(self, operation: Operation) -> str:
        return operations.label(operation, self.graph)
