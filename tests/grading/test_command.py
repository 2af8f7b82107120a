"""The command line: formats, exit statuses, and a sentence where the grader itself cannot work."""

import json
from xml.etree import ElementTree

import jsonschema
import pytest

from tests.grading.reports.samples import graded, perfect
from tests.grading.submissions import Parts, flat, write
from utils.errors import UserError
from utils.grading import command, grade
from utils.grading.__main__ import main
from utils.grading.reports.entry import not_graded, without_content
from utils.grading.reports.json_report import SCHEMA
from utils.grading.rubrics.rubric import load_rubric


@pytest.fixture
def submission(tmp_path):
    return write(flat(Parts()), tmp_path / "submission")


def run(capsys, *arguments):
    """(exit status, stdout, stderr) of the command line."""
    status = main([*map(str, arguments)])
    return status, *capsys.readouterr()


def test_the_exit_status_tells_who_failed():
    broken = not_graded("x", load_rubric("era_s9"), "it broke")
    assert command.status([perfect().entry]) == 0
    assert command.status([perfect().entry, graded().entry]) == 1
    assert command.status([broken.entry, perfect().entry, graded().entry]) == 2
    nothing = without_content("x", load_rubric("era_s9"), [])
    assert command.status([nothing.entry, graded().entry]) == 3
    assert command.status([broken.entry, nothing.entry]) == 2
    unverifiable = perfect().entry
    unverifiable["criteria"][0]["verdict"] = "unverifiable"
    assert command.status([unverifiable]) == 1


@pytest.mark.parametrize(
    "form, check",
    [
        ("json", lambda text: json.loads(text)["submissions"][0]["criteria"]),
        ("gradescope", lambda text: json.loads(text)["tests"]),
        ("junit", ElementTree.fromstring),
        ("md", lambda text: text.startswith("# ")),
        ("html", lambda text: text.startswith("<!DOCTYPE html>")),
    ],
)
def test_every_format_is_printed_or_written(form, check, submission, tmp_path, capsys):
    status, out, _ = run(capsys, submission, "--format", form)
    assert (
        status == 1 and check(out) is not False
    )  # nothing was executed, so some of it is unverifiable
    file = tmp_path / "report"
    status, printed, _ = run(capsys, submission, "--format", form, "--output", file)
    assert (status, printed, file.read_text(encoding="utf-8")) == (1, "", out)


def test_without_run_what_needs_it_says_so(submission, capsys):
    _, out, err = run(capsys, submission, "--format", "json")
    entry = json.loads(out)["submissions"][0]
    assert "--run" in err
    advice = {criterion["id"]: criterion["advice"] for criterion in entry["criteria"]}
    for name in (
        "blocks",
        "receptive_field",
        "depthwise_separable",
        "dilated",
        "global_average_pooling",
        "parameters",
    ):
        assert "was not executed" in advice[name] and "--run" not in advice[name], name


@pytest.mark.parametrize(
    "arguments, about",
    [
        (["/nowhere/at/all"], "/nowhere/at/all"),
        ([".", "--rubric", "absent.toml"], "absent.toml"),
        ([".", "--rubric", "README.md"], "README.md"),
        ([".", "--output", "/nowhere/report"], "/nowhere/report"),
    ],
)
def test_where_the_grader_cannot_work_it_says_why(
    arguments, about, submission, monkeypatch, capsys
):
    monkeypatch.chdir(submission)
    status, out, err = run(capsys, *arguments)
    assert status == 2 and out == "" and about in err and len(err.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["a", "--format", "pdf"],
        ["a", "b", "--model", "m.py:Net"],
        ["a", "b", "--format", "gradescope"],
        ["a", "--weights", "w.pt"],
        ["a", "--jobs", "0"],
        ["a", "--backend", "dask"],
        ["a", "--scheduler", "tcp://127.0.0.1:8786"],
        ["a", "--roster", "r.csv"],
        ["a", "b", "--handout", "h"],
        ["a", "--folder", "f", "--late-penalty", "101"],
        ["a", "--folder", "f", "--late-penalty", "nan"],
        ["a", "--seconds", "0"],
        ["a", "--seconds", "nan"],
    ],
)
def test_a_wrong_command_is_refused(arguments, capsys):
    with pytest.raises(SystemExit) as refused:
        main(arguments)
    assert refused.value.code == 2 and "usage:" in capsys.readouterr().err


