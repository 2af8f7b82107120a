"""Notices, inside the child, when the submission's own code tries what a network's definition has no business with.

The filter and the read-only files make such attempts fail; this makes sure that one which is caught and passed over in
silence does not go on to a good mark, and that the report can say what was tried.
"""

import os
import sys
import sysconfig
from collections.abc import Callable

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
    "to change files outside of its scratch folder": (
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
_EVENTS = {event: attempt for attempt, events in _ATTEMPTS.items() for event in events}
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_LIBRARY = tuple({sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), "<frozen "})


def watch(is_theirs: Callable[[str], bool], scratch: str, stop: Callable[[str], None]) -> None:
    """Call `stop` with a clause when code for whose file `is_theirs` holds attempts one of the above, now or later."""
    scratch = os.path.realpath(scratch)

    def hook(event: str, args: tuple) -> None:
        attempt = _EVENTS.get(event)
        if attempt is None or not _is_called_by(is_theirs):
            return
        if "files" not in attempt or _is_change(event, args, scratch):
            stop(f"its code tries {attempt}")

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


def _is_change(event: str, args: tuple, scratch: str) -> bool:
    if event == "open" and not (len(args) > 2 and isinstance(args[2], int) and args[2] & _WRITES):
        return False
    places = [
        os.fsdecode(one)
        for one in args[: 2 if event in ("os.rename", "shutil.move", "shutil.copyfile") else 1]
        if isinstance(one, (str, bytes, os.PathLike))
    ]
    resolved = map(os.path.realpath, places)
    return any(place != "/dev/null" and not place.startswith(scratch) for place in resolved)
