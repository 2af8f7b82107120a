"""Many submissions graded in parallel processes, into a folder with a JSON file for each; what is there stays.

The work goes through joblib, so that `cluster.spread_over` can give it to the machines of a cluster.
"""

import hashlib
import json
import multiprocessing
import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from joblib import Parallel, delayed
from tqdm import tqdm

from utils.errors import UserError
from utils.files import write_whole
from utils.grading.audits import Options
from utils.grading.grade import examine_in_time
from utils.grading.reports.entry import Graded, could_not_work, not_graded
from utils.grading.reports.json_report import json_report
from utils.grading.rubrics.rubric import Rubric
from utils.paths import REPOSITORY
from utils.processes import die_with_parent

SMALL = 2_000_000  # bytes; larger files are known by their size and time of change


@dataclass(frozen=True)
class Task:
    """One submission to grade into `folder`; `stem` names its files and is a function of all that decides the outcome."""

    path: str
    folder: Path
    stem: str

    @property
    def result(self) -> Path:
        """The JSON file of the grading."""
        return self.folder / f"{self.stem}.json"

    @property
    def page(self) -> Path:
        """The HTML page of the grading."""
        return self.folder / f"{self.stem}.html"

    @property
    def started(self) -> Path:
        """The file that is there while the submission is being graded."""
        return self.folder / f"{self.stem}.started"


def grade_cohort(
    paths: Sequence[str],
    rubric: Rubric,
    options: Options,
    folder: Path,
    jobs: int = -1,
    progress: bool = True,
) -> list[Task]:
    """Grade every path by `jobs` processes (-1: one a core); the tasks in the order of `paths`, their JSON files written.

    A submission at which the grader fails, or at which a process dies, gets an entry that says so; it is tried again
    the next time, and what was graded before, from the same content and by the same rubric, options and grader, is not.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"The folder {folder} cannot be made: {error.strerror}.") from None
    tasks = [Task(path, folder, stem(path, rubric, options)) for path in dict.fromkeys(paths)]
    pending = [task for task in tasks if not is_done(task)]
    with tqdm(
        total=len(tasks),
        initial=len(tasks) - len(pending),
        unit="submission",
        disable=not progress,
    ) as bar:
        while pending:
            for task in pending:
                task.started.unlink(missing_ok=True)
            _run(pending, rubric, options, jobs, bar)
            pending = [
                task for task in pending if not task.result.exists() or task.started.exists()
            ]
            for task in [task for task in pending if task.started.exists()] or pending[
                :1
            ]:  # a process died at one of these
                _run_alone(task, rubric, options)
                pending.remove(task)
                bar.update()
    return tasks


def _run(tasks: Sequence[Task], rubric: Rubric, options: Options, jobs: int, bar: tqdm) -> None:
    """Grade `tasks` until all are done or a process dies, which takes the others of its pool with it."""
    calls = (delayed(grade_into)(task, rubric, options, os.getpid()) for task in tasks)
    try:
        for _ in Parallel(
            n_jobs=min(jobs, len(tasks)) if jobs > 0 else jobs, return_as="generator_unordered"
        )(calls):
            bar.update()
    except Exception as error:  # each backend has its own words for a worker that died
        bar.write(
            f"A grading process ended unexpectedly ({type(error).__name__}); the submissions that it touched are "
            "graded again, one by one.",
            file=sys.stderr,
        )


def _run_alone(task: Task, rubric: Rubric, options: Options) -> None:
    """Grade one submission in a process of its own, and write that it could not be done when that dies."""
    process = multiprocessing.get_context("spawn").Process(
        target=grade_into, args=(task, rubric, options, os.getpid())
    )
    process.start()
    process.join()
    if process.exitcode or not task.result.exists():
        _write(
            task,
            not_graded(
                task.path, rubric, f"the grading process ended with status {process.exitcode}"
            ),
        )


def grade_into(task: Task, rubric: Rubric, options: Options, starter: int) -> None:
    """Grade one submission and write its JSON file; `starter` is the process that asked for it."""
    if (
        os.getppid() == starter
    ):  # a process of our pool: it ends with the grader, and with it the child
        die_with_parent()
    task.started.touch()
    try:
        graded = examine_in_time(task.path, rubric, options)
    except UserError as error:
        graded = not_graded(task.path, rubric, str(error))
    except Exception as error:
        graded = not_graded(task.path, rubric, f"{type(error).__name__}: {error}")
    _write(task, graded)


def _write(task: Task, graded: Graded) -> None:
    write_whole(task.result, json_report([graded]))
    task.started.unlink(missing_ok=True)


def entries(tasks: Sequence[Task]) -> Iterator[dict]:
    """The entry of each task, read from its file when its turn comes."""
    for task in tasks:
        yield json.loads(task.result.read_bytes())["submissions"][0]


def is_done(task: Task) -> bool:
    """Whether the task's file is there and says that the grader could do its work."""
    try:
        return not could_not_work(next(entries([task])))
    except (OSError, ValueError, LookupError):
        return False


def stem(path: str, rubric: Rubric, options: Options) -> str:
    """A file name of the submission's name and a digest of all that decides its grading."""
    digest = hashlib.sha256()
    for part in (path, rubric.text, options, _grader(), *_content(Path(path))):
        digest.update(repr(part).encode(errors="surrogateescape") + b"\0")
    last = os.path.basename(os.path.realpath(path))
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", last).strip("._-")[:60]
    return f"{name or 'submission'}-{digest.hexdigest()[:12]}"


@cache
def _grader() -> tuple:
    """The part that the grader itself plays in the outcome: its files and the libraries that it asks."""
    files = sorted(REPOSITORY.glob("utils/**/*.*"))
    return (
        *[_file_mark(file) for file in files if file.suffix in (".py", ".toml", ".json")],
        *[metadata.version(name) for name in ("torch", "albumentations")],
    )


def _content(path: Path) -> Iterator[tuple]:
    if path.is_file():
        yield _file_mark(path)
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield folder
        for name in sorted(names):
            yield name, _file_mark(Path(folder, name))


def _file_mark(file: Path) -> object:
    try:
        status = file.stat()
        if status.st_size > SMALL or not file.is_file():
            return status.st_size, status.st_mtime_ns
        return hashlib.sha256(file.read_bytes()).digest()
    except OSError as error:
        return str(error.errno)
