"""The one result on the test set that a program wrote into a JSON file of its own, beside the log of its epochs."""

import json
import posixpath
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from utils.grading.facts import Evidence
from utils.grading.log.epochs import Run
from utils.grading.log.json_records import read_result
from utils.grading.log.number import Number
from utils.grading.submission.contents import TextFile

_TEST, _VALIDATED = ("test", "accuracy"), ("val", "accuracy")


def with_lone_results(runs: Sequence[Run], configs: Iterable[TextFile]) -> list[Run]:
    """`runs`; one whose epochs were validated on other images ends with the test that a file in its folder holds.

    Where the folder has no such run, or several, it is that of the submission's only one.
    """
    runs = list(runs)
    if not any(map(_is_only_validated, runs)):
        return runs
    for number, place in _results(configs):
        open_ones = [one for one, run in enumerate(runs) if _is_only_validated(run)]
        near = [
            one
            for one in open_ones
            if posixpath.dirname(runs[one].source) == posixpath.dirname(place.file)
        ]
        found = near if len(near) == 1 else open_ones
        if len(found) == 1:
            runs[found[0]] = _tested_at_last(runs[found[0]], number, place)
    return runs


def _results(configs: Iterable[TextFile]) -> Iterator[tuple[Number, Evidence]]:
    for file in configs:
        if file.path.lower().endswith(".json"):
            try:
                number = read_result(json.loads(file.text)).get(_TEST)
            except (ValueError, RecursionError):
                continue
            if number is not None:
                yield number, Evidence(file=file.path)


def _is_only_validated(run: Run) -> bool:
    held = {key for epoch in run.epochs for key in epoch.numbers}
    return len(run.epochs) > 1 and _VALIDATED in held and _TEST not in held


def _tested_at_last(run: Run, number: Number, place: Evidence) -> Run:
    last = run.epochs[-1]
    last = replace(
        last, numbers=last.numbers | {_TEST: number}, places=last.places | {"test": place}
    )
    return replace(run, epochs=[*run.epochs[:-1], last])
