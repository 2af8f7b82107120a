"""Receptive field, jump and output size of every layer of a model; the rules stand in receptive_field_rules.py."""

import copy

import torch
from torch import nn

from utils.architecture.executed_graph import ExecutedGraph, record
from utils.architecture.graph_operations import short
from utils.architecture.receptive_field_rules import CannotTrace, LayerField, Walk, walk
from utils.tables import text_table


def receptive_fields(
    model: nn.Module, input_size: tuple[int, int, int] = (3, 32, 32)
) -> list[LayerField]:
    """A row for the input and for every convolution, pool and junction, in order of execution; then one for the global pool.

    A copy of `model` is executed in evaluation mode. CannotTrace where an operation is beyond this, or what is executed
    depends on the values of the image.
    """
    return walk(_execute(model, input_size)).rows


def receptive_field(
    model: nn.Module, input_size: tuple[int, int, int] = (3, 32, 32)
) -> tuple[int, int]:
    """(height, width) in pixels of the field at the input of the global pool; CannotTrace when the model has none."""
    return field_at_pool(walk(_execute(model, input_size)))


def field_at_pool(walked: Walk) -> tuple[int, int]:
    """(height, width) in pixels of the field at the input of the global pool; CannotTrace without one, or unequal ones."""
    if not walked.pools:
        raise CannotTrace("the model has no global pool")
    if len({pool.field for pool in walked.pools}) > 1:
        raise CannotTrace("the model has global pools with different receptive fields")
    return tuple(axis.size for axis in walked.pools[0].field)


def format_table(rows: list[LayerField]) -> str:
    """The rows as text, one line each; a single number stands for equal height and width."""
    return text_table(
        ("layer", "operation", "output", "field", "jump"),
        [
            (
                row.name,
                row.operation,
                short(row.output_size),
                short(row.receptive_field),
                short(row.jump),
            )
            for row in rows
        ],
        left=2,
    )


def _execute(model: nn.Module, input_size: tuple[int, int, int]) -> ExecutedGraph:
    duplicate = copy.deepcopy(model).to("cpu", torch.float32).eval()
    try:
        return record(duplicate, torch.zeros(1, *input_size))
    except Exception as error:  # a model's own code runs here, so anything may come out of it
        raise CannotTrace(
            f"the model cannot be executed: {type(error).__name__}: {error}"
        ) from error
