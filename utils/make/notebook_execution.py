"""The command that executes a notebook."""

import sys
from pathlib import Path

# A kernel warns that it speaks TCP without encryption, though with nobody but this machine; its errors are still heard.
QUIET = "--ExecutePreprocessor.extra_arguments=['--log-level=ERROR']"


def execution(notebook: Path, to: str, *options: str) -> list[str]:
    """Executes `notebook` and writes it as `to`, "html" or "notebook"."""
    command = [sys.executable, "-m", "nbconvert", "--to", to, "--execute", "--log-level", "ERROR"]
    return [*command, QUIET, *options, str(notebook)]
