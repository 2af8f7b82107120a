"""Weights that are averaged, what a recipe's short and small options do, and that all of it goes on exactly."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from tests.small_run import OPTIONS, PRECISION, RECIPE, assert_same_run
from utils.errors import UserError
from utils.runtime import Precision
from utils.training import fit as fitting
from utils.training.averaging import AveragedWeights
from utils.training.batches import training_batches
from utils.training.capture import COMPILED
from utils.training.checkpoint import load_checkpoint
from utils.training.compilation import compile_for
from utils.training.fit import fit
from utils.training.network import Network
from utils.training.recipes import find_recipe


def test_the_average_is_exponential_and_has_batch_norms_statistics():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    averaged = AveragedWeights(model, decay=0.3)
    expected = {name: values.clone().double() for name, values in model.state_dict().items()}
    for step in range(1, 5):
        with torch.no_grad():
            for values in model.parameters():
                values.add_(torch.randn_like(values))
        model.train()(torch.randn(8, 3))
        averaged.update()
        decay = min(0.3, (1 + step) / (10 + step))  # short at first
        for name, values in model.state_dict().items():
            mean = decay * expected[name] + (1 - decay) * values.double()
            expected[name] = values.clone() if "num_batches" in name else mean
    assert int(expected["1.num_batches_tracked"]) == 4
    for name, values in averaged.average.state_dict().items():
        torch.testing.assert_close(values.double(), expected[name].double(), atol=1e-6, rtol=1e-5)
    assert not any(values.requires_grad for values in averaged.average.parameters())


def test_the_average_is_what_is_tested_and_kept(tmp_path, few_digits):
    """It trains as without; only what is tested differs."""
    recipe = replace(RECIPE, pipeline="batched", epochs=2)
    plain = fit(recipe, few_digits, tmp_path / "plain", PRECISION, **OPTIONS)
    mean = fit(replace(recipe, ema_decay=0.9), few_digits, tmp_path / "mean", PRECISION, **OPTIONS)
    assert [epoch.train_loss for epoch in mean.history] == [e.train_loss for e in plain.history]
    assert mean.history[-1].test_loss != plain.history[-1].test_loss
    state = load_checkpoint(mean.folder)
    weights = plain.load_model().state_dict()
    assert all(torch.equal(values, weights[name]) for name, values in state["trained"].items())
    kept = mean.load_model().state_dict()
    assert all(torch.equal(values, kept[name]) for name, values in state["model"].items())


@pytest.mark.parametrize(
    "change", [{"ema_decay": 0.9}, {"low_resolution_epochs": 1, "draws": "image"}], ids=str
)
def test_it_goes_on_exactly(tmp_path, few_digits, change):
    recipe = replace(find_recipe("era9_batched"), epochs=2, batch_size=35, **change)
    recipe = replace(recipe, model="aster" if "draws" in change else "assignment6_net1_grouped")
    fit(recipe, few_digits, tmp_path / "straight", PRECISION, **OPTIONS)
    for stop_after in (1, None):
        fit(recipe, few_digits, tmp_path / "stopped", PRECISION, stop_after, **OPTIONS)
    assert_same_run(tmp_path / "stopped", tmp_path / "straight")


def test_low_resolution_is_for_the_first_epochs(tmp_path, few_digits, monkeypatch):
    recipe, sizes = (
        replace(find_recipe("aster"), low_resolution_epochs=1, epochs=2, batch_size=70),
        [],
    )

    def seen(network, batches, *rest):
        sizes.append({images.shape[2:] for images, _ in batches})
        raise UserError("enough")

    monkeypatch.setattr(fitting, "train_epoch", seen)
    for epoch in (0, 1):
        run = fitting._Run(recipe, few_digits, tmp_path, PRECISION, 0, False, print, False)
        with pytest.raises(UserError, match="enough"):
            run._one_epoch(epoch)
    assert sizes == [{(16, 16)}, {(32, 32)}]


def test_a_gradient_scaler_goes_on_exactly(tmp_path, few_digits, monkeypatch):
    """As under fp16 on CUDA: its scale, which grows here every third step, is saved and restored."""

    def scaler(self):
        return torch.amp.GradScaler("cpu", enabled=True, init_scale=8.0, growth_interval=3)

    monkeypatch.setattr(Precision, "scaler", scaler)
    fit(RECIPE, few_digits, tmp_path / "straight", PRECISION, **OPTIONS)
    for stop_after in (1, 2, None):
        fit(RECIPE, few_digits, tmp_path / "stopped", PRECISION, stop_after, **OPTIONS)
    assert_same_run(tmp_path / "stopped", tmp_path / "straight")
    states = [load_checkpoint(tmp_path / name)["scaler"] for name in ("straight", "stopped")]
    assert states[0] == states[1] and states[0]["scale"] == 8.0 * 2**3


def test_compilation_is_for_cuda_and_says_so(few_digits, tmp_path):
    network = Network(RECIPE, PRECISION, compiled=True)
    assert network.forward is network.model and "not compiled: that is for CUDA" in network.how
    said = []
    record = fit(
        replace(RECIPE, epochs=1),
        few_digits,
        tmp_path,
        PRECISION,
        **OPTIONS | {"report": said.append},
        graphs=COMPILED,
    )
    assert "not compiled" in said[0]
    assert "not compiled" in record.config["sessions"][0]["graphs"]


def test_a_compiler_that_fails_is_no_reason_to_stop(monkeypatch):
    """On a GPU without what torch.compile needs: the network as it is, and why."""

    def fails(*_, **__):
        raise RuntimeError("Cannot find a working triton installation\nand so on")

    monkeypatch.setattr(torch, "compile", fails)
    model = nn.Linear(1, 1)
    forward, how = compile_for(model, RECIPE, Precision(torch.device("cuda"), "bf16"))
    assert forward is model
    assert how == ("not compiled: a trial step failed (Cannot find a working triton installation)")


def test_a_pipeline_that_is_none_is_named(few_digits):
    with pytest.raises(UserError, match="no pipeline 'batchd'"):
        training_batches(replace(RECIPE, pipeline="batchd"), few_digits.train, PRECISION.device)


@pytest.mark.parametrize(
    "change", [{"augmentation": "alternating flip crop hole"}, {"stream_epochs": 2}]
)
def test_what_only_the_batched_pipeline_can_do_needs_it(few_digits, change):
    recipe = replace(RECIPE, **change)
    with pytest.raises(UserError, match="needs the batched pipeline"):
        training_batches(recipe, few_digits.train, PRECISION.device)
