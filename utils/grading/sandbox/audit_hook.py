"""Notices, inside the child, when the submission's own code tries what a network's definition has no business with.

The filter and the files that are not there make such attempts fail; this makes sure that one which is caught and passed over
in silence does not go on to a good mark, and that the report can say what was tried.
"""

import os
import sys
import sysconfig
from collections.abc import Callable

FILES = "to change files"
_ATTEMPTS = {
    "to open a network connection": (
        "socket.__new__",
        "socket.connect",
        "socket.bind",
        "socket.getaddrinfo",
    ),
    "to start a process": (
        "subprocess.Popen",
        "os.system",
        "os.fork",
        "os.forkpty",
        "os.exec",
        "os.posix_spawn",
        "os.spawn",
        "pty.spawn",
    ),
    "to signal another process": ("os.kill", "os.killpg"),
    FILES: (
        "open",
        "os.remove",
        "os.rmdir",
        "os.rename",
        "os.mkdir",
        "shutil.rmtree",
        "shutil.move",
        "os.truncate",
        "os.chmod",
        "os.chown",
        "os.link",
        "os.symlink",
        "os.utime",
        "shutil.copyfile",
    ),
}
ATTEMPTS = tuple(_ATTEMPTS)
_EVENTS = {event: attempt for attempt, events in _ATTEMPTS.items() for event in events}
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_LIBRARY = (
    *{sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), "<frozen "},
    os.path.join(os.path.dirname(__file__), "own_files.py"),  # in the place of Python's own
)


def watch(is_theirs: Callable[[str], bool], stop: Callable[[str], None]) -> None:
    """Call `stop` with one of ATTEMPTS when code for whose file `is_theirs` holds makes it, now or later."""

    def hook(event: str, args: tuple) -> None:
        attempt = _EVENTS.get(event)
        if attempt and _is_called_by(is_theirs) and (attempt != FILES or _is_change(event, args)):
            stop(attempt)

    sys.addaudithook(hook)


def read_only_from(readable: list[str]) -> None:
    """Have Python's own `open` refuse every file that does not lie in one of `readable`, whoever opens it.

    For systems where nothing better is to be had: what reads files without Python is not kept from it.
    """
    beginnings = tuple(f"{os.path.realpath(path)}{os.sep}" for path in readable)

    def hook(event: str, args: tuple) -> None:
        if event in ("open", "os.listdir", "os.scandir") and isinstance(args[0], (str, bytes)):
            place = os.path.realpath(os.fsdecode(args[0]))
            if not f"{place}{os.sep}".startswith(beginnings):
                raise PermissionError(f"{event} of a file outside of Python and its packages")

    sys.addaudithook(hook)


def _is_called_by(is_theirs: Callable[[str], bool]) -> bool:
    """Whether the nearest code outside of Python's own library is the submission's."""
    frame = sys._getframe(2)
    while frame is not None:
        file = frame.f_code.co_filename
        if is_theirs(file):
            return True
        if not file.startswith(_LIBRARY) or "site-packages" in file:
            return False
        frame = frame.f_back
    return False


def _is_change(event: str, args: tuple) -> bool:
    if event == "open" and not (len(args) > 2 and isinstance(args[2], int) and args[2] & _WRITES):
        return False
    places = [
        os.fsdecode(one)
        for one in args[: 2 if event in ("os.rename", "shutil.move", "shutil.copyfile") else 1]
        if isinstance(one, (str, bytes, os.PathLike))
    ]
    return any(os.path.realpath(place) != "/dev/null" for place in places)
