"""In the child: the files that this process may read from now on, by Linux's Landlock (5.13 and later, any chip).

It needs no privilege, holds for everything that this thread starts afterwards, and cannot be taken off again. What a file is
called, how long it is and whether it is there can still be asked; nothing of what is in it, nor of what is in a folder.
"""

import ctypes
import os
import struct
import sys
from collections.abc import Iterable

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446  # the same on every chip
_ASK_VERSION, _BENEATH = 1, 1
_READ_FILE, _READ_FOLDER = 1 << 2, 1 << 3
# From which version on Landlock knows so many kinds of access to files.
_KINDS = {1: 13, 2: 14, 3: 15, 5: 16}
_NETWORK = 0b11  # to bind and to connect, from version 4 on
_SCOPES = 0b11  # abstract sockets and signals to processes outside, from version 6 on


def version() -> int:
    """The version of Landlock that this system offers; 0 where there is none."""
    return max(0, _call(_CREATE, None, 0, _ASK_VERSION)) if sys.platform == "linux" else 0


def read_only(readable: Iterable[str]) -> bool:
    """From now on this thread reads the files and folders of `readable` alone, and changes none; False where that cannot be.

    Neither does it reach the network or signal a process outside, where this version of Landlock knows of that.
    """
    offered = version()
    if not offered:
        return False
    files = (1 << max(kinds for since, kinds in _KINDS.items() if since <= offered)) - 1
    handled = [files, _NETWORK if offered >= 4 else 0, _SCOPES if offered >= 6 else 0]
    attributes = struct.pack("<QQQ", *handled)[: 24 if offered >= 6 else 16 if offered >= 4 else 8]
    rules = _call(_CREATE, attributes, len(attributes), 0)
    if rules < 0:
        return False
    try:
        return all(_allow(rules, path) for path in readable) and _call(_RESTRICT, rules, 0) == 0
    finally:
        os.close(rules)


def _allow(rules: int, path: str) -> bool:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # what is not there cannot be read
        return True
    try:
        access = _READ_FILE | (_READ_FOLDER if os.path.isdir(path) else 0)
        return _call(_ADD_RULE, rules, _BENEATH, struct.pack("<Qi", access, place), 0) == 0
    finally:
        os.close(place)


def _call(*arguments) -> int:
    return ctypes.CDLL(None, use_errno=True).syscall(*arguments)
