"""Every report holds what its format demands, whatever a stranger wrote."""

import copy
import csv
import io
import json
from xml.etree import ElementTree

import jsonschema
import mistune
import pytest

from tests.grading.reports.samples import HOSTILE, graded, perfect
from utils.grading.cohort.mark_sheets import cohort_csv
from utils.grading.reports.cohort_page import row
from utils.grading.reports.entry import could_not_work, not_graded
from utils.grading.reports.failed import OUTPUT_LIMIT, failed_report
from utils.grading.reports.gradescope import TEST_LIMIT, gradescope_report
from utils.grading.reports.html import html_report
from utils.grading.reports.json_report import SCHEMA, json_report
from utils.grading.reports.junit import junit_report
from utils.grading.reports.markdown import markdown_report
from utils.grading.reports.safe_text import divided
from utils.grading.rubrics.rubric import load_rubric

schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
everything_hostile = pytest.mark.parametrize(
    "text", [*HOSTILE, "x" * 200_000, ""], ids=range(len(HOSTILE) + 2)
)
VISIBILITY = {"enum": ["hidden", "after_due_date", "after_published", "visible"]}
FORMAT = {"enum": ["text", "html", "simple_format", "md", "ansi"]}
TEXT, NUMBER, OBJECT = {"type": "string"}, {"type": "number"}, {"type": "object"}
TEST = {
    "score": NUMBER,
    "max_score": NUMBER,
    "status": {"enum": ["passed", "failed"]},
    "name": TEXT,
    "name_format": FORMAT,
    "number": TEXT,
    "output": TEXT,
    "output_format": FORMAT,
    "tags": {"type": "array", "items": TEXT},
    "visibility": VISIBILITY,
    "extra_data": OBJECT,
}
GRADESCOPE = {  # after its published specification
    "type": "object",
    "required": ["tests"],
    "additionalProperties": False,
    "properties": {
        "score": NUMBER,
        "execution_time": NUMBER,
        "output": TEXT,
        "output_format": FORMAT,
        "test_output_format": FORMAT,
        "test_name_format": FORMAT,
        "visibility": VISIBILITY,
        "stdout_visibility": VISIBILITY,
        "extra_data": OBJECT,
        "leaderboard": {"type": "array"},
        "tests": {
            "type": "array",
            "items": {"type": "object", "additionalProperties": False, "properties": TEST},
        },
    },
}


def strict(text: str):
    """JSON as the standard has it: no NaN, no Infinity."""
    return json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


@everything_hostile
def test_json_keeps_to_the_schema(text):
    page = strict(json_report([graded(text, text=text), perfect()]))
    jsonschema.validate(page, schema)
    entry = page["submissions"][0]
    assert entry["path"] == text and entry["claims"][0]["text"] == text
    assert entry["points"] == 40 and entry["max_points"] == 100
    assert entry["facts"]["why"]["modular"] and entry["facts"]["modular"] is None
    assert page["submissions"][1]["points"] == 100


@pytest.mark.parametrize(
    "break_it",
    [
        lambda entry: entry.pop("claims"),
        lambda entry: entry.update(surprise=1),
        lambda entry: entry["criteria"][0].update(verdict="maybe"),
        lambda entry: entry["criteria"][0].update(points=5),
        lambda entry: entry["criteria"][0].pop("advice"),
        lambda entry: entry["criteria"][1]["evidence"][0].update(cell=1),
        lambda entry: entry["claims"][0].update(verdict="pass"),
        lambda entry: entry["facts"].pop("epochs"),
        lambda entry: entry["facts"].update(dilated="yes"),
        lambda entry: entry["facts"]["why"].update(modular=""),
        lambda entry: entry["criteria"][0].update(advice=""),
    ],
)
def test_the_schema_refuses_what_is_none(break_it):
    entry = copy.deepcopy(graded().entry)
    jsonschema.validate({"submissions": [entry]}, schema)
    break_it(entry)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"submissions": [entry]}, schema)


