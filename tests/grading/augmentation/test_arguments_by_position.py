"""Arguments that are given by position are called what they are, in the version that they are judged by."""

import pytest

from tests.grading.augmentation.pipeline_changes import FILL, ONE, hole
from tests.grading.first_attempt import find
from tests.grading.layouts import DATA, PIPELINE, TIDY, build
from utils.grading.augmentation.audit import transforms_audit

MOVE = "A.ShiftScaleRotate(shift_limit=0.05, scale_limit=0.1, rotate_limit=15, p=0.5)"
PINS = {"1": "albumentations==1.3.1", "2": "albumentations==2.0.8", "": ""}


def audited(tmp_path, files, pin=""):
    submission = build(tmp_path, TIDY | {"requirements.txt": PINS[pin]} | files)
    return transforms_audit(submission, find(submission))


def changed(old, text):
    assert old in PIPELINE
    return {"transforms.py": PIPELINE.replace(old, text)}


def row(audit, name):
    return next(
        row for row in audit.facts["effective_transforms"].value if row["name"].endswith(f".{name}")
    )


@pytest.mark.parametrize("pin, version", [("", "1"), ("1", "1")])
def test_numbers_by_position_are_those_of_version_1(pin, version, tmp_path):
    audit = audited(
        tmp_path,
        hole("A.CoarseDropout(1, 16, 16, 1, 16, 16, [255 * m for m in MEAN], None, False, 0.3)"),
        pin,
    )
    found = row(audit, "CoarseDropout")
    assert found["version"] == version
    assert list(found["by_position"]) == [
        "max_holes",
        "max_height",
        "max_width",
        "min_holes",
        "min_height",
        "min_width",
        "fill_value",
        "mask_fill_value",
        "always_apply",
        "p",
    ]
    assert found["arguments"]["num_holes_range"] == [1, 1] and found["arguments"]["p"] == 0.3
    assert audit.facts[ONE].value is audit.facts[FILL].value is True
    assert "max_holes = 1, max_height = 16, max_width = 16" in audit.facts[ONE].why
    (said,) = [one for one in audit.warnings if "by position" in one]
    assert (
        "1.x takes them as max_holes = 1" in said
        and "2.x takes num_holes_range, hole_height_range" in said
    )


def test_version_2_refuses_the_numbers_of_version_1(tmp_path):
    audit = audited(tmp_path, hole("A.CoarseDropout(1, 16, 16, fill_value=0)"), "2")
    assert audit.facts[ONE].value is audit.facts[FILL].value is None
    why = audit.facts[ONE].why
    assert (
        "2.x takes num_holes_range" in why
        and "1.x takes it as max_holes = 1, max_height = 16, max_width = 16" in why
    )


def test_an_argument_by_position_that_is_not_known_hides_only_what_it_sets(tmp_path):
    audit = audited(tmp_path, hole("A.CoarseDropout(1, 16, 16, 1, 16, 16, load())"))
    assert audit.facts[ONE].value is True and audit.facts[FILL].value is None
    audit = audited(tmp_path, hole("A.CoarseDropout(1, size, 16, 1, 16, 16, (125, 123, 114))"))
    assert audit.facts[ONE].value is None and audit.facts[FILL].value is True
    audit = audited(
        tmp_path,
        hole(
            "A.CoarseDropout(max_holes=1, max_height=size, min_height=16, max_width=16, "
            "fill_value=(125, 123, 114))"
        ),
    )
    assert audit.facts[ONE].value is None and audit.facts[FILL].value is True


@pytest.mark.parametrize("pin", PINS)
def test_limits_by_position_have_the_same_names_in_both(pin, tmp_path):
    audit = audited(tmp_path, changed(MOVE, "A.ShiftScaleRotate(0.1, 0.2, 25, p=1)"), pin)
    assert row(audit, "ShiftScaleRotate")["by_position"] == {
        "shift_limit": 0.1,
        "scale_limit": 0.2,
        "rotate_limit": 25,
    }
    assert (
        "shift_limit = 0.1, scale_limit = 0.2, rotate_limit = 25"
        in audit.facts["shift_scale_rotate"].why
    )
    assert not [one for one in audit.warnings if "by position" in one]


def test_more_limits_than_version_2_has_in_that_order(tmp_path):
    """The sixth is the value of the border in 1.x, and a limit in 2.x."""
    audit = audited(tmp_path, changed(MOVE, "A.ShiftScaleRotate(0.1, 0.2, 25, 1, 4, (0, 0, 0))"))
    assert list(row(audit, "ShiftScaleRotate")["by_position"])[-1] == "value"
    assert audit.facts["shift_scale_rotate"].value is True


@pytest.mark.parametrize(
    "given, pin, p, names",
    [
        ("0.3", "", 0.3, {"p": 0.3}),
        ("0.3", "1", 1.0, {"always_apply": 0.3}),
        ("False, 0.3", "", 0.3, None),
        ("False, 0.3", "2", 0.0, {"p": False}),
        ("True", "1", 1.0, {"always_apply": True}),
    ],
)
def test_a_flip_by_position_means_another_thing_in_each_version(given, pin, p, names, tmp_path):
    files = changed("A.HorizontalFlip(p=0.5)", f"A.HorizontalFlip({given})")
    found = audited(tmp_path, files | {"requirements.txt": PINS[pin]})
    audit = row(found, "HorizontalFlip")
    assert audit["arguments"]["p"] == p
    assert names is None or audit["by_position"] == names
    assert [one for one in found.warnings if "1.x takes them as always_apply" in one]


def test_ranges_by_position_are_those_of_version_2(tmp_path):
    audit = audited(tmp_path, hole("A.CoarseDropout((1, 1), (16, 16), (16, 16), (125, 123, 114))"))
    assert audit.facts[ONE].value is True and audit.warnings == ()
    assert list(row(audit, "CoarseDropout")["by_position"]) == [
        "num_holes_range",
        "hole_height_range",
        "hole_width_range",
        "fill",
    ]


def test_torchvision_is_named_by_its_own(tmp_path):
    text = """
from torchvision import transforms as T
import numpy as np
train_transforms = T.Compose([T.RandomCrop(32, 4), lambda image: augment(image=np.array(image))["image"], T.ToTensor(),
                              T.Normalize(MEAN, STD)])
"""
    files = {
        "transforms.py": PIPELINE.replace("train_transforms =", "augment =").replace(
            "A.Normalize(mean=MEAN, std=STD),\n    ToTensorV2(),\n])\ntest", "])\ntest"
        )
        + text,
        "data.py": DATA.replace('self.transform(image=image)["image"]', "self.transform(image)"),
    }
    audit = audited(tmp_path, files)
    assert row(audit, "RandomCrop")["arguments"] == {"size": 32, "padding": 4}
    assert list(row(audit, "Normalize")["arguments"]) == ["mean", "std"]
    assert audit.facts[ONE].value is True
