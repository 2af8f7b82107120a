"""Tables of speed: the benchmark's two kinds of cases, how long reaching an accuracy takes, and if the pipelines differ."""

from utils.benchmark.cases import HALVED, OURS, REPORTS
from utils.data.data_sets import CIFAR10
from utils.documents.records import RESULTS, committed_runs, csv_entries, mean_and_spread
from utils.reproduction.logged_runs import logged_run
from utils.tables import markdown_table
from utils.training.history import EpochRecord
from utils.training.recipes import RECIPES
from utils.training.run_record import load_run

# The benchmark's columns in the table of speeds, and in the one for whoever wants the rest.
SPEED = ("recipe", "way", "batch", "images", "images/s", "seconds an epoch", "times as fast")
REST = ("what", "recipe", "way", "batch", "images", "input share", "peak memory, MB")
# The recipes that reach the accuracy in their name quickly.
QUICK = ("aster_to_85", "aster_to_90", "aster_to_94")


def speed_table(what: str) -> str:
    """The benchmark's cases of one kind, "input" or "epoch", with their speeds."""
    cases = [case for case in csv_entries("benchmark.csv") if case["what"] == what]
    return _table(SPEED, cases, left=2)


def gpu_table() -> str:
    """The benchmark's cases on a GPU."""
    return _table(SPEED, csv_entries("benchmark_cuda.csv"), left=2)


def memory_table() -> str:
    """All cases of the benchmark, with the share of the input and the peak of memory."""
    return _table(REST, csv_entries("benchmark.csv"), left=3)


def _table(columns: tuple[str, ...], cases: list[dict[str, str]], left: int) -> str:
    rows = [[grouped(case[column]) for column in columns] for case in cases]
    return markdown_table(columns, rows, left)


def grouped(cell: str) -> str:
    """Whole numbers of more than four digits with commas."""
    return f"{int(cell):,}" if cell.isdigit() and len(cell) > 4 else cell


def quick_table() -> str:
    """What reaching an accuracy takes: minutes by the benchmark, how many times as fast as the report's way to 85 %, and
    the test accuracy at the end."""
    seconds = seconds_an_epoch()

    def until(target: float, history: list[EpochRecord], recipe: str, way: str, whose: str = ""):
        last = next(record for record in history if record.test_accuracy >= target)
        count = last.epoch + 1
        return f"{count} epochs of {recipe}{whose}", count * seconds[recipe, way], last

    trainings = [
        until(85, logged_run("era9"), "era9", REPORTS, ", the report's way"),
        until(85, _run("era9"), "era9", OURS, ", our way"),
    ]
    report = trainings[0][1]
    timed = {RECIPES[recipe].model: recipe for recipe, way in seconds if way == HALVED}
    for name in QUICK:
        epochs, small = RECIPES[name].epochs, RECIPES[name].low_resolution_epochs
        network = timed[RECIPES[name].model]
        took = small * seconds[network, HALVED] + (epochs - small) * seconds[network, OURS]
        text = f"{epochs} epochs of {network}, {small} of them on small images (`{name}`)"
        trainings.append((text, took, _run(name)[epochs - 1]))
    trainings.append(until(94, _run("aster"), "aster", OURS))
    rows = [
        (name, f"{took / 60:.0f}", f"{report / took:.1f}", f"{last.test_accuracy:.2f}")
        for name, took, last in trainings
    ]
    return markdown_table(("training", "minutes", "times as fast", "test accuracy, %"), rows)


def _run(name: str) -> list[EpochRecord]:
    return load_run(RESULTS / name).history


def seconds_an_epoch() -> dict[tuple[str, str], float]:
    """The benchmark's, of all training images in the recipe's own batches: (recipe, way) -> seconds."""
    return {
        (case["recipe"], case["way"]): float(case["seconds an epoch"])
        for case in csv_entries("benchmark.csv")
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
