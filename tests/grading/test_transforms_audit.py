"""The effective augmentation is read from pipelines as students write them."""

import re
import warnings

import numpy as np
import pytest

from tests.grading.layouts import BUILD, DATA, IMPORTS, LOADERS, LOG, LOOPS, PIPELINE, RUN, TIDY, build
from utils.grading.finding import find
from utils.grading.transforms_audit import transforms_audit
from utils.transforms import A

GOOD = {"horizontal_flip": True, "shift_scale_rotate": True, "coarse_dropout_one_16x16_hole": True,
        "coarse_dropout_fill_correct": True}
HOLE = re.search(r"A\.CoarseDropout\(.*?p=0\.5\)", PIPELINE, re.S)[0]
NORMALIZE = "A.Normalize(mean=MEAN, std=STD),\n    ToTensorV2(),"
OLD = ("A.CoarseDropout(max_holes=1, max_height=16, max_width=16, min_holes=1, min_height=16, min_width=16, "
       "fill_value={}, mask_fill_value=None)")


def facts(tmp_path, files):
    submission = build(tmp_path, TIDY | files)
    return transforms_audit(submission, find(submission))


def hole(text: str) -> dict:
    return {"transforms.py": PIPELINE.replace(HOLE, text)}


def after_normalize(text: str) -> dict:
    return {"transforms.py": PIPELINE.replace("    " + HOLE + ",\n", "").replace(
        NORMALIZE, f"A.Normalize(mean=MEAN, std=STD),\n    {text},\n    ToTensorV2(),")}


def new(**changes) -> str:
    given = {"num_holes_range": "(1, 1)", "hole_height_range": "(16, 16)", "hole_width_range": "(16, 16)",
             "fill": "[255 * part for part in MEAN]"} | changes
    return f"A.CoarseDropout({', '.join(f'{key}={value}' for key, value in given.items() if value)})"


