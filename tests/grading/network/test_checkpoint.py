"""Checkpoints as students save them: tested on the test images, or said in one sentence why not."""

import argparse
import collections
import datetime
import io
import os
import pathlib
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from tests.grading.copied_process import in_a_copy
from tests.grading.submissions import MODEL, Parts, flat, write
from utils.grading import audits
from utils.grading.audits import Options
from utils.grading.grade import grade
from utils.grading.network import checkpoint, executed_network
from utils.grading.rubrics.rubric import load_rubric
from utils.grading.sandbox.checkpoint_jobs import load

RUBRIC = load_rubric("era_s9")


class AttributeDict(dict):
    """As libraries keep hyper-parameters in."""


class Wrapper(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.module = inner


def saved(content, **options) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer, **options)
    return buffer.getvalue()


def loaded(data: bytes) -> tuple[dict, list]:
    return load({}, [torch.frombuffer(bytearray(data), dtype=torch.uint8)])


def small() -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Conv2d(4, 64, 3))


def adam(network) -> dict:
    optimizer = torch.optim.Adam(network.parameters())
    network(torch.zeros(1, 3, 8, 8)).sum().backward()
    optimizer.step()
    return optimizer.state_dict()


def beside() -> dict:
    """What training scripts keep beside the weights."""
    history = collections.defaultdict(list, accuracy=[np.float32(81.5), np.float64(86.52)])
    return {
        "epoch": np.int64(24),
        "best": np.float64(86.52),
        "curve": np.arange(3.0),
        "history": history,
        "lr": 0.01,
        "args": argparse.Namespace(out=pathlib.Path("runs"), seed=1),
        "hyper_parameters": AttributeDict(a=1),
        "when": datetime.datetime(2024, 5, 1),
        "loss": nn.CrossEntropyLoss(),
        "scaler": None,
    }


@pytest.mark.parametrize("key", ["model_state_dict", "state_dict", "model", "net", "weights"])
@pytest.mark.parametrize("legacy", [False, True])
def test_what_lies_beside_the_weights_is_passed_over(key, legacy):
    network = small()
    others = beside() | {"optimizer": adam(network)}
    others.pop("loss" if legacy else "scaler")
    content, tensors = loaded(
        saved(others | {key: network.state_dict()}, _use_new_zipfile_serialization=not legacy)
    )
    assert content == {"names": [*network.state_dict()], "part": key}
    assert all(map(torch.equal, tensors, network.state_dict().values()))


def test_the_network_s_own_weights_are_taken_before_their_average():
    one, other = small().state_dict(), small().state_dict()
    content, tensors = loaded(saved({"average": other, "model": one}))
    assert content["part"] == "model" and torch.equal(tensors[0], one["0.weight"])
    assert loaded(saved(one))[0]["part"] == ""


def scripted(network) -> bytes:
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.trace(network, torch.zeros(1, 3, 8, 8)), buffer)
    return buffer.getvalue()


class Evil:
    def __reduce__(self):
        return os.mkdir, ("/tmp/evil",)


