"""What a child process gives up before it meets a stranger's code: first what it can see, then memory, time and calls.

`hide` comes before PyTorch is imported, while there is one thread; `bound` when all is there that the stranger's code needs.
Either ends the process where it does not get what the grader found when it tried (`try_out`).
"""

import ctypes
import json
import os
import select
import signal
import struct
import sys

from utils.grading.sandbox.confinement.call_filter import NO_NEW_PRIVS, filter_calls, has_filter
from utils.grading.sandbox.confinement.landlock import read_only
from utils.processes import die_with_parent

NOT_CONFINED = 77  # the exit status of a child that did not get what was promised
_CAPABILITIES_3 = 0x20080522
_MONOTONIC = 1
_MORE = 30  # seconds after which a child that the grader has not stopped ends by itself


def hide(given: dict) -> None:
    """Give up all privileges, and with Landlock all files but the "readable" ones; end with the grader, and some time after
    "start" seconds. "channel" is the end of a pipe to the grader, "landlock" says whether it was promised."""
    end_with_grader(given["channel"], given["start"])
    if sys.platform == "linux":
        _lift_soft_limits()
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0)
        libc.capset(struct.pack("<Ii", _CAPABILITIES_3, 0), bytes(24))
    if given["landlock"] and not read_only(given["readable"]):
        os._exit(NOT_CONFINED)


def bound(given: dict) -> None:
    """Give up all but "memory" more bytes, "seconds" and, with "filter", the system calls of `call_filter`."""
    end_after(given["seconds"] + _MORE)
    used = given.get("used") or address_space()
    limited = _limit(used, given["memory"], int(given["seconds"]) + 1)
    if not limited or given["filter"] and not filter_calls():
        os._exit(NOT_CONFINED)


def try_out(given: dict) -> None:
    """Print as JSON what this process, which has been through `hide`, got."""
    print(json.dumps({"landlock": given["landlock"], "filter": filter_calls()}), flush=True)


def _has_lost_its_reader(channel: int) -> bool:
    """Whether the grader has gone before this process could ask to end with it."""
    if not hasattr(select, "poll"):
        return False
    poll = select.poll()
    poll.register(channel, 0)
    return any(event & select.POLLERR for _, event in poll.poll(0))


def end_with_grader(channel: int, start: float) -> None:
    """End with the grader, and some time after `start` seconds; a fork has neither from the process that it is a copy of."""
    global _timer
    _timer = None
    die_with_parent()
    if _has_lost_its_reader(channel):
        os._exit(NOT_CONFINED)
    end_after(start + _MORE)


def end_after(seconds: float | None) -> None:
    """Have the system kill this process when so much time has passed, whatever it does; replaces an earlier time.

    None: at no time. Elsewhere than on Linux by a signal that a stranger's code could ignore.
    """
    global _timer
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        create, start = libc.timer_create, libc.timer_settime
    except (AttributeError, OSError, TypeError):
        signal.setitimer(signal.ITIMER_REAL, seconds or 0)
        return
    if _timer is None:
        _timer = ctypes.c_void_p()
        event = struct.pack("<Qii48x", 0, signal.SIGKILL.value, 0)
        create(_MONOTONIC, event, ctypes.byref(_timer))
    when = struct.pack("<qqqq", 0, 0, 0 if seconds is None else int(seconds) + 1, 0)
    start(_timer, 0, when, None)


_timer: ctypes.c_void_p | None = None


def _lift_soft_limits() -> None:
    """The grader's own limits on memory are not the child's."""
    import resource  # not on every system

    for name in ("RLIMIT_AS", "RLIMIT_DATA"):
        _, hard = resource.getrlimit(getattr(resource, name))
        resource.setrlimit(getattr(resource, name), (hard, hard))


def _limit(used: int, memory: int, seconds: int) -> bool:
    import resource

    spent = int(sum(resource.getrusage(resource.RUSAGE_SELF)[:2])) + 1
    if sys.platform == "linux" and not used:
        return False
    limits = {
        "RLIMIT_AS": used + memory if used else None,
        "RLIMIT_CPU": spent + seconds,
        "RLIMIT_FSIZE": 0,
        "RLIMIT_CORE": 0,
        "RLIMIT_NOFILE": 128,
        "RLIMIT_MSGQUEUE": 0,
    }
    if not has_filter():  # which sees to it for an administrator's processes too
        limits["RLIMIT_NPROC"] = 0
    for name, value in limits.items():
        number = getattr(resource, name, None)
        if number is not None and value is not None:
            _, hard = resource.getrlimit(number)
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(number, (value, value))
    return True


def address_space() -> int:
    """Bytes of address space in use; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0
