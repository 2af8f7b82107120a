"""All that the notebooks, the commands and the tests share."""

import sys


def _in_one_sentence(kind, error, calls) -> None:
    """In the place of a traceback, where a command is stopped while it still imports what it needs."""
    from utils.errors import explain, not_installed

    if issubclass(kind, KeyboardInterrupt):
        sentence = "\nStopped."
    elif issubclass(kind, ModuleNotFoundError) and not (error.name or "utils").startswith("utils"):
        sentence = not_installed(error)
    else:
        found = explain(error) if isinstance(error, Exception) else None
        sentence = f"{found}." if found else None
    if sentence is None:
        sys.__excepthook__(kind, error, calls)
    else:
        print(sentence, file=sys.stderr)


if sys.argv[:1] == ["-m"]:  # python -m utils.…
    sys.excepthook = _in_one_sentence
