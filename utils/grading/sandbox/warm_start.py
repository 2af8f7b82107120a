"""Children that need not import PyTorch: one fork server for each thread of the grader, which forks them.

Only where its forks are under a filter of system calls, so that none of them can do anything to the server or to another.
"""

import contextlib
import os
import signal
import socket
import subprocess
import threading
from dataclasses import dataclass

from utils.grading.sandbox.confinement.available import Confinement
from utils.grading.sandbox.confinement.bubblewrap import wrapped
from utils.grading.sandbox.confinement.start import environment, python
from utils.grading.sandbox.fork_server import READY, STATUS
from utils.grading.sandbox.limits import Limits

_own = (
    threading.local()
)  # the fork server ends with the thread that started it, so each has its own


@dataclass
class Server:
    """A fork server that is ready, and what it was started for."""

    process: subprocess.Popen
    asked: socket.socket
    purpose: tuple[Confinement, Limits]

    def end(self) -> None:
        """Kill it, and with it what it forked."""
        self.asked.close()
        kill_group(self.process)
        self.process.wait()


class WarmChild:
    """What `isolation` needs of a child, as subprocess.Popen has it."""

    def __init__(self, server: Server):
        self._server, self.returncode = server, None

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status; TimeoutExpired where it does not end by itself, and -SIGKILL where the server is gone."""
        if self.returncode is None:
            self._server.asked.settimeout(timeout)
            try:
                said = self._server.asked.recv(STATUS.size, socket.MSG_WAITALL)
            except TimeoutError:
                raise subprocess.TimeoutExpired("a child", timeout) from None
            except OSError:
                said = b""
            known = len(said) == STATUS.size
            self.returncode = STATUS.unpack(said)[0] if known else -signal.SIGKILL.value
        return self.returncode

    def kill(self) -> None:
        """End it; where it had not ended by itself, with its server: only that one knows its number."""
        if self.returncode is None:
            forget(self._server)
            self.returncode = -signal.SIGKILL.value


def warm_start(job: int, printing: int, answer: int, limits: Limits, chosen: Confinement):
    """A `WarmChild` that reads the descriptor `job`; None where there can be none, and a cold start says why."""
    server = _server(limits, chosen) if chosen.filter and chosen.hides_files else None
    if server is None:
        return None
    try:
        socket.send_fds(server.asked, [b"+"], [job, printing, printing, answer])
    except OSError:
        forget(server)
        return None
    return WarmChild(server)


def _server(limits: Limits, chosen: Confinement) -> Server | None:
    """This thread's fork server, started where there is none for this purpose."""
    present: Server | None = getattr(_own, "server", None)
    if present and present.purpose == (chosen, limits) and present.process.poll() is None:
        return present
    if present:
        forget(present)
    _own.server = _start(limits, chosen)
    return _own.server


def forget(server: Server) -> None:
    """End a fork server; the next job gets another."""
    server.end()
    _own.server = None


def _start(limits: Limits, chosen: Confinement) -> Server | None:
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            command(chosen, "fork_server", "serve", theirs.fileno(), limits),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=environment(),
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
    server = Server(process, ours, (chosen, limits))
    ours.settimeout(limits.start)
    with contextlib.suppress(OSError):
        if ours.recv(1) == READY:
            return server
    server.end()
    return None


def command(
    chosen: Confinement, module: str, function: str, channel: int, limits: Limits
) -> list[str]:
    """The command of a process that is confined as `chosen` says and then calls `function` of this folder's `module`."""
    given = {
        "channel": channel,
        "landlock": chosen.landlock,
        "filter": chosen.filter,
        "hides_files": chosen.hides_files,
        "start": limits.start,
        "seconds": limits.seconds,
        "memory": limits.memory,
    }
    prefix = wrapped(chosen.bubblewrap) if chosen.bubblewrap else []
    return [*prefix, *python(module, function, given)]


def kill_group(process: subprocess.Popen) -> None:
    """Kill a process that began a session, and what belongs to it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
