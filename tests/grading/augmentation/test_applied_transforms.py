"""What is changed, left unused, seldom applied or made at another size is not what the training images get."""

import re

import numpy as np
import pytest

from tests.grading.augmentation.pipeline_changes import FILL, HOLE, ONE, after_normalize, hole, new
from tests.grading.first_attempt import find
from tests.grading.layouts import DATA, PIPELINE, TIDY, build
from utils.data.transforms import A
from utils.grading.augmentation.audit import transforms_audit

NAMES = ("horizontal_flip", "shift_scale_rotate", ONE, FILL)
THREE = re.search(r"    A\.HorizontalFlip.*?p=0\.5\),\n(?=    A\.Norm)", PIPELINE, re.S)[0]
NONE, GOOD, NEVER = (None,) * 4, (True,) * 4, (False,) * 4
FLIP, MOVE = (
    "A.HorizontalFlip(p=0.5)",
    "A.ShiftScaleRotate(shift_limit=0.05, scale_limit=0.1, rotate_limit=15, p=0.5)",
)
CALL = 'self.transform(image=image)["image"]'
HALF = new(hole_height_range="(0.5, 0.5)", hole_width_range="(0.5, 0.5)")
PIXELS = new(hole_height_range="(32, 32)", hole_width_range="(32, 32)")


def behind(text):
    return {"transforms.py": PIPELINE + "\n" + text}


def swapped(old, new_text):
    assert old in PIPELINE
    return {"transforms.py": PIPELINE.replace(old, new_text)}


def getting(text):
    assert CALL in DATA
    return {"data.py": DATA.replace(f"            image = {CALL}\n", text)}


def inside(container):
    return swapped(THREE, container.format(THREE))


def swapped_list(container, holed=HOLE):
    """The list of the training transforms in another container; {} stands for what is in it."""
    entries = (
        f"{THREE.replace(HOLE, holed)}    A.Normalize(mean=MEAN, std=STD),\n    ToTensorV2(),\n"
    )
    whole = f"[\n{THREE}    A.Normalize(mean=MEAN, std=STD),\n    ToTensorV2(),\n]"
    return swapped(whole, container.format(entries))


def torchvision(steps):
    """The three steps inside a Compose of torchvision's; PIPELINE([…]) stands for albumentations' with these in addition."""
    rest = THREE.replace(f"    {HOLE},\n", "").strip().replace("\n", "")
    steps = re.sub(r"PIPELINE\(\[(.*?)\]\)(?=, T|$)", r"of([REST \1])", steps, flags=re.S).replace(
        "REST", rest
    )
    text = f"""
from torchvision import transforms as T
import numpy as np
def of(steps):
    pipeline = A.Compose(steps)
    return lambda image: pipeline(image=np.array(image))["image"]
train_transforms = T.Compose([{steps}, T.ToTensor(), T.Normalize(MEAN, STD)])
"""
    return {
        "transforms.py": PIPELINE.replace("train_transforms =", "unused =") + text,
        "data.py": DATA.replace(CALL, "self.transform(image)"),
    }


