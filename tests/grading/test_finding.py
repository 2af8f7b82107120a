"""The training notebook and the network are found in the layouts that students use."""

import pytest

from tests.grading.layouts import BUILD, DATA, IMPORTS, LOADERS, LOG, LOOPS, NETWORK, PIPELINE, RUN, TIDY, build
from utils.errors import UserError
from utils.grading.finding import find

WITH_ARGUMENT = BUILD.replace("Net()", 'Net(norm="gn", dropout=0.05 * 2)')
FACTORY = NETWORK + """
def make_network(kind, drop=0.2):
    layers = [Layer(3, 8), Layer(8, 8)]
    return Assembled(layers, drop) if kind == "long" else Net()

class Assembled(nn.Module):
    def __init__(self, layers, drop):
        super().__init__()
        self.layers = nn.Sequential(*layers)
"""
TRAINER = """
import torch

class Trainer:
    def __init__(self, model, loader, device, lr):
        self.model, self.loader, self.device = model.to(device), loader, device
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=lr)

    def step(self, images, labels):
        loss = torch.nn.functional.cross_entropy(self.model(images), labels)
        loss.backward()
        self.optimizer.step()

    def fit(self, epochs):
        for epoch in range(epochs):
            for images, labels in self.loader:
                self.step(images, labels)
"""
SCRIPT = """
import argparse
import torch
from model import Net
from engine import train

def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--norm", default="ln")
    options = parser.parse_args()
    model = Net(norm=options.norm)
    train(model, "cpu", [], torch.optim.SGD(model.parameters(), lr=0.1), torch.nn.CrossEntropyLoss())

if __name__ == "__main__":
    main()
"""

