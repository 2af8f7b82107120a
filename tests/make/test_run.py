"""`make run`: which notebook is executed on what, what is printed meanwhile, and the last block."""

import os
import sys

import pytest

from tests.small_run import OPTIONS, PRECISION, RECIPE
from utils.make import run as make_run
from utils.paths import REPOSITORY
from utils.training.fit import fit
from utils.training.run_record import load_run


@pytest.fixture
def executed(monkeypatch, tmp_path, few_digits):
    """Trains a small run in the place of the recipe, executes nothing, and keeps what would be executed."""
    commands = {}

    def execute(notebook, to, options, environment):
        assert to == "html"
        commands[notebook.name[:2]] = environment
        return True

    folder = tmp_path / "aster-3-epochs-digits"
    fit(RECIPE, few_digits, folder, PRECISION, **OPTIONS)
    for name in ("RECIPE", "RUN", "EPOCHS", "DATA_SOURCE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RESULTS_DIR", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["make_run", "aster", "--epochs", "3"])
    monkeypatch.setattr(make_run, "attempt", lambda arguments: (0, load_run(folder)))
    monkeypatch.setattr(make_run, "execute", execute)
    return commands


def test_the_run_is_shown_where_it_belongs(executed, capsys):
    assert make_run.main() == 0
    asked = ("DATA_SOURCE", "RECIPE", "RUN", "EPOCHS")
    given = {
        number: tuple(environment.get(name) for name in asked)
        for number, environment in executed.items()
    }
    for number in ("03", "05"):
        assert given[number] == ("digits", "aster", "aster-3-epochs", "3")
    assert given["07"] == ("digits", None, None, "3")
    assert sorted(given) == ["01", "02", "03", "04", "05", "06", "07"]
    said = capsys.readouterr().out
    assert said.startswith("1. Training aster") and "2. Executing 7 notebooks" in said
    last = said[said.index("3. Done.") :]
    assert "Not CIFAR-10" in last and "build/03_training.html" in last and "your run" in last


def test_on_the_digits_no_second_network_is_trained_for_long(executed, monkeypatch):
    record = make_run.attempt(None)[1]
    record.config["recipe"]["epochs"] = 20
    monkeypatch.setattr(make_run, "attempt", lambda arguments: (0, record))
    assert make_run.main() == 0
    assert (executed["03"]["EPOCHS"], executed["07"]["EPOCHS"]) == ("20", "3")


def test_on_cifar10_the_assignment_shows_its_stored_run(executed, monkeypatch):
    """Also where make exports what its command line sets."""
    record = make_run.attempt(None)[1]
    record.config["data"] = "cifar10"
    monkeypatch.setattr(make_run, "attempt", lambda arguments: (0, record))
    for name, value in {"RECIPE": "aster", "EPOCHS": "3", "RUN": "mine"}.items():
        monkeypatch.setenv(name, value)
    assert make_run.main() == 0
    assert not {"RECIPE", "EPOCHS", "RUN"} & set(executed["07"])
    assert executed["03"]["EPOCHS"] == "3"


@pytest.mark.parametrize(("said", "asked"), [("digits", "digits"), (None, "auto")])
def test_what_is_asked_for_is_trained_as_a_trial(executed, monkeypatch, said, asked):
    """Not in results/, where the committed runs are; what training returns is the exit status where it fails."""
    monkeypatch.delenv("RESULTS_DIR")
    if said:
        monkeypatch.setenv("DATA_SOURCE", said)
    wanted = []
    monkeypatch.setattr(make_run, "attempt", lambda one: (wanted.append(one), (7, None))[1])
    assert make_run.main() == 7 and not executed
    assert (wanted[0].recipe, wanted[0].epochs, wanted[0].data) == ("aster", "3", asked)
    assert os.environ["RESULTS_DIR"] == str(REPOSITORY / "build" / "runs")


def test_a_notebook_that_fails_ends_the_job(executed, monkeypatch, capsys):
    monkeypatch.setattr(make_run, "execute", lambda notebook, *rest: "02" not in notebook.name)
    assert make_run.main() == 1
    assert "Done" not in capsys.readouterr().out
