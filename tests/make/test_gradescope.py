"""Gradescope's autograder: packed as Gradescope wants it, and run in a folder that plays /autograder."""

import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from tests.grading.submissions import Parts, flat, write
from utils.grading.rubrics.rubric import load_rubric
from utils.make.gradescope import main, write_autograder


@pytest.fixture(scope="module")
def packed(tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("packed") / "autograder.zip"
    assert main(["--rubric", "assignment6", "--output", str(file)]) == 0
    return file


@pytest.fixture
def autograder(packed, tmp_path) -> Path:
    """The folder that Gradescope makes of the zip, with a submission, before setup.sh has run."""
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(tmp_path / "source")
    (tmp_path / "results").mkdir()
    write(flat(Parts()), tmp_path / "submission")
    return tmp_path


def run_autograder(root: Path) -> dict:
    """What results.json holds after run_autograder, which must not say that it failed."""
    subprocess.run(
        ["bash", root / "source" / "run_autograder"],
        env=os.environ | {"AUTOGRADER": str(root)},
        cwd=root,
        check=True,
        timeout=300,
    )
    return json.loads((root / "results" / "results.json").read_text(encoding="utf-8"))


def test_the_zip_is_as_gradescope_wants_it(packed, tmp_path):
    with zipfile.ZipFile(packed) as archive:
        names = set(archive.namelist())
        modes = {one.filename: one.external_attr >> 16 & 0o111 for one in archive.infolist()}
        setup = archive.read("setup.sh").decode()
        needed = archive.read("requirements.txt").decode()
        assert archive.read("rubric.toml").decode() == load_rubric("assignment6").text
    assert {"setup.sh", "run_autograder", "utils/grading/__main__.py"} <= names
    assert all(modes[name] for name in ("setup.sh", "run_autograder"))
    assert not [name for name in names if "__pycache__" in name or name.startswith("tests")]
    torch = metadata.version("torch").partition("+")[0]
    assert f" torch=={torch} torchvision==" in setup and "{torch}" not in setup
    assert "download.pytorch.org/whl/cpu" in setup and "albumentations" in needed
    assert not [line for line in needed.splitlines() if line.startswith(("torch>", "jupyter"))]
    write_autograder(load_rubric("assignment6"), tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == packed.read_bytes()
    for script in ("setup.sh", "run_autograder"):
        assert subprocess.run(["bash", "-n", Path("gradescope", script)]).returncode == 0


def test_a_submission_is_graded(autograder):
    (autograder / "source" / ".venv").symlink_to(sys.prefix)
    page = run_autograder(autograder)
    passed = {test["name"] for test in page["tests"] if test["status"] == "passed"}
    assert page["score"] > 0 and {"parameters", "dilated"} & passed


def bare(source: Path) -> None:
    venv.create(source / ".venv", with_pip=False)


def broken(source: Path) -> None:
    bare(source)
    (source / "utils" / "grading" / "__main__.py").write_text("raise RuntimeError('boom')")


def dies(source: Path) -> None:
    bare(source)
    (source / "utils" / "errors.py").write_text("import os\nos.kill(os.getpid(), 9)\n")


@pytest.mark.parametrize(
    "breaks, said",
    [
        (bare, "numpy is not installed"),
        (broken, "did not finish"),
        (dies, "did not finish"),
        (lambda source: None, "did not finish"),
        (lambda source: shutil.rmtree(source / "utils"), "did not finish"),
    ],
    ids=["no library", "an error at once", "a kill", "no Python", "no grader"],
)
def test_results_hold_a_sentence_whatever_breaks(breaks, said, autograder):
    breaks(autograder / "source")
    page = run_autograder(autograder)
    assert page["score"] == 0 and page["tests"] == [] and said in page["output"]
    assert "says nothing about the submission" in page["output"]
