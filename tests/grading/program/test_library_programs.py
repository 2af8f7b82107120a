"""Programs in which a library has the loops, a file or a registry says what the network is, or a function wraps another."""

import pytest

from tests.grading.copied_process import in_a_copy
from tests.grading.first_attempt import find
from utils.grading.code_reader.training_code import script_readings
from utils.grading.network import executed_network
from utils.grading.network.audit import architecture_audit
from utils.grading.network.rebuilt import rebuilt
from utils.grading.program.modularity import modularity
from utils.grading.submission.contents import read_submission

LAYERS = """
import json, os, torch
from pathlib import Path
from torch import nn
KINDS = {}
def kind(name):
    def keep(make):
        KINDS[name] = make
        return make
    return keep
@kind("conv")
def _(i, o): return nn.Conv2d(i, o, 3, padding=1)
@kind("wide")
def _(i, o): return nn.Conv2d(i, o, 5, padding=2)
def network(spec):
    body = [KINDS[name](i, o) for name, i, o in spec]
    return nn.Sequential(*body, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10))
"""
SPEC = '[["conv", 3, 8], ["wide", 8, 8]]'
COUNT, FIELD = 3 * 9 * 8 + 8 + 8 * 25 * 8 + 8 + 90, 7
DATA = """
import torchvision
from torch.utils.data import DataLoader
loader = DataLoader(torchvision.datasets.CIFAR10("data", train=True), 128)
"""
LOOP = """
from torch import optim
from torch.nn.functional import cross_entropy
optimizer = optim.SGD(model.parameters(), lr=0.1)
for x, y in loader:
    cross_entropy(model(x), y).backward()
    optimizer.step()
"""
HERE = "ROOT = Path(__file__).resolve().parent\n"
BUILD = "def build({}): return network(json.loads({}))\n"
TRAIN = f"from data import loader\nfrom net import build\nmodel = build()\n{LOOP}"
READ = {
    "by a Path": HERE + BUILD.format("", "(ROOT / 'conf' / 'net.json').read_text()"),
    "by parents": BUILD.format(
        "", "Path(__file__).parents[0].joinpath('conf', 'net.json').open().read()"
    ),
    "by os.path": "ROOT = os.path.dirname(os.path.abspath(__file__))\n"
    + BUILD.format("", "open(os.path.join(ROOT, 'conf', 'net.json')).read()"),
    "by a text": "ROOT = os.path.dirname(os.path.realpath(__file__))\n"
    + BUILD.format("", "open(f'{ROOT}/conf/net.json').read()"),
    "by str": HERE + BUILD.format("", "open(str(ROOT) + '/conf/net.json', 'rb').read()"),
    "from where it starts": BUILD.format("", "open('conf/net.json').read()"),
    "from there by a Path": BUILD.format("", "Path('conf/net.json').read_text()"),
    "by an argument": HERE
    + BUILD.format("path=ROOT / 'conf' / 'net.json'", "Path(path).read_text()"),
    "if it is there": HERE
    + "PATH = ROOT / 'conf' / 'net.json'\n"
    + BUILD.format("", "PATH.read_text() if PATH.exists() else '[]'"),
}
LOOKING = {
    "its folder": "'me' in str(ROOT)",
    "the name of its folder": "ROOT.name == 'me'",
    "where that is": "ROOT == Path('/content')",
    "a text of it": "f'{ROOT}'.startswith('/content')",
    "a file that was not handed in": "(ROOT / 'mine.json').exists()",
    "a folder": "ROOT.is_dir()",
    "what lies there": "len(list(ROOT.glob('*')))",
    "above": "(ROOT.parent / 'x.json').exists()",
    "its type": "type(ROOT.name) is str",
}


@pytest.fixture(autouse=True)
def children_begin_as_copies(monkeypatch):
    monkeypatch.setattr(executed_network, "run_isolated", in_a_copy)


def submitted(tmp_path, **files: str):
    for name, text in {"data.py": DATA, "net.py": LAYERS, **files}.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text)
    return read_submission(tmp_path)


def facts(tmp_path, **files: str):
    submission = submitted(tmp_path, **files)
    return architecture_audit(*rebuilt(submission, find(submission)), True).facts


def is_known(found) -> bool:
    assert found["parameters"].value in (None, COUNT), found["parameters"]
    return (found["parameters"].value, found["receptive_field"].value) == (COUNT, FIELD)


@pytest.mark.parametrize("how", READ)
def test_a_network_may_read_a_file_that_was_handed_in(how, tmp_path):
    files = {"net.py": LAYERS + READ[how], "conf/net.json": SPEC, "train.py": TRAIN}
    found = facts(tmp_path, **files)
    assert is_known(found), found["parameters"].why


