"""Whether the notebook imports its network, its transforms and its loops is read from its own code."""

import pytest

from tests.grading.first_attempt import find
from tests.grading.layouts import (
    BUILD,
    IMPORTS,
    LOADERS,
    LOG,
    LOOPS,
    NETWORK,
    PIPELINE,
    RUN,
    TIDY,
    build,
)
from utils.grading.program.modularity import modularity

PARTS = ("model_imported", "transforms_imported", "loops_imported")
NO_IMPORT = RUN[0].replace("from engine import train, test", "")
BARE_LOOP = """
optimizer = optim.SGD(model.parameters(), lr=0.01)
for epoch in range(5):
    for images, labels in train_loader:
        loss = nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
"""
STEPS = """
def train_step(model, batch, optimizer):
    loss = model(batch[0]).mean()
    loss.backward()
    optimizer.step()
    return loss
"""
LOOP_OVER_STEPS = """
from engine import train_step
optimizer = optim.SGD(model.parameters(), lr=0.01)
for epoch in range(5):
    for batch in train_loader:
        train_step(model, batch, optimizer)
"""
IN_NOTEBOOK = [
    PIPELINE,
    "from data import get_loaders\ntrain_loader, test_loader = get_loaders(train_transforms, test_transforms)",
]
HELPERS = """
import matplotlib.pyplot as plt
def show(images):
    plt.imshow(images)
class Meter:
    def __init__(self):
        self.n = 0
"""
GROWN = """
def grown():
    net = Net()
    net.body.append(nn.Conv2d(10, 10, 1))
    return net
model = grown()
"""
LIGHTNING = """
import pytorch_lightning as pl
from lit import LitNet
trainer = pl.Trainer(max_epochs=20)
model = LitNet()
trainer.fit(model, train_loader, test_loader)
"""
LIT = """
import torch
import pytorch_lightning as pl
class LitNet(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Conv2d(3, 10, 3)
    def training_step(self, batch, index):
        return self.layer(batch[0]).mean()
"""

OWN_LOOPS = IMPORTS + LOADERS + BUILD + BARE_LOOP

