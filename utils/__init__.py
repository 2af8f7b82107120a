"""All that the notebooks, the commands and the tests share."""

import sys


def _stopped(kind, error, calls) -> None:
    """In the place of a traceback, where a command is interrupted while it still imports what it needs."""
    if issubclass(kind, KeyboardInterrupt):
        print("\nStopped.", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, calls)


if sys.argv[:1] == ["-m"]:  # python -m utils.…
    sys.excepthook = _stopped
