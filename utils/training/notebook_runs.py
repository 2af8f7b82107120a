"""What the notebooks' cells of choices do: find the run that is meant, train it where that is asked, or open it."""

import os
import shutil
import sys
from pathlib import Path

from utils.data.data_sets import CIFAR10
from utils.data.images import load_data
from utils.errors import UserError
from utils.paths import REPOSITORY
from utils.runtime import choose_device, choose_precision
from utils.training.choices import Choice, require_run_name, resolve, shown
from utils.training.fit import fit
from utils.training.recipes import find_recipe
from utils.training.run_record import RunRecord, load_run, recorded_folder

DRIVE_MOUNT = "/content/drive"
DRIVE_RUNS = f"{DRIVE_MOUNT}/MyDrive/cifar10-runs"
CHOICES = ("RECIPE", "RUN", "EPOCHS")  # the variables of the environment that choose a run


def choose(
    recipe: str, run: str | None, epochs: int | None, seed: int | None, drive: bool = False
) -> Choice:
    """The run to train or to read, named in one printed line; with `drive`, runs are kept on the Drive of Colab.

    `make run` and the tests choose by the environment instead: CHOICES, and DATA_SOURCE for the images.
    """
    use_drive() if drive else leave_drive()
    recipe, run, epochs = _from_environment(recipe, run, epochs)
    data = load_data(os.environ.get("DATA_SOURCE") or find_recipe(recipe).data_set)
    precision = choose_precision(choose_device())
    folder_of = moved_to_drive if drive else recorded_folder
    choice = resolve(recipe, run, epochs, seed, data, precision, folder_of)
    print(choice)
    return choice


def train(choice: Choice) -> tuple[RunRecord, bool]:
    """The record, trained first as far as it is not; and whether its whole log was printed in doing so."""
    done = choice.record.history if choice.record else []
    said = []

    def say(text: str) -> None:
        said.append(text)
        print(text)

    if len(done) < choice.recipe.epochs:
        if in_colab() and choice.precision.device.type == "cpu":
            print(
                "This is a CPU, and a full training takes hours on it: choose Runtime → Change runtime type → T4 GPU, "
                "then run all cells.\n"
            )
        if done:
            print(choice.record.log)
    record = fit(choice.recipe, choice.data, choice.folder, choice.precision, report=say)
    new = sum(text.startswith("EPOCH: ") for text in said)
    return record, bool(new) and len(done) + new == len(record.history)


def open_run(
    recipe: str, run: str | None, epochs: int | None, seed: int | None, drive: bool = False
) -> Choice:
    """A run that is there, whoever trained it, with the recipe and the images of its record; UserError when none is.

    Without `run` it is the one that `choose` would train. The environment decides as it does there.
    """
    use_drive() if drive else leave_drive()
    recipe, run, epochs = _from_environment(recipe, run, epochs)
    source, precision = os.environ.get("DATA_SOURCE"), choose_precision(choose_device())
    data = load_data(source) if source else None
    if run is None:
        data = data or load_data(find_recipe(recipe).data_set)
        folder = resolve(recipe, None, epochs, seed, data, precision, recorded_folder).folder
    else:
        folder = recorded_folder(require_run_name(run), data.name if data else CIFAR10.name)
    record = load_run(folder)
    if record is None or not record.history:
        there = sorted(file.parent.name for file in folder.parent.glob("*/history.csv"))
        raise UserError(
            f"There is no trained run in {shown(folder)}: train it in notebook 03, or name one that is there "
            f"({', '.join(there) or 'none yet'})."
        )
    data = data or load_data(record.config["data"])
    return Choice(record.recipe, data, folder, precision, record)


def use_drive() -> None:
    """Keep the runs of this session on the Drive of Colab; UserError elsewhere, or when the Drive is refused."""
    try:
        from google.colab import drive
    except ImportError:
        raise UserError("DRIVE = True works in Colab only: set it to False here.") from None
    try:
        drive.mount(DRIVE_MOUNT)
    except Exception as error:  # Colab's own, of several kinds
        raise UserError(
            f"The Drive could not be opened ({error}): run the cell again and allow it, or set DRIVE = False."
        ) from None
    os.environ["RESULTS_DIR"] = DRIVE_RUNS


def leave_drive() -> None:
    """Keep the runs beside the code again, if `use_drive` was called before."""
    if os.environ.get("RESULTS_DIR") == DRIVE_RUNS:
        del os.environ["RESULTS_DIR"]


def moved_to_drive(name: str, data_name: str) -> Path:
    """As `recorded_folder`; a run that was begun beside the code, where it would be lost, is copied to the Drive first."""
    folder = recorded_folder(name, data_name)
    begun = REPOSITORY / "results" / folder.name
    if folder != begun and not folder.exists() and begun.exists():
        copy = folder.with_name(f"{folder.name}.copying")
        shutil.rmtree(copy, ignore_errors=True)  # of a session that died here
        shutil.copytree(begun, copy)
        copy.rename(folder)
        print(f"{shown(begun)} was copied to {folder}.")
    return folder


def in_colab() -> bool:
    """Whether this is one of Colab's machines."""
    return "google.colab" in sys.modules


def _from_environment(
    recipe: str, run: str | None, epochs: int | None
) -> tuple[str, str | None, int | str | None]:
    chosen = [os.environ.get(name) for name in CHOICES]
    return tuple(said or own for said, own in zip(chosen, (recipe, run, epochs)))
