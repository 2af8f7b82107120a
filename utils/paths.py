"""Where things are, independent of the folder in which the program or the notebook was started."""

import os
from pathlib import Path

from utils.errors import UserError

REPOSITORY = Path(__file__).resolve().parents[1]


def from_environment(variable: str, default: str) -> Path:
    """The folder that an environment variable names, else `default`; a relative one counts from the repository's root.

    UserError where it begins with ~ and there is no such user.
    """
    path = Path(os.environ.get(variable) or default)
    try:
        return REPOSITORY / path.expanduser()
    except RuntimeError:
        raise UserError(
            f"{variable}={path}: there is no such user here; give a full path."
        ) from None