@pytest.mark.parametrize(
    "error, about",
    [
        (UserError("it is not there."), "not there"),
        (RuntimeError("boom"), "boom"),
        (KeyboardInterrupt(), "interrupted"),
        (MemoryError(), "not enough memory"),
    ],
)
def test_gradescope_is_told_of_every_crash(error, about, submission, tmp_path, monkeypatch, capsys):
    file = tmp_path / "results.json"

    def fails(asked):
        assert (
            "stopped" in json.loads(file.read_text())["output"]
        )  # stands there were we killed now
        raise error

    monkeypatch.setattr(command, "run", fails)
    status, out, err = run(capsys, submission, "--format", "gradescope", "--output", file)
    assert status == 2 and "Traceback" not in err
    page = json.loads(file.read_text())
    assert page["score"] == 0 and about in page["output"] and about in err


def test_several_submissions_make_a_cohort(submission, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    other = write(flat(Parts(readme="# Other\n")), tmp_path / "other")
    status, out, err = run(capsys, submission, other, "--format", "html", "--jobs", 1)
    assert status == 1 and out.strip() == "grading/index.html" and "2 submissions in" in err
    page = (tmp_path / "grading" / "index.html").read_text(encoding="utf-8")
    assert all(f'href="{file.name}"' in page for file in (tmp_path / "grading").glob("*-*.html"))
    status, out, _ = run(capsys, submission, other, "--format", "md", "--jobs", 1)
    assert status == 1 and out.count("## Facts") == 2


def test_a_submission_that_holds_the_grader_up_gets_its_report(submission, monkeypatch, capsys):
    monkeypatch.setattr(grade, "read_submission", lambda path: [None for _ in iter(int, 1)])
    monkeypatch.setattr(grade, "SECONDS", 1)
    status, out, _ = run(capsys, submission, "--format", "json")
    (entry,) = json.loads(out)["submissions"]
    assert status == 2 and "took longer than 1 s" in entry["warnings"][0]
    assert {one["verdict"] for one in entry["criteria"]} == {"unverifiable"}


def holds_nothing(folder, what):
    folder.mkdir()
    for name, content in what.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize(
    "what, remark",
    [
        ({}, ""),
        ({"README.md": b"  \n", "net.yaml": b"a: 1"}, ""),
        ({"S9.ipynb": b"{"}, "S9.ipynb cannot be read"),
        ({"report.pdf": b"%PDF-1.7", "loss.png": b"\x89PNG"}, "loss.png, report.pdf are not read"),
        ({"work.zip": b"PK\3\4 cut off"}, "work.zip cannot be unpacked"),
        ({"image.txt": bytes(900)}, "image.txt is not text"),
    ],
)
def test_nothing_to_grade_is_one_line_in_every_format(what, remark, tmp_path, capsys):
    folder = holds_nothing(tmp_path / "submission", what)
    for form in ("md", "json", "junit", "html", "gradescope"):
        status, out, _ = run(capsys, folder, "--run", "--format", form)
        assert status == 3 and remark in out.replace("\\", "")
        if form == "json":
            jsonschema.validate(json.loads(out), json.loads(SCHEMA.read_text(encoding="utf-8")))
            (entry,) = json.loads(out)["submissions"]
            assert {each["verdict"] for each in entry["criteria"]} == {"unverifiable"}
            assert len({each["advice"] for each in entry["criteria"]}) == 1
        else:
            assert out.count("There is nothing to grade") == (2 if form == "junit" else 1), form
            assert "depthwise" not in out, form


def test_nothing_to_grade_is_a_row_of_a_cohort(submission, tmp_path, capsys):
    empty = holds_nothing(tmp_path / "empty", {})
    status, _, _ = run(
        capsys, submission, empty, "--format", "md", "--folder", tmp_path / "graded", "--jobs", 1
    )
    page, table = (
        (tmp_path / "graded" / name).read_text(encoding="utf-8")
        for name in ("index.html", "cohort.csv")
    )
    assert (
        status == 3
        and page.count('<span class="pill note">nothing to grade</span>') == 2
        and "median points" in page
    )
    assert [line.endswith(",nothing to grade") for line in table.splitlines()] == [
        False,
        False,
        True,
    ]


def test_a_submission_cannot_say_that_it_is_nothing(tmp_path, capsys):
    """A name that begins as our sentence does is a remark like any other."""
    folder = holds_nothing(
        tmp_path / "submission", {"README.md": b"# Net", "There is nothing to grade.md": b"# Net"}
    )
    (folder / "There is nothing to grade: none.txt").symlink_to("/etc/passwd")
    assert run(capsys, folder)[0] == 1


@pytest.mark.parametrize(
    "weights, about", [("absent.pt", "No such file"), (".", "a folder"), ("a\x00b", "null")]
)
def test_weights_that_are_not_there_are_said_at_once(
    weights, about, submission, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(
        command, "examine_in_time", lambda *arguments: pytest.fail("something was graded")
    )
    status, out, err = run(capsys, submission, "--run", "--weights", tmp_path / weights)
    assert status == 2 and out == "" and about in err and len(err.splitlines()) == 1