# Files over those of the tidy submission, and the four facts.
CASES = {
    "nothing": ({}, GOOD),
    "the list is replaced": (
        behind("train_transforms.transforms = train_transforms.transforms[3:]"),
        NONE,
    ),
    "the list is replaced by setattr": (
        behind("setattr(train_transforms, 'transforms', [])"),
        NONE,
    ),
    "an entry is replaced": (
        behind("train_transforms.transforms[2] = A.NoOp()"),
        (True, True, False, False),
    ),
    "an entry is replaced by the index": (behind("train_transforms[2] = A.NoOp()"), NONE),
    "each p is set to 0": (
        behind("for t in train_transforms.transforms[:3]:\n    t.p = 0.0"),
        NONE,
    ),
    "one p is set to 0": (behind("train_transforms[0].p = 0"), (None, True, True, True)),
    "the hole's fill is set": (
        behind("train_transforms.transforms[2].fill = 0"),
        (True, True, None, None),
    ),
    "what normalises before the hole is changed": (
        {
            "transforms.py": after_normalize(new(fill="0"))["transforms.py"]
            + "train_transforms[2].mean = (0, 0, 0)\n"
        },
        (True, True, True, None),
    ),
    "the test pipeline is changed": (behind("test_transforms.transforms = []"), GOOD),
    "the result is not returned": (getting(f"            other = {CALL}\n"), NONE),
    "the result is not kept": (getting(f"            {CALL}\n"), NONE),
    "the result is overwritten": (
        getting(f"            image = {CALL}\n        image = self.data[index]\n"),
        NONE,
    ),
    "the label is the result": (
        getting(f"            label = {CALL}\n"),
        GOOD,
    ),  # odd, but returned
    "through names and arithmetic": (
        getting(
            f"            made = {CALL}\n            parts = [made / 2]\n            image = parts[0] + 0\n"
        ),
        GOOD,
    ),
    "through a dict": (
        getting(
            "            sample = self.transform(image=image)\n            image = sample['image']\n"
        ),
        GOOD,
    ),
    "under try": (
        getting(
            f"            try:\n                image = {CALL}\n            finally:\n                pass\n"
        ),
        GOOD,
    ),
    "through a method": (getting("            image = self.made(image)\n") | {}, GOOD),
    "through a method that forgets it": (
        getting("            image = self.forgets(image)\n"),
        NONE,
    ),
    "a p of one in a billion": ({"transforms.py": PIPELINE.replace("p=0.5", "p=1e-9")}, NEVER),
    "a small p": ({"transforms.py": PIPELINE.replace("p=0.5", "p=0.05")}, GOOD),
    "OneOf that never acts": (inside("    A.OneOf([\n{}], p=1e-9),\n"), NEVER),
    "OneOf that never acts, by position": (inside("    A.OneOf([\n{}], 1e-9),\n"), NEVER),
    "Compose that hardly acts": (inside("    A.Compose([\n{}], p=0.001),\n"), NEVER),
    "OneOf with small weights": (
        inside("    A.OneOf([\n{}], p=1),\n".replace("{}", THREE.replace("p=0.5", "p=0.001"))),
        GOOD,
    ),
    "OneOf that never chooses the flip": (
        swapped(FLIP, "A.OneOf([A.HorizontalFlip(p=1e-9), A.NoOp(p=1)], p=1)"),
        (False, True, True, True),
    ),
    "a p that only a run knows": (inside("    A.Sequential([\n{}], p=float(input())),\n"), NONE),
    "SomeOf": (inside("    A.SomeOf([\n{}], n=1, p=1.0),\n"), GOOD),
    "half of the side of an image of 64": (
        hole(f"A.Resize(64, 64),\n    {HALF},\n    A.Resize(32, 32)"),
        (True, True, None, True),
    ),
    "half of the side of a small image": (
        hole(f"A.Resize(16, 16),\n    {HALF},\n    A.Resize(64, 64),\n    A.Resize(32, 32)"),
        (True, True, None, True),
    ),
    "16 pixels of an image of 64": (
        hole(f"A.Resize(64, 64),\n    {new()},\n    A.Resize(32, 32)"),
        (True, True, False, True),
    ),
    "32 pixels of an image of 64": (
        hole(f"A.Resize(64, 64),\n    {PIXELS},\n    A.Resize(32, 32)"),
        (True, True, None, True),
    ),
    "images of 64 to the end": (hole(f"A.Resize(64, 64),\n    {new()}"), (True, True, None, True)),
    "padded, and cut afterwards": (
        hole(
            f"A.PadIfNeeded(min_height=64, min_width=64),\n    {new()},\n    A.CenterCrop(32, 32)"
        ),
        GOOD,
    ),
    "padded on all sides, and cut anywhere": (
        hole(f"A.Pad(4),\n    {new()},\n    A.RandomCrop(32, 32)"),
        GOOD,
    ),
    "padded by what only a run knows": (
        hole(f"A.Pad(pad),\n    {new()},\n    A.RandomCrop(32, 32)"),
        GOOD,
    ),
    "half of a side that is padded": (
        hole(f"A.PadIfNeeded(64, 64),\n    {HALF},\n    A.CenterCrop(32, 32)"),
        (True, True, False, True),
    ),
    "half of a side that is padded by what only a run knows": (
        hole(f"A.Pad(pad),\n    {HALF},\n    A.RandomCrop(32, 32)"),
        (True, True, None, True),
    ),
    "8 pixels of a padded image": (
        hole(
            f"A.PadIfNeeded(40, 40),\n    {new(hole_height_range='(8, 8)')},\n    A.RandomCrop(32, 32)"
        ),
        (True, True, False, True),
    ),
    "padded, and resized afterwards": (
        hole(f"A.PadIfNeeded(64, 64),\n    {new()},\n    A.Resize(32, 32)"),
        (True, True, False, True),
    ),
    "cut, and resized to what it was": (
        hole(f"{new()},\n    A.CenterCrop(16, 16),\n    A.Resize(32, 32)"),
        (True, True, False, True),
    ),
    "padded by torchvision, and cut by it": (
        torchvision(f"T.Pad(4), PIPELINE([{new()}]), T.RandomCrop(32)"),
        GOOD,
    ),
    "cut by torchvision with padding": (
        torchvision(f"PIPELINE([{new()}]), T.RandomCrop(32, padding=4)"),
        GOOD,
    ),
    "zoomed by torchvision": (
        torchvision(f"PIPELINE([{new()}]), T.RandomResizedCrop(32)"),
        (True, True, None, True),
    ),
    "padded and cut before": (
        hole(
            f"A.PadIfNeeded(min_height=40, min_width=40),\n    A.RandomCrop(32, 32),\n    {new()}"
        ),
        GOOD,
    ),
    "cut to the same size": (
        hole(f"{new()},\n    A.CenterCrop(32, 32),\n    A.PadIfNeeded(32, 32)"),
        GOOD,
    ),
    "zoomed behind": (
        hole(f"{new()},\n    A.RandomResizedCrop(size=(32, 32))"),
        (True, True, None, True),
    ),
    "zoomed before": (hole(f"A.RandomResizedCrop(size=(32, 32)),\n    {new()}"), GOOD),
    "resized to what only a run knows": (
        hole(f"A.Resize(size, size),\n    {new()}"),
        (True, True, None, True),
    ),
    "resized now and then": (
        hole(f"A.Resize(64, 64, p=0.5),\n    {new()}"),
        (True, True, None, True),
    ),
    "in a set": (swapped_list("{{{}}}"), (True, True, True, None)),
    "in a set, filled with 0": (swapped_list("{{{}}}", new(fill="0")), (True, True, True, None)),
    "in a set, filled by a method": (
        swapped_list("{{{}}}", new(fill="'random'")),
        (True, True, True, False),
    ),
    "in a set that set() makes, listed": (
        swapped_list("list(set([{}]))"),
        (True, True, True, None),
    ),
    "in a set that is spread": (swapped_list("[*{{{}}}]"), NONE),
    "in a set by a name": (
        {
            "transforms.py": swapped_list("steps")["transforms.py"].replace(
                "train_transforms =",
                f"steps = frozenset((\n{THREE}    A.Normalize(MEAN, STD), ToTensorV2()))\ntrain_transforms =",
            )
        },
        (True, True, True, None),
    ),
    "put together by reduce": (
        {
            "transforms.py": "from functools import reduce\n"
            + swapped_list("reduce(lambda done, one: [*done, one], ({}), [])")["transforms.py"]
        },
        GOOD,
    ),
    "shuffled": (swapped_list("[A.RandomOrder([{}], n=5)]"), (True, True, True, None)),
    "a set of what keeps the scale": (inside("    A.Compose({{\n{}}}),\n"), GOOD),
    "a set with another size": (
        swapped_list("{{A.Resize(64, 64), A.Resize(32, 32), {}}}"),
        (True, True, None, None),
    ),
    "a set with one entry": (hole(f"A.Compose({{{HOLE}}})"), GOOD),
    "two holes on an image that is cut": (
        hole(f"{new(num_holes_range='(2, 2)')},\n    A.RandomCrop(16, 16)"),
        (True, True, False, True),
    ),
}
METHODS = """
    def made(self, image):
        changed = self.transform(image=image)
        return changed["image"]

    def forgets(self, image):
        changed = self.transform(image=image)
        return image
"""


