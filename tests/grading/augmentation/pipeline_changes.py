"""Changes to the training pipeline of the tidy submission, and the facts that they change."""

import re

from tests.grading.layouts import BUILD, DATA, IMPORTS, LOADERS, PIPELINE, RUN

HOLE = re.search(r"A\.CoarseDropout\(.*?p=0\.5\)", PIPELINE, re.S)[0]
NORMALIZE = "A.Normalize(mean=MEAN, std=STD),\n    ToTensorV2(),"
OLD = (
    "A.CoarseDropout(max_holes=1, max_height=16, max_width=16, min_holes=1, min_height=16, min_width=16, "
    "fill_value={}, mask_fill_value=None)"
)


def hole(text: str) -> dict:
    return {"transforms.py": PIPELINE.replace(HOLE, text)}


def after_normalize(text: str) -> dict:
    return {
        "transforms.py": PIPELINE.replace("    " + HOLE + ",\n", "").replace(
            NORMALIZE, f"A.Normalize(mean=MEAN, std=STD),\n    {text},\n    ToTensorV2(),"
        )
    }


def new(**changes) -> str:
    given = {
        "num_holes_range": "(1, 1)",
        "hole_height_range": "(16, 16)",
        "hole_width_range": "(16, 16)",
        "fill": "[255 * part for part in MEAN]",
    } | changes
    return (
        f"A.CoarseDropout({', '.join(f'{key}={value}' for key, value in given.items() if value)})"
    )