@pytest.mark.parametrize("what", LOOKING)
def test_where_its_file_lies_decides_nothing(what, tmp_path):
    build = HERE + BUILD.format("", f"(ROOT / 'net.json').read_text() if {LOOKING[what]} else '[]'")
    found = facts(tmp_path, **{"net.py": LAYERS + build, "net.json": SPEC, "train.py": TRAIN})
    assert found["parameters"].value is None and "looks where it is" in found["parameters"].why


def test_a_file_that_the_program_writes_is_not_read(tmp_path):
    write = "open('conf/net.json', 'w').write('[]')\n"
    build = LAYERS + READ["by a Path"]
    files = {"net.py": build, "conf/net.json": SPEC, "train.py": write + TRAIN}
    assert facts(tmp_path, **files)["parameters"].value is None


@pytest.mark.parametrize(
    "path",
    [
        "sys.argv[1] if len(sys.argv) > 1 else 'conf/net.json'",
        "(lambda path='conf/net.json': path)(*sys.argv[1:2])",
        "os.path.join(os.path.dirname(__file__), 'conf', 'net.json')",
        "Path(__file__).resolve().parent / 'conf' / 'net.json'",
    ],
)
def test_the_program_reads_the_file(path, tmp_path):
    train = (
        "import json, os, sys\nfrom pathlib import Path\nfrom data import loader\n"
        f"from net import network\nmodel = network(json.load(open({path})))\n{LOOP}"
    )
    assert is_known(facts(tmp_path, **{"conf/net.json": SPEC, "train.py": train}))


ELSEWHERE = {
    "by the decorator": "@kind('conv')\ndef mine(i, o): return nn.Conv2d(i, o, 1)\n",
    "by a call": "kind('conv')(lambda i, o: nn.Conv2d(i, o, 1))\n",
    "by hand": "KINDS['conv'] = lambda i, o: nn.Conv2d(i, o, 1)\n",
    "in a function": "def more():\n    @kind('conv')\n    def mine(i, o): return nn.Conv2d(i, o, 1)\nmore()\n",
}


@pytest.mark.parametrize("how", ELSEWHERE)
def test_what_the_program_registers_itself_is_a_doubt(how, tmp_path):
    build = LAYERS + f"def build(): return network({SPEC})\n"
    train = "from torch import nn\nfrom net import KINDS, kind\n" + ELSEWHERE[how] + TRAIN
    assert is_known(facts(tmp_path / "plain", **{"net.py": build, "train.py": TRAIN}))
    assert (
        facts(tmp_path / "other", **{"net.py": build, "train.py": train})["parameters"].value
        is None
    )


TOLD = """
from torch import nn
KINDS = {}
class Layer(nn.Module):
    def __init_subclass__(cls, name, **kwargs):
        super().__init_subclass__(**kwargs)
        KINDS[name] = cls
    def __init__(self, i, o):
        super().__init__()
        self.layer = nn.Conv2d(i, o, self.size, padding=self.size // 2)
    def forward(self, x):
        return self.layer(x)
class Conv(Layer, name="conv"):
    size = 3
class Wide(Layer, name="wide"):
    size = 5
class Net(nn.Module):
    def __init__(self, spec):
        super().__init__()
        self.body = nn.Sequential(*[KINDS[name](i, o) for name, i, o in spec])
        self.head = nn.Linear(8, 10)
    def forward(self, x):
        return self.head(self.body(x).mean((2, 3)))
"""


def test_classes_that_are_entered_by_inheriting_are_there(tmp_path):
    train = f"from data import loader\nfrom net import Net\nmodel = Net({SPEC})\n{LOOP}"
    other = train.replace("model =", "class Mine(Conv, name='conv'): size = 1\nmodel =")
    other = other.replace("import Net", "import Conv, Net")
    assert is_known(facts(tmp_path / "plain", **{"net.py": TOLD, "train.py": train}))
    assert (
        facts(tmp_path / "other", **{"net.py": TOLD, "train.py": other})["parameters"].value is None
    )


