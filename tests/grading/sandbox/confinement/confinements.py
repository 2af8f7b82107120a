"""What this machine can confine a child by: each test of the sandbox runs in all of it."""

from dataclasses import replace

import pytest

from utils.grading.sandbox.confinement import available
from utils.grading.sandbox.confinement.available import Confinement
from utils.grading.sandbox.confinement.call_filter import has_filter

_FOUND = available.first_choice()  # asked once, before a test puts something in its place
NEEDED = {
    "bubblewrap": bool(_FOUND.bubblewrap),
    "Landlock": _FOUND.landlock and _FOUND.filter,
    "the filter alone": _FOUND.filter,
}


def confined_by(name: str, patch: pytest.MonkeyPatch) -> Confinement:
    """Have children confined by what `name` says, in this process; skips the test where the machine has no such thing."""
    if not NEEDED[name]:
        pytest.skip(f"this machine has no {name}")
    chosen = {
        "bubblewrap": _FOUND,
        "Landlock": replace(_FOUND, bubblewrap="", missing="not tried"),
        "the filter alone": Confinement(filter=has_filter(), missing="not tried"),
    }[name]
    patch.setattr(available, "first_choice", lambda: chosen)
    return chosen
