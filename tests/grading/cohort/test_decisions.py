"""What a person enters: every row is followed or named by its line, and nothing of it is ever lost."""

import csv
import io
import json
import os

import jsonschema
import pytest

from tests.grading.cohort.class_of_twelve import EMPTY, HOSTILE, LATE, OPEN, ZOE
from tests.grading.reports.samples import graded, perfect
from utils.grading import grade
from utils.grading.__main__ import main
from utils.grading.cohort.decisions import (
    COLUMNS,
    NAME,
    begin_decisions,
    read_decisions,
    row_to_paste,
    with_decisions,
)
from utils.grading.command import status
from utils.grading.reports.entry import could_not_work, needs_a_person, not_graded
from utils.grading.reports.feedback import feedback
from utils.grading.reports.html import html_report
from utils.grading.reports.json_report import SCHEMA, json_report
from utils.grading.reports.junit import junit_report
from utils.grading.reports.markdown import markdown_report
from utils.grading.rubrics.rubric import load_rubric

RUBRIC = load_rubric("era_s9")
NAMES = ["anna", "group a/ben", "=cmd; +1", "Zoë", "finn.zip"]
HEAD = ",".join(COLUMNS)


def read(tmp_path, text, encoding="utf-8"):
    file = tmp_path / NAME
    file.write_bytes(text.encode(encoding))
    return read_decisions(file, NAMES, RUBRIC)


@pytest.mark.parametrize(
    "text, encoding",
    [
        (f"{HEAD}\nanna,accuracy,15,seen in a picture,2\n", "utf-8"),
        (f"{HEAD}\r\nanna,accuracy,15,seen in a picture,2\r\n\r\n,,,,\r\n", "utf-8-sig"),
        (f"{HEAD}\nanna,accuracy,15,seen in a picture,2".replace(",", ";"), "utf-16"),
        (f"{HEAD}\nanna,accuracy,15,seen in a picture,2".replace(",", "\t"), "cp1252"),
        (
            "Days_Late,POINTS,Criterion,comment,Submission\n"
            "2,15.0,Test accuracy of at least 85 %,seen in a picture,anna",
            "utf-8",
        ),
        (f"{HEAD}\nanna,accuracy,15,seen in a picture,\nanna,,,,2\nanna,accuracy,15,seen in a picture,2", "utf-8"),
    ],
)  # fmt: skip
def test_a_row_is_followed_whatever_saved_it(text, encoding, tmp_path):
    found = read(tmp_path, text, encoding)
    assert found.problems == () and list(found.by_hand) == [0]
    hand = found.by_hand[0]
    assert hand.criteria == {"accuracy": {"points": 15, "comment": "seen in a picture"}}
    assert hand.days_late == 2 and hand.comments == []


@pytest.mark.parametrize(
    "row, about",
    [
        ("nobody,accuracy,15,,", "no submission 'nobody'"),
        ("ana,accuracy,15,,", "is it anna?"),
        (",accuracy,15,,", "names no submission"),
        ("anna,acuracy,15,,", "no criterion 'acuracy'"),
        ("anna,accuracy,21,,", "can have 20 at most"),
        ("anna,accuracy,-1,,", "no number of 0 or more"),
        ("anna,accuracy,nan,,", "no number of 0 or more"),
        ("anna,accuracy,all,,", "no number of 0 or more"),
        ("anna,accuracy,1_0,,", "no number of 0 or more"),
        ("anna,,,,1e300", "no number of 0 or more"),
        (f"{'x' * 200_000},,,,", "no submission 'xxx"),
        ("anna,accuracy,,a comment,", "no points: enter 0 to 20"),
        ("anna,,15,,", "names no criterion"),
        ("anna,,,,soon", "days late 'soon'"),
        ("anna,,,,", "says nothing"),
        ("anna,accuracy,15,yes, indeed,2", "more cells"),
        ("ben,accuracy,5,,\nben,accuracy,6,,", "decided in a line above, with 5 points"),
        ("ben,,,,1\nben,accuracy,6,,2", "a line above 1"),
    ],
)
def test_a_wrong_row_is_named_by_its_line_and_the_others_hold(row, about, tmp_path):
    text = f'{HEAD}\nZoë,modular,5,"two\nlines",\n{row}\n=cmd; +1,,,left the course,\n'
    found = read(tmp_path, text)
    line = 4 + row.count("\n")
    assert len(found.problems) == 1, found.problems
    assert found.problems[0].startswith(f"{NAME}, line {line}: ") and about in found.problems[0]
    assert found.by_hand[3].criteria["modular"]["points"] == 5
    assert found.by_hand[2].comments == ["left the course"]
    assert 0 not in found.by_hand  # nothing of a wrong row is entered, not even its days late


