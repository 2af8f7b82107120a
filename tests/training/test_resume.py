"""Resume: exact after every kind of interruption, and refused with a sentence where it would be wrong."""

import errno
import itertools
import json
import random
import signal
import subprocess
import sys
import time
from dataclasses import fields, replace

import pytest
import torch

from tests.small_run import OPTIONS, PRECISION, RECIPE, assert_same_run
from utils.errors import UserError
from utils.paths import REPOSITORY
from utils.runtime import Precision
from utils.training import fit as fitting
from utils.training import loops, run_record
from utils.training.checkpoint import load_checkpoint, save_checkpoint
from utils.training.fit import fit
from utils.training.loops import Totals
from utils.training.recipes import Recipe, find_recipe
from utils.training.run_record import load_run, only_one


def test_stopping_and_going_on_is_exact(undisturbed, tmp_path, few_digits):
    for stop_after in (1, 2, None):
        record = fit(RECIPE, few_digits, tmp_path, PRECISION, stop_after, **OPTIONS)
    assert [session["first_epoch"] for session in record.config["sessions"]] == [0, 1, 2]
    assert_same_run(tmp_path, undisturbed)


def test_the_flagships_way_of_training_goes_on_exactly(tmp_path, few_digits):
    """Muon, the batched pipeline, label smoothing, one cosine: all that only it has."""
    recipe = replace(find_recipe("aster"), epochs=2, batch_size=32)
    straight = fit(recipe, few_digits, tmp_path / "straight", PRECISION, **OPTIONS)
    for stop_after in (1, None):
        fit(recipe, few_digits, tmp_path / "stopped", PRECISION, stop_after, **OPTIONS)
    assert_same_run(tmp_path / "stopped", straight.folder)


@pytest.mark.parametrize("workers", [1, 2])
def test_workers_change_nothing(undisturbed, tmp_path, few_digits, workers):
    fit(RECIPE, few_digits, tmp_path, PRECISION, **OPTIONS | {"workers": workers}, stop_after=1)
    fit(RECIPE, few_digits, tmp_path, PRECISION, **OPTIONS | {"workers": workers})
    assert_same_run(tmp_path, undisturbed)


class Died(BaseException):
    pass


def _epochs_in(content) -> int:
    return len(content if isinstance(content, list) else content.history)


@pytest.mark.parametrize(
    "where",
    [
        "in an epoch",
        "before the checkpoint",
        "after the checkpoint",
        "format_log",
        "write_config",
        "format_csv",
    ],
)
def test_dying_anywhere_and_going_on_is_exact(
    undisturbed, tmp_path, few_digits, monkeypatch, where
):
    def die(*_, **__):
        raise Died

    fit(RECIPE, few_digits, tmp_path, PRECISION, stop_after=1, **OPTIONS)
    with monkeypatch.context() as patch:
        if where == "in an epoch":
            left, step = iter([True, True]), loops.train_step
            patch.setattr(loops, "train_step", lambda *of: step(*of) if next(left, 0) else die())
        elif where == "before the checkpoint":
            patch.setattr(fitting, "save_checkpoint", die)
        elif where == "after the checkpoint":
            patch.setattr(
                fitting,
                "write_epochs",
                lambda record, history, weights: record if len(history) == 1 else die(),
            )
        else:  # while the record is written, after the last epoch
            fit(RECIPE, few_digits, tmp_path, PRECISION, stop_after=2, **OPTIONS)
            write = getattr(run_record, where)
            patch.setattr(
                run_record,
                where,
                lambda content: write(content) if _epochs_in(content) < 3 else die(),
            )
        with pytest.raises(Died):
            fit(RECIPE, few_digits, tmp_path, PRECISION, **OPTIONS)
    record = fit(RECIPE, few_digits, tmp_path, PRECISION, **OPTIONS)
    assert_same_run(tmp_path, undisturbed)
    assert (tmp_path / "train.log").read_text() == record.log and record.config["seconds"] > 0
    assert load_run(tmp_path) == record


def test_a_damaged_checkpoint_is_named_and_costs_one_epoch(undisturbed, tmp_path, few_digits):
    fit(RECIPE, few_digits, tmp_path, PRECISION, stop_after=2, **OPTIONS)
    (tmp_path / "checkpoint.pt").write_bytes(b"not a checkpoint")
    said = []
    fit(RECIPE, few_digits, tmp_path, PRECISION, **OPTIONS | {"report": said.append})
    assert "checkpoint.pt is damaged" in said[0]
    assert_same_run(tmp_path, undisturbed)


