"""Programs in the shapes that they come in: scripts without a guard, exported notebooks, commands, written files."""

import time

import pytest

from tests.grading.first_attempt import find
from tests.grading.layouts import BUILD, IMPORTS, LOADERS, LOG, NETWORK, RUN, TIDY, build
from utils.grading.code_reader.programs import programs
from utils.grading.code_reader.training_code import script_readings
from utils.grading.submission.commands import Action, actions
from utils.grading.submission.exported_script import plain_python, script_code
from utils.grading.submission.notebook_code import written_files

PROGRAM = IMPORTS + LOADERS + BUILD + RUN[0]
INSIDE = (
    IMPORTS
    + "def main():\n"
    + "".join(f"    {line}\n" for line in (LOADERS + BUILD + RUN[0]).split("\n"))
    + "main()\n"
)
NO_NOTEBOOK = TIDY | {"S9.ipynb": None}


# --- scripts ----------------------------------------------------------------------------------------------------------

SCRIPTS = {
    "loops in a module": {"go.py": PROGRAM},
    "all in a function that is called": {"go.py": INSIDE},
    "imported by none, in a folder": {
        "work/go.py": PROGRAM.replace("from model", "from zoo.model"),
        "model.py": None,
        "work/zoo/model.py": NETWORK,
    },
    "beside scripts that do not train": {
        "go.py": PROGRAM,
        "plot.py": "import matplotlib.pyplot as plt\nplt.plot([1])\n",
        "check.py": "from model import Net\nprint(Net())\n",
    },
}


@pytest.mark.parametrize("kind", SCRIPTS)
def test_a_script_without_a_guard_is_a_program(kind, tmp_path):
    submission = build(tmp_path, NO_NOTEBOOK | SCRIPTS[kind])
    assert [reader.program.file for reader in script_readings(submission)] == [
        name for name in SCRIPTS[kind] if name.endswith("go.py")
    ]
    assert str(find(submission).model).endswith("model.py:Net()")


def test_what_another_file_imports_is_no_program_unless_it_asks_whether_it_was_started(tmp_path):
    files = {
        "a.py": "print(1)",
        "b/c.py": "print(1)",
        "d.py": "from b import c\nimport a\nprint(c)",
        "e.py": "def f(): a()",
        "g.py": "if __name__ == '__main__':\n    print(1)",
        "h.py": "import g, torch\nfrom . import k\ng.f()",
        "k.py": "print(1)",
        "i.ipynb": ["from m import *"],
        "m.py": "print(1)",
    }
    assert programs(build(tmp_path, files)) == ("d.py", "g.py", "h.py")


def test_many_files_cost_little(tmp_path):
    files = {
        f"part{number}.py": f"import part{number + 1}, missing{number}\nfrom torch import nn\nx = nn.ReLU()\n"
        for number in range(400)
    }
    submission = build(tmp_path, files)
    begun = time.process_time()
    assert programs(submission) == ("part0.py",)
    assert time.process_time() - begun < 5


# --- exported notebooks -----------------------------------------------------------------------------------------------

COLAB = "# -*- coding: utf-8 -*-\n!pip install torchsummary\n!git clone https://github.com/someone/nine\n%cd nine/week\n{}"
DATABRICKS = (
    "# Databricks notebook source\n# MAGIC %md\n# MAGIC # It's nine, not (\n\n# COMMAND ----------\n\n"
    "# MAGIC %pip install torchsummary\n\n# COMMAND ----------\n\n{}\n"
    "# COMMAND ----------\n# MAGIC %sh\n# MAGIC ls -l *.py && echo 'done'\n"
)
NBCONVERT = (
    "#!/usr/bin/env python\n# coding: utf-8\n\n# In[1]:\n\n\nget_ipython().system('pip install torchsummary')\n"
    "get_ipython().run_line_magic('matplotlib', 'inline')\nget_ipython().run_line_magic('cd', 'week')\n\n"
    "# In[2]:\n{}"
)
TIMED = "get_ipython().run_cell_magic('time', '', {!r})\n"
EXPORTS = {
    "Colab": COLAB.format(PROGRAM),
    "Databricks": DATABRICKS.format(PROGRAM),
    "nbconvert": NBCONVERT.format(PROGRAM),
    "nbconvert, a timed cell": NBCONVERT.format(IMPORTS + LOADERS + BUILD + TIMED.format(RUN[0])),
    "Databricks, a module that is run": DATABRICKS.format(
        "# MAGIC %run ./model\n\n# COMMAND ----------\n"
        + PROGRAM.replace("from model import Net", "")
    ),
}


