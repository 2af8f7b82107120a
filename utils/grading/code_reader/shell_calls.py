"""The functions of Python that hand a line to a shell, or start a program with its words."""

import shlex

from utils.grading.submission.shell_words import UNKNOWN

SHELL_CALLS = {"os.system", "os.popen"} | {
    f"subprocess.{name}"
    for name in (
        "run",
        "call",
        "check_call",
        "check_output",
        "Popen",
        "getoutput",
        "getstatusoutput",
    )
}


def shell_line(args: tuple) -> str:
    """The line that the function is given; words that are not known stand in it as such. Empty where nothing is known."""
    given = args[0] if args else None
    if isinstance(given, (list, tuple)):
        return shlex.join(one if isinstance(one, str) else UNKNOWN[0] for one in given)
    return given if isinstance(given, str) else ""
