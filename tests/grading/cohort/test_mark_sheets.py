"""The class as files that a spreadsheet, Moodle and Canvas take: every mark at the right student, no cell a formula."""

import csv
import io

import pytest

from tests.grading.cohort.class_of_twelve import CLEAN, EMPTY, HOSTILE, LATE, NAMES, OPEN, ZIP, ZOE
from tests.grading.reports.samples import graded
from utils.errors import UserError
from utils.grading.__main__ import main
from utils.grading.cohort import grade_many
from utils.grading.cohort.mark_sheets import canvas_csv, cohort_csv, moodle_csv
from utils.grading.cohort.roster import read_roster
from utils.grading.reports.cohort_page import row
from utils.grading.reports.names import submission_names
from utils.grading.reports.safe_text import spreadsheet
from utils.grading.rubrics.rubric import load_rubric

RUBRIC = load_rubric("era_s9")
SIGNS = "=+-@＝＋－＠﹦﹢﹣﹫−"


def joined(tmp_path, text, names):
    file = tmp_path / "roster.csv"
    file.write_text(text, encoding="utf-8-sig")
    return read_roster(file, names)


def who(roster, names):
    return {names[index]: student["name"] for index, student in roster.of.items()}


MOODLE = (
    'Identifier,"Full name","Email address",Status,Grade,"Maximum Grade","Grade can be changed",'
    '"Last modified (submission)","Last modified (grade)","Feedback comments"\n'
    '"Participant 551","Anna Arnold",anna@example.org,"Submitted for grading",,100.00,Yes,"Monday, 3 March 2025",-,\n'
    '"Participant 552","Ben Berg",ben@example.org,"Submitted for grading",,100.00,Yes,-,-,\n'
    '"Participant 553","Cleo Cole",cleo@example.org,"No submission",,100.00,Yes,-,-,\n'
)
CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,CIFAR-10 (4711)\n"
    "    Points Possible,,,,,100\n"
    '"Arnold, Anna",21,s1001,anna,A1,\n"Berg, Ben",22,s1002,bberg,A1,\n"Student, Test",99,,,A1,\n'
)


# The list, and for each submission the student that it is of ("" for none).
JOINED = [
    ("submission,name\nw1,Anna\nw2,Ben\n", {"w1": "Anna", "w2.zip": "Ben", "w3": ""}),
    ("Name;Number\nAnna;1001\nBen;1002\n", {"1001": "Anna", "x_1002_y": "Ben", "10021": ""}),
    (
        "First name,Last name\nAnna,Arnold\nBen,Berg\n",
        {"arnold_anna": "Anna Arnold", "BERG Ben (2)": "Ben Berg", "anna": ""},
    ),
    (
        MOODLE,
        {
            "A. Arnold_551_assignsubmission_file": "Anna Arnold",
            "Ben_552_assignsubmission_file_": "Ben Berg",
        },
    ),
    (
        CANVAS,
        {"arnoldanna_21_77_S9.zip": "Arnold, Anna", "bergben_LATE_22_78_S9.zip": "Berg, Ben"},
    ),
    ("name,email\nZoë Ñ,zoe.n@example.org\n", {"zoe.n@example.org": "Zoë Ñ"}),
    ("submission,name\nZoe\u0308,Zoë\n", {"Zoë": "Zoë"}),
    ("submission,name\nb/work,Ben\na/work,Anna\n", {"a/work": "Anna", "b/work": "Ben"}),
]


@pytest.mark.parametrize("text, expected", JOINED)
def test_folders_find_their_students(text, expected, tmp_path):
    roster = joined(tmp_path, text, list(expected))
    found = {name: student for name, student in expected.items() if student}
    assert who(roster, list(expected)) == found
    nobodys = [name for name in expected if name not in found]
    assert len(roster.problems) == len(nobodys)
    assert all(name in problem for name, problem in zip(nobodys, roster.problems))


