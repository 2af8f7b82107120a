"""How a confined process is started: the files that it sees, the command, and what of our environment it gets.

It sees Python, the installed packages, the grader's own code, and what the chip is. What it is to run reaches it as text.
Folders from which the grader's user imports other things are not among them, nor is anything of the user's, of the system's
settings or of other submissions.
"""

import json
import os
import sys
import sysconfig
from pathlib import Path

from utils.paths import REPOSITORY

# Of the system: its libraries and where they lie; which processors there are; devices that hold nothing.
_SYSTEM = (
    "/lib",
    "/lib32",
    "/lib64",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/local/lib64",
    "/nix/store",
    "/gnu/store",
    "/etc/ld.so.cache",
    "/etc/alternatives",
    "/sys/devices/system/cpu",
    "/sys/devices/system/node",
)
KERNEL_FILES = (
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/self/statm",
    "/dev/null",
    "/dev/zero",
    "/dev/random",
    "/dev/urandom",
)


def import_path() -> list[str]:
    """Where a child imports from: the grader's own code, then Python's library and the installed packages."""
    folders = [path for path in sys.path if path and os.path.exists(path)]
    return [str(REPOSITORY), *filter(_is_pythons, folders)]


def _is_pythons(folder: str) -> bool:
    """Whether a folder of sys.path holds Python's own library or packages that were installed, and is nobody's workplace."""
    library = {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}
    if any(Path(folder) == Path(one) or Path(one) in Path(folder).parents for one in library):
        return True
    return next(Path(folder).glob("*.dist-info"), None) is not None


def readable() -> list[str]:
    """Files and folders, outer ones first, by the names under which they are looked for and by where links lead.

    What /proc and /dev hold is not among them: `KERNEL_FILES` are.
    """
    libraries = os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)
    wanted = [
        *_SYSTEM,
        *filter(os.path.isabs, libraries),
        *import_path()[1:],
        os.path.join(REPOSITORY, "utils"),
        *(os.path.join(prefix, "lib") for prefix in (sys.prefix, sys.base_prefix)),
        interpreter(),
    ]
    both = {place(path) for path in wanted for place in (os.path.abspath, os.path.realpath)}
    return sorted(path for path in both if os.path.exists(path))


def interpreter() -> str:
    """Python itself, not the link of a virtual environment: that one's packages are on the import path anyway."""
    return os.path.realpath(sys.executable)


BEGUN = b"\n"  # the first byte that a child sends: it is confined, and about to begin with its job
_START = """
import json, sys, tempfile
tempfile.tempdir = {temporary!r}
given = json.loads(sys.argv.pop())
sys.path[:] = given["path"]
from utils.grading.sandbox.confinement.apply import hide
hide(given)
from utils.grading.sandbox.{module} import {function}
{function}(given)
"""

# Libraries ask where they could write when they are imported, and most do not write; whoever does is refused.
_TEMPORARY = "/tmp"


def python(module: str, function: str, given: dict) -> list[str]:
    """The command of a process that first hides, and then calls `function` of the sandbox's `module` with `given`.

    `given` says what `apply.hide` needs, besides what is added here.
    """
    given = {**given, "path": import_path(), "readable": [*readable(), *KERNEL_FILES]}
    start = _START.format(temporary=_TEMPORARY, module=module, function=function)
    return [interpreter(), "-I", "-c", start, json.dumps(given)]


def environment() -> dict[str, str]:
    """Nothing of ours but what Python needs to start; one thread, no GPU, no update checks."""
    kept = {
        name: os.environ[name]
        for name in ("LANG", "LC_ALL", "LD_LIBRARY_PATH")
        if name in os.environ
    }
    return kept | {
        "HOME": "/nonexistent",
        "PATH": "/nonexistent",
        "USER": "nobody",
        "TMPDIR": _TEMPORARY,
        "MPLCONFIGDIR": _TEMPORARY,
        "TORCHINDUCTOR_CACHE_DIR": _TEMPORARY,
        "TRITON_CACHE_DIR": _TEMPORARY,
        "MPLBACKEND": "Agg",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "",
        "NO_ALBUMENTATIONS_UPDATE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
