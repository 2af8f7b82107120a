"""Resume: exact after every kind of interruption, and refused with a sentence where it would be wrong."""

import random
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
import torch

from tests.small_run import OPTIONS, PRECISION, RECIPE, assert_same_run
from utils import training
from utils.errors import UserError
from utils.paths import REPOSITORY
from utils.run_record import load_run, only_one
from utils.training import fit


def test_stopping_and_going_on_is_exact(undisturbed, tmp_path, few_digits):
    for stop_after in (1, 2, None):
        record = fit(RECIPE, few_digits, tmp_path, PRECISION, stop_after, **OPTIONS)
    assert [session["first_epoch"] for session in record.config["sessions"]] == [0, 1, 2]
    assert_same_run(tmp_path, undisturbed)


@pytest.mark.parametrize("workers", [1, 2])
def test_workers_change_nothing(undisturbed, tmp_path, few_digits, workers):
    fit(RECIPE, few_digits, tmp_path, PRECISION, **OPTIONS | {"workers": workers}, stop_after=1)
    fit(RECIPE, few_digits, tmp_path, PRECISION, **OPTIONS | {"workers": workers})
    assert_same_run(tmp_path, undisturbed)


class Died(BaseException):
    pass


@pytest.mark.parametrize("where", ["in an epoch", "before the checkpoint", "after the checkpoint", "before history.csv"])
def test_dying_anywhere_and_going_on_is_exact(undisturbed, tmp_path, few_digits, monkeypatch, where):
    def die(*_, **__):
        raise Died
    fit(RECIPE, few_digits, tmp_path, PRECISION, stop_after=1, **OPTIONS)
    with monkeypatch.context() as patch:
        if where == "in an epoch":
            steps = iter([1.0, 1.0])
            patch.setattr(training, "step_text", lambda *_: "" if next(steps, None) else die())
        elif where == "before the checkpoint":
            patch.setattr(training, "save_checkpoint", die)
        elif where == "after the checkpoint":
            patch.setattr(training, "write_epochs",
                          lambda record, history, weights: record if len(history) == 1 else die())
        else:
            patch.setattr("utils.run_record.format_csv", die)
        with pytest.raises(Died):
            fit(RECIPE, few_digits, tmp_path, PRECISION, **OPTIONS)
    fit(RECIPE, few_digits, tmp_path, PRECISION, **OPTIONS)
    assert_same_run(tmp_path, undisturbed)


def test_a_damaged_checkpoint_is_named_and_costs_one_epoch(undisturbed, tmp_path, few_digits):
    fit(RECIPE, few_digits, tmp_path, PRECISION, stop_after=2, **OPTIONS)
    (tmp_path / "checkpoint.pt").write_bytes(b"not a checkpoint")
    said = []
    fit(RECIPE, few_digits, tmp_path, PRECISION, **OPTIONS | {"report": said.append})
    assert "checkpoint.pt is damaged" in said[0]
    assert_same_run(tmp_path, undisturbed)


def test_sigkill_at_random_moments_is_exact(undisturbed, tmp_path):
    rng, kills = random.Random(0), 0
    while True:
        process = subprocess.Popen([sys.executable, "-m", "tests.small_run", str(tmp_path)], cwd=REPOSITORY,
                                   stdout=subprocess.PIPE, text=True)
        assert process.stdout.readline() == "ready\n"
        if kills < 2:
            time.sleep(rng.uniform(0.05, 0.9))
            process.send_signal(signal.SIGKILL)
            kills += 1
        if process.wait() == 0:
            break
        assert process.returncode == -signal.SIGKILL
    assert_same_run(tmp_path, undisturbed)


def test_a_finished_run_is_returned_without_training(undisturbed, few_digits, monkeypatch):
    monkeypatch.setattr(training, "_Run", None)
    record = fit(RECIPE, few_digits, undisturbed, PRECISION, **OPTIONS)
    assert len(record.history) == 3
    assert fit(RECIPE, few_digits, undisturbed, PRECISION, stop_after=2, **OPTIONS) == record


@pytest.mark.parametrize("change, words", [
    ({"lr": 0.01}, "lr 0.05 instead of 0.01"), ({"epochs": 9}, "epochs 3 instead of 9"),
    ({"model": "era9"}, "model assignment6_net1_grouped instead of era9")])
def test_another_recipe_in_the_folder_is_refused(undisturbed, few_digits, change, words):
    before = {file.name: file.read_bytes() for file in undisturbed.iterdir()}
    with pytest.raises(UserError, match=words):
        fit(replace(RECIPE, **change), few_digits, undisturbed, PRECISION, **OPTIONS)
    assert {file.name: file.read_bytes() for file in undisturbed.iterdir()} == before


def test_another_data_set_in_the_folder_is_refused(undisturbed, few_digits):
    with pytest.raises(UserError, match="data digits instead of cifar10"):
        fit(RECIPE, replace(few_digits, name="cifar10"), undisturbed, PRECISION, **OPTIONS)


def test_a_changed_note_is_no_other_recipe(undisturbed, few_digits):
    assert fit(replace(RECIPE, note="said better"), few_digits, undisturbed, PRECISION, **OPTIONS).complete


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
        patch.setattr("utils.loaders.AugmentedImages.__getitem__", poisoned)
        with pytest.raises(UserError, match="epoch 1, step 0"):
            fit(RECIPE, few_digits, folder, PRECISION, **OPTIONS)
    assert (folder / "checkpoint.pt").read_bytes() == good
    assert len(load_run(folder).history) == 1


def test_two_processes_do_not_share_a_folder(tmp_path, few_digits):
    with only_one(tmp_path), pytest.raises(UserError, match="Another process is training"):
        fit(RECIPE, few_digits, tmp_path, PRECISION, **OPTIONS)


def test_a_record_without_its_checkpoint_is_not_started_over(tmp_path, few_digits):
    fit(RECIPE, few_digits, tmp_path, PRECISION, stop_after=1, **OPTIONS)
    (tmp_path / "checkpoint.pt").unlink()
    with pytest.raises(UserError, match="1 of 3 epochs but no checkpoint"):
        fit(RECIPE, few_digits, tmp_path, PRECISION, **OPTIONS)
    assert len(load_run(tmp_path).history) == 1