@pytest.mark.parametrize("case", CASES)
def test_case(case, tmp_path):
    files, wanted = CASES[case]
    files = TIDY | {"data.py": DATA} | files
    files["data.py"] = files["data.py"].replace("\ndef get_loaders", METHODS + "\ndef get_loaders")
    submission = build(tmp_path, files)
    facts = transforms_audit(submission, find(submission)).facts
    assert tuple(facts[name].value for name in NAMES) == wanted, [facts[name].why for name in NAMES]
    assert all(facts[name].why for name in NAMES)


@pytest.mark.parametrize(
    "text, size",
    [
        (f"A.Resize(64, 64),\n    {new()},\n    A.Resize(32, 32)", 8),
        (f"A.Resize(64, 64),\n    {PIXELS},\n    A.Resize(32, 32)", 16),
    ],
)
def test_the_hole_is_as_large_as_the_transforms_make_it(text, size):
    """Oracle for the cases with another size: the transforms themselves."""
    steps = eval(f"[{text}]", {"A": A, "MEAN": (0.1, 0.1, 0.1)})
    steps[1].p = 1.0
    image = A.Compose(steps)(image=np.full((32, 32, 3), 255, np.uint8))["image"]
    assert (size - 1) ** 2 <= (image < 140).all(2).sum() <= size**2  # the edges are blended


def test_the_reason_is_said(tmp_path):
    assert HOLE in PIPELINE
    submission = build(tmp_path, TIDY | behind("train_transforms.transforms = []"))
    audit = transforms_audit(submission, find(submission))
    line = PIPELINE.count("\n") + 2
    where = f"line {line} of transforms.py"
    assert (
        audit.facts[ONE].why
        == f"CoarseDropout is built, but {where} changes Compose after it was built"
    )


def test_a_set_is_said_to_have_no_order(tmp_path):
    submission = build(tmp_path, TIDY | swapped_list("{{{}}}"))
    audit = transforms_audit(submission, find(submission))
    assert audit.facts[FILL].why.endswith("stand in a set, which has no order; put them in a list")
    assert [warning for warning in audit.warnings if "put them in a list" in warning]
    assert audit.facts["statistics_agree"].value is True
