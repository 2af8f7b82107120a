"""A network is graded with the value that a name has when it is built, or with none: no way of binding it goes unseen."""

import pytest

from tests.grading.first_attempt import find
from tests.grading.layouts import IMPORTS, LOADERS, RUN, TIDY, build

CONF = "W = 'wide'\nimport __main__\n__main__.W = 'wide'\n"


def found(tmp_path, line, before="W = 'bn'", given="W", **files):
    cell = f"from model import Net\n{before}\n{line}\nmodel = Net({given})\n"
    others = {f"{name}.py": text for name, text in files.items()}
    return find(build(tmp_path, TIDY | {"S9.ipynb": [IMPORTS, LOADERS, cell, RUN]} | others))


# After each of them W is 'wide', or another value than 'bn' may be.
BOUND_AGAIN = {
    "globals()": "globals()['W'] = 'wide'",
    "globals() under another name": "g = globals\ng()['W'] = 'wide'",
    "globals() given to a function": "(lambda g: g.__setitem__('W', 'wide'))(globals())",
    "globals() in a method": "class C:\n    def __init__(self): globals().update(W='wide')\nC()",
    "globals() under a computed name": "globals()[chr(87)] = 'wide'",
    "globals() in a loop": "for key in ('V', 'W'):\n    globals()[key] = 'wide'",
    "a dict's own method": "dict.update(globals(), W='wide')",
    "vars()": "vars()['W'] = 'wide'",
    "locals()": "locals().update(W='wide')",
    "setattr": "import __main__\nsetattr(__main__, 'W', 'wide')",
    "an attribute of the program": "import __main__ as m\nm.W = 'wide'",
    "sys.modules": "import sys\nsetattr(sys.modules['__main__'], 'W', 'wide')",
    "sys.modules by its name": "import sys\nsys.modules[__name__].__dict__['W'] = 'wide'",
    "a function's globals": "def f(): pass\nf.__globals__['W'] = 'wide'",
    "a frame's": "import sys\nsys._getframe().f_globals['W'] = 'wide'",
    "IPython's names": "get_ipython().user_ns['W'] = 'wide'",
    "push": "get_ipython().push({'W': 'wide'})",
    "run_cell": "get_ipython().run_cell('W = 4')",
    "%store": "%store -r W",
    "%store of everything": "%store -r",
    "%time": "%time W = 'wide'",
    "a magic by its function": "get_ipython().run_line_magic('store', '-r W')",
    "a function that a library calls": "def f(x):\n    global W\n    W = 'wide'\nsome.library(f)",
    "a function that is decorated": "import atexit\n@atexit.register\ndef f():\n    global W\n    W = 'wide'",
    "a walrus over what is not known": "[W := word for word in input()]",
    "a pattern": "match 'wide':\n    case W: pass",
    "a case": "match input():\n    case 'a': W = 'wide'\n    case _: W = 'bn'",
    "an exception": "try:\n    raise ValueError('wide')\nexcept ValueError as e:\n    W = e.args[0]",
    "an exception's name": "try:\n    int('x')\nexcept ValueError as W:\n    pass",
    "a try that breaks off": "try:\n    W = 'wide'\n    int('x')\n    W = 'bn'\nexcept ValueError:\n    pass",
    "a module that is imported": "import conf",
    "the star": "from conf import *",
    "%run": "%run conf.py",
    "exec": "exec(\"W = 'wide'\")",
    "exec of what is not known": "exec(input())",
    "what a command prints": "W = !cat name.txt",
    "deleted": "del W",
    "input": "W += input()",
    "with": "import contextlib\nwith contextlib.nullcontext('wide') as W: pass",
}


@pytest.mark.parametrize("kind", BOUND_AGAIN)
def test_a_name_that_is_bound_unseen_has_no_known_value(kind, tmp_path):
    attempt = found(tmp_path, BOUND_AGAIN[kind], conf=CONF)
    assert attempt.model is None or not attempt.model.complete and attempt.model.why, attempt.model


def test_the_place_is_named(tmp_path):
    assert found(tmp_path, "globals()['W'] = 'wide'").model.why == (
        "cell 2 of S9.ipynb binds W in a way that reading does not follow"
    )
    loops = TIDY["engine.py"] + "\nimport __main__\n\n__main__.W = 'wide'\n"
    why = found(tmp_path / "engine", "import engine", engine=loops).model.why
    assert why.startswith("line 23 of engine.py binds W")