WRAPPED = """
from functools import wraps
from torch import nn
def module(layers):
    @wraps(layers)
    def make(*args, **kwargs):
        return nn.Sequential(*layers(*args, **kwargs))
    return make
@module
def body():
    yield nn.Conv2d(3, 8, 3, padding=1)
    yield nn.Conv2d(8, 8, 5, padding=2)
@module
def build():
    yield from (body(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10))
"""
LIT = """
{imports}
import torch
from torch import nn
from torchmetrics import Accuracy, MetricCollection
class Lit(L.LightningModule):
    def __init__(self, {given}):
        super().__init__()
        self.save_hyperparameters(ignore=["net"])
        self.net = {net}
        metrics = MetricCollection({{"acc": Accuracy(task="multiclass", num_classes=10)}})
        self.metrics = nn.ModuleDict({{one: metrics.clone(prefix=one) for one in ("train_", "val_")}})
{forward}
    def training_step(self, batch, number):
        x, y = batch
        return nn.functional.cross_entropy(self.net(x), y)
"""
FORWARD = "    def forward(self, x): return self.net(x)\n"
BY_TRY = "try:\n    import lightning as L\nexcept ImportError:\n    import pytorch_lightning as L"
LITS = {
    "a network that is given": ("import lightning as L", "net", "net", FORWARD, "Lit(build())"),
    "settings": (
        "import lightning.pytorch as L",
        "width=8, lr=0.1",
        "build() if self.hparams.width == 8 else None",
        FORWARD,
        "Lit()",
    ),
    "no forward": ("import pytorch_lightning as L", "lr=0.1", "build()", "", "Lit()"),
    "either of two names": (BY_TRY, "lr=0.1", "build()", FORWARD, "Lit(lr=0.2)"),
}


@pytest.mark.parametrize("kind", LITS)
def test_lightning_need_not_be_installed(kind, tmp_path):
    imports, given, net, forward, made = LITS[kind]
    lit = LIT.format(imports=imports, given=given, net=net, forward=forward)
    train = "import lightning as L\nfrom data import loader\nfrom net import build\nfrom lit import Lit\n"
    train += f"L.Trainer(max_epochs=9).fit({made}, loader)\n"
    files = {"net.py": WRAPPED, "lit.py": "from net import build\n" + lit, "train.py": train}
    found = facts(tmp_path, **files)
    assert is_known(found), found["parameters"].why


def test_a_wrapped_function_and_what_it_yields_are_followed(tmp_path):
    assert is_known(facts(tmp_path, **{"net.py": WRAPPED, "train.py": TRAIN}))


TRAINERS = {
    "Ignite": "from ignite.engine import create_supervised_trainer\n"
    "create_supervised_trainer(model, None, None).run(loader)\n",
    "Transformers": "from transformers import Trainer\nclass Mine(Trainer): pass\n"
    "Mine(model=model, train_dataset=loader.dataset).train()\n",
    "Composer": "from composer import Trainer\nTrainer(model=model).fit()\n",
    "Lightning": "from pytorch_lightning import Trainer\nTrainer().fit(model, loader)\n",
}
HOOKS = {
    "a method": "def train_dataloader(self, size=64)",
    "a static method": "@staticmethod\n    def train_dataloader(size=64)",
}
STEP = """
from ignite.engine import Engine, create_supervised_evaluator
def step(engine, batch):
    x, y = batch
    {}
{}(step).run(loader)
"""


@pytest.mark.parametrize("library", TRAINERS)
def test_a_library_trains(library, tmp_path):
    build = "def build(): return network([])\n"
    train = f"from data import loader\nfrom net import build\nmodel = build()\n{TRAINERS[library]}"
    submission = submitted(tmp_path, **{"net.py": LAYERS + build, "train.py": train})
    found = find(submission)
    assert modularity(submission, found).facts["loops_imported"].value is True
    assert found.model.factory == "build"


@pytest.mark.parametrize("kind", HOOKS)
def test_lightning_calls_a_hook_as_it_is_defined(kind, tmp_path):
    train = "import lightning as L\nfrom data import DataLoader\nclass Lit(L.LightningModule):\n"
    train += f"    {HOOKS[kind]}: return DataLoader([], size)\nL.Trainer().fit(Lit())\n"
    (reader,) = script_readings(submitted(tmp_path, **{"train.py": train}))
    assert 64 in [made.args[1] for made in reader.made if made.last == "DataLoader"]


@pytest.mark.parametrize(
    "does, engine, trains",
    [
        ("model(x).sum().backward()", "Engine", True),
        ("model(x)", "Engine", False),
        ("model(x)", "create_supervised_evaluator", False),
    ],
)
def test_an_engine_trains_if_its_function_does(does, engine, trains, tmp_path):
    build = "def build(): return network([])\n"
    train = "from data import loader\nfrom net import build\nmodel = build()\n"
    train += STEP.format(does, engine)
    submission = submitted(tmp_path, **{"net.py": LAYERS + build, "train.py": train})
    found = modularity(submission, find(submission)).facts["loops_imported"].value
    assert (found is True) == trains and script_readings(submission)
