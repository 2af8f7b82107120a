"""A run's folder: config.json, history.csv, train.log and model.pt, written whole, read back, and held by one process."""

import errno
import json
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path

import torch

from models import build_model
from utils.data.data_sets import CIFAR10, DATA_SETS
from utils.errors import UserError
from utils.files import write_whole
from utils.paths import REPOSITORY, from_environment
from utils.runtime import keep_freed_memory
from utils.training.checkpoint import to_bytes
from utils.training.history import EpochRecord, format_csv, format_log, parse_csv
from utils.training.recipes import Recipe

try:
    import fcntl
except ImportError:  # Windows: two processes in one folder go unnoticed
    fcntl = None


@dataclass(frozen=True)
class RunRecord:
    """What is in a run's folder. `config` has recipe, data, parameters, seconds and the sessions that trained it."""

    folder: Path
    config: dict
    history: list[EpochRecord]

    @property
    def recipe(self) -> Recipe:
        """The recipe that the run was trained by."""
        return Recipe.from_dict(self.config["recipe"])

    @property
    def complete(self) -> bool:
        """Whether all epochs of the recipe are done."""
        return len(self.history) >= self.recipe.epochs

    @property
    def log(self) -> str:
        """The text of train.log."""
        return format_log(self.history)

    def build_model(self) -> torch.nn.Module:
        """The network with fresh weights, on the CPU."""
        return build_model(self.recipe.model, DATA_SETS[self.recipe.data_set].classes)

    def load_model(self) -> torch.nn.Module:
        """The trained network, on the CPU, in evaluation mode."""
        file = self.folder / "model.pt"
        model = self.build_model()
        try:
            with zipfile.ZipFile(
                file
            ) as archive:  # torch.load does not look at the checksums that it stores
                if broken := archive.testzip():
                    raise ValueError(f"{broken} is altered")
            model.load_state_dict(torch.load(file, map_location="cpu", weights_only=True))
        except Exception as error:  # a damaged zip of pickles can raise anything
            raise UserError(
                f"The weights {file} are missing or damaged ({type(error).__name__}): restore the file, "
                "or train the run again under another name."
            ) from error
        keep_freed_memory()  # a loaded model is about to run, and on a CPU returning pages would take most of the time
        return model.eval()


def run_folder(name: str, data_name: str) -> Path:
    """`results/<name>` (RESULTS_DIR moves it); the names of runs on other images end in the name of their data."""
    return from_environment("RESULTS_DIR", "results") / (
        name if data_name == CIFAR10.name else f"{name}-{data_name}"
    )


def recorded_folder(name: str, data_name: str) -> Path:
    """As `run_folder`, but a run that comes with the repository is found there even when RESULTS_DIR is set."""
    folder = run_folder(name, data_name)
    ours = REPOSITORY / "results" / folder.name
    return ours if (ours / "config.json").exists() else folder


def load_run(folder: Path) -> RunRecord | None:
    """The record in `folder`; None when there is none; UserError naming the file that cannot be understood."""
    folder = Path(folder)
    if not (folder / "config.json").exists():
        return None
    config = _read(folder / "config.json", json.loads)
    history = _read(folder / "history.csv", parse_csv) if (folder / "history.csv").exists() else []
    try:
        Recipe.from_dict(config["recipe"])
        config["data"], config["sessions"]
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"{folder / 'config.json'} does not describe a run ({error!r}): restore it, "
            "or choose another run name."
        ) from None
    return RunRecord(folder, config, history)


def _read(file: Path, parse):
    try:
        return parse(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{file} cannot be read ({error}): restore it, or choose another run name."
        ) from None


def require_same_run(record: RunRecord, recipe: Recipe, data_name: str) -> None:
    """UserError when the recipe or the data of `record` differ from those that are asked for."""
    require_same_settings(
        record.folder,
        settings_of(record.recipe, record.config["data"]),
        settings_of(recipe, data_name),
    )


def require_same_settings(folder: Path, there: dict, wanted: dict) -> None:
    """UserError naming what differs between the settings that `folder` was trained with and the wanted ones.

    A setting that is newer than the folder had its default there.
    """
    there = {
        field.name: field.default
        for field in fields(Recipe)
        if field.name in wanted.keys() - there.keys()
    } | there
    different = [
        f"{key} {there.get(key)} instead of {wanted.get(key)}"
        for key in wanted | there
        if there.get(key) != wanted.get(key)
    ]
    if different:
        raise UserError(
            f"{folder} holds another run ({', '.join(different)}): choose another run name "
            "(--run, in a notebook RUN), or the settings of that run to continue it."
        )


def settings_of(recipe: Recipe, data_name: str) -> dict:
    """What identifies a run: the recipe without its note, and the data."""
    return {key: value for key, value in recipe.to_dict().items() if key != "note"} | {
        "data": data_name
    }


def write_config(record: RunRecord) -> None:
    """Replace config.json by what `record` says."""
    write_whole(record.folder / "config.json", json.dumps(record.config, indent=2) + "\n")


def write_epochs(record: RunRecord, history: list[EpochRecord], weights: dict) -> RunRecord:
    """Bring model.pt, train.log, config.json and history.csv up to `history`, and return the new record.

    history.csv comes last: as long as it is behind, the run counts as unfinished and is brought up again.
    """
    seconds = round(sum(epoch.train_seconds + epoch.test_seconds for epoch in history), 1)
    record = replace(record, history=list(history), config=record.config | {"seconds": seconds})
    write_whole(record.folder / "model.pt", to_bytes(weights))
    write_whole(record.folder / "train.log", record.log)
    write_config(record)
    write_whole(record.folder / "history.csv", format_csv(history))
    return record


@contextmanager
def only_one(folder: Path):
    """Hold `folder` for this process; UserError when another one is training in it. A killed process lets go by itself.

    lockf and not flock, because the processes that load data would inherit the latter and outlive a kill with it.
    """
    with open(folder / ".lock", "w") as lock:
        if fcntl is not None:
            try:
                fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno in (
                    errno.EACCES,
                    errno.EAGAIN,
                ):  # any other error: the file system has no locks
                    raise UserError(
                        f"Another process is training in {folder}: wait for it, stop it, "
                        "or choose another run name."
                    ) from None
        yield
