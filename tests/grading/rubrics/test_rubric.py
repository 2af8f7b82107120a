"""Rubrics: the shipped ones say what the assignments ask, and a wrong file is refused with the line that is wrong."""

import pytest

from utils.errors import UserError
from utils.grading.rubrics.rubric import SHIPPED, load_rubric, parse_rubric, shipped_rubrics

ERA_S9 = [
    "blocks",
    "receptive_field",
    "depthwise_separable",
    "dilated",
    "global_average_pooling",
    "albumentations",
    "parameters",
    "accuracy",
    "modular",
]

GOOD = '''name = "mine"
title = "My rubric"

[[criteria]]
id = "size"
title = "Small"
points = 3
check = "at_most"
facts = ["parameters"]
threshold = 5_000
advice = "Make it smaller."

[[criteria]]
id = "flip"
title = "No flip"
points = 2.5
check = "is_true"
facts = ["not horizontal_flip"]
advice = """Remove
it."""
'''


def test_the_shipped_rubrics_ask_what_the_assignments_ask():
    era, sixth = load_rubric("era_s9"), load_rubric("assignment6")
    assert [criterion.id for criterion in era.criteria] == ERA_S9
    assert sorted(criterion.id for criterion in sixth.criteria) == sorted(
        ERA_S9[1:5] + ["parameters"]
    )
    limits = {
        (rubric.name, criterion.id): (criterion.check, criterion.threshold)
        for rubric in (era, sixth)
        for criterion in rubric.criteria
        if criterion.threshold
    }
    assert limits == {
        ("era_s9", "receptive_field"): ("above", 44),
        ("era_s9", "parameters"): ("below", 200_000),
        ("era_s9", "accuracy"): ("accuracy", 85),
        ("assignment6", "receptive_field"): ("above", 44),
        ("assignment6", "parameters"): ("below", 1_000_000),
    }
    assert (era.target_accuracy, sixth.target_accuracy) == (85, None)
    assert shipped_rubrics() == ["assignment6", "era_s9"]


def test_a_teacher_writes_another(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    rubric = load_rubric(str(file))
    assert [(criterion.id, criterion.points) for criterion in rubric.criteria] == [
        ("size", 3),
        ("flip", 2.5),
    ]
    assert rubric.criteria[1].facts == ("not horizontal_flip",) and rubric.target_accuracy is None


@pytest.mark.parametrize(
    "old, new, line, about",
    [
        ('title = "My rubric"', 'title = "My rubric', 2, "line 2"),
        ('title = "My rubric"', 'title = " "', 2, "'title' must be a text"),
        ('title = "My rubric"', 'titel = "My rubric"', 2, "'titel' is not a key"),
        ('title = "My rubric"', "target_accuracy = 850", 2, "a percentage from 0 to 100"),
        ('name = "mine"\n', "", 1, "'name' is missing"),
        ('id = "size"\n', "", 4, "'id' is missing"),
        ('id = "flip"', 'id = "size"', 14, "used twice"),
        ("points = 3", "points = -3", 7, "not negative"),
        ("points = 3", 'points = "3"', 7, "not negative"),
        ("points = 3", "points = nan", 7, "not negative"),
        ("points = 3", "points = true", 7, "not negative"),
        ('"at_most"', '"atmost"', 8, "one of is_true"),
        ('"at_most"', '["at_most"]', 8, "one of is_true"),
        ('["parameters"]', '["parametres"]', 9, "there is no fact 'parametres'"),
        ('["parameters"]', '["dilated"]', 9, "judges a number"),
        ('["parameters"]', '["not parameters"]', 9, "there is no fact"),
        ('["parameters"]', '["parameters", "epochs"]', 9, "exactly one fact"),
        ('["parameters"]', "[]", 9, "a list of fact names"),
        ("threshold = 5_000\n", "", 4, "'threshold' is missing"),
        ("threshold = 5_000", "threshold = inf", 10, "must be a number"),
        (
            "threshold = 5_000",
            'threshold = 5_000\ndoubted_by = "dilated"',
            11,
            "'doubted_by' must be",
        ),
        ('["not horizontal_flip"]', '["not epochs"]', 18, "judges a truth"),
        ('"is_true"', '"is_true"\nthreshold = 1', 18, "takes no 'threshold'"),
        ("points = 2.5", "points = 2.5\npoints = 3", 17, "line 17"),
    ],
)
def test_a_wrong_rubric_is_refused_with_the_line(old, new, line, about):
    assert GOOD.count(old) == 1
    with pytest.raises(UserError) as refused:
        parse_rubric(GOOD.replace(old, new), "mine.toml")
    assert (
        "mine.toml" in str(refused.value)
        and f"line {line}" in str(refused.value)
        and about in str(refused.value)
    )


@pytest.mark.parametrize(
    "text", ["", "criteria = 3", "criteria = []", 'name = "a"\ntitle = "b"\ncriteria = [1]']
)
def test_a_rubric_without_criteria_is_refused(text):
    with pytest.raises(UserError, match="criteria|missing"):
        parse_rubric(text, "mine.toml")


def test_what_is_no_rubric_is_refused(tmp_path):
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b'name = "\xff\xfe"')
    for name, about in (
        (str(binary), "UTF-8"),
        (str(tmp_path), "Is a directory"),
        (str(tmp_path / "absent.toml"), "era_s9"),
    ):
        with pytest.raises(UserError, match=about):
            load_rubric(name)


def test_the_shipped_files_are_the_names():
    for name in shipped_rubrics():
        assert load_rubric(name).name == name and load_rubric(
            str(SHIPPED / f"{name}.toml")
        ) == load_rubric(name)


@pytest.mark.parametrize(
    "text, about",
    [
        (GOOD.replace("points = ", f"points = {'9' * 400} # ", 1), "'points' must be a number"),
        (f"{GOOD}\na = {'[' * 50_000}", "nested too deeply|not a rubric"),
        (GOOD.replace("check = ", f"check = '{'x' * 9_000}' # ", 1), "'check' must be"),
    ],
    ids=["many digits", "many brackets", "a long text"],
)
def test_what_breaks_a_reader_is_one_short_sentence(text, about):
    with pytest.raises(UserError, match=about) as refused:
        parse_rubric(text, "mine.toml")
    assert len(str(refused.value)) < 1_000