ONE, FILL = "coarse_dropout_one_16x16_hole", "coarse_dropout_fill_correct"
# What is changed in the tidy submission, and the facts that then differ from the good ones.
CHANGES = {
    "nothing": ({}, {}),
    "no flip": (
        {"transforms.py": PIPELINE.replace("A.HorizontalFlip(p=0.5),", "")},
        {"horizontal_flip": False},
    ),
    "a flip that never acts": (
        {"transforms.py": PIPELINE.replace("Flip(p=0.5)", "Flip(p=0)")},
        {"horizontal_flip": False},
    ),
    "a vertical flip": (
        {"transforms.py": PIPELINE.replace("HorizontalFlip", "VerticalFlip")},
        {"horizontal_flip": False},
    ),
    "a default flip": ({"transforms.py": PIPELINE.replace("Flip(p=0.5)", "Flip()")}, {}),
    "no shift": (
        {"transforms.py": re.sub(r"A\.ShiftScaleRotate.*\n", "", PIPELINE)},
        {"shift_scale_rotate": False},
    ),
    "a rotation alone": (
        {"transforms.py": re.sub(r"A\.ShiftScaleRotate.*\n", "A.Rotate(15),\n", PIPELINE)},
        {"shift_scale_rotate": False},
    ),
    "a shift of nothing": (
        {
            "transforms.py": re.sub(
                r"A\.ShiftScaleRotate.*\n", "A.ShiftScaleRotate(0, 0, 0),\n", PIPELINE
            )
        },
        {"shift_scale_rotate": False},
    ),
    "an affine map that does the same": (
        {
            "transforms.py": re.sub(
                r"A\.ShiftScaleRotate.*\n",
                "A.Affine(translate_percent=0.05, scale=(0.9, 1.1), rotate=15),\n",
                PIPELINE,
            )
        },
        {},
    ),
    "an affine map that only rotates": (
        {"transforms.py": re.sub(r"A\.ShiftScaleRotate.*\n", "A.Affine(rotate=15),\n", PIPELINE)},
        {"shift_scale_rotate": False},
    ),
    "no hole": (hole("A.NoOp()"), {ONE: False, FILL: False}),
    "a hole of 8 pixels": (
        hole(new(hole_height_range="(8, 8)", hole_width_range="(8, 8)")),
        {ONE: False},
    ),
    "a hole of up to 16 pixels": (hole(new(hole_height_range="(8, 16)")), {ONE: False}),
    "half of the side": (
        hole(new(hole_height_range="(0.5, 0.5)", hole_width_range="(0.5, 0.5)")),
        {},
    ),
    "two holes": (hole(new(num_holes_range="(2, 2)")), {ONE: False}),
    "one or two holes, by default": (hole(new(num_holes_range="")), {ONE: False}),
    "two steps of one hole": (hole(f"{new()},\n    {new()}"), {ONE: False}),
    "a hole that never comes": (hole(new(p="0.0")), {ONE: False, FILL: False}),
    "torchvision's erasing": (
        {
            "transforms.py": PIPELINE.replace("    " + HOLE + ",\n", "").replace(
                "train_transforms = A.", "augment = A."
            )
            + "\nfrom torchvision import transforms as T\nimport numpy as np\n"
            "train_transforms = T.Compose([lambda x: augment(image=np.array(x))['image'], T.RandomErasing()])\n",
            "data.py": DATA.replace(
                'self.transform(image=image)["image"]', "self.transform(image)"
            ),
        },
        {ONE: False, FILL: False},
    ),
    "black": (hole(new(fill="0")), {FILL: False}),
    "the default fill": (hole(new(fill="")), {FILL: False}),
    "a fraction on uint8": (hole(new(fill="MEAN")), {FILL: False}),
    "mean · 255 by hand": (hole(new(fill="(125, 123, 114)")), {}),
    "the overall mean": (hole(new(fill="int(0.4734 * 255)")), {}),
    "half grey": (hole(new(fill="127.5")), {FILL: False}),
    "ImageNet's mean": (hole(new(fill="(123.675, 116.28, 103.53)")), {FILL: False}),
    "a random fill": (hole(new(fill="'random'")), {FILL: False}),
    "a fill computed by numpy": (
        {
            "transforms.py": "import numpy as np\n"
            + PIPELINE.replace("[255 * part for part in MEAN]", "tuple(np.array(MEAN) * 255)")
        },
        {},
    ),
    "a fill rounded in a map": (
        hole(new(fill="tuple(map(lambda part: int(part * 255), MEAN))")),
        {},
    ),
    "a fill from a function": (
        {
            "transforms.py": PIPELINE.replace(
                "[255 * part for part in MEAN]", "fill_of(MEAN)"
            ).replace(
                "train_transforms =",
                "def fill_of(mean, scale=255):\n    return tuple(int(part * scale) for part in mean)\n\ntrain_transforms =",
            )
        },
        {},
    ),
    "a fill that only a run knows": (
        hole(new(fill="float(open('mean.txt').read())")),
        {FILL: None},
    ),
    "a size that only a run knows": (hole(new(hole_height_range="(size, size)")), {ONE: None}),
    "behind normalising, the mean": (after_normalize(new(fill="MEAN")), {FILL: False}),
    "behind normalising, 0": (after_normalize(new(fill="0")), {}),
    "behind normalising, the default": (after_normalize(new(fill="")), {}),
    "behind normalising, in units of 255": (after_normalize(new()), {FILL: False}),
    "behind normalising with one half, 0": (
        {
            "transforms.py": after_normalize(new(fill="0"))["transforms.py"].replace(
                "(0.4914, 0.4822, 0.4465)", "(0.5, 0.5, 0.5)"
            )
        },
        {FILL: False},
    ),
    "behind normalising with one half, the mean in those units": (
        {
            "transforms.py": after_normalize(
                new(fill="[(m - 0.5) / s for m, s in zip((0.4914, 0.4822, 0.4465), STD)]")
            )["transforms.py"].replace("MEAN = (0.4914, 0.4822, 0.4465)", "MEAN = (0.5, 0.5, 0.5)")
        },
        {},
    ),
    "behind normalising that only a run knows": (
        {
            "transforms.py": after_normalize(new(fill="0"))["transforms.py"].replace(
                "MEAN = (0.4914, 0.4822, 0.4465)", "MEAN = load('mean')"
            )
        },
        {FILL: None},
    ),
    "the mean on images of 0 to 1": (
        {
            "transforms.py": PIPELINE.replace(
                "A.HorizontalFlip", "A.ToFloat(max_value=255),\n    A.HorizontalFlip"
            )
            .replace("[255 * part for part in MEAN]", "MEAN")
            .replace("std=STD),\n    ToT", "std=STD, max_pixel_value=1.0),\n    ToT")
        },
        {},
    ),
    "old names, mean · 255": (hole(OLD.format("[part * 255 for part in MEAN]")), {}),
    "old names, the fraction": (hole(OLD.format("MEAN")), {FILL: False}),
    "old names, the least is left out": (
        hole(
            "A.CoarseDropout(max_holes=1, max_height=16, max_width=16, fill_value=[255 * m for m in MEAN])"
        ),
        {},
    ),
    "old names, the least is smaller": (
        hole(OLD.format("(125, 123, 114)").replace("min_width=16", "min_width=1")),
        {ONE: False},
    ),
    "old names, by position": (
        hole("A.CoarseDropout(1, 16, 16, 1, 16, 16, (125, 123, 114), None)"),
        {},
    ),
    "old names, 2.x pinned": (
        hole(OLD.format("(125, 123, 114)"))
        | {"requirements.txt": "torch\nalbumentations==2.0.8\n"},
        {ONE: False, FILL: False},
    ),
    "old names, 1.x pinned": (
        hole(OLD.format("(125, 123, 114)")) | {"requirements.txt": "albumentations==1.3.1\n"},
        {},
    ),
    "old names, and the output warns": (
        hole(OLD.format("(125, 123, 114)"))
        | {
            "S9.ipynb": [
                IMPORTS,
                (
                    LOADERS,
                    "UserWarning: Argument(s) 'max_holes, max_height' are not valid for transform CoarseDropout\n",
                ),
                BUILD,
                RUN,
            ]
        },
        {ONE: False, FILL: False},
    ),
    "old names, and the output installs 1.3": (
        hole(OLD.format("(125, 123, 114)"))
        | {
            "S9.ipynb": [
                (
                    "!pip install albumentations",
                    "Requirement already satisfied: PyYAML in /x (from albumentations) (6.0)\n"
                    "Successfully installed albumentations-1.3.1 qudida-0.0.4\n",
                ),
                IMPORTS,
                LOADERS,
                BUILD,
                RUN,
            ]
        },
        {},
    ),
    "Cutout": (
        hole(
            "A.Cutout(num_holes=1, max_h_size=16, max_w_size=16, fill_value=[m * 255 for m in MEAN])"
        ),
        {ONE: False, FILL: False},
    ),
    "inside OneOf that acts": (hole(f"A.OneOf([{new()}, A.NoOp()], p=1)"), {}),
    "inside a Compose": (hole(f"A.Compose([{new()}], p=1)"), {}),
    "names imported one by one": (
        {
            "transforms.py": PIPELINE.replace(
                "import albumentations as A",
                "from albumentations import (Compose, HorizontalFlip, ShiftScaleRotate, CoarseDropout, Normalize)",
            ).replace("A.", "")
        },
        {},
    ),
    "names from deep inside": (
        {
            "transforms.py": PIPELINE.replace("A.CoarseDropout", "CoarseDropout").replace(
                "import albumentations as A",
                "import albumentations as A\nfrom albumentations.augmentations.dropout.coarse_dropout import CoarseDropout",
            )
        },
        {},
    ),
}
