"""An accuracy counts where the code trains on the training images and tests on the test images."""

import pytest

from tests.grading.first_attempt import find
from tests.grading.layouts import BUILD, DATA, IMPORTS, LOADERS, LOG, RUN, TIDY, build
from utils.grading.grade import judge
from utils.grading.program.data_use import misuse
from utils.grading.rubrics.rubric import load_rubric

SETS = (
    "from data import Images\nfrom transforms import train_transforms, test_transforms\n"
    "DL = torch.utils.data.DataLoader\n"
)
TRAIN, TEST = (
    "Images(train=True, transform=train_transforms)",
    "Images(train=False, transform=test_transforms)",
)
SPLIT = f"a, b = torch.utils.data.random_split({TRAIN}, [40000, 10000])\ntrain_loader = DL(a, 64)\n"
VALIDATED = RUN[0].replace("test(model, device, test_loader", "test(model, device, val_loader")
ONE_FUNCTION = """
def epoch(model, loader, optimizer=None):
    for images, labels in loader:
        loss = model(images.to(device)).mean()
        if optimizer is not None:
            loss.backward()
            optimizer.step()
"""
SGD = "o = optim.SGD(model.parameters(), lr=1)\n"
ONE_LOOP = """
optimizer = optim.SGD(model.parameters(), lr=0.1)
loaders = {"train": train_loader, "val": test_loader}
for number in range(5):
    for phase in ["train", "val"]:
        for images, labels in loaders[phase]:
            loss = model(images).mean()
            if phase == "train":
                loss.backward()
"""
STEPS = RUN[0].replace(
    "    train(model, device, train_loader, optimizer, nn.CrossEntropyLoss())\n",
    """
    for batch in train_loader:
        step(batch)
""",
)
STEP = "def step(batch):\n    model(batch[0]).mean().backward()\n"
INNER = (
    "class Wrapped(torch.utils.data.Dataset):\n    def __init__(self, inner):\n        self.inner = inner\n"
    "    def __getitem__(self, index):\n        return self.inner[index]\n"
)


OVER = """
for epoch in range(5):
    for images, labels in {}:
        model(images).mean().backward()
"""
FILLED = """
from torchvision import datasets
import numpy as np
class Filled(datasets.CIFAR10):
    def __init__(self, train):
        super().__init__("data", train=train)
        self.data = {}
"""


def filled(array):
    return [FILLED.format(array) + loaders("Filled(True)", "Filled(False)")]


def loaders(train, test):
    return f"{SETS}train_loader = DL({train}, 64)\ntest_loader = DL({test}, 64)"


# The cells behind the imports and before the network, the last one, and whether the network is trained on test images
# (True), tested on those for training (False), or neither (None).
CASES = {
    "over a list of both": ([LOADERS], OVER.format("[*train_loader, *test_loader]"), True),
    "over a list of both that has a name": (
        [LOADERS, "both = [*train_loader, *test_loader]"],
        "def run():\n    both = list(train_loader) + list(test_loader)\n"
        + OVER.format("both").replace("\n", "\n    ")
        + "\nrun()",
        True,
    ),
    "over a list of one": ([LOADERS], OVER.format("[*train_loader]"), None),
    "epochs that are spread": (
        [LOADERS],
        RUN[0].replace("range(20)", "[*range(3), *range(5)]"),
        None,
    ),
    "parameters of two": (
        [LOADERS],
        OVER.format("train_loader")
        + "        for one in [*model.parameters(), *model.buffers()]:\n            one.data\n",
        None,
    ),
    "filled with the test images": (
        filled("datasets.CIFAR10('data', train=False).data if train else self.data"),
        RUN,
        True,
    ),
    "filled with copies of the test images": (
        filled("np.copy(datasets.CIFAR10('data', train=False).data[:])"),
        RUN,
        True,
    ),
    "filled with a part of itself": (filled("self.data[:1000]"), RUN, None),
    "filled with its own": (filled("datasets.CIFAR10('data', train=train).data"), RUN, None),
    "as it should be": ([LOADERS], RUN, None),
    "trained on the test set": ([loaders(TEST, TEST)], RUN, True),
    "the loader of the test set is given": (
        [LOADERS],
        RUN[0].replace("device, train_loader", "device, test_loader"),
        True,
    ),
    "trained on the test set, augmented": (
        [loaders(TEST.replace("test_t", "train_t"), TEST)],
        RUN,
        True,
    ),
    "trained on half of the test set": (
        [
            f"{SETS}a, b = torch.utils.data.random_split({TEST}, [5000, 5000])\ntrain_loader, test_loader = DL(a), DL(b)"
        ],
        RUN,
        True,
    ),
    "trained on both": (
        [loaders(f"torch.utils.data.ConcatDataset([{TRAIN}, {TEST}])", TEST)],
        RUN,
        True,
    ),
    "trained on the test set by steps": ([loaders(TEST, TEST), STEP], STEPS, True),
    "trained by steps": ([LOADERS, STEP], STEPS, None),
    "behind a wrapper": ([INNER + loaders(f"Wrapped({TEST})", TEST)], RUN, True),
    "one function for both": (
        [LOADERS, ONE_FUNCTION],
        SGD + "epoch(model, train_loader, o)\nepoch(model, test_loader)",
        None,
    ),
    "one function for both, on the test set": (
        [LOADERS, ONE_FUNCTION],
        SGD + "epoch(model, test_loader, o)\nepoch(model, test_loader)",
        True,
    ),
    "one loop over both": ([LOADERS], ONE_LOOP, None),
    "a training loader that is not known": (
        [f"{SETS}test_loader = DL({TEST})\ntrain_loader = mystery()"],
        RUN,
        None,
    ),
    "a flag that is not known": ([loaders("Images(train=bool(input()))", TEST)], RUN, None),
    "a test loader that is not known": (
        [f"{SETS}train_loader = DL({TRAIN})\ntest_loader = mystery()"],
        RUN,
        None,
    ),
    "one of two training loaders is not known": (
        [LOADERS],
        RUN[0].replace("device, train_loader", "device, test_loader")
        + "train(model, device, mystery(), optimizer, print)",
        None,
    ),
    "tested on training images and on what is not known": (
        [f"{SETS}train_loader = DL({TRAIN})\ntest_loader = mystery()"],
        RUN[0] + "test(model, device, train_loader, print)",
        None,
    ),
    "test images shown before": (
        [LOADERS, "for images, labels in test_loader:\n    print(images)\n    break"],
        RUN,
        None,
    ),
    "tested on a part of the training set": (
        [loaders(TRAIN, f"torch.utils.data.Subset({TRAIN}, range(10000))")],
        RUN,
        False,
    ),
    "tested on a split of the training set": (
        [f"{SETS}{SPLIT}test_loader = DL(b, 64)"],
        RUN,
        False,
    ),
    "tested on both": ([LOADERS], RUN[0] + "    test(model, device, train_loader, print)\n", None),
    "validated on a split and tested": (
        [f"{SETS}{SPLIT}val_loader = DL(b, 64)\ntest_loader = DL({TEST}, 64)"],
        VALIDATED + "test(model, device, test_loader, print)",
        None,
    ),
}


