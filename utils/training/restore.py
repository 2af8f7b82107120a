"""A run whose files were damaged, brought up again from its checkpoint."""

from collections.abc import Callable, Sequence

from utils.errors import UserError
from utils.training.checkpoint import NEWEST, PREVIOUS, read_checkpoint
from utils.training.history import EpochRecord
from utils.training.run_record import (
    RunRecord,
    differences,
    only_one,
    settings_of,
    write_epochs,
)


def with_whole_weights(record: RunRecord, report: Callable[[str], None]) -> RunRecord:
    """`record`, its model.pt restored where that is missing or damaged; UserError where no checkpoint is left for it."""
    try:
        record.load_model()
        return record
    except UserError:
        for file in (record.folder / NEWEST, record.folder / PREVIOUS):
            state = read_checkpoint(file) if file.exists() else None
            if state is not None and _continues(state, record):
                history = [EpochRecord(**fields) for fields in state["history"]]
                with only_one(record.folder):
                    record = write_epochs(record, history, state["model"])
                report(
                    f"model.pt in {record.folder} was missing or damaged: restored from {file.name}."
                )
                return record
        raise


def _continues(state: dict, record: RunRecord) -> bool:
    wanted = settings_of(record.recipe, record.config["data"])
    return not differences(state["settings"], wanted) and begins_with(
        state["history"], record.history
    )


def begins_with(saved: Sequence[dict], recorded: Sequence[EpochRecord]) -> bool:
    """Whether the epochs of a checkpoint begin with those that were recorded."""
    return list(saved[: len(recorded)]) == [vars(epoch) for epoch in recorded]
