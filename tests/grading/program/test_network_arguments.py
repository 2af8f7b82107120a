"""Networks that are given configuration objects, classes and files are built with what those hold."""

import pytest

from tests.grading.first_attempt import find
from tests.grading.layouts import IMPORTS, LOADERS, RUN, TIDY, build
from utils.grading.audits import Options
from utils.grading.grade import judge
from utils.grading.network.executed_network import executed_network
from utils.grading.network.rebuilt import BUILDER, rebuilt
from utils.grading.rubrics.rubric import load_rubric
from utils.grading.sandbox.limits import LIMITS

NETWORK = """
from torch import nn

class Net(nn.Module):
    def __init__(self, cfg, act=nn.ReLU):
        super().__init__()
        self.cfg, self.act = cfg, act
        self.body = nn.Conv2d(3, cfg.width if hasattr(cfg, "width") else cfg["width"], 1)
    def forward(self, x):
        return self.body(x).mean((2, 3))

def plain_act():
    return nn.ReLU()
"""
CONFIG = """
from dataclasses import dataclass, field

@dataclass
class Config:
    width: int = 8
    depths: list = field(default_factory=lambda: [1])

class Settings:
    def __init__(self, width, **others):
        self.width, self.others = width, others
        self.list = [1]
    def widen(self, by):
        self.width = self.width + by
"""
SPACE = "from argparse import Namespace\nfrom types import SimpleNamespace\n"
PARSER = (
    "import argparse\np = argparse.ArgumentParser()\np.add_argument('--width', type=int, default=8)\n"
    "p.add_argument('-b', '--bias', action='store_true')\n"
)
# The code before the network is made, its arguments, what is made of them, and the width and more that it then has.
GIVEN = {
    "a dataclass": ("", "Config()", "Config()", {"width": 8, "depths": [1]}),
    "a dataclass with arguments": (
        "",
        "Config(12, depths=[2])",
        "Config(12, depths=[2])",
        {"width": 12, "depths": [2]},
    ),
    "a dataclass that is changed": (
        "c = Config()\nc.width = 20",
        "c",
        "changed(Config(), width=20)",
        {"width": 20},
    ),
    "a dataclass that is changed afterwards": (
        "c = Config()\n",
        "c)\nc.width = 20\nprint(c",
        "Config()",
        {"width": 8},
    ),
    "an object": (
        "",
        "Settings(12, norm='bn')",
        None,
        {"width": 12, "others": {"norm": "bn"}, "list": [1]},
    ),
    "an object whose list grows": (
        "s = Settings(12)\ns.list.append(2)",
        "s",
        None,
        {"width": 12, "list": [1, 2]},
    ),
    "an object that changes itself": ("s = Settings(12)\ns.widen(3)", "s", None, {"width": 15}),
    "SimpleNamespace": (
        SPACE,
        "SimpleNamespace(width=16)",
        "SimpleNamespace(width=16)",
        {"width": 16},
    ),
    "Namespace of a dict": (
        SPACE + "d = {'width': 16}",
        "Namespace(**d)",
        "Namespace(width=16)",
        {"width": 16},
    ),
    "argparse, with its defaults": (
        PARSER + "a = p.parse_args([])",
        "a",
        "Namespace(width=8, bias=False)",
        {"width": 8},
    ),
    "argparse, with a list": (
        PARSER + "a = p.parse_args(['--width', '24', '-b'])",
        "a",
        None,
        {"width": 24, "bias": True},
    ),
    "argparse, changed": (
        PARSER + "a = p.parse_args('')\na.width = 9",
        "a",
        None,
        {"width": 9, "bias": False},
    ),
    "a class of torch": (
        SPACE,
        "Namespace(width=4), act=nn.GELU",
        "Namespace(width=4), act=torch.nn.GELU",
        {"width": 4},
    ),
    "a layer of torch": (
        SPACE,
        "Namespace(width=4, act=nn.Sequential(nn.PReLU(4)))",
        None,
        {"width": 4},
    ),
    "partial": (
        SPACE + "from functools import partial",
        "Namespace(width=4), partial(nn.GELU, approximate='tanh')",
        None,
        {"width": 4},
    ),
    "a function of the submission": (
        SPACE + "from model import plain_act",
        "Namespace(width=4), plain_act",
        None,
        {"width": 4},
    ),
    "the class itself": ("", "Config", "Config", {"width": 8}),
    "a module": ("import settings", "settings", "settings", {"width": 32}),
    "a list of objects": (
        "class Two:\n    width = 3",
        "Two(), [Two(), {'more': Two()}]",
        None,
        {"width": 3},
    ),
}


def submission(tmp_path, before, given, **files):
    cell = f"from model import Net\nfrom config import *\n{before}\nmodel = Net({given})"
    others = {name.replace("__", "."): text for name, text in files.items()}
    return build(
        tmp_path,
        TIDY
        | {
            "model.py": NETWORK,
            "config.py": CONFIG,
            "settings.py": "width = 32\n",
            "S9.ipynb": [IMPORTS, LOADERS, cell, RUN],
        }
        | others,
    )