@pytest.mark.parametrize(
    "make, said",
    [
        (lambda: saved(small()), "holds a whole module, as torch.save(model) writes it"),
        (lambda: saved({"net": small(), "epoch": 3}), "holds a whole module"),
        (lambda: saved(small(), _use_new_zipfile_serialization=False), "holds a whole module"),
        (lambda: scripted(small()), "TorchScript"),
        (lambda: saved({"epoch": 3, "acc": [1.0]}), "no tensors by name"),
        (lambda: saved(small().state_dict())[:-200], "cannot be read"),
        (lambda: b"not weights", "cannot be read"),
        (lambda: saved(Evil()), "cannot be read"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_why_a_file_cannot_be_loaded_is_one_plain_sentence(make, said):
    content, tensors = loaded(make())
    assert (
        said in content["error"]
        and "save model.state_dict() with torch.save" in content["error"]
        and not tensors
    )
    assert len(content["error"]) < 200


OWN = ["conv.weight", "fc.bias"]
INNER = [f"model.{name}" for name in OWN]


@pytest.mark.parametrize(
    "own, names",
    [
        (OWN, OWN),
        (OWN, ["_orig_mod.module.conv.weight", "_orig_mod.module.fc.bias"]),
        (OWN, [*INNER, "loss.weight"]),
        (OWN, [*OWN, "ema.conv.weight", "ema.fc.bias"]),
        (INNER, OWN),
        (INNER, ["net.conv.weight", "net.fc.bias"]),
    ],
)
def test_names_are_matched_whatever_wraps_the_network(own, names):
    named = {name: torch.tensor(number) for number, name in enumerate(names)}
    assert [int(checkpoint._by_own_names(own, named, "w.pt")[name]) for name in own] == [0, 1]


def test_a_file_that_holds_the_network_twice_is_not_guessed_at():
    named = dict.fromkeys([f"{one}.{name}" for one in ("student", "teacher") for name in OWN])
    with pytest.raises(executed_network.NotEstablished, match="more than once"):
        checkpoint._by_own_names(OWN, named, "w.pt")


@pytest.fixture
def submission(tmp_path, monkeypatch):
    """A submission, its network, and test images of which the network is right on all."""
    monkeypatch.setattr(executed_network, "run_isolated", in_a_copy)
    space: dict = {}
    exec(MODEL, space)
    torch.manual_seed(0)
    network = space["CifarNet"]().eval()
    images = np.random.default_rng(0).integers(0, 256, (60, 32, 32, 3), dtype=np.uint8)
    mean, deviation = (
        torch.tensor(values).view(1, 3, 1, 1)
        for values in next(iter(checkpoint.NORMALISATIONS.values()))
    )
    with torch.no_grad():
        labels = (
            network((torch.from_numpy(images).permute(0, 3, 1, 2) / 255 - mean) / deviation)
            .argmax(1)
            .numpy()
        )
    (tmp_path / "data" / "cifar-10-batches-py").mkdir(parents=True)
    monkeypatch.setattr("utils.data.cifar10.cifar10_root", lambda: tmp_path / "data")
    data = SimpleNamespace(test=SimpleNamespace(images=images, labels=labels))
    monkeypatch.setattr("utils.data.images.load_cifar10", lambda: data)
    return write(flat(Parts(log="")), tmp_path / "work"), network


def judged(folder, weights) -> tuple[dict, dict]:
    entry = grade(folder, RUBRIC, Options(run=True, weights=weights))
    return next(each for each in entry["criteria"] if each["id"] == "accuracy"), entry


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_checkpoint_is_tested(submission, tmp_path, wrapped):
    folder, network = submission
    state = Wrapper(network).state_dict() if wrapped else network.state_dict()
    (tmp_path / "best.pt").write_bytes(
        saved({"epoch": 3, "acc": np.float64(86.5), "model": state} if wrapped else state)
    )
    found, entry = judged(folder, tmp_path / "best.pt")
    assert (found["verdict"], found["value"]) == ("pass", 100.0) and entry["facts"][
        "checkpoint_accuracy"
    ] == 100.0


@pytest.mark.parametrize(
    "content, said",
    [
        (lambda network: saved(network.head), "best.pt cannot be loaded: it holds a whole module"),
        (lambda network: b"", "an empty file"),
        (
            lambda network: saved({**network.state_dict(), "head.bias": torch.zeros(3)}),
            "head.bias is [3] in it, not [10]",
        ),
        (lambda network: saved(small().state_dict()), "do not belong to the network"),
    ],
)
def test_weights_that_cannot_be_tested_leave_the_accuracy_open_though_the_log_passes(
    submission, tmp_path, content, said
):
    _, network = submission
    folder = write(flat(Parts()), tmp_path / "logged")
    assert judged(folder, None)[0]["verdict"] == "pass"
    (tmp_path / "best.pt").write_bytes(content(network))
    found, _ = judged(folder, tmp_path / "best.pt")
    assert found["verdict"] == "unverifiable" and found["value"] == 86.52
    assert said in found["advice"] and "The log alone says 86.52 %." in found["advice"]


def test_where_the_grader_fails_at_the_weights_it_says_so(submission, tmp_path, monkeypatch):
    monkeypatch.setattr(audits, "check_weights", lambda *arguments: 1 / 0)
    found, entry = judged(write(flat(Parts()), tmp_path / "logged"), tmp_path / "best.pt")
    assert found["verdict"] == "unverifiable" and "the grader failed" in found["advice"]
    assert any("testing the weights" in warning for warning in entry["warnings"])
