"""Submissions that attack the grader: each ends in bounded time, changes nothing outside, and establishes nothing."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from utils.grading.facts import Evidence
from utils.grading.network.audit import architecture_audit
from utils.grading.program.attempts import Attempt
from utils.grading.program.finding import ModelReference
from utils.grading.sandbox.confinement import available
from utils.grading.sandbox.limits import Limits
from utils.grading.submission.contents import Submission, TextFile

found = available.first_choice
LIMITS = Limits(memory=2**29, answer=2**24, printed=2**20)
ENDLESS = replace(LIMITS, seconds=5)
BEGINNING = """
import ctypes, json, os, pickle, shutil, socket, subprocess, sys, tempfile, threading, time
import torch
import torch.nn.functional as F
from torch import nn
OUTSIDE, FOLDER = {outside!r}, {folder!r}
PERFECT = '{{"parameters": 1000, "receptive_field": 99, "depthwise_separable": true}}'
def flood(write):
    while True:
        write(b"x" * 1_000_000)
def send_everywhere(data):
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, data)
        except OSError:
            pass
def quietly(act):
    try:
        return act()
    except Exception:
        return None
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.linear = nn.Conv2d(3, 8, 3, padding=1), nn.Linear(8, 10)
        {construction}
    def forward(self, x):
        {forward}
        x = F.relu(self.conv(x))
        {late}
        return F.log_softmax(self.linear(x.mean((2, 3))), 1)
"""
# How it attacks: what stands in which place of the network above, and what the report must say.
ATTACKS = {
    "an endless loop": ("forward", "while True: pass", "stopped after 5 seconds|SIGXCPU"),
    "a fork bomb": ("construction", "while True: os.fork()", "tries to start a process"),
    "a fork bomb below Python": (
        "construction",
        "while True: assert ctypes.CDLL(None).fork() >= 0",
        "looks where it is",
    ),
    "a memory bomb": ("forward", "hoard = [bytearray(2**26) for _ in range(10**6)]", "memory"),
    "much output": ("forward", "flood(lambda data: os.write(1, data))", "printed"),
    "a long answer": ("construction", "flood(send_everywhere)", "sent"),
    "files outside": (
        "construction",
        "quietly(lambda: open(OUTSIDE, 'w').write('x'))",
        "tries to change files",
    ),
    "its own folder": (
        "construction",
        "shutil.rmtree(FOLDER, ignore_errors=True)",
        "tries to change files|looks where it is",
    ),
    "a socket": (
        "construction",
        "quietly(lambda: socket.create_connection(('127.0.0.1', 9)))",
        "tries to open a network|looks where it is",
    ),
    "a full disk": (
        "construction",
        "[open(str(n), 'wb').write(bytes(2**20)) for n in range(64)]",
        "tries to change files",
    ),
    "sys.exit(0)": ("construction", "sys.exit(0)", "ended without an answer"),
    "a perfect report": (
        "construction",
        "print(PERFECT, flush=True); send_everywhere(PERFECT.encode()); os._exit(0)",
        "what was sent is no answer",
    ),
    "a pickle": (
        "construction",
        "pickle.loads(b'cos\\nsystem\\n(S\"true\"\\ntR.')",
        "tries to start a process",
    ),
    "patched torch": (
        "construction",
        "F.relu = lambda x: torch.zeros_like(x) if len(x) % 2 else x.relu()",
        "batch",
    ),
    "the batch": (
        "late",
        "x = x * (2 if len(x) > 3 else 1)",
        "does not compute what it was recorded",
    ),
    "the values": (
        "late",
        "x = x * (2 if float(x.abs().max()) > 50 or len(x) > 3 else 1)",
        "does not compute",
    ),
}
WITHOUT_BUBBLEWRAP = ("a fork bomb below Python", "files outside", "its own folder")


def audit(tmp_path: Path, place: str, code: str, limits: Limits = LIMITS):
    folder, outside = tmp_path / "submission", tmp_path / "outside.txt"
    folder.mkdir()
    outside.write_text("untouched")
    text = BEGINNING.format(
        outside=str(outside),
        folder=str(folder),
        **{name: code if name == place else "pass" for name in ("construction", "forward", "late")},
    )
    (folder / "model.py").write_text(text)
    submission = Submission(folder, sources=(TextFile("model.py", text),))
    reference = ModelReference(Evidence("model.py"), "Net", "model.py")
    before = sorted(tmp_path.rglob("*"))
    begun = time.monotonic()
    result = architecture_audit(submission, Attempt("", None, model=reference), True, limits)
    assert time.monotonic() - begun < limits.start + limits.seconds + 60
    assert outside.read_text() == "untouched" and (folder / "model.py").read_text() == text
    assert sorted(tmp_path.rglob("*")) == before
    return result


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_establishes_nothing(tmp_path, name):
    place, code, why = ATTACKS[name]
    result = audit(tmp_path, place, code, ENDLESS if "endless" in name else LIMITS)
    facts = result.facts.values()
    assert {fact.value for fact in facts} == {None}
    assert any(part in next(iter(facts)).why for part in why.split("|")), next(iter(facts)).why


@pytest.mark.parametrize("name", WITHOUT_BUBBLEWRAP)
def test_without_bubblewrap_too(tmp_path, name, monkeypatch):
    monkeypatch.setattr(available, "first_choice", lambda: replace(found(), bubblewrap=""))
    place, code, why = ATTACKS[name]
    result = audit(tmp_path, place, code)
    assert {fact.value for fact in result.facts.values()} == {None}
    assert "without bubblewrap" in result.warnings[-1]


def test_without_the_attack_the_network_is_established(tmp_path):
    facts = audit(tmp_path, "nowhere", "", Limits()).facts
    assert facts["parameters"].value == 224 + 90 and facts["receptive_field"].value == 3
    assert facts["global_average_pooling"].value is True