@pytest.mark.parametrize("kind", EXPORTS)
def test_an_exported_notebook_is_read_with_its_commands(kind, tmp_path):
    submission = build(tmp_path, NO_NOTEBOOK | {"exported.py": EXPORTS[kind]})
    (reader,) = script_readings(submission)
    assert reader.program.file == "exported.py" and not reader.problems
    assert str(find(submission).model) == "model.py:Net()"


@pytest.mark.parametrize("kind", ["Colab", "Databricks", "nbconvert"])
def test_lines_of_an_exported_notebook_are_those_of_the_file(kind):
    text = EXPORTS[kind]
    line = text[: text.index("optimizer = optim")].count("\n") + 1
    assert line in [statement.lineno for code in script_code(text) for statement in code.statements]
    plain = plain_python(text).split("\n")
    assert len(plain) == text.count("\n") + 1 and plain[line - 1].startswith("optimizer = optim")


# --- commands ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, found",
    [
        ("!python main.py", [Action("start", "main.py")]),
        (
            "!cd a/b && CUDA_VISIBLE_DEVICES=0 python3 -u main.py --lr 0.1 | tee x.log",
            [Action("enter", "a/b"), Action("start", "main.py", "--lr 0.1")],
        ),
        ("%run -i 'my file.py' --n 3", [Action("run", "my file.py", "--n 3")]),
        (
            "!git clone --depth 1 -b main https://x.org/a/nine.git; cd nine",
            [Action("clone", "nine"), Action("enter", "nine")],
        ),
        ("! git clone https://x.org/a/nine here", [Action("clone", "here")]),
        ("!python -m kit.main --n 3", [Action("module", "kit.main", "--n 3")]),
        ("!{sys.executable} main.py", [Action("start", "main.py")]),
        ("!torchrun --nproc_per_node 1 main.py", [Action("start", "main.py")]),
        ("%cd -q /content/nine", [Action("enter", "/content/nine")]),
        ("!python -c 'import main.py'", []),
        ("!pip install torch", []),
        ("!echo 'it", []),
        ("!cat main.py && ls *.py", []),
        ("!python main.py --help; python main.py -h", []),
        ("%load main.py", []),
        ("!bash run.sh", [Action("script", "run.sh")]),
        ("!./run.sh fast", [Action("script", "./run.sh", "fast")]),
        ("!cat run.sh; rm run.sh", []),
        ("!make train", [Action("script", "make", "train")]),
        ("!python train.py" + " a" * 5_000, [Action("start", "train.py", "a " * 2_492 + "'$'")]),
        ("%cd", []),
        ("!", []),
    ],
)
def test_actions(text, found):
    assert actions(text) == found


# Where the submission has the files, the cells before the training, and how it is started.
STARTED = {
    "in a folder of the clone that was given": (
        "kit/",
        ["!git clone https://x.org/someone/course", "%cd course/week/kit"],
        "!python go.py",
    ),
    "the given folder is the innermost": (
        "",
        ["!git clone https://x.org/someone/course\n%cd /content/course/week/kit"],
        "!python3 go.py --epochs 3",
    ),
    "in one line": (
        "kit/",
        ["!git clone https://x.org/someone/course"],
        "!cd course/week/kit && python go.py",
    ),
    "by its path": (
        "kit/",
        ["!git clone https://x.org/someone/course"],
        "!python course/week/kit/go.py",
    ),
    "as a module": ("kit/", ["import os\nos.chdir('kit')"], "!python -m go"),
    "from the folder above and back": ("kit/", ["%cd kit\n%cd .."], "!python kit/go.py"),
    "by %run": ("kit/", ["%cd kit"], "%run go.py"),
}


@pytest.mark.parametrize("way", STARTED)
def test_the_script_that_a_notebook_starts_is_the_program(way, tmp_path):
    folder, before, start = STARTED[way]
    files = {name: None for name in TIDY} | {
        f"{folder}{name}": text for name, text in NO_NOTEBOOK.items()
    }
    files |= {
        f"{folder}go.py": PROGRAM,
        "old/model.py": NETWORK.replace("Layer(8, 10)", "Layer(8, 20)"),
        "S9.ipynb": [*before, (start, LOG), NETWORK + "print(Net('gn'))"],
    }
    found = find(build(tmp_path, files))
    assert str(found.model) == f"{folder}model.py:Net()", found.why
    assert not found.warnings


