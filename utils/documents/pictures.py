"""The pictures of the README and of docs/results.md."""

import statistics

from utils import plotting
from utils.documents.records import RESULTS, committed_runs, csv_rows, named_runs, seeds_of
from utils.reproduction.logged_runs import logged_run
from utils.training.history import settled_accuracy

LIMIT = 200_000  # parameters


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


def size_picture() -> plotting.Figure:
    """Test accuracy over parameters."""
    return plotting.accuracy_over_parameters(networks_by_size(), LIMIT)


def curves_picture() -> plotting.Figure:
    """Test accuracy over the epochs, our runs over the reports' logs."""
    return plotting.over_logs(
        {
            name: (record.history, logged_run(name))
            for name, record in named_runs(committed_runs()).items()
        }
    )


PICTURES = {
    RESULTS / "accuracy_over_parameters.png": size_picture,
    RESULTS / "test_accuracy.png": curves_picture,
}