@everything_hostile
def test_gradescope_keeps_to_its_schema(text):
    report = gradescope_report(graded(text, text=text))
    page = strict(report)
    jsonschema.validate(page, GRADESCOPE)
    assert page["score"] == sum(test["score"] for test in page["tests"]) == 40
    assert sum(test["max_score"] for test in page["tests"]) == 100
    assert {test["name"]: test["status"] for test in page["tests"]}["accuracy"] == "passed"
    assert len(page["output"]) <= OUTPUT_LIMIT and all(
        len(test["output"]) <= TEST_LIMIT for test in page["tests"]
    )
    assert len(report) < 200_000


def test_gradescope_hears_of_a_failure_of_ours():
    page = strict(failed_report("the disk is full \x00" + "x" * 100_000))
    jsonschema.validate(page, GRADESCOPE)
    assert (
        page["score"] == 0
        and "disk is full" in page["output"]
        and len(page["output"]) <= OUTPUT_LIMIT
    )


@everything_hostile
def test_junit_is_xml_with_the_right_counts(text):
    root = ElementTree.fromstring(junit_report([graded(text, text=text), perfect()]).encode())
    first, second = root.findall("testsuite")
    assert (first.get("tests"), first.get("failures"), first.get("errors")) == ("9", "2", "4")
    assert len(first.findall("testcase/failure")) == 2 and len(first.findall("testcase/error")) == 4
    assert (second.get("tests"), second.get("failures"), second.get("errors")) == ("9", "0", "0")


@everything_hostile
def test_markdown_holds_no_foreign_markup(text):
    report = markdown_report([graded(text, text=text)])
    assert not [character for character in report if ord(character) < 32 and character != "\n"]
    page = mistune.create_markdown(escape=False, plugins=["table", "strikethrough", "url"])(report)
    for tag in ("<script", "<img", "<a ", "<style", "<body", "<del", "<em", "<!--"):
        assert tag not in page, tag
    assert (
        page.count("<table") == 3 and page.count("<h1") == 1
    )  # criteria, claims, facts; no heading of theirs


def test_markdown_says_it_all_at_a_glance():
    report = markdown_report([graded()])
    assert (
        "40 of 100 points" in report and "| `receptive_field` | ❌ fail | 0 / 10 | 43 |" in report
    )
    assert "`86.54 %.py:3`" in report and "Widen it" in report


@everything_hostile
def test_no_cell_of_the_csv_is_a_formula(text):
    rows = [row(graded(text=text).entry, text), row(perfect().entry, "best")]
    lines = list(csv.DictReader(io.StringIO(cohort_csv(rows, load_rubric("era_s9")))))
    assert len(lines) == 2 and not lines[0]["student"].startswith(("=", "+", "-", "@", "\t"))
    assert lines[1]["points"] == "100" and lines[0]["verdict: receptive_field"] == "fail"
    assert (lines[0]["receptive_field"], lines[0]["epochs"]) == ("43", "")


def test_a_failure_of_ours_is_no_verdict():
    entry = not_graded("x", load_rubric("era_s9"), "it broke").entry
    jsonschema.validate({"submissions": [entry]}, schema)
    assert could_not_work(entry) and not could_not_work(graded().entry)
    assert {criterion["verdict"] for criterion in entry["criteria"]} == {"unverifiable"}


def test_the_words_that_decide_on_a_claim_are_bold():
    one = graded(text="It has 14k *parameters*.")
    start, end = one.entry["claims"][0]["marked"]
    inside = "It has 14k *parameters*."[start:end]
    assert f"**`{inside}`**" in markdown_report([one]) and f"<b>{inside}</b>" in html_report(one)
    assert "marked" not in one.entry["claims"][1]


def test_a_long_claim_is_cut_behind_what_decides():
    text = "a" * 290 + "14k" + "b" * 400
    assert divided(text, (290, 293)) == ("a" * 290, "14k", "b" * 6 + "…") and divided(
        "short", None
    ) == ("", "", "short")
