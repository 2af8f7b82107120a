"""The training runs that a submission logs: epochs in their order, from notebook outputs and texts."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from utils.grading.facts import Evidence
from utils.grading.log.line_shapes import Bar, LogLine, read_line
from utils.grading.log.lines import markdown_lines, notebook_lines, text_lines
from utils.grading.log.lists import Lists, begins_summary, epochs_of, read_lists, read_summary
from utils.grading.log.numbers import Number
from utils.grading.log.printed_totals import printed_total
from utils.grading.log.tables import is_rule, read_header, read_row
from utils.grading.submission.contents import Submission

_HEADING = re.compile(r"\W*(train|test|val|eval)[a-z]*(?:\s+(?:set|phase|metrics|results?|data))?\W*", re.I)


@dataclass
class Epoch:
    """One logged epoch. `number` is the printed one (None where the log prints none), `of` the printed last one.

    `bar` is the last complete training bar, `batch` the Batch_id in it; `places` say where the numbers of a split stand.
    """
    number: int | None = None
    of: int | None = None
    numbers: dict[tuple[str, str], Number] = field(default_factory=dict)
    places: dict[str, Evidence] = field(default_factory=dict)
    bar: Bar | None = None
    batch: int | None = None


@dataclass
class Run:
    """The epochs of one training, in the order of the log in `source` (a path); `notebook` says whether that is a notebook.

    `evaluations` are test accuracies printed outside of epochs, `parameters` the total that a summary printed before it,
    `counted` whether its lines are the output of a program beyond doubt, `begun` the numbers of all epochs, also of those
    that log nothing, `cell` the notebook cell that is being read.
    """
    source: str
    notebook: bool
    epochs: list[Epoch] = field(default_factory=list)
    evaluations: list[tuple[Number, Evidence]] = field(default_factory=list)
    parameters: int | None = None
    counted: bool = False
    begun: list[int] = field(default_factory=list)
    cell: int | None = None
    headings: tuple[str, ...] = ()

    @property
    def length(self) -> int:
        """How many epochs were logged; one that was begun after the last numbers were logged is none."""
        if not self.numbered:
            return len(self.epochs)
        return len({number for number in self.begun if number <= self.epochs[-1].number})

    @property
    def numbered(self) -> bool:
        return bool(self.epochs) and self.epochs[-1].number is not None


def submission_runs(submission: Submission, test_size: int = 10_000) -> list[Run]:
    """All runs that the submission logs: those of its notebooks' outputs first, then those pasted into texts."""
    runs = []
    for notebook in submission.notebooks:
        runs += read_runs(notebook_lines(notebook), notebook.path, True, test_size)
    for notebook in submission.notebooks:
        runs += read_runs(markdown_lines(notebook), notebook.path, False, test_size)
    for text in submission.texts:
        runs += read_runs(text_lines(text.path, text.text), text.path, False, test_size)
    return runs


def read_runs(lines: Iterable[tuple[str, Evidence]], source: str, notebook: bool, test_size: int = 10_000) -> list[Run]:
    """The runs in the lines of one source; a new run begins where the epoch number does not grow.

    In a text (not `notebook`), single numbers are claims: a run there has two epochs, or lines that only programs print.
    """
    runs, columns, heading, parameters = [Run(source, notebook)], None, "", None
    lists, summary = {}, None
    for text, place in lines:
        text = text.strip()
        if not text:
            continue
        if total := printed_total(text):
            parameters = total[0]
        if columns and is_rule(text):
            continue
        line = read_row(columns, text) if columns else None
        if line is None:
            columns = read_header(text)
            if columns:
                continue
            if match := _HEADING.fullmatch(text[:80]):
                heading = {"eval": "val"}.get(match[1].lower(), match[1].lower())
            summary = place.cell if begins_summary(text) else summary
            line = (read_summary(text) if summary is not None and summary == place.cell else None) or read_line(text)
            lists |= read_lists(text, _seen(place, text)) if notebook else {}
        if line is None:
            continue
        if line.epoch is not None and not line.remark:
            heading = ""
            _begin(runs, line)
        _add(runs, line, _seen(place, text), heading, test_size)
        if len(runs[-1].epochs) == 1:
            runs[-1].parameters = parameters
    for run in runs:
        run.epochs = [epoch for epoch in run.epochs if epoch.numbers]
        if run.epochs:
            _set_evaluations_apart(run)
    runs = [run for run in runs if run.epochs and (notebook or run.counted or (run.numbered and len(run.epochs) > 1))]
    return runs + _listed(lists, runs, source, parameters)


def _seen(place: Evidence, text: str) -> Evidence:
    return replace(place, text=text[:200])


def _listed(lists: Lists, runs: list[Run], source: str, parameters: int | None) -> list[Run]:
    """The run whose results stand only in lists, one value an epoch; none where the log counts other epochs."""
    lists, length = epochs_of(lists)
    numbered = [run.length for run in runs if run.numbered]
    if not length or any(map(_tested, runs)) or (numbered and length not in numbered):
        return []
    epochs = [Epoch(numbers={key: numbers[index] for key, (numbers, _) in lists.items()},
                    places={split: place for (split, _), (_, place) in lists.items()}) for index in range(length)]
    return [Run(source, True, epochs, parameters=parameters, counted=True)]


