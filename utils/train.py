"""Train a recipe, or go on with a run that was stopped: `python -m utils.train era9`."""

import argparse
import os
import sys
from pathlib import Path

from utils.data.images import ImageData, load_data, sources
from utils.data.loaders import TestBatches
from utils.errors import UserError, run_command
from utils.runtime import PRECISIONS, Precision, choose_device, choose_precision
from utils.training.capture import GRAPHS
from utils.training.choices import resolve
from utils.training.fit import fit
from utils.training.loops import evaluate
from utils.training.recipes import RECIPES, find_recipe
from utils.training.run_record import RunRecord

MOST_WORKERS = 256


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """`arguments`, or None for those of the command line, as a namespace."""
    parser = argparse.ArgumentParser(prog="python -m utils.train", description=__doc__)
    parser.add_argument("recipe", help=f"one of: {', '.join(RECIPES)}")
    parser.add_argument(
        "--run",
        help="name of the run, its folder under results/ (default: the recipe's name, "
        "with the number of epochs and the seed where these are not the recipe's)",
    )
    parser.add_argument(
        "--epochs",
        help="a number; 'recipe': as many as the recipe says; 'auto': that on a GPU, few on a CPU "
        "(default: those of the run of that name, else the recipe's)",
    )
    parser.add_argument(
        "--seed",
        type=int,
        help="a number of at least 0, on which every random number depends "
        "(default: that of the run of that name, else the recipe's)",
    )
    parser.add_argument(
        "--stop-after",
        type=int,
        metavar="N",
        help="stop after N epochs in total; run again to go on",
    )
    parser.add_argument(
        "--data",
        choices=sources(),
        help="where the images come from (default: DATA_SOURCE, else the recipe's data set)",
    )
    parser.add_argument("--device", default="auto", help="auto (default), cpu, cuda or mps")
    parser.add_argument(
        "--precision",
        default="auto",
        choices=PRECISIONS,
        help="auto (default): what the chip is fast at",
    )
    parser.add_argument(
        "--workers", type=int, help="processes that augment images (default: by device)"
    )
    parser.add_argument(
        "--graphs",
        choices=GRAPHS,
        help="on CUDA: CUDA graphs, of the network by torch.compile or of the whole step by capturing it; "
        "the first line says whether that works",
    )
    parser.add_argument(
        "--evaluate", action="store_true", help="do not train: test the recorded weights again"
    )
    return parser.parse_args(arguments)


def run(arguments: argparse.Namespace) -> RunRecord:
    """Train, or test the recorded weights again, as `arguments` ask; UserError where that cannot be done."""
    recipe = find_recipe(arguments.recipe)
    if not 0 <= (arguments.workers or 0) <= MOST_WORKERS:
        raise UserError(f"--workers {arguments.workers}: give 0 to {MOST_WORKERS}.")
    precision = choose_precision(choose_device(arguments.device), arguments.precision)
    data = load_data(arguments.data or os.environ.get("DATA_SOURCE") or recipe.data_set)
    chosen = resolve(
        arguments.recipe, arguments.run, arguments.epochs, arguments.seed, data, precision
    )
    if arguments.evaluate:
        return test_again(chosen.record, chosen.folder, data, precision)
    record = fit(
        chosen.recipe,
        data,
        chosen.folder,
        precision,
        arguments.stop_after,
        arguments.workers,
        graphs=arguments.graphs,
    )
    print(
        f"{len(record.history)} of {record.recipe.epochs} epochs are in {chosen.folder}: test accuracy "
        f"{record.history[-1].test_accuracy:.2f} % at the end."
    )
    return record


def test_again(
    record: RunRecord | None, folder: Path, data: ImageData, precision: Precision
) -> RunRecord:
    """Print how many test images the recorded weights get right now, beside what the record says."""
    if record is None or not record.history:
        raise UserError(
            f"There is no trained run in {folder}: train it first, or name another with --run."
        )
    device = precision.device
    batches = TestBatches(data.test, record.recipe.mean, record.recipe.std)
    model = record.load_model().to(device)
    totals, mirrored = (evaluate(model, batches, device, mirrored) for mirrored in (False, True))
    print(
        f"{folder.name}, after {len(record.history)} epochs: {totals.correct}/{totals.samples} test images right "
        f"({totals.accuracy:.2f}%), average loss {totals.average_loss:.4f}; "
        f"the record says {record.history[-1].test_correct}/{record.history[-1].test_total}. "
        f"Averaged with mirrored images (test-time augmentation): {mirrored.accuracy:.2f}%."
    )
    return record


def attempt(arguments: argparse.Namespace) -> tuple[int, RunRecord | None]:
    """Run, and say in one sentence why not: the exit status, and the record where there is one."""
    return run_command(lambda: run(arguments))


def main(arguments: list[str] | None = None) -> int:
    """The command; its exit status."""
    return attempt(parse_arguments(arguments))[0]


if __name__ == "__main__":
    sys.exit(main())