# What the layout is, its files over those of the tidy one, the notebook, the network, and the folders imports resolve from.
LAYOUTS = {
    "everything in modules beside the notebook": ({}, "S9.ipynb", "model.py:Net()", ("",)),
    "arguments with arithmetic": ({"S9.ipynb": [IMPORTS, LOADERS, WITH_ARGUMENT, RUN]}, "S9.ipynb",
                                  "model.py:Net(norm='gn', dropout=0.1)", ("",)),
    "a star import": ({"S9.ipynb": [IMPORTS, LOADERS, BUILD.replace("import Net", "import *"), RUN]}, "S9.ipynb",
                      "model.py:Net()", ("",)),
    "a module under another name, reloaded": (
        {"S9.ipynb": [IMPORTS, LOADERS, "import importlib\nimport model as m\nimportlib.reload(m)\nmodel = m.Net('ln').to(device)\n"
                      "summary(model, (3, 32, 32))", RUN]}, "S9.ipynb", "model.py:Net('ln')", ("",)),
    "a class under another name": (
        {"S9.ipynb": [IMPORTS, LOADERS, "from model import Net as Network\nN = Network\nmodel = N().cuda()", RUN]}, "S9.ipynb",
        "model.py:Net()", ("",)),
    "a package in src, reached over sys.path": (
        {"model.py": None, "src/model.py": NETWORK,
         "S9.ipynb": ["import sys\nsys.path.append('./src')", IMPORTS, LOADERS, BUILD, RUN]}, "S9.ipynb", "src/model.py:Net()",
        ("", "src")),
    "a package imported by its folder": (
        {"model.py": None, "models/__init__.py": "from .network import Net\n", "models/network.py": NETWORK,
         "S9.ipynb": [IMPORTS, LOADERS, BUILD.replace("from model ", "from models "), RUN]}, "S9.ipynb",
        "models/network.py:Net()", ("",)),
    "a folder without __init__.py": (
        {"model.py": None, "model/net.py": NETWORK,
         "S9.ipynb": [IMPORTS, LOADERS, BUILD.replace("from model ", "from model.net "), RUN]}, "S9.ipynb", "model/net.py:Net()",
        ("",)),
    "the notebook in a folder of its own": (
        {"S9.ipynb": None, "notebooks/S9.ipynb": ["import sys\nsys.path.insert(0, '..')", IMPORTS, LOADERS, BUILD, RUN]},
        "notebooks/S9.ipynb", "model.py:Net()", ("",)),
    "all in a folder of the repository": (
        {name: None for name in TIDY} | {f"Session 9/{name}": content for name, content in TIDY.items()},
        "Session 9/S9.ipynb", "Session 9/model.py:Net()", ("Session 9", "")),
    "the repository cloned and entered": (
        {"S9.ipynb": ["!git clone https://github.com/someone/era-nine.git\n%cd era-nine", "!pip install -q torchsummary", IMPORTS,
                      LOADERS, BUILD, RUN]}, "S9.ipynb", "model.py:Net()", ("",)),
    "cd without its percent sign": (
        {"model.py": None, "week/model.py": NETWORK,
         "S9.ipynb": ["!git clone https://github.com/someone/era-nine", "cd /content/era-nine/week", "pwd", IMPORTS, LOADERS, BUILD,
                      RUN]}, "S9.ipynb", "week/model.py:Net()", ("week", "")),
    "a sibling repository that lies beside it": (
        {"model.py": None, "toolbox/networks/model.py": NETWORK,
         "S9.ipynb": ["!git clone https://github.com/someone/toolbox", IMPORTS, LOADERS,
                      BUILD.replace("from model ", "from toolbox.networks.model "), RUN]}, "S9.ipynb",
        "toolbox/networks/model.py:Net()", ("",)),
    "the cloned repository imported by its name": (
        {"S9.ipynb": ["!git clone https://github.com/someone/era_nine", IMPORTS, LOADERS,
                      BUILD.replace("from model ", "from era_nine.model "), RUN]}, "S9.ipynb", "model.py:Net()", ("",)),
    "the model defined in the notebook": ({"model.py": None, "S9.ipynb": [IMPORTS, LOADERS, NETWORK, "model = Net('gn').to(device)",
                                                                          RUN]}, "S9.ipynb", "S9.ipynb:Net('gn')", ("",)),
    "modules that exist while the notebook redefines": (
        {"S9.ipynb": [IMPORTS, LOADERS, "from model import Net", NETWORK, LOOPS, "model = Net().to(device)",
                      RUN[0].replace("from engine import train, test", "")]}, "S9.ipynb", "S9.ipynb:Net()", ("",)),
    "%run": ({"S9.ipynb": ["%run model.py", IMPORTS, LOADERS, "model = Net().to(device)\nsummary(model, (3, 32, 32))", RUN]},
             "S9.ipynb", "model.py:Net()", ("",)),
    "%run of a file with a space in its name": (
        {"model.py": None, "model v2.py": NETWORK, "S9.ipynb": ["%run 'model v2.py'", IMPORTS, LOADERS, "model = Net().to(device)",
                                                                RUN]}, "S9.ipynb", "model v2.py:Net()", ("",)),
    "a factory with literals": (
        {"model.py": FACTORY, "S9.ipynb": [IMPORTS, LOADERS, "from model import make_network\n"
                                           "model = make_network('long', drop=0.1).to(device)", RUN]}, "S9.ipynb",
        "model.py:make_network('long', drop=0.1)", ("",)),
    "a factory of a class with literals": (
        {"model.py": FACTORY, "S9.ipynb": [IMPORTS, LOADERS, "from model import make_network\nmodel = make_network('x')", RUN]},
        "S9.ipynb", "model.py:Net()", ("",)),
    "classes by name": (
        {"model.py": NETWORK + "\nNETWORKS = {'small': Net, 'large': Layer}\n",
         "S9.ipynb": [IMPORTS, LOADERS, "import model as zoo\nCHOICE = 'small'\nmodel = zoo.NETWORKS[CHOICE](dropout=0.2)", RUN]},
        "S9.ipynb", "model.py:Net(dropout=0.2)", ("",)),
    "settings from a dict": (
        {"S9.ipynb": [IMPORTS, LOADERS, "from model import Net\nconfig = {'norm': 'gn', 'dropout': 0.05}\nmodel = Net(**config)",
                      RUN]}, "S9.ipynb", "model.py:Net(norm='gn', dropout=0.05)", ("",)),
    "a trainer class": (
        {"engine.py": TRAINER, "S9.ipynb": [IMPORTS, LOADERS, "from model import Net\nfrom engine import Trainer\n"
                                            "trainer = Trainer(Net(norm='ln'), train_loader, device, lr=0.1)", ("trainer.fit(20)", LOG)]},
        "S9.ipynb", "model.py:Net(norm='ln')", ("",)),
    "several networks summarised, one trained": (
        {"model.py": NETWORK + "\nclass Draft(Net):\n    pass\n",
         "S9.ipynb": [IMPORTS, LOADERS, "from model import *\nmodel = Net()\nsummary(model, (3, 32, 32))\nprint(Draft())\n"
                      "summary(Draft().to(device), (3, 32, 32))", RUN]}, "S9.ipynb", "model.py:Net()", ("",)),
    "three norms in turn, the best log is judged": (
        {"S9.ipynb": [IMPORTS, LOADERS, "from model import Net", *[
            cell for norm, best in (("bn", 71), ("ln", 82), ("gn", 79))
            for cell in (f"model = Net('{norm}').to(device)", (RUN[0], LOG.replace("4400", f"{best}00")))]]},
        "S9.ipynb", "model.py:Net('ln')", ("",)),
    "three norms in turn without logs, the last is kept": (
        {"S9.ipynb": [IMPORTS, LOADERS, "from model import Net", *[cell for norm in ("bn", "ln", "gn")
                      for cell in (f"model = Net('{norm}').to(device)", RUN[0])]]}, "S9.ipynb", "model.py:Net('gn')", ("",)),
    "a model written by a cell": (
        {"model.py": None, "S9.ipynb": ["%%writefile model.py\n" + NETWORK, IMPORTS, LOADERS, BUILD, RUN]}, "S9.ipynb",
        "model.py:Net()", ("",)),
    "a model in another notebook": (
        {"model.py": None, "network.ipynb": [NETWORK], "S9.ipynb": ["import import_ipynb", IMPORTS, LOADERS,
                                                                    BUILD.replace("from model", "from network"), RUN]},
        "S9.ipynb", "network.ipynb:Net()", ("",)),
    "a function that returns a Sequential": (
        {"model.py": "from torch import nn\n\ndef network(width=16):\n    return nn.Sequential(nn.Conv2d(3, width, 3), nn.ReLU())\n",
         "S9.ipynb": [IMPORTS, LOADERS, "from model import network\nmodel = network(width=8).to(device)", RUN]}, "S9.ipynb",
        "model.py:network(width=8)", ("",)),
    "a device among the arguments": (
        {"S9.ipynb": [IMPORTS, LOADERS, "from model import Net\nmodel = Net('bn', device)", RUN]}, "S9.ipynb",
        "model.py:Net('bn', 'cpu')", ("",)),
    "several notebooks": (
        {"explore.ipynb": [IMPORTS, "from model import Net\nsummary(Net(norm='x'), (3, 32, 32))"],
         "S9_old.ipynb": [IMPORTS, LOADERS, WITH_ARGUMENT, (RUN[0], LOG.replace("4400", "4100"))], "S9.ipynb": [IMPORTS, LOADERS, BUILD, RUN]},
        "S9.ipynb", "model.py:Net()", ("",)),
    "a cell that is not Python": (
        {"S9.ipynb": [IMPORTS, "this is a note, not code:\n - and so on", LOADERS, "!nvidia-smi\n%matplotlib inline\nfiles = !ls\n?model",
                      "%%time\n" + BUILD.strip(), RUN]}, "S9.ipynb", "model.py:Net()", ("",)),
    "only scripts": ({"S9.ipynb": None, "main.py": SCRIPT}, None, "model.py:Net(norm='ln')", ("",)),
    "a script started by the notebook": ({"main.py": SCRIPT, "S9.ipynb": [("!python main.py --norm gn", LOG)]}, "S9.ipynb",
                                         "model.py:Net(norm='ln')", ("",)),
    "only a model file": ({name: None for name in TIDY} | {"model.py": NETWORK, "README.md": "# Nine"}, None, "model.py:Net()",
                          ("",)),
    "a network wrapped": (
        {"S9.ipynb": [IMPORTS, LOADERS, "from model import Net\nmodel = nn.DataParallel(Net()).to(device)\n"
                      "model = torch.compile(model)", RUN]}, "S9.ipynb", "model.py:Net()", ("",)),
    "a class that inherits from the submission's own": (
        {"model.py": NETWORK + "\nclass Base(nn.Module):\n    pass\nclass Final(Base):\n    def __init__(self, width):\n"
                     "        super().__init__()\n",
         "S9.ipynb": [IMPORTS, LOADERS, "from model import Final\nmodel = Final(16)", RUN]}, "S9.ipynb", "model.py:Final(16)", ("",)),
}


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
        {"S9.ipynb": [IMPORTS, LOADERS, "import torchvision\nmodel = torchvision.models.resnet18()", RUN]}, "torchvision.models.resnet18"),
    "another than the summarised network is trained": (
        {"S9.ipynb": [IMPORTS, LOADERS, "from model import Net\nsummary(Net(), (3, 32, 32))\nmodel = torch.load('m.pt')", RUN]},
        "torch.load"),
    "a condition decides": (
        {"S9.ipynb": [IMPORTS, LOADERS, "from model import Net, Layer\nmodel = Net() if input() else Layer(3, 10)", RUN]}, "depends"),
    "there is no network at all": ({name: None for name in TIDY} | {"README.md": "best: 86 %"}, "could be read"),
}