# The files over the tidy ones, the verdict, and what of model, transforms and loops is imported.
CASES = {
    "all imported": ({}, True, (True, True, True)),
    "all imported, with helpers in the notebook": (
        {"S9.ipynb": [IMPORTS, HELPERS, LOADERS, BUILD, RUN]},
        True,
        (True, True, True),
    ),
    "the model in the notebook": (
        {"S9.ipynb": [IMPORTS, LOADERS, NETWORK, "model = Net()", RUN]},
        False,
        (False, True, True),
    ),
    "the model in the notebook although a module has it": (
        {"S9.ipynb": [IMPORTS, LOADERS, "from model import *", NETWORK, "model = Net()", RUN]},
        False,
        (False, True, True),
    ),
    "the transforms in the notebook": (
        {"S9.ipynb": [IMPORTS, *IN_NOTEBOOK, BUILD, RUN]},
        False,
        (True, False, True),
    ),
    "the loops in the notebook": (
        {"S9.ipynb": [IMPORTS, LOADERS, BUILD, LOOPS, (NO_IMPORT, LOG)]},
        False,
        (True, True, False),
    ),
    "a bare loop in the notebook": (
        {"S9.ipynb": [IMPORTS, LOADERS, BUILD, (BARE_LOOP, LOG)]},
        False,
        (True, True, False),
    ),
    "everything in the notebook": (
        {"S9.ipynb": [IMPORTS, *IN_NOTEBOOK, NETWORK, LOOPS, "model = Net()", (NO_IMPORT, LOG)]},
        False,
        (False, False, False),
    ),
    "a loop over imported steps": (
        {"engine.py": STEPS, "S9.ipynb": [IMPORTS, LOADERS, BUILD, (LOOP_OVER_STEPS, LOG)]},
        True,
        (True, True, True),
    ),
    "one missing module is imported": ({"model.py": None}, True, (True, True, True)),
    "all modules are missing": (
        {"model.py": None, "engine.py": None, "transforms.py": None, "data.py": None},
        None,
        (None, None, None),
    ),
    "a function in the notebook changes the imported network": (
        {"S9.ipynb": [IMPORTS, LOADERS, "from model import Net", GROWN, RUN]},
        None,
        (None, True, True),
    ),
    "a trainer of Lightning": (
        {"lit.py": LIT, "S9.ipynb": [IMPORTS, LOADERS, (LIGHTNING, LOG)]},
        True,
        (True, True, True),
    ),
    "no code": ({name: None for name in TIDY} | {"README.md": "86 %"}, None, (None, None, None)),
    "no transforms at all": (
        {"transforms.py": "train_transforms = test_transforms = None\n"},
        None,
        (True, None, True),
    ),
    "scripts that import": (
        {"S9.ipynb": None, "main.py": IMPORTS + LOADERS + BUILD + RUN[0]},
        True,
        (True, True, True),
    ),
    "one script of everything": (
        {
            "S9.ipynb": None,
            "main.py": IMPORTS
            + PIPELINE
            + NETWORK
            + LOOPS
            + LOADERS.replace("from transforms import train_transforms, test_transforms", "")
            + "model = Net()\n"
            + NO_IMPORT,
        },
        False,
        (False, False, True),
    ),
    "a script that holds its loops": (
        {"S9.ipynb": None, "main.py": OWN_LOOPS},
        True,
        (True, True, True),
    ),
    "a script with loops in functions, behind a guard": (
        {
            "S9.ipynb": None,
            "engine.py": None,
            "fit_network.py": IMPORTS + LOADERS + BUILD + LOOPS + "if __name__ == '__main__':\n    "
            "train(model, device, train_loader, optim.SGD(model.parameters(), lr=0.1), nn.CrossEntropyLoss())\n",
        },
        True,
        (True, True, True),
    ),
    "a script that puts its transforms together": (
        {
            "S9.ipynb": None,
            "main.py": OWN_LOOPS.replace(
                "from transforms import train_transforms, test_transforms", PIPELINE
            ),
        },
        False,
        (True, False, True),
    ),
    "a notebook that starts a script which holds its loops": (
        {"main.py": OWN_LOOPS, "S9.ipynb": [("!python main.py", LOG)]},
        True,
        (True, True, True),
    ),
    "a notebook that starts a script of everything": (
        {
            "work/main.py": OWN_LOOPS.replace("from model import Net", NETWORK),
            "S9.ipynb": [
                "import torch",
                ("!cd work && python -u main.py --epochs 20 | tee log.txt", LOG),
            ],
        },
        False,
        (False, True, True),
    ),
    "a notebook that runs a module and trains itself": (
        {"S9.ipynb": ["%run model.py", IMPORTS, LOADERS, "model = Net().to(device)", RUN]},
        True,
        (True, True, True),
    ),
    "steps of a module put together in the notebook": (
        {
            "transforms.py": PIPELINE.replace(
                "train_transforms = A.Compose([", "steps = [", 1
            ).replace("])\nt", "]\nt"),
            "S9.ipynb": [
                IMPORTS,
                LOADERS.replace(
                    "import train_transforms,",
                    "import steps,",
                ).replace(
                    "train_loader,",
                    "import albumentations as A\ntrain_transforms = A.Compose(steps)\ntrain_loader,",
                ),
                BUILD,
                RUN,
            ],
        },
        False,
        (True, False, True),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_case(case, tmp_path):
    files, modular, parts = CASES[case]
    submission = build(tmp_path, TIDY | files)
    facts = modularity(submission, find(submission)).facts
    assert tuple(facts[name].value for name in PARTS) == parts, [facts[name].why for name in PARTS]
    assert facts["modular"].value is modular
    assert facts["modular"].why


def test_a_failure_points_at_the_cell(tmp_path):
    submission = build(
        tmp_path,
        TIDY | {"S9.ipynb": ["#md # Nine", IMPORTS, LOADERS, NETWORK, "model = Net()", RUN]},
    )
    place = modularity(submission, find(submission)).facts["modular"].evidence[0]
    assert (place.notebook, place.cell) == ("S9.ipynb", 3)


REMARKS = {
    "what is defined twice": (
        {"S9.ipynb": [IMPORTS, LOADERS, "from model import *", NETWORK, "model = Net()", RUN]},
        "Net are defined in model.py",
    ),
    "a loop over epochs": ({}, "loop over epochs is in S9.ipynb"),
}


@pytest.mark.parametrize("kind", REMARKS)
def test_remark(kind, tmp_path):
    files, said = REMARKS[kind]
    submission = build(tmp_path, TIDY | files)
    assert any(said in warning for warning in modularity(submission, find(submission)).warnings)


def test_no_remark_where_the_epochs_are_looped_over_in_a_module(tmp_path):
    fit = (
        LOOPS
        + "\ndef fit(model, loader, optimizer):\n    for epoch in range(9):\n"
        + "        train(model, 'cpu', loader, optimizer, print)\n"
    )
    cells = [
        IMPORTS,
        LOADERS,
        BUILD,
        (
            "from engine import fit\nfit(model, train_loader, optim.SGD(model.parameters(), lr=0.1))",
            LOG,
        ),
    ]
    submission = build(tmp_path, TIDY | {"engine.py": fit, "S9.ipynb": cells})
    audit = modularity(submission, find(submission))
    assert (audit.facts["modular"].value, audit.warnings) == (True, ())


@pytest.mark.parametrize(
    "script", [OWN_LOOPS, OWN_LOOPS.replace("from model import Net", NETWORK), "x = 1\n"]
)
def test_a_notebook_that_cannot_be_read_is_no_failure(script, tmp_path):
    submission = build(tmp_path, TIDY | {"S9.ipynb": "{ broken", "main.py": script})
    facts = modularity(submission, find(submission)).facts
    assert facts["modular"].value is (True if script == OWN_LOOPS else None)


TWICE = OWN_LOOPS.replace("from model import Net", "from model import *\n" + NETWORK)


@pytest.mark.parametrize("script", [OWN_LOOPS, TWICE])
def test_nothing_is_said_of_a_notebook_where_there_is_none(script, tmp_path):
    submission = build(tmp_path, TIDY | {"S9.ipynb": None, "main.py": script})
    audit = modularity(submission, find(submission))
    assert "notebook" not in " ".join(
        [*(fact.why for fact in audit.facts.values()), *audit.warnings]
    )
