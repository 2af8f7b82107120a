"""The README's tables and picture, made from what is in results/: `python -m utils.make_readme` puts them there."""

import csv
import re
import statistics
import subprocess
import sys
from dataclasses import replace

from utils import plotting
from utils.architecture.summary import model_facts
from utils.benchmark import OURS, REPORTS
from utils.data.data_sets import CIFAR10
from utils.paths import REPOSITORY
from utils.reproduction.logged_runs import logged_run
from utils.tables import markdown_table
from utils.training.history import best_epoch, settled_accuracy
from utils.training.recipes import RECIPES
from utils.training.run_record import RunRecord, load_run

README = REPOSITORY / "README.md"
CURVES = REPOSITORY / "results" / "test_accuracy.png"
SIZES = REPOSITORY / "results" / "accuracy_over_parameters.png"
LIMIT = 200_000  # parameters
HEADER = (
    "run",
    "parameters",
    "multiply-adds",
    "receptive field",
    "epochs",
    "final test accuracy",
    "best (epoch)",
    "the report logged",
    "median seconds an epoch",
    "on",
)


def committed_runs() -> list[RunRecord]:
    """The committed records under results/ of runs on all of CIFAR-10; a run that is only in this copy is left out."""
    command = ["git", "-C", str(REPOSITORY), "ls-files", ":(glob)results/*/config.json"]
    listed = subprocess.run(command, capture_output=True, text=True)
    if listed.returncode == 0:
        files = [REPOSITORY / line for line in listed.stdout.splitlines()]
    else:  # unpacked from an archive
        files = (REPOSITORY / "results").glob("*/config.json")
    records = [load_run(folder) for folder in sorted(file.parent for file in files)]
    return [record for record in records if record.config["data"] == CIFAR10.name]


def table_row(record: RunRecord) -> tuple[str, ...]:
    """The cells of HEADER for one run."""
    facts = model_facts(record.build_model())
    best, logged = best_epoch(record.history), logged_run(record.recipe.model)
    where = dict.fromkeys(
        f"{session['device']}, {session['precision']}" for session in record.config["sessions"]
    )
    seconds = statistics.median(
        epoch.train_seconds + epoch.test_seconds for epoch in record.history
    )
    return (
        record.folder.name,
        f"{facts.parameters:,}",
        f"{facts.multiply_adds / 1e6:.1f} M",
        str(facts.receptive_field[0]),
        f"{len(record.history)} of {record.recipe.epochs}",
        f"{record.history[-1].test_accuracy:.2f} %",
        f"{best.test_accuracy:.2f} % ({best.epoch})",
        logged_text(record, logged),
        f"{seconds:.0f}",
        "; ".join(where),
    )


def logged_text(record: RunRecord, logged: list | None) -> str:
    """The report's test accuracy at the epoch where the record ends."""
    if not logged:
        return ""
    there = logged[min(len(record.history), len(logged)) - 1]
    return f"{there.test_accuracy:.2f} % at epoch {there.epoch}"


def results_table() -> str:
    """All committed runs on CIFAR-10, a row each, as Markdown."""
    return markdown_table(HEADER, [table_row(record) for record in committed_runs()])


def seeds_of(record: RunRecord, runs: list[RunRecord]) -> list[RunRecord]:
    """The complete ones of `runs` that differ from `record` in nothing but the seed, by seed."""
    alike = [
        run
        for run in runs
        if run.complete and run.recipe == replace(record.recipe, seed=run.recipe.seed)
    ]
    return sorted(alike, key=lambda run: run.recipe.seed)


def seeds_table(name: str) -> str:
    """The complete runs with the recipe of the run `name`, one seed each, and their mean."""
    runs = committed_runs()
    rows = [
        (
            str(run.recipe.seed),
            settled_accuracy(run.history),
            run.history[-1].test_accuracy,
            best_epoch(run.history).test_accuracy,
        )
        for run in seeds_of(named_runs(runs)[name], runs)
    ]
    if len(rows) > 1:
        rows.append(("mean", *(statistics.fmean(column) for column in list(zip(*rows))[1:])))
    return markdown_table(
        ("seed", "mean of the last 5 epochs", "last epoch", "best epoch"),
        [(name, *(f"{value:.2f} %" for value in values)) for name, *values in rows],
    )


