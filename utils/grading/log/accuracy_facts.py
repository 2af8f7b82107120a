"""What the accuracies of the judged run establish; epochs are counted from 0, accuracies are in per cent."""

from dataclasses import dataclass, replace

from utils.grading.facts import Fact
from utils.grading.log.accuracies import Row, accuracy_rows, counted_from
from utils.grading.log.contradictions import Contradiction
from utils.grading.log.epochs import Run
from utils.grading.log.implausible_curves import SPIKE

ONCE = "measured once, not in each epoch"
DOUBTED = ("best_test_accuracy", "best_epoch", "final_test_accuracy", "first_epoch_at_target")
AVERAGING = 1.0  # per cent by which an average over batches may miss the accuracy
SINGLE = "only one evaluation is logged, no epochs"


@dataclass(frozen=True)
class JudgedRun:
    """The run that is judged, its test accuracies, the rubric's target (None: it sets none) and `why` this run."""

    run: Run
    rows: tuple[Row, ...]
    target: float | None
    why: str

    @property
    def top(self) -> Row:
        """The row with the best accuracy, of equals the earliest."""
        return max(self.rows, key=lambda row: row.accuracy)


def accuracy_facts(judged: JudgedRun, found: list[Contradiction]) -> dict[str, Fact]:
    """The facts of DOUBTED, null where a contradiction makes the accuracies doubtful, and `epochs` and `accuracy_logged`."""
    run, top, last = judged.run, judged.top, judged.rows[-1]
    uncounted, unseen = _uncounted(judged), _unseen(judged)
    facts = {
        "epochs": Fact(run.logged, judged.why, (judged.rows[0].place, last.place))
        if uncounted != SINGLE
        else Fact(None, SINGLE, (top.place,)),
        "accuracy_logged": Fact(round(top.accuracy, 2), judged.why, (top.place,)),
    }
    if doubt := _doubt(found, judged):
        null = Fact(None, f"the log contradicts itself: {doubt.text}", (doubt.place,))
        return facts | {name: null for name in DOUBTED}
    coarse = _coarse(judged)
    open_best = coarse or (unseen if judged.target is None or top.accuracy < judged.target else "")
    best = (
        Fact(None, open_best, (top.place,))
        if open_best
        else Fact(round(top.accuracy, 2), judged.why, (top.place,))
    )
    final = Fact(round(last.accuracy, 2), judged.why, (last.place,))
    if run.epochs[-1].no_better:
        final = Fact(
            None,
            "the last epoch logs no accuracy, only that it was no better than the best",
            (last.place,),
        )
    no_index = uncounted or unseen
    return facts | {
        "best_test_accuracy": best,
        "final_test_accuracy": final,
        "best_epoch": Fact(None, no_index, (top.place,))
        if no_index
        else Fact(top.index, _as_printed(top), (top.place,)),
        "first_epoch_at_target": _first_at_target(judged, coarse, uncounted),
    }


def tested_once(run: Run, split: str) -> Row | None:
    """The one result on the test set beside several epochs: they log losses only, or a validation set that is another."""
    rows = accuracy_rows(run, split)
    if len(rows) == 1 and len(run.epochs) > 1:
        return rows[0]
    once = accuracy_rows(run, "test") if split == "val" else ()
    if len(once) != 1:
        return None
    # The weights that are tested at the end are the last or the best: the same result then is of the same images.
    ends = (rows[-1], max(rows, key=lambda row: row.accuracy))
    return None if any(abs(once[0].accuracy - row.accuracy) <= 0.01 for row in ends) else once[0]


def tested_once_facts(row: Row, judged: JudgedRun) -> dict[str, Fact]:
    """The facts of a run whose test accuracy is the one that `row` holds."""
    judged = replace(judged, rows=(row,))
    value = Fact(round(row.accuracy, 2), f"{ONCE}; {judged.why}", (row.place,))
    null = Fact(None, "the test accuracy was measured only once, not in each epoch", (row.place,))
    coarse = _coarse(judged)
    return {
        "epochs": Fact(judged.run.logged, judged.why, (row.place,)),
        "accuracy_logged": value,
        "best_test_accuracy": Fact(None, coarse, (row.place,)) if coarse else value,
        "final_test_accuracy": value,
        "best_epoch": null,
        "first_epoch_at_target": null,
    }


