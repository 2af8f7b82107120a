"""The one network that is defined where no code is seen to build it: only with arguments that are sure."""

import pytest

from tests.grading.first_attempt import find
from tests.grading.layouts import LOADERS, build

NET = """
from torch import nn

class Net(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(3, width, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())

    def forward(self, x):
        return self.layers(x)
"""
# A program that some library starts: what it does is not seen.
STARTED = "import ghost\n@ghost.task\ndef train():\n    model = {}\n    fit(model)\n"


def network(folder, files):
    return find(build(folder, {"net.py": NET, "data.py": LOADERS, "README.md": "# Net", **files}))


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"test_net.py": "from net import Net\ndef test_it():\n    assert Net()\n"},
        {
            "net.py": NET.replace(", width=8", "").replace("width", "8"),
            "a.py": "T = {'net': Net}\n",
        },
    ],
)
def test_its_defaults_hold_where_nothing_else_is_done_with_it(files, tmp_path):
    found = network(tmp_path, files)
    assert str(found.model) == "net.py:Net()" and found.model.complete


@pytest.mark.parametrize(
    "files",
    [
        {"train.py": "from net import Net\n" + STARTED.format("Net(width=64)")},
        {
            "net.py": NET + "MODELS = {'tiny': Net}\n",
            "train.py": STARTED.format("MODELS['tiny'](64)"),
        },
        {"train.py": "import net\n" + STARTED.format("getattr(net, 'Net')(64)")},
        {"train.py": "import net, sys\n" + STARTED.format("getattr(net, sys.argv[1])(64)")},
        {"train.py": "from net import *\n" + STARTED.format("globals()[input()](64)")},
        {"train.py": "from net import Net\n" + STARTED.format("partial(Net, width=64)()")},
        {"net.py": "import zoo\n" + NET.replace("class Net", "@zoo.register\nclass Net")},
        {"model.yaml": "_target_: net.Net\nwidth: 64\n"},
        {"train.py": "from net import Net as N\n" + STARTED.format("N(64)")},
        {"train.py": "import net as n\n" + STARTED.format("getattr(n, input())(64)")},
        {"train.py": "import net\n" + STARTED.format("eval(input())(64)")},
        {"net.py": NET + "    @classmethod\n    def wide(cls):\n        return cls(64)\n"},
        {"run.sh": "python -c 'from net import Net; Net(64)'\n"},
        {"S9.ipynb": ["", "model = Net(width=64"]},
    ],
)
def test_a_name_that_is_handed_on_may_be_given_arguments(files, tmp_path):
    found = network(tmp_path, files)
    assert found.model is None or not found.model.complete, str(found.model)


def test_a_class_from_which_another_inherits_may_be_the_one(tmp_path):
    wide = NET + "\nclass Wide(Net):\n    def __init__(self):\n        super().__init__(64)\n"
    found = network(tmp_path, {"net.py": wide})
    assert found.model is None and "Several networks are defined" in found.why


@pytest.mark.parametrize(
    "body", ["", "    def forward(self, x):\n        raise NotImplementedError\n"]
)
def test_a_base_that_computes_nothing_is_none(body, tmp_path):
    base = f"from torch import nn\n\nclass Base(nn.Module):\n    kind = 'cnn'\n{body}"
    inherits = base + NET.replace("(nn.Module)", "(Base)")
    assert str(network(tmp_path, {"net.py": inherits}).model) == "net.py:Net()"
