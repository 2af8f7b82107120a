"""Which processes there are, as Linux tells it."""

import re
import time
from pathlib import Path


def wait_until(condition, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.05)


def descendants(parent: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and _parent(int(entry.name)) == parent:
            found += [int(entry.name), *descendants(int(entry.name))]
    return found


def memory(process: int) -> tuple[int, int]:
    """MiB of a process and of all below it: each page counted as often as it is used, and each counted once."""
    totals = [0, 0]
    for one in [process, *descendants(process)]:
        try:
            text = Path(f"/proc/{one}/smaps_rollup").read_text()
        except OSError:  # it has ended
            continue
        for place, name in enumerate(("Rss", "Pss")):
            found = re.search(rf"^{name}: +(\d+)", text, re.MULTILINE)
            totals[place] += int(found[1]) if found else 0
    return totals[0] // 1024, totals[1] // 1024


def _parent(process: int) -> int | None:
    try:
        return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


def lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
