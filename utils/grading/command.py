"""What the command line does: one submission here, several as a cohort; the report printed or written; the exit status."""

import argparse
import os
import stat
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from utils.errors import UserError
from utils.files import put
from utils.grading.audits import Options
from utils.grading.cohort.cluster import spread_over
from utils.grading.cohort.grade_many import grade_cohort
from utils.grading.grade import examine_in_time
from utils.grading.reports.entry import Graded, could_not_work, nothing_to_grade, settled
from utils.grading.reports.gradescope import gradescope_report
from utils.grading.reports.html import html_report
from utils.grading.reports.json_report import json_report
from utils.grading.reports.junit import junit_report
from utils.grading.reports.markdown import markdown_report
from utils.grading.reports.safe_text import one_line
from utils.grading.rubrics.rubric import Rubric, load_rubric

MANY = {"md": markdown_report, "json": json_report, "junit": junit_report}
ONE = {"gradescope": gradescope_report, "html": html_report}
SHEETS = ("moodle", "canvas")  # the formats that are a table of the class
WRONG_ROW = 4  # the exit status where a row of decisions.csv or of the roster cannot be followed
_WORST = (0, 1, 3, WRONG_ROW, 2)  # the exit statuses, the one that says most last
NAMED = 10  # students in one line


def run(asked: argparse.Namespace) -> int:
    """Grade what the command line asks for; the exit status. UserError where the grader cannot work."""
    graded = _graded(asked)
    if not asked.run:
        print(
            "No network was executed, so what needs that is unverifiable; --run executes it, isolated.",
            file=sys.stderr,
        )
    return graded


def _graded(asked: argparse.Namespace) -> int:
    rubric = load_rubric(asked.rubric)
    if asked.weights:
        _check_readable(asked.weights)
    options = Options(
        asked.run, asked.model, asked.notebook, asked.weights, asked.seconds, asked.attempt
    )
    if len(asked.paths) == 1 and not asked.folder and asked.format not in SHEETS:
        graded = examine_in_time(asked.paths[0], rubric, options)
        report = ONE[asked.format](graded) if asked.format in ONE else MANY[asked.format]([graded])
        _give(report, asked.output)
        return status([graded.entry])
    if asked.folder or asked.format == "html":
        return _cohort(asked, rubric, options, asked.folder or Path("grading"))
    with tempfile.TemporaryDirectory() as folder:
        return _cohort(asked, rubric, options, Path(folder))


def _check_readable(weights: Path) -> None:
    """UserError where the weights cannot be read, before anything is executed."""
    try:
        if not stat.S_ISREG(os.stat(weights).st_mode):
            raise UserError(
                f"The weights {ascii(str(weights))[1:-1]} are a folder or no plain file: name the file in it."
            )
        with open(weights, "rb"):
            pass
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise UserError(f"The weights {ascii(str(weights))[1:-1]} cannot be read: {why}.") from None


def _cohort(asked: argparse.Namespace, rubric: Rubric, options: Options, folder: Path) -> int:
    from utils.grading.cohort.class_reports import graded_class, write_reports  # they draw
    from utils.grading.cohort.mark_sheets import WRITERS
    from utils.grading.cohort.roster import read_roster

    began = time.perf_counter()
    if asked.roster:
        read_roster(asked.roster, ())  # before the long work
    paths = [*asked.paths, *_handout(asked)]
    with spread_over(asked.scheduler):
        tasks = grade_cohort(paths, rubric, options, folder, asked.jobs)
    handout = tasks.pop() if asked.handout else None
    done = graded_class(tasks, rubric, folder, asked.late_penalty, asked.roster)
    rows = write_reports(done, folder, handout)
    seconds = time.perf_counter() - began
    print(
        f"{len(tasks)} submissions in {seconds:.1f} s: {len(tasks) / max(seconds, 1e-9):.1f} a second.",
        file=sys.stderr,
    )
    if asked.format == "html" and not asked.output:
        print(folder / "index.html")
    elif asked.format in SHEETS:
        _give(WRITERS[asked.format](rows, rubric, done.roster, asked.assignment), asked.output)
    else:
        _give(_report(asked, done.entries(), folder), asked.output)
    for line in (*done.problems, *_absent(done.roster)):
        print(line, file=sys.stderr)
    return max(status(done.entries()), WRONG_ROW if done.problems else 0, key=_WORST.index)


def _handout(asked: argparse.Namespace) -> list[str]:
    """The handout as one more path, which is no student's."""
    if not asked.handout:
        return []
    if asked.handout in asked.paths:
        raise UserError(f"{asked.handout} is the handout and a submission: leave it out of them.")
    if not os.path.exists(asked.handout):
        raise UserError(f"There is no handout at {ascii(asked.handout)[1:-1]}.")
    return [asked.handout]


def _absent(roster) -> list[str]:
    """A line on the students who handed in nothing; that is no mistake of anybody's here."""
    if not roster or not roster.absent:
        return []
    names = [one_line(one["name"] or one.cells[0], 60) for one in roster.absent]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return [f"No submission was matched with {', '.join(names[:NAMED])}{more} of the roster."]


def _report(asked: argparse.Namespace, entries: Iterable[dict], folder: Path) -> str:
    if asked.format == "html":
        return (folder / "index.html").read_text(encoding="utf-8")
    graded = (Graded(entry) for entry in entries)
    return ONE[asked.format](next(graded)) if asked.format in ONE else MANY[asked.format](graded)


def _give(report: str, output: Path | None) -> None:
    if output is None:
        sys.stdout.reconfigure(errors="replace")
        print(report, end="" if report.endswith("\n") else "\n", flush=True)
        return
    try:
        put(output, report)
    except OSError as error:
        raise UserError(f"{output} cannot be written: {error.strerror}.") from None


def status(graded: Iterable[dict]) -> int:
    """0 all pass, 1 something does not (unverifiable is not a pass), 3 there is nothing to grade, 2 the grader could not
    work; of several submissions, the last of these that is true of any. What was decided by hand is as it was decided."""
    return max(map(_status, graded), key=_WORST.index, default=0)


def _status(entry: dict) -> int:
    if could_not_work(entry):
        return 2
    if nothing_to_grade(entry):
        return 3
    return int(any(settled(criterion) != "pass" for criterion in entry["criteria"]))
