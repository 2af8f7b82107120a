"""Of a stranger's module only what a wanted name is made of is executed."""

import ast

import pytest

from utils.grading.sandbox.definitions import DefinedModule, Definitions
from utils.grading.sandbox.stand_ins import StandIn, StandInModule
from utils.grading.submission.module_files import ModuleFiles

SCRIPT = """
import math, os
from functools import partial
ran = []
WIDTH = 4
HALF, (REST, *_) = WIDTH // 2, (1, 2)
device = explode("called at the top level")
def helper(x):
    return math.sqrt(x) + WIDTH
class Base:
    size = HALF
@partial(lambda cls: cls)
class Net(Base):
    def forward(self, x, device=None):
        return [helper(x) for ran in range(2)]
class Unused(Missing):
    pass
def train():
    return Net, device
if WIDTH > 3:
    MODE = "wide"
else:
    MODE = "narrow"
try:
    import nowhere_at_all
    FALLBACK = False
except ImportError:
    FALLBACK = True
for epoch in range(10):
    ran.append(train())
    LOOPED = 1
with open("/nonexistent") as file:
    READ = file
if __name__ == "__main__":
    MAIN = 1
class Net2:
    version = 1
class Net2:
    version = 2
"""


def definitions(text=SCRIPT):
    problems = []
    made = Definitions(ast.parse(text).body, {"__name__": "net"}, "net.py", problems)
    return made, problems


def test_a_class_comes_with_what_it_reads_and_nothing_else():
    made, problems = definitions()
    assert made.need("Net") and made.namespace["Net"]().forward(9) == [7.0, 7.0]
    assert {"Net", "Base", "helper", "WIDTH", "HALF", "math", "partial"} <= set(made.namespace)
    assert not {"train", "device", "Unused", "ran", "epoch"} & set(made.namespace) and not problems


@pytest.mark.parametrize(
    "name, value", [("MODE", "wide"), ("FALLBACK", True), ("REST", 1), ("HALF", 2)]
)
def test_constants(name, value):
    made, _ = definitions()
    assert made.need(name) and made.namespace[name] == value


@pytest.mark.parametrize("name", ["LOOPED", "READ", "MAIN", "epoch", "missing"])
def test_what_only_a_script_would_make_does_not_exist(name):
    made, _ = definitions()
    assert not made.need(name)


def test_what_fails_on_the_way_is_remembered():
    made, problems = definitions()
    assert (
        not made.need("device") and "device in net.py could not be made (NameError" in problems[0]
    )
    with pytest.raises(NameError):
        made.need("Unused")


def test_of_several_definitions_the_last_or_the_chosen():
    made, _ = definitions()
    made.need("Net2")
    assert made.namespace["Net2"].version == 2
    line = SCRIPT[: SCRIPT.index("class Net2")].count("\n") + 1
    made, _ = definitions()
    made.need("Net2", lambda statement: statement.lineno == line)
    assert made.namespace["Net2"].version == 1


def test_a_module_makes_its_names_when_asked():
    module = DefinedModule("net")
    module.define(Definitions(ast.parse(SCRIPT).body, module.__dict__, "net.py", []))
    assert module.Net2.version == 2 and "helper" not in module.__dict__ and module.helper(4) == 6
    with pytest.raises(AttributeError, match="no attribute 'LOOPED'"):
        module.LOOPED  # noqa: B018


def test_stand_ins_can_be_used_and_do_nothing():
    package = StandInModule("torch_lr_finder")
    finder = package.LRFinder(1, device="cuda")
    assert isinstance(finder, StandIn) and isinstance(finder.plot(), StandIn)

    @package.decorate
    def kept():
        return 1

    class Inherits(package.Base):
        pass

    assert kept() == 1 and Inherits.__mro__ == (Inherits, object)
    assert issubclass(package.LightningModule, object) and "log" in dir(package.LightningModule)


@pytest.mark.parametrize(
    "file, roots, name",
    [
        ("model.py", ["", ""], "model"),
        ("models/net.py", [""], "models.net"),
        ("src/models/net.py", ["src", ""], "models.net"),
        ("models/__init__.py", [""], "models"),
        ("a/b/net.py", ["a/b", "a", ""], "net"),
        ("my net.py", [""], "my net"),
    ],
)
def test_module_names(file, roots, name):
    assert ModuleFiles({file: ""}, roots).name_of(file) == name
