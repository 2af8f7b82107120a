"""What this machine has to keep a stranger's code apart: found out by trying, once in a process, and said in words."""

import functools
import json
import os
import subprocess
from dataclasses import dataclass, replace

from utils.grading.sandbox.confinement import bubblewrap, landlock
from utils.grading.sandbox.confinement.start import environment, python

_SECONDS = 60  # in which a process that only tries must have ended


@dataclass(frozen=True)
class Confinement:
    """`bubblewrap` is the program's path, empty without; `missing` says in a clause why. The others: whether they hold."""

    bubblewrap: str = ""
    landlock: bool = False
    filter: bool = False
    missing: str = "not installed"

    @property
    def hides_files(self) -> bool:
        """Whether a stranger's code can read nothing but Python and its packages."""
        return bool(self.bubblewrap or self.landlock)

    def __str__(self) -> str:
        if not (self.hides_files or self.filter):
            return (
                "limits on time and memory only: this system has neither bubblewrap nor Landlock nor a filter of system "
                f"calls. {_UNHIDDEN}"
            )
        parts = {
            "bubblewrap (no files but Python and its packages, no network, own process space)": self.bubblewrap,
            "Landlock (no files but Python and its packages)": self.landlock,
            "a filter of system calls (no changes to files, no network, no other processes)": self.filter,
        }
        missing = "" if self.bubblewrap else f", without bubblewrap ({self.missing})"
        said = ", ".join(part for part, there in parts.items() if there) + " and limits" + missing
        if self.hides_files and self.filter:
            return said
        open_ends = [] if self.filter else [_UNFILTERED]
        return f"{said}. {' '.join(open_ends if self.hides_files else [*open_ends, _UNHIDDEN])}"


_UNHIDDEN = (
    "Not confined: it could read what the grader's user can, so the texts of its exceptions are not shown; the names of "
    "its layers are, and may hold what it read"
)
_UNFILTERED = "Not confined: the system calls, so it could start other processes"


@functools.lru_cache(maxsize=1)
def first_choice() -> Confinement:
    """The best that works here."""
    has_landlock, missing = bool(landlock.version()), Confinement.missing
    for program in bubblewrap.programs():
        got, why = _try(bubblewrap.wrapped(program), has_landlock)
        if got:
            return replace(got, bubblewrap=program)
        missing = f"it does not work here: {why}"
    got, _ = _try([], has_landlock)
    if not got and has_landlock:
        got, _ = _try([], False)
    return replace(got or Confinement(), missing=missing)


_failed: dict[str, str] = {}  # bubblewrap that worked when it was tried, and did not later: why


def confinement() -> Confinement:
    """What the next child is confined by."""
    chosen = first_choice()
    why = _failed.get(chosen.bubblewrap)
    return replace(chosen, bubblewrap="", missing=why) if why else chosen


def bubblewrap_failed(program: str) -> bool:
    """Whether `program` does not work any more; then children are started without it from now on, and reports say so.

    It is tried with nothing of a submission's: what one submission does must not lower the confinement of others.
    """
    got, why = _try(bubblewrap.wrapped(program), first_choice().landlock)
    if not got:
        _failed[program] = f"it failed: {why}"
    return not got


def _try(prefix: list[str], has_landlock: bool) -> tuple[Confinement | None, str]:
    """What a process that is started with `prefix` gets, or None and the last line that it printed."""
    receiving, sending = os.pipe()
    given = {"landlock": has_landlock, "channel": sending, "start": _SECONDS}
    try:
        done = subprocess.run(
            [*prefix, *python("confinement.apply", "try_out", given)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            cwd="/",
            env=environment(),
            pass_fds=[sending],
            timeout=_SECONDS,
        )
        return Confinement(**json.loads(done.stdout)), ""
    except (OSError, subprocess.TimeoutExpired) as error:
        return None, str(error)[:200]
    except ValueError:
        lines = done.stderr.decode(errors="replace").split("\n")
        return None, next((line.strip() for line in reversed(lines) if line.strip()), "")[:200]
    finally:
        os.close(receiving)
        os.close(sending)
