"""The training notebook and the network are found in the layouts that students use."""

import pytest

from tests.grading.first_attempt import find
from tests.grading.layouts import BUILD, IMPORTS, LOADERS, LOOPS, NETWORK, RUN, TIDY, build
from tests.grading.program.building_layouts import BUILT
from tests.grading.program.finding_layouts import IMPORTED, WITH_ARGUMENT
from utils.errors import UserError
from utils.grading.log.runs import submission_runs
from utils.grading.program.attempts import attempts

LAYOUTS = IMPORTED | BUILT


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layout(layout, tmp_path):
    files, notebook, network, roots = LAYOUTS[layout]
    found = find(build(tmp_path, TIDY | files))
    assert found.training_notebook == notebook
    assert str(found.model) == network, found.why
    assert found.model.import_roots == roots
    assert found.model.complete


MISSING = {
    "the model file is missing": ({"model.py": None}, "not in the submission"),
    "the model file has a syntax error": ({"model.py": "class Net(:\n    pass\n"}, "line 1"),
    "the class is not in the file": ({"model.py": "x = 1\n"}, "does not define Net"),
    "a library's network is trained": (
        {
            "S9.ipynb": [
                IMPORTS,
                LOADERS,
                "import torchvision\nmodel = torchvision.models.resnet18()",
                RUN,
            ]
        },
        "torchvision.models.resnet18",
    ),
    "another than the summarised network is trained": (
        {
            "S9.ipynb": [
                IMPORTS,
                LOADERS,
                "from model import Net\nsummary(Net(), (3, 32, 32))\nmodel = torch.load('m.pt')",
                RUN,
            ]
        },
        "torch.load",
    ),
    "a condition decides": (
        {
            "S9.ipynb": [
                IMPORTS,
                LOADERS,
                "from model import Net, Layer\nmodel = Net() if input() else Layer(3, 10)",
                RUN,
            ]
        },
        "depends",
    ),
    "there is no network at all": (
        {name: None for name in TIDY} | {"README.md": "best: 86 %"},
        "could be read",
    ),
}


@pytest.mark.parametrize("layout", MISSING)
def test_what_cannot_be_found_is_said(layout, tmp_path):
    files, said = MISSING[layout]
    found = find(build(tmp_path, TIDY | files))
    assert found.model is None
    assert said in found.why


def test_a_network_that_a_library_wraps_is_found(tmp_path):
    cell = "from model import Net\nmodel = nn.SyncBatchNorm.convert_sync_batchnorm(Net('gn'))"
    assert (
        str(find(build(tmp_path, TIDY | {"S9.ipynb": [IMPORTS, LOADERS, cell, RUN]})).model)
        == "model.py:Net('gn')"
    )


def test_a_block_in_a_file_of_its_own_is_no_network(tmp_path):
    block, network = NETWORK.split("class Net(")
    head = "import torch.nn as nn\nfrom blocks import Layer\n\n"
    files = {"blocks.py": block, "model.py": f"{head}class Net({network}"}
    assert str(find(build(tmp_path, files)).model) == "model.py:Net()"


def test_a_syntax_error_behind_the_class_leaves_the_class(tmp_path):
    found = find(build(tmp_path, TIDY | {"model.py": NETWORK + "\nprint 'done'\n"}))
    assert str(found.model) == "model.py:Net()"
    assert any("model.py" in warning and "line" in warning for warning in found.warnings)


def test_a_layer_that_is_replaced_afterwards_is_reported(tmp_path):
    cell = "from model import Net\nmodel = Net()\nmodel.name = 'nine'\nmodel.body = nn.Conv2d(3, 10, 3)"
    found = find(build(tmp_path, TIDY | {"S9.ipynb": [IMPORTS, LOADERS, cell, RUN]}))
    assert not found.model.complete
    assert "cell 2" in found.model.why
    benign = "from model import Net\nmodel = Net()\nmodel.name = 'nine'"
    assert find(
        build(tmp_path / "b", TIDY | {"S9.ipynb": [IMPORTS, LOADERS, benign, RUN]})
    ).model.complete


def test_an_argument_that_is_no_literal_is_reported(tmp_path):
    cell = "from model import Net\nmodel = Net(dropout=torch.rand(1).item())"
    found = find(build(tmp_path, TIDY | {"S9.ipynb": [IMPORTS, LOADERS, cell, RUN]}))
    assert not found.model.complete
    assert found.model.kwargs == {"dropout": None}
    assert any("argument" in warning for warning in found.warnings)


def test_the_choice_can_be_overridden(tmp_path):
    submission = build(tmp_path, TIDY | {"old.ipynb": [IMPORTS, LOADERS, WITH_ARGUMENT, RUN[0]]})
    assert str(find(submission, model="model.py:Layer").model) == "model.py:Layer()"
    found = find(submission, notebook="old.ipynb")
    assert (found.training_notebook, str(found.model)) == (
        "old.ipynb",
        "model.py:Net(norm='gn', dropout=0.1)",
    )