def csv_rows(name: str) -> list[list[str]]:
    """Header and rows of results/`name`."""
    with open(REPOSITORY / "results" / name, encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def table_of(name: str, left: int) -> str:
    """The table in results/`name` as Markdown, its first `left` columns to the left."""
    header, *rows = csv_rows(name)
    return markdown_table(header, [[grouped(cell) for cell in row] for row in rows], left)


def quick_table() -> str:
    """50 epochs of era9, the report's way and ours, and 5 of aster: minutes by the benchmark, test accuracy at the end."""
    seconds, results = seconds_an_epoch(), REPOSITORY / "results"
    trainings = (
        ("50 epochs of era9, the report's way", "era9", REPORTS, logged_run("era9")[:50]),
        ("50 epochs of era9, our way", "era9", OURS, load_run(results / "era9").history[:50]),
        ("5 epochs of aster", "aster", OURS, load_run(results / "aster-5-epochs").history),
    )
    rows, slowest = [], 50 * seconds["era9", REPORTS]
    for name, recipe, way, history in trainings:
        total = len(history) * seconds[recipe, way]
        rows.append(
            (
                name,
                f"{seconds[recipe, way]:.1f}",
                f"{total / 60:.0f}",
                f"{slowest / total:.1f}",
                f"{history[-1].test_accuracy:.2f} %",
            )
        )
    header = (
        "training",
        "seconds an epoch",
        "minutes in all",
        "times as fast",
        "test accuracy at the end",
    )
    return markdown_table(header, rows)


def seconds_an_epoch() -> dict[tuple[str, str], float]:
    """The benchmark's, of all training images in the recipe's own batches: (recipe, way) -> seconds."""
    header, *rows = csv_rows("benchmark.csv")
    cases = [dict(zip(header, row)) for row in rows]
    return {
        (case["recipe"], case["way"]): float(case["seconds an epoch"])
        for case in cases
        if (case["what"], int(case["images"]), int(case["batch"]))
        == ("epoch", CIFAR10.train_images, RECIPES[case["recipe"]].batch_size)
    }


def pipelines_table(count: int = 5) -> str:
    """The same epochs of era9, augmented one image at a time and in batches: mean and spread of the last `count`."""
    runs = {record.folder.name: record.history for record in committed_runs()}
    batched = runs["era9_batched-20-epochs"]
    rows = []
    for name, history in (
        ("one image at a time, by albumentations", runs["era9"]),
        ("whole batches", batched),
    ):
        last = history[len(batched) - count : len(batched)]
        rows.append(
            (
                name,
                f"{last[0].epoch} to {last[-1].epoch}",
                mean_and_spread([epoch.train_accuracy for epoch in last]),
                mean_and_spread([epoch.test_accuracy for epoch in last]),
            )
        )
    return markdown_table(
        ("augmentation", "epochs", "training accuracy, %", "test accuracy, %"), rows
    )


def mean_and_spread(values: list[float]) -> str:
    """Mean and sample standard deviation, to 2 digits; at least two values."""
    return f"{statistics.fmean(values):.2f} ± {statistics.stdev(values):.2f}"


def grouped(cell: str) -> str:
    """Whole numbers of more than four digits with commas."""
    return f"{int(cell):,}" if cell.isdigit() and len(cell) > 4 else cell


# The table between the marks `<!-- name: begin … -->` and `<!-- name: end -->` of the README.
TABLES = {
    "results": results_table,
    "flagship": lambda: seeds_table("aster"),
    "benchmark": lambda: table_of("benchmark.csv", left=3),
    "quick": quick_table,
    "pipelines": pipelines_table,
    "search": lambda: table_of("search/table.csv", left=1),
}


def with_tables(page: str) -> str:
    """`page` with the current table between each pair of marks; KeyError for an unknown mark."""

    def filled(match: re.Match) -> str:
        return f"{match[1]}\n\n{TABLES[match[2]]()}\n\n{match[3]}"

    return re.sub(
        r"(<!-- (\w+): begin [^\n]*-->).*?(<!-- \2: end -->)", filled, page, flags=re.DOTALL
    )


def named_runs(runs: list[RunRecord]) -> dict[str, RunRecord]:
    """The run of each model that has the model's name: variants and further seeds are in the tables."""
    return {
        record.folder.name: record for record in runs if record.folder.name == record.recipe.model
    }


def networks_by_size() -> dict[str, dict[str, tuple[int, float]]]:
    """Ours, the reports' and published networks: name -> (parameters, test accuracy in per cent)."""
    runs, ours, reports = committed_runs(), {}, {}
    for name, record in named_runs(runs).items():
        size = record.config["parameters"]
        ours[name] = (
            size,
            statistics.fmean(
                settled_accuracy(run.history) for run in seeds_of(record, runs) or [record]
            ),
        )
        if logged := logged_run(name):
            reports[name] = (size, logged[-1].test_accuracy)
    published = {
        name: (int(size), float(accuracy))
        for name, size, accuracy, *_ in csv_rows("published.csv")[1:]
    }
    return {
        "ours (mean of the last 5 epochs)": ours,
        "the student reports": reports,
        "published (see results/published.csv)": published,
    }


def main() -> int:
    """Write the tables into the README and the pictures into results/."""
    README.write_text(with_tables(README.read_text(encoding="utf-8")), encoding="utf-8")
    curves = {
        name: (record.history, logged_run(name))
        for name, record in named_runs(committed_runs()).items()
    }
    plotting.over_logs(curves).savefig(CURVES, dpi=110)
    plotting.accuracy_over_parameters(networks_by_size(), LIMIT).savefig(SIZES, dpi=110)
    return 0


if __name__ == "__main__":
    sys.exit(main())