ONE, FILL = "coarse_dropout_one_16x16_hole", "coarse_dropout_fill_correct"
# What is changed in the tidy submission, and the facts that then differ from the good ones.
CHANGES = {
    "nothing": ({}, {}),
    "no flip": ({"transforms.py": PIPELINE.replace("A.HorizontalFlip(p=0.5),", "")}, {"horizontal_flip": False}),
    "a flip that never acts": ({"transforms.py": PIPELINE.replace("Flip(p=0.5)", "Flip(p=0)")}, {"horizontal_flip": False}),
    "a vertical flip": ({"transforms.py": PIPELINE.replace("HorizontalFlip", "VerticalFlip")}, {"horizontal_flip": False}),
    "a default flip": ({"transforms.py": PIPELINE.replace("Flip(p=0.5)", "Flip()")}, {}),
    "no shift": ({"transforms.py": re.sub(r"A\.ShiftScaleRotate.*\n", "", PIPELINE)}, {"shift_scale_rotate": False}),
    "a rotation alone": ({"transforms.py": re.sub(r"A\.ShiftScaleRotate.*\n", "A.Rotate(15),\n", PIPELINE)},
                         {"shift_scale_rotate": False}),
    "a shift of nothing": ({"transforms.py": re.sub(r"A\.ShiftScaleRotate.*\n", "A.ShiftScaleRotate(0, 0, 0),\n", PIPELINE)},
                           {"shift_scale_rotate": False}),
    "an affine map that does the same": (
        {"transforms.py": re.sub(r"A\.ShiftScaleRotate.*\n", "A.Affine(translate_percent=0.05, scale=(0.9, 1.1), rotate=15),\n",
                                 PIPELINE)}, {}),
    "an affine map that only rotates": (
        {"transforms.py": re.sub(r"A\.ShiftScaleRotate.*\n", "A.Affine(rotate=15),\n", PIPELINE)}, {"shift_scale_rotate": False}),
    "no hole": (hole("A.NoOp()"), {ONE: False, FILL: False}),
    "a hole of 8 pixels": (hole(new(hole_height_range="(8, 8)", hole_width_range="(8, 8)")), {ONE: False}),
    "a hole of up to 16 pixels": (hole(new(hole_height_range="(8, 16)")), {ONE: False}),
    "half of the side": (hole(new(hole_height_range="(0.5, 0.5)", hole_width_range="(0.5, 0.5)")), {}),
    "two holes": (hole(new(num_holes_range="(2, 2)")), {ONE: False}),
    "one or two holes, by default": (hole(new(num_holes_range="")), {ONE: False}),
    "two steps of one hole": (hole(f"{new()},\n    {new()}"), {ONE: False}),
    "a hole that never comes": (hole(new(p="0.0")), {ONE: False, FILL: False}),
    "torchvision's erasing": (
        {"transforms.py": PIPELINE.replace("    " + HOLE + ",\n", "").replace("train_transforms = A.", "augment = A.") +
         "\nfrom torchvision import transforms as T\nimport numpy as np\n"
         "train_transforms = T.Compose([lambda x: augment(image=np.array(x))['image'], T.RandomErasing()])\n",
         "data.py": DATA.replace('self.transform(image=image)["image"]', "self.transform(image)")}, {ONE: False, FILL: False}),
    "black": (hole(new(fill="0")), {FILL: False}),
    "the default fill": (hole(new(fill="")), {FILL: False}),
    "a fraction on uint8": (hole(new(fill="MEAN")), {FILL: False}),
    "mean · 255 by hand": (hole(new(fill="(125, 123, 114)")), {}),
    "the overall mean": (hole(new(fill="int(0.4734 * 255)")), {}),
    "half grey": (hole(new(fill="127.5")), {FILL: False}),
    "ImageNet's mean": (hole(new(fill="(123.675, 116.28, 103.53)")), {FILL: False}),
    "a random fill": (hole(new(fill="'random'")), {FILL: False}),
    "a fill computed by numpy": (
        {"transforms.py": "import numpy as np\n" + PIPELINE.replace("[255 * part for part in MEAN]", "tuple(np.array(MEAN) * 255)")}, {}),
    "a fill rounded in a map": (hole(new(fill="tuple(map(lambda part: int(part * 255), MEAN))")), {}),
    "a fill from a function": (
        {"transforms.py": PIPELINE.replace("[255 * part for part in MEAN]", "fill_of(MEAN)").replace(
            "train_transforms =", "def fill_of(mean, scale=255):\n    return tuple(int(part * scale) for part in mean)\n\n"
            "train_transforms =")}, {}),
    "a fill that only a run knows": (hole(new(fill="float(open('mean.txt').read())")), {FILL: None}),
    "a size that only a run knows": (hole(new(hole_height_range="(size, size)")), {ONE: None}),
    "behind normalising, the mean": (after_normalize(new(fill="MEAN")), {FILL: False}),
    "behind normalising, 0": (after_normalize(new(fill="0")), {}),
    "behind normalising, the default": (after_normalize(new(fill="")), {}),
    "behind normalising, in units of 255": (after_normalize(new()), {FILL: False}),
    "behind normalising with one half, 0": (
        {"transforms.py": after_normalize(new(fill="0"))["transforms.py"].replace("(0.4914, 0.4822, 0.4465)", "(0.5, 0.5, 0.5)")},
        {FILL: False}),
    "behind normalising with one half, the mean in those units": (
        {"transforms.py": after_normalize(new(fill="[(m - 0.5) / s for m, s in zip((0.4914, 0.4822, 0.4465), STD)]"))[
            "transforms.py"].replace("MEAN = (0.4914, 0.4822, 0.4465)", "MEAN = (0.5, 0.5, 0.5)")}, {}),
    "behind normalising that only a run knows": (
        {"transforms.py": after_normalize(new(fill="0"))["transforms.py"].replace("MEAN = (0.4914, 0.4822, 0.4465)",
                                                                                  "MEAN = load('mean')")}, {FILL: None}),
    "the mean on images of 0 to 1": (
        {"transforms.py": PIPELINE.replace("A.HorizontalFlip", "A.ToFloat(max_value=255),\n    A.HorizontalFlip")
         .replace("[255 * part for part in MEAN]", "MEAN").replace("std=STD),\n    ToT", "std=STD, max_pixel_value=1.0),\n    ToT")}, {}),
    "old names, mean · 255": (hole(OLD.format("[part * 255 for part in MEAN]")), {}),
    "old names, the fraction": (hole(OLD.format("MEAN")), {FILL: False}),
    "old names, the least is left out": (
        hole("A.CoarseDropout(max_holes=1, max_height=16, max_width=16, fill_value=[255 * m for m in MEAN])"), {}),
    "old names, the least is smaller": (hole(OLD.format("(125, 123, 114)").replace("min_width=16", "min_width=1")), {ONE: False}),
    "old names, by position": (hole("A.CoarseDropout(1, 16, 16, 1, 16, 16, (125, 123, 114), None)"), {}),
    "old names, 2.x pinned": (hole(OLD.format("(125, 123, 114)")) | {"requirements.txt": "torch\nalbumentations==2.0.8\n"},
                              {ONE: False, FILL: False}),
    "old names, 1.x pinned": (hole(OLD.format("(125, 123, 114)")) | {"requirements.txt": "albumentations==1.3.1\n"}, {}),
    "old names, and the output warns": (
        hole(OLD.format("(125, 123, 114)")) |
        {"S9.ipynb": [IMPORTS, (LOADERS, "UserWarning: Argument(s) 'max_holes, max_height' are not valid for transform "
                                         "CoarseDropout\n"), BUILD, RUN]}, {ONE: False, FILL: False}),
    "old names, and the output installs 1.3": (
        hole(OLD.format("(125, 123, 114)")) |
        {"S9.ipynb": [("!pip install albumentations", "Requirement already satisfied: PyYAML in /x (from albumentations) (6.0)\n"
                       "Successfully installed albumentations-1.3.1 qudida-0.0.4\n"), IMPORTS, LOADERS, BUILD, RUN]}, {}),
    "Cutout": (hole("A.Cutout(num_holes=1, max_h_size=16, max_w_size=16, fill_value=[m * 255 for m in MEAN])"),
               {ONE: False, FILL: False}),
    "inside OneOf that acts": (hole(f"A.OneOf([{new()}, A.NoOp()], p=1)"), {}),
    "inside a Compose": (hole(f"A.Compose([{new()}], p=1)"), {}),
    "names imported one by one": (
        {"transforms.py": PIPELINE.replace("import albumentations as A", "from albumentations import (Compose, HorizontalFlip, "
         "ShiftScaleRotate, CoarseDropout, Normalize)").replace("A.", "")}, {}),
    "names from deep inside": (
        {"transforms.py": PIPELINE.replace("A.CoarseDropout", "CoarseDropout").replace(
            "import albumentations as A", "import albumentations as A\nfrom albumentations.augmentations.dropout.coarse_dropout "
            "import CoarseDropout")}, {}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_change(change, tmp_path):
    files, differing = CHANGES[change]
    audit = facts(tmp_path, files)
    assert {name: audit.facts[name].value for name in GOOD} == GOOD | differing, {name: audit.facts[name].why for name in GOOD}
    assert all(audit.facts[name].why for name in GOOD)


FUNCTION = "\ndef get_transforms(mean, std):\n" + "\n".join(
    f"    {line}" for line in PIPELINE.split("STD = ")[1].split("\n")[1:]).replace("MEAN", "mean").replace("STD", "std") + \
    "\n    return train_transforms, test_transforms\n"
INSIDE = """
import albumentations as A
from albumentations.pytorch import ToTensorV2
import torch
from torchvision import datasets

class Images(torch.utils.data.Dataset):
    MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)

    def __init__(self, train=True, size=16):
        self.images = datasets.CIFAR10("./data", train=train, download=True)
        last = [A.Normalize(self.MEAN, self.STD), ToTensorV2()]
        if train:
            self.steps = A.Compose([A.HorizontalFlip(), A.ShiftScaleRotate(), A.CoarseDropout(
                num_holes_range=(1, 1), hole_height_range=(size, size), hole_width_range=(size, size),
                fill=tuple(255 * m for m in self.MEAN))] + last)
        else:
            self.steps = A.Compose(last)

    def __getitem__(self, index):
        image, label = self.images[index]
        return self.steps(image=np.array(image))["image"], label

train_loader = torch.utils.data.DataLoader(Images(), 64)
test_loader = torch.utils.data.DataLoader(Images(False), 64)
"""
FROM_DATA = "from torchvision import datasets\nraw = datasets.CIFAR10('.', train=True)\nMEAN = raw.data.mean(axis=(0, 1, 2)) / 255\n" \
    "STD = (raw.data / 255.0).std(axis=(0, 1, 2))\n"
BUILDER = """
def get_augmentation(train, hole=16):
    steps = []
    if train:
        steps.append(A.HorizontalFlip(p=0.5))
        steps.extend([A.ShiftScaleRotate(), A.CoarseDropout(num_holes_range=(1, 1), hole_height_range=(hole,) * 2,
                                                            hole_width_range=(hole,) * 2, fill=[255 * m for m in MEAN])])
    steps += [A.Normalize(MEAN, STD), ToTensorV2()]
    return A.Compose(steps)
"""
LAMBDAS = """
import numpy as np
import torch
from torchvision import datasets
import transforms as t
train_set = datasets.CIFAR10("./data", train=True, transform=lambda image: t.train_transforms(image=np.array(image))["image"])
test_set = datasets.CIFAR10("./data", False, lambda image: t.test_transforms(image=np.array(image))["image"])
train_loader = torch.utils.data.DataLoader(train_set, batch_size=64, shuffle=True)
test_loader = torch.utils.data.DataLoader(test_set, batch_size=64)
"""
ADAPTER = """
import numpy as np
class Adapter:
    def __init__(self, pipeline):
        self.pipeline = pipeline

    def __call__(self, image):
        return self.pipeline(image=np.array(image))["image"]
"""
METHODS = """
import torch
from torchvision import datasets
from transforms import *

class Data:
    def load(batch_size):
        train_set = Images(train=True, transform=train_transforms)
        test_set = Images(train=False, transform=test_transforms)
        return torch.utils.data.DataLoader(train_set, batch_size), torch.utils.data.DataLoader(test_set, batch_size)
""" + DATA
SPLIT = """
import torch
from torchvision import datasets
from data import Images
from transforms import train_transforms, test_transforms
full = Images(train=True, transform=train_transforms)
train_part, rest = torch.utils.data.random_split(full, [45000, 5000])
train_loader = torch.utils.data.DataLoader(train_part, 64)
test_loader = torch.utils.data.DataLoader(Images(train=False, transform=test_transforms), 64)
"""


def notebook(*cells):
    return {"S9.ipynb": [IMPORTS, *cells, BUILD, RUN]}


# Where the same pipeline can be written.
PLACES = {
    "in the notebook": notebook(PIPELINE, "from data import get_loaders\ntrain_loader, test_loader = "
                                          "get_loaders(train_transforms, test_transforms)"),
    "in a function with arguments": {"transforms.py": PIPELINE.split("MEAN")[0] + FUNCTION} | notebook(
        LOADERS.replace("import train_transforms, test_transforms", "import get_transforms\ntrain_transforms, test_transforms = "
                        "get_transforms((0.4914, 0.4822, 0.4465), std=(0.2470, 0.2435, 0.2616))")),
    "in a data set class": {"data.py": INSIDE} | notebook("from data import train_loader, test_loader"),
    "in a list that grows": {"transforms.py": PIPELINE.split("train_transforms")[0] + BUILDER} | notebook(
        LOADERS.replace("import train_transforms, test_transforms", "import get_augmentation\n"
                        "train_transforms, test_transforms = get_augmentation(True), get_augmentation(train=False)")),
    "behind lambdas": {"data.py": LAMBDAS} | notebook("from data import train_loader, test_loader"),
    "behind an adapter class": {"transforms.py": PIPELINE + ADAPTER, "data.py": LAMBDAS.replace(
        'lambda image: t.train_transforms(image=np.array(image))["image"]', "t.Adapter(t.train_transforms)")} | notebook(
        "from data import train_loader, test_loader"),
    "in methods without self": {"data.py": METHODS} | notebook(
        "from data import Data\nload = Data.load\ntrain_loader, test_loader = load(64)"),
    "with statistics of the data themselves": {"transforms.py": PIPELINE.replace("MEAN = (0.4914, 0.4822, 0.4465)\n", FROM_DATA)
                                               .replace("STD = (0.2470, 0.2435, 0.2616)\n", "")},
    "behind a split": notebook(SPLIT),
    "in a dict of pipelines": {"transforms.py": PIPELINE + "\nall_transforms = {'train': train_transforms, 'test': "
                               "test_transforms}\n"} | notebook(
        LOADERS.replace("import train_transforms, test_transforms", "import all_transforms as t").replace(
            "(train_transforms, test_transforms)", "(t['train'], t['test'])")),
    "with meaningless names": {"transforms.py": PIPELINE.replace("train_transforms", "a").replace("test_transforms", "b")}
    | notebook(LOADERS.replace("train_transforms, test_transforms", "a, b")),
    "after another loader of the same kind was shown": notebook(
        "from torchvision import transforms as T, datasets\nshown = torch.utils.data.DataLoader(datasets.CIFAR10('.', train=True, "
        "transform=T.ToTensor()))\nfor images, _ in shown:\n    break", LOADERS),
}


@pytest.mark.parametrize("place", PLACES)
def test_place(place, tmp_path):
    audit = facts(tmp_path, PLACES[place])
    assert {name: audit.facts[name].value for name in GOOD} == GOOD, {name: audit.facts[name].why for name in GOOD}
    assert audit.facts["statistics_agree"].value is True, audit.facts["statistics_agree"]
    names = [row["name"] for row in audit.facts["effective_transforms"].value]
    assert names == [f"albumentations.{name}" for name in ("HorizontalFlip", "ShiftScaleRotate", "CoarseDropout", "Normalize",
                                                           "ToTensorV2")]


WARNINGS = {
    "an always-on flip": ({"transforms.py": PIPELINE.replace("Flip(p=0.5)", "Flip(p=1)")}, "every training image is mirrored"),
    "old names": (hole(OLD.format("(125, 123, 114)")), "argument names of albumentations 1.x"),
    "old names under 2.x": (hole(OLD.format("(125, 123, 114)")) | {"requirements.txt": "albumentations>=2.0"},
                            "which albumentations 2 ignores"),
    "std as mean": ({"transforms.py": PIPELINE.replace("mean=MEAN", "mean=STD")}, "the standard deviation in place of the mean"),
    "different statistics": ({"transforms.py": PIPELINE.replace("test_transforms = A.Compose([A.Normalize(mean=MEAN",
                                                                "test_transforms = A.Compose([A.Normalize(mean=(0.5, 0.5, 0.5)")},
                             "test images with mean (0.5, 0.5, 0.5)"),
    "a test set that is augmented": ({"data.py": DATA.replace("transform=test_transforms", "transform=train_transforms")},
                                     "test images are augmented too"),
    "a hole that is moved": ({"transforms.py": PIPELINE.replace("A.HorizontalFlip(p=0.5),", f"{HOLE},\n    A.HorizontalFlip(),")
                              .replace(f"    {HOLE},\n    A.Norm", "    A.Norm")}, "comes after CoarseDropout"),
}


@pytest.mark.parametrize("kind", WARNINGS)
def test_remark(kind, tmp_path):
    files, said = WARNINGS[kind]
    assert any(said in warning for warning in facts(tmp_path, files).warnings)


def test_a_good_pipeline_is_not_remarked_on(tmp_path):
    assert facts(tmp_path, {}).warnings == ()


@pytest.mark.parametrize("files", [{"transforms.py": None}, {"transforms.py": PIPELINE.replace("A.Compose([\n", "A.Compose([[\n")},
                                   {name: None for name in TIDY} | {"README.md": "# 9"}])
def test_a_pipeline_that_cannot_be_read_is_unknown(files, tmp_path):
    audit = facts(tmp_path, files)
    assert {audit.facts[name].value for name in GOOD} == {None}
    assert all(audit.facts[name].why for name in GOOD)


def test_a_pipeline_of_which_a_part_is_unknown_claims_no_absence(tmp_path):
    files = {"transforms.py": PIPELINE.replace("A.HorizontalFlip(p=0.5),", "*more(),").replace(
        "MEAN = (", "from elsewhere import more\nMEAN = (")}
    audit = facts(tmp_path, files)
    assert audit.facts["horizontal_flip"].value is None
    assert audit.facts["coarse_dropout_one_16x16_hole"].value is True


SAMPLES = [new(), new(hole_height_range="(0.5, 0.5)", hole_width_range="(0.5, 0.5)"), new(hole_width_range="(0.5, 0.5)"),
           new(hole_height_range="(8, 8)"), new(num_holes_range="(2, 2)"),
           new(fill="(0.4914, 0.4822, 0.4465)"), new(fill="0"), new(fill="(125, 123, 114)"), new(hole_width_range="(16, 17)")]


@pytest.mark.parametrize("text", SAMPLES)
def test_the_facts_are_what_the_transform_does(text, tmp_path):
    """Oracle: the transform itself, applied to white images, and the holes that it leaves measured."""
    audit = facts(tmp_path, hole(text))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        transform = eval(text[:-1] + ", p=1.0)", {"A": A, "MEAN": (0.4914, 0.4822, 0.4465)})
        holes = [transform(image=np.full((32, 32, 3), 255, np.uint8))["image"] for _ in range(60)]
    sizes = {not (image < 255).any() or tuple(np.ptp(np.argwhere((image < 255).all(2)), axis=0) + 1) for image in holes}
    areas = {int((image < 255).all(2).sum()) for image in holes}
    assert audit.facts[ONE].value == (sizes == {(16, 16)} and areas == {256})
    colours = {tuple(pixel) for image in holes for pixel in image[(image < 255).all(2)]}
    near = all(abs(int(seen) - 255 * mean) <= 3 for colour in colours for seen, mean in zip(colour, (0.4914, 0.4822, 0.4465)))
    assert audit.facts[FILL].value == near


def test_evidence_points_at_the_line(tmp_path):
    audit = facts(tmp_path, {})
    place = audit.facts["horizontal_flip"].evidence[0]
    assert place.file == "transforms.py"
    assert "HorizontalFlip" in PIPELINE.split("\n")[place.line - 1]
    audit = facts(tmp_path, PLACES["in the notebook"])
    place = audit.facts["horizontal_flip"].evidence[0]
    assert (place.notebook, place.cell) == ("S9.ipynb", 1)


def test_a_script_without_a_notebook(tmp_path):
    script = LOADERS + BUILD.replace("summary", "print") + LOOPS + RUN[0].replace("from engine import train, test", "")
    audit = facts(tmp_path, {"S9.ipynb": None, "main.py": IMPORTS + script + f"\n# {LOG.split()[0]}\n"})
    assert {name: audit.facts[name].value for name in GOOD} == GOOD
