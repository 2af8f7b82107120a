"""Processes that do not outlive the one that started them."""

import ctypes
import signal
import sys

_SET_PARENT_DEATH_SIGNAL = 1  # of Linux's prctl


def die_with_parent() -> None:
    """Have the system kill this process as soon as the thread that started it ends, for whatever reason (Linux only)."""
    if sys.platform == "linux":
        prctl = ctypes.CDLL(None, use_errno=True).prctl
        prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL.value, 0, 0, 0)
