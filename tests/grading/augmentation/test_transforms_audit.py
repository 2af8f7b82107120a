"""The effective augmentation is read from pipelines as students write them."""

import warnings

import numpy as np
import pytest

from tests.grading.augmentation.pipeline_changes import CHANGES, FILL, HOLE, OLD, ONE, hole, new
from tests.grading.augmentation.pipeline_places import PLACES
from tests.grading.first_attempt import find
from tests.grading.layouts import (
    BUILD,
    DATA,
    IMPORTS,
    LOADERS,
    LOG,
    LOOPS,
    PIPELINE,
    RUN,
    TIDY,
    build,
)
from utils.data.transforms import A
from utils.grading.augmentation.albumentations_version import pinned_version
from utils.grading.augmentation.audit import transforms_audit
from utils.grading.submission.contents import read_submission

GOOD = {
    "horizontal_flip": True,
    "shift_scale_rotate": True,
    "coarse_dropout_one_16x16_hole": True,
    "coarse_dropout_fill_correct": True,
}


def facts(tmp_path, files):
    submission = build(tmp_path, TIDY | files)
    return transforms_audit(submission, find(submission))


@pytest.mark.parametrize("change", CHANGES)
def test_change(change, tmp_path):
    files, differing = CHANGES[change]
    audit = facts(tmp_path, files)
    assert {name: audit.facts[name].value for name in GOOD} == GOOD | differing, {
        name: audit.facts[name].why for name in GOOD
    }
    assert all(audit.facts[name].why for name in GOOD)


@pytest.mark.parametrize("place", PLACES)
def test_place(place, tmp_path):
    audit = facts(tmp_path, PLACES[place])
    assert {name: audit.facts[name].value for name in GOOD} == GOOD, {
        name: audit.facts[name].why for name in GOOD
    }
    assert audit.facts["statistics_agree"].value is True, audit.facts["statistics_agree"]
    names = [row["name"] for row in audit.facts["effective_transforms"].value]
    assert names == [
        f"albumentations.{name}"
        for name in (
            "HorizontalFlip",
            "ShiftScaleRotate",
            "CoarseDropout",
            "Normalize",
            "ToTensorV2",
        )
    ]


WARNINGS = {
    "an always-on flip": (
        {"transforms.py": PIPELINE.replace("Flip(p=0.5)", "Flip(p=1)")},
        "every training image is mirrored",
    ),
    "old names": (hole(OLD.format("(125, 123, 114)")), "argument names of albumentations 1.x"),
    "old names under 2.x": (
        hole(OLD.format("(125, 123, 114)")) | {"requirements.txt": "albumentations>=2.0"},
        "which albumentations 2 ignores",
    ),
    "std as mean": (
        {"transforms.py": PIPELINE.replace("mean=MEAN", "mean=STD")},
        "the standard deviation in place of the mean",
    ),
    "different statistics": (
        {
            "transforms.py": PIPELINE.replace(
                "test_transforms = A.Compose([A.Normalize(mean=MEAN",
                "test_transforms = A.Compose([A.Normalize(mean=(0.5, 0.5, 0.5)",
            )
        },
        "test images with mean (0.5, 0.5, 0.5)",
    ),
    "a test set that is augmented": (
        {"data.py": DATA.replace("transform=test_transforms", "transform=train_transforms")},
        "test images are augmented too",
    ),
    "a hole that is moved": (
        {
            "transforms.py": PIPELINE.replace(
                "A.HorizontalFlip(p=0.5),", f"{HOLE},\n    A.HorizontalFlip(),"
            ).replace(f"    {HOLE},\n    A.Norm", "    A.Norm")
        },
        "ShiftScaleRotate comes after CoarseDropout and moves or scales the hole.",
    ),
    "a hole that is cut": (
        hole(f"A.PadIfNeeded(48, 48),\n    {HOLE},\n    A.CenterCrop(32, 32)"),
        "CenterCrop comes after CoarseDropout and may cut off a part of the hole.",
    ),
}


@pytest.mark.parametrize("kind", WARNINGS)
def test_remark(kind, tmp_path):
    files, said = WARNINGS[kind]
    assert any(said in warning for warning in facts(tmp_path, files).warnings)


@pytest.mark.parametrize(
    "files",
    [
        {},
        hole(f"{HOLE},\n    A.CenterCrop(32, 32)"),
        hole(f"A.Pad(4),\n    A.RandomCrop(32, 32),\n    {HOLE}"),
    ],
)
def test_a_good_pipeline_is_not_remarked_on(files, tmp_path):
    assert facts(tmp_path, files).warnings == ()


@pytest.mark.parametrize(
    "files",
    [
        {"transforms.py": None},
        {"transforms.py": PIPELINE.replace("A.Compose([\n", "A.Compose([[\n")},
        {name: None for name in TIDY} | {"README.md": "# 9"},
    ],
)
def test_a_pipeline_that_cannot_be_read_is_unknown(files, tmp_path):
    audit = facts(tmp_path, files)
    assert {audit.facts[name].value for name in GOOD} == {None}
    assert all(audit.facts[name].why for name in GOOD)


