"""Errors whose message is written for the user, and the one place that makes such errors of the machine's troubles."""

import errno
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

GOES_ON = "the finished epochs are kept, and running it again goes on from there"


class UserError(Exception):
    """Something that the user can fix; the message is one sentence: what is wrong, where, and what to do."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback: the sentence in a notebook's words, with Colab's remedies in Colab."""
        text = str(self)
        for option, choice in _CHOICES.items():
            text = re.sub(option, choice, text)
        if "google.colab" in sys.modules:
            text += "".join(
                f" {remedy}" for where, remedy in _COLAB.items() if re.search(where, text)
            )
        return [text]


# What the command line calls an option, and what a notebook calls the same.
_CHOICES = {
    r"--run\b": "RUN",
    r"--epochs\b": "EPOCHS",
    r"--seed\b": "SEED",
    r"--data\b": "DATA_SOURCE",
    r"--workers 0": "workers=0 in the call of fit",
    r"--precision (\w+)": r'choose_precision(choose_device(), "\1")',
    r"leave --(device|precision) out": r"leave the \1 out",
}

# What the sentence speaks of, and what can be done about it in Colab.
_COLAB = {
    "no device 'cuda|needs CUDA": "In Colab: Runtime → Change runtime type → T4 GPU.",
    "/content/drive": 'In Colab: `drive.mount("/content/drive", force_remount=True)`, then run this cell again.',
    "make data": "In Colab: run this cell again, it downloads what is not there.",
    "not enough memory": "In Colab: Runtime → Restart session gives back what other cells hold.",
}

# errno -> what is wrong, and what to do.
_UNREACHABLE = (
    "the disk or the drive behind it does not answer",
    "see that it is connected (mount Drive again)",
)
_FULL = ("no space is left there", "free some space, or choose another folder")
_CLOSED = (
    "this user may not do that there",
    "change its owner or permissions, or choose another folder",
)
_NO_MEMORY = (
    "there is not enough memory",
    "close other programs and notebooks, or raise the limit (ulimit -v)",
)
_OPEN_FILES = ("too many files are open", "close other programs, or raise the limit (ulimit -n)")
_PROCESSES = (
    "no more processes may be started",
    "close other programs, or raise the limit (ulimit -u)",
)
_TROUBLE: dict[int, tuple[str, str]] = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: (
        "the quota of disk space is used up",
        "delete something, or choose another folder",
    ),
    errno.EFBIG: ("the file would be larger than is allowed", "raise the limit (ulimit -f)"),
    errno.EROFS: ("the disk is read-only", "choose a folder that can be written"),
    errno.EACCES: _CLOSED,
    errno.EPERM: _CLOSED,
    errno.ENOENT: ("it is not there", "put it back, or choose another folder"),
    errno.EEXIST: (
        "a file is where a folder belongs",
        "move the file away, or choose another name",
    ),
    errno.ENOTDIR: (
        "a file is where a folder belongs",
        "move the file away, or choose another name",
    ),
    errno.EISDIR: (
        "a folder is where a file belongs",
        "move the folder away, or choose another name",
    ),
    errno.ENOTEMPTY: ("a folder is where a file belongs", "move the folder away"),
    errno.ENAMETOOLONG: ("the name is too long", "choose a shorter one"),
    errno.ELOOP: ("a link leads back to itself", "remove the link"),
    errno.ENOMEM: _NO_MEMORY,
    errno.EMFILE: _OPEN_FILES,
    errno.ENFILE: _OPEN_FILES,
    errno.EAGAIN: _PROCESSES,
    **dict.fromkeys(
        (errno.EIO, errno.ENOTCONN, errno.ESTALE, errno.ENODEV, errno.ENXIO, errno.ETIMEDOUT),
        _UNREACHABLE,
    ),
}

# What a library says, and the same in two parts.
_MESSAGES: dict[str, tuple[str, str]] = {
    r"(?i)bus error|shared memory|/torch_\d": (
        "the memory that processes share (/dev/shm) is too small for the workers that load images",
        "add --workers 0, or make it larger (docker run --shm-size=1g)",
    ),
    r"DataLoader worker .*(killed by signal|exited unexpectedly)": (
        "a worker that loads images was ended from outside, mostly for want of memory",
        "close other programs, or add --workers 0",
    ),
    r"(CUDA|MPS|accelerator).{0,40}out of memory": (
        "the GPU has not enough memory",
        "close other notebooks and programs that use it",
    ),
    r"(?i)out of memory|not enough memory|(can't|cannot) allocate memory|bad_alloc|failed to map segment": _NO_MEMORY,
    r"can't start new thread": _PROCESSES,
    r"(?i)Too many open files": _OPEN_FILES,
    r"not a valid value for backend|No module named '?(matplotlib_inline|ipykernel)": (
        "MPLBACKEND names a backend that matplotlib does not have here",
        "unset MPLBACKEND",
    ),
}


@contextmanager
def plainly(afterwards: str = "") -> Iterator[None]:
    """Make a UserError of what the machine, not the code, is to blame for; all else passes as it is.

    `afterwards` says what became of the work. Also a decorator: `@plainly()`.
    """
    try:
        yield
    except UserError:
        raise
    except (OSError, MemoryError, RuntimeError, ImportError, ValueError) as error:
        trouble = explain(error)
        if trouble is None:
            raise
        raise UserError(f"{trouble}{f'; {afterwards}' if afterwards else ''}.") from error


def explain(error: Exception) -> str | None:
    """Which file, what is wrong, and what to do, without a full stop; None where the code may be to blame."""
    if isinstance(error, OSError) and error.errno == errno.EPIPE:  # nobody reads our output
        return None
    if isinstance(error, UnicodeEncodeError):
        return f"The output cannot show {error.object[error.start]!a}: set PYTHONIOENCODING=utf-8"
    if isinstance(error, MemoryError):
        wrong, remedy = _NO_MEMORY
    else:
        said = [parts for text, parts in _MESSAGES.items() if re.search(text, str(error))]
        if said:
            wrong, remedy = said[0]
        elif isinstance(error, OSError):
            wrong, remedy = _TROUBLE.get(
                error.errno,
                (
                    error.strerror or str(error) or "the system refused",
                    "see that it can be read and written",
                ),
            )
        else:
            return None
    file = getattr(error, "filename", None)
    if file is None:
        return f"{wrong[0].upper()}{wrong[1:]}: {remedy}"
    name = os.fsdecode(file) if isinstance(file, bytes) else file
    return f"{name} cannot be used, because {wrong}: {remedy}"


def not_installed(error: ModuleNotFoundError) -> str:
    """The sentence on a package that is not here."""
    return f"{error.name} is not installed: run `make setup`, or install requirements.txt."


def usable_streams() -> None:
    """Make output that is closed lead nowhere, and have a terminal that lacks a letter show its number."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def run_command(work: Callable[[], Any]) -> tuple[int, Any]:
    """The exit status of a command, and what `work` returned; whatever stopped it is one sentence on standard error."""
    usable_streams()
    try:
        with plainly():
            return 0, work()
    except UserError as error:
        print(error, file=sys.stderr)
        return 1, None
    except KeyboardInterrupt:
        print(
            "\nStopped; what was finished is kept, and the same command goes on from there.",
            file=sys.stderr,
        )
        return 130, None
    except BrokenPipeError:  # nobody reads what we print any more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1, None


def in_short(error: Exception) -> str:
    """The first line of what `error` says, at most 120 characters; its kind where it says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:120]
