"""The receptive field of every feature map of an executed graph.

Each feature map is described along each axis by the input pixels that its first position sees, [start, end], and by the
jump, the distance in input pixels between neighbouring positions (Araujo et al. 2019, Computing Receptive Fields of
Convolutional Neural Networks, doi:10.23915/distill.00021). A k-wide window with dilation d, stride s and padding p gives
start - p·jump, end + ((k - 1)·d - p)·jump and jump·s; where branches meet, the field is the union of theirs. Taps of a
kernel that see only the zeros around a map, wherever the kernel stands, do not count.

By convention the field is that of the convolutions and pools alone. Statistics over the whole map that come back into it,
to normalise it (GroupNorm, InstanceNorm, LayerNorm) or to gate its channels (squeeze and excitation), would make every
field the whole image and say nothing of the kernels: they are not counted, and `Walk.whole_map` says that there are some.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import NoReturn

from utils.architecture import graph_operations as operations
from utils.architecture.executed_graph import ExecutedGraph, Operation, Value
from utils.architecture.graph_operations import map_size
from utils.architecture.layouts import FLAT, Layout, is_spared, layout_after, usual


class CannotTrace(ValueError):
    """The receptive field cannot be established; the message says why and in which module, `operation` is what ran there."""

    def __init__(self, message: str, operation: Operation | None = None):
        super().__init__(message)
        self.operation = operation


@dataclass(frozen=True)
class Axis:
    """What the first position of a feature map sees along one axis, in input pixels, and the step to the next."""

    start: int = 0
    end: int = 0
    jump: int = 1

    @property
    def size(self) -> int:
        """The length of the field in input pixels."""
        return self.end - self.start + 1

    def through(self, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> "Axis":
        """The axis of the map behind a window with these settings."""
        reach = (kernel - 1) * dilation
        return Axis(
            self.start - padding * self.jump,
            self.end + (reach - padding) * self.jump,
            self.jump * stride,
        )


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


def walk(graph: ExecutedGraph) -> "Walk":
    """The fields of all feature maps that the output depends on; CannotTrace where one of them cannot be established."""
    result = Walk(graph)
    reached = graph.depends_on_input()
    for operation in graph.operations:
        if operation.name in operations.DATA_DEPENDENT and reached.intersection(operation.inputs):
            raise CannotTrace(
                "the model cannot be traced: what it executes depends on the values of the image"
            )
    for operation in graph.live_operations():
        if reached.intersection(operation.outputs):
            result.visit(operation)
    return result


@dataclass
class Walk:
    """Visits the operations in order and keeps, for each feature map, its field."""

    graph: ExecutedGraph
    fields: dict[Value, Field] = field(default_factory=dict)
    layouts: dict[Value, Layout] = field(
        default_factory=dict
    )  # of those of `fields` whose height and width are not last
    statistics: set[Value] = field(
        default_factory=set
    )  # of a whole map, on their way back into one
    pooled: set[Value] = field(
        default_factory=set
    )  # what lies behind a global pool: it has no positions any more
    lost: set[Value] = field(
        default_factory=set
    )  # what is made of feature maps in a way that this does not follow
    pools: list[GlobalPool] = field(default_factory=list)
    rows: list[LayerField] = field(default_factory=list)
    whole_map: bool = False  # whether statistics of a whole map came back into one

    def __post_init__(self):
        image = self.graph.inputs[0]
        self.fields[image] = (Axis(), Axis())
        self.rows.append(LayerField("input", "image", map_size(self.graph, image), (1, 1), (1, 1)))

    def visit(self, operation: Operation) -> None:
        """Take in the next operation; CannotTrace where its effect on a map is not known."""
        maps, statistics, pooled, lost = (
            [source for source in operation.inputs if source in group]
            for group in (self.fields, self.statistics, self.pooled, self.lost)
        )
        has_axes = len(self.graph.shapes[operation.output]) >= 4
        if operation.reads_stale:
            self._give_up("a tensor was changed in place through another", "before", operation)
        if lost and (maps or has_axes):
            self._give_up("a feature map is reshaped or taken apart", "on the way to", operation)
        if maps and (pooled or statistics and operation.name not in operations.POINTWISE):
            self._give_up("what lies behind a global pool joins a feature map", "at", operation)
        if maps and not statistics and (how := self._pools(operation, maps[0])):
            if operation.output in self._leads_to_map:
                self.statistics.update(value for value in operation.outputs if value)
            elif self._size(maps[0]) == (1, 1):  # nothing is left to pool
                self.pooled.update(value for value in operation.outputs if value)
            elif how == "another":
                self._give_up(f"the operation {operation.name}", "at", operation, " is not known")
            else:
                self._pool(operation, maps[0], how)
        elif maps and (followed := self._followed(operation, maps, statistics)):
            self._keep(operation, *followed, maps)
        elif (
            maps
            and FLAT not in map(self._layout, maps)
            and (has_axes or self.layouts.keys() & maps)
        ):
            text = operations.describe(self.graph, operation)
            self._give_up(f"the operation {text}", "at", operation, " is not known")
        elif statistics and not lost and not maps and self._has_no_positions(operation):
            self.statistics.update(value for value in operation.outputs if value)
        else:
            (self.pooled if pooled and not lost else self.lost).update(
                value for value in operation.outputs if value
            )

    @cached_property
    def _leads_to_map(self) -> set[Value]:
        """The values of which a feature map is made further on."""
        leading: set[Value] = set()
        for operation in reversed(self.graph.live_operations()):
            made = [value for value in operation.outputs if value]
            if leading.intersection(made) or any(
                operations.is_map(self.graph.shapes[value]) for value in made
            ):
                leading.update(operation.inputs)
        return leading

    def _layout(self, source: Value) -> Layout:
        return self.layouts.get(source) or usual(self.graph, source)

    def _pools(self, operation: Operation, source: Value) -> str | None:
        """How the operation takes all positions of a map together: "mean", "sum", "max", "another"; None if it does not."""
        layout = self._layout(source)
        if layout == usual(self.graph, source):
            how = operations.global_pool(self.graph, operation, source)
            return how or (
                "another" if operations.is_statistic(self.graph, operation, source) else None
            )
        dimensions = {2} if layout == FLAT else set(layout.axes or ())
        if not dimensions or operation.name not in operations.STATISTICS:
            return None
        whole = operations.reduced_dimensions(self.graph, operation, source) == dimensions
        return operations.REDUCTIONS.get(operation.name, "another") if whole else None

    def _has_no_positions(self, operation: Operation) -> bool:
        """Whether what is made of statistics alone is alike at all positions, if it has any."""
        spreads = operation.name in ("expand", "repeat") or operation.name in operations.POINTWISE
        return spreads or not operations.is_map(self.graph.shapes[operation.output])

    def _followed(
        self, operation: Operation, maps: list[Value], statistics: list[Value]
    ) -> tuple[Field, Layout] | None:
        """The field and the layout of what the operation outputs; None where it does more than this can follow."""
        layouts = {self._layout(one) for one in maps}
        if all(self._layout(one) == usual(self.graph, one) for one in maps):
            found = self._field(operation, maps, statistics)
            if found is not None:
                return found, usual(self.graph, operation.output)
        after = {
            layout_after(self.graph, operation, one, layout)
            for one, layout in zip(maps, map(self._layout, maps))
        }
        if (
            len(layouts) > 1
            or len(after) > 1
            or None in after
            or len({self._size(one) for one in maps}) > 1
        ):
            return None
        if statistics or operation.name in operations.NORMALISATIONS:
            layout = next(iter(layouts))
            self.whole_map |= not is_spared(self.graph, operation, maps[0], layout)
        return self._union(operation, [self.fields[source] for source in maps]), next(iter(after))

    def _size(self, source: Value) -> tuple[int, int]:
        """(height, width) whatever the layout."""
        layout, shape = self._layout(source), self.graph.shapes[source]
        if layout.axes:
            return shape[layout.axes[0]], shape[layout.axes[1]]
        if layout.rows:
            return layout.rows[1:]
        return self._size(next(one for one in self._producers[source].inputs if one in self.fields))

    @cached_property
    def _producers(self) -> dict[Value, Operation]:
        return self.graph.producers()

    def _field(
        self, operation: Operation, maps: list[Value], statistics: list[Value]
    ) -> Field | None:
        if len(maps) == 1 and operation.args[0] == maps[0] and not statistics:
            fields, settings = self.fields[maps[0]], operations.sliding(self.graph, operation)
            if settings is not None:
                return tuple(
                    axis.through(*one)
                    for axis, one in zip(
                        fields,
                        zip(settings.kernel, settings.stride, settings.padding, settings.dilation),
                    )
                )
            if operation.name in operations.NORMALISATIONS:
                self.whole_map |= not operations.is_pointwise(self.graph, operation, maps[0])
                return fields
        sizes = {map_size(self.graph, source) for source in maps} | {
            map_size(self.graph, operation.output)
        }
        if len(sizes) > 1 or not all(
            operations.is_pointwise(self.graph, operation, source) for source in maps
        ):
            return None
        self.whole_map |= bool(statistics)
        return self._union(operation, [self.fields[source] for source in maps])

    def _union(self, operation: Operation, fields: list[Field]) -> Field:
        axes = []
        for branches in zip(*fields):
            if len({axis.jump for axis in branches}) > 1:
                self._give_up("branches with different jumps meet", "at", operation)
            axes.append(
                Axis(
                    min(axis.start for axis in branches),
                    max(axis.end for axis in branches),
                    branches[0].jump,
                )
            )
        return tuple(axes)

    def _pool(self, operation: Operation, source: Value, how: str) -> None:
        """The field behind a global pool as if it were a window over the whole map: the count that some prefer."""
        field = tuple(
            axis.through(length) for axis, length in zip(self.fields[source], self._size(source))
        )
        self.rows.append(self._row(operation, field, size=(1, 1), is_global_pool=True))
        self.pools.append(GlobalPool(operation, how, self.fields[source]))
        self.pooled.update(value for value in operation.outputs if value)

    def _keep(self, operation: Operation, field: Field, layout: Layout, maps: list[Value]) -> None:
        normalises = (
            operation.name in operations.NORMALISATIONS
        )  # and outputs its statistics beside the map
        for value in operation.outputs[:1] if normalises else filter(None, operation.outputs):
            self.fields[value] = field
            if layout != usual(self.graph, value):
                self.layouts[value] = layout
        settings = (
            operations.sliding(self.graph, operation)
            if operation.name != "constant_pad_nd"
            else None
        )
        at_place = layout == usual(self.graph, operation.output)
        if at_place and (
            len(maps) > 1
            or settings
            and (settings.stride != (1, 1) or operation.name in operations.WINDOWS)
        ):
            self.rows.append(self._row(operation, field, map_size(self.graph, operation.output)))

    def _row(
        self,
        operation: Operation,
        field: Field,
        size: tuple[int, int],
        is_global_pool: bool = False,
    ) -> LayerField:
        return LayerField(
            operations.label(operation, self.graph),
            operations.describe(self.graph, operation),
            size,
            tuple(axis.size for axis in field),
            tuple(axis.jump for axis in field),
            is_global_pool,
        )

    def _give_up(self, what: str, how: str, operation: Operation, end: str = "") -> NoReturn:
        """As "the operation upsample_nearest2d at up.1 (Upsample) is not known"."""
        place = operations.where(operation) or operations.label(operation, self.graph)
        raise CannotTrace(f"{what} {how} {place}{end}", operation)
