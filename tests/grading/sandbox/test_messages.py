"""What a child sends is data, or it is refused: nothing in between."""

import json
import random

import pytest
import torch

from models import build_model
from utils.architecture.executed_graph import record
from utils.grading.sandbox.graph_data import from_data, to_data
from utils.grading.sandbox.message import DTYPES, BadMessage, pack, unpack
from utils.grading.sandbox.replay import ALLOWED, CannotReplay, replay


def recorded():
    graph = record(build_model("assignment6_net2").eval(), torch.rand(2, 3, 32, 32))
    return (
        graph,
        to_data(graph),
        [graph.tensors[value] for value, source in graph.sources.items() if source.kind != "input"],
    )


@pytest.mark.parametrize("dtype", DTYPES.values())
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3, 4)])
def test_what_is_packed_comes_out(dtype, shape):
    tensor = torch.randn(shape).mul(3).to(dtype)
    content, (same,) = unpack(
        pack({"a": [1, None, "é"]}, [tensor.mT if tensor.dim() > 1 else tensor])
    )
    assert content == {"a": [1, None, "é"]} and same.dtype == dtype
    assert torch.equal(same, tensor.mT if tensor.dim() > 1 else tensor)


def test_damaged_messages_are_refused():
    rng, whole = (
        random.Random(0),
        pack({"a": 1}, [torch.rand(5, 5), torch.ones(3, dtype=torch.bool)]),
    )
    refused = 0
    for _ in range(2_000):
        damaged = bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            damaged[rng.randrange(60)] = rng.randrange(256)
        try:
            unpack(
                bytes(damaged[: rng.randint(0, len(damaged))] if rng.random() < 0.3 else damaged)
            )
        except BadMessage:
            refused += 1
    assert refused > 1_000  # the others have other numbers
    for text in (
        b"",
        b"{}",
        json.dumps({"parameters": 1}).encode(),
        b"\x00" * 8,
        pack([]),
        b"\xff" * 100,
    ):
        with pytest.raises(BadMessage):
            unpack(text)


def test_a_graph_comes_back_the_same():
    graph, data, tensors = recorded()
    same = from_data(json.loads(json.dumps(data)), tensors)
    assert [(one.target, one.inputs, one.outputs) for one in same.operations] == [
        (one.target, one.inputs, one.outputs) for one in graph.operations
    ]
    assert same.shapes == graph.shapes and same.outputs == graph.outputs


def test_mutated_graphs_are_refused_or_harmless():
    rng, (_, data, tensors) = random.Random(0), recorded()
    junk = [
        None,
        -1,
        10**30,
        "x" * 400,
        "aten.from_file.default",
        [],
        {},
        {"value": 99_999},
        {"dtype": "load"},
        True,
        1.5,
    ]
    refused = 0
    for _ in range(300):
        changed = json.loads(json.dumps(data))
        place = changed
        for _ in range(rng.randint(1, 5)):
            keys = (
                list(place)
                if isinstance(place, dict)
                else list(range(len(place)))
                if isinstance(place, list)
                else []
            )
            if not keys:
                break
            parent, key = place, rng.choice(keys)
            place = place[key]
        parent[key] = rng.choice(junk)
        try:
            from_data(changed, tensors)
        except BadMessage:
            refused += 1
    assert refused > 150


@pytest.mark.parametrize(
    "target",
    [
        "aten.from_file.default",
        "aten.set_.source_Storage",
        "aten.as_strided.default",
        "aten.resize_.default",
        "aten.convolution.nothing",
        "aten._pin_memory.default",
    ],
)
def test_only_known_operations_are_computed(target):
    graph, data, tensors = recorded()
    data["operations"][0]["target"] = target
    with pytest.raises(CannotReplay):
        replay(from_data(data, tensors), torch.rand(2, 3, 32, 32), graph.tensors)
    assert not {"from_file", "set", "as_strided", "resize"} & ALLOWED
