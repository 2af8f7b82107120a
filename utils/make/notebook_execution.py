"""Executes a notebook in a process of its own, and tells in a few lines why it could not be."""

import os
import re
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

# A kernel warns that it speaks TCP without encryption, though with nobody but this machine; its errors are still heard.
QUIET = "--ExecutePreprocessor.extra_arguments=['--log-level=ERROR']"
# What nbclient says of a cell that failed: its own calls, the cell between two such lines, then what the cell printed.
CELL_FAILED = re.compile(r"CellExecutionError: .*^-{18}$\s*(.*)\Z", re.DOTALL | re.MULTILINE)


def execute(notebook: Path, to: str, options: tuple[str, ...], environment: dict[str, str]) -> bool:
    """Execute `notebook` and write it as `to`, "html" or "notebook"; if it fails: False, and why on standard error."""
    command = [sys.executable, "-m", "nbconvert", "--to", to, "--execute", "--log-level", "ERROR"]
    done = subprocess.run(
        [*command, QUIET, *options, str(notebook)],
        env=environment,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode:
        print(f"\n{notebook.name} could not be executed: {why(done.stderr)}", file=sys.stderr)
    return not done.returncode


def environment_without(names: Collection[str]) -> dict[str, str]:
    """That of this process without the variables `names`."""
    return {name: value for name, value in os.environ.items() if name not in names}


def why(said: str) -> str:
    """What the cell that failed said, without the calls of the programs that executed it; else all that they said."""
    found = CELL_FAILED.search(said)
    return (found[1] if found else said).strip()
