"""Grade submissions: `python -m utils.grading PATH [PATH …]`.

The exit status is 0 when every criterion of every submission passes, 1 when one fails or cannot be verified, 3 when a
submission holds nothing to grade, 4 when a row of decisions.csv or of the roster cannot be followed, and 2 when the grader
itself could not work (on one of them), which says nothing about the submission.
"""

import argparse
import os
import sys
from pathlib import Path

from utils.errors import UserError, explain, not_installed, usable_streams
from utils.files import put
from utils.grading.sandbox.limits import LIMITS

PASSED, NOT_PASSED, COULD_NOT_WORK = 0, 1, 2


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """The options of the command line, or of `arguments` where they are given."""
    parser = argparse.ArgumentParser(
        prog="python -m utils.grading",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help="a submission: its folder, a zip or tar of it, or a single notebook or text",
    )
    parser.add_argument(
        "--rubric", default="era_s9", help="era_s9, assignment6 or a TOML file (default: era_s9)"
    )
    parser.add_argument(
        "--format",
        default="md",
        choices=("md", "json", "gradescope", "junit", "html", "moodle", "canvas"),
        help="moodle and canvas: the mark sheet that these import; join it with --roster",
    )
    parser.add_argument(
        "--run",
        action="store_true",
        help="execute the model's definitions, isolated; without it, what needs that is unverifiable",
    )
    parser.add_argument(
        "--model",
        metavar="FILE:NAME",
        help="the class, or the function that builds the model, if another "
        "was found: model.py:Net or train.ipynb:Net",
    )
    parser.add_argument(
        "--notebook", metavar="FILE", help="the notebook that trains, if another was found"
    )
    parser.add_argument(
        "--attempt",
        metavar="NAME",
        help="the attempt that counts, as the report names it, if another does",
    )
    parser.add_argument(
        "--weights",
        type=Path,
        metavar="FILE",
        help="weights to test on the real test images (needs --run)",
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=LIMITS.seconds,
        help="after which an execution is stopped (default: %(default)g)",
    )
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="write the report there instead of printing it"
    )
    parser.add_argument(
        "--folder",
        type=Path,
        metavar="FOLDER",
        help="keep a JSON file and a page for each submission, index.html, copies.html and cohort.csv there, and "
        "decisions.csv for what you decide by hand; what has not changed is not graded again",
    )
    parser.add_argument(
        "--late-penalty",
        type=float,
        default=0,
        metavar="PERCENT",
        help="per cent of all points taken off for each day late that decisions.csv gives, a begun day counted whole",
    )
    parser.add_argument(
        "--roster",
        type=Path,
        metavar="FILE",
        help="a CSV of the class (your own, Moodle's grading worksheet, Canvas's gradebook), joined with the folders",
    )
    parser.add_argument(
        "--assignment",
        default="",
        metavar="NAME",
        help="the assignment's name in Canvas (default: the rubric's title)",
    )
    parser.add_argument(
        "--handout",
        metavar="PATH",
        help="what every student was given: its network, log and code do not count as equal between two submissions",
    )
    parser.add_argument(
        "--jobs", type=int, default=-1, help="parallel processes (default: one for each core)"
    )
    parser.add_argument(
        "--backend",
        default="loky",
        choices=("loky", "dask"),
        help="joblib's: processes of this machine (default), or the workers of a Dask cluster",
    )
    parser.add_argument(
        "--scheduler", default="", metavar="ADDRESS", help="of the cluster, as tcp://10.0.0.1:8786"
    )
    asked = parser.parse_args(arguments)
    one_only = [
        f"--{name}" for name in ("model", "notebook", "attempt", "weights") if getattr(asked, name)
    ]
    if len(asked.paths) > 1 and (one_only or asked.format == "gradescope"):
        parser.error(
            f"{' and '.join(one_only) or '--format gradescope'} is for one submission, not for {len(asked.paths)}"
        )
    of_a_class = [
        f"--{name.replace('_', '-')}"
        for name in ("late_penalty", "roster", "handout")
        if getattr(asked, name)
    ]
    if of_a_class and not asked.folder:
        parser.error(f"{' and '.join(of_a_class)} is for a class: add --folder FOLDER")
    if (asked.backend == "dask") != bool(asked.scheduler):
        parser.error("--backend dask and --scheduler ADDRESS belong together")
    if not 0 <= asked.late_penalty <= 100:
        parser.error("--late-penalty is per cent of all points, 0 to 100")
    if asked.weights and not asked.run:
        parser.error("--weights executes the model: add --run")
    if not 0 < asked.seconds < float("inf"):
        parser.error("--seconds is a time above 0")
    if asked.jobs == 0:
        parser.error("--jobs is a number of processes, or -1 for one a core")
    return asked


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    usable_streams()
    asked = parse_arguments(arguments)
    try:
        if asked.format == "gradescope" and asked.output:  # stands there if we are killed
            _failed(asked, "it was stopped before it had finished.")
        from utils.grading.command import run

        return run(asked)
    except UserError as error:
        sentence = str(error)
    except KeyboardInterrupt:
        sentence = "it was interrupted."
    except BrokenPipeError:  # the reader of our output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return COULD_NOT_WORK
    except ModuleNotFoundError as error:
        sentence = not_installed(error)
    except Exception as error:
        found = explain(error)
        sentence = f"{found}." if found else f"an unexpected {type(error).__name__}: {error}"
    print(f"The grader could not do its work: {sentence}", file=sys.stderr)
    if asked.format == "gradescope":
        _failed(asked, sentence)
    return COULD_NOT_WORK


def _failed(asked: argparse.Namespace, sentence: str) -> None:
    from utils.grading.reports.failed import failed_report

    report = failed_report(sentence)
    try:
        if asked.output:
            put(asked.output, report)
        else:
            print(report)
    except OSError as error:
        where = asked.output or "The report"
        print(f"{where} cannot be written: {error.strerror}.", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
