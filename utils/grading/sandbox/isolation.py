"""A child process that runs a stranger's code: bounded, and apart from the files, network and processes of this machine.

With bubblewrap the child sees the file system read-only, without home folders, sockets and devices, and with an empty
scratch folder in memory; without it, a filter in the child refuses every change to a file. Both refuse the network and new
processes. Where there is neither, as on macOS, only the limits hold.
"""

import contextlib
import functools
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from utils.grading.sandbox.confinement import has_filter
from utils.grading.sandbox.limits import LIMITS, Limits
from utils.paths import REPOSITORY

_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from utils.grading.sandbox.child import main; main(*map(int, sys.argv[2:]))"
)
BEGUN = b"\n"
_SCRATCH = "/tmp/scratch"
_HIDDEN = ("/tmp", "/var/tmp", "/run", "/var/run", "/home", "/root", "/mnt", "/media", "/srv")


@dataclass(frozen=True)
class Answer:
    """What a child sent, or None and in a clause why it sent nothing. Nothing in `data` is to be believed."""

    data: bytes | None
    why: str = ""


def isolation(limits: Limits = LIMITS) -> str:
    """In words, how a stranger's code is kept apart on this machine."""
    filtered = ", a system-call filter" if has_filter() else ""
    if _bubblewrap(limits):
        return f"bubblewrap (read-only files, no network, own process space){filtered} and limits"
    if has_filter():
        return "a system-call filter (no changes to files, no network, no new processes) and limits, without bubblewrap"
    return "limits on time, memory and processes only: this system has neither bubblewrap nor a system-call filter"


def run_isolated(job: bytes, limits: Limits) -> Answer:
    """Have a fresh child do `job`; it is ended when its time is up, and with it all that it started."""
    with _scratch(limits) as (prefix, folder), tempfile.NamedTemporaryFile() as file:
        file.write(job)
        file.flush()
        receiving, sending = os.pipe()
        printed, printing = os.pipe()
        numbers = (
            sending,
            limits.memory,
            max(1, int(limits.seconds)),
            limits.scratch,
            int(not prefix),
        )
        command = [
            *prefix,
            sys.executable,
            "-I",
            "-c",
            _START,
            json.dumps(_import_path()),
            *map(str, numbers),
        ]
        try:
            with open(file.name, "rb") as stdin:
                child = subprocess.Popen(
                    command,
                    stdin=stdin,
                    stdout=printing,
                    stderr=printing,
                    cwd=folder,
                    env=_environment(folder),
                    pass_fds=[sending],
                    start_new_session=True,
                )
        finally:
            os.close(sending)
            os.close(printing)
        try:
            data, why = _receive(receiving, printed, limits)
        finally:
            os.close(receiving)
            os.close(printed)
            _end(child)
    if why or data:
        return Answer(None if why else data, why)
    return Answer(
        None, f"the process that ran it ended without an answer ({_ending(child.returncode)})"
    )


def _receive(answer: int, printed: int, limits: Limits) -> tuple[bytes, str]:
    """All that the child sends until it closes its end, and in words why that is not all; what it prints is thrown away.

    Its first byte says that it is about to begin with the job, and is not part of the answer.
    """
    deadline, parts, size, output, open_ends = (
        time.monotonic() + limits.start,
        [],
        0,
        0,
        [answer, printed],
    )
    while answer in open_ends:
        ready, _, _ = select.select(open_ends, [], [], max(0, deadline - time.monotonic()))
        if not ready or time.monotonic() > deadline:
            return (
                b"",
                f"it was stopped after {limits.seconds if parts else limits.start:g} seconds",
            )
        for end in ready:
            part = os.read(end, 2**20)
            if not part:
                open_ends.remove(end)
            elif end == answer:
                deadline = deadline if parts else time.monotonic() + limits.seconds
                parts.append(part)
                size += len(part)
            else:
                output += len(part)
        if size > limits.answer or output > limits.printed:
            did = "sent" if size > limits.answer else "printed"
            return b"", f"it was stopped after it {did} {max(size, output):,} bytes"
    return b"".join(parts)[len(BEGUN) :], ""


def _end(child: subprocess.Popen) -> None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(0.5)  # one that has sent its answer is about to end by itself
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _ending(code: int) -> str:
    code = 128 - code if code < 0 else code  # bubblewrap reports a signal as 128 + its number
    if code > 128:
        with contextlib.suppress(ValueError):
            name = signal.Signals(code - 128).name
            return f"by signal {name}: " + (
                "its CPU time was used up" if name == "SIGXCPU" else "it crashed or was killed"
            )
    return f"with exit status {code}"


@contextlib.contextmanager
def _scratch(limits: Limits) -> Iterator[tuple[list[str], str]]:
    """The bubblewrap command to put before the child's, empty without bubblewrap, and the folder to start it in."""
    if _bubblewrap(limits):
        yield _wrapped(limits), "/"
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield [], folder


@functools.lru_cache(maxsize=1)
def _bubblewrap(limits: Limits) -> bool:
    """Whether bubblewrap is here and may do what it is needed for."""
    if not shutil.which("bwrap"):
        return False
    try:
        done = subprocess.run(
            [*_wrapped(limits), sys.executable, "-I", "-c", "pass"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _wrapped(limits: Limits) -> list[str]:
    hidden = [
        folder
        for folder in dict.fromkeys([*_HIDDEN, str(Path.home())])
        if os.path.isdir(folder) and not os.path.islink(folder) and folder not in ("/", "/tmp")
    ]
    command = [
        "bwrap",
        "--unshare-all",
        "--die-with-parent",
        "--new-session",
        "--cap-drop",
        "ALL",
        "--ro-bind",
        "/",
        "/",
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        "--size",
        str(limits.scratch),
        "--tmpfs",
        "/tmp",
        "--dir",
        _SCRATCH,
    ]
    for folder in hidden:
        command += ["--tmpfs", folder]
    for folder in _needed_folders():
        if any(folder.startswith(f"{one}/") for one in ("/tmp", *hidden)):
            command += ["--ro-bind", os.path.realpath(folder), folder]
    for folder in hidden:
        command += ["--remount-ro", folder]
    return [*command, "--remount-ro", "/dev", "--chdir", _SCRATCH, "--"]


def _import_path() -> list[str]:
    return [
        str(REPOSITORY),
        *(path for path in sys.path if path and os.path.exists(path) and path != str(REPOSITORY)),
    ]


def _needed_folders() -> list[str]:
    """The folders of Python and of this repository, by name and by where links lead; the outer ones first."""
    folders = [*_import_path(), sys.prefix, sys.base_prefix, os.path.dirname(sys.executable)]
    both = {*map(os.path.abspath, folders), *map(os.path.realpath, folders)}
    return sorted(folder for folder in both if os.path.isdir(folder))


def _environment(folder: str) -> dict[str, str]:
    """Nothing of ours but what Python needs to start; one thread, no GPU, no update checks."""
    home = _SCRATCH if folder == "/" else folder
    kept = {
        name: os.environ[name]
        for name in ("LANG", "LC_ALL", "LD_LIBRARY_PATH")
        if name in os.environ
    }
    return kept | {
        "HOME": home,
        "TMPDIR": home,
        "USER": "nobody",
        "MPLBACKEND": "Agg",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "",
        "NO_ALBUMENTATIONS_UPDATE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
