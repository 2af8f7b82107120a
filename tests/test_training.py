"""Training: averages that are right, resume that is exact, failures that lose nothing."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from utils import training
from utils.errors import UserError
from utils.history import format_csv, format_log
from utils.loaders import TestBatches
from utils.paths import REPOSITORY
from utils.recipes import find_recipe
from utils.run_record import load_run, only_one, run_folder
from utils.runtime import choose_device, choose_precision
from utils.training import evaluate, fit, train_epoch

PRECISION = choose_precision(choose_device("cpu"))
RECIPE = replace(find_recipe("assignment6_net1_grouped"), batch_size=32, epochs=3, lr=0.05, augmentation="era9")
OPTIONS = {"workers": 0, "progress": False, "report": lambda text: None}


def weights(folder):
    return torch.load(folder / "model.pt", weights_only=True)


def timeless(history):
    return [replace(record, train_seconds=None, test_seconds=None) for record in history]


def assert_same_run(first, second):
    ours, theirs = weights(first), weights(second)
    assert ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert timeless(load_run(first).history) == timeless(load_run(second).history)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, few_digits):
    folder = tmp_path_factory.mktemp("undisturbed")
    fit(RECIPE, few_digits, folder, PRECISION, **OPTIONS)
    return folder


class Constant(nn.Module):
    """The same log-probabilities for every image, so that every sum can be done by hand; `shift` is there to be trained."""

    def __init__(self, scores):
        super().__init__()
        self.scores, self.shift = torch.tensor(scores), nn.Parameter(torch.zeros(len(scores)))

    def forward(self, x):
        return F.log_softmax(self.scores + self.shift, 0).expand(len(x), -1)


def batches_of(*label_lists):
    return [(torch.zeros(len(labels), 3, 2, 2), torch.tensor(labels)) for labels in label_lists]


def test_averages_weigh_samples_not_batches():
    model = Constant([2.0, 0.0, -1.0])
    loss_of = -F.log_softmax(model.scores, 0)
    totals = evaluate(model, batches_of([0, 0, 0, 0], [2]), torch.device("cpu"))
    assert totals.average_loss == pytest.approx(((4 * loss_of[0] + loss_of[2]) / 5).item())
    assert (totals.correct, totals.samples, totals.accuracy, totals.steps) == (4, 5, 80.0, 2)
    model = Constant([2.0, 0.0, -1.0])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    totals = train_epoch(model, batches_of([0, 0, 0, 0], [2]), optimizer, PRECISION, PRECISION.scaler(), lambda share: 0.0,
                         progress=False)
    assert totals.average_loss == pytest.approx(((4 * loss_of[0] + loss_of[2]) / 5).item())
    assert totals.last_loss == pytest.approx(loss_of[2].item()) and totals.accuracy == 80.0


def test_a_step_is_what_sgd_does_with_the_rate_of_the_moment():
    model, rates = Constant([0.0, 0.0]), []
    optimizer = torch.optim.SGD(model.parameters(), lr=123.0)
    train_epoch(model, batches_of([0], [0]), optimizer, PRECISION, PRECISION.scaler(),
                lambda share: rates.append(share) or 0.5, progress=False)
    by_hand = torch.zeros(2)
    for _ in range(2):
        by_hand -= 0.5 * (by_hand.softmax(0) - torch.tensor([1.0, 0.0]))
    torch.testing.assert_close(model.shift.detach(), by_hand)
    assert rates == [0.0, 0.5]


def test_evaluating_changes_nothing():
    model = nn.Sequential(nn.BatchNorm2d(3), nn.Dropout(0.5), nn.Flatten(), nn.Linear(12, 2)).train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    batches = [(torch.randn(4, 3, 2, 2), torch.tensor([0, 1, 0, 1]))]
    first, second = (evaluate(model, batches, torch.device("cpu")) for _ in range(2))
    assert first == second
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_the_record_is_complete_and_true(undisturbed, few_digits):
    record = load_run(undisturbed)
    assert record.complete and record.recipe == RECIPE and record.config["data"] == "digits"
    assert record.config["parameters"] == 57_056
    assert (undisturbed / "train.log").read_text() == format_log(record.history)
    assert (undisturbed / "history.csv").read_text() == format_csv(record.history)
    last = record.history[-1]
    assert (last.steps, last.train_total, last.test_total, last.lr) == (3, 70, 30, 0.05)
    again = evaluate(record.load_model(), TestBatches(few_digits.test, RECIPE.mean, RECIPE.std), torch.device("cpu"))
    assert (again.correct, round(again.average_loss, 4)) == (last.test_correct, last.test_loss)
    session = record.config["sessions"][0]
    assert session["first_epoch"] == 0 and {"device", "precision", "versions", "commit", "changed"} <= set(session)
    assert record.config["seconds"] == pytest.approx(sum(r.train_seconds + r.test_seconds for r in record.history), abs=0.1)


def test_training_learns(undisturbed):
    history = load_run(undisturbed).history
    assert history[-1].train_loss < history[0].train_loss


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


KILLED = """
import sys
from tests.test_training import OPTIONS, PRECISION, RECIPE
from utils.data import ImageData, Split, load_digits
from utils.training import fit
digits = load_digits()
few = ImageData("digits", Split(digits.train.images[:70], digits.train.labels[:70]),
                Split(digits.test.images[:30], digits.test.labels[:30]), digits.classes)
print("ready", flush=True)
fit(RECIPE, few, sys.argv[1], PRECISION, **OPTIONS)
"""


def test_sigkill_at_random_moments_is_exact(undisturbed, tmp_path):
    rng, kills = random.Random(0), 0
    while True:
        process = subprocess.Popen([sys.executable, "-W", "ignore", "-c", KILLED, str(tmp_path)], cwd=REPOSITORY,
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


@pytest.mark.parametrize("file, content", [("config.json", "{"), ("config.json", "{}"), ("history.csv", "epoch\nx\n"),
                                           ("config.json", '{"recipe": {"colour": 1}}')])
def test_a_damaged_record_is_named(tmp_path, file, content):
    (tmp_path / "config.json").write_text(json.dumps({"recipe": RECIPE.to_dict(), "data": "digits"}))
    (tmp_path / file).write_text(content)
    with pytest.raises(UserError, match=file):
        load_run(tmp_path)


def test_missing_weights_are_named(tmp_path, undisturbed):
    with pytest.raises(UserError, match="model.pt are missing or damaged"):
        replace(load_run(undisturbed), folder=tmp_path).load_model()


def test_runs_on_the_digits_stand_apart(monkeypatch, tmp_path):
    monkeypatch.setenv("RESULTS_DIR", str(tmp_path))
    assert run_folder("era9", "cifar10") == tmp_path / "era9"
    assert run_folder("era9", "digits") == tmp_path / "era9-digits"
    monkeypatch.delenv("RESULTS_DIR")
    assert run_folder("era9", "cifar10") == REPOSITORY / "results" / "era9" and os.path.isabs(run_folder("a", "b"))
