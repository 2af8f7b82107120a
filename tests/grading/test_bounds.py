"""What is too much ends in one sentence: remarks, formats, rubrics, weights, recorded operations, sizes of tensors."""

import ast
import json
import os
import struct
from pathlib import Path

import pytest
import torch
from torch import nn

from utils.architecture import executed_graph
from utils.architecture.executed_graph import TooManyOperations, record
from utils.errors import UserError
from utils.files import plain_bytes
from utils.grading.code_reader.known_methods import method
from utils.grading.code_reader.operators import binary
from utils.grading.code_reader.values import Unknown
from utils.grading.network.checkpoint import _checkpoint
from utils.grading.network.executed_network import NotEstablished
from utils.grading.reports.bounded import LONGEST, MOST, bounded
from utils.grading.rubrics.rubric import SHIPPED, load_rubric, parse_rubric
from utils.grading.sandbox.limits import LIMITS
from utils.grading.sandbox.message import BadMessage, unpack


def test_a_report_is_bounded_and_says_what_was_left_out():
    entry = {
        "warnings": ["x" * 10**6] * 100_000,
        "claims": [{"text": "y" * 10**6, "evidence": {"line": 1}}] * 5_000,
        "facts": {"why": {"dilated": "z" * 10**6}},
        "points": 1.5,
    }
    short = bounded(entry)
    assert len(json.dumps(short)) < 2 * MOST * (LONGEST + 100)
    assert short["points"] == 1.5 and len(short["warnings"]) == MOST
    assert "99,800 of warnings, 4,800 of claims" in short["warnings"][-1]
    assert bounded({"warnings": ["one"]}) == {"warnings": ["one"]}


@pytest.mark.parametrize(
    "left", ["%*d", "%.*f", "%2000000000d", "%(name)99999s", "%-*s|%d", "%0.99999f"]
)
def test_a_format_makes_no_long_text(left):
    assert isinstance(binary(ast.Mod, left, (2_000_000_000, 1)), Unknown)
    assert binary(ast.Mod, "%s-%03d%%", ("a", 7)) == "a-007%"


def test_texts_and_lists_that_multiply_are_not_made():
    assert isinstance(method("a" * 9_999, "replace", ("a", "b" * 9_999), {}, False), Unknown)
    assert isinstance(method("a" * 9_999, "join", (["b"] * 9_999,), {}, False), Unknown)
    assert method(", ", "join", (["a", "b"],), {}, False) == "a, b"
    grown = [0]
    for _ in range(60):
        method(grown, "extend", (grown,), {}, False)
    assert len(grown) < 20_000


def test_a_rubric_of_too_many_criteria_is_one_sentence():
    text = (SHIPPED / "era_s9.toml").read_text()
    head, one = text.split("\n[[criteria]]\n")[:2]
    many = head + "".join(
        f"\n[[criteria]]\n{one}".replace('id = "', f'id = "n{number}_') for number in range(150)
    )
    with pytest.raises(UserError, match="has 150 criteria, and a rubric at most 100"):
        parse_rubric(many, "many.toml")
    with pytest.raises(UserError, match="more than 2,000 lines"):
        parse_rubric(many * 20, "many.toml")


@pytest.mark.parametrize("place", ["pipe", "/dev/zero", "large"])
def test_no_pipe_device_or_huge_file_is_read(place, tmp_path):
    path = tmp_path / place if place != "/dev/zero" else Path(place)
    if place == "pipe":
        os.mkfifo(path)
    elif place == "large":
        with open(path, "wb") as file:
            file.truncate(2**30)
    with pytest.raises(ValueError, match="no plain file|larger than"):
        plain_bytes(path, 2**20)
    with pytest.raises(NotEstablished, match=f"{path.name} cannot be read: it is"):
        _checkpoint(path, LIMITS)
    with pytest.raises(UserError, match="is not a rubric: it is"):
        load_rubric(str(path))


def test_recording_ends_before_it_fills_the_memory(monkeypatch):
    monkeypatch.setattr(executed_graph, "MOST_OPERATIONS", 50)

    class Endless(nn.Module):
        def forward(self, x):
            while True:
                x = x + 1

    with pytest.raises(TooManyOperations, match="more than 50 operations"):
        record(Endless(), torch.rand(1))


@pytest.mark.parametrize("shape", [[2**62, 2**62, 0], [2**40, 0], [0, 2**30, 2**30, 2**30]])
def test_a_tensor_whose_strides_overflow_is_no_message(shape):
    head = json.dumps({"content": {}, "tensors": [{"dtype": "float32", "shape": shape}]}).encode()
    with pytest.raises(BadMessage, match="no list of sizes"):
        unpack(struct.pack("<Q", len(head)) + head)
