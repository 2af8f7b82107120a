"""The command line: what it trains, where it puts it, and what it says when it cannot."""

from dataclasses import replace

import pytest

from tests.small_run import assert_same_run
from utils import train
from utils.errors import UserError
from utils.train import main
from utils.training.choices import choose_epochs, default_run_name
from utils.training.recipes import RECIPES
from utils.training.run_record import load_run

SMALL = replace(RECIPES["assignment6_net1_grouped"], batch_size=32)


@pytest.fixture
def small(monkeypatch, tmp_path, few_digits):
    """A recipe and data that take seconds, in a results folder of their own."""
    monkeypatch.setenv("RESULTS_DIR", str(tmp_path))
    monkeypatch.setitem(RECIPES, "small", SMALL)
    monkeypatch.setattr(train, "load_data", lambda source: few_digits)
    return tmp_path / "small-2-epochs-digits"


@pytest.mark.parametrize(
    "asked, data, device, expected",
    [
        ("recipe", "cifar10", "cpu", 75),
        ("auto", "cifar10", "cuda", 75),
        ("auto", "cifar10", "cpu", 3),
        ("auto", "digits", "cpu", 20),
        ("7", "cifar10", "cpu", 7),
    ],
)
def test_epochs(asked, data, device, expected):
    assert choose_epochs(asked, RECIPES["era9"], data, device) == expected


@pytest.mark.parametrize("asked", ["0", "-3", "many", "2.5", ""])
def test_epochs_that_make_no_sense(asked):
    with pytest.raises(UserError, match="at least 1"):
        choose_epochs(asked, RECIPES["era9"], "cifar10", "cpu")


def test_a_shortened_recipe_gets_a_folder_of_its_own():
    assert default_run_name("era9", RECIPES["era9"]) == "era9"
    assert default_run_name("era9", replace(RECIPES["era9"], epochs=5)) == "era9-5-epochs"


def test_another_seed_gets_a_folder_of_its_own():
    assert default_run_name("aster", replace(RECIPES["aster"], seed=2)) == "aster-seed-2"
    assert (
        default_run_name("aster", replace(RECIPES["aster"], seed=0, epochs=5))
        == "aster-5-epochs-seed-0"
    )


def test_a_seed_is_kept_when_the_run_goes_on(small, capsys):
    command = ["small", "--epochs", "2", "--workers", "0"]
    assert main([*command, "--seed", "7", "--stop-after", "1"]) == 0
    folder = small.with_name("small-2-epochs-seed-7-digits")
    assert load_run(folder).recipe == replace(SMALL, epochs=2, seed=7) and not small.exists()
    named = [*command, "--run", "small-2-epochs-seed-7"]
    capsys.readouterr()
    for other in (
        [*named, "--seed", "8"],
        [*named, "--seed", "8", "--evaluate"],
        [*named, "--seed", str(SMALL.seed)],
    ):
        assert main(other) == 1
        said = capsys.readouterr().err
        assert "has the seed 7 and not" in said and said.count("\n") == 1
    assert main(named) == 0  # without the seed: that of the run
    assert len(load_run(folder).history) == 2 and load_run(folder).recipe.seed == 7
    assert main([*command, "--seed", "7", "--evaluate"]) == 0


def test_seeds_give_other_weights_and_the_recipes_own_changes_nothing(small):
    command = ["small", "--epochs", "1", "--workers", "0"]
    assert main(command) == 0
    own = small.with_name("small-1-epochs-digits")
    assert main([*command, "--seed", str(SMALL.seed), "--run", "again"]) == 0
    assert main([*command, "--seed", "0"]) == 0
    assert_same_run(own, small.with_name("again-digits"))
    with pytest.raises(AssertionError):
        assert_same_run(own, small.with_name("small-1-epochs-seed-0-digits"))


def test_train_stop_go_on_and_test_again(small, capsys):
    command = ["small", "--epochs", "2", "--workers", "0", "--precision", "fp32", "--device", "cpu"]
    assert main([*command, "--stop-after", "1", "--graphs", "compile"]) == 0
    said = capsys.readouterr().out
    assert "float32 throughout" in said and "not compiled: that is for CUDA" in said
    assert main(command) == 0
    record = load_run(small)
    assert len(record.history) == 2 and record.recipe == replace(SMALL, epochs=2)
    capsys.readouterr()
    assert main([*command, "--evaluate"]) == 0
    last = record.history[-1]
    said = capsys.readouterr().out
    assert (
        f"{last.test_correct}/{last.test_total} test images right ({last.test_accuracy:.2f}%)"
        in said
    )
    assert f"the record says {last.test_correct}/{last.test_total}." in said


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["era11"], "There is no recipe 'era11'"),
        (["small", "--evaluate"], "There is no trained run in"),
        (["small", "--epochs", "none"], "'none' epochs"),
        (["small", "--device", "warp"], "There is no device 'warp'"),
        (["small", "--workers", "-1"], "--workers -1"),
        (["small", "--run", "../elsewhere"], "cannot be the name of a run"),
        (["small", "--seed", "-2"], "cannot be -2"),
        (["small", "--stop-after", "0"], "cannot stop after 0 epochs"),
    ],
)
def test_mistakes_get_one_sentence(small, capsys, arguments, words):
    assert main(arguments) == 1
    said = capsys.readouterr().err
    assert words in said and said.count("\n") == 1


def test_stopping_by_hand_shows_no_traceback(small, capsys, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(train, "fit", interrupted)
    assert main(["small"]) == 130
    assert "goes on from there" in capsys.readouterr().err