@pytest.mark.parametrize(
    "name", [*NAMES, "ben", "finn", "anna ", "ANNA", "Zoe\u0308", "'=cmd; '+1"]
)
def test_a_submission_is_known_by_what_its_row_may_say(name, tmp_path):
    found = read(tmp_path, f'{HEAD}\n"{name}",modular,5,,\n')
    assert not found.problems and len(found.by_hand) == 1


@pytest.mark.parametrize("name", NAMES)
def test_the_row_of_the_button_finds_its_submission(name, tmp_path):
    pasted = row_to_paste(name, "accuracy")
    assert list(csv.reader(io.StringIO(pasted)))[0][1:] == ["accuracy", "", "", ""]
    found = read(tmp_path, f"{HEAD}\n{pasted.removesuffix(',,,')},20,fine,\n")
    assert not found.problems and list(found.by_hand) == [NAMES.index(name)]


@pytest.mark.parametrize(
    "content, about",
    [
        (b"", "it is empty"),
        (b"anna,accuracy,15,,\n", "line 1"),
        (b"PK\x03\x04\x00\x00\x00\x00", "no text"),
        (f'{HEAD}\nanna,,,late,1\nben,,,"sick,2\nanna,,,,\n'.encode(), "from line 3 on"),
        (f'{HEAD}\nanna,,,"a" b,1\n'.encode(), "from line 2 on"),
    ],
)
def test_a_file_that_is_none_is_said(content, about, tmp_path):
    (tmp_path / NAME).write_bytes(content)
    found = read_decisions(begin_decisions(tmp_path), NAMES, RUBRIC)
    assert about in found.problems[0] and found.by_hand == {}
    assert (tmp_path / NAME).read_bytes() == content  # and it is left as it is


def test_the_file_is_made_once(tmp_path):
    file = begin_decisions(tmp_path)
    assert file.read_text() == f"{HEAD}\n"
    file.write_text("mine")
    assert begin_decisions(tmp_path).read_text() == "mine"


def decided(points=15, comment="seen in a picture", days="", penalty=0.0, tmp_path=None):
    """An entry whose criterion "blocks" (10 points) is unverifiable, decided by hand."""
    entry = graded("anna").entry
    found = read(tmp_path, f"{HEAD}\nanna,blocks,{points},{comment},{days}\n")
    assert not found.problems
    return with_decisions(entry, found.by_hand[0], penalty)


def test_a_decision_counts_and_says_what_it_replaces(tmp_path):
    before, entry = graded("anna").entry, decided(8, tmp_path=tmp_path)
    jsonschema.validate(
        json.loads(json_report([type(graded())(entry)])), json.loads(SCHEMA.read_text())
    )
    blocks = entry["criteria"][0]
    assert (blocks["verdict"], blocks["points"]) == ("unverifiable", 0)  # the grader's stay
    assert entry["points"] == before["points"] == 40 and entry["mark"]["points"] == 48
    one = type(graded())(entry)
    for report in (html_report(one), markdown_report([one]), junit_report([one])):
        assert "decided by hand, was unverifiable" in report
    assert "48 of 100 points" in markdown_report([one]) and "8 / 10" in markdown_report([one])
    assert "8 of 10 points, decided by hand: seen in a picture" in feedback(entry)


@pytest.mark.parametrize(
    "days, per_cent, points",
    [("", 10, 50), ("1", 10, 40), ("1.3", 10, 30), ("2,0", 10, None), ("2", 2.5, 45), ("9", 10, 0)],
)
def test_each_day_late_takes_off_a_part_of_all_points(days, per_cent, points, tmp_path):
    """As Canvas has it: a part of the points that can be had, and a day that has begun is a day."""
    if points is None:
        days, points = '"2,0"', 30
    mark = decided(10, "x", days, per_cent, tmp_path)["mark"]
    assert mark["points"] == points and mark["before_penalty"] == 50
    assert mark["penalty"] == 50 - points


