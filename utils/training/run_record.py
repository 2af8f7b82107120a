"""A run's folder: config.json, history.csv, train.log and model.pt, written whole, read back, and held by one process.

config.json has the SHA-256 of the other two, so that a later change in them is noticed; records from before that have none.
"""

import errno
import hashlib
import io
import json
import os
import zipfile
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import torch

from models import build_model
from utils.data.data_sets import CIFAR10, DATA_SETS
from utils.errors import UserError, explain, plainly
from utils.files import plain_bytes, write_whole
from utils.paths import REPOSITORY, from_environment
from utils.runtime import keep_freed_memory
from utils.training.checkpoint import NEWEST, to_bytes
from utils.training.history import EpochRecord, format_csv, format_log, parse_csv
from utils.training.recipes import Recipe
from utils.training.record_check import require_config, require_history

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
    def epochs_done(self) -> int:
        """How many epochs were ever recorded, also where history.csv has lost them since."""
        at_least = int(self.config["seconds"] > 0)
        return max(len(self.history), self.config.get("digests", {}).get("epochs", at_least))

    @property
    def log(self) -> str:
        """The text of train.log."""
        return format_log(self.history)

    def build_model(self) -> torch.nn.Module:
        """The network with fresh weights, on the CPU; UserError when no network has the name that config.json gives."""
        try:
            return build_model(self.recipe.model, DATA_SETS[self.recipe.data_set].classes)
        except ValueError as error:
            raise UserError(
                f"{self.folder / 'config.json'} is of another version: {error}"
            ) from None

    def load_model(self) -> torch.nn.Module:
        """The trained network, on the CPU, in evaluation mode; UserError where model.pt is not what training left there."""
        file = self.folder / "model.pt"
        model = self.build_model()
        try:
            weights = plain_bytes(file)
            self._require_unaltered(weights)
            model.load_state_dict(
                torch.load(io.BytesIO(weights), map_location="cpu", weights_only=True)
            )
        except Exception as error:  # a damaged zip of pickles can raise anything
            own = str(error) if isinstance(error, _Altered) else type(error).__name__
            raise UserError(
                f"The weights {file} are missing or damaged ({explain(error) or own}): restore the "
                f"file, run the training again, which restores it if {NEWEST} is still beside it, or train under "
                "another name (--run)."
            ) from error
        keep_freed_memory()  # a loaded model is about to run, and on a CPU returning pages would take most of the time
        return model.eval()

    def _require_unaltered(self, weights: bytes) -> None:
        digests = self.config.get("digests")
        if digests and sha256(weights) != digests["model.pt"]:
            raise _Altered("they are not those that training wrote")
        with zipfile.ZipFile(io.BytesIO(weights)) as archive:  # torch.load skips its checksums
            if broken := archive.testzip():
                raise _Altered(f"{broken} in it is altered")


class _Altered(ValueError):
    """The message is a clause."""


def run_folder(name: str, data_name: str) -> Path:
    """`results/<name>` (RESULTS_DIR moves it); the names of runs on other images end in the name of their data."""
    return from_environment("RESULTS_DIR", "results") / (
        name if data_name == CIFAR10.name else f"{name}-{data_name}"
    )


def recorded_folder(name: str, data_name: str) -> Path:
    """As `run_folder`, but a finished run that is in the repository only is found there even when RESULTS_DIR is set.

    One that is not finished belongs where RESULTS_DIR says.
    """
    folder = run_folder(name, data_name)
    ours = REPOSITORY / "results" / folder.name
    if ours == folder or (folder / "config.json").exists():
        return folder
    record = load_run(ours)
    return ours if record is not None and record.complete else folder


@plainly()
def load_run(folder: Path) -> RunRecord | None:
    """The record in `folder`; None when there is none; UserError naming the file that is damaged or was changed."""
    config_file, history_file = (Path(folder) / name for name in ("config.json", "history.csv"))
    if not config_file.exists():
        if history_file.exists() and not history_file.with_name(NEWEST).exists():
            raise UserError(f"{config_file} is missing: restore it, or choose another run name.")
        return None
    config = _read(config_file, _parse_config)
    history = []
    if history_file.exists():
        history = _read(history_file, lambda text: _parse_history(text, config))
    return RunRecord(Path(folder), config, history)


