"""Where things are, independent of the folder in which the program or the notebook was started."""

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]


def from_environment(variable: str, default: str) -> Path:
    """The folder that an environment variable names, else `default`; a relative one counts from the repository's root."""
    return REPOSITORY / Path(os.environ.get(variable) or default).expanduser()