@pytest.mark.parametrize("layout", MISSING)
def test_what_cannot_be_found_is_said(layout, tmp_path):
    files, said = MISSING[layout]
    found = find(build(tmp_path, TIDY | files))
    assert found.model is None
    assert said in found.why


def test_a_network_that_a_library_wraps_is_found(tmp_path):
    cell = "from model import Net\nmodel = nn.SyncBatchNorm.convert_sync_batchnorm(Net('gn'))"
    assert str(find(build(tmp_path, TIDY | {"S9.ipynb": [IMPORTS, LOADERS, cell, RUN]})).model) == "model.py:Net('gn')"


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
    assert find(build(tmp_path / "b", TIDY | {"S9.ipynb": [IMPORTS, LOADERS, benign, RUN]})).model.complete


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
    assert (found.training_notebook, str(found.model)) == ("old.ipynb", "model.py:Net(norm='gn', dropout=0.1)")


@pytest.mark.parametrize(("model", "notebook", "said"), [
    ("model.py:Nothing", None, "Nothing"), ("absent.py:Net", None, "absent.py"), ("Net", None, "file.py:Class"),
    (None, "absent.ipynb", "S9.ipynb")])
def test_an_override_that_names_nothing_is_an_error(model, notebook, said, tmp_path):
    with pytest.raises(UserError, match=said):
        find(build(tmp_path, TIDY), model, notebook)