def test_what_a_person_settled_needs_none_any_more():
    entry = graded().entry
    assert needs_a_person(entry) and not needs_a_person(perfect().entry)
    nothing = not_graded("x", RUBRIC, "it broke").entry
    assert needs_a_person(nothing) and could_not_work(nothing)
    hand = type("", (), {"criteria": {}, "comments": ["asked for it again"], "days_late": None})
    assert not needs_a_person(with_decisions(nothing, hand))
    assert needs_a_person(with_decisions(entry, hand))


def test_full_points_by_hand_are_a_pass_for_the_exit_status():
    entry = perfect().entry
    entry["criteria"][0] |= {"verdict": "unverifiable", "points": 0, "advice": "x"}
    given = {
        "criteria": {"blocks": {"points": 10, "comment": ""}},
        "comments": [],
        "days_late": None,
    }
    assert status([entry]) == 1 and status([with_decisions(entry, type("", (), given))]) == 0
    given["criteria"]["blocks"]["points"] = 9
    assert status([with_decisions(entry, type("", (), given))]) == 1


def test_a_class_with_decisions_is_not_graded_again(twelve, tmp_path, monkeypatch, capsys):
    mine = twelve.copy(tmp_path / "graded")
    entered = (
        f"{HEAD}\n{OPEN},accuracy,20,the log is in the picture,\n{LATE},,,,2\n"
        f"{ZOE},blocks,10,,\nnobody,accuracy,20,,\n"
    )
    (mine.folder / NAME).write_text(entered, encoding="utf-8")
    monkeypatch.setattr(
        grade, "examine", lambda path, *rest: pytest.fail(f"{path} is graded again")
    )
    arguments = ["--folder", mine.folder, "--late-penalty", "10", "--format", "html", "--jobs", "1"]
    code = main([*mine.paths, *map(str, arguments)])
    err = capsys.readouterr().err
    assert code == 4 and f"{NAME}, line 5: there is no submission 'nobody'" in err
    assert (mine.folder / NAME).read_text(encoding="utf-8") == entered
    table = (mine.folder / "cohort.csv").read_text(encoding="utf-8")
    rows = {each["student"]: each for each in csv.DictReader(io.StringIO(table))}
    before = {each["name"]: each for each in twelve.rows}
    assert float(rows[OPEN]["points"]) == before[OPEN]["points"] + 20
    assert (
        float(rows[LATE]["points"]) == before[LATE]["points"] - 20
        and rows[LATE]["days late"] == "2"
    )
    assert rows[ZOE]["verdict: blocks"] == "decided by hand, was unverifiable"
    assert (rows[ZOE]["blocks"], rows[EMPTY]["note"]) == ("10", "nothing to grade")
    page = (mine.folder / "index.html").read_text(encoding="utf-8")
    assert "line 5: there is no submission" in page and "decided by hand, was unverifiable" in page
    own = next(mine.folder.glob(f"{OPEN}-*.html")).read_text(encoding="utf-8")
    assert "the log is in the picture" in own and f"<title>{OPEN}: 40 of 100 points</title>" in own
    (mine.folder / NAME).write_text(f"{HEAD}\n", encoding="utf-8")
    main([*mine.paths, *map(str, arguments)])
    assert (mine.folder / "index.html").read_bytes() == (twelve.folder / "index.html").read_bytes()


def test_pages_name_the_folder_and_not_the_machine(twelve):
    for task in twelve.tasks:
        title = (
            task.page.read_text(encoding="utf-8").partition("<title>")[2].partition("</title>")[0]
        )
        assert "/" not in title.partition(":")[0] or HOSTILE in task.path
    assert str(twelve.folder.parent) not in (twelve.folder / "index.html").read_text()


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / NAME)
    found = read_decisions(tmp_path / NAME, NAMES, RUBRIC)
    assert "a pipe or a device" in found.problems[0]
