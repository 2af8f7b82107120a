"""Of the training images a part may be held out for validation, with the transforms of the test: it is not trained on."""

import pytest

from tests.grading.first_attempt import find
from tests.grading.layouts import BUILD, DATA, IMPORTS, LOADERS, RUN, TIDY, build
from utils.grading.augmentation.audit import transforms_audit

FLIP = "horizontal_flip"
PREPARED = "from {0} import {1}\nrunner = {1}()\nmodel, train_loader, test_loader = {2}\n"
SPLIT = """
from torch.utils.data import DataLoader, Subset

def get_loaders(train_transforms, test_transforms):
    {0} = DataLoader(Subset(Images(transform=train_transforms), range(45_000)), 128{2})
    {1} = DataLoader(Subset(Images(transform=test_transforms), range(45_000, 50_000)), 128)
    return {0}, {1}
"""
LIGHTNING = """
import lightning as L
from torch.utils.data import DataLoader, Subset
from transforms import train_transforms, test_transforms

class Pictures(L.LightningDataModule):
    def setup(self, stage=None):
        self.{0} = Subset(Images(transform=train_transforms), range(45_000))
        self.{1} = Subset(Images(transform=test_transforms), range(45_000, 50_000))

    def train_dataloader(self):
        return DataLoader(self.{0}, 128)

    def val_dataloader(self):
        return DataLoader(self.{1}, 128)
"""


def flip(folder, data, prepared):
    cells = [IMPORTS, LOADERS, BUILD, prepared, RUN]
    submission = build(folder, TIDY | {"data.py": DATA + data, "S9.ipynb": cells})
    return transforms_audit(submission, find(submission)).facts[FLIP]


@pytest.mark.parametrize(
    "prepared",
    [
        PREPARED.format(
            "accelerate", "Accelerator", "runner.prepare(model, train_loader, test_loader)"
        ),
        PREPARED.format(
            "lightning.fabric",
            "Fabric",
            "(model, *runner.setup_dataloaders(train_loader, test_loader))",
        ),
        PREPARED.format("ghost", "Runner", "runner.hidden(model, train_loader, test_loader)"),
    ],
)
@pytest.mark.parametrize("names", [("train_part", "val_part"), ("one", "two")])
def test_the_part_that_is_trained_on_is_judged(prepared, names, tmp_path):
    fact = flip(tmp_path, SPLIT.format(*names, ", shuffle=True"), prepared)
    assert fact.value is True, fact


SHOWN = """
from torch.utils.data import DataLoader

def get_loaders(train_transforms, test_transforms):
    shown = DataLoader(Images(transform=test_transforms), 16, shuffle=True)
    train = DataLoader(Images(transform=train_transforms), 128{0})
    return train, DataLoader(Images(train=False, transform=test_transforms), 128)
"""


@pytest.mark.parametrize("order", ["", ", True", ", shuffle=True", ", **ghost()"])
def test_images_that_are_only_shown_are_not_judged(order, tmp_path):
    hidden = PREPARED.format("ghost", "Runner", "runner.hidden(model, train_loader, test_loader)")
    fact = flip(tmp_path, "import ghost\n" + SHOWN.format(order), hidden)
    assert fact.value is True, fact


def test_of_two_parts_that_nothing_tells_apart_neither_is_judged(tmp_path):
    loaders = LOADERS.replace("train_loader, test_loader", "first, second")
    run = RUN[0].replace("train_loader", "first").replace("test_loader", "second")
    hidden = "import ghost\nmodel, first, second = ghost.hidden(model, first, second)\n"
    files = TIDY | {"data.py": DATA + SPLIT.format("one", "two", "")}
    files["S9.ipynb"] = [IMPORTS, loaders, BUILD, hidden, (run, RUN[1])]
    submission = build(tmp_path, files)
    fact = transforms_audit(submission, find(submission)).facts[FLIP]
    assert fact.value is None and "which is used was not seen" in fact.why


@pytest.mark.parametrize("names", [("train_set", "val_set"), ("one", "two")])
def test_a_data_module_makes_each_in_a_method_of_its_own(names, tmp_path):
    cells = [
        IMPORTS,
        "from data import Pictures\nfrom model import Net\nimport lightning as L",
        "class Lit(L.LightningModule):\n    def __init__(self):\n        super().__init__()\n"
        "        self.net = Net()\n    def training_step(self, batch, index):\n"
        "        return nn.functional.cross_entropy(self.net(batch[0]), batch[1])",
        ("L.Trainer(max_epochs=20).fit(Lit(), Pictures())", RUN[1]),
    ]
    files = TIDY | {"data.py": DATA + LIGHTNING.format(*names), "S9.ipynb": cells}
    submission = build(tmp_path, files)
    fact = transforms_audit(submission, find(submission)).facts[FLIP]
    assert fact.value is True, fact
