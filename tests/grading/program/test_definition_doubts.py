"""The network is graded by its definitions alone; where the program makes something else of them, it is said where."""

import re

import pytest

from tests.grading.first_attempt import find
from tests.grading.layouts import IMPORTS, LOADERS, LOOPS, RUN, TIDY, build

NET = """
import torch
import torch.nn as nn
W = 8
FLAGS = []
CFG = {"width": 8, "epochs": 20}
history = []

def width():
    return W if not FLAGS else CFG["width"]

def widen():
    FLAGS.append(1)

def conv(inside):
    return nn.Conv2d(inside, width(), 3)

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = conv(3)
        self.more = [nn.Conv2d(3, 8, 3)]
        self.wide = getattr(torch, "WIDE", False) or torch.backends.cudnn.benchmark
    def forward(self, x):
        return self.body(x).mean((2, 3))
    def predict(self, x):
        return self.more[0](x)
    def score(self, x, y):
        return nn.functional.cross_entropy(self(x), y)
    def again(self, x):
        return nn.functional.conv2d(x, self.weights)
    def log(self, value):
        history.append(value)
        history[0] = CFG["epochs"]
"""
MAKE = "\nmodel = Net().to(device)\n"


def here(tmp_path, before="", after="", run=RUN, **files):
    """The attempt of a notebook that defines the network itself."""
    cells = [IMPORTS, LOADERS, NET, before or "pass", MAKE, after or "pass", run]
    others = {f"{name}.py": text for name, text in files.items()}
    return find(build(tmp_path, TIDY | {"model.py": None, "S9.ipynb": cells} | others))


def there(tmp_path, before="", after="", run=RUN, **files):
    """The attempt of a notebook that imports it."""
    start = f"import model as nets\nfrom model import Net\n{before}"
    cells = [IMPORTS, LOADERS, start, MAKE, after or "pass", run]
    others = {f"{name}.py": text for name, text in files.items()}
    return find(build(tmp_path, TIDY | {"model.py": NET, "S9.ipynb": cells} | others))


def is_known(attempt) -> bool:
    return attempt.model is not None and attempt.model.complete


HERE = {
    "a loop": "for W in (8, 64): pass",
    "with": "import contextlib\nwith contextlib.nullcontext(64) as W: pass",
    "a walrus": "print(W := 64)",
    "a pattern": "match 64:\n    case W: pass",
    "a function": "def f():\n    global W\n    W = 64\nf()",
    "globals()": "globals()['W'] = 64",
    "a computed name": "globals()[chr(87)] = 64",
    "append": "FLAGS.append(1)",
    "a function that appends": "widen()",
    "an item": "CFG['width'] = 64",
    "update": "CFG.update(width=64)",
    "update with a dict": "CFG.update(more)",
    "an attribute of torch": "torch.WIDE = True",
    "a layer of torch": "nn.Conv2d.forward = lambda self, x: x",
    "a setting that it asks for": "torch.backends.cudnn.benchmark = True",
    "a hook on all": "nn.modules.module.register_module_forward_hook(lambda m, i, o: o * 2)",
}


@pytest.mark.parametrize("kind", HERE)
def test_what_the_definitions_do_not_tell_is_a_doubt(kind, tmp_path):
    attempt = here(tmp_path, HERE[kind])
    why = attempt.model.why if attempt.model else attempt.why
    assert not is_known(attempt) and ("cell 3" in why or "cell 2" in why)


LATER = {
    "a number": "W = 4",
    "a function": "def conv(inside):\n    return nn.Conv2d(inside, 64, 1)",
    "an import": "from small import conv",
}


@pytest.mark.parametrize("kind", LATER)
def test_a_definition_that_is_replaced_after_the_training_is_not_the_one_that_was_trained(
    kind, tmp_path
):
    attempt = here(tmp_path, after=LATER[kind], small="def conv(x): pass\n")
    assert not is_known(attempt) and "cell 5 of S9.ipynb binds" in attempt.model.why


