"""The README's tables and picture, made from what is in results/: `python -m utils.readme` puts them there."""

import csv
import re
import statistics
import subprocess
import sys

from models import build_model
from utils import plotting
from utils.history import best_epoch
from utils.logged_runs import logged_run
from utils.model_facts import model_facts
from utils.paths import REPOSITORY
from utils.run_record import RunRecord, load_run
from utils.tables import markdown_table

README = REPOSITORY / "README.md"
PICTURE = REPOSITORY / "results" / "test_accuracy.png"
HEADER = ("run", "parameters", "multiply-adds", "receptive field", "epochs", "final test accuracy", "best (epoch)",
          "the report logged", "median seconds an epoch", "on")


def committed_runs() -> list[RunRecord]:
    """The records under results/ that belong to the repository: what somebody trained for himself is left out."""
    command = ["git", "-C", str(REPOSITORY), "ls-files", ":(glob)results/*/config.json"]
    listed = subprocess.run(command, capture_output=True, text=True)
    if listed.returncode == 0:
        files = [REPOSITORY / line for line in listed.stdout.splitlines()]
    else:  # unpacked from an archive
        files = sorted((REPOSITORY / "results").glob("*/config.json"))
    return [load_run(file.parent) for file in files]


def table_row(record: RunRecord) -> tuple[str, ...]:
    facts = model_facts(build_model(record.recipe.model))
    best, logged = best_epoch(record.history), logged_run(record.recipe.model)
    where = dict.fromkeys(f"{session['device']}, {session['precision']}" for session in record.config["sessions"])
    seconds = statistics.median(epoch.train_seconds + epoch.test_seconds for epoch in record.history)
    return (record.folder.name, f"{facts.parameters:,}", f"{facts.multiply_adds / 1e6:.1f} M", str(facts.receptive_field[0]),
            f"{len(record.history)} of {record.recipe.epochs}", f"{record.history[-1].test_accuracy:.2f} %",
            f"{best.test_accuracy:.2f} % ({best.epoch})", logged_text(record, logged), f"{seconds:.0f}",
            "; ".join(where))


def logged_text(record: RunRecord, logged: list | None) -> str:
    """The report's test accuracy at the epoch where the record ends."""
    if not logged:
        return ""
    there = logged[min(len(record.history), len(logged)) - 1]
    return f"{there.test_accuracy:.2f} % at epoch {there.epoch}"


def results_table() -> str:
    return markdown_table(HEADER, [table_row(record) for record in committed_runs()])


def csv_table(name: str, left: int) -> str:
    """The table in results/`name`, its first `left` columns to the left."""
    with open(REPOSITORY / "results" / name, encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    return markdown_table(header, rows, left)


# What stands between the marks `<!-- name: begin … -->` and `<!-- name: end -->` of the README.
TABLES = {"results": results_table, "benchmark": lambda: csv_table("benchmark.csv", left=3),
          "search": lambda: csv_table("search/table.csv", left=1)}


def with_tables(page: str) -> str:
    """`page` with what stands between each pair of marks replaced by the current table; KeyError for an unknown mark."""
    def filled(match: re.Match) -> str:
        return f"{match[1]}\n\n{TABLES[match[2]]()}\n\n{match[3]}"
    return re.sub(r"(<!-- (\w+): begin [^\n]*-->).*?(<!-- \2: end -->)", filled, page, flags=re.DOTALL)


def main() -> int:
    README.write_text(with_tables(README.read_text(encoding="utf-8")), encoding="utf-8")
    runs = {record.folder.name: (record.history, logged_run(record.recipe.model)) for record in committed_runs()
            if record.folder.name == record.recipe.model}  # variants are in the table
    plotting.over_logs(runs).savefig(PICTURE, dpi=110)
    return 0


if __name__ == "__main__":
    sys.exit(main())
