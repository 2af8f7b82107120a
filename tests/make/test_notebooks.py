"""`make notebooks` executes every notebook on CIFAR-10 and records its time, or nothing when one fails."""

import os
from types import SimpleNamespace

import pytest

from utils.documents.notebook_table import NOTEBOOKS
from utils.make import notebooks as make_notebooks
from utils.tables import read_csv


@pytest.fixture
def calls(monkeypatch, tmp_path):
    """What would be executed; fails for the notebook that is named in `failing`."""
    made = SimpleNamespace(names=[], environments=[], failing="none")

    def execute(notebook, to, options, environment):
        assert to == "notebook" and "--inplace" in options
        made.names.append(notebook.name)
        made.environments.append(environment)
        return made.failing not in notebook.name

    monkeypatch.setattr(make_notebooks, "execute", execute)
    monkeypatch.setattr(make_notebooks, "SECONDS", tmp_path / "seconds.csv")
    return made


def test_all_are_executed_as_a_reader_would(calls, monkeypatch):
    for name in make_notebooks.UNSET:
        monkeypatch.setitem(os.environ, name, "1")
    assert make_notebooks.main([]) == 0
    assert calls.names == [f"{name}.ipynb" for name in NOTEBOOKS]
    for environment in calls.environments:
        assert environment["DATA_SOURCE"] == "cifar10" and "PATH" in environment
        assert not set(make_notebooks.UNSET) & set(environment)
    rows = read_csv(make_notebooks.SECONDS.read_text())
    assert [row["notebook"] for row in rows] == [f"{name}.ipynb" for name in NOTEBOOKS]
    assert all(float(row["seconds"]) >= 0 and row["device"] for row in rows)


def test_nothing_is_recorded_when_one_fails(calls):
    calls.failing = "04_"
    assert make_notebooks.main([]) == 1 and not make_notebooks.SECONDS.exists()
    assert len(calls.names) == 4
