"""Many submissions: all are graded whatever one of them does, what is done is not done again, nothing is kept in memory."""

import json
import os
import re
import shutil
import subprocess
import sys

import jsonschema
import pytest

from tests.grading.cohort.dying import dying_at
from tests.grading.submissions import Parts, flat, write
from utils.grading import grade
from utils.grading.audits import Options
from utils.grading.cohort import grade_many
from utils.grading.cohort.grade_many import entries, grade_cohort, is_done, stem
from utils.grading.reports.entry import could_not_work
from utils.grading.reports.json_report import SCHEMA
from utils.grading.rubrics.rubric import load_rubric
from utils.paths import REPOSITORY

RUBRIC, OPTIONS = load_rubric("assignment6"), Options()


def copies(folder, count):
    return [str(write(flat(Parts()), folder / f"copy {index:02}")) for index in range(count)]


def command(*arguments, path):
    """The command line in a process of its own, with `path` to import from: (exit status, stdout, stderr)."""
    environment = os.environ | {"PYTHONPATH": f"{path}{os.pathsep}{REPOSITORY}"}
    done = subprocess.run(
        [sys.executable, "-m", "utils.grading", *map(str, arguments)],
        cwd=REPOSITORY,
        text=True,
        capture_output=True,
        timeout=1800,
        env=environment,
    )
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


def test_fifty_copies_and_a_crash_among_them(tmp_path):
    """The crash is of the worst kind, the grading process itself dies; the other 49 are what they are without it."""
    paths = copies(tmp_path / "submitted", 50)
    (tmp_path / "sitecustomize.py").write_text(
        dying_at("copy 17")
    )  # Python imports it when a process starts
    status, out, err = command(
        *paths,
        "--rubric",
        "assignment6",
        "--format",
        "json",
        "--folder",
        tmp_path / "graded",
        "--jobs",
        2,
        path=tmp_path,
    )
    assert status == 2 and "graded again, one by one" in err
    assert re.search(
        r" \d+/50 \[\d\d:\d\d<\d\d:\d\d, +\d+\.\d\d(submission/s|s/submission)\]", err
    )  # the time that is left
    assert "50 submissions in" in err and "a second" in err
    page = json.loads(out)
    jsonschema.validate(page, json.loads(SCHEMA.read_text()))
    assert [entry["path"] for entry in page["submissions"]] == paths
    assert [index for index, entry in enumerate(page["submissions"]) if could_not_work(entry)] == [
        17
    ]
    others = [
        entry | {"path": ""} for index, entry in enumerate(page["submissions"]) if index != 17
    ]
    assert all(entry == others[0] for entry in others)
    assert others[0]["facts"]["best_test_accuracy"] == 86.52
    names = {file.name for file in (tmp_path / "graded").iterdir()}
    made = {"index.html", "copies.html", "cohort.csv", "decisions.csv"}
    assert len(names) == 104 and made < names
    assert (tmp_path / "graded" / "index.html").read_text().count("<tr") == 51


def test_what_was_graded_is_not_graded_again(tmp_path, monkeypatch):
    paths = copies(tmp_path, 3) + [str(tmp_path / "absent")]
    graded = []
    examine = grade.examine
    monkeypatch.setattr(
        grade, "examine", lambda path, *rest: graded.append(path) or examine(path, *rest)
    )

    def again():
        graded.clear()
        tasks = grade_cohort(paths, RUBRIC, OPTIONS, tmp_path / "graded", jobs=1, progress=False)
        return [entry["path"] for entry in entries(tasks)]

    assert again() == paths and graded == paths
    assert again() == paths and graded == [paths[3]]  # what could not be graded is tried again
    (tmp_path / "copy 01" / "README.md").write_text("# Another\n")
    assert again() == paths and graded == [paths[1], paths[3]]
    next((tmp_path / "graded").glob("copy_00*.json")).write_text("{")  # cut off by a full disk
    assert again() == paths and graded == [paths[0], paths[3]]


