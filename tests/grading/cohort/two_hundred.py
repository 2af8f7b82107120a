"""A class of hundreds, measured: `python -m tests.grading.cohort.two_hundred`.

It takes too long for `make test`. Ten different submissions, 20 copies of each, are graded twice: undisturbed, and with a
submission at which the grading process dies and a worker that is killed. All other entries must be the same. Linux only.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.grading.cohort.dying import dying_at
from tests.grading.submissions import (
    LAYOUTS,
    MODEL,
    Parts,
    correct_answers,
    flat,
    log_text,
    package,
    write,
)
from tests.living_processes import descendants
from utils.paths import REPOSITORY

COPIES = 20
JOBS = 2
WORKER = b"popen_loky"  # in the command line of joblib's workers
KINDS = (
    *((layout, Parts()) for layout in LAYOUTS.values()),
    (flat, Parts(model=MODEL.replace("dilation=2", "dilation=1"))),
    (flat, Parts(log=log_text(correct_answers(8452)))),
    (package, Parts(readme="# Another\n")),
    (flat, Parts(model=None)),
)


def class_of_hundreds(folder: Path) -> list[str]:
    """Write all submissions; their paths."""
    return [
        str(write(layout(parts), folder / f"{number} {copy:02}"))
        for copy in range(COPIES)
        for number, (layout, parts) in enumerate(KINDS)
    ]


def memory(process: int) -> tuple[int, list[int]]:
    """MiB of a process and of all below it, each page counted once, and those of joblib's workers alone."""
    total, workers = 0, []
    for one in [process, *descendants(process)]:
        try:
            used = int(
                re.search(r"^Pss: +(\d+)", Path(f"/proc/{one}/smaps_rollup").read_text(), re.M)[1]
            )
            if WORKER in Path(f"/proc/{one}/cmdline").read_bytes():
                workers.append(used // 1024)
        except (OSError, TypeError):
            continue
        total += used
    return total // 1024, workers


def graded(paths: list[str], folder: Path, kill: bool) -> dict[str, dict]:
    """The entry of each path; prints seconds, and the memory in each fifth of the time."""
    began = time.monotonic()
    command = [sys.executable, "-m", "utils.grading", *paths, "--run", "--format", "json"]
    command += ["--folder", str(folder), "--jobs", str(JOBS), "--output", str(folder / "all.json")]
    environment = os.environ | {"PYTHONPATH": f"{folder.parent}{os.pathsep}{REPOSITORY}"}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)
    os.set_blocking(process.stderr.fileno(), False)
    seen, said, killed = [], b"", not kill
    while process.poll() is None:
        time.sleep(3)
        said += process.stderr.read() or b""
        seen.append(memory(process.pid))
        done = len(list(folder.glob("*-*.json")))
        if not killed and done > len(paths) // 4:
            victim = next(one for one in descendants(process.pid) if _is_worker(one))
            os.kill(victim, signal.SIGKILL)
            killed = True
            print(f"killed a worker when {done} were done")
    said += process.stderr.read() or b""
    seconds = time.monotonic() - began
    print(f"{len(paths)} in {seconds:.0f} s, {60 * len(paths) / seconds:.0f} a minute")
    fifth = max(1, len(seen) // 5)
    print(
        "MiB of all, at most, in each fifth:",
        [max(total for total, _ in seen[at : at + fifth]) for at in range(0, 5 * fifth, fifth)],
    )
    print(
        "MiB of a worker, at most, in each fifth:",
        [
            max((one for _, each in seen[at : at + fifth] for one in each), default=0)
            for at in range(0, 5 * fifth, fifth)
        ],
    )
    bars = re.findall(r"\d+%[^\r\n]*", said.decode(errors="replace"))
    print("the bar:", bars[len(bars) // 2])
    return {
        one["path"]: one for one in json.loads((folder / "all.json").read_text())["submissions"]
    }


def _is_worker(process: int) -> bool:
    try:
        return WORKER in Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return False


def main() -> int:
    """Measure and compare; 1 where anything differs."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        paths = class_of_hundreds(folder / "inbox")
        (folder / "quiet").mkdir()
        quiet = graded(paths, folder / "quiet", kill=False)
        (folder / "sitecustomize.py").write_text(dying_at("crash"))
        crash = str(write(flat(Parts()), folder / "inbox" / "crash"))
        (folder / "disturbed").mkdir()
        disturbed = graded([*paths[:70], crash, *paths[70:]], folder / "disturbed", kill=True)
    lost = disturbed.pop(crash)
    print("at the crash:", lost["warnings"][0])
    wrong = [path for path in paths if quiet[path] != disturbed[path]]
    kinds = {json.dumps(entry | {"path": ""}, sort_keys=True) for entry in quiet.values()}
    print(f"{len(wrong)} of {len(paths)} differ; {len(kinds)} different entries")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
