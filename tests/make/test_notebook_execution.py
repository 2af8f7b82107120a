"""A notebook that cannot be executed says why, and not through which programs it was executed."""

import os

import nbformat
import pytest

from utils.make.notebook_execution import execute, why
from utils.paths import REPOSITORY

TROUBLES = {
    "user": (
        'from utils.errors import UserError\nprint("so far")\nraise UserError("Say less: it is too long.")',
        ["Say less: it is too long."],
    ),
    "fault": ("def half(x):\n    return x / 0\nhalf(1)", ["ZeroDivisionError", "division by zero"]),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_only_what_the_cell_said(trouble, tmp_path, capfd):
    source, expected = TROUBLES[trouble]
    notebook = tmp_path / "one.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)]), notebook)
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    assert not execute(notebook, "notebook", ("--inplace",), environment)
    said = capfd.readouterr().err
    assert said.startswith("\none.ipynb could not be executed: ") and "nbclient" not in said
    assert all(part in said for part in expected)
    if trouble == "user":
        assert "Traceback" not in said and len(said.strip().splitlines()) <= 3


def test_other_troubles_are_told_whole():
    assert why("jupyter: no kernel of that name\n") == "jupyter: no kernel of that name"
