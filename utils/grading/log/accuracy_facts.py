"""What the accuracies of the judged run establish; epochs are counted from 0, accuracies are in per cent."""

from dataclasses import dataclass, replace

from utils.grading.facts import Fact
from utils.grading.log.accuracies import Row, accuracy_rows, counted_from
from utils.grading.log.contradictions import Contradiction
from utils.grading.log.runs import Run

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
        return max(self.rows, key=lambda row: row.accuracy)


def accuracy_facts(judged: JudgedRun, found: list[Contradiction]) -> dict[str, Fact]:
    """The facts of DOUBTED, null where a contradiction makes the accuracies doubtful, and `epochs` and `accuracy_logged`."""
    run, top, last = judged.run, judged.top, judged.rows[-1]
    uncounted = _uncounted(judged)
    facts = {"epochs": Fact(run.length, judged.why, (judged.rows[0].place, last.place)) if uncounted != SINGLE
             else Fact(None, SINGLE, (top.place,)),
             "accuracy_logged": Fact(round(top.accuracy, 2), judged.why, (top.place,))}
    if doubt := _doubt(found, judged):
        null = Fact(None, f"the log contradicts itself: {doubt.text}", (doubt.place,))
        return facts | {name: null for name in DOUBTED}
    coarse = _coarse(judged)
    best = Fact(None, coarse, (top.place,)) if coarse else Fact(round(top.accuracy, 2), judged.why, (top.place,))
    return facts | {
        "best_test_accuracy": best, "final_test_accuracy": Fact(round(last.accuracy, 2), judged.why, (last.place,)),
        "best_epoch": Fact(None, uncounted, (top.place,)) if uncounted else Fact(top.index, _as_printed(top), (top.place,)),
        "first_epoch_at_target": _first_at_target(judged, coarse, uncounted)}


def tested_once(run: Run, split: str) -> Row | None:
    """The one result on the test set beside several epochs: they log losses only, or a validation set that is another."""
    rows = accuracy_rows(run, split)
    if len(rows) == 1 and len(run.epochs) > 1:
        return rows[0]
    once = accuracy_rows(run, "test") if split == "val" else ()
    if len(once) != 1 or any(abs(once[0].accuracy - row.accuracy) <= 0.01 for row in rows):
        return None
    return once[0]


def tested_once_facts(row: Row, judged: JudgedRun) -> dict[str, Fact]:
    """The facts of a run whose test accuracy is the one that `row` holds."""
    judged = replace(judged, rows=(row,))
    value = Fact(round(row.accuracy, 2), f"{ONCE}; {judged.why}", (row.place,))
    null = Fact(None, "the test accuracy was measured only once, not in each epoch", (row.place,))
    coarse = _coarse(judged)
    return {"epochs": Fact(judged.run.length, judged.why, (row.place,)), "accuracy_logged": value,
            "best_test_accuracy": Fact(None, coarse, (row.place,)) if coarse else value,
            "final_test_accuracy": value, "best_epoch": null, "first_epoch_at_target": null}


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


def _coarse(judged: JudgedRun) -> str:
    """Why an accuracy is too roughly printed to be held against the target, "" where it is not."""
    top, target = judged.top, judged.target
    low, high = top.accuracy - top.unit / 2, top.accuracy + top.unit / 2
    if target is None or top.unit <= 0.0101 or not low < target <= high:
        return ""
    return f"the log prints {top.accuracy:g} %, which is rounded: it may be {low:g} % or {high:g} %; print correct/total"


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
    if run.numbered and run.epochs[0].number != counted_from(run):
        return Fact(None, f"the log begins at {rows[0].label}; it may have been reached before", (reached.place,))
    before = max((row.index for row in rows if row.index < reached.index), default=-1)
    if reached.index - before > 1:
        return Fact(None, f"reached by {reached.label}, but the epochs before it are not logged", (reached.place,))
    return Fact(reached.index, _as_printed(reached), (reached.place,))


def _as_printed(row: Row) -> str:
    return f"counted from 0; the log calls it {row.label}"