def submission(folder, cells, last, log=LOG):
    last = last if isinstance(last, tuple) else (last, log)
    return build(folder, TIDY | {"S9.ipynb": [IMPORTS, *cells, BUILD, last]})


@pytest.mark.parametrize("case", CASES)
def test_case(case, tmp_path):
    cells, last, trained = CASES[case]
    one = submission(tmp_path, cells, last)
    found = misuse(find(one).reader)
    assert (found and found.trained) is trained, found


def test_a_log_of_a_validation_set_counts_that_set(tmp_path):
    cells, last, _ = CASES["validated on a split and tested"]
    one = submission(tmp_path, cells, last)
    assert misuse(find(one).reader, validation=True).trained is False
    one = submission(
        tmp_path / "honest", [LOADERS], RUN[0] + "    test(model, device, train_loader, print)\n"
    )
    assert misuse(find(one).reader, validation=True) is None


VALIDATION = "".join(f"Epoch {epoch}: val accuracy: {60 + epoch:.2f} %\n" for epoch in range(1, 31))


@pytest.mark.parametrize("test_set", [True, False])
def test_the_accuracy_is_no_fact_then_and_the_remark_says_why(test_set, tmp_path):
    cells = [f"{SETS}{SPLIT}val_loader = DL({TEST if test_set else 'b'}, 64)"]
    first = judge(submission(tmp_path, cells, VALIDATED, VALIDATION), load_rubric("era_s9")).first
    facts, warnings = first.facts, first.warnings
    taken = [warning for warning in warnings if "taken to be measured on the test set" in warning]
    if test_set:
        assert facts["best_test_accuracy"].value == 90 and taken
    else:
        assert (
            facts["best_test_accuracy"].value is None
            and "training set" in facts["best_test_accuracy"].why
        )
        assert facts["accuracy_logged"].value == 90 and not taken
        assert any(
            warning.startswith("The accuracy is measured on images of the training set")
            for warning in warnings
        )


@pytest.mark.parametrize("splits", [True, False])
def test_validated_on_images_that_cannot_be_followed(splits, tmp_path):
    """A part of the training images, where the code divides them; else those of the test set under another name."""
    cells = [f"{SETS}train_loader = DL({TRAIN}, 64)", "import importlib"]
    made = "importlib.import_module('more').loader()"
    cells.append(f"val_loader = {made}")
    more = "from torch.utils.data import random_split\na, b = random_split(images, [45000, 5000])\n"
    files = {"S9.ipynb": [IMPORTS, *cells, BUILD, (VALIDATED, VALIDATION)]}
    one = build(tmp_path, TIDY | files | {"more.py": more if splits else ""})
    first = judge(one, load_rubric("era_s9")).first
    fact = first.facts["best_test_accuracy"]
    assert fact.value == (None if splits else 90)
    assert ("divides a set of images (random_split)" in fact.why) is splits


def test_a_set_that_only_torchvision_makes(tmp_path):
    plain = DATA.replace(
        '    def __init__(self, root="./data", train=True, download=True, transform=None):\n'
        "        super().__init__(root=root, train=train, download=download, transform=transform)\n\n",
        "",
    )
    turned = plain.replace("train_set = Images(train=True,", "train_set = Images('.', False,")
    one = build(
        tmp_path,
        TIDY | {"data.py": turned.replace("test_set = Images(", "test_set = Images('.', ")},
    )
    assert misuse(find(one).reader).trained