@pytest.mark.parametrize("kind", GIVEN)
def test_the_network_is_built_with_what_it_was_given(kind, tmp_path, monkeypatch):
    """Oracle: the function that is added to the submission's code, run as ordinary Python."""
    before, given, shown, held = GIVEN[kind]
    one = submission(tmp_path, before, given)
    found = find(one)
    assert found.model.complete, found.model.why
    assert shown is None or str(found.model) == f"model.py:Net({shown})"
    again, changed = rebuilt(one, found)
    assert (changed.model.args, changed.model.kwargs, changed.model.factory) == ((), {}, BUILDER)
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("model", "config", "settings"):
        monkeypatch.delitem(__import__("sys").modules, name, raising=False)
    if changed.model.notebook:
        text = before + "\n" + again.notebooks[0].cells[-1].source
    else:
        text = next(source.text for source in again.sources if source.path == "model.py")
    names = {"__name__": "main"}
    exec(text, names)
    cfg = names[BUILDER]().cfg
    assert {name: getattr(cfg, name) for name in held} == held


FILES = {
    "json": (
        "import json\nwith open('net.json') as f:\n    c = json.load(f)",
        {"net__json": '{"width": 40}'},
    ),
    "a json text": (
        "import json\nc = json.loads(open('net.json').read())",
        {"net__json": '{"width": 40}'},
    ),
    "a path": (
        "import json\nfrom pathlib import Path\nc = json.loads(Path('net.json').read_text())",
        {"net__json": '{"width": 40}'},
    ),
    "yaml": (
        "import yaml\nc = yaml.safe_load(open('net.yaml'))['model']",
        {"net__yaml": "model:\n  width: 40\n"},
    ),
    "yaml with a loader": (
        "import yaml\nc = yaml.load(open('net.yml', 'r'), Loader=yaml.FullLoader)",
        {"net__yml": "width: 40\n"},
    ),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_of_the_submission_is_read(kind, tmp_path):
    before, files = FILES[kind]
    assert (
        str(find(submission(tmp_path, before, "c", **files)).model) == "model.py:Net({'width': 40})"
    )


UNKNOWN = {
    "a file that is not there": ("import json\nc = json.load(open('absent.json'))", "c"),
    "a file that the code writes": (
        "import json\njson.dump({}, open('net.json', 'w'))\nc = json.load(open('net.json'))",
        "c",
    ),
    "a file that is broken": ("import json\nc = json.load(open('broken.json'))", "c"),
    "an object of what only a run knows": ("", "Settings(torch.rand(1).item())"),
    "an object that changes under a condition": ("c = Config()\nif input():\n    c.width = 9", "c"),
    "a class that is changed": ("Config.width = 30", "Config()"),
    "a class inside a function": (
        "def f():\n    class Inner:\n        width = 3\n    return Inner()\nc = f()",
        "c",
    ),
    "a command line that only a run knows": (
        PARSER + "import sys\na = p.parse_args(sys.argv[1:])",
        "a",
    ),
    "a list of itself": ("x = [Config()]\nx.append(x)", "x"),
    "doubled fifty times": ("x = [Config()]\n" + "x = [x, x]\n" * 50, "x"),
    "a lambda": (SPACE, "Namespace(width=4), lambda: nn.ReLU()"),
}


@pytest.mark.parametrize("kind", UNKNOWN)
def test_what_cannot_be_known_is_said(kind, tmp_path):
    before, given = UNKNOWN[kind]
    found = find(submission(tmp_path, before, given, net__json='{"width": 40}', broken__json="{"))
    assert not found.model.complete and found.model.why
    assert any(found.model.why in warning for warning in found.warnings)


def test_a_flag_of_the_command_counts(tmp_path):
    script = (
        IMPORTS
        + LOADERS
        + PARSER
        + "from model import Net\nargs = p.parse_args()\nmodel = Net(args).to(device)\n"
        + RUN[0]
    )
    files = TIDY | {
        "model.py": NETWORK,
        "main.py": script,
        "S9.ipynb": [("!python main.py --width=64 --bias", RUN[1])],
    }
    assert str(find(build(tmp_path, files)).model) == "model.py:Net(Namespace(width=64, bias=True))"


@pytest.mark.parametrize(
    "before, given",
    [
        (SPACE, "Namespace(width=16, depths=Config().depths, act=nn.PReLU(4)), act=nn.GELU"),
        ("class Local:\n    def __init__(self):\n        self.width = 16", "Local()"),
    ],
)
def test_it_is_executed_with_them(before, given, tmp_path):
    one = submission(tmp_path, before, given.replace("depths=Config().depths, ", ""))
    one, found = rebuilt(one, find(one))
    assert executed_network(one, found.model, LIMITS).parameters == {
        "body.weight": (16, 3, 1, 1),
        "body.bias": (16,),
    }


def test_nothing_is_said_to_be_executed_where_nothing_was(tmp_path):
    one = submission(tmp_path, "", "torch.load('config.pt')")
    first = judge(one, load_rubric("era_s9"), Options(run=True)).first
    facts, warnings = first.facts, first.warnings
    assert (
        facts["parameters"].value is None
        and "cannot be built as it was trained" in facts["parameters"].why
    )
    assert not any("was executed" in warning for warning in warnings)
