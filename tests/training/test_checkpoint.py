"""Checkpoints: damage is found and named, and a whole one is there at every moment."""

import io
import random
from dataclasses import fields

import pytest
import torch

from utils import files
from utils.errors import UserError
from utils.training import checkpoint
from utils.training.checkpoint import DAMAGED, NEWEST, PREVIOUS, load_checkpoint, save_checkpoint
from utils.training.history import EpochRecord

FIGURES = dict.fromkeys((field.name for field in fields(EpochRecord)), 1)


def state(epochs_done):
    return {
        "settings": {},
        "epochs_done": epochs_done,
        "history": [FIGURES | {"epoch": epoch} for epoch in range(epochs_done)],
        "model": {"weight": torch.full((1000,), float(epochs_done))},
        "optimizer": {},
        "scaler": {},
    }


def truncate(file):
    file.write_bytes(file.read_bytes()[:-100])


def flip_a_bit_of_a_weight(file):
    content = bytearray(file.read_bytes())
    at = content.find(torch.full((1000,), 2.0).numpy().tobytes())
    content[at + 2000] ^= 1
    file.write_bytes(content)
    state = torch.load(io.BytesIO(content[: -files.CHECKSUM_SIZE]), weights_only=True)
    assert state["model"]["weight"].unique().numel() == 2  # torch itself does not notice


def empty(file):
    file.write_bytes(b"")


def test_nothing_to_load(tmp_path):
    assert load_checkpoint(tmp_path) is None


def test_the_newest_is_loaded_and_one_before_is_kept(tmp_path):
    for epochs_done in (1, 2, 3):
        save_checkpoint(tmp_path, state(epochs_done))
    assert load_checkpoint(tmp_path)["epochs_done"] == 3
    (tmp_path / NEWEST).unlink()
    assert load_checkpoint(tmp_path)["epochs_done"] == 2
    save_checkpoint(tmp_path, state(3))
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([NEWEST, PREVIOUS])


@pytest.mark.parametrize("damage", [truncate, flip_a_bit_of_a_weight, empty])
def test_a_damaged_newest_is_named_and_the_one_before_is_used(tmp_path, damage):
    save_checkpoint(tmp_path, state(1))
    save_checkpoint(tmp_path, state(2))
    damage(tmp_path / NEWEST)
    said = []
    assert load_checkpoint(tmp_path, said.append)["epochs_done"] == 1
    assert (
        len(said) == 1
        and str(tmp_path / NEWEST) in said[0]
        and "damaged" in said[0]
        and "1 epochs" in said[0]
    )
    save_checkpoint(tmp_path, state(2))
    assert load_checkpoint(tmp_path)["epochs_done"] == 2
    (tmp_path / NEWEST).unlink()
    assert (
        load_checkpoint(tmp_path)["epochs_done"] == 1
    )  # the good one was not pushed out by the bad
    assert (tmp_path / DAMAGED).exists()


def test_nothing_whole_is_an_error_that_keeps_the_files(tmp_path):
    save_checkpoint(tmp_path, state(1))
    save_checkpoint(tmp_path, state(2))
    truncate(tmp_path / NEWEST)
    empty(tmp_path / PREVIOUS)
    with pytest.raises(UserError, match=f"{NEWEST}.*{PREVIOUS}"):
        load_checkpoint(tmp_path)
    assert (tmp_path / NEWEST).exists() and (tmp_path / PREVIOUS).exists()


def test_no_single_bit_goes_unnoticed(tmp_path):
    save_checkpoint(tmp_path, state(1))
    save_checkpoint(tmp_path, state(2))
    whole, rng = (tmp_path / NEWEST).read_bytes(), random.Random(0)
    for _ in range(300):
        content = bytearray(whole)
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        (tmp_path / NEWEST).write_bytes(content)
        assert load_checkpoint(tmp_path, report=lambda text: None)["epochs_done"] == 1


@pytest.mark.parametrize(
    "content",
    [
        "a text",
        [1, 2],
        {},
        {"epochs_done": 2},
        state(1) | {"epochs_done": 2},
        state(2) | {"history": "ab"},
        state(2) | {"history": [{"epoch": 0}, {"colour": 1}]},
        state(2) | {"model": 3},
        state(2) | {"settings": None},
    ],
)
def test_a_valid_checksum_of_something_else_is_no_checkpoint(tmp_path, content):
    save_checkpoint(tmp_path, state(1))
    save_checkpoint(tmp_path, content)
    said = []
    assert load_checkpoint(tmp_path, said.append)["epochs_done"] == 1 and "damaged" in said[0]


def test_want_of_memory_is_not_taken_for_damage(tmp_path, monkeypatch):
    save_checkpoint(tmp_path, state(1))

    def no_memory(*_, **__):
        raise MemoryError

    monkeypatch.setattr(checkpoint.torch, "load", no_memory)
    with pytest.raises(MemoryError):
        load_checkpoint(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == [NEWEST]


class Killed(BaseException):
    pass


@pytest.mark.parametrize("fatal_call", range(1, 9))
def test_killed_at_any_step_of_saving_leaves_a_whole_one(tmp_path, monkeypatch, fatal_call):
    """Dies at the n-th call that touches the disk: opening, syncing, or one of the renames."""
    save_checkpoint(tmp_path, state(1))
    save_checkpoint(tmp_path, state(2))
    calls = 0

    def fatal(function):
        def counted(*arguments):
            nonlocal calls
            calls += 1
            if calls == fatal_call:
                raise Killed
            return function(*arguments)

        return counted

    with monkeypatch.context() as patch:
        for name in ("replace", "fsync"):
            patch.setattr(files.os, name, fatal(getattr(files.os, name)))
        try:
            save_checkpoint(tmp_path, state(3))
        except Killed:
            pass
    assert calls == min(fatal_call, 7)  # three renames, each with its folder synced, and the bytes
    assert load_checkpoint(tmp_path)["epochs_done"] in (2, 3)
    save_checkpoint(tmp_path, state(4))
    assert load_checkpoint(tmp_path)["epochs_done"] == 4