def test_a_pipeline_of_which_a_part_is_unknown_claims_no_absence(tmp_path):
    files = {
        "transforms.py": PIPELINE.replace("A.HorizontalFlip(p=0.5),", "*more(),").replace(
            "MEAN = (", "from elsewhere import more\nMEAN = ("
        )
    }
    audit = facts(tmp_path, files)
    assert audit.facts["horizontal_flip"].value is None
    assert audit.facts["coarse_dropout_one_16x16_hole"].value is True


@pytest.mark.parametrize("more, version", [("**more()", "2"), ("max_holes=1, **more()", "1")])
def test_arguments_that_are_not_known_decide_nothing(more, version, tmp_path):
    """With them, anything may have been given: neither the probability nor the hole is known."""
    audit = facts(tmp_path, hole(new(p="0.5").replace(", p=", f", {more}, p=")))
    assert {audit.facts[name].value for name in (ONE, FILL)} == {None}
    row = audit.facts["effective_transforms"].value[2]
    assert row["version"] == version and not row["arguments"].keys() & {
        "p",
        "fill",
        "hole_height_range",
    }
    assert audit.facts["horizontal_flip"].value is True


@pytest.mark.parametrize(
    "pinned, there, other", [("", [1, 1], [1, 2]), ("albumentations==2.0.8", [1, 2], [1, 1])]
)
def test_what_the_other_version_makes_of_old_names_is_listed(pinned, there, other, tmp_path):
    """2.x makes one or two holes by default, and the old names ask 1.x for one."""
    audit = facts(tmp_path, hole(OLD.format("(125, 123, 114)")) | {"requirements.txt": pinned})
    row = audit.facts["effective_transforms"].value[2]
    assert (row["arguments"]["num_holes_range"], row["other_version"]["num_holes_range"]) == (
        there,
        other,
    )


@pytest.mark.parametrize(
    "name, text, version",
    [
        ("requirements/base.txt", "albumentations==2.0.8", "2"),
        ("pyproject.toml", 'dependencies = ["torch", "albumentations==2.0.5"]', "2"),
        ("pyproject.toml", 'albumentations = "^1.3"', "1"),
        ("setup.cfg", "install_requires =\n  albumentations~=1.4", "1"),
        ("setup.py", "setup(install_requires=['albumentations>=2.0'])", "2"),
        ("Pipfile", 'albumentations = "==1.3.1"', "1"),
        ("environment.yml", "- pip:\n  - albumentations==1.3.1", "1"),
        ("pyproject.toml", 'albumentations = "*"', None),
        ("notes.py", "# albumentations==2.0.5", None),
    ],
)
def test_where_a_version_is_asked_for(name, text, version, tmp_path):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text)
    assert pinned_version(read_submission(tmp_path))[0] == version


def test_version_1_makes_eight_holes_where_none_are_asked_for(tmp_path):
    audit = facts(
        tmp_path, hole("A.CoarseDropout(max_height=16, max_width=16, fill_value=(125, 123, 114))")
    )
    assert audit.facts[ONE].value is False and audit.facts[ONE].why.startswith(
        "8 hole(s) of 16 × 16 pixels"
    )


SAMPLES = [
    new(),
    new(hole_height_range="(0.5, 0.5)", hole_width_range="(0.5, 0.5)"),
    new(hole_width_range="(0.5, 0.5)"),
    new(hole_height_range="(8, 8)"),
    new(num_holes_range="(2, 2)"),
    new(fill="(0.4914, 0.4822, 0.4465)"),
    new(fill="0"),
    new(fill="(125, 123, 114)"),
    new(hole_width_range="(16, 17)"),
]


@pytest.mark.parametrize("text", SAMPLES)
def test_the_facts_are_what_the_transform_does(text, tmp_path):
    """Oracle: the transform itself, applied to white images, and the holes that it leaves measured."""
    audit = facts(tmp_path, hole(text))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        transform = eval(text[:-1] + ", p=1.0)", {"A": A, "MEAN": (0.4914, 0.4822, 0.4465)})
        holes = [transform(image=np.full((32, 32, 3), 255, np.uint8))["image"] for _ in range(60)]
    sizes = {
        not (image < 255).any() or tuple(np.ptp(np.argwhere((image < 255).all(2)), axis=0) + 1)
        for image in holes
    }
    areas = {int((image < 255).all(2).sum()) for image in holes}
    assert audit.facts[ONE].value == (sizes == {(16, 16)} and areas == {256})
    colours = {tuple(pixel) for image in holes for pixel in image[(image < 255).all(2)]}
    near = all(
        abs(int(seen) - 255 * mean) <= 3
        for colour in colours
        for seen, mean in zip(colour, (0.4914, 0.4822, 0.4465))
    )
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
    script = (
        LOADERS
        + BUILD.replace("summary", "print")
        + LOOPS
        + RUN[0].replace("from engine import train, test", "")
    )
    audit = facts(
        tmp_path, {"S9.ipynb": None, "main.py": IMPORTS + script + f"\n# {LOG.split()[0]}\n"}
    )
    assert {name: audit.facts[name].value for name in GOOD} == GOOD
