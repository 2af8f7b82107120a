"""Settings that are plain data in classes: the network is built with what Python itself would give it, or not at all."""

import sys

import pytest

from tests.grading.first_attempt import find
from tests.grading.layouts import IMPORTS, LOADERS, RUN, TIDY, build
from utils.grading.network.rebuilt import BUILDER, rebuilt

NETWORK = """
from torch import nn

class Net(nn.Module):
    def __init__(self, *args, **kwargs):
        super().__init__()
        self.given = args, kwargs
        self.body = nn.Conv2d(3, 8, 1)
    def forward(self, x):
        return self.body(x).mean((2, 3))
"""
CONFIG = """
import random
from argparse import Namespace
from dataclasses import InitVar, KW_ONLY, asdict, astuple, dataclass, field, replace
from enum import Enum, IntEnum
from types import SimpleNamespace
from typing import ClassVar, NamedTuple

@dataclass
class Model:
    widths: tuple = (24, 40)
    dilation: int = 2

@dataclass
class Train:
    epochs: int = 60
    model: Model = field(default_factory=Model)

@dataclass(frozen=True)
class Frozen:
    width: int = field(default=8)
    widths: list = field(default_factory=lambda: [1, 2])

@dataclass(slots=True)
class Slots:
    width: int = 8
    more: list = field(default_factory=list)

@dataclass
class Required:
    width: int
    drop: float = 0.5

@dataclass
class Child(Required):
    drop: float = 0.25
    depth: int = 3

@dataclass
class Named:
    kind: ClassVar[str] = "net"
    first: int
    _: KW_ONLY
    width: int = 8
    times: InitVar[int] = 2
    fixed: int = field(default=4, init=False)
    product: int = field(init=False)
    def __post_init__(self, times):
        self.product = self.width * times

class Pair(NamedTuple):
    width: int = 8
    widths: tuple = (1, 2)

class Plain:
    width = 8
    widths = [1, 2]
    double = width * 2

class Set:
    def __init__(self, width=8, **more):
        self.width = width
        self.__dict__.update(more)

class Size(Enum):
    SMALL = 8
    LARGE = (16, 32)

class Number(IntEnum):
    SMALL = 8

@dataclass
class Lucky:
    width: int = 8
    seed: int = field(default_factory=lambda: random.randint(1, 9))

@dataclass
class Read:
    widths: list = field(default_factory=lambda: [int(one) for one in open("widths.txt")])

def spoil(cfg):
    cfg.width = random.randint(4, 9)
"""
# The code before the network is made, and its arguments.
KNOWN = [
    ("", "Model(), Model((1, 2), dilation=3), Model().widths, Model.widths"),
    ("", "**vars(Model())"),
    ("", "**Model(dilation=5).__dict__"),
    ("", "**asdict(Model())"),
    ("", "*astuple(Model())"),
    ("", "asdict(Train())"),
    ("cfg = Train()", "cfg.model, cfg, cfg.model.widths"),
    ("cfg = Train()", "**asdict(cfg.model)"),
    ("cfg = Train(3, Model(dilation=4))", "cfg.model, cfg"),
    ("cfg = Train()\nm = cfg.model\nm.dilation = 7", "cfg.model, cfg"),
    ("one = Frozen()\none.widths.append(9)\ncfg = Frozen()", "one, cfg, one.widths, cfg.widths"),
    ("cfg = Frozen()\nobject.__setattr__(cfg, 'width', 9)", "cfg, cfg.width"),
    ("", "**vars(Frozen(3))"),
    ("cfg = Slots()\ncfg.width = 4\ncfg.more.append(1)", "cfg, cfg.width"),
    ("cfg = Child(3)\ncfg.depth = 5\ncfg = replace(cfg, width=4)", "cfg, cfg.width, cfg.depth"),
    ("cfg = replace(Train(), model=replace(Model(), dilation=9))", "cfg, cfg.model"),
    ("", "Child(3, 0.1), Child(3, 0.1, 7).depth, Child(3).drop"),
    ("", "**vars(Child(3, 0.1, 7))"),
    ("", "Named(1), Named(1, width=5, times=3).product, Named(1).fixed, Named.kind"),
    ("", "**vars(Named(1))"),
    ("d = asdict(Required(3))\nd.pop('drop')", "**d"),
    ("cfg = Required(3)\nvars(cfg).update(width=4)", "cfg, cfg.width"),
    ("cfg = Required(3)\nfor k, v in {'width': 6}.items():\n    setattr(cfg, k, v)", "cfg"),
    ("", "Pair(), Pair(3).width, Pair()[0], Pair(3)._replace(width=4)"),
    ("a, b = Pair()", "a, b, *Pair(2)"),
    ("", "**Pair()._asdict()"),
    ("c = SimpleNamespace(width=8)\nc.depth = 2", "c, c.width, c.depth"),
    ("c = Namespace(width=8)\nvars(c)['width'] = 9", "c"),
    ("c = SimpleNamespace(width=8)", "**vars(c)"),
    ("", "Plain, Plain(), Plain.widths, Plain().double"),
    ("", "Set(3, depth=4), Set(3, depth=4).depth"),
    ("", "**vars(Set(3, depth=4))"),
    ("", "Size.SMALL, Size.SMALL.value, Size.LARGE.value, Number.SMALL.value"),
    ("norm = Size.LARGE\nwidth = 3 if norm == Size.LARGE else 4", "width"),
    ("", "max(8, min(Plain.widths))"),
]
MAKE_LUCKY = "import json\nkw = json.loads('{\"width\": %d}' % random.randint(11, 20))\n"
# The same where a value may have been changed, or is known only when the code runs.
DOUBTFUL = [
    ("cfg = Train()\nif input():\n    cfg.model.dilation = 7", "cfg"),
    ("cfg = Train()\nif input():\n    cfg.model.dilation = 7", "cfg.model.dilation"),
    ("cfg = Train()\nif input():\n    cfg.model.dilation = 7", "**asdict(cfg.model)"),
    ("cfg = Frozen()\nif input():\n    cfg.widths[0] = 7", "cfg.widths"),
    ("if input():\n    Plain.width = 30", "Plain.width"),
    ("Plain.widths.append(random.randint(3, 9))", "Plain()"),
    ("Plain.widths.append(4)", "Plain"),
    ("Model.dilation = 9", "Train().model"),
    ("cfg = Required(3)\nsetattr(cfg, random.choice(['width', 'drop']), 1)", "cfg.width"),
    ("cfg = Required(3)\nsetattr(cfg, random.choice(['width', 'drop']), 1)", "cfg"),
    ("cfg = Required(3)\nsetattr(cfg, random.choice(['width', 'drop']), 1)", "**vars(cfg)"),
    (MAKE_LUCKY + "cfg = Required(3)\nvars(cfg).update(kw)", "cfg.width"),
    (MAKE_LUCKY + "cfg = Required(3)\nfor k in kw:\n    setattr(cfg, k, kw[k])", "cfg"),
    (MAKE_LUCKY + "cfg = Pair(**kw)", "cfg.width"),
    (MAKE_LUCKY + "cfg = replace(Required(3), **kw)", "cfg.width"),
    (MAKE_LUCKY + "cfg = SimpleNamespace(drop=1, **kw)", "**vars(cfg)"),
    ("cfg = Required(3)\nspoil(cfg)", "cfg"),
    ("cfg = Required(3)\nif input():\n    vars(cfg).update(width=9)", "cfg.width"),
    ("cfg = Required(3)\ndel cfg.drop", "**vars(cfg)"),
    ("", "Lucky().seed"),
    ("", "**asdict(Lucky())"),
    ("", "Read().widths"),
    ("", "**vars(Read())"),
    (
        "class Odd(Enum):\n    A = 1\n    def __init__(self, v):\n        self._value_ = 7",
        "Odd.A.value",
    ),
    (
        "class Own:\n    width = 8\n    def __new__(cls):\n        return Required(99)",
        "Own().width",
    ),
    ("class Drawn(NamedTuple):\n    width: int = random.randint(1, 9)", "Drawn()"),
]


