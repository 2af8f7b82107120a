"""Programs as students hand them in: scripts without a guard, exports of notebooks, folders that are entered, branches."""

import pytest

from tests.grading.first_attempt import find
from tests.grading.layouts import (
    BUILD,
    DATA,
    IMPORTS,
    LOADERS,
    LOOPS,
    NETWORK,
    PIPELINE,
    RUN,
    TIDY,
    build,
)
from utils.grading.augmentation.audit import transforms_audit
from utils.grading.log.runs import submission_runs
from utils.grading.program.attempts import attempts
from utils.grading.program.modularity import modularity
from utils.grading.submission.contents import read_submission

TRAIN = RUN[0]
MODULES = {name: text for name, text in TIDY.items() if name.endswith(".py")}
SCRIPT = IMPORTS + LOADERS + BUILD + TRAIN


def judged(submission):
    """The first attempt: its program and network, whether it is modular, and whether a flip is among its transforms."""
    found = find(submission)
    return (
        found.program,
        str(found.model),
        modularity(submission, found).facts["modular"].value,
        transforms_audit(submission, found).facts["horizontal_flip"].value,
    )


@pytest.mark.parametrize(
    "name, text",
    [
        ("train.py", SCRIPT),
        ("run_it.py", f"def main():\n    pass\n{SCRIPT}"),
        ("src/go.py", f"import sys\nsys.path.append('..')\n{SCRIPT}"),
        ("train.py", f"{SCRIPT}\nif __name__ == '__main__':\n    print('done')\n"),
    ],
)
def test_a_script_needs_no_guard(name, text, tmp_path):
    assert judged(build(tmp_path, {**MODULES, name: text})) == (name, "model.py:Net()", True, True)


def test_what_is_imported_is_no_program(tmp_path):
    """The loops stand at the top of a module that the script imports."""
    files = {
        **MODULES,
        "setup_all.py": LOADERS + "\nprint('ready')\n",
        "main.py": "from setup_all import *\n" + SCRIPT,
    }
    submission = build(tmp_path, files)
    assert [one.name for one in attempts(submission, submission_runs(submission))] == ["main.py"]


def exported(*cells: str, between: str = "\n\n") -> str:
    return between.join(cells)


@pytest.mark.parametrize(
    "text",
    [
        exported("!pip install -q albumentations", "%matplotlib inline", SCRIPT),
        exported(
            "# Databricks notebook source",
            "# MAGIC %pip install albumentations",
            SCRIPT,
            between="\n\n# COMMAND ----------\n\n",
        ),
        exported(
            "#!/usr/bin/env python\n# coding: utf-8\n\n# In[1]:\n",
            "get_ipython().system('pip install albumentations')",
            "# In[2]:\n",
            "get_ipython().run_line_magic('matplotlib', 'inline')",
            SCRIPT,
        ),
    ],
    ids=["Colab", "Databricks", "nbconvert"],
)
def test_an_exported_notebook_is_a_script(text, tmp_path):
    found = judged(build(tmp_path, {**MODULES, "S9.py": text}))
    assert found == ("S9.py", "model.py:Net()", True, True)


@pytest.mark.parametrize(
    "command",
    [
        "!python kit/main.py",
        "# MAGIC %run kit/main.py",
        "get_ipython().system('python kit/main.py')",
    ],
)
def test_the_commands_of_an_export_are_followed(command, tmp_path):
    files = {f"kit/{name}": text for name, text in MODULES.items()}
    files |= {"kit/main.py": SCRIPT, "S9.py": f"print(1)\n{command}\n"}
    found = [one for one in attempts(build(tmp_path, files), []) if one.model]
    assert {str(one.model) for one in found} == {"kit/model.py:Net()"}


@pytest.mark.parametrize(
    "entered", ["%cd course/week 9/kit", "%cd /content/course/kit", "cd course/kit", "%cd kit"]
)
def test_a_folder_of_a_clone_is_the_one_that_is_here(entered, tmp_path):
    files = {f"kit/{name}": text for name, text in MODULES.items()} | {
        "kit/main.py": SCRIPT,
        "S9.ipynb": [
            "!git clone https://github.com/someone/course",
            entered,
            ("!python main.py", RUN[1]),
        ],
    }
    assert judged(build(tmp_path, files)) == ("S9.ipynb", "kit/model.py:Net()", True, True)


