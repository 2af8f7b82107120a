"""Limits on the processor time and the memory that the grader itself spends on one submission."""

import ctypes
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from typing import Any

AGAIN = 5.0  # seconds until the next reminder, should the first one be lost where Python ignores exceptions


class TookTooLong(BaseException):
    """Not an Exception: what catches those, to go on with the rest of a submission, must not catch this."""


@contextmanager
def time_at_most(seconds: float) -> Iterator[None]:
    """TookTooLong after `seconds` of this process's own processor time; the processes that it starts have their own limits.

    Threads that were begun meanwhile are stopped too, if their `outcome` is waited for. Where there are no such signals (on
    Windows, outside of the main thread, as in a cluster's worker) nothing is limited.
    """
    others = {thread.ident for thread in threading.enumerate()}

    def stop(*_) -> None:
        for thread in threading.enumerate():
            if thread.ident not in others:  # one that works for this submission is waited for
                set_error = ctypes.pythonapi.PyThreadState_SetAsyncExc
                set_error(ctypes.c_ulong(thread.ident), ctypes.py_object(TookTooLong))
        raise TookTooLong

    try:
        before = signal.signal(signal.SIGVTALRM, stop)
    except (AttributeError, ValueError):
        yield
        return
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def outcome(future: Future) -> Any:
    """What a thread's `future` gives, waited for so that `time_at_most` holds meanwhile.

    The system gives the signal to any thread, and a main thread that waits without an end does not hear of it.
    """
    while not wait([future], timeout=0.2).done:
        pass
    return future.result()


@contextmanager
def memory_at_most(more: int) -> Iterator[None]:
    """MemoryError where this process wants more than `more` bytes beyond those that it has now; the limit is the system's.

    Only on Linux and in the main thread, of which a process has one; memory counts that can be written, not mapped files.
    """
    used = _writable()
    if not used or threading.current_thread() is not threading.main_thread():
        yield
        return
    import resource  # not on every system

    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    bounds = [one for one in (used + more, soft, hard) if one != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_DATA, (min(bounds), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _writable() -> int:
    """Bytes of writable memory that this process has asked for; 0 where the system does not tell."""
    if sys.platform != "linux":
        return 0
    with open("/proc/self/status", encoding="ascii", errors="replace") as file:
        return next((int(line.split()[1]) * 1024 for line in file if line.startswith("VmData:")), 0)