def test_a_function_that_builds_the_network_can_be_named(tmp_path):
    module = NETWORK + "\nWIDTH = 3\n\ndef build(width=8):\n    return Net()\n"
    submission = build(tmp_path, TIDY | {"model.py": module})
    model = find(submission, model="model.py:build").model
    assert (str(model), model.factory, model.complete) == ("model.py:build()", "build", True)
    assert model.place.line == module[: module.index("def build")].count("\n") + 1
    model = find(submission, model="model.py:Layer").model
    assert (str(model), model.factory) == ("model.py:Layer()", None)
    with pytest.raises(UserError, match="WIDTH"):
        find(submission, model="model.py:WIDTH")


@pytest.mark.parametrize(
    ("model", "notebook", "said"),
    [
        ("model.py:Nothing", None, "Nothing"),
        ("absent.py:Net", None, "absent.py"),
        ("Net", None, "file.py:Class"),
        (None, "absent.ipynb", "S9.ipynb"),
    ],
)
def test_an_override_that_names_nothing_is_an_error(model, notebook, said, tmp_path):
    with pytest.raises(UserError, match=said):
        find(build(tmp_path, TIDY), model, notebook)


def test_the_choice_is_explained(tmp_path):
    files = {
        "S9_old.ipynb": [IMPORTS, LOADERS, WITH_ARGUMENT, RUN[0]],
        "S9.ipynb": [
            IMPORTS,
            LOADERS,
            "from model import Net\nsummary(Net('draft'), (3, 32, 32))",
            BUILD,
            RUN,
        ],
    }
    submission = build(tmp_path, TIDY | files)
    found, old = attempts(submission, submission_runs(submission))
    assert (old.name, found.name) == ("S9_old.ipynb", "S9.ipynb")
    assert "optimised" in found.why


def test_nothing_is_executed(tmp_path):
    bomb = (
        f"open({str(tmp_path / 'ran')!r}, 'w').write('x')\nimport os\nos.system('touch {tmp_path / 'ran'}')\n"
        + NETWORK
    )
    find(
        build(tmp_path, TIDY | {"model.py": bomb, "S9.ipynb": [bomb, IMPORTS, LOADERS, BUILD, RUN]})
    )
    assert not (tmp_path / "ran").exists()


HARD_TO_READ = {
    "endless recursion": "def f(x):\n    return f(x)\nf(1)\n",
    "mutual recursion": "def f(x):\n    return g(x)\ndef g(x):\n    return f(x) + g(x)\nf(1)\n",
    "deep nesting": "x = "
    + "(" * 150
    + "1"
    + ")" * 150
    + "\ny = "
    + "-" * 3000
    + "1\nz = "
    + "+".join(["1"] * 5000)
    + "\n",
    "large numbers": "x = 10 ** 10 ** 10\ny = 'a' * 10 ** 12\nz = [0] * 10 ** 12\nw = 9 ** 999999999\nv = 1 << 10 ** 9\n",
    "large loops": "x = [i for i in range(10 ** 12)]\nfor i in range(10 ** 12):\n    x = i\n"
    "y = [a for a in range(1000) for b in range(1000) for c in range(1000)]\n",
    "doubling": "x = [1]\n" + "x = x + x\n" * 100 + "y = 'ab'\n" + "y = y * 2\n" * 100,
    "a list in itself": "x = []\nx.append(x)\nprint(x)\nmodel_list = tuple(x)\ny = x == x\nf = {}\nf['f'] = f\n",
    "a list of two of itself, fifty times": "x = [1]\n"
    + "x = [x, x]\n" * 50
    + "y = x == [x, x]\nprint(tuple(x), *x)\n"
    "class P:\n    pass\np = P()\np.x = x\nimport numpy as np\nnp.array(x)\n",
    "texts that grow": "x = 'a' * 9999\n"
    + "x = x.replace('a', 'aaaa')\n" * 30
    + "y = ','.join(['a' * 9999] * 9999)\n",
    "much work": "def f(n):\n"
    + "    x = [a for a in range(900)]\n" * 400
    + "for i in [1, 2, 3, 4, 5, 6, 7, 8, 9]:\n    f(i)\n" * 3,
    "circular imports": "import model\nfrom engine import *\nfrom S9 import nothing\n",
    "odd assignments": "(a, *b), c = [[1, 2], 3]\na[0] = 1\nNone_ = None\nNone_.x = 1\nlambda: (yield)\n",
}


@pytest.mark.parametrize("kind", HARD_TO_READ)
def test_hard_code_costs_neither_a_crash_nor_much_time(kind, tmp_path):
    code = HARD_TO_READ[kind]
    found = find(
        build(
            tmp_path,
            TIDY | {"engine.py": code + LOOPS, "S9.ipynb": [code, IMPORTS, LOADERS, BUILD, RUN]},
        )
    )
    assert str(found.model) == "model.py:Net()"
