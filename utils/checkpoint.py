"""What a run needs to go on, saved after every epoch; the one before is kept in case the newest is damaged."""

import io
import os
import zipfile
from pathlib import Path

import torch

from utils.errors import UserError
from utils.files import write_whole

NEWEST, PREVIOUS, DAMAGED = "checkpoint.pt", "checkpoint.previous.pt", "checkpoint.damaged.pt"


def save_checkpoint(folder: Path, state: dict) -> None:
    """Make `state` the newest checkpoint in `folder`; at every moment one whole checkpoint is there."""
    newest = folder / NEWEST
    staged = folder / "checkpoint.next.pt"
    write_whole(staged, to_bytes(state))
    if newest.exists():
        os.replace(newest, folder / PREVIOUS)
    os.replace(staged, newest)


def load_checkpoint(folder: Path, report=print) -> dict | None:
    """The newest whole checkpoint in `folder`, on the CPU; None when there never was one.

    A damaged newest one is named through `report`, set aside, and the one before it is used. UserError when
    checkpoints are there and none is whole.
    """
    damaged = []
    for file in (folder / NEWEST, folder / PREVIOUS):
        if not file.exists():
            continue
        if is_whole(file):
            state = torch.load(file, map_location="cpu", weights_only=True)
            if damaged:
                report(f"{damaged[0]} is damaged: going on from the checkpoint before it, "
                       f"after {state['epochs_done']} epochs.")
                os.replace(damaged[0], folder / DAMAGED)  # it must not take the good one's place at the next save
            return state
        damaged.append(file)
    if damaged:
        names = " and ".join(map(str, damaged))
        raise UserError(f"No checkpoint can be read ({names} damaged): put a good copy there, "
                        "or delete it to start this run afresh, or choose another run name.")
    return None


def is_whole(file: Path) -> bool:
    """Whether every part of a saved state has the checksum that was stored with it (torch.load does not look)."""
    try:
        with zipfile.ZipFile(file) as archive:
            return archive.testzip() is None
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError):
        return False


def to_bytes(state: dict) -> bytes:
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getvalue()
