"""Which of the logged runs is judged, and which others there are."""

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from utils.grading.log.accuracies import accuracy_rows, counted_from, tested_split
from utils.grading.log.data_set import data_set_of
from utils.grading.log.epochs import Epoch, Run, same
from utils.grading.log.lines import notebook_lines
from utils.grading.log.log_line import LINE_LIMIT
from utils.grading.submission.contents import Submission

_ACCURACY = re.compile(
    r"(?<![a-z])(?:acc(?:urac(?:y|ies))?|top[-_ ]?1|correct|metrics?|scores?)(?![a-z])", re.I
)
_OF_TRAINING = re.compile(r"(?<![a-z])(?:test|val|epoch|train)", re.I)
_RESUMED = re.compile(
    r"(?<![a-z])(?:resum|continu|restor|reload|load(?:ed|ing)|checkpoint|disconnect|more epochs)",
    re.I,
)
GOES_ON = 65.0  # per cent on the test set; no network this small gets there in its first epoch


@dataclass(frozen=True)
class Choice:
    """The run that is judged (None where nothing is logged), one sentence that says why, and the other runs."""

    run: Run | None
    why: str
    others: tuple[Run, ...] = ()


def tested_runs(runs: Sequence[Run]) -> list[Run]:
    """The runs that log a test accuracy, those that go on where the one before them stopped joined to it."""
    return _joined([run for run in runs if tested_split(run)])


def choose_run(submission: Submission, runs: Sequence[Run], notebook: str | None) -> Choice:
    """Of `runs` that log a test accuracy, the one with the highest in the outputs of `notebook`; where they log none, in
    other notebooks, then in texts. An evaluation, which may be of any network, only where no training is logged.

    Copies of the chosen run, as a README pastes them, are not among the others.
    """
    tiers = [
        (
            "the outputs of the training notebook",
            [run for run in runs if run.notebook and run.source == notebook],
        ),
        (
            "the outputs of notebooks",
            [run for run in runs if run.notebook and run.source != notebook],
        ),
        ("texts", [run for run in runs if not run.notebook]),
    ]
    where, held = next(((where, held) for where, held in tiers if held), ("", []))
    if not held:
        return Choice(None, nothing_logged(submission, notebook))
    trainings = [run for run in held if not tested_alone(run)]
    chosen = max(trainings or held, key=lambda run: (best(run), len(run.epochs)))
    whole = tested_values(chosen)
    others = [run for run in runs if run is not chosen and not copies_of(run, whole)]
    why = f"the log of {describe(chosen)}"
    if rivals := sum(run in (trainings or held) for run in others):
        why += f", the one with the highest test accuracy of {rivals + 1} runs in {where}"
    if notebook and held is not tiers[0][1]:
        why += f"; the outputs of {notebook} log no test accuracy"
    return Choice(chosen, why, tuple(others))


def best(run: Run) -> float:
    """The highest logged test accuracy, in per cent."""
    return max((row.accuracy for row in accuracy_rows(run, tested_split(run))), default=0.0)


def describe(run: Run) -> str:
    """A run in words: where it stands, how long it is, what it reaches, which network was printed before it."""
    place = next(iter(run.epochs[0].places.values()))
    network = (
        f", after a summary of {run.parameters:,} parameters" if run.parameters is not None else ""
    )
    count = len(accuracy_rows(run, tested_split(run)))
    return (
        f"{count} epoch{'s' if count > 1 else ''} ({place.where}{network}; best {best(run):.2f} %)"
    )


def _joined(runs: list[Run]) -> list[Run]:
    """A run that goes on where the one before it stopped is part of that one, although its epochs are counted anew or a
    checkpoint takes it some epochs back; those then count as they were done again. Epochs shown again are no run."""
    joined: list[Run] = []
    for run in runs:
        if joined and _repeats(joined[-1], run):
            continue
        if joined and tested_alone(run) and _same_network(joined[-1], run):
            joined[-1] = _evaluated(joined[-1], run)
            continue
        if joined and _resumes(joined[-1], run):
            before = _cut(joined[-1], run.epochs[0].number)
            joined[-1] = _together(before, run, run.epochs, shift=0)
        elif joined and _goes_on(joined[-1], run):
            before = joined[-1]
            base = run.epochs[0].number if _is_next(before, run) else counted_from(run) or 0
            shift = before.epochs[-1].number + 1 - base if run.numbered else 0
            epochs = [
                replace(epoch, number=epoch.number + shift if run.numbered else None, of=None)
                for epoch in run.epochs
            ]
            joined[-1] = _together(before, run, epochs, shift)
        else:
            joined.append(run)
    return joined


def tested_alone(run: Run) -> bool:
    """Whether it is one result without an epoch and without training: an evaluation of what was trained elsewhere."""
    return not run.numbered and len(run.epochs) == 1 and not run.epochs[0].trained


def _same_network(before: Run, after: Run) -> bool:
    """Whether `before` is a training, and no summary or heading says that `after` is of another network."""
    return not tested_alone(before) and _same_training(before, after)


def _evaluated(run: Run, evaluation: Run) -> Run:
    (epoch,) = evaluation.epochs
    found = [
        (number, epoch.places[split])
        for (split, quantity), number in epoch.numbers.items()
        if quantity == "accuracy" and split
    ]
    return replace(run, evaluations=run.evaluations + found + evaluation.evaluations)


