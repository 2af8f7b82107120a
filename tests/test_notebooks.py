"""The notebooks are thin, executed, render on GitHub, and start on any machine."""

import ast
import os
import re
import subprocess
import sys

import nbformat
import pytest

from utils import bootstrap
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
    assert len(first_cells) == 1 and first_cells.pop().startswith("REPOSITORY = ")


def test_the_first_cell_fetches_the_repository_where_it_is_absent(tmp_path):
    """As in Colab: an empty folder, a clone, and a second run that changes nothing."""
    copy = tmp_path / "origin"
    (copy / "utils").mkdir(parents=True)
    for file in ("__init__.py", "bootstrap.py"):
        (copy / "utils" / file).write_bytes((REPOSITORY / "utils" / file).read_bytes())
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "t"]):
        subprocess.run(["git", "-C", str(copy), *command], check=True)
    source = code_cells(PATHS[0].name)[0].source
    address = source.split('"')[1]
    forgotten = subprocess.run(
        [sys.executable, "-c", source], cwd=tmp_path, capture_output=True, text=True
    )
    assert forgotten.returncode and "put the owner of your copy" in forgotten.stderr
    cell = source.replace(address, copy.as_uri()) + "\nimport utils; print(utils.__file__)"
    empty = tmp_path / "content"
    empty.mkdir()
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", cell], cwd=empty, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip() == str(empty / "cifar10-under-200k" / "utils" / "__init__.py")


def test_only_what_is_missing_is_installed_and_never_torch(monkeypatch):
    installed = []
    monkeypatch.setattr(
        bootstrap.subprocess, "run", lambda command, check: installed.append(command)
    )
    bootstrap.install_missing()
    assert installed == []
    here = {
        "albumentations": "1.4.24",
        "jinja2": "3.1",
        "joblib": "1.4",
        "matplotlib": "3.9",
        "scikit-learn": "1.6",
        "tqdm": "4.67",
    }

    def version(name):
        if name not in here:
            raise bootstrap.metadata.PackageNotFoundError(name)
        return here[name]

    monkeypatch.setattr(bootstrap.metadata, "version", version)
    bootstrap.install_missing()
    assert installed == [
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "albumentations>=2.0.8,<2.1",
            "captum",
            "torchsummary",
        ]
    ]
    assert not {"torch", "torchvision"} & set(bootstrap.NEEDED)
    monkeypatch.setattr(bootstrap.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="PyTorch is not installed"):
        bootstrap.install_missing()


def test_what_the_code_requires_is_installed_where_only_the_notebook_is_opened():
    """Colab has NumPy with its PyTorch, and a Python that reads TOML."""
    first, _ = (REPOSITORY / "requirements.txt").read_text(encoding="utf-8").split("\n\n", 1)
    required = {
        re.match(r"[\w-]+", line)[0] for line in first.splitlines() if not line.startswith("#")
    }
    assert set(bootstrap.NEEDED) == required - {"torch", "torchvision", "numpy", "tomli"}
