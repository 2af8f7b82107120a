"""The benchmark: its ratios, and that each side is measured as what it says it is. No time is asserted."""

import shutil

import pytest
import torch
from torch import nn

from models import build_model, layers
from utils.benchmark import __main__ as command
from utils.benchmark import device_check, one_case
from utils.benchmark.cases import (
    ASKING,
    CAPTURED,
    COMPILED,
    CONDITIONS,
    HALVED,
    HEADER,
    OURS,
    REPORTS,
    Case,
    on_device,
    rows,
)
from utils.benchmark.device_check import check_device, compared
from utils.benchmark.measure import measure_all
from utils.benchmark.one_case import _with_pytorchs_layers, measure, training_images
from utils.errors import UserError
from utils.training.run_record import load_run, write_epochs


def figures(seconds):
    return {
        "seconds": seconds,
        "images_per_second": 1000.0,
        "input_share": 0.25,
        "peak_megabytes": 900.0,
        **dict.fromkeys(CONDITIONS, "known"),
    }


def test_ours_is_compared_with_the_same_case():
    found = {
        Case("epoch", "era9", REPORTS, 512): figures(300.0),
        Case("epoch", "era9", OURS, 512): figures(75.0),
        Case("epoch", "era9", OURS, 128): figures(60.0),
    }
    table = [dict(zip(HEADER, row)) for row in rows(found)]
    assert [row["times as fast"] for row in table] == [
        "",
        "4.0",
        "",
    ]  # there is nothing to compare the last with
    assert table[1]["seconds an epoch"] == "75.0" and table[1]["input share"] == "25.0%"


def test_the_middle_of_several_rounds_keeps_its_conditions(monkeypatch):
    found = iter([figures(3.0), figures(1.0), figures(2.0)])
    monkeypatch.setattr("utils.benchmark.measure.measure", lambda case: next(found))
    case = Case("epoch", "era9", OURS, 512)
    assert measure_all([case], rounds=3) == {case: figures(2.0)}


@pytest.mark.parametrize("way", [REPORTS, OURS, ASKING, HALVED])
@pytest.mark.parametrize("what", ["input", "epoch"])
def test_a_case_is_measured(what, way, monkeypatch, digits):
    monkeypatch.setattr(one_case, "training_images", lambda needs_them: digits.train)
    recipe = "aster" if way == HALVED else "assignment6_net1_grouped"
    found = measure(Case(what, recipe, way, batch_size=4, images=100), images_timed=32)
    assert found["seconds"] == pytest.approx(100 / found["images_per_second"])
    assert 0 < found["input_share"] <= 1 and found["peak_megabytes"] > 100
    assert found["device"].startswith("CPU") and found["torch"] == torch.__version__
    assert found["precision"] == "fp32" or way != REPORTS


def test_the_reports_way_has_pytorchs_own_layers_and_the_same_weights():
    model = build_model("assignment6_net2")
    plain = _with_pytorchs_layers(build_model("assignment6_net2"))
    assert any(type(layer) is layers.Dropout for layer in model.modules())
    assert not any(type(layer) in (layers.Dropout, layers.Conv2d) for layer in plain.modules())
    assert sum(type(layer) is nn.Dropout for layer in plain.modules()) == 6
    plain.load_state_dict(model.state_dict())
    images = torch.randn(2, 3, 32, 32)
    torch.testing.assert_close(plain.eval()(images), model.eval()(images))


def test_on_a_device_each_way_has_its_row_and_what_fails_is_named(monkeypatch, capsys):
    """Compiled on CUDA only; one case that takes too long does not end the check."""
    ways = {REPORTS, OURS, ASKING, COMPILED}
    assert {case.way for case in on_device("cuda") if case.recipe == "era9"} == ways
    assert {case.way for case in on_device("cuda") if case.recipe == "aster"} == ways | {CAPTURED}
    assert not {COMPILED, CAPTURED} & {case.way for case in on_device("cpu")}

    def measured(case, seconds, images):
        assert 0 < seconds <= device_check.CASE_LIMIT and images == 1_000
        if (case.recipe, case.way) == ("aster", REPORTS):
            raise UserError("The case took more than 75 seconds.")
        return figures({REPORTS: 300.0, OURS: 75.0, ASKING: 80.0}[case.way])

    monkeypatch.setattr(device_check, "measure", measured)
    monkeypatch.setattr(device_check, "killed_and_resumed", lambda name, end: "It went on.")
    monkeypatch.setattr("sys.argv", ["benchmark", "--device", "cpu"])
    assert command.main() == 0
    said = capsys.readouterr().out
    assert "not compiled: that is for CUDA" in said and "channels_last" in said
    assert "Not measured: The case took more than 75 seconds." in said
    assert "It went on." in said and said.count("ours, asking at every step") == 2


