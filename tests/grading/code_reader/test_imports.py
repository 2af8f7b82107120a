"""An import leads to the same file of a submission when its code is read and when its network is executed."""

import pytest

from tests.grading.copied_process import in_a_copy
from tests.grading.first_attempt import find
from tests.grading.layouts import BUILD, IMPORTS, LOADERS, NETWORK, RUN, TIDY, build
from utils.grading.network import executed_network
from utils.grading.network.audit import architecture_audit
from utils.grading.network.rebuilt import rebuilt
from utils.grading.submission.module_files import ModuleFiles, Place

LAYER, NET = NETWORK.split("class Net(")
NET = "class Net(" + NET
IMPORTED = "import torch.nn as nn\n{}\n" + NET
NEW_BUILD = "model = Net().to(device)"


@pytest.fixture(autouse=True)
def children_begin_as_copies(monkeypatch):
    monkeypatch.setattr(executed_network, "run_isolated", in_a_copy)


def cells(line: str, *first: str) -> list:
    return [*first, IMPORTS, LOADERS, f"{line}\n{NEW_BUILD}", RUN]


# The files over the tidy ones; in each, Net is built of a Layer that another file holds.
LAYOUTS = {
    "a module beside it, relatively": {
        "zoo/__init__.py": "",
        "zoo/layers.py": LAYER,
        "zoo/net.py": IMPORTED.format("from .layers import Layer"),
        "S9.ipynb": cells("from zoo.net import Net"),
    },
    "relatively, in a folder without __init__.py": {
        "zoo/layers.py": LAYER,
        "zoo/net.py": IMPORTED.format("from .layers import Layer"),
        "S9.ipynb": cells("from zoo import net\nNet = net.Net"),
    },
    "one folder up": {
        "code9/common.py": LAYER,
        "code9/nets/net.py": IMPORTED.format("from ..common import Layer"),
        "S9.ipynb": cells("from code9.nets.net import Net"),
    },
    "the package itself": {
        "zoo/layers.py": LAYER,
        "zoo/net.py": IMPORTED.format("from . import layers\nLayer = layers.Layer"),
        "S9.ipynb": cells("from zoo.net import Net"),
    },
    "a package that hands on its names": {
        "zoo/__init__.py": "from .net import Net",
        "zoo/parts/__init__.py": "from .layers import *",
        "zoo/parts/layers.py": LAYER,
        "zoo/net.py": IMPORTED.format("from .parts import Layer"),
        "S9.ipynb": cells("import zoo\nNet = zoo.Net"),
    },
    "from the folder of sources and from above": {
        "src/common.py": LAYER,
        "src/nets/net.py": IMPORTED.format("from ..common import Layer"),
        "src/nets/__init__.py": "",
        "S9.ipynb": cells("from nets.net import Net", "import sys\nsys.path.append('src')"),
    },
    "another file of the same name on the way": {
        "layers.py": LAYER.replace("outside, 3", "outside, 5"),
        "zoo/layers.py": LAYER,
        "zoo/net.py": IMPORTED.format("from .layers import Layer"),
        "S9.ipynb": cells("from zoo.net import Net"),
    },
    "a folder of the repository that was cloned": {
        "kit/layers.py": LAYER,
        "kit/net.py": IMPORTED.format("from course.week.kit.layers import Layer"),
        "S9.ipynb": cells(
            "from course.week.kit.net import Net", "!git clone https://github.com/someone/course"
        ),
    },
    "a module of a package that was imported before, by a star": {
        "zoo/__init__.py": "",
        "zoo/layers.py": LAYER,
        "zoo/net.py": IMPORTED.format("from .layers import Layer"),
        "build.py": "from zoo import *\ndef built():\n    return net.Net()\n",
        "S9.ipynb": cells("import zoo.net\nfrom build import built\nNet = built"),
    },
    "the same from a folder, made by a function with a layer": {
        "zoo/layers.py": LAYER,
        "zoo/net.py": IMPORTED.format("from zoo.layers import Layer").replace('"bn"', "None"),
        "build.py": "from zoo import *\ndef built(norm):\n    return net.Net(norm=norm)\n",
        "S9.ipynb": cells(
            "from zoo import net\nfrom build import built\nNet = lambda: built(nn.BatchNorm2d)"
        ),
    },
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_network_is_read_and_executed(layout, tmp_path):
    submission = build(tmp_path, TIDY | {"model.py": None} | LAYOUTS[layout])
    submission, found = rebuilt(submission, find(submission))
    assert found.model is not None, found.why
    audit = architecture_audit(submission, found, True)
    assert audit.facts["parameters"].value == 3 * 8 * 9 + 8 + 8 * 10 * 9 + 10, audit.facts[
        "parameters"
    ].why


def test_a_star_brings_no_module_that_was_not_imported(tmp_path):
    files = {
        "model.py": None,
        "zoo/net.py": NETWORK,
        "build.py": "from zoo import *\ndef built():\n    return net.Net()\n",
    }
    cells = [IMPORTS, LOADERS, "from build import built\nmodel = built()", RUN]
    found = find(build(tmp_path, TIDY | files | {"S9.ipynb": cells}))
    assert found.model is None or "no code was found that builds it" in found.why


def test_a_folder_counts_only_where_no_module_has_the_name():
    files = ModuleFiles({"models/old.py": "", "src/models.py": ""}, ["", "src"])
    assert files.find("models") == Place("src/models.py", False)
    assert files.find("models.old") == Place("models/old.py", False)


@pytest.mark.parametrize(
    "package, level, name, path",
    [
        ("a/b", 1, "c", "a/b/c.py"),
        ("a/b", 2, "d", "a/d.py"),
        ("a/b", 2, "", "a/__init__.py"),
        ("a", 3, "e", None),
        ("a", 2, "e", "e.py"),
        ("", 1, "e", "e.py"),
        ("", 2, "e", None),
    ],
)
def test_relative_imports(package, level, name, path):
    files = ModuleFiles(dict.fromkeys(("a/__init__.py", "a/d.py", "a/b/c.py", "e.py"), ""), [""])
    found = files.find(name, package, level)
    assert (found and found.path) == path


def test_the_tidy_layout_is_executed(tmp_path):
    submission = build(tmp_path, TIDY | {"S9.ipynb": [IMPORTS, LOADERS, BUILD, RUN]})
    assert (
        architecture_audit(submission, find(submission), True).facts["parameters"].value is not None
    )
