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
from utils.files import write_whole
from utils.grading.audits import Options
from utils.grading.cohort import Task, entries, grade_cohort
from utils.grading.grade import examine_in_time
from utils.grading.reports.entry import Graded, could_not_work, nothing_to_grade
from utils.grading.reports.gradescope import gradescope_report
from utils.grading.reports.html import html_report
from utils.grading.reports.json_report import json_report
from utils.grading.reports.junit import junit_report
from utils.grading.reports.markdown import markdown_report
from utils.grading.rubric import Rubric, load_rubric

MANY = {"md": markdown_report, "json": json_report, "junit": junit_report}
ONE = {"gradescope": gradescope_report, "html": html_report}


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
    if len(asked.paths) == 1 and not asked.folder:
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
    from utils.grading.reports.cohort_page import (
        cohort_csv,
        cohort_page,
        row,
    )  # draws, and that takes time to import

    began = time.perf_counter()
    tasks = grade_cohort(asked.paths, rubric, options, folder, asked.jobs)
    seconds = time.perf_counter() - began
    rows = [row(entry) for entry in entries(tasks)]
    write_whole(
        folder / "index.html", cohort_page(rows, [task.page.name for task in tasks], rubric)
    )
    write_whole(folder / "cohort.csv", cohort_csv(rows, rubric))
    print(
        f"{len(tasks)} submissions in {seconds:.1f} s: {len(tasks) / max(seconds, 1e-9):.1f} a second.",
        file=sys.stderr,
    )
    if asked.format == "html" and not asked.output:
        print(folder / "index.html")
    else:
        _give(_report(asked, rubric, tasks, folder), asked.output)
    return status(entries(tasks))


def _report(asked: argparse.Namespace, rubric: Rubric, tasks: list[Task], folder: Path) -> str:
    if asked.format == "html":
        return (folder / "index.html").read_text(encoding="utf-8")
    titles = {criterion.id: criterion.title for criterion in rubric.criteria}
    graded = (Graded(entry, {}, titles) for entry in entries(tasks))
    return ONE[asked.format](next(graded)) if asked.format in ONE else MANY[asked.format](graded)


def _give(report: str, output: Path | None) -> None:
    if output is None:
        sys.stdout.reconfigure(errors="replace")
        print(report, end="" if report.endswith("\n") else "\n", flush=True)
        return
    try:
        write_whole(output, report)
    except OSError as error:
        raise UserError(f"{output} cannot be written: {error.strerror}.") from None


def status(graded: Iterable[dict]) -> int:
    """0 all pass, 1 something does not (unverifiable is not a pass), 3 there is nothing to grade, 2 the grader could not
    work; of several submissions, the last of these that is true of any."""
    return max(map(_status, graded), key=(0, 1, 3, 2).index, default=0)


def _status(entry: dict) -> int:
    if could_not_work(entry):
        return 2
    if nothing_to_grade(entry):
        return 3
    return int(any(criterion["verdict"] != "pass" for criterion in entry["criteria"]))
