"""The epochs of a run, built line by line: which epoch a number is of, and where another run begins."""

from dataclasses import dataclass, field

from utils.data.data_sets import CIFAR10
from utils.grading.facts import Evidence
from utils.grading.log.averaged_weights import AVERAGED, PLAIN
from utils.grading.log.log_line import TESTED, Bar, LogLine
from utils.grading.log.number import Number

_MEASURED = TESTED + tuple((split, AVERAGED[quantity]) for split, quantity in TESTED)


@dataclass
class Epoch:
    """One logged epoch. `number` is the printed one (None where the log prints none), `of` the printed last one.

    `bar` is the last complete training bar, `batch` the Batch_id in it; `places` say where the numbers of a split stand.
    `no_better`: the log gives no number, but says that the epoch was no better than the best before it.
    """

    number: int | None = None
    of: int | None = None
    numbers: dict[tuple[str, str], Number] = field(default_factory=dict)
    places: dict[str, Evidence] = field(default_factory=dict)
    bar: Bar | None = None
    batch: int | None = None
    no_better: bool = False

    @property
    def measured(self) -> bool:
        """Whether an accuracy, or that it was no better, is logged."""
        return self.no_better or any(
            quantity in ("accuracy", AVERAGED["accuracy"]) for _, quantity in self.numbers
        )

    @property
    def trained(self) -> bool:
        """Whether the log shows training in it."""
        return self.bar is not None or any(split == "train" for split, _ in self.numbers)


@dataclass
class Run:
    """The epochs of one training, in the order of the log in `source` (a path); `notebook` says whether that is a notebook.

    `evaluations` are test accuracies printed outside of epochs, `parameters` the total that a summary printed before it,
    `counted` whether its lines are the output of a program beyond doubt, `begun` the numbers of all epochs, also of those
    that log nothing, `left_out` those of rows that pandas did not print, `cell` the notebook cell that is being read.
    `headings` are those that the run stands under, outermost first: of a notebook's output, those in the text cells before
    it. `before` are the lines printed just before it in the same output. `averaged`: its test accuracies are of averaged
    weights (EMA, SWA), as it logs no others. `stopped`: the log says after its last epoch that training was stopped early.
    """

    source: str
    notebook: bool
    epochs: list[Epoch] = field(default_factory=list)
    evaluations: list[tuple[Number, Evidence]] = field(default_factory=list)
    parameters: int | None = None
    counted: bool = False
    begun: list[int] = field(default_factory=list)
    left_out: list[int] = field(default_factory=list)
    cell: int | None = None
    headings: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    averaged: bool = False
    stopped: bool = False

    @property
    def length(self) -> int:
        """How many epochs were trained: those that log a result, and those that were begun between them."""
        return self.logged + len(self.silent) - len(self.left_out)

    @property
    def logged(self) -> int:
        """How many epochs log a result, those of left out rows with them; a last one without an accuracy, where all others
        have one, was broken off."""
        numbers = (
            len({epoch.number for epoch in self.epochs}) if self.numbered else len(self.epochs)
        )
        *others, last = self.epochs
        broken_off = others and not last.measured and all(epoch.measured for epoch in others)
        return numbers + len(self.left_out) - bool(broken_off)

    @property
    def silent(self) -> list[int]:
        """The numbers of the epochs before the last one with results whose results are not to be seen."""
        if not self.numbered:
            return []
        held, last = {epoch.number for epoch in self.epochs}, self.epochs[-1].number
        return sorted({number for number in self.begun if number not in held and number < last})

    @property
    def numbered(self) -> bool:
        """Whether the log numbers its epochs."""
        return bool(self.epochs) and self.epochs[-1].number is not None


def begin(runs: list[Run], line: LogLine, place: Evidence) -> None:
    """Open the epoch that `line` begins, in a new run where its number does not go on."""
    run = runs[-1]
    last = run.epochs[-1] if run.epochs else None
    if last and last.number == line.epoch and not _done_again(last, line):
        return
    if last and (last.number is None or line.epoch <= last.number):
        run = Run(run.source, run.notebook)
        runs.append(run)
    run.epochs.append(
        Epoch(
            line.epoch,
            line.of,
            places={"": place} if line.no_better else {},
            no_better=line.no_better,
        )
    )
    run.begun.append(line.epoch)
    run.stopped = False