# After each of them it is known what W is.
FOLLOWED = {
    "a function that is called": ("def f():\n    global W\n    W = 'wide'\nf()", "'wide'"),
    "a walrus": ("[W := word for word in ('a', 'wide')]", "'wide'"),
    "a loop": ("for W in ('a', 'wide'): pass", "'wide'"),
    "a case": ("match W:\n    case 'bn': W = 'wide'\n    case _: W = 'x'", "'wide'"),
    "an import": ("from conf import W", "'wide'"),
    "a context of one's own": (
        "class C:\n    def __enter__(self): return 'wide'\n    def __exit__(self, *a): pass\n"
        "with C() as W: pass",
        "'wide'",
    ),
    "the same twice": ("W = 'bn'", "'bn'"),
    "a condition": ("if W == 'gn':\n    W = 'wide'", "'bn'"),
    "a loop of another name": ("for w in range(3):\n    print(w)\nV = [w for w in 'abc']", "'bn'"),
    "a walrus of another name": ("while (w := input()): print(w)", "'bn'"),
    "another name in globals()": ("globals()['best'] = 0", "'bn'"),
    "globals() that is read": (
        "if 'model' in globals():\n    del model\nprint(len(globals()), globals().get('V'))\n"
        "for key, value in list(globals().items()): print(key)\nstate = {**globals()}",
        "'bn'",
    ),
    "vars of an object": ("import argparse\nprint(vars(argparse.Namespace(a=1)))", "'bn'"),
    "locals() in a function": ("def f():\n    x = locals()\n    return x\nf()", "'bn'"),
    "sys.modules": ("import sys\nCOLAB = 'google.colab' in sys.modules", "'bn'"),
    "timeit": ("import timeit\ntimeit.timeit('1 + 1', globals=globals())", "'bn'"),
    "a class for torch.load": ("import __main__\nsetattr(__main__, 'Net', Net)", "'bn'"),
    "global device": (
        "def pick():\n    global device, best\n    device = torch.device('cpu')\n    best = 0\npick()",
        "'bn'",
    ),
    "a function that nothing calls": ("def f():\n    global W\n    W = 'wide'", "'bn'"),
    "commands": (
        "%matplotlib inline\n%load_ext autoreload\n%autoreload 2\n!pip install torchsummary\n"
        "!nvidia-smi\n%env CUDA_VISIBLE_DEVICES=0\n%time print(W)\nfiles = !ls",
        "'bn'",
    ),
    "a library that may be missing": (
        "try:\n    import torchinfo\nexcept ImportError:\n    W = 'wide'",
        "'bn'",
    ),
    "a handler of something else": (
        "try:\n    print(W)\n    state = torch.load('a.pt')\nexcept FileNotFoundError:\n    state = None",
        "'bn'",
    ),
    "an interrupted training": (
        "try:\n    V = W\nexcept KeyboardInterrupt:\n    print('x')",
        "'bn'",
    ),
}


@pytest.mark.parametrize("kind", FOLLOWED)
def test_what_python_binds_in_sight_is_followed(kind, tmp_path):
    line, value = FOLLOWED[kind]
    model = found(tmp_path, line, conf="W = 'wide'\n").model
    assert str(model) == f"model.py:Net({value})" and model.complete, model.why


@pytest.mark.parametrize("given, known", [("", True), ("'ln'", False)])
def test_a_handler_may_build_the_network_again(given, known, tmp_path):
    cell = f"from model import Net\ntry:\n    model = Net()\nexcept OSError:\n    model = Net({given})\n"
    model = find(build(tmp_path, TIDY | {"S9.ipynb": [IMPORTS, LOADERS, cell, RUN]})).model
    assert (model is not None and model.complete) == known


def test_a_local_name_is_another(tmp_path):
    engine = TIDY["engine.py"] + (
        "\nfrom model import Net\nglobals()['W'] = 'wide'\ndef make(W='ln'):\n    return Net(W)\n"
    )
    line = "from engine import make\nNet = lambda given: make()"
    model = found(tmp_path, line, engine=engine).model
    assert model.complete, model.why


def test_networks_and_classes_are_names_too(tmp_path):
    for number, line in enumerate(("globals()['Net'] = Other", "globals()[name] = Other")):
        model = found(tmp_path / str(number), line, given="").model
        assert model is None or not model.complete


HERE = """
import torch.nn as nn
W = 8
V = 2 * W
def width():
    return V
{line}
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Conv2d(3, width(), 3)
    def forward(self, x):
        return self.body(x).mean((2, 3))
model = Net()
"""


@pytest.mark.parametrize(
    "line, known",
    [("globals()['W'] = 64", False), ("globals()[key] = 64", False), ("globals()['X'] = 64", True)],
)
def test_what_a_class_of_the_notebook_uses_is_bound_in_sight(line, known, tmp_path):
    files = TIDY | {"S9.ipynb": [IMPORTS, LOADERS, HERE.format(line=line), RUN], "model.py": None}
    model = find(build(tmp_path, files)).model
    assert (model is not None and model.complete) == known