def _repeats(before: Run, after: Run) -> bool:
    """Whether `after` only shows epochs of `before` again, such as its best."""
    held = {one.number: one.numbers for one in before.epochs}
    return (
        before.source == after.source
        and before.numbered
        and after.numbered
        and all(
            one.number in held and _agree(one.numbers, held[one.number]) for one in after.epochs
        )
    )


def _agree(one: dict, other: dict) -> bool:
    return any(key in other for key in one) and all(
        same(number, other[key]) for key, number in one.items() if key in other
    )


def _cut(run: Run, first: int) -> Run:
    """`run` without its epochs from the number `first` on."""
    return replace(
        run,
        epochs=[one for one in run.epochs if one.number < first],
        begun=[number for number in run.begun if number < first],
        left_out=[number for number in run.left_out if number < first],
    )


def _together(before: Run, after: Run, epochs: list[Epoch], shift: int) -> Run:
    """`before`, and behind it `epochs`, which are those of `after` with numbers that are greater by `shift`."""
    return replace(
        before,
        epochs=before.epochs + epochs,
        evaluations=before.evaluations + after.evaluations,
        begun=before.begun + [number + shift for number in after.begun],
        left_out=before.left_out + [number + shift for number in after.left_out],
        stopped=after.stopped,
    )


def _same_training(before: Run, after: Run) -> bool:
    """Whether nothing around two runs says that another network, or other images, are trained in the second.

    Another heading says so, unless it or what is printed below it speaks of going on.
    """
    resumed = any(_RESUMED.search(text) for text in (*after.headings[-1:], *after.before))
    same_source = before.source == after.source or (resumed and _next_file(before, after))
    return (
        same_source
        and (before.parameters, data_set_of(before)) == (after.parameters, data_set_of(after))
        and (before.headings == after.headings or resumed)
    )


def _next_file(before: Run, after: Run) -> bool:
    """Whether a log of the same folder goes on with the very next epoch."""
    folders = {posixpath.dirname(run.source) for run in (before, after)}
    texts = not (before.notebook or after.notebook)
    return texts and len(folders) == 1 and _is_next(before, after)


def _is_next(before: Run, after: Run) -> bool:
    return (
        before.numbered
        and after.numbered
        and after.epochs[0].number == before.epochs[-1].number + 1
    )


def _goes_on(before: Run, after: Run) -> bool:
    if before.numbered != after.numbered or not _same_training(before, after):
        return False
    if after.numbered and counted_from(after) is None and not _is_next(before, after):
        return False
    last, first = (accuracy_rows(run, tested_split(run)) for run in (before, after))
    return bool(last and first) and first[0].accuracy >= max(GOES_ON, last[-1].accuracy - 5)


def _resumes(before: Run, after: Run) -> bool:
    """Whether `after` repeats the last epochs of `before` and goes on from there, near what they had reached."""
    if not (before.numbered and after.numbered) or not _same_training(before, after):
        return False
    first = after.epochs[0].number
    old, new = (accuracy_rows(run, tested_split(run)) for run in (before, after))
    reached = [row.accuracy for row in old if row.epoch.number in (first - 1, first)]
    if not new or not reached or not before.epochs[0].number < first <= before.epochs[-1].number:
        return False
    dropped = max((row.accuracy for row in old if row.epoch.number >= first), default=0.0)
    return abs(new[0].accuracy - reached[-1]) <= 5 and max(row.accuracy for row in new) >= dropped


def tested_values(run: Run) -> list[float]:
    """The test accuracies of a run in per cent, to two decimals."""
    return [round(row.accuracy, 2) for row in accuracy_rows(run, tested_split(run))]


def copies_of(run: Run, whole: list[float]) -> bool:
    """Whether `run` is one whose test accuracies are `whole` again, or a part of it."""
    part = tested_values(run)
    return any(
        part[:1] == whole[start : start + 1] and part == whole[start : start + len(part)]
        for start in range(len(whole) - len(part) + 1)
    )


def nothing_logged(submission: Submission, notebook: str | None) -> str:
    """Why there is no log to judge, with the first printed line that looks like one."""
    if notebook:
        why = f"no test accuracy is logged, neither in the outputs of {notebook} nor in other notebooks or texts"
        return why + _unread(submission, notebook)
    if not (submission.notebooks or submission.texts):
        return "there is no notebook and no text"
    return "no test accuracy is logged" + _unread(submission, notebook)


def _unread(submission: Submission, notebook: str | None) -> str:
    """A clause that names the first printed line which looks like a log; "" where there is none."""
    for book in sorted(submission.notebooks, key=lambda book: book.path != notebook):
        count, cell = 0, None
        for text, place in notebook_lines(book):
            count, cell = count + 1 if cell == place.cell else 1, place.cell
            line = " ".join(text[:LINE_LIMIT].split())
            if _ACCURACY.search(line) and _OF_TRAINING.search(line) and any(map(str.isdigit, line)):
                return (
                    f"; line {count} of cell {cell} of {book.path} looks like a log ('{line[:80]}'), but no test "
                    "accuracy of all images can be read from it"
                )
    return ""
