"""What the tests of taught runs share: a teacher, and a student that nothing interrupted."""

import shutil

import pytest

from tests.small_run import OPTIONS, PRECISION, TAUGHT
from utils.training.fit import fit


@pytest.fixture
def places(tmp_path, monkeypatch, undisturbed):
    """Results and soft labels in a folder of their own, with the finished run "teacher"."""
    monkeypatch.setenv("RESULTS_DIR", str(tmp_path))
    monkeypatch.setenv("SOFT_LABELS", str(tmp_path / "soft"))
    shutil.copytree(undisturbed, tmp_path / "teacher-digits")
    return tmp_path


@pytest.fixture(scope="session")
def taught_online(tmp_path_factory, undisturbed, few_digits):
    """The folder of a taught run that nothing interrupted, its teacher in the loop; tests only read it."""
    place = tmp_path_factory.mktemp("taught")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESULTS_DIR", str(place))
        patch.setenv("SOFT_LABELS", str(place / "soft"))
        shutil.copytree(undisturbed, place / "teacher-digits")
        return fit(TAUGHT, few_digits, place / "student", PRECISION, **OPTIONS).folder
