"""The pictures of the README and of docs/results.md."""

import statistics

from utils import plotting
from utils.documents.records import (
    RESULTS,
    committed_runs,
    csv_entries,
    named_runs,
    seeds_of,
    shown_runs,
)
from utils.documents.run_tables import OURS
from utils.reproduction.logged_runs import logged_run
from utils.training.history import settled_accuracy

LIMIT = 200_000  # parameters


def networks_by_size() -> dict[str, dict[str, tuple[int, float]]]:
    """Ours, the reports' and published networks, the distilled ones apart: name -> (parameters, test accuracy in %)."""
    runs, ours, taught, reports = committed_runs(), {}, {}, {}
    for name, record in shown_runs(runs).items():
        size = record.config["parameters"]
        (taught if record.recipe.teachers else ours)[name] = (
            size,
            statistics.fmean(
                settled_accuracy(run.history) for run in seeds_of(record, runs) or [record]
            ),
        )
        if logged := logged_run(name):
            reports[name] = (size, logged[-1].test_accuracy)
    published = {"": {}, "yes": {}}
    for entry in csv_entries("published.csv"):
        found = int(entry["parameters"]), float(entry["test accuracy"])
        published[entry["distilled"]][entry["network"]] = found
    groups = {
        "trained here (mean of the last 5 epochs)": ours,
        "logged in the student reports": reports,
        "published (see results/published.csv)": published[""],
        "published, distilled": published["yes"],
        "trained here, distilled": taught,
    }
    return {group: networks for group, networks in groups.items() if networks}


def size_picture() -> plotting.Figure:
    """Test accuracy over parameters."""
    return plotting.accuracy_over_parameters(networks_by_size(), LIMIT)


def curves_picture() -> plotting.Figure:
    """Test accuracy over the epochs, our runs over the reports' logs; of the distilled ones that of the README."""
    runs = committed_runs()
    chosen = set(named_runs(runs)) | set(OURS)
    return plotting.over_logs(
        {
            name: (record.history, logged_run(name))
            for name, record in shown_runs(runs).items()
            if name in chosen
        }
    )


PICTURES = {
    RESULTS / "accuracy_over_parameters.png": size_picture,
    RESULTS / "test_accuracy.png": curves_picture,
}
