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
from utils.grading.log.log_line import LogLine, read_line
from utils.grading.log.lone_results import with_lone_results
from utils.grading.log.losses_and_accuracies import split_named
from utils.grading.log.printed_totals import printed_total, stated_total
from utils.grading.log.repeated_lines import in_known_words
from utils.grading.log.tables import Header, is_gap, is_rule, read_header, read_row
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
    lines, headings = list(lines), headings or {}
    runs = _LogReader(source, notebook, headings).runs_in(lines)
    if not any(map(tested_split, runs)) and (known := in_known_words(lines)):
        runs = _LogReader(source, notebook, headings).runs_in(known)
    return runs


class _LogReader:
    """Reads the lines of one source as they are; `headings` are those that each cell of a notebook stands under."""

    def __init__(
        self, source: str, notebook: bool, headings: Mapping[int, tuple[str, ...]]
    ) -> None:
        self._source, self._notebook, self._headings = source, notebook, headings
        self._around = _Surroundings(source, notebook, headings)
        self._runs = [Run(source, notebook)]
        self._lists: Lists = {}
        self._table: Header | None = None  # whose rows are being read
        self._gap = False  # rows of it were left out before the next one
        self._split = ""  # that a heading within the log names
        self._summary: int | None = None  # the cell with wandb's summary

    def runs_in(self, lines: Iterable[tuple[str, Evidence]]) -> list[Run]:
        """The runs in all lines of the source; a new one begins where the epoch number does not grow."""
        for text, place in lines:
            self._around.read(text, place)
            if text := text.strip():
                self._read(text, replace(place, text=place.text or text[:200]))
        for run in self._runs:
            _clean(run)
        runs = list(filter(_is_logged, self._runs))
        return runs + self._listed(runs)

    def _read(self, text: str, place: Evidence) -> None:
        if self._table and is_rule(text):
            self._gap = self._gap or is_gap(text)
            return
        line = read_row(self._table, text) if self._table else read_record(text)
        if line is None:
            self._table = read_header(text)
            if self._table:
                return
            line = self._outside_of_tables(text, place)
        run = self._runs[-1]
        run.stopped = run.stopped or bool(_STOPPED.search(text[:200]))
        if line is None:
            self._around.printed.append(text[:200])
        else:
            self._add(line, place)

    def _outside_of_tables(self, text: str, place: Evidence) -> LogLine | None:
        if match := _HEADING.fullmatch(text[:80]):
            self._split = split_named(match[1])
        if begins_summary(text):
            self._summary = place.cell
        if not self._around.prose:
            self._lists |= read_lists(text, place)
        in_summary = self._summary is not None and self._summary == place.cell
        return (read_summary(text) if in_summary else None) or read_line(text)

    def _add(self, line: LogLine, place: Evidence) -> None:
        if line.epoch is not None and not line.remark:
            self._split = ""
            begin(self._runs, line, place)
            if self._gap:
                leave_out(self._runs[-1])
                self._gap = False
        add(self._runs, line, place, self._split)
        run = self._runs[-1]
        if len(run.epochs) == 1:
            run.parameters = self._around.parameters
        if line.numbers:
            self._around.describe(run, place.cell)

    def _listed(self, runs: list[Run]) -> list[Run]:
        """The run whose results stand only in lists, one value an epoch; none where the log counts other epochs."""
        lists, length = epochs_of(self._lists)
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
                self._source,
                self._notebook,
                epochs,
                parameters=self._around.parameters,
                counted=True,
                headings=self._headings.get(cell, ()),
            )
        ]


class _Surroundings:
    """What stands around the line that is read: the headings above it, and what was printed before it.

    `parameters` is the total that was printed last, `prose` whether what stands in the source is said rather than printed.
    """

    def __init__(
        self, source: str, notebook: bool, headings: Mapping[int, tuple[str, ...]]
    ) -> None:
        self.printed: deque[str] = deque(maxlen=BEFORE)
        self.parameters: int | None = None
        self.prose = not notebook and is_prose(source)
        self._notebook, self._by_cell = notebook, headings
        self._outline, self._cell = Outline(), None
        self._summarised, self._stated = False, set()
        self._described: Run | None = None

    def read(self, text: str, place: Evidence) -> None:
        if place.cell != self._cell:
            self._cell = place.cell
            self._outline.end_cell()
            self.printed.clear()
        if not self._notebook and self._outline.read(text):
            self.printed.clear()
        self._read_total(text.strip())

    def _read_total(self, text: str) -> None:
        if total := printed_total(text):
            self.parameters, self._summarised = total[0], True
        elif not self.prose and not self._summarised and (count := stated_total(text)):
            self._stated.add(count)  # of several nothing tells which is trained
            self.parameters = count if len(self._stated) == 1 else None

    def describe(self, run: Run, cell: int | None) -> None:
        """Tell a run that has just begun where it stands; what was printed so far is not before the next one."""
        if run is not self._described:
            printed = not self.prose or self._outline.fenced  # prose may speak of anything
            self._described, run.before = run, tuple(self.printed) if printed else ()
            run.headings = self._by_cell.get(cell, ()) if self._notebook else self._outline.headings
        self.printed.clear()


def _clean(run: Run) -> None:
    """Keep of a run the epochs that log something, without the evaluations; none where no epoch has a number."""
    keep_plain(run)
    run.epochs = [epoch for epoch in run.epochs if epoch.numbers or epoch.no_better]
    if any(epoch.numbers for epoch in run.epochs):
        _set_evaluations_apart(run)
    else:
        run.epochs = []


def _is_logged(run: Run) -> bool:
    """Whether a run has epochs; in a text single numbers are claims, so there it takes two, or lines that only programs
    print."""
    return bool(run.epochs) and (
        run.notebook or run.counted or (run.numbered and len(run.epochs) > 1)
    )


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
    is of the test set, where every epoch is validated; if that is one result, it is that of the last epoch's training."""
    ends = []
    while not run.epochs[-1].trained and _ends_with_test(run):
        last = run.epochs.pop()
        ends.append(last)
        run.begun = [number for number in run.begun if number != last.number]
    if run.numbered and len(ends) == 1:
        run.epochs[-1].numbers |= ends[0].numbers
        run.epochs[-1].places |= ends[0].places
        return
    run.evaluations += [
        (number, end.places[split])
        for end in ends
        for (split, quantity), number in end.numbers.items()
        if quantity == "accuracy" and split
    ]
