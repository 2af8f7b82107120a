"""What one position of the last map sees of the image."""

from utils.architecture import graph_operations as operations
from utils.architecture.receptive_field import CannotTrace, field_at_pool
from utils.grading.facts import Fact
from utils.grading.network.view import NetworkView


def receptive_field(view: NetworkView) -> Fact:
    """In pixels along the larger axis, at the input of the global pool or, without one, at the last map."""
    try:
        walked = view.walked()
        if walked.pools:
            return _field(view, field_at_pool(walked), "at the input of the global pool")
    except CannotTrace as error:
        return _unknown(view, error)
    row = next((row for row in reversed(walked.rows) if max(row.output_size) > 1), walked.rows[0])
    return view.fact(max(row.receptive_field), f"there is no global pool; at the last feature map, "
                                               f"{operations.short(row.output_size)}")


def receptive_field_with_pool(view: NetworkView) -> Fact:
    """The same with the global pool's window counted, as some do."""
    try:
        walked = view.walked()
        if not walked.pools:
            return view.fact(None, "there is no global pool")
        field_at_pool(walked)
    except CannotTrace as error:
        return _unknown(view, error)
    row = next(row for row in walked.rows if row.is_global_pool)
    return _field(view, row.receptive_field, "with the global pool counted as one more window")


def _field(view: NetworkView, size: tuple[int, int], where: str) -> Fact:
    unequal = f", {size[0]} high and {size[1]} wide" if size[0] != size[1] else ""
    return view.fact(max(size), where + unequal)


def _unknown(view: NetworkView, error: CannotTrace) -> Fact:
    return view.fact(None, f"the receptive field cannot be established: {error}")
