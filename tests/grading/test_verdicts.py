"""Verdicts over tables of facts: what is not established never passes and never fails."""

import pytest

from utils.grading.facts import Evidence, Fact
from utils.grading.rubrics.rubric import Criterion
from utils.grading.verdicts import judge

PLACE = Evidence(file="model.py", line=3)


def criterion(check, facts, threshold=None, doubted_by=None):
    return Criterion("c", "C", 10, check, tuple(facts), "Mend it.", threshold, doubted_by)


@pytest.mark.parametrize(
    "blocks, pooling, verdict",
    [
        (True, False, "pass"),
        (True, True, "fail"),
        (False, False, "fail"),
        (False, None, "fail"),
        (None, True, "fail"),
        (None, False, "unverifiable"),
        (True, None, "unverifiable"),
        (None, None, "unverifiable"),
        (1, False, "unverifiable"),
        ("yes", False, "unverifiable"),
    ],
)
def test_truths(blocks, pooling, verdict):
    facts = {"blocks": Fact(blocks, "a reason"), "max_pooling": Fact(pooling)}
    result = judge(criterion("is_true", ("blocks", "not max_pooling")), facts)
    assert result.verdict == verdict
    assert result.points == (10 if verdict == "pass" else 0)
    assert bool(result.advice) == (verdict != "pass")


@pytest.mark.parametrize(
    "check, value, verdict",
    [
        ("above", 45, "pass"),
        ("above", 44, "fail"),
        ("above", 43.9, "fail"),
        ("above", None, "unverifiable"),
        ("above", float("nan"), "unverifiable"),
        ("above", True, "unverifiable"),
        ("above", "45", "unverifiable"),
        ("below", 43, "pass"),
        ("below", 44, "fail"),
        ("at_least", 44, "pass"),
        ("at_least", 43.99, "fail"),
        ("at_most", 44, "pass"),
        ("at_most", 45, "fail"),
    ],
)
def test_numbers(check, value, verdict):
    result = judge(
        criterion(check, ["receptive_field"], 44),
        {"receptive_field": Fact(value, "a reason", (PLACE,))},
    )
    assert result.verdict == verdict and result.evidence == (PLACE,)


@pytest.mark.parametrize(
    "computed, printed, verdict",
    [
        (199_999, None, "pass"),
        (199_999, 150_000, "pass"),
        (200_000, None, "fail"),
        (300_000, 300_000, "fail"),
        (199_999, 1_250_000, "unverifiable"),
        (1_250_000, 199_999, "unverifiable"),
        (None, 150_000, "unverifiable"),
        (None, 300_000, "unverifiable"),
    ],
)
def test_a_second_source_only_raises_doubt(computed, printed, verdict):
    facts = {"parameters": Fact(computed), "printed_parameters": Fact(printed)}
    assert (
        judge(criterion("below", ["parameters"], 200_000, "printed_parameters"), facts).verdict
        == verdict
    )


@pytest.mark.parametrize(
    "logged, consistent, tested, verdict",
    [
        (86.0, True, None, "pass"),
        (86.0, None, None, "pass"),
        (86.0, False, None, "unverifiable"),
        (84.99, True, None, "fail"),
        (84.99, False, None, "fail"),
        (None, None, None, "unverifiable"),
        (None, None, 85.0, "pass"),
        (None, None, 80.0, "fail"),
        (86.0, True, 85.5, "pass"),
        (86.0, True, 80.0, "unverifiable"),
        (86.0, False, 85.5, "pass"),
        (80.0, True, 85.5, "pass"),
    ],
)
def test_accuracy(logged, consistent, tested, verdict):
    facts = {
        "best_test_accuracy": Fact(logged, "in the log"),
        "log_consistent": Fact(consistent, "86 is not 81/100"),
    }
    facts |= {} if tested is None else {"checkpoint_accuracy": Fact(tested)}
    result = judge(criterion("accuracy", ["best_test_accuracy"], 85), facts)
    assert result.verdict == verdict
    if verdict == "unverifiable" and consistent is False:
        assert "86 is not 81/100" in result.advice


@pytest.mark.parametrize("logged", [86.0, 80.0, None])
def test_weights_that_could_not_be_tested_leave_the_accuracy_open(logged):
    facts = {
        "best_test_accuracy": Fact(logged, "" if logged else "no log was found"),
        "log_consistent": Fact(True),
        "checkpoint_accuracy": Fact(None, "the weights w.pt are an empty file"),
    }
    result = judge(criterion("accuracy", ["best_test_accuracy"], 85), facts)
    assert (result.verdict, result.value) == (
        "unverifiable",
        logged,
    ) and "w.pt are an empty file" in result.advice
    assert (f"{logged:.2f} %" if logged else "no log was found") in result.advice


def test_reasons_and_advice_reach_the_student():
    fact = Fact(False, "the 3×3 has groups=1", (PLACE,))
    failed = judge(criterion("is_true", ["depthwise_separable"]), {"depthwise_separable": fact})
    assert "groups=1" in failed.advice and failed.advice.endswith("Mend it.")
    unknown = judge(
        criterion("is_true", ["blocks", "not max_pooling"]),
        {name: Fact(None, "add --run") for name in ("blocks", "max_pooling")},
    )
    assert unknown.advice.count("add --run") == 1 and "Mend it" not in unknown.advice
    assert "no audit" in judge(criterion("is_true", ["dilated"]), {}).advice