def test_a_grading_is_known_by_all_that_decides_it(tmp_path):
    path = copies(tmp_path, 1)[0]
    one = stem(path, RUBRIC, OPTIONS)
    assert one == stem(path, RUBRIC, OPTIONS) and one.startswith("copy_00-")
    others = [
        stem(path, load_rubric("era_s9"), OPTIONS),
        stem(path, RUBRIC, Options(run=True)),
        stem(str(tmp_path), RUBRIC, OPTIONS),
    ]
    (tmp_path / "copy 00" / "data.bin").write_bytes(b"1" * 10)
    others.append(stem(path, RUBRIC, OPTIONS))
    assert len({one, *others}) == 5


def test_another_grader_grades_again(tmp_path, monkeypatch):
    """Wherever in `utils` a file of the grader's lies: it also uses packages beside `utils/grading`."""
    path = copies(tmp_path / "submitted", 1)[0]
    ours = shutil.copytree(
        REPOSITORY / "utils", tmp_path / "utils", ignore=shutil.ignore_patterns("__pycache__")
    )
    monkeypatch.setattr(grade_many, "REPOSITORY", tmp_path)

    def now():
        grade_many._grader.cache_clear()
        return stem(path, RUBRIC, OPTIONS)

    known = [now()]
    for name in (
        "architecture/receptive_field.py",
        "data/transforms.py",
        "grading/rubrics/era_s9.toml",
        "grading/facts.py",
    ):
        with (ours / name).open("a") as file:
            file.write("\n# changed\n")
        known.append(now())
    grade_many._grader.cache_clear()
    assert len(set(known)) == 5


@pytest.mark.parametrize(
    "hold_up",
    [lambda: [None for _ in iter(int, 1)], lambda: re.match(r"(a|aa)+$", "a" * 90 + "b")],
    ids=["a loop", "a regular expression"],
)
def test_a_submission_that_holds_the_grader_up_does_not_stop_the_others(
    hold_up, tmp_path, monkeypatch
):
    paths = copies(tmp_path, 3)
    examine = grade.examine

    def slow(path, *rest):
        try:
            return hold_up() if path == paths[1] else examine(path, *rest)
        except Exception:  # as where one audit breaks and the others go on
            return examine(path, *rest)

    monkeypatch.setattr(grade, "examine", slow)
    monkeypatch.setattr(grade, "SECONDS", 2)
    tasks = grade_cohort(paths, RUBRIC, OPTIONS, tmp_path / "graded", jobs=1, progress=False)
    first, second, third = entries(tasks)
    assert "took longer than 2 s" in second["warnings"][0] and could_not_work(second)
    assert {one["verdict"] for one in second["criteria"]} == {"unverifiable"}
    assert first | {"path": ""} == third | {"path": ""} and not could_not_work(first)


@pytest.mark.parametrize("error", [RecursionError("too deep"), ValueError("\udcff"), KeyError(3)])
def test_an_exception_of_ours_is_an_entry(error, tmp_path, monkeypatch):
    def fails(*arguments):
        raise error

    monkeypatch.setattr(grade, "examine", fails)
    (task,) = grade_cohort(
        [str(tmp_path)], RUBRIC, OPTIONS, tmp_path / "graded", jobs=1, progress=False
    )
    (entry,) = entries([task])
    assert (
        could_not_work(entry) and type(error).__name__ in entry["warnings"][0] and not is_done(task)
    )


def test_a_link_that_leads_to_itself_is_an_entry(tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    tasks = grade_cohort(
        [str(tmp_path / "loop"), *copies(tmp_path, 1)],
        RUBRIC,
        OPTIONS,
        tmp_path / "graded",
        jobs=1,
        progress=False,
    )
    first, second = entries(tasks)
    assert {one["verdict"] for one in first["criteria"]} == {"unverifiable"} and first["warnings"]
    assert not could_not_work(second)