def _tested(run: Run) -> bool:
    return any(key in epoch.numbers for epoch in run.epochs for key in (("test", "accuracy"), ("val", "accuracy")))


def _begin(runs: list[Run], line: LogLine) -> None:
    """Open the epoch that `line` begins, in a new run where its number does not go on."""
    run = runs[-1]
    last = run.epochs[-1] if run.epochs else None
    if last and last.number == line.epoch and not _done_again(last, line):
        return
    if last and (last.number is None or line.epoch <= last.number):
        run = Run(run.source, run.notebook)
        runs.append(run)
    run.epochs.append(Epoch(line.epoch, line.of))
    run.begun.append(line.epoch)


def _done_again(epoch: Epoch, line: LogLine) -> bool:
    """Whether `line` begins an epoch of the same number anew: a bare heading after the test, or another test result."""
    tested = [key for key in (("test", "accuracy"), ("val", "accuracy")) if key in epoch.numbers]
    if not tested or line.bar:
        return False
    if not line.numbers:
        return True
    return any(key in line.numbers and not _same(line.numbers[key], epoch.numbers[key]) for key in tested)


def _add(runs: list[Run], line: LogLine, place: Evidence, heading: str, test_size: int) -> None:
    """Put the numbers of `line` where they belong: the current epoch, a new one that has no number, or the evaluations."""
    if line.bar and line.bar.done < line.bar.steps:
        return
    run = runs[-1]
    if run.notebook and not run.numbered and run.epochs and place.cell != run.cell:
        run = Run(run.source, run.notebook)  # epochs without numbers do not go on in another cell
        runs.append(run)
    numbers = {(_split(split, quantity, number, line, run, heading, test_size), quantity): number
               for (split, quantity), number in line.numbers.items()}
    if line.remark and (run.numbered or not numbers):
        return
    tested = next((key for key in (("test", "accuracy"), ("val", "accuracy")) if key in numbers), None)
    epoch = run.epochs[-1] if run.epochs else None
    if epoch and tested in epoch.numbers and line.epoch is None and not line.bar:
        echo = _same(numbers[tested], epoch.numbers[tested])
        if run.numbered and not echo:
            run.evaluations.append((numbers[tested], place))
        if run.numbered or (echo and not line.counted and len(numbers) == 1):
            return
    if line.remark or not (numbers or line.bar):
        return
    if epoch is None or (epoch.number is None and _is_next(epoch, numbers, line)):
        epoch = Epoch()
        run.epochs.append(epoch)
    run.cell = place.cell
    run.counted = run.counted or line.counted or line.bar is not None
    for key, number in numbers.items():
        if key not in epoch.numbers or line.bar:
            epoch.numbers[key] = number
            epoch.places[key[0]] = place
    of_training = not any(split in ("test", "val") for split, _ in line.numbers)
    if line.bar and of_training and (epoch.bar is None or epoch.bar.steps == line.bar.steps):
        epoch.bar, epoch.batch = line.bar, line.batch


def _split(split: str, quantity: str, number: Number, line: LogLine, run: Run, heading: str, test_size: int) -> str:
    """The split of a number: the one that the line or the heading above it names, or the one that its place gives."""
    if split or heading:
        return split or heading
    if number.total:
        return "test" if number.total == test_size else "train"
    epoch = run.epochs[-1] if run.epochs else None
    if line.bar:
        second = epoch and epoch.bar and epoch.bar.steps != line.bar.steps and line.bar.steps < epoch.bar.steps
        return "test" if second else "train"
    return "train" if quantity == "loss" and any(other for other, _ in line.numbers) else ""


def _trained(epoch: Epoch) -> bool:
    return epoch.bar is not None or any(split == "train" for split, _ in epoch.numbers)


def _set_evaluations_apart(run: Run) -> None:
    """In a log without epoch numbers, what follows the last training is no epoch."""
    while not run.numbered and not _trained(run.epochs[-1]) and any(map(_trained, run.epochs)):
        last = run.epochs.pop()
        run.evaluations += [(number, last.places[split]) for (split, quantity), number in last.numbers.items()
                            if quantity == "accuracy" and split]


def _is_next(epoch: Epoch, numbers: dict, line: LogLine) -> bool:
    """In a log without epoch numbers: whether these numbers belong to the next epoch."""
    tested = next((key for key in (("test", "accuracy"), ("val", "accuracy")) if key in epoch.numbers), None)
    if not tested or (line.bar and tested in numbers and _same(numbers[tested], epoch.numbers[tested])):
        return False
    return bool(line.bar or numbers.keys() & epoch.numbers.keys())


def _same(one: Number, other: Number) -> bool:
    """The same accuracy, perhaps once as a fraction and once in per cent, or with fewer digits."""
    return any(abs(one.value * scale - other.value * back) <= max(one.unit * scale, other.unit * back, 1e-9)
               for scale, back in ((1, 1), (100, 1), (1, 100)))
