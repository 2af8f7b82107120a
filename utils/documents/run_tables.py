"""Tables of networks: the three of the README, all runs and what they took, the seeds, the search, published ones."""

import statistics

from utils.architecture.summary import named_model_facts
from utils.documents.records import (
    committed_runs,
    csv_entries,
    device_text,
    distilled_runs,
    mean_and_spread,
    seeds_of,
    shown_runs,
)
from utils.reproduction.logged_runs import logged_run
from utils.tables import markdown_table
from utils.training.history import SETTLED, EpochRecord, best_epoch, settled_accuracy
from utils.training.run_record import RunRecord

# The networks of ours that the README shows, beside so many of the student reports', the best ones.
OURS = {"aster": "ours", "aster_silu": "ours", "aster_silu_taught": "ours, distilled"}
REPORTED = 2


def headline_table() -> str:
    """The reports' best networks and ours: size, field, test accuracy over the seeds, and what the report logged."""
    runs = committed_runs()
    shown = shown_runs(runs)
    logged = {name: logged_run(name) for name in shown if logged_run(name)}
    best = sorted(logged, key=lambda name: logged[name][-1].test_accuracy)[-REPORTED:]
    rows = []
    for name in (*best, *OURS):
        record = shown[name]
        facts = named_model_facts(record.recipe.model)
        settled = [settled_accuracy(run.history) for run in seeds_of(record, runs)]
        rows.append(
            (
                f"`{name}` ({OURS.get(name, 'student')})",
                f"{facts.parameters:,}",
                f"{facts.receptive_field[0]}",
                mean_and_spread(settled),
                len(settled),
                f"{logged[name][-1].test_accuracy:.2f}" if name in logged else "–",
            )
        )
    header = (
        "network",
        "parameters",
        "receptive field",
        "test accuracy, %",
        "seeds",
        "in the report, %",
    )
    return markdown_table(header, rows)


def results_table() -> str:
    """All committed runs on CIFAR-10, a row each: the network, and what it reached."""
    return _results_of(committed_runs())


def _results_of(runs: list[RunRecord]) -> str:
    header = (
        "run",
        "parameters",
        "receptive field",
        "epochs",
        "last, %",
        "best, % (epoch)",
        "report, % (epoch)",
    )
    return markdown_table(header, [_result(record) for record in runs])


def _result(record: RunRecord) -> tuple[str, ...]:
    facts, best = named_model_facts(record.recipe.model), best_epoch(record.history)
    return (
        f"{record.folder.name}{', distilled' if record.recipe.teachers else ''}",
        f"{facts.parameters:,}",
        str(facts.receptive_field[0]),
        f"{len(record.history)}" + ("" if record.complete else f" of {record.recipe.epochs}"),
        f"{record.history[-1].test_accuracy:.2f}",
        with_epoch(best),
        logged_text(record, logged_run(record.recipe.model)),
    )


def logged_text(record: RunRecord, logged: list | None) -> str:
    """The report's test accuracy at the epoch where the record ends."""
    return with_epoch(logged[min(len(record.history), len(logged)) - 1]) if logged else ""


def with_epoch(line: EpochRecord) -> str:
    """Test accuracy in per cent and epoch, such as "94.34 (73)", which no line break parts."""
    return f"{line.test_accuracy:.2f}\N{NO-BREAK SPACE}({line.epoch})"


def costs_table() -> str:
    """What each committed run took, and on what."""
    rows = []
    for record in committed_runs():
        seconds = [epoch.train_seconds + epoch.test_seconds for epoch in record.history]
        where = dict.fromkeys(
            f"{session['device']}, {session['precision']}" for session in record.config["sessions"]
        )
        rows.append(
            (
                record.folder.name,
                device_text("; ".join(where)),
                f"{named_model_facts(record.recipe.model).multiply_adds / 1e6:.1f} M",
                _short(statistics.median(seconds)),
            )
        )
    header = ("run", "on", "multiply-adds an image", "median seconds an epoch")
    return markdown_table(header, rows, left=2)


def _short(seconds: float) -> str:
    """Two digits at least."""
    return f"{seconds:.1f}" if seconds < 9.95 else f"{seconds:.0f}"


def seeds_table(name: str) -> str:
    """The complete runs with the recipe of the run `name`, one seed each, and their mean and spread."""
    runs = committed_runs()
    rows = [
        (
            str(run.recipe.seed),
            settled_accuracy(run.history),
            run.history[-1].test_accuracy,
            best_epoch(run.history).test_accuracy,
        )
        for run in seeds_of(shown_runs(runs)[name], runs)
    ]
    lines = [(seed, *(f"{value:.2f}" for value in values)) for seed, *values in rows]
    if len(rows) > 1:
        columns = list(zip(*rows))[1:]
        lines.append(("mean", *map(mean_and_spread, columns)))
    header = ("seed", "mean of the last 5 epochs, %", "last epoch, %", "best epoch, %")
    return markdown_table(header, lines)


def teachers_table() -> str:
    """Who taught the distilled runs, as their records say."""
    rows = [
        (
            name,
            teacher["run"],
            f"{teacher['parameters']:,}",
            str(teacher["epochs"]),
            f"{teacher['test_accuracy']:.2f}",
        )
        for name, record in distilled_runs(committed_runs()).items()
        for teacher in record.config["taught"]["teachers"]
    ]
    header = ("distilled run", "teacher", "parameters", "epochs", "test accuracy, %")
    return markdown_table(header, rows, left=2)


def search_table() -> str:
    """The candidates of the search and their accuracy on held-out training images."""
    rows = [
        (
            entry["candidate"],
            f"{int(entry['parameters']):,}",
            f"{int(entry['multiply-adds']) / 1e6:.1f} M",
            entry["epochs"],
            entry["median seconds an epoch"],
            f"{float(entry['held-out accuracy (%)']):.2f}",
            f"{float(entry[f'mean of the last {SETTLED} epochs (%)']):.2f}",
            f"{float(entry['held-out loss']):.4f}",
        )
        for entry in csv_entries("search/table.csv")
    ]
    header = ("candidate", "parameters", "multiply-adds", "epochs", "seconds an epoch")
    mean = f"mean of the last {SETTLED}, %"
    return markdown_table((*header, "held-out accuracy, %", mean, "held-out loss"), rows)


def published_table() -> str:
    """The published networks of about this size, with their sources."""
    rows = [
        (
            f"[{entry['network']}]({entry['source']})",
            f"{int(entry['parameters']):,}",
            (f"{entry['epochs']} epochs" if entry["epochs"] else "not known")
            + (", distilled" if entry["distilled"] else ""),
            f"{float(entry['test accuracy']):.2f}",
        )
        for entry in csv_entries("published.csv")
    ]
    return markdown_table(("network", "parameters", "training", "test accuracy, %"), rows)