def submission(tmp_path, before, given):
    cell = f"from model import Net\nfrom config import *\n{before}\nmodel = Net({given})"
    files = {"model.py": NETWORK, "config.py": CONFIG, "S9.ipynb": [IMPORTS, LOADERS, cell, RUN]}
    return build(tmp_path, TIDY | files)


def plain(value):
    """What an object of any of these kinds holds."""
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [plain(one) for one in value]
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, (int, float, str)):
        return value
    names = dict.fromkeys([*dir(value)])
    held = {one: getattr(value, one) for one in names if not one.startswith("_")}
    return {name: plain(one) for name, one in held.items() if not callable(one)}


def executed(text, folder, monkeypatch) -> dict:
    """The names after the code was run as ordinary Python, where the submission lies."""
    monkeypatch.syspath_prepend(folder)
    for name in ("model", "config"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    names = {"__name__": "main", "input": lambda: ""}
    exec(text, names)
    return names


def code_of(again, model) -> str:
    """The source to which the function that makes the network again was added."""
    if model.notebook:
        cells = [one.source for one in again.notebooks[0].cells]
        return "from model import Net\nfrom config import *\n" + cells[-1]
    return next(one.text for one in again.sources if one.path == model.file)


@pytest.mark.parametrize("before, given", KNOWN)
def test_the_network_is_given_what_python_gives_it(before, given, tmp_path, monkeypatch):
    """Oracle: the submission's own code, run as ordinary Python."""
    one = submission(tmp_path, before, given)
    found = find(one)
    assert found.model.complete, found.model.why
    head = f"from model import Net\nfrom config import *\n{before}\nmodel = Net({given})"
    right = plain(executed(head, tmp_path, monkeypatch)["model"].given)
    again, changed = rebuilt(one, found)
    if changed.model.factory != BUILDER:
        assert plain((found.model.args, found.model.kwargs)) == right
        return
    made = executed(code_of(again, changed.model), tmp_path, monkeypatch)[BUILDER]()
    assert plain(made.given) == right


@pytest.mark.parametrize("before, given", DOUBTFUL)
def test_what_may_be_another_is_not_guessed(before, given, tmp_path):
    found = find(submission(tmp_path, before, given))
    assert not found.model.complete and found.model.why


@pytest.mark.parametrize("given", ["Lucky()", "Frozen(3), Lucky(width=9)", "Read()"])
def test_a_setting_that_only_a_run_knows_can_be_used_by_nothing(given, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "widths.txt").write_text("8\n")
    one = submission(tmp_path, "", given)
    again, changed = rebuilt(one, find(one))
    made = executed(code_of(again, changed.model), tmp_path, monkeypatch)[BUILDER]()
    (*_, last), _ = made.given
    open_name, known = ("widths", {}) if given == "Read()" else ("seed", {"width"})
    with pytest.raises(RuntimeError, match="known only when the code runs"):
        getattr(last, open_name)
    assert all(getattr(last, name) in (8, 9) for name in known)
    with pytest.raises(TypeError):
        range(vars(last)[open_name])


@pytest.mark.parametrize(
    "key", ["cls.__name__", "cls.__name__.lower()", "cls.__name__.lower().removesuffix('et')"]
)
def test_a_registry_by_the_names_of_classes(key, tmp_path):
    named = {"cls.__name__": "Net", "cls.__name__.lower()": "net"}.get(key, "n")
    zoo = NETWORK.replace("class Net", "@register\nclass Net").replace(
        "import nn\n",
        f"import nn\nMODELS = {{}}\ndef register(cls):\n    MODELS[{key}] = cls\n    return cls\n",
    )
    build_it = f"from model import MODELS\nmodel = MODELS['{named}'](width=3).to(device)\n"
    files = TIDY | {"model.py": zoo, "S9.ipynb": [IMPORTS, LOADERS, build_it, RUN]}
    assert str(find(build(tmp_path, files)).model) == "model.py:Net(width=3)"