def test_the_others_are_listed_and_the_choice_is_explained(tmp_path):
    files = {"S9_old.ipynb": [IMPORTS, LOADERS, WITH_ARGUMENT, RUN[0]],
             "S9.ipynb": [IMPORTS, LOADERS, "from model import Net\nsummary(Net('draft'), (3, 32, 32))", BUILD, RUN]}
    found = find(build(tmp_path, TIDY | files))
    assert "S9_old.ipynb" in found.others
    assert "model.py:Net('draft')" in found.others
    assert "optimised" in found.why


def test_nothing_is_executed(tmp_path):
    bomb = f"open({str(tmp_path / 'ran')!r}, 'w').write('x')\nimport os\nos.system('touch {tmp_path / 'ran'}')\n" + NETWORK
    find(build(tmp_path, TIDY | {"model.py": bomb, "S9.ipynb": [bomb, IMPORTS, LOADERS, BUILD, RUN]}))
    assert not (tmp_path / "ran").exists()


HARD_TO_READ = {
    "endless recursion": "def f(x):\n    return f(x)\nf(1)\n",
    "mutual recursion": "def f(x):\n    return g(x)\ndef g(x):\n    return f(x) + g(x)\nf(1)\n",
    "deep nesting": "x = " + "(" * 150 + "1" + ")" * 150 + "\ny = " + "-" * 3000 + "1\nz = " + "+".join(["1"] * 5000) + "\n",
    "large numbers": "x = 10 ** 10 ** 10\ny = 'a' * 10 ** 12\nz = [0] * 10 ** 12\nw = 9 ** 999999999\nv = 1 << 10 ** 9\n",
    "large loops": "x = [i for i in range(10 ** 12)]\nfor i in range(10 ** 12):\n    x = i\n"
                   "y = [a for a in range(1000) for b in range(1000) for c in range(1000)]\n",
    "doubling": "x = [1]\n" + "x = x + x\n" * 100 + "y = 'ab'\n" + "y = y * 2\n" * 100,
    "a list in itself": "x = []\nx.append(x)\nprint(x)\nmodel_list = tuple(x)\ny = x == x\nf = {}\nf['f'] = f\n",
    "a list of two of itself, fifty times": "x = [1]\n" + "x = [x, x]\n" * 50 + "y = x == [x, x]\nprint(tuple(x), *x)\n"
                                            "class P:\n    pass\np = P()\np.x = x\nimport numpy as np\nnp.array(x)\n",
    "texts that grow": "x = 'a' * 9999\n" + "x = x.replace('a', 'aaaa')\n" * 30 + "y = ','.join(['a' * 9999] * 9999)\n",
    "much work": "def f(n):\n" + "    x = [a for a in range(900)]\n" * 400 + "for i in [1, 2, 3, 4, 5, 6, 7, 8, 9]:\n    f(i)\n" * 3,
    "circular imports": "import model\nfrom engine import *\nfrom S9 import nothing\n",
    "odd assignments": "(a, *b), c = [[1, 2], 3]\na[0] = 1\nNone_ = None\nNone_.x = 1\nlambda: (yield)\n",
}


@pytest.mark.parametrize("kind", HARD_TO_READ)
def test_hard_code_costs_neither_a_crash_nor_much_time(kind, tmp_path):
    code = HARD_TO_READ[kind]
    found = find(build(tmp_path, TIDY | {"engine.py": code + LOOPS, "S9.ipynb": [code, IMPORTS, LOADERS, BUILD, RUN]}))
    assert str(found.model) == "model.py:Net()"


def test_the_helper_files_are_all_used():
    assert all(text.strip() for text in (DATA, PIPELINE, LOOPS, NETWORK))