@pytest.mark.parametrize("workers", [0, 1])
def test_sigkill_at_random_moments_is_exact(undisturbed, tmp_path, workers):
    """Killed once in each of the first two epochs to run, and started again at once."""
    command = [sys.executable, "-m", "tests.small_run", str(tmp_path), str(workers)]
    rng = random.Random(workers)
    for epoch in (0, 1):
        process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
        while process.stdout.readline() != f"EPOCH: {epoch}\n":
            assert process.poll() is None
        time.sleep(rng.uniform(0, 0.2))
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    assert subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL).returncode == 0
    assert_same_run(tmp_path, undisturbed)


def test_a_finished_run_is_returned_without_training(undisturbed, few_digits, monkeypatch):
    monkeypatch.setattr(fitting, "_Run", None)
    record = fit(RECIPE, few_digits, undisturbed, PRECISION, **OPTIONS)
    assert len(record.history) == 3
    assert fit(RECIPE, few_digits, undisturbed, PRECISION, stop_after=2, **OPTIONS) == record


@pytest.mark.parametrize(
    "change, words",
    [
        ({"lr": 0.01}, "lr 0.05 instead of 0.01"),
        ({"epochs": 9}, "epochs 3 instead of 9"),
        ({"model": "era9"}, "model assignment6_net1_grouped instead of era9"),
    ],
)
def test_another_recipe_in_the_folder_is_refused(undisturbed, few_digits, change, words):
    before = {file.name: file.read_bytes() for file in undisturbed.iterdir()}
    with pytest.raises(UserError, match=words):
        fit(replace(RECIPE, **change), few_digits, undisturbed, PRECISION, **OPTIONS)
    assert {file.name: file.read_bytes() for file in undisturbed.iterdir()} == before


def test_another_data_set_in_the_folder_is_refused(undisturbed, few_digits):
    with pytest.raises(UserError, match="data digits instead of cifar10"):
        fit(RECIPE, replace(few_digits, name="cifar10"), undisturbed, PRECISION, **OPTIONS)


def test_a_folder_from_before_a_setting_existed_goes_on(undisturbed, tmp_path, few_digits):
    fit(RECIPE, few_digits, tmp_path, PRECISION, stop_after=2, **OPTIONS)
    config = json.loads((tmp_path / "config.json").read_text())
    names = [field.name for field in fields(Recipe)]
    newer = names[names.index("data_set") :]
    for name in newer:
        del config["recipe"][name]
    (tmp_path / "config.json").write_text(json.dumps(config))
    state = load_checkpoint(tmp_path)
    for name in newer:
        del state["settings"][name]
    save_checkpoint(tmp_path, state)
    fit(RECIPE, few_digits, tmp_path, PRECISION, **OPTIONS)
    assert_same_run(tmp_path, undisturbed)


def test_a_changed_note_does_not_make_another_recipe(undisturbed, few_digits):
    assert fit(
        replace(RECIPE, note="said better"), few_digits, undisturbed, PRECISION, **OPTIONS
    ).complete


def test_a_loss_that_is_not_finite_stops_with_the_last_good_checkpoint(tmp_path, few_digits):
    wild = replace(RECIPE, lr=1e20)
    with pytest.raises(UserError, match=r"The loss is (nan|inf) in epoch 0, step \d"):
        fit(wild, few_digits, tmp_path, PRECISION, **OPTIONS)
    folder = tmp_path / "later"
    fit(RECIPE, few_digits, folder, PRECISION, stop_after=1, **OPTIONS)
    good = (folder / "checkpoint.pt").read_bytes()

    def poisoned(self, key):
        return torch.full((3, 32, 32), float("nan")), 0

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("utils.data.loaders.AugmentedImages.__getitem__", poisoned)
        with pytest.raises(UserError, match="epoch 1, step 0"):
            fit(RECIPE, few_digits, folder, PRECISION, **OPTIONS)
    assert (folder / "checkpoint.pt").read_bytes() == good
    assert len(load_run(folder).history) == 1


def test_weights_that_the_last_step_broke_do_not_become_the_checkpoint(
    tmp_path, few_digits, monkeypatch
):
    fit(RECIPE, few_digits, tmp_path, PRECISION, stop_after=1, **OPTIONS)
    good = (tmp_path / "checkpoint.pt").read_bytes()
    monkeypatch.setattr(fitting, "evaluate", lambda *_: Totals(loss=float("nan"), samples=30))
    with pytest.raises(UserError, match="The test loss is nan after epoch 1"):
        fit(RECIPE, few_digits, tmp_path, PRECISION, **OPTIONS)
    assert (tmp_path / "checkpoint.pt").read_bytes() == good and len(
        load_run(tmp_path).history
    ) == 1