def test_a_script_that_starts_itself_ends(tmp_path):
    submission = build(tmp_path, NO_NOTEBOOK | {"go.py": "!python go.py\n" + PROGRAM})
    assert str(find(submission).model) == "model.py:Net()"


def test_commands_and_statements_are_read_in_their_order(tmp_path):
    other = NETWORK.replace("Layer(8, 10)", "Layer(8, 20)")
    cell = (
        "from model import Net\nmodel = Net()\n%cd other\n"
        + "import sys\nfrom model2 import Other\n"
        + RUN[0]
    )
    submission = build(
        tmp_path,
        TIDY
        | {
            "other/model.py": other,
            "other/model2.py": "Other = 1",
            "S9.ipynb": [IMPORTS, LOADERS, cell],
        },
    )
    assert str(find(submission).model) == "model.py:Net()"


# --- a folder beside the one that was given ---------------------------------------------------------------------------

BESIDE = {
    "a path": ["import sys\nsys.path.append('../common')", IMPORTS, LOADERS, BUILD, RUN],
    "the folder above": [
        "%cd ..",
        IMPORTS,
        LOADERS,
        BUILD.replace("from model", "from common.model"),
        RUN,
    ],
    "relatively": [IMPORTS, LOADERS, "from net import Net\nmodel = Net()", RUN],
}


@pytest.mark.parametrize("kind", BESIDE)
def test_code_in_a_folder_beside_the_given_one_is_named(kind, tmp_path):
    files = {
        "model.py": None,
        "net.py": "from ..common.model import Net\n",
        "S9.ipynb": BESIDE[kind],
    }
    found = find(build(tmp_path, TIDY | files))
    assert found.model is None
    assert "beside" in found.why and "give the folder above" in found.why


def test_a_folder_that_was_entered_and_left_is_no_folder_beside(tmp_path):
    cells = ["%cd kit", "%cd ..", IMPORTS, LOADERS, BUILD, RUN]
    found = find(build(tmp_path, TIDY | {"model.py": None, "kit/x.py": "", "S9.ipynb": cells}))
    assert (
        found.model is None
        and "beside" not in found.why
        and "is not in the submission" in found.why
    )


# --- files that cells write -------------------------------------------------------------------------------------------

FIRST, REST = NETWORK.split("class Net(")
WRITTEN = {
    "in two parts": [
        "%%writefile model.py\n" + FIRST,
        "%%writefile -a model.py\nclass Net(" + REST,
    ],
    "by another name": ["%%file model.py\n" + NETWORK],
    "the option behind the name": [
        "%%writefile model.py\n" + FIRST,
        "%%writefile model.py --append\nclass Net(" + REST,
    ],
    "twice, of which the last holds": [
        "%%writefile model.py\nclass Net: pass",
        "%%writefile ./model.py\n" + NETWORK,
    ],
    "with Colab's path": ["%%writefile /content/model.py\n" + NETWORK],
}


@pytest.mark.parametrize("kind", WRITTEN)
def test_a_file_that_cells_write(kind, tmp_path):
    submission = build(
        tmp_path,
        TIDY | {"model.py": None, "S9.ipynb": [*WRITTEN[kind], IMPORTS, LOADERS, BUILD, RUN]},
    )
    assert str(find(submission).model) == "model.py:Net()"
    assert (
        "class Layer" in written_files(submission)["model.py"]
        and "class Net(nn" in written_files(submission)["model.py"]
    )


@pytest.mark.parametrize("folder", ["/", "//", "/home/me/work/", "../"])
def test_a_file_that_a_cell_writes_outside_of_the_submission_does_no_harm(folder, tmp_path):
    cells = [f"%%writefile {folder}other.py\nx = 1", IMPORTS, LOADERS, BUILD, RUN]
    assert str(find(build(tmp_path, TIDY | {"S9.ipynb": cells})).model) == "model.py:Net()"


@pytest.mark.parametrize("name", ["$name", "{folder}/model.py", ""])
def test_a_file_whose_name_is_not_known_is_not_taken_for_one(name, tmp_path):
    cells = [f"%%writefile {name}\n" + NETWORK, IMPORTS, LOADERS, BUILD, RUN]
    submission = build(tmp_path, TIDY | {"model.py": None, "S9.ipynb": cells})
    assert written_files(submission) == {}
    assert find(submission).model is None and any(
        "is not known" in warning for warning in find(submission).warnings
    )
