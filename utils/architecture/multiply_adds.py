"""Multiply-adds of what a network executes: the one count that the tables and the grader share."""

from math import prod

from utils.architecture.executed_graph import ExecutedGraph, Operation

# Matrix products, and which of their arguments is the matrix whose last dimension is summed over.
_PRODUCTS = {
    "mm": 0,
    "bmm": 0,
    "mv": 0,
    "dot": 0,
    "addmm": 1,
    "baddbmm": 1,
    "addbmm": 1,
    "addmv": 1,
}
_ATTENTION = "_scaled_dot_product"


def multiply_adds(graph: ExecutedGraph) -> int:
    """Of convolutions and matrix products that the result needs, for one image; what works on each value alone is free."""
    reached = graph.depends_on_input()
    total = sum(
        _of_operation(graph, one)
        for one in graph.live_operations()
        if reached.intersection(one.outputs)
    )
    return total // graph.shapes[graph.inputs[0]][0]


def _of_operation(graph: ExecutedGraph, operation: Operation) -> int:
    made = prod(graph.shapes[operation.output]) if operation.output else 0
    if operation.name == "convolution":
        taken, weights, transposed = operation.args[0], operation.args[1], operation.args[6]
        return (prod(graph.shapes[taken]) if transposed else made) * prod(graph.shapes[weights][1:])
    if operation.name in _PRODUCTS:
        summed = graph.shapes[operation.args[_PRODUCTS[operation.name]]]
        return made * summed[-1] * (summed[0] if operation.name == "addbmm" else 1)
    if operation.name.startswith(_ATTENTION):  # each query with each key, then each value
        query, key, value = (graph.shapes[one] for one in operation.args[:3])
        return prod(query[:-1]) * key[-2] * (query[-1] + value[-1])
    return 0
