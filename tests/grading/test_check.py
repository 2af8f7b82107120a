"""One criterion asked for in a notebook, whose folder is the submission."""

import pytest

from tests.grading.copied_process import in_a_copy
from tests.grading.submissions import Parts, flat, write
from utils.errors import UserError
from utils.grading import check as check_module
from utils.grading.check import check
from utils.grading.network import executed_network


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.setattr(executed_network, "run_isolated", in_a_copy)
    monkeypatch.chdir(write(flat(Parts()), tmp_path / "submission"))
    return tmp_path / "submission"


def test_the_verdict_is_shown_with_its_advice(here, monkeypatch):
    graded = []
    grade = check_module.grade
    monkeypatch.setattr(
        check_module, "grade", lambda path, *rest: graded.append(path) or grade(path, *rest)
    )
    dilated = check("dilated")
    assert dilated and dilated.passed and dilated.points == dilated.max_points == 10
    assert repr(dilated).startswith("At least one dilated convolution: pass, 10 of 10 points")
    assert "model.py:" in repr(dilated)
    assert check("albumentations") and graded == [here]  # once for both
    for file in here.glob("*.py"):
        file.write_text(file.read_text("utf-8").replace("dilation=2", "dilation=1"), "utf-8")
    changed = check("dilated")
    assert not changed and changed.points == 0 and graded == [here, here]
    assert repr(changed) == str(changed) and changed.advice in repr(changed) != ""
    assert changed.verdict == "fail" and "dilation" in changed.advice


def test_what_is_unverifiable_is_no_pass(here):
    dilated = check("dilated", run=False)
    assert not dilated and dilated.verdict == "unverifiable" and "not executed" in repr(dilated)


@pytest.mark.parametrize(
    "asked, about",
    [
        (("dilatd",), "choose blocks"),
        (("dilated", "/nowhere/at/all"), "/nowhere/at/all"),
        (("dilated", ".", "absent"), "absent"),
    ],
)
def test_a_wrong_question_is_said(asked, about, here):
    with pytest.raises(UserError, match=about):
        check(*asked)
