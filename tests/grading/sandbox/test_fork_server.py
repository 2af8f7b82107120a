"""Children are forks of one process with PyTorch: none sees what another did, and that process can be replaced."""

import os
import signal
import threading
from dataclasses import replace

import pytest

from tests.grading.sandbox.confinement.test_confinement import job, received
from tests.living_processes import lives, wait_until
from utils.grading.sandbox import warm_start
from utils.grading.sandbox.confinement.available import confinement
from utils.grading.sandbox.isolation import run_isolated
from utils.grading.sandbox.limits import Limits

pytestmark = pytest.mark.skipif(
    not (confinement().filter and confinement().hides_files),
    reason="children are not forked where they could change each other",
)
LIMITS = Limits(seconds=30, memory=2**30)
NET = """
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        {}
"""
MARKS = "seen = hasattr(torch, 'mark'); torch.mark = 1; raise ValueError(f'seen: {seen}')"
HANGS = "[None for _ in iter(int, 1)]"
CRASHES = (  # the stack of Python itself overflows
    "import functools; list(functools.reduce(lambda inner, _: filter(None, inner), range(10**6), ()))"
)


@pytest.fixture(scope="module", autouse=True)
def own_server():
    """Of these tests alone."""
    patch = pytest.MonkeyPatch()
    patch.setattr(warm_start, "_own", threading.local())
    yield
    warm_start.forget(warm_start._own.server)
    patch.undo()


def run(line: str, limits: Limits = LIMITS):
    return run_isolated(job(NET.format(line)), limits)


def server() -> int:
    return warm_start._own.server.process.pid


def test_a_child_sees_nothing_of_the_one_before():
    assert received(run(MARKS))["error"] == "ValueError: seen: False"
    first = server()
    assert received(run(MARKS))["error"] == "ValueError: seen: False"
    assert "SIGSEGV" in run(CRASHES).why
    assert received(run(MARKS))["error"] == "ValueError: seen: False"
    assert server() == first  # there was one, and the crash was the child's alone


def test_a_child_that_hangs_is_ended_with_its_server():
    received(run(MARKS))
    first = server()
    assert run(HANGS, replace(LIMITS, seconds=3)).why == "it was stopped after 3 seconds"
    wait_until(lambda: not lives(first))
    assert received(run(MARKS))["error"] == "ValueError: seen: False" and server() != first


def test_a_server_that_was_killed_is_started_again():
    received(run(MARKS))
    first = server()
    os.killpg(first, signal.SIGKILL)
    wait_until(lambda: not lives(first))
    assert received(run(MARKS))["error"] == "ValueError: seen: False" and server() != first


def test_every_thread_has_its_own():
    received(run(MARKS))
    pids = []
    other = threading.Thread(target=lambda: (run(MARKS), pids.append(server())))
    other.start()
    other.join()
    wait_until(lambda: not lives(pids[0]))  # it ends with the thread
    assert pids[0] != server() and received(run(MARKS))["error"] == "ValueError: seen: False"
