"""The twin of a run is found, or trained when that is asked for, and never unasked."""

from dataclasses import replace

import pytest

from tests.small_run import OPTIONS, PRECISION, RECIPE
from utils.analysis.twin import twin_of
from utils.data.images import hold_out
from utils.errors import UserError
from utils.training.choices import Choice
from utils.training.fit import fit
from utils.training.run_record import load_run


@pytest.fixture
def run(monkeypatch, tmp_path, few_digits):
    monkeypatch.setenv("RESULTS_DIR", str(tmp_path))
    return Choice(RECIPE, few_digits, tmp_path / "mine-digits", PRECISION, None)


def test_without_a_twin_nothing_is_trained(run, tmp_path, capsys):
    assert twin_of(run, None) is None and not list(tmp_path.iterdir())
    assert "set TWIN_EPOCHS, for example to 1" in capsys.readouterr().out


def test_a_twin_is_trained_without_the_held_out_images_and_found_again(run, tmp_path):
    twin = twin_of(run, 1)
    assert twin.folder == tmp_path / "mine-twin-digits-holdout"
    assert twin.recipe == replace(RECIPE, epochs=1)
    assert (twin.history[0].train_total, twin.history[0].test_total) == (63, 7)  # of 70
    assert twin_of(run, None) == load_run(twin.folder)
    with pytest.raises(UserError, match="at least 1"):
        twin_of(run, 0)


def test_the_twin_of_another_recipe_is_refused(run, tmp_path, few_digits):
    other = replace(RECIPE, epochs=1, lr=0.01)
    folder = tmp_path / "mine-twin-digits-holdout"
    fit(other, hold_out(few_digits), folder, PRECISION, **OPTIONS)
    with pytest.raises(UserError, match="another recipe"):
        twin_of(run, None)