HALVES = NETWORK.partition("class Net(")


@pytest.mark.parametrize(
    "cells",
    [
        [f"%%writefile model.py\n{HALVES[0]}", f"%%writefile -a model.py\n{HALVES[1]}{HALVES[2]}"],
        [f"%%file model.py\n{HALVES[0]}", f"%%writefile --append model.py\n{HALVES[1]}{HALVES[2]}"],
        [f"%%writefile model.py\nold = 1\n{NETWORK}", f"%%writefile model.py\n{NETWORK}"],
    ],
)
def test_a_file_that_cells_write_is_read_as_it_became(cells, tmp_path):
    files = MODULES | {"model.py": None, "S9.ipynb": [*cells, IMPORTS, LOADERS, BUILD, RUN]}
    assert judged(build(tmp_path, files))[1] == "model.py:Net()"


def test_a_file_of_a_name_that_is_put_together_is_not_known(tmp_path):
    cells = ["name = 'model'", f"%%writefile {{name}}.py\n{NETWORK}", IMPORTS, LOADERS, BUILD, RUN]
    assert find(build(tmp_path, MODULES | {"model.py": None, "S9.ipynb": cells})).model is None


@pytest.mark.parametrize(
    "options",
    [
        "options = dict(batch_size=64) if torch.cuda.is_available() else dict(batch_size=16)",
        "options = {'batch_size': 64}\nif torch.cuda.is_available():\n    options = {'batch_size': 128, 'workers': 2}",
        "def choose():\n    if torch.cuda.is_available():\n        return {'batch_size': 64}\n    return {'batch_size': 8}\n"
        "options = choose()",
    ],
)
def test_what_only_the_device_decides_does_not_hide_the_transforms(options, tmp_path):
    loaders = LOADERS.replace(
        "get_loaders(train_transforms, test_transforms)",
        "get_loaders(train_transforms, test_transforms, **options)",
    )
    data = DATA.replace("batch_size=128)", "batch_size=128, workers=0)")
    files = {**MODULES, "data.py": data, "S9.ipynb": [IMPORTS + options, loaders, BUILD, RUN]}
    assert judged(build(tmp_path, files)) == ("S9.ipynb", "model.py:Net()", True, True)


def test_a_key_that_one_branch_has_is_not_known_to_be_there(tmp_path):
    cell = (
        "options = {}\nif torch.cuda.is_available():\n    options = {'norm': 'gn'}\n"
        "from model import Net\nmodel = Net('ln' if 'norm' in options else 'bn')"
    )
    found = find(build(tmp_path, TIDY | {"S9.ipynb": [IMPORTS, LOADERS, cell, RUN]}))
    assert not found.model.complete


# --- modular ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "script, modular",
    [
        (
            IMPORTS + LOADERS + BUILD + LOOPS + TRAIN.replace("from engine import train, test", ""),
            True,
        ),
        (IMPORTS + LOADERS + NETWORK + "\nmodel = Net()\n" + TRAIN, False),
        (
            IMPORTS
            + PIPELINE
            + LOADERS.replace("from transforms import train_transforms, test_transforms", "")
            + BUILD
            + TRAIN,
            False,
        ),
    ],
    ids=["its own loops", "its own network", "its own transforms"],
)
def test_a_script_may_hold_its_loops_but_not_its_network_or_transforms(script, modular, tmp_path):
    submission = build(tmp_path, {**MODULES, "train.py": script})
    fact = modularity(submission, find(submission)).facts["modular"]
    assert fact.value is modular and "notebook" not in fact.why


def test_a_notebook_that_cannot_be_read_is_unverifiable(tmp_path):
    build(tmp_path, MODULES)
    (tmp_path / "S9.ipynb").write_text('{"cells": [', encoding="utf-8")
    submission = read_submission(tmp_path)
    assert modularity(submission, find(submission)).facts["modular"].value is None
