"""Scalars that TensorBoard or Weights & Biases exported, a file a tag or a column a run, joined to tables of epochs."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from utils.grading.facts import Evidence
from utils.grading.log.csv_files import split_row
from utils.grading.log.json_records import MOST_EPOCHS
from utils.grading.log.log_line import TESTED
from utils.grading.log.tables import meaning
from utils.grading.submission.contents import TextFile

_TENSORBOARD = ["wall time", "step", "value"]
_NAMED_BY_FILE = re.compile(r"(?:run-)?(.*?)-?tag-(.*)", re.I | re.S)
_SPREAD = ("__min", "__max")  # beside each column of Weights & Biases


@dataclass(frozen=True)
class Series:
    """The values of one tag in the file at `path`: step -> (value as it is written, line of the file)."""

    path: str
    tag: str
    values: dict[int, tuple[str, int]]


def exported_tables(texts: Iterable[TextFile]) -> Iterator[tuple[str, list[tuple[str, Evidence]]]]:
    """A table of epochs for each run that was exported: the file with its test accuracy, and the lines of a CSV table whose
    header comes first, each with the place of that accuracy."""
    runs: dict[tuple[str, str], list[Series]] = defaultdict(list)
    for text in texts:
        read = _READERS.get(text.path.rpartition(".")[2].lower())
        if read:
            for run, series in read(text):
                runs[text.path.rpartition("/")[0], run].append(series)
    for several in runs.values():
        tested = next(filter(_is_tested, several), None)
        if tested:
            yield tested.path, list(_table(tested, several))


def _is_tested(series: Series) -> bool:
    return meaning(series.tag) in TESTED


def _from_json(text: TextFile) -> Iterator[tuple[str, Series]]:
    """As TensorBoard writes it: [[wall time, step, value], …]."""
    if not text.text.startswith("[["):
        return
    try:
        rows = json.loads(text.text)
        values = {int(step): (repr(float(value)), 1) for _, step, value in rows[:MOST_EPOCHS]}
    except (ValueError, TypeError, OverflowError, RecursionError):
        return
    run, tag = _named(text.path)
    yield run, Series(text.path, tag, values)


def _named(path: str) -> tuple[str, str]:
    """Run and tag from the name of the file."""
    name = path.rpartition("/")[2].rpartition(".")[0]
    match = _NAMED_BY_FILE.fullmatch(name)
    return match.groups() if match else ("", name)


def _from_csv(text: TextFile) -> Iterator[tuple[str, Series]]:
    """The series in a file, each with the name of its run; none where it is no export."""
    lines = text.text.splitlines()
    names = [name.strip().lower() for name in split_row("".join(lines[:1]))]
    if names == _TENSORBOARD:
        run, tag = _named(text.path)
        yield run, Series(text.path, tag, _values(lines, 1, 2))
    elif names[:1] == ["step"]:
        for place, name in enumerate(names[1:], 1):
            run, _, tag = name.rpartition(" - ")
            if not name.endswith(_SPREAD):
                yield run, Series(text.path, tag, _values(lines, 0, place))


def _values(lines: list[str], step: int, value: int) -> dict[int, tuple[str, int]]:
    found = {}
    for number, line in enumerate(islice(lines, 1, MOST_EPOCHS + 1), 2):
        row = [cell.strip() for cell in split_row(line)]
        if len(row) > max(step, value) and row[step].isdecimal() and row[value]:
            found[int(row[step][:12])] = (row[value], number)
    return found


def _table(tested: Series, several: list[Series]) -> Iterator[tuple[str, Evidence]]:
    """The steps at which was tested, as epochs: by their numbers where these go up by one, else counted from 0."""
    steps = sorted(tested.values)
    in_turn = steps == list(range(steps[0], steps[0] + len(steps))) if steps else False
    columns: dict[object, Series] = {meaning(tested.tag): tested}
    for series in several:
        if (held := meaning(series.tag)) not in (None, "epoch"):
            columns.setdefault(held, series)
    header = (f"{split} {quantity}" for split, quantity in columns)
    yield ",".join(("epoch", *header)), Evidence(file=tested.path, line=1)
    for place, step in enumerate(steps):
        cells = (series.values.get(step, ("", 0))[0] for series in columns.values())
        number = step if in_turn else place
        line = Evidence(file=tested.path, line=tested.values[step][1])
        yield ",".join((str(number), *cells)), line


_READERS = {"csv": _from_csv, "json": _from_json}