def test_two_processes_do_not_share_a_folder(tmp_path, few_digits):
    holder = (
        "import sys, pathlib, time; from utils.training.run_record import only_one\n"
        "with only_one(pathlib.Path(sys.argv[1])):\n    print('held', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", holder, str(tmp_path)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    with pytest.raises(UserError, match="Another process is working.*choose another run name"):
        fit(RECIPE, few_digits, tmp_path, PRECISION, **OPTIONS)
    process.kill()
    process.wait()
    with only_one(tmp_path):
        pass


def test_a_file_system_without_locks_is_not_taken_for_another_process(tmp_path, monkeypatch):
    def unsupported(*_):
        raise OSError(errno.ENOTSUP, "not supported")

    monkeypatch.setattr(run_record.fcntl, "lockf", unsupported)
    with only_one(tmp_path):
        pass


def test_a_run_interrupted_by_hand_goes_on_in_the_same_process(
    undisturbed, tmp_path, few_digits, monkeypatch
):
    """As in a notebook, which keeps the exception, and with it the workers, alive."""
    with monkeypatch.context() as patch:
        patch.setattr(
            fitting, "save_checkpoint", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt())
        )
        with pytest.raises(KeyboardInterrupt) as kept:
            fit(RECIPE, few_digits, tmp_path, PRECISION, **OPTIONS | {"workers": 1})
    fit(RECIPE, few_digits, tmp_path, PRECISION, **OPTIONS | {"workers": 1})
    assert_same_run(tmp_path, undisturbed)
    del kept


def test_a_run_goes_on_in_another_precision(tmp_path, few_digits, monkeypatch):
    """Begun without a gradient scaler and continued with one: Colab's chips differ from session to session."""
    fit(RECIPE, few_digits, tmp_path, PRECISION, stop_after=1, **OPTIONS)
    monkeypatch.setattr(Precision, "scaler", lambda self: torch.amp.GradScaler("cpu", enabled=True))
    for stop_after in (2, 3):
        record = fit(
            RECIPE,
            few_digits,
            tmp_path,
            Precision(torch.device("cpu"), "fp32"),
            stop_after,
            **OPTIONS,
        )
    assert record.complete and [session["precision"] for session in record.config["sessions"]][
        1:
    ] == ["fp32", "fp32"]


def test_a_clock_that_runs_backwards_gives_no_negative_durations(tmp_path, few_digits, monkeypatch):
    moments = itertools.count(1000, -7)
    monkeypatch.setattr(fitting.time, "perf_counter", lambda: float(next(moments)))
    recipe = replace(RECIPE, epochs=1, seed=10**30)
    record = fit(recipe, few_digits, tmp_path, PRECISION, **OPTIONS)
    assert (record.history[0].train_seconds, record.history[0].test_seconds) == (0, 0)
    assert load_run(tmp_path) == record and "0.0 s" in record.log


def test_a_checkpoint_of_another_recipe_is_refused(tmp_path, few_digits):
    fit(RECIPE, few_digits, tmp_path, PRECISION, stop_after=1, **OPTIONS)
    (tmp_path / "config.json").unlink()
    (tmp_path / "history.csv").unlink()
    with pytest.raises(UserError, match="lr 0.05 instead of 0.5"):
        fit(replace(RECIPE, lr=0.5), few_digits, tmp_path, PRECISION, **OPTIONS)


@pytest.mark.parametrize("stop_after", [0, -1])
def test_stopping_before_the_start_is_refused(tmp_path, few_digits, stop_after):
    with pytest.raises(UserError, match="at least 1"):
        fit(RECIPE, few_digits, tmp_path, PRECISION, stop_after, **OPTIONS)


@pytest.mark.parametrize("epochs, left", [(1, None), (3, 1)])
def test_a_record_without_its_checkpoint_is_not_cut_short(tmp_path, few_digits, epochs, left):
    fit(RECIPE, few_digits, tmp_path, PRECISION, stop_after=1, **OPTIONS)
    early = (tmp_path / "checkpoint.pt").read_bytes()
    longer = fit(RECIPE, few_digits, tmp_path, PRECISION, stop_after=epochs, **OPTIONS)
    for name in ("checkpoint.pt", "checkpoint.previous.pt"):
        (tmp_path / name).unlink(missing_ok=True)
    if left:
        (tmp_path / "checkpoint.pt").write_bytes(early)
    with pytest.raises(UserError, match=f"holds {epochs} of 4 epochs but no checkpoint"):
        config = json.loads((tmp_path / "config.json").read_text())
        config["recipe"]["epochs"] = 4
        (tmp_path / "config.json").write_text(json.dumps(config))
        if left:
            state = load_checkpoint(tmp_path)
            save_checkpoint(tmp_path, state | {"settings": state["settings"] | {"epochs": 4}})
        fit(replace(RECIPE, epochs=4), few_digits, tmp_path, PRECISION, **OPTIONS)
    assert load_run(tmp_path).history == longer.history