def _uncounted(judged: JudgedRun) -> str:
    """Why the epochs have no index, "" where they have."""
    if len(judged.run.epochs) == 1 and not judged.run.numbered:
        return SINGLE
    if judged.top.index is None:
        return f"the log begins at {judged.rows[0].label}; it does not tell whether it counts from 0 or 1"
    return ""


def _doubt(found: list[Contradiction], judged: JudgedRun) -> Contradiction | None:
    """The first contradiction that makes the accuracies doubtful; an average over batches does so only near the target."""
    near = judged.target is not None and abs(judged.top.accuracy - judged.target) < AVERAGING
    return next((one for one in found if one.doubt or (near and one.averaged)), None)


def _unseen(judged: JudgedRun) -> str:
    """Why another epoch than the best that is logged may be the best, "" where none can be: an epoch between those that are
    logged may stand above the better of its neighbours, but not by more than SPIKE."""
    numbered = [row for row in judged.rows if row.epoch.number is not None]
    open_ones = []
    for number in judged.run.silent:
        before = next(
            (row.accuracy for row in reversed(numbered) if row.epoch.number < number), 0.0
        )
        after = next((row.accuracy for row in numbered if row.epoch.number > number), 0.0)
        open_ones += [number] if max(before, after) + SPIKE >= judged.top.accuracy else []
    if not open_ones:
        return ""
    if len(open_ones) == 1:
        return f"of epoch {open_ones[0]} no result is to be seen; it may have been the best"
    return (
        f"of {len(open_ones)} epochs no result is to be seen, the first of them epoch {open_ones[0]}; one of them may "
        "have been the best"
    )


def _coarse(judged: JudgedRun) -> str:
    """Why the best accuracy is too roughly printed to be held against the target, "" where it is not."""
    return (
        _rounded(judged.top)
        if judged.target is not None and _may_miss(judged.top, judged.target)
        else ""
    )


def _may_miss(row: Row, target: float) -> bool:
    """Whether rounding leaves open on which side of the target an accuracy is."""
    return row.unit > 0.0101 and row.accuracy - row.unit / 2 < target <= row.accuracy + row.unit / 2


def _rounded(row: Row) -> str:
    low, high = row.accuracy - row.unit / 2, row.accuracy + row.unit / 2
    return (
        f"the log prints {row.accuracy:g} % for {row.label}, which is rounded: it may be {low:g} % or {high:g} %; print "
        "correct/total"
    )


def _first_at_target(judged: JudgedRun, coarse: str, uncounted: str) -> Fact:
    rows, target, run = judged.rows, judged.target, judged.run
    if target is None:
        return Fact(None, "the rubric sets no target")
    reached = next((row for row in rows if row.accuracy >= target), None)
    if coarse:
        return Fact(None, coarse, (judged.top.place,))
    if reached is None:
        text = f"never reached: the best logged is {judged.top.accuracy:.2f} %, the target {target:g} %"
        return Fact(None, text, (judged.top.place,))
    if uncounted:
        return Fact(None, uncounted, (reached.place,))
    first = next(row for row in rows if row.accuracy >= target or _may_miss(row, target))
    if _may_miss(first, target):
        return Fact(None, _rounded(first), (first.place,))
    if run.numbered and run.epochs[0].number != counted_from(run):
        return Fact(
            None,
            f"the log begins at {rows[0].label}; it may have been reached before",
            (reached.place,),
        )
    before = max((row.index for row in rows if row.index < reached.index), default=-1)
    if reached.index - before > 1:
        return Fact(
            None,
            f"reached by {reached.label}, but the epochs before it are not logged",
            (reached.place,),
        )
    return Fact(reached.index, _as_printed(reached), (reached.place,))


def _as_printed(row: Row) -> str:
    return f"counted from 0; the log calls it {row.label}"
