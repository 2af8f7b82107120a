"""Networks that are complete only after their first image, or that cannot be executed: what the architecture audit says."""

from pathlib import Path

import pytest

from tests.grading.copied_process import in_a_copy
from utils.grading.facts import Evidence
from utils.grading.network import executed_network
from utils.grading.network.audit import architecture_audit
from utils.grading.program.attempts import Attempt
from utils.grading.program.finding import ModelReference
from utils.grading.submission.contents import Submission, TextFile

NETWORK = """
import torch
from torch import nn
import torch.nn.functional as F

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.head = nn.Conv2d(3, 8, 3, padding=1), nn.Linear(8, 10)

    def forward(self, x):
        x = F.relu(self.conv(x))
        return F.log_softmax(self.head(x.mean((2, 3))), 1)
"""
LATE = """        if not hasattr(self, "late"):
            self.late = nn.Conv2d(3, 3, 5, padding=2)
        x = self.late(x)
        x = F.relu"""
FAR = """        self.far = nn.Conv2d(8, 8, 3, dilation=2)
        self.kernels = nn.ParameterDict({{"far": nn.Parameter(torch.randn(8, 8, 3, 3))}})

    def forward(self, x):
        x = F.relu(self.conv(x))
        x = {}
        return self.head(x.mean((2, 3)))

    def unused(self, x):"""


@pytest.fixture(autouse=True)
def children_begin_as_copies(monkeypatch):
    monkeypatch.setattr(executed_network, "run_isolated", in_a_copy)


def audit(tmp_path, old: str, new: str):
    assert NETWORK.count(old) == 1
    text = NETWORK.replace(old, new)
    submission = Submission(tmp_path, sources=(TextFile("model.py", text),))
    model = ModelReference(Evidence("model.py", 6), "Net", "model.py")
    return architecture_audit(submission, Attempt("", None, model=model), True)


@pytest.mark.parametrize(
    "old, new, parameters, field",
    [
        ("nn.Linear(8, 10)", "nn.LazyLinear(10)", 224 + 90, 3),
        ("nn.Conv2d(3, 8, 3, ", "nn.LazyConv2d(8, 3, ", 224 + 90, 3),
        ("        x = F.relu", LATE, 224 + 90 + 228, 7),
    ],
)
def test_what_is_built_by_the_first_image_counts(tmp_path, old, new, parameters, field):
    facts = audit(tmp_path, old, new).facts
    assert (facts["parameters"].value, facts["receptive_field"].value) == (parameters, field)


def test_a_missing_package_is_named_first_and_the_reason_said_once(tmp_path):
    result = audit(
        tmp_path,
        "x = F.relu(self.conv(x))",
        "import einops\n        x = self.conv(einops.rearrange(x, 'b'))",
    )
    assert {fact.value for fact in result.facts.values()} == {None}
    reasons = {fact.why for fact in result.facts.values()}
    assert reasons == {"the network cannot be executed; the remarks say why"}
    assert "executed: NotInstalled: einops is not installed here" in result.warnings[0]


def test_a_short_reason_stands_beside_each_fact(tmp_path):
    result = audit(tmp_path, "x = F.relu(self.conv(x))", "raise ValueError('no')")
    assert {fact.why for fact in result.facts.values()} == {
        "the network cannot be executed: ValueError: no"
    }


@pytest.mark.parametrize(
    "layer, name",
    [
        ("self.far(x)", "far (Conv2d 3×3 dilation 2)"),
        ("F.conv2d(x, self.kernels['far'], dilation=2)", "kernels.far (Conv2d"),
    ],
)
def test_the_layers_are_named(tmp_path, layer, name):
    result = audit(tmp_path, "\n    def forward(self, x):", FAR.format(layer))
    assert f"dilated: {name}" in "".join(result.warnings)


SMALLER = """from torch import nn
import torch.nn.functional as F

class Smaller(nn.Module):
    def forward(self, x):
        return F.interpolate(x, scale_factor=0.5)
"""


@pytest.mark.parametrize(
    "copies, words",
    [
        ((), "2.smaller (Smaller) is not known (line 4 of parts/smaller.py)"),
        (("drafts/old.py",), "2.smaller (Smaller) is not known"),
    ],
)
def test_what_is_given_up_names_the_module_and_where_its_class_stands(copies, words):
    network = (
        "from collections import OrderedDict\nfrom parts.smaller import Smaller\n" + NETWORK
    ).replace(
        "nn.Conv2d(3, 8, 3, padding=1),",
        "nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Sequential("
        "OrderedDict(smaller=Smaller()))),",
    )
    sources = [TextFile(path, SMALLER) for path in ("parts/smaller.py", *copies)]
    submission = Submission(Path("submission"), sources=(TextFile("model.py", network), *sources))
    found = Attempt("", None, model=ModelReference(Evidence("model.py", 8), "Net", "model.py"))
    facts = architecture_audit(submission, found, run=True).facts
    assert facts["receptive_field"].why.endswith(words), facts["receptive_field"].why
