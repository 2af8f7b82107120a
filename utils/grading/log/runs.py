"""The training runs that a submission logs: epochs in their order, from notebook outputs and texts."""

import re
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import replace

from utils.grading.facts import Evidence
from utils.grading.log.accuracies import tested_split
from utils.grading.log.csv_files import csv_lines
from utils.grading.log.epochs import Epoch, Run, add, begin, keep_plain, leave_out
from utils.grading.log.exports import exported_tables
from utils.grading.log.headings import Outline, notebook_headings
from utils.grading.log.json_records import counted_records, history_lines, read_record
from utils.grading.log.lines import is_prose, markdown_lines, notebook_lines, text_lines
from utils.grading.log.lists import Lists, begins_summary, epochs_of, read_lists, read_summary
from utils.grading.log.log_line import read_line
from utils.grading.log.lone_results import with_lone_results
from utils.grading.log.losses_and_accuracies import split_named
from utils.grading.log.printed_totals import printed_total, stated_total
from utils.grading.log.repeated_lines import in_known_words
from utils.grading.log.tables import is_gap, is_rule, read_header, read_row
from utils.grading.submission.contents import Submission, TextFile

BEFORE = 40  # lines before a run that are kept with it
_HEADING = re.compile(
    r"\W*(train|test|val|eval)[a-z]*(?:\s+(?:set|phase|metrics|results?|data|error|performance))?\W*",
    re.I,
)
_STOPPED = re.compile(
    r"\bearly[ _-]?stop(?:p(?:ed|ing))?\b(?!\W*(?:patience|callback|counter|[:=(]))", re.I
)


def submission_runs(submission: Submission) -> list[Run]:
    """All runs that the submission logs: those of its notebooks' outputs first, then those pasted into texts."""
    runs = []
    for notebook in submission.notebooks:
        runs += read_runs(
            notebook_lines(notebook), notebook.path, True, notebook_headings(notebook)
        )
    for notebook in submission.notebooks:
        runs += read_runs(markdown_lines(notebook), notebook.path, False)
    for path, lines in exported_tables((*submission.texts, *submission.configs)):
        runs += read_runs(lines, path, False)
    for text in submission.texts:
        runs += read_runs(_lines_of(text), text.path, False)
    for text in submission.configs:
        if text.path.lower().endswith(".json"):
            runs += read_runs(history_lines(text.path, text.text), text.path, False)
    return with_lone_results(runs, submission.configs)


def _lines_of(text: TextFile) -> Iterable[tuple[str, Evidence]]:
    if text.path.lower().endswith(".jsonl") and (lines := counted_records(text.path, text.text)):
        return lines
    return csv_lines(text) or text_lines(text.path, text.text)


def read_runs(
    lines: Iterable[tuple[str, Evidence]],
    source: str,
    notebook: bool,
    headings: Mapping[int, tuple[str, ...]] | None = None,
) -> list[Run]:
    """The runs in the lines of one source; where none has a test accuracy, lines that come again and again may have one."""
    lines = list(lines)
    runs = _read(lines, source, notebook, headings)
    if not any(map(tested_split, runs)) and (known := in_known_words(lines)):
        runs = _read(known, source, notebook, headings)
    return runs


