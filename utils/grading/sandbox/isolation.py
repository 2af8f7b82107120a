"""A child process that runs a stranger's code: bounded, and apart from the files, network and processes of this machine.

bubblewrap is the rule: in it nothing exists but Python and its packages. Where it is not to be had, Landlock closes the same
files; a filter of system calls holds in both. Each is installed by the child itself, before a line of the stranger's is
executed, and a child that cannot do what `confinement` found does nothing. It ends with the grader, however that ends.
"""

import contextlib
import os
import select
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass

from utils.grading.sandbox.confinement.apply import NOT_CONFINED
from utils.grading.sandbox.confinement.available import Confinement, bubblewrap_failed, confinement
from utils.grading.sandbox.confinement.start import BEGUN, environment
from utils.grading.sandbox.limits import Limits
from utils.grading.sandbox.warm_start import WarmChild, command, kill_group, warm_start


@dataclass(frozen=True)
class Reply:
    """What a child sent, or None and in a clause why it sent nothing. Nothing in `data` is to be believed.

    Without `hid_files`, what a stranger's code put into it may come from any file of the grader's user.
    """

    data: bytearray | None
    why: str = ""
    hid_files: bool = True


def run_isolated(job: bytes, limits: Limits) -> Reply:
    """Have a fresh child do `job`; it is ended when its time is up, and with it all that it started."""
    chosen = confinement()
    received, ending = _run(job, limits, chosen)
    is_doubted = chosen.bubblewrap and not received.begun and not received.why
    if is_doubted and bubblewrap_failed(chosen.bubblewrap):
        chosen = confinement()
        received, ending = _run(job, limits, chosen)
    why = received.why
    if not why and not received.data:
        why = f"the process that ran it ended without an answer ({ending})"
    return Reply(None if why else received.data, why, chosen.hides_files)


def _run(job: bytes, limits: Limits, chosen: Confinement) -> tuple["_Received", str]:
    """What a child sent that is confined as `chosen` says, and in words how it ended."""
    receiving, sending = os.pipe()
    printed, printing = os.pipe()
    try:
        try:
            child = _start(job, limits, chosen, sending, printing)
        finally:
            os.close(sending)
            os.close(printing)
        try:
            received = _receive(receiving, printed, limits)
        finally:
            _end(child)
    finally:
        os.close(receiving)
        os.close(printed)
    return received, _ending(child.returncode)


def _start(
    job: bytes, limits: Limits, chosen: Confinement, sending: int, printing: int
) -> subprocess.Popen | WarmChild:
    """A child that has `job` to read: a fork of a process that has imported PyTorch, else a process that still has to."""
    with tempfile.TemporaryFile() as stdin:
        stdin.write(job)
        stdin.seek(0)
        warm = warm_start(stdin.fileno(), printing, sending, limits, chosen)
        return warm or subprocess.Popen(
            command(chosen, "child", "main", sending, limits),
            stdin=stdin,
            stdout=printing,
            stderr=printing,
            cwd="/",
            env=environment(),
            pass_fds=[sending],
            start_new_session=True,
        )


@dataclass(frozen=True)
class _Received:
    begun: bool
    data: bytearray
    why: str = ""


def _receive(answer: int, printed: int, limits: Limits) -> _Received:
    """All that the child sends until it closes its end, and in words why that is not all; what it prints is thrown away.

    Its first byte is not part of the answer.
    """
    deadline, data, begun = time.monotonic() + limits.start, bytearray(), False
    output, open_ends = 0, [answer, printed]
    while answer in open_ends:
        ready, _, _ = select.select(open_ends, [], [], max(0, deadline - time.monotonic()))
        if not ready or time.monotonic() > deadline:
            seconds = limits.seconds if begun else limits.start
            return _Received(begun, data, f"it was stopped after {seconds:g} seconds")
        for end in ready:
            part = os.read(end, 2**20)
            if not part:
                open_ends.remove(end)
            elif end == answer:
                if not begun:
                    begun, deadline = True, time.monotonic() + limits.seconds
                    part = part[len(BEGUN) :]
                data += part
            else:
                output += len(part)
        if len(data) > limits.answer or output > limits.printed:
            did = "sent" if len(data) > limits.answer else "printed"
            size = max(len(data), output)
            return _Received(begun, data, f"it was stopped after it {did} {size:,} bytes")
    return _Received(begun, data)


def _end(child: subprocess.Popen | WarmChild) -> None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(0.5)  # one that has sent its answer is about to end by itself
    if isinstance(child, WarmChild):
        child.kill()
    else:
        kill_group(child)
    child.wait()


def _ending(code: int) -> str:
    if code == NOT_CONFINED:
        return "it could not be confined, and did nothing"
    code = 128 - code if code < 0 else code  # bubblewrap reports a signal as 128 + its number
    if code > 128:
        with contextlib.suppress(ValueError):
            name = signal.Signals(code - 128).name
            return f"by signal {name}: " + (
                "its CPU time was used up" if name == "SIGXCPU" else "it crashed or was killed"
            )
    return f"with exit status {code}"
