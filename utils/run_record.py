"""A run's folder: config.json, history.csv, train.log and model.pt, written whole, read back, and held by one process."""

import json
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from models import build_model
from utils.checkpoint import is_whole, to_bytes
from utils.errors import UserError
from utils.files import write_whole
from utils.history import EpochRecord, format_csv, format_log, parse_csv
from utils.paths import from_environment
from utils.recipes import Recipe

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
        return Recipe.from_dict(self.config["recipe"])

    @property
    def complete(self) -> bool:
        return len(self.history) >= self.recipe.epochs

    @property
    def log(self) -> str:
        return format_log(self.history)

    def load_model(self) -> torch.nn.Module:
        """The trained network, on the CPU, in evaluation mode."""
        file = self.folder / "model.pt"
        if not is_whole(file):
            raise UserError(f"The weights {file} are missing or damaged: restore the file, or train the run again "
                            "under another name.")
        model = build_model(self.recipe.model)
        model.load_state_dict(torch.load(file, map_location="cpu", weights_only=True))
        return model.eval()


def run_folder(name: str, data_name: str) -> Path:
    """`results/<name>` (RESULTS_DIR moves it); runs on the digits stand apart, so that nobody takes one for CIFAR-10."""
    return from_environment("RESULTS_DIR", "results") / (name if data_name == "cifar10" else f"{name}-{data_name}")


def load_run(folder: Path) -> RunRecord | None:
    """The record in `folder`; None when there is none; UserError naming the file that cannot be understood."""
    folder = Path(folder)
    if not (folder / "config.json").exists():
        return None
    config = _read(folder / "config.json", json.loads)
    history = _read(folder / "history.csv", parse_csv) if (folder / "history.csv").exists() else []
    try:
        Recipe.from_dict(config["recipe"])
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{folder / 'config.json'} does not hold a recipe ({error}): restore it, "
                        "or choose another run name.") from None
    return RunRecord(folder, config, history)


def _read(file: Path, parse):
    try:
        return parse(file.read_text())
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{file} cannot be read ({error}): restore it, or choose another run name.") from None


def require_same_run(record: RunRecord, recipe: Recipe, data_name: str) -> None:
    """UserError when `record` is of another recipe or another data set than what is to be trained."""
    wanted = _settings(recipe.to_dict(), data_name)
    there = _settings(record.config["recipe"], record.config["data"])
    different = [f"{key} {there.get(key)} instead of {wanted.get(key)}" for key in wanted | there
                 if there.get(key) != wanted.get(key)]
    if different:
        raise UserError(f"{record.folder} holds another run ({', '.join(different)}): choose another run name, "
                        "or the settings of that run to continue it.")


def _settings(recipe: dict, data_name: str) -> dict:
    return {key: value for key, value in recipe.items() if key != "note"} | {"data": data_name}


def write_config(record: RunRecord) -> None:
    write_whole(record.folder / "config.json", json.dumps(record.config, indent=2) + "\n")


def write_epochs(record: RunRecord, history: list[EpochRecord], weights: dict) -> RunRecord:
    """Bring model.pt, history.csv, train.log and config.json up to `history`, and return the new record."""
    seconds = round(sum(epoch.train_seconds + epoch.test_seconds for epoch in history), 1)
    record = replace(record, history=list(history), config=record.config | {"seconds": seconds})
    write_whole(record.folder / "model.pt", to_bytes(weights))
    write_whole(record.folder / "history.csv", format_csv(history))
    write_whole(record.folder / "train.log", record.log)
    write_config(record)
    return record


@contextmanager
def only_one(folder: Path):
    """Hold `folder` for this process; UserError when another one is training in it. A killed process lets go by itself."""
    with open(folder / ".lock", "w") as lock:
        if fcntl is not None:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise UserError(f"Another process is training in {folder}: wait for it, stop it, "
                                "or choose another run name.") from None
        yield
