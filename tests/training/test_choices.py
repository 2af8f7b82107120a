"""Which run is meant: the rules that notebooks and the command line share, and what the notebooks' cells do with it."""

import os
import subprocess
import sys
import types
from dataclasses import replace

import pytest

from tests.small_run import OPTIONS, PRECISION, RECIPE
from utils.errors import UserError
from utils.paths import REPOSITORY
from utils.training import notebook_runs, run_record
from utils.training.choices import choose_epochs, require_run_name, resolve
from utils.training.fit import fit
from utils.training.history import parse_log
from utils.training.recipes import RECIPES
from utils.training.record_tables import whole_log
from utils.training.run_record import load_run, recorded_folder


@pytest.fixture
def small(monkeypatch, tmp_path, few_digits):
    """The recipe "small", the digits, and a results folder of their own."""
    for name in ("RECIPE", "RUN", "EPOCHS", "DATA_SOURCE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RESULTS_DIR", str(tmp_path))
    monkeypatch.setitem(RECIPES, "small", RECIPE)
    monkeypatch.setattr(notebook_runs, "load_data", lambda source: few_digits)
    return tmp_path


def chosen(data, *choices):
    return resolve("small", *choices, data, PRECISION)


def test_without_a_name_the_folder_says_what_differs(small, few_digits):
    names = {
        (None, None): "small-digits",
        (1, None): "small-1-epochs-digits",
        (1, 9): "small-1-epochs-seed-9-digits",
    }
    for (epochs, seed), name in names.items():
        choice = chosen(few_digits, None, epochs, seed)
        assert choice.folder == small / name and choice.record is None
        assert (choice.recipe.epochs, choice.recipe.seed) == (epochs or 3, seed or RECIPE.seed)


def test_under_a_name_what_is_not_said_is_that_of_the_run(small, few_digits):
    shorter = replace(RECIPE, epochs=1, seed=9)
    fit(shorter, few_digits, small / "mine-digits", PRECISION, **OPTIONS)
    choice = chosen(few_digits, "mine", None, None)
    assert (
        choice.recipe == shorter and choice.name == "mine" and "1 of them are there" in str(choice)
    )
    with pytest.raises(UserError, match="1 epoch and not 3.*one name means one training"):
        chosen(few_digits, "mine", 3, None)
    with pytest.raises(UserError, match="the seed 9 and not 4"):
        chosen(few_digits, "mine", None, 4)


@pytest.mark.parametrize("name", ["a", "My_run-2.1", "...a", "x" * 100])
def test_names_of_runs(name):
    assert require_run_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../a",
        "a/b",
        "a\\b",
        "/tmp",
        "my run",
        "ä",
        "a\n",
        "x" * 101,
        "search",
        7,
        ["a"],
    ],
)
def test_names_that_no_run_can_have(name):
    with pytest.raises(UserError, match="cannot be the name of a run"):
        require_run_name(name)


@pytest.mark.parametrize("asked", [0, -1, 2.5, True, "2.5", "", "٣", [3], 10**7])
def test_epochs_that_make_no_sense(asked):
    with pytest.raises(UserError, match="at least 1"):
        choose_epochs(asked, RECIPE, "digits", "cpu")


@pytest.mark.parametrize("seed", [-1, 1.5, True, "2"])
def test_seeds_that_make_no_sense(small, few_digits, seed):
    with pytest.raises(UserError, match="The seed cannot be"):
        chosen(few_digits, None, None, seed)


def test_a_notebook_trains_goes_on_and_prints_the_log_once(small, few_digits, capsys):
    first = chosen(few_digits, None, 2, None)
    fit(first.recipe, few_digits, first.folder, PRECISION, stop_after=1, **OPTIONS)
    record, printed = notebook_runs.train(notebook_runs.choose("small", None, 2, None))
    said = capsys.readouterr().out
    (live,) = parse_log(said)  # the progress bars go to the standard error
    assert printed and [epoch.of("test") for epoch in live] == [
        epoch.of("test") for epoch in record.history
    ]
    assert len(record.history) == 2
    assert "epoch 2/2, best" in said and "epoch 1/2" not in said
    assert "EPOCH" not in whole_log(record, printed)
    record, printed = notebook_runs.train(notebook_runs.choose("small", None, 2, None))
    assert not printed and "EPOCH" not in capsys.readouterr().out
    assert parse_log(whole_log(record, printed)) == [record.history]


