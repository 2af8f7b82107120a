"""This repository graded as any submission, by the notebook that answers the assignment: full marks."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from models import build_model
from utils.architecture.summary import model_facts
from utils.paths import REPOSITORY
from utils.training.history import best_epoch
from utils.training.run_record import load_run


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> dict:
    """The entry that the command line gives for a copy of what is committed or new here, without the data and the runs
    that somebody tries out."""
    copy = tmp_path_factory.mktemp("clone") / "submission"
    listed = subprocess.run(
        [
            "git",
            "-C",
            str(REPOSITORY),
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
            "-z",
        ],
        capture_output=True,
        text=True,
    )
    if listed.returncode:
        pytest.skip("this is no git repository, so what belongs to it is not known")
    for name in filter(None, listed.stdout.split("\0")):
        if (REPOSITORY / name).is_file() and (REPOSITORY / name).stat().st_size < 20_000_000:
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(REPOSITORY / name, copy / name)
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    command = [
        sys.executable,
        "-m",
        "utils.grading",
        str(copy),
        "--run",
        "--notebook",
        "notebooks/07_assignment.ipynb",
        "--seconds",
        "300",
        "--format",
        "json",
    ]
    done = subprocess.run(
        command, cwd=REPOSITORY, capture_output=True, text=True, timeout=1800, env=environment
    )
    assert done.returncode in (0, 1) and "Traceback" not in done.stderr, done.stderr
    return json.loads(done.stdout)["submissions"][0] | {"status": done.returncode}


def test_full_marks(page):
    wrong = {
        entry["id"]: (entry["verdict"], entry["advice"])
        for entry in page["criteria"]
        if entry["verdict"] != "pass"
    }
    assert wrong == {}
    assert page["points"] == page["max_points"] and page["status"] == 0


def test_the_facts_are_those_of_the_record(page):
    record = load_run(REPOSITORY / "results" / "era9")
    facts = model_facts(build_model("era9"))
    assert (page["facts"]["parameters"], page["facts"]["receptive_field"]) == (
        facts.parameters,
        facts.receptive_field[0],
    )
    logged = (
        page["facts"]["best_test_accuracy"],
        page["facts"]["best_epoch"],
        page["facts"]["epochs"],
    )
    best = best_epoch(record.history)
    assert logged == (best.test_accuracy, best.epoch, len(record.history))


def test_nothing_that_we_claim_is_false(page):
    assert [claim for claim in page["claims"] if claim["verdict"] == "false"] == []
