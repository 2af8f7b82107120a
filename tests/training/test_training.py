"""Training: averages and steps that are right, and a record that is true."""

import json
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tests.small_run import PRECISION, RECIPE
from utils.data.loaders import TestBatches
from utils.errors import UserError
from utils.paths import REPOSITORY
from utils.training.history import format_csv, format_log
from utils.training.loops import evaluate, train_epoch
from utils.training.run_record import load_run, recorded_folder, run_folder


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
    totals = train_epoch(
        model,
        batches_of([0, 0, 0, 0], [2]),
        optimizer,
        PRECISION,
        PRECISION.scaler(),
        lambda share: 0.0,
        progress=False,
    )
    assert totals.average_loss == pytest.approx(((4 * loss_of[0] + loss_of[2]) / 5).item())
    assert totals.last_loss == pytest.approx(loss_of[2].item()) and totals.accuracy == 80.0


def test_a_step_is_what_sgd_does_with_the_rate_of_the_moment():
    model, rates = Constant([0.0, 0.0]), []
    optimizer = torch.optim.SGD(model.parameters(), lr=123.0)
    train_epoch(
        model,
        batches_of([0], [0]),
        optimizer,
        PRECISION,
        PRECISION.scaler(),
        lambda share: rates.append(share) or 0.5,
        progress=False,
    )
    by_hand = torch.zeros(2)
    for _ in range(2):
        by_hand -= 0.5 * (by_hand.softmax(0) - torch.tensor([1.0, 0.0]))
    torch.testing.assert_close(model.shift.detach(), by_hand)
    assert rates == [0.0, 0.5]


def test_evaluating_changes_nothing():
    model = nn.Sequential(
        nn.BatchNorm2d(3), nn.Dropout(0.5), nn.Flatten(), nn.Linear(12, 2)
    ).train()
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
    again = evaluate(
        record.load_model(),
        TestBatches(few_digits.test, RECIPE.mean, RECIPE.std),
        torch.device("cpu"),
    )
    assert (again.correct, round(again.average_loss, 4)) == (last.test_correct, last.test_loss)
    session = record.config["sessions"][0]
    assert session["first_epoch"] == 0 and {
        "device",
        "precision",
        "versions",
        "commit",
        "changed",
    } <= set(session)
    assert record.config["seconds"] == pytest.approx(
        sum(r.train_seconds + r.test_seconds for r in record.history), abs=0.1
    )


def test_training_learns(undisturbed):
    history = load_run(undisturbed).history
    assert history[-1].train_loss < history[0].train_loss


@pytest.mark.parametrize(
    "file, content",
    [
        ("config.json", "{"),
        ("config.json", "{}"),
        ("history.csv", "epoch\nx\n"),
        ("config.json", '{"recipe": {"colour": 1}}'),
    ],
)
def test_a_damaged_record_is_named(tmp_path, file, content):
    (tmp_path / "config.json").write_text(
        json.dumps(
            {
                "recipe": RECIPE.to_dict(),
                "data": "digits",
                "parameters": 1,
                "seconds": 0.0,
                "sessions": [],
            }
        )
    )
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
    assert run_folder("era9", "cifar10") == REPOSITORY / "results" / "era9"


def test_what_the_repository_comes_with_is_found_wherever_runs_are_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("RESULTS_DIR", str(tmp_path))
    assert recorded_folder("era9", "cifar10") == REPOSITORY / "results" / "era9"
    assert recorded_folder("era9", "digits") == tmp_path / "era9-digits"
    assert recorded_folder("mine", "cifar10") == tmp_path / "mine"


def test_mirrored_evaluation_averages_two_probabilities():
    """A network that looks at the left column only: the mean of what it says of the left and of the right one."""

    class Left(nn.Module):
        def forward(self, x):
            return F.log_softmax(x[:, :2, 0, 0], dim=1)

    images = torch.randn(5, 3, 1, 4)
    labels = torch.tensor([0, 1, 0, 1, 1])
    mean = (images[:, :2, 0, 0].softmax(1) + images[:, :2, 0, 3].softmax(1)) / 2
    totals = evaluate(Left(), [(images, labels)], torch.device("cpu"), mirrored=True)
    assert totals.correct == (mean.argmax(1) == labels).sum()
    assert totals.average_loss == pytest.approx(F.nll_loss(mean.log(), labels).item())