def test_what_a_gpu_took_is_kept_where_it_is_whole(monkeypatch, tmp_path):
    """A CPU's figures are kept by the whole benchmark alone."""
    monkeypatch.setattr(device_check, "RESULTS", tmp_path)
    monkeypatch.setattr(device_check, "measure", lambda *_: figures(75.0))
    monkeypatch.setattr(device_check, "decisions", lambda name: iter(()))
    monkeypatch.setattr(device_check, "killed_and_resumed", lambda name, end, *others: "went on")
    monkeypatch.setattr(device_check.runtime, "choose_device", torch.device)
    said = [list(check_device(name))[-2:] for name in ("cpu", "cuda")]
    assert said[0][1] == "went on" and said[1] == ["went on", "--graphs capture: went on"]
    assert [file.name for file in tmp_path.iterdir()] == ["benchmark_cuda.csv"]
    kept = (tmp_path / "benchmark_cuda.csv").read_text()
    assert len(kept.splitlines()) == 1 + len(on_device("cuda"))

    def measured(case, *_):
        if case.way == CAPTURED:
            raise UserError("The case took more than 75 seconds.")
        return figures(60.0)

    monkeypatch.setattr(device_check, "measure", measured)
    assert "benchmark_cuda.csv stays as it was, because not every case was measured." in list(
        check_device("cuda")
    )
    assert (tmp_path / "benchmark_cuda.csv").read_text() == kept


def test_a_step_that_is_not_captured_is_not_measured_as_one(monkeypatch, digits):
    monkeypatch.setattr(one_case, "training_images", lambda needs_them: digits.train)
    with pytest.raises(UserError, match="not captured: that is for CUDA"):
        measure(Case("epoch", "aster", CAPTURED, batch_size=4, images=100), images_timed=32)


def test_no_more_time_is_used_than_there_is(monkeypatch):
    monkeypatch.setattr(device_check, "LIMIT", device_check.KEPT_FOR_RESUMING)
    monkeypatch.setattr(device_check, "killed_and_resumed", lambda name, end: "")
    monkeypatch.setattr(device_check, "measure", None)
    monkeypatch.setattr(device_check.runtime, "choose_device", lambda name: torch.device("cpu"))
    assert sum(text.startswith("Not measured: No time") for text in check_device("auto")) == 6


def test_a_device_that_is_not_there_is_one_sentence(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["benchmark", "--device", "warp"])
    assert command.main() == 1 and "There is no device 'warp'" in capsys.readouterr().err
    monkeypatch.setattr("sys.argv", ["benchmark", "--rounds", "0"])
    assert command.main() == 1 and "--rounds 0" in capsys.readouterr().err


def test_runs_are_compared_to_the_bit(undisturbed, tmp_path):
    record = load_run(shutil.copytree(undisturbed, tmp_path / "copy"))
    copy, weights = record.folder, record.load_model().state_dict()
    assert "in 1 sessions, has the same weights to the bit" in compared(copy, undisturbed)
    next(iter(weights.values()))[0, 0, 0, 0] += 0.25
    write_epochs(record, record.history, weights)
    assert "the largest difference is 0.25" in compared(copy, undisturbed)


def test_images_are_made_up_only_where_they_may_be(monkeypatch, tmp_path):
    monkeypatch.setenv("CIFAR10_ROOT", str(tmp_path))
    assert training_images(needs_them=False).images.shape == (50_000, 32, 32, 3)
    with pytest.raises(UserError):
        training_images(needs_them=True)