def test_the_environment_decides_for_a_notebook(small, monkeypatch):
    for name, value in (("RECIPE", "small"), ("RUN", "other"), ("EPOCHS", "2")):
        monkeypatch.setenv(name, value)
    choice = notebook_runs.choose("aster", None, None, None)
    assert (choice.folder, choice.recipe.epochs) == (small / "other-digits", 2)


def test_any_run_is_opened_with_its_own_recipe_and_none_is_trained(small, few_digits):
    other = replace(RECIPE, epochs=1, lr=0.01)
    fit(other, few_digits, small / "theirs-digits", PRECISION, **OPTIONS)
    opened = notebook_runs.open_run("aster", "theirs-digits", None, None)
    assert opened.recipe == other and opened.record == load_run(small / "theirs-digits")
    for choices in (("aster", "absent", None, None), ("small", None, 2, None)):
        with pytest.raises(UserError, match="no trained run in .*theirs-digits"):
            notebook_runs.open_run(*choices)
    assert [folder.name for folder in small.iterdir()] == ["theirs-digits"]


def test_a_run_of_the_repository_is_found_where_there_is_none_of_ones_own(small):
    ours = REPOSITORY / "results" / "aster"
    assert recorded_folder("aster", "cifar10") == ours
    (small / "aster").mkdir()
    (small / "aster" / "config.json").write_text("{}")
    assert recorded_folder("aster", "cifar10") == small / "aster"


@pytest.fixture
def beside_the_code(small, few_digits, monkeypatch):
    """A run of one epoch of three in results/ of a repository that is not where RESULTS_DIR says."""
    for module in (notebook_runs, run_record):
        monkeypatch.setattr(module, "REPOSITORY", small / "code")
    folder = small / "code" / "results" / "small-digits"
    fit(RECIPE, few_digits, folder, PRECISION, stop_after=1, **OPTIONS)
    return folder


def test_a_run_that_is_not_finished_belongs_where_results_are_kept(
    small, beside_the_code, few_digits
):
    assert recorded_folder("small", "digits") == small / "small-digits"
    fit(RECIPE, few_digits, beside_the_code, PRECISION, **OPTIONS)
    assert recorded_folder("small", "digits") == beside_the_code


def test_a_run_that_was_begun_goes_on_on_the_drive(small, beside_the_code, few_digits, monkeypatch):
    drive = small / "drive"
    monkeypatch.setattr(notebook_runs, "DRIVE_RUNS", str(drive))
    monkeypatch.setattr(
        notebook_runs, "use_drive", lambda: monkeypatch.setenv("RESULTS_DIR", str(drive))
    )
    (drive / "small-digits.copying").mkdir(parents=True)  # of a session that died
    for _ in range(2):
        choice = notebook_runs.choose("small", None, None, None, drive=True)
        assert choice.folder == drive / "small-digits" and len(choice.record.history) == 1
    fit(choice.recipe, few_digits, choice.folder, PRECISION, **OPTIONS)
    assert len(load_run(choice.folder).history) == 3 and len(load_run(beside_the_code).history) == 1
    monkeypatch.setattr("utils.paths.REPOSITORY", small / "code")
    elsewhere = notebook_runs.choose("small", None, None, None)
    assert elsewhere.folder == beside_the_code and "RESULTS_DIR" not in os.environ


def test_in_colab_a_cpu_is_named_before_training(small, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    notebook_runs.train(notebook_runs.choose("small", None, 1, None))
    said = capsys.readouterr().out
    assert said.index("Runtime → Change runtime type") < said.index("EPOCH: 0")
    notebook_runs.train(notebook_runs.choose("small", None, 1, None))
    assert "Runtime" not in capsys.readouterr().out


def test_the_drive_is_for_colab(small):
    with pytest.raises(UserError, match="DRIVE = True works in Colab only"):
        notebook_runs.choose("small", None, None, None, drive=True)
    assert os.environ["RESULTS_DIR"] == str(small)


def ignored(path: str) -> bool:
    done = subprocess.run(["git", "-C", str(REPOSITORY), "check-ignore", "-q", path])
    if done.returncode > 1:
        pytest.skip("this is no git repository")
    return done.returncode == 0


def test_git_leaves_own_runs_alone_and_keeps_the_committed_ones():
    files = ("config.json", "history.csv", "train.log", "model.pt", "checkpoint.pt", ".lock")
    assert all(ignored(f"results/{run}/{file}") for run in ("my-run", "x-digits") for file in files)
    assert all(ignored(f"results/aster/{file}") for file in ("checkpoint.pt", "model.pt.tmp"))
    assert not any(ignored(f"results/aster/{file}") for file in files[:4])
    assert not ignored("results/logged/new.log") and not ignored("results/search/new/config.json")