def _read(
    lines: Iterable[tuple[str, Evidence]],
    source: str,
    notebook: bool,
    headings: Mapping[int, tuple[str, ...]] | None,
) -> list[Run]:
    """The runs in lines as they are; a new run begins where the epoch number does not grow.

    In a text (not `notebook`), single numbers are claims: a run there has two epochs, or lines that only programs print.
    `headings` are those that each cell of a notebook stands under.
    """
    runs, columns, heading, parameters = [Run(source, notebook)], None, "", None
    lists, summary, around = {}, None, _Surroundings(source, notebook, headings or {})
    gap, printed = False, notebook or not is_prose(source)
    summarised, stated = False, set()
    for text, place in lines:
        around.read(text, place)
        text = text.strip()
        if not text:
            continue
        if total := printed_total(text):
            parameters, summarised = total[0], True
        elif printed and not summarised and (count := stated_total(text)):
            stated.add(count)  # of several nothing tells which is trained
            parameters = count if len(stated) == 1 else None
        if columns and is_rule(text):
            gap = gap or is_gap(text)
            continue
        line = read_row(columns, text) if columns else read_record(text)
        if line is None:
            columns = read_header(text)
            if columns:
                continue
            if match := _HEADING.fullmatch(text[:80]):
                heading = split_named(match[1])
            summary = place.cell if begins_summary(text) else summary
            line = (
                read_summary(text) if summary is not None and summary == place.cell else None
            ) or read_line(text)
            lists |= read_lists(text, _seen(place, text)) if printed else {}
        runs[-1].stopped = runs[-1].stopped or bool(_STOPPED.search(text[:200]))
        if line is None:
            around.printed.append(text[:200])
            continue
        if line.epoch is not None and not line.remark:
            heading = ""
            begin(runs, line, _seen(place, text))
            if gap:
                leave_out(runs[-1])
                gap = False
        add(runs, line, _seen(place, text), heading)
        if len(runs[-1].epochs) == 1:
            runs[-1].parameters = parameters
        if line.numbers:
            around.describe(runs[-1], place.cell)
    for run in runs:
        keep_plain(run)
        run.epochs = [epoch for epoch in run.epochs if epoch.numbers or epoch.no_better]
        if any(epoch.numbers for epoch in run.epochs):
            _set_evaluations_apart(run)
        else:
            run.epochs = []
    runs = [
        run
        for run in runs
        if run.epochs and (notebook or run.counted or (run.numbered and len(run.epochs) > 1))
    ]
    return runs + _listed(lists, runs, source, notebook, parameters, headings or {})


class _Surroundings:
    """What stands around the line that is read: the headings above it, and what was printed before it."""

    def __init__(
        self, source: str, notebook: bool, headings: Mapping[int, tuple[str, ...]]
    ) -> None:
        self.printed: deque[str] = deque(maxlen=BEFORE)
        self._notebook, self._by_cell, self._outline, self._cell = (
            notebook,
            headings,
            Outline(),
            None,
        )
        self._prose = not notebook and is_prose(source)
        self._described: Run | None = None

    def read(self, text: str, place: Evidence) -> None:
        if place.cell != self._cell:
            self._cell = place.cell
            self._outline.end_cell()
            self.printed.clear()
        if not self._notebook and self._outline.read(text):
            self.printed.clear()

    def describe(self, run: Run, cell: int | None) -> None:
        """Tell a run that has just begun where it stands; what was printed so far is not before the next one."""
        if run is not self._described:
            spoken = (
                not self._prose or self._outline.fenced
            )  # prose around a log may speak of anything
            self._described, run.before = run, tuple(self.printed) if spoken else ()
            run.headings = self._by_cell.get(cell, ()) if self._notebook else self._outline.headings
        self.printed.clear()


def _seen(place: Evidence, text: str) -> Evidence:
    return replace(place, text=place.text or text[:200])


def _listed(
    lists: Lists,
    runs: list[Run],
    source: str,
    notebook: bool,
    parameters: int | None,
    headings: Mapping[int, tuple[str, ...]],
) -> list[Run]:
    """The run whose results stand only in lists, one value an epoch; none where the log counts other epochs."""
    lists, length = epochs_of(lists)
    numbered = [run.length for run in runs if run.numbered]
    if not length or any(map(tested_split, runs)) or (numbered and length not in numbered):
        return []
    epochs = [
        Epoch(
            numbers={key: numbers[index] for key, (numbers, _) in lists.items()},
            places={split: place for (split, _), (_, place) in lists.items()},
        )
        for index in range(length)
    ]
    cell = next(place.cell for _, place in lists.values())
    return [
        Run(
            source,
            notebook,
            epochs,
            parameters=parameters,
            counted=True,
            headings=headings.get(cell, ()),
        )
    ]


def _ends_with_test(run: Run) -> bool:
    if not run.numbered:
        return any(epoch.trained for epoch in run.epochs)
    *others, last = ({split for split, _ in epoch.numbers} for epoch in run.epochs)
    return (
        last == {"test"}
        and bool(others)
        and all("val" in one - {"test"} and "test" not in one for one in others)
    )


def _set_evaluations_apart(run: Run) -> None:
    """What follows the last training is no epoch: in a log without epoch numbers all of it, in one with numbers what alone
    is of the test set, where every epoch is validated."""
    while not run.epochs[-1].trained and _ends_with_test(run):
        last = run.epochs.pop()
        run.begun = [number for number in run.begun if number != last.number]
        run.evaluations += [
            (number, last.places[split])
            for (split, quantity), number in last.numbers.items()
            if quantity == "accuracy" and split
        ]
