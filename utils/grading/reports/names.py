"""What submissions are called on pages and in mark sheets: the student's folder, not a path of the grader's machine."""

import os
from collections import Counter
from collections.abc import Sequence


def submission_name(path: str) -> str:
    """The folder's or file's own name; that of the working folder for "."."""
    return os.path.basename(os.path.abspath(path)) or path


def submission_names(paths: Sequence[str]) -> list[str]:
    """A name for each path, in order: its last part, and as many folders before it as it takes to tell it from others."""
    parts = [[part for part in os.path.abspath(path).split(os.sep) if part] for path in paths]
    lengths = [1] * len(paths)
    while True:
        names = [os.sep.join(one[-length:]) for one, length in zip(parts, lengths)]
        counts = Counter(names)
        longer = [
            index
            for index, name in enumerate(names)
            if counts[name] > 1 and lengths[index] < len(parts[index])
        ]
        if not longer:
            return [name or path for name, path in zip(names, paths)]
        for index in longer:
            lengths[index] += 1