def leave_out(run: Run) -> None:
    """The rows between the last two epochs of `run` were left out in printing."""
    if len(run.epochs) > 1 and run.numbered:
        before, after = (epoch.number for epoch in run.epochs[-2:])
        run.left_out += range(before + 1, after)
        run.begun += range(before + 1, after)


def _done_again(epoch: Epoch, line: LogLine) -> bool:
    """Whether `line` begins an epoch of the same number anew: a bare heading after the test, or another test result."""
    tested = [key for key in _MEASURED if key in epoch.numbers]
    if not tested or line.bar:
        return False
    if not line.numbers:
        return True
    return any(
        key in line.numbers and not same(line.numbers[key], epoch.numbers[key]) for key in tested
    )


def add(runs: list[Run], line: LogLine, place: Evidence, heading: str) -> None:
    """Put the numbers of `line` where they belong: the current epoch, a new one that has no number, or the evaluations."""
    if line.bar and line.bar.done < line.bar.steps:
        return
    run = runs[-1]
    if run.notebook and not run.numbered and run.epochs and place.cell != run.cell:
        run = Run(run.source, run.notebook)  # epochs without numbers do not go on in another cell
        runs.append(run)
    numbers = {
        (_split(split, quantity, number, line, run, heading), quantity): number
        for (split, quantity), number in line.numbers.items()
    }
    if line.remark and (run.numbered or not numbers):
        return
    tested = next((key for key in _MEASURED if key in numbers), None)
    epoch = run.epochs[-1] if run.epochs else None
    if epoch and tested in epoch.numbers and line.epoch is None and not line.bar:
        echo = same(numbers[tested], epoch.numbers[tested])
        if run.numbered and not echo and tested in TESTED:
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


def _split(split: str, quantity: str, number: Number, line: LogLine, run: Run, heading: str) -> str:
    """The split of a number: the one that the line or the heading above it names, or the one that its place gives."""
    if split or heading:
        return split or heading
    if number.total:
        return "test" if number.total == CIFAR10.test_images else "train"
    epoch = run.epochs[-1] if run.epochs else None
    if line.bar:
        second = (
            epoch
            and epoch.bar
            and epoch.bar.steps != line.bar.steps
            and line.bar.steps < epoch.bar.steps
        )
        return "test" if second else "train"
    return (
        "train"
        if PLAIN.get(quantity, quantity) == "loss" and any(other for other, _ in line.numbers)
        else ""
    )


def _is_next(epoch: Epoch, numbers: dict, line: LogLine) -> bool:
    """In a log without epoch numbers: whether these numbers belong to the next epoch."""
    tested = next((key for key in _MEASURED if key in epoch.numbers), None)
    if not tested or (
        line.bar and tested in numbers and same(numbers[tested], epoch.numbers[tested])
    ):
        return False
    return bool(line.bar or numbers.keys() & epoch.numbers.keys())


def same(one: Number, other: Number) -> bool:
    """The same accuracy, perhaps once as a fraction and once in per cent, or with fewer digits."""
    return any(
        abs(one.value * scale - other.value * back)
        <= max(one.unit * scale, other.unit * back, 1e-9)
        for scale, back in ((1, 1), (100, 1), (1, 100))
    )


def keep_plain(run: Run) -> None:
    """Leave out the results of averaged weights; where no others are logged for the test set, they stand for them."""
    run.averaged = not any(key in epoch.numbers for key in TESTED for epoch in run.epochs) and any(
        key in epoch.numbers for key in _MEASURED for epoch in run.epochs
    )
    for epoch in run.epochs:
        averaged = {key: number for key, number in epoch.numbers.items() if key[1] in PLAIN}
        plain = {key: number for key, number in epoch.numbers.items() if key not in averaged}
        if run.averaged:
            plain = {
                key: number for key, number in plain.items() if key[0] == "train"
            }  # a plain loss is not theirs
            plain |= {
                (split, PLAIN[held]): number
                for (split, held), number in averaged.items()
                if split != "train"
            }
        epoch.numbers = plain
