"""Transforms that stand in the code and do not act are not verified; what honest code has in their place is."""

import pytest

from tests.grading.augmentation.feeding_places import ALIKE, OTHER
from tests.grading.first_attempt import find
from tests.grading.layouts import TIDY, build
from utils.grading.augmentation.audit import transforms_audit

FLIP = "horizontal_flip"


def flip(folder, files):
    submission = build(folder, TIDY | files)
    return transforms_audit(submission, find(submission)).facts[FLIP]


@pytest.mark.parametrize("case", OTHER)
def test_what_may_give_the_loop_other_images_is_not_verified(case, tmp_path):
    files, words = OTHER[case]
    fact = flip(tmp_path, files)
    assert fact.value is None and words in fact.why, fact


@pytest.mark.parametrize("case", ALIKE)
def test_what_gives_it_the_same_is(case, tmp_path):
    fact = flip(tmp_path, ALIKE[case])
    assert fact.value is True, fact