def test_what_may_be_two_students_is_nobodys(tmp_path):
    text = "name,number\nAnna Arnold,1001\nAnna Arnold,1002\nBen Berg,1003\n"
    names = ["Anna Arnold", "1003", "Ben Berg"]
    roster = joined(tmp_path, text, names)
    assert roster.of == {}
    assert "may be of Anna Arnold, Anna Arnold" in roster.problems[0]
    assert all("one of several of Ben Berg" in problem for problem in roster.problems[1:])
    assert len(roster.problems) == 3


@pytest.mark.parametrize("text", ["", "\n\n", "colour,size\nred,1\n", "name,number\n"])
def test_a_list_without_students_is_refused(text, tmp_path):
    with pytest.raises(UserError, match="roster"):
        joined(tmp_path, text, ["anna"])


def rows_of(names, roster):
    return [
        row(graded(name).entry, name, "", roster.of.get(index)) for index, name in enumerate(names)
    ]


def lines(text):
    return list(csv.reader(io.StringIO(text)))


def test_moodles_own_worksheet_comes_back_filled_in(tmp_path):
    names = ["Anna Arnold_551_assignsubmission_file", "Ben Berg_552_assignsubmission_file"]
    roster = joined(tmp_path, MOODLE, names)
    before, after = lines(MOODLE), lines(moodle_csv(rows_of(names, roster), RUBRIC, roster, ""))
    grade, comment = before[0].index("Grade"), before[0].index("Feedback comments")
    assert after[0] == before[0] and after[3] == before[3]  # no submission: as it was
    for old, new in zip(before[1:3], after[1:3]):
        assert new[grade] == "40" and "Widen it" in new[comment]
        assert [cell for place, cell in enumerate(new) if place not in (grade, comment)] == [
            cell for place, cell in enumerate(old) if place not in (grade, comment)
        ]
    assert [one["name"] for one in roster.absent] == ["Cleo Cole"]


def test_another_list_makes_moodles_columns(tmp_path):
    names = ["w1", "w2"]
    roster = joined(tmp_path, "submission,name,id number,email\nw1,Anna,007,a@example.org\n", names)
    head, *students = lines(moodle_csv(rows_of(names, roster), RUBRIC, roster, ""))
    assert ",".join(head) == (
        "Identifier,Full name,ID number,Email address,Grade,Maximum Grade,Feedback comments"
    )
    assert [each[:6] for each in students] == [["", "Anna", "007", "a@example.org", "40", "100"]]


def test_canvas_takes_its_columns_and_the_points_possible(tmp_path):
    names = ["arnoldanna_21_77_S9.zip", "bergben_22_78_S9.zip"]
    roster = joined(tmp_path, CANVAS, names)
    text = canvas_csv(rows_of(names, roster), RUBRIC, roster, "CIFAR-10 (4711)")
    head, possible, *students = lines(text)
    assert head == lines(CANVAS)[0] and possible == ["    Points Possible", "", "", "", "", "100"]
    assert students == [[*each[:5], "40"] for each in lines(CANVAS)[2:4]]


BEFORE = ("", " ", "\t", "\n", "\u200b")
PLACES = ("{}", "x;{}", 'x"; {}', 'x;"{}"', "x\n{}", "x；{}", "x; \t“{}”")


