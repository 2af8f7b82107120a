"""What a run came to, in one line and in tables: made from its record."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from textwrap import fill

from utils.tables import text_table
from utils.training.history import SETTLED, EpochRecord, best_epoch, settled_accuracy
from utils.training.recipes import Recipe
from utils.training.run_record import RunRecord

PAGE = 88  # letters in a line, as far as a notebook's page shows them


def headline(record: RunRecord) -> str:
    """The result of a run that has at least one epoch."""
    history, best = record.history, best_epoch(record.history)
    mean = (
        f"Mean of the last {SETTLED} epochs: {settled_accuracy(history):.2f} %. "
        if len(history) >= SETTLED
        else ""
    )
    return (
        f"{record.recipe.model} after {len(history)} of {record.recipe.epochs} epochs on {record.config['data']}: "
        f"{history[-1].test_accuracy:.2f} % of the test images are right.\n"
        f"{mean}Best: {best.test_accuracy:.2f} % (epoch {best.epoch}, counted from 0).{_taught(record.recipe)}"
    )


def _taught(recipe: Recipe) -> str:
    """A line that says who taught a distilled network."""
    return f"\nDistilled: taught by {' and '.join(recipe.teachers)}." if recipe.teachers else ""


def some_epochs(history: Sequence[EpochRecord], every: int = 5) -> str:
    """A row for every fifth epoch, and for the last one."""
    rows = [
        (
            epoch.epoch,
            f"{epoch.train_loss:.4f}",
            f"{epoch.train_accuracy:.2f}",
            f"{epoch.test_loss:.4f}",
            f"{epoch.test_accuracy:.2f}",
            f"{epoch.lr:.5f}",
        )
        for epoch in history
        if epoch.epoch % every == 0 or epoch is history[-1]
    ]
    header = ("epoch", "train loss", "train %", "test loss", "test %", "learning rate")
    return text_table(header, rows, left=0)


def compared_runs(runs: Mapping[str, Sequence[EpochRecord]]) -> str:
    """A row for each of the runs: the mean of its last epochs, the last and the best."""
    return text_table(
        ("run", "epochs", f"mean of the last {SETTLED}", "last", "best", "at epoch"),
        [
            (
                name,
                len(history),
                f"{settled_accuracy(history):.2f} %" if len(history) >= SETTLED else "–",
                f"{history[-1].test_accuracy:.2f} %",
                f"{best_epoch(history).test_accuracy:.2f} %",
                best_epoch(history).epoch,
            )
            for name, history in runs.items()
        ],
    )


def settings_table(record: RunRecord) -> str:
    """The recipe of a run, a row a setting, and its note below; what is as it is by default is left out."""
    usual = {field.name: field.default for field in fields(Recipe)}
    rows = [
        (name, ", ".join(map(str, value)) if isinstance(value, tuple) else value)
        for name, value in vars(record.recipe).items()
        if value != usual[name] and name != "note"
    ]
    note = f"\n\n{fill(record.recipe.note, PAGE)}" if record.recipe.note else ""
    return text_table(("setting", "value"), rows, left=2) + note


def whole_log(record: RunRecord, printed: bool) -> str:
    """The log of a run for its own cell: the text of train.log, unless it was `printed` just now."""
    return "The log stands above, where the network was trained." if printed else record.log
