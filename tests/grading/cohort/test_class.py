"""A class of twelve as a teacher finds it: who needs a person, and what is equal in whom."""

import json

import jsonschema
import pytest

from tests.grading.cohort.class_of_twelve import (
    ABANDONED,
    BROKEN,
    CLEAN,
    COPY,
    EMPTY,
    NAMES,
    OPEN,
    RENAMED,
)
from tests.grading.submissions import Parts, flat, write
from utils.grading.__main__ import main
from utils.grading.cohort.grade_many import entries
from utils.grading.reports.cohort_page import people_first
from utils.grading.reports.json_report import SCHEMA


def test_every_grading_keeps_to_the_schema(twelve):
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    for entry in entries(twelve.tasks):
        jsonschema.validate({"submissions": [entry]}, schema)


def test_copies_are_seen_and_nobody_else(twelve):
    same = {each["name"]: dict(each["same as"]) for each in twelve.rows}
    assert same.pop(CLEAN) == {COPY: "log, code", RENAMED: "code"}
    assert same.pop(COPY) == {CLEAN: "log, code", RENAMED: "code"}
    assert same.pop(RENAMED) == {CLEAN: "code", COPY: "code"}
    assert same == dict.fromkeys(set(NAMES) - {CLEAN, COPY, RENAMED}, {})


def test_the_page_of_copies_accuses_nobody(twelve):
    page = (twelve.folder / "copies.html").read_text(encoding="utf-8")
    assert f"The log of {CLEAN} equals that of {COPY}" in page
    assert not [word for word in ("plagiar", "cheat", "copied", "stole") if word in page.lower()]


def test_no_student_reads_of_another(twelve):
    """What is equal in whom stands on the teacher's pages, not on those that students get."""
    own = {task.page: task for task in twelve.tasks}
    for page in own:
        text = page.read_text(encoding="utf-8")
        for other in (CLEAN, COPY, RENAMED):
            assert other in page.name or other not in text


def test_those_that_need_a_person_come_first(twelve):
    rows = [dict(each) for each in twelve.rows]
    for each in rows:  # as though all but two had been decided
        each["open"] = each["open"] if each["name"] in (OPEN, EMPTY) else []
    names = [each["name"] for each in people_first(rows)]
    assert names[:2] == [EMPTY, OPEN]
    assert names[2:] == [name for name in NAMES if name not in (EMPTY, OPEN)]


def test_what_holds_nothing_says_so(twelve):
    notes = {each["name"]: each["note"] for each in twelve.rows if each["note"]}
    assert notes == {EMPTY: "nothing to grade", BROKEN: "nothing to grade"}
    abandoned = next(each for each in twelve.rows if each["name"] == ABANDONED)
    assert abandoned["verdicts"]["accuracy"] == "unverifiable"


@pytest.mark.parametrize("given", [False, True])
def test_the_handout_is_nobodys(given, tmp_path, capsys):
    for name in ("handout", "anna", "ben"):
        write(flat(Parts()), tmp_path / name)
    options = ["--handout", tmp_path / "handout"] if given else []
    arguments = [tmp_path / "anna", tmp_path / "ben", "--folder", tmp_path / "graded", *options]
    main([*map(str, arguments), "--jobs", "1", "--format", "html"])
    assert "2 submissions in" in capsys.readouterr().err
    page = (tmp_path / "graded" / "copies.html").read_text(encoding="utf-8")
    assert ("Nothing is equal" in page and "what handout holds was not counted" in page) is given
    assert ("The log of anna equals that of ben" in page) is not given


def test_a_handout_that_is_not_there_is_said(tmp_path, capsys):
    arguments = [tmp_path, "--folder", tmp_path / "graded", "--handout", tmp_path / "nowhere"]
    assert main([*map(str, arguments)]) == 2 and "no handout at" in capsys.readouterr().err
