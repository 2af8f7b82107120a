"""The search for the flagship: short runs of a handful of candidates, scored on held-out training images.

`python -m utils.search` trains what is missing into results/search/ and writes results/search/table.csv. No candidate ever
sees a test image: each trains on the first nine tenths of the training images and is scored on the last tenth.
"""

import argparse
import statistics
import sys
from dataclasses import replace

from utils.architecture.summary import named_model_facts
from utils.data.data_sets import CIFAR10
from utils.data.images import HELD_OUT, load_data
from utils.errors import UserError, run_command
from utils.files import write_whole
from utils.paths import REPOSITORY
from utils.runtime import choose_device, choose_precision
from utils.tables import csv_table, text_table
from utils.training.capture import GRAPHS
from utils.training.distillation.teachers import Teachers
from utils.training.fit import fit
from utils.training.history import SETTLED, settled_accuracy
from utils.training.recipes import RECIPES, TAUGHT, Recipe
from utils.training.run_record import RunRecord, load_run

FOLDER = REPOSITORY / "results" / "search"
EPOCHS = 8
START = replace(RECIPES["aster"], epochs=EPOCHS)
SGD = dict(optimizer="sgd nesterov", lr=0.2, momentum=0.9, weight_decay=5e-4)
# A teacher that never saw the held-out images: the run of this name on the other nine tenths. As long as it takes to see
# what teaching does.
LEARNING = replace(START, epochs=30, **TAUGHT, teachers=("wide_resnet_16_8",))

# Name -> recipe; each differs from the first in what its name says.
CANDIDATES: dict[str, Recipe] = {
    "start": START,
    "deeper and narrower": replace(START, model="aster deep"),
    "separable first block": replace(START, model="aster separable"),
    "low-rank and deeper": replace(START, model="aster low-rank"),
    "undilated": replace(START, model="aster undilated"),
    "SGD": replace(START, **SGD),
    "batch 256": replace(START, batch_size=256),
    "assignment's augmentation": replace(START, augmentation="era9"),
    "output stride 2": replace(START, model="aster output stride 2"),
    "30 epochs": replace(START, epochs=30),
    "30 epochs, output stride 2": replace(START, epochs=30, model="aster output stride 2"),
    "averaged weights": replace(START, ema_decay=0.999),
    "alternating flip": replace(START, augmentation="alternating flip crop hole"),
    "hole of 12": replace(START, augmentation="flip crop hole 12"),
    "taught": LEARNING,
    "taught, temperature 4": replace(LEARNING, temperature=4.0),
    "taught, weight decay 0.05": replace(LEARNING, weight_decay=0.05),
    "taught, SiLU": replace(LEARNING, model="aster SiLU"),
    "taught, second block deeper": replace(LEARNING, model="aster second block deeper"),
    "taught, output stride 2": replace(LEARNING, model="aster output stride 2"),
}
HEADER = (
    "candidate",
    "parameters",
    "multiply-adds",
    "epochs",
    "median seconds an epoch",
    "held-out accuracy (%)",
    f"mean of the last {SETTLED} epochs (%)",
    "held-out loss",
    "on",
)


def folder_of(candidate: str):
    """The run folder of a candidate: its name in lower case, with hyphens."""
    return FOLDER / "".join(
        letter if letter.isalnum() else "-"
        for letter in candidate.replace("'", "").replace(",", "").lower()
    )


def rows() -> list[tuple]:
    """A row of HEADER for each candidate that has been trained, the best first."""
    ranked = sorted(_complete(), key=lambda pair: -pair[1].history[-1].test_accuracy)
    return [_row(name, record) for name, record in ranked]


def _complete() -> list[tuple[str, RunRecord]]:
    records = [(name, load_run(folder_of(name))) for name in CANDIDATES]
    return [
        (name, record)
        for name, record in records
        if record is not None and record.complete and record.recipe == CANDIDATES[name]
    ]


def _row(name: str, record: RunRecord) -> tuple:
    facts = named_model_facts(record.recipe.model)
    seconds = statistics.median(
        epoch.train_seconds + epoch.test_seconds for epoch in record.history
    )
    devices = dict.fromkeys(session["device"] for session in record.config["sessions"])
    return (
        name,
        facts.parameters,
        facts.multiply_adds,
        record.recipe.epochs,
        round(seconds),
        record.history[-1].test_accuracy,
        round(settled_accuracy(record.history), 2),
        record.history[-1].test_loss,
        "; ".join(devices),
    )


def table_csv() -> str:
    """What belongs into results/search/table.csv."""
    return csv_table(HEADER, rows())


def main() -> int:
    """Train the chosen candidates and print the table of all that are trained; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m utils.search", description=__doc__)
    parser.add_argument(
        "candidates",
        nargs="*",
        help="which to train (default: all): " + "; ".join(f'"{name}"' for name in CANDIDATES),
    )
    parser.add_argument("--graphs", choices=GRAPHS, help="as for python -m utils.train")
    asked = parser.parse_args()
    return run_command(lambda: _search(asked.candidates or list(CANDIDATES), asked.graphs))[0]


def _search(chosen: list[str], graphs: str | None) -> None:
    if unknown := [name for name in chosen if name not in CANDIDATES]:
        raise UserError(
            f"There is no candidate '{unknown[0]}'; the candidates are: {', '.join(CANDIDATES)}."
        )
    data, precision = load_data(f"{CIFAR10.name}{HELD_OUT}"), choose_precision(choose_device())
    trained = [name for name, _ in _complete()]
    missing = [name for name in chosen if name not in trained]  # of others no weights are kept
    for recipe in map(CANDIDATES.get, missing):
        Teachers(recipe, data, precision)  # that one is not there is said before hours of training
    for name in missing:
        fit(CANDIDATES[name], data, folder_of(name), precision, graphs=graphs)
        write_whole(FOLDER / "table.csv", table_csv())
    print(text_table(HEADER, rows()))


if __name__ == "__main__":
    sys.exit(main())
