"""A captured step is the step: what the graph would replay is run again here, on a CPU, with the same tensors."""

from dataclasses import replace

import pytest
import torch

from tests.small_run import OPTIONS, PRECISION, assert_same_run
from utils.runtime import Precision
from utils.training import capture
from utils.training.capture import CAPTURED, CapturedStep
from utils.training.fit import fit
from utils.training.network import Network
from utils.training.optimizers import OPTIMIZERS
from utils.training.recipes import find_recipe

MUON = dict(optimizer="muon", lr=0.02, momentum=0.95, other_lr=0.01, weight_decay=0.1)
RECIPE = replace(find_recipe("assignment6_net1_grouped"), epochs=2, batch_size=30, **MUON)


def pretended(run, device):
    """Stands for `capture.capture`: a graph's results lie in the same place after every replay."""
    for _ in range(capture.WARM_UP):
        output, loss = run()

    def replay():
        for place, values in zip((output, loss), run()):
            place.copy_(values)

    return replay, output, loss


@pytest.fixture
def capturing(monkeypatch):
    monkeypatch.setattr(capture, "_why_not", lambda *_: None)
    monkeypatch.setattr(capture, "capture", pretended)


def test_it_trains_as_step_by_step(capturing, few_digits, tmp_path):
    """To rounding: the numbers of a step are float32 in a graph. The last batch of an epoch is short and not captured."""
    assert len(few_digits.train) % RECIPE.batch_size
    options = OPTIONS | {"graphs": CAPTURED}
    plain = fit(RECIPE, few_digits, tmp_path / "plain", PRECISION, **OPTIONS)
    captured = fit(RECIPE, few_digits, tmp_path / "captured", PRECISION, **options)
    for ours, theirs in zip(captured.history, plain.history, strict=True):
        assert ours.train_loss == pytest.approx(theirs.train_loss, rel=1e-3)
        assert ours.test_loss == pytest.approx(theirs.test_loss, rel=1e-2)
    assert captured.config["sessions"][0]["graphs"] == "steps captured as CUDA graphs"
    assert "graphs" not in plain.config["sessions"][0]


def test_it_goes_on_exactly(capturing, few_digits, tmp_path):
    options = OPTIONS | {"graphs": CAPTURED}
    fit(RECIPE, few_digits, tmp_path / "straight", PRECISION, **options)
    for stop_after in (1, None):
        fit(RECIPE, few_digits, tmp_path / "stopped", PRECISION, stop_after, **options)
    assert_same_run(tmp_path / "stopped", tmp_path / "straight")


def parts(precision=PRECISION, **changes):
    """What a step is captured of."""
    recipe = replace(RECIPE, **changes)
    model = Network(recipe, precision).model
    return recipe, model, OPTIMIZERS[recipe.optimizer](model, recipe), precision


def test_trying_leaves_no_trace(capturing):
    recipe, model, optimizer, precision = parts()
    before = {name: each.clone() for name, each in model.state_dict().items()}
    CapturedStep(recipe, model, optimizer, precision)
    assert all(torch.equal(each, before[name]) for name, each in model.state_dict().items())
    states = optimizer.state.values()
    assert all(
        each == 0 if isinstance(each, int) else not each.any()
        for s in states
        for each in s.values()
    )
    assert all(weights.grad is None for weights in model.parameters())


def test_what_cannot_be_captured_is_trained_step_by_step(monkeypatch, few_digits, tmp_path):
    def fails(run, device):
        run()
        raise RuntimeError("CUDA error: operation not permitted\nmore of it")

    fit(RECIPE, few_digits, tmp_path / "plain", PRECISION, **OPTIONS)
    monkeypatch.setattr(capture, "_why_not", lambda *_: None)
    monkeypatch.setattr(capture, "capture", fails)
    said = []
    options = OPTIONS | {"graphs": CAPTURED, "report": said.append}
    fit(RECIPE, few_digits, tmp_path / "failed", PRECISION, **options)
    assert "steps not captured: CUDA error: operation not permitted." in said[0]
    assert_same_run(tmp_path / "failed", tmp_path / "plain")


@pytest.mark.parametrize(
    "arguments, reason",
    [
        (dict(), "this is cpu"),
        (dict(precision=Precision(torch.device("cuda"), "fp16")), "fp16"),
        (dict(precision=Precision(torch.device("cuda"), "bf16")), "SGD"),
    ],
    ids=["cpu", "fp16", "sgd"],
)
def test_where_it_does_not_work_it_says_why(arguments, reason):
    optimizer = torch.optim.SGD([torch.zeros(1)])
    precision = arguments.get("precision", PRECISION)
    assert reason in capture._why_not(optimizer, precision)


def test_nothing_is_asked_of_the_device(capturing):
    """On the meta device, whose tensors have no numbers to give."""
    meta = Precision(torch.device("meta"), "fp32")
    step = CapturedStep(*parts(meta, teachers=("a",), teaching=0.9))
    assert step.how == "steps captured as CUDA graphs"
    images = torch.zeros(30, 3, 32, 32, device="meta")
    labels = torch.zeros(30, dtype=torch.int64, device="meta")
    soft = torch.zeros(30, 10, dtype=torch.float16, device="meta")
    step(step.model, images, (labels, soft))