OUTSIDE = {
    "a variable": "nets.W = 64",
    "a list": "nets.FLAGS.append(1)",
    "a list that is imported": "from model import FLAGS\nFLAGS.append(1)",
    "its own function": "nets.widen()",
    "an item": "nets.CFG['width'] = 64",
    "by sys.modules": "import sys\nsys.modules['model'].W = 64",
    "by vars()": "import sys\nvars(sys.modules['model'])['W'] = 64",
    "in another file": "import other",
}


@pytest.mark.parametrize("kind", OUTSIDE)
def test_a_module_that_is_changed_from_outside_is_a_doubt(kind, tmp_path):
    other = "import model\nmodel.FLAGS.append(1)\n"
    attempt = there(tmp_path, OUTSIDE[kind], other=other)
    assert not is_known(attempt)
    assert re.search(r"(line \d+ of (other|model)\.py|cell \d+ of S9\.ipynb)", attempt.model.why)


HARMLESS = {
    "another list": "history.append(1)\nhistory[0] = 2",
    "another key": "CFG['lr'] = 0.1\nCFG.update(batch=128)",
    "a method that is not called by forward": "CFG['epochs'] = 30",
    "a local name": "def f():\n    FLAGS = []\n    FLAGS.append(1)\n    return FLAGS\nf()",
    "a function that nothing calls": "def never():\n    FLAGS.append(1)",
    "usual settings": "torch.manual_seed(1)\ntorch.backends.cudnn.deterministic = True\n"
    "torch.load = lambda path: None\nimport sys\nsys.path.append('.')",
    "a helper on every module": "nn.Module.count = lambda self: 0",
    "loops and handlers": "for name in ('a', 'b'):\n    print(name)\ntry:\n    x = 1\nexcept Exception as e:\n    print(e)",
    "the same again": "W = 8\nFLAGS = []",
}


@pytest.mark.parametrize("kind", HARMLESS)
def test_what_it_does_not_use_is_no_doubt(kind, tmp_path):
    attempt = here(tmp_path, HARMLESS[kind])
    assert is_known(attempt), attempt.model and attempt.model.why
    after = here(tmp_path / "after", after=HARMLESS[kind])
    assert is_known(after), after.model and after.model.why


AFTERWARDS = {
    "a loop of a name that it uses": "for conv in model.children():\n    print(conv)",
    "a variable of such a name": "conv = model.body",
    "a list that grows": "FLAGS.append(1)",
    "the same function": NET,
    "a dropout": "",
}


@pytest.mark.parametrize("kind", AFTERWARDS)
def test_what_happens_after_it_was_built_is_no_doubt(kind, tmp_path):
    attempt = here(tmp_path, after=AFTERWARDS[kind])
    assert is_known(attempt), attempt.model and attempt.model.why


def test_a_share_that_is_tried_again_makes_no_other_network(tmp_path):
    net = NET.replace("W = 8", "W, P = 8, 1\ndrop = 0.1").replace("conv(3)", "nn.Dropout(drop)")
    cells = [IMPORTS, LOADERS, net, MAKE, "drop = 0.05", RUN]
    assert is_known(find(build(tmp_path, TIDY | {"model.py": None, "S9.ipynb": cells})))


def loop(call: str) -> str:
    return LOOPS.replace("loss = criterion(model(images), labels)", call)


@pytest.mark.parametrize(
    "call, known",
    [
        ("loss = criterion(model.more[0](images), labels)", False),
        ("loss = criterion(model.predict(images), labels)", False),
        ("loss = criterion(model.again(images), labels)", False),
        ("loss = model.score(images, labels)", True),
        ("loss = criterion(model.forward(images), labels)", True),
        ("loss = criterion(model(images), labels)\n        model.log(loss)", True),
    ],
)
def test_it_is_the_network_that_is_trained(call, known, tmp_path):
    assert is_known(there(tmp_path, engine=loop(call))) == known


def test_what_is_optimised_is_the_network(tmp_path):
    run = (RUN[0].replace("model.parameters()", "model.more[0].parameters()"), RUN[1])
    attempt = there(tmp_path, run=run)
    assert not is_known(attempt) and "holds without registering it" in attempt.model.why


def test_a_hook_after_the_training_is_none_of_its_business(tmp_path):
    run = (RUN[0] + "\nmodel.register_forward_hook(lambda m, i, o: o * 2)\n", RUN[1])
    assert is_known(there(tmp_path, run=run))
