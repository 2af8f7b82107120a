"""What a run needs to continue, saved after every epoch; the checkpoint before is kept in case the newest is damaged.

A checkpoint is what `torch.save` writes, and the SHA-256 of that.
"""

import io
from pathlib import Path

import torch

from utils.errors import UserError, explain
from utils.files import move, read_checked, write_checked
from utils.training.history import EpochRecord
from utils.training.record_check import require_history

NEWEST, PREVIOUS, DAMAGED = "checkpoint.pt", "checkpoint.previous.pt", "checkpoint.damaged.pt"


def save_checkpoint(folder: Path, state: dict) -> None:
    """Make `state` the newest checkpoint in `folder`; at every moment one whole checkpoint is there."""
    newest = folder / NEWEST
    staged = folder / "checkpoint.next.pt"
    write_checked(staged, to_bytes(state))
    if newest.exists():
        move(newest, folder / PREVIOUS)
    move(staged, newest)


def load_checkpoint(folder: Path, report=print) -> dict | None:
    """The newest whole checkpoint in `folder`, on the CPU; None when there never was one.

    A damaged newest one is named through `report`, set aside, and the one before it is used. UserError when
    checkpoints are there and none is whole.
    """
    damaged = []
    for file in (folder / NEWEST, folder / PREVIOUS):
        if not file.exists():
            continue
        state = read_checkpoint(file)
        if state is not None:
            if damaged:
                report(
                    f"{damaged[0]} is damaged: going on from the checkpoint before it, "
                    f"after {state['epochs_done']} epochs."
                )
                move(
                    damaged[0], folder / DAMAGED
                )  # or the next save would put it in the place of the good one
            return state
        damaged.append(file)
    if damaged:
        names = " and ".join(map(str, damaged))
        raise UserError(
            f"No checkpoint can be read ({names} damaged): put a good copy there, choose another run name, "
            f"or delete {folder} to start the run afresh."
        )
    return None


def read_checkpoint(file: Path) -> dict | None:
    """The state in `file`; None when it is damaged or not what a run of ours saves."""
    payload = read_checked(file)
    if payload is None:
        return None
    try:
        state = torch.load(io.BytesIO(payload), map_location="cpu", weights_only=True)
        history = [EpochRecord(**fields) for fields in state["history"]]
        require_history(history, len(history))
        if not all(isinstance(name, str) for name in state["settings"]):
            return None
        sizes = {name: len(state[name]) for name in ("settings", "model", "optimizer", "scaler")}
    except Exception as error:  # bytes that somebody else wrote can raise anything
        if explain(error) is not None:  # want of memory says nothing about them
            raise
        return None
    return state if sizes and state["epochs_done"] == len(history) else None


def to_bytes(state: dict) -> bytes:
    """`state` as `torch.save` writes it."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getvalue()
