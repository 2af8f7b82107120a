"""What an undecided condition chooses between is known as far as both branches agree."""

import pytest

from tests.grading.first_attempt import find
from tests.grading.layouts import IMPORTS, LOADERS, RUN, TIDY, build
from utils.grading.code_reader.training_code import reading


def names(tmp_path, code: str) -> dict:
    submission = build(
        tmp_path, {"n.ipynb": ["import torch\nfrom torch.utils.data import DataLoader\n" + code]}
    )
    return reading(submission, submission.notebooks[0]).names


CONDITION = "if torch.cuda.is_available():\n    "
BRANCHES = {
    "two dicts": (
        CONDITION + "d = dict(a=1, b=2, c=0)\nelse:\n    d = {'a': 1, 'b': 3}\n",
        {"a": 1},
        {"b", "c"},
    ),
    "an expression": (
        "d = {'a': 1, 'b': 2} if torch.cuda.is_available() else {'a': 1}\n",
        {"a": 1},
        {"b"},
    ),
    "two results": (
        "def f():\n    " + CONDITION.replace("\n", "\n    ") + "return {'a': 1, 'b': 2}\n"
        "    return {'a': 1}\nd = f()\n",
        {"a": 1},
        {"b"},
    ),
    "changed under a condition": ("d = {'a': 1}\n" + CONDITION + "d['b'] = 4\n", {"a": 1}, {"b"}),
    "changed alike in both": (
        "d = {}\n" + CONDITION + "d['a'] = 1\nelse:\n    d['a'] = 1\n    d['b'] = 2\n",
        {"a": 1},
        {"b"},
    ),
    "dicts in dicts": (
        CONDITION + "d = {'a': 1, 'b': {'x': 1}}\nelse:\n    d = {'a': 1, 'b': {'x': 2}}\n"
        "d = {'a': d['a'], 'b': d['b']['x']}\n",
        {"a": 1},
        {"b"},
    ),
    "objects of a class": (
        "class C:\n    def __init__(self, w):\n        self.a, self.b = 1, w\n"
        + CONDITION
        + "c = C(2)\nelse:\n    c = C(3)\nd = {'a': c.a, 'b': c.b}\n",
        {"a": 1},
        {"b"},
    ),
    "an object that is changed": (
        "class C:\n    a = 1\n" + CONDITION + "c = C()\n    c.b = 5\nelse:\n    c = C()\n"
        "    c.b = 6\nd = {'a': c.a, 'b': c.b}\n",
        {"a": 1},
        {"b"},
    ),
}


@pytest.mark.parametrize("kind", BRANCHES)
def test_what_two_branches_share_is_known(kind, tmp_path):
    code, known, unknown = BRANCHES[kind]
    found = names(tmp_path, code)["d"]
    assert {key: value for key, value in found.items() if key not in unknown} == known
    assert {type(found[key]).__name__ for key in unknown} == {"Unknown"}


def test_loaders_of_two_branches_share_their_images(tmp_path):
    made = names(
        tmp_path,
        "images = []\n" + CONDITION + "l = DataLoader(images, batch_size=512, num_workers=4)\n"
        "else:\n    l = DataLoader(images, batch_size=64)\n",
    )["l"]
    assert made.args == ([],) and {type(value).__name__ for value in made.kwargs.values()} == {
        "Unknown"
    }


@pytest.mark.parametrize(
    "code",
    ["Net(8)\nelse:\n    x = Net(16)\n", "torch.nn.ReLU(1)\nelse:\n    x = torch.nn.ReLU(0)\n"],
)
def test_a_network_is_no_mixture_of_two(code, tmp_path):
    network = "class Net(torch.nn.Module):\n    def __init__(self, n):\n        self.n = n\n"
    assert type(names(tmp_path, network + CONDITION + "x = " + code)["x"]).__name__ == "Unknown"


def test_an_option_that_a_condition_sets_is_no_argument_that_is_known(tmp_path):
    cell = (
        "from model import Net\noptions = {}\n"
        + CONDITION
        + "options['dropout'] = 0.3\nmodel = Net(**options)"
    )
    found = find(build(tmp_path, TIDY | {"S9.ipynb": [IMPORTS, LOADERS, cell, RUN]}))
    assert found.model is not None and not found.model.complete
