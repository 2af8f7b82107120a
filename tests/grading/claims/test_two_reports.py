"""The claims of the two student reports."""

from tests.grading.claims.of_readme import claims
from utils.grading.facts import Fact


def of_report(path, facts):
    return {(one.text, one.verdict, one.value) for one in claims(path, facts, name=None)}


def test_the_claims_of_the_second_report(reports):
    facts = {"parameters": Fact(188_992), "depthwise_separable": Fact(True), "dilated": Fact(True)}
    found = of_report(reports[1], facts)
    wrong = [(text, value) for text, verdict, value in found if verdict != "true"]
    assert len(wrong) == 1 and wrong[0][0].endswith("85% on the 54th epoch.") and wrong[0][1] == 49
    assert {value for _, verdict, value in found if verdict == "true"} == {75, 188_992}


def test_the_claims_of_the_first_report(reports):
    found = of_report(
        reports[0],
        {"parameters": Fact(185_936), "depthwise_separable": Fact(False), "dilated": Fact(True)},
    )
    assert {(verdict, value) for text, verdict, value in found if "around 70 %" in text} == {
        ("true", 69.20)
    }
    assert [
        verdict for text, verdict, value in found if "depthwise" in text and value is False
    ] == ["false"]
