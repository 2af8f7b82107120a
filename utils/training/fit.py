"""Training a recipe: its parts put together, every epoch tested, recorded and saved, and resumed exactly."""

import math
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import torch

from utils import runtime
from utils.architecture.summary import count_parameters
from utils.data.images import ImageData
from utils.data.loaders import TestBatches
from utils.errors import GOES_ON, UserError, plainly
from utils.runtime import Precision
from utils.training.batches import (
    Changed,
    halved,
    require_fitting_data,
    training_batches,
)
from utils.training.capture import CAPTURED, COMPILED, CapturedStep
from utils.training.checkpoint import NEWEST, load_checkpoint, save_checkpoint
from utils.training.distillation.objective import objective_of
from utils.training.distillation.source import Teaching
from utils.training.distillation.teachers import require_teaching
from utils.training.history import EpochRecord, result_text
from utils.training.loops import evaluate, train_epoch
from utils.training.network import Network
from utils.training.optimizers import OPTIMIZERS
from utils.training.progress import progress_text
from utils.training.recipes import Recipe
from utils.training.restore import begins_with, with_whole_weights
from utils.training.run_record import (
    RunRecord,
    load_run,
    only_one,
    require_same_run,
    require_same_settings,
    settings_of,
    write_config,
    write_epochs,
)
from utils.training.schedules import learning_rate


@plainly(GOES_ON)
def fit(
    recipe: Recipe,
    data: ImageData,
    folder: Path,
    precision: Precision,
    stop_after: int | None = None,
    workers: int | None = None,
    progress: bool = True,
    report: Callable[[str], None] = print,
    graphs: str | None = None,
) -> RunRecord:
    """Train `recipe` on `data`, tested after every epoch, and keep the record in `folder`; return the record.

    A run that was stopped continues exactly: every random number is a function of the seed and the epoch, and an epoch
    that was interrupted starts again. Stops after `stop_after` epochs in all when that comes first; a record that already
    has so many is returned as it is, its weights restored if they were damaged. `graphs`, one of
    `capture.GRAPHS`, asks for CUDA graphs. UserError when `folder` holds another
    run, is in use, or cannot be written.
    """
    folder = Path(folder)
    if stop_after is not None and stop_after < 1:
        raise UserError(f"Training cannot stop after {stop_after} epochs: give at least 1.")
    require_fitting_data(recipe, data)
    require_teaching(recipe)
    target = min(recipe.epochs, stop_after or recipe.epochs)
    record = _record_in(folder, recipe, data)
    if record is not None and len(record.history) >= target:
        return with_whole_weights(record, report)
    folder.mkdir(parents=True, exist_ok=True)
    with only_one(folder):
        record = _record_in(folder, recipe, data)  # again, now that nobody else writes it
        run = _Run(recipe, data, folder, precision, workers, progress, report, graphs)
        return run.train(record, target)


def _record_in(folder: Path, recipe: Recipe, data: ImageData) -> RunRecord | None:
    record = load_run(folder)
    if record is not None:
        require_same_run(record, recipe, data.name)
    return record