@pytest.mark.parametrize("sign", SIGNS)
def test_no_text_becomes_a_formula(sign, tmp_path):
    """However the file is split: at the separator that it has, and at the one that half of the world's spreadsheets take."""
    texts = [
        place.format(f"{before}{sign}HYPERLINK({number})")
        for number, before in enumerate(BEFORE)
        for place in PLACES
    ]
    buffer = io.StringIO()
    head = ("submission", "name", "number")
    csv.writer(buffer).writerows([head, *[(f"w{n}", text, sign) for n, text in enumerate(texts)]])
    names = [f"w{number}" for number in range(len(texts))]
    roster = joined(tmp_path, buffer.getvalue(), names)
    rows = [
        row(graded("w", text=text).entry, text, "", roster.of[index])
        for index, text in enumerate(texts)
    ]
    for sheet in (
        cohort_csv(rows, RUBRIC, roster),
        moodle_csv(rows, RUBRIC, roster, texts[1]),
        canvas_csv(rows, RUBRIC, roster, texts[1]),
    ):
        assert sheet.count("HYPERLINK") >= len(texts)
        for separator in ",;\t":
            for cells in csv.reader(io.StringIO(sheet), delimiter=separator):
                formulas = [cell for cell in cells if cell.lstrip(' \t"“”').startswith(sign)]
                assert not formulas, separator
    assert spreadsheet(f"a{sign}b; c") == f"a{sign}b; c"  # nothing else is changed


def test_a_name_is_as_long_as_it_must_be():
    paths = ["x/a/hw", "x/b/hw", "x/c/hw9", "y/b/hw"]
    assert submission_names(paths) == ["a/hw", "x/b/hw", "hw9", "y/b/hw"]
    twice = submission_names(["a", "./a"])  # the same place has one name, however long it is made
    assert len(twice) == 2 and len(set(twice)) == 1


def test_the_class_goes_to_every_sheet(twelve, tmp_path, capsys):
    mine = twelve.copy(tmp_path / "graded")
    (mine.folder / "decisions.csv").write_text(
        f"submission,criterion,points,comment,days late\n{LATE},,,,1\n", encoding="utf-8"
    )
    sheets = {}
    for form in ("moodle", "canvas"):
        file = tmp_path / f"{form}.csv"
        options = [
            "--folder",
            mine.folder,
            "--roster",
            mine.roster,
            "--format",
            form,
            "--output",
            file,
        ]
        code = main([*mine.paths, *map(str, options), "--late-penalty", "10", "--jobs", "1"])
        err = capsys.readouterr().err
        assert code == 4 and "no student for the submission =HYPERLINK" in err
        assert "No submission was matched with Karl Nowhere" in err
        sheets[form] = lines(file.read_text(encoding="utf-8"))
    points = {each["name"]: each["points"] for each in twelve.rows}
    assert points[CLEAN] == 40 and points[EMPTY] == 0
    moodle = {each[1]: each for each in sheets["moodle"]}
    canvas = {each[0]: each for each in sheets["canvas"]}
    assert len(moodle) == 12 and len(canvas) == 13 and "Karl Nowhere" not in moodle
    assert (
        moodle["Emil Ek"][4] == canvas["Emil Ek"][5] == "30"
        and "1 day late" in moodle["Emil Ek"][6]
    )
    assert moodle["Zoë Müller-Ñandú"][2] == canvas["Zoë Müller-Ñandú"][2] == "1010"
    assert moodle["'=Jan"][2] == "1012"
    table = list(
        csv.DictReader(io.StringIO((mine.folder / "cohort.csv").read_text(encoding="utf-8")))
    )
    assert [each["student"] for each in table] == [spreadsheet(name) for name in NAMES]
    by_name = {each["student"]: each for each in table}
    assert by_name[ZIP]["name"] == "Finn Fox" and by_name[ZOE]["number"] == "1010"
    assert by_name[spreadsheet(HOSTILE)]["name"] == "" and by_name[OPEN]["needs a person"] == "yes"
    assert all(
        "anna" not in each["feedback"] for each in table
    )  # whose copy it is, no student reads


def test_a_wrong_roster_is_said_before_the_class_is_graded(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(grade_many, "examine_in_time", None)  # nothing is graded
    (tmp_path / "roster.csv").write_text("colour,size\nred,1\n")
    asked = [str(tmp_path), "--folder", str(tmp_path / "out"), "--roster"]
    assert main([*asked, str(tmp_path / "roster.csv")]) == 2
    assert "names no student" in capsys.readouterr().err and not (tmp_path / "out").exists()