def _parse_config(text: str) -> dict:
    config = json.loads(text)
    require_config(config)
    return config


def _parse_history(text: str, config: dict) -> list[EpochRecord]:
    history = parse_csv(text)
    require_history(history, config["recipe"]["epochs"])
    digests = config.get("digests")
    if digests is None:
        return history
    finished = history[: digests["epochs"]]  # one more when a kill kept config.json behind
    if sha256(format_csv(finished)) != digests["history.csv"] or len(history) > len(finished) + 1:
        raise ValueError("its rows are not those that training wrote")
    return finished


_MOST = 2**26  # bytes of a record; those of 75 epochs are a few thousand


def _read(file: Path, parse: Callable[[str], Any]) -> Any:
    try:
        return parse(plain_bytes(file, _MOST).decode("utf-8"))
    except (ValueError, RecursionError) as error:
        remedy = "restore it, or choose another run name (--run)"
        if file.name == "history.csv" and file.with_name(NEWEST).exists():
            remedy = "delete it, and running the training again restores it from the checkpoint"
        reason = str(error).splitlines()[0][:200]
        raise UserError(f"{file} is damaged or was changed ({reason}): {remedy}.") from None


def sha256(content: bytes | str) -> str:
    """The digest of `content` (text as UTF-8), in hexadecimal digits."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def require_same_run(record: RunRecord, recipe: Recipe, data_name: str) -> None:
    """UserError when the recipe or the data of `record` differ from those that are asked for."""
    require_same_settings(
        record.folder,
        settings_of(record.recipe, record.config["data"]),
        settings_of(recipe, data_name),
    )


def differences(there: dict, wanted: dict) -> list[str]:
    """What differs between the settings of a run and the wanted ones; one that is newer than the run had its default."""
    there = {
        field.name: list(field.default) if isinstance(field.default, tuple) else field.default
        for field in fields(Recipe)
        if field.name in wanted.keys() - there.keys()
    } | there
    return [
        f"{key} {there.get(key)} instead of {wanted.get(key)}"
        for key in wanted | there
        if there.get(key) != wanted.get(key)
    ]


def require_same_settings(folder: Path, there: dict, wanted: dict) -> None:
    """UserError naming what differs between the settings that `folder` was trained with and the wanted ones."""
    different = differences(there, wanted)
    if different:
        raise UserError(
            f"{folder} holds another run ({', '.join(different)}): choose another run name "
            "(--run), or the settings of that run to continue it."
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
    """Bring model.pt, train.log, history.csv and config.json up to `history`, and return the new record.

    config.json comes last: as long as it is behind, the run counts as unfinished and is brought up again.
    """
    model, table = to_bytes(weights), format_csv(history)
    found = {
        "seconds": round(sum(epoch.train_seconds + epoch.test_seconds for epoch in history), 1),
        "digests": {
            "epochs": len(history),
            "history.csv": sha256(format_csv(parse_csv(table))),  # as it will be read: 0 is 0.0
            "model.pt": sha256(model),
        },
    }
    record = replace(record, history=list(history), config=record.config | found)
    write_whole(record.folder / "model.pt", model)
    write_whole(record.folder / "train.log", record.log)
    write_whole(record.folder / "history.csv", table)
    write_config(record)
    return record


def _without_waiting(path: str, flags: int) -> int:
    """Opens a pipe too, which nobody reads."""
    return os.open(path, flags & ~os.O_WRONLY | os.O_RDWR | getattr(os, "O_NONBLOCK", 0), 0o666)


@contextmanager
def only_one(folder: Path, otherwise: str = "choose another run name"):
    """Hold `folder` for this process; UserError when another one works in it. A killed process lets go by itself.

    `otherwise` ends the error's sentence: what to do instead of waiting.

    lockf and not flock, because the processes that load data would inherit the latter and outlive a kill with it.
    """
    with open(folder / ".lock", "w", opener=_without_waiting) as lock:
        if fcntl is not None:
            try:
                fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno in (
                    errno.EACCES,
                    errno.EAGAIN,
                ):  # any other error: the file system has no locks
                    raise UserError(
                        f"Another process is working in {folder}: wait for it, stop it, or {otherwise}."
                    ) from None
        yield
