"""How a confined process is started: the command, and what of our environment it gets."""

import json
import os

from utils.grading.sandbox.readable import KERNEL_FILES, import_path, interpreter, readable

BEGUN = b"\n"  # the first byte that a child sends: it is confined, and about to begin with its job
_START = """
import json, sys, tempfile
tempfile.tempdir = {temporary!r}
given = json.loads(sys.argv.pop())
sys.path[:] = given["path"]
from utils.grading.sandbox.confinement import hide
hide(given)
from utils.grading.sandbox.{module} import {function}
{function}(given)
"""

# Libraries ask where they could write when they are imported, and most do not write; whoever does is refused.
_TEMPORARY = "/tmp"


def python(module: str, function: str, given: dict) -> list[str]:
    """The command of a process that first hides, and then calls `function` of this folder's `module` with `given`.

    `given` says what `confinement.hide` needs, besides what is added here.
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