class _Run:
    """The moving parts of one run: model, optimiser, scaler, and the batches that they see."""

    def __init__(
        self,
        recipe: Recipe,
        data: ImageData,
        folder: Path,
        precision: Precision,
        workers: int | None,
        progress: bool,
        report: Callable[[str], None],
        graphs: str | None,
    ):
        device = precision.device
        keeps_memory = device.type == "cpu" and runtime.keep_freed_memory()
        self.how = f"{precision}{', freed memory kept' if keeps_memory else ''}"
        self.recipe, self.data, self.folder, self.precision = recipe, data, folder, precision
        self.progress, self.report = progress, report
        self.network = Network(recipe, precision, compiled=graphs == COMPILED)
        self.captures, self.captured = graphs == CAPTURED, None
        self.optimizer = OPTIMIZERS[recipe.optimizer](self.network.model, recipe)
        self.scaler = precision.scaler()
        self.teaching: Teaching | None = None
        self.batches = training_batches(recipe, data.train, device, workers)
        self.test_batches = TestBatches(data.test, recipe.mean, recipe.std)
        self.history: list[EpochRecord] = []

    def train(self, record: RunRecord | None, target: int) -> RunRecord:
        """Go on from `record`, or start, until `target` epochs are done in all; the record then."""
        if self.recipe.teachers:
            recorded = record.config.get("taught") if record is not None else None
            self.teaching = Teaching(self.recipe, self.data, self.batches, self.precision, recorded)
        self._restore(record)
        if self.captures:
            self.captured = CapturedStep(
                self.recipe, self.network.model, self.optimizer, self.precision
            )
        record = record or RunRecord(self.folder, self._first_config(), [])
        record.config["sessions"].append(self._session())
        write_config(record)
        how = self.how, self._graphs(), self.teaching
        self.report(
            f"Training {self.recipe.model} in {self.folder.name} on {self.data.name}, epochs {len(self.history)} "
            f"to {target - 1}: {', '.join(str(part) for part in how if part)}."
        )
        if (
            self.history
        ):  # the record may be older than the checkpoint, if the run was killed between the two
            record = write_epochs(record, self.history, self.network.tested.state_dict())
        first = len(self.history)
        while len(self.history) < target:
            self.history.append(self._one_epoch(len(self.history)))
            save_checkpoint(self.folder, self._state())
            record = write_epochs(record, self.history, self.network.tested.state_dict())
            self.report(f"{progress_text(self.history, target, first)}\n")
        return record

    def _one_epoch(self, epoch: int) -> EpochRecord:
        self.report(f"EPOCH: {epoch}")
        runtime.seed_torch(
            self.recipe.seed, epoch
        )  # for Dropout; order and augmentation have generators of their own
        start = time.perf_counter()
        train = train_epoch(
            self.network.forward,
            self._batches(epoch),
            self.optimizer,
            self.precision,
            self.scaler,
            lambda share: learning_rate(self.recipe, epoch + share),
            f"epoch {epoch}",
            self.progress,
            objective_of(self.recipe),
            self.network.after_step,
            self.captured,
        )
        between = time.perf_counter()
        test = evaluate(self.network.tested, self.test_batches, self.precision.device)
        if not math.isfinite(
            test.average_loss
        ):  # the last step broke the weights, which must not be saved
            raise UserError(
                f"The test loss is {test.average_loss} after epoch {epoch}: training stopped there; "
                "try a lower learning rate, or --precision fp32."
            )
        record = EpochRecord(
            epoch,
            train.steps,
            train.last_loss,
            train.accuracy,
            round(train.average_loss, 4),
            train.correct,
            train.samples,
            round(test.average_loss, 4),
            test.correct,
            test.samples,
            lr=self.optimizer.param_groups[0]["lr"],
            train_seconds=round(max(between - start, 0.0), 2),  # where somebody fakes the clock
            test_seconds=round(max(time.perf_counter() - between, 0.0), 2),
        )
        self.report(f"\n{result_text(record)}")
        return record

    def _batches(self, epoch: int) -> Iterable[tuple[torch.Tensor, ...]]:
        """Those of `epoch`, with soft labels where teachers give them, and small where the recipe begins with that."""
        batches = (self.teaching or self.batches).epoch(epoch)
        return Changed(batches, halved) if epoch < self.recipe.low_resolution_epochs else batches

    def _graphs(self) -> str | None:
        """How CUDA graphs are used, or why not; None where nobody asked for them."""
        return self.captured.how if self.captured else self.network.how

    def _state(self) -> dict:
        return {
            "settings": settings_of(self.recipe, self.data.name),
            "epochs_done": len(self.history),
            "history": [vars(epoch) for epoch in self.history],
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.scaler.state_dict(),
        } | self.network.state_dict()

    def _restore(self, record: RunRecord | None) -> None:
        state = load_checkpoint(self.folder, self.report)
        recorded = record.epochs_done if record is not None else 0
        saved = state["epochs_done"] if state is not None else 0
        if recorded > saved + (
            saved > 0
        ):  # one more is possible, when the newest checkpoint was damaged
            raise UserError(
                f"{self.folder} holds {recorded} of {self.recipe.epochs} epochs but no checkpoint to go on from "
                f"(newest: after {saved} epochs): choose another run name (--run)."
            )
        if state is None:
            return
        require_same_settings(
            self.folder, state["settings"], settings_of(self.recipe, self.data.name)
        )
        try:
            self.network.load_state_dict(state)
            self.optimizer.load_state_dict(state["optimizer"])
            if state["scaler"]:  # empty where the epochs before were not trained in fp16
                self.scaler.load_state_dict(state["scaler"])
            if record is not None and not begins_with(state["history"], record.history[:saved]):
                raise ValueError("the epochs of history.csv are others")
        except (RuntimeError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserError(
                f"{self.folder / NEWEST} is of another network or training "
                f"({str(error).splitlines()[0].rstrip(':')}): put the right one there, "
                "or choose another run name (--run)."
            ) from error
        self.history = [EpochRecord(**fields) for fields in state["history"]]

    def _first_config(self) -> dict:
        return {
            "recipe": self.recipe.to_dict(),
            "data": self.data.name,
            "parameters": count_parameters(self.network.model),
            "seconds": 0.0,
            "sessions": [],
        } | ({"taught": self.teaching.facts} if self.teaching else {})

    def _session(self) -> dict:
        """Where and with what the epochs from here on were trained."""
        session = {
            "first_epoch": len(self.history),
            "device": runtime.describe_device(self.precision.device),
            "precision": self.precision.name,
            "versions": runtime.versions(),
        }
        graphs = {"graphs": self._graphs()} if self._graphs() else {}
        return session | graphs | runtime.code_version()
