"""Runs that are taught: what their record says, and that they go on exactly."""

import shutil
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from tests.small_run import OPTIONS, PRECISION, RECIPE, TAUGHT, assert_same_run
from tests.training.distillation.cached import cached
from utils.errors import UserError
from utils.paths import REPOSITORY
from utils.training.distillation.soft_labels import digest_of
from utils.training.fit import fit
from utils.training.run_record import load_run


def test_the_record_says_who_taught_and_another_teacher_is_refused(
    places, few_digits, taught_online
):
    record = load_run(taught_online)
    (teacher,) = record.config["taught"]["teachers"]
    accuracy = load_run(places / "teacher-digits").history[-1].test_accuracy
    assert (teacher["run"], teacher["test_accuracy"]) == ("teacher-digits", accuracy)
    assert len(teacher["weights"]) == 64 and record.config["taught"]["soft_labels"] == "online"
    fit(TAUGHT, few_digits, places / "student", PRECISION, stop_after=1, **OPTIONS)
    shutil.rmtree(places / "teacher-digits")
    fit(replace(RECIPE, seed=9), few_digits, places / "teacher-digits", PRECISION, **OPTIONS)
    with pytest.raises(UserError, match="other weights than when this run began"):
        fit(TAUGHT, few_digits, places / "student", PRECISION, **OPTIONS)


def test_a_student_differs_from_one_that_is_not_taught(taught_online, few_digits, tmp_path):
    alone = replace(TAUGHT, teachers=(), teaching=0.0)
    fit(alone, few_digits, tmp_path, PRECISION, **OPTIONS)
    with pytest.raises(AssertionError):
        assert_same_run(tmp_path, taught_online)


def test_a_run_keeps_to_the_soft_labels_that_it_began_with(places, few_digits, taught_online):
    """Online stays online, though a cache appears; a cache that is lost is missed."""
    fit(TAUGHT, few_digits, places / "online", PRECISION, stop_after=1, **OPTIONS)
    cache = cached(few_digits)
    fit(TAUGHT, few_digits, places / "online", PRECISION, **OPTIONS)
    assert_same_run(places / "online", taught_online)
    record = fit(TAUGHT, few_digits, places / "cached", PRECISION, stop_after=1, **OPTIONS)
    assert record.config["taught"]["cache"] == digest_of([cache], 2)
    (cache.folder / "epoch-001.f16").unlink()
    with pytest.raises(UserError, match="cache of soft labels that is not whole"):
        fit(TAUGHT, few_digits, places / "cached", PRECISION, **OPTIONS)
    cached(few_digits)
    assert fit(TAUGHT, few_digits, places / "cached", PRECISION, **OPTIONS).complete


@pytest.mark.parametrize("way", ["online", "cache"])
def test_a_taught_run_that_is_killed_goes_on_exactly(places, few_digits, taught_online, way):
    """Killed in the second epoch; with a teacher, averaged weights and draws by image."""
    straight = taught_online
    if way == "cache":
        cached(few_digits)
        straight = fit(TAUGHT, few_digits, places / "straight", PRECISION, **OPTIONS).folder
    folder = places / "killed"
    command = [sys.executable, "-m", "tests.small_run", str(folder), "0", "taught"]
    process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    while process.stdout.readline() != "EPOCH: 1\n":
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL and len(load_run(folder).history) < 3
    fit(TAUGHT, few_digits, folder, PRECISION, **OPTIONS)
    assert_same_run(folder, straight)
    assert load_run(folder).config["taught"] == load_run(straight).config["taught"]
