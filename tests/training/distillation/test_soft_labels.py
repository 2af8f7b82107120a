"""Soft labels that are made ahead."""

import shutil
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.small_run import OPTIONS, PRECISION, RECIPE, TAUGHT
from tests.training.distillation.cached import cached
from utils import teach
from utils.errors import UserError
from utils.teach import make_soft_labels
from utils.training.batches import training_batches
from utils.training.distillation.soft_labels import SoftLabels
from utils.training.distillation.source import Teaching
from utils.training.distillation.teachers import Teachers
from utils.training.fit import fit


def test_the_cache_holds_what_the_teachers_say_in_the_loop(places, few_digits):
    """Row i for image i, whatever the order in which a student sees them."""
    cache, teachers = cached(few_digits), Teachers(TAUGHT, few_digits, PRECISION)
    for seed in (1, 2):
        batches = training_batches(replace(TAUGHT, seed=seed), few_digits.train, PRECISION.device)
        soft = torch.from_numpy(cache.read(1))
        for images, _, known in batches.epoch(1, soft):
            torch.testing.assert_close(
                known.float(), teachers.soft_labels(images).float(), atol=0.01, rtol=0.01
            )
    assert not np.array_equal(cache.read(0), cache.read(1))


def test_what_decides_on_soft_labels_decides_on_the_folder(places, few_digits):
    (facts,) = Teachers(TAUGHT, few_digits, PRECISION).facts

    def folder(facts=facts, split=few_digits.train, **change):
        return SoftLabels(replace(TAUGHT, **change), split, facts).folder

    for same in (
        {"seed": 8},
        {"epochs": 9},
        {"stream_epochs": 1},
        {"temperature": 1.0},
        {"batch_size": 7},
    ):
        assert folder(**same) == folder()
    for other in (
        {"stream_seed": 6},
        {"augmentation": "none"},
        {"split": few_digits.test},
        {"facts": facts | {"weights": "0" * 64}},
    ):
        assert folder(**other) != folder()


def test_making_soft_labels_goes_on_where_it_was(places, few_digits, monkeypatch):
    whole = cached(few_digits).digest(2)
    said = []
    (facts,) = Teachers(TAUGHT, few_digits, PRECISION).facts
    cache = SoftLabels(TAUGHT, few_digits.train, facts)
    (cache.folder / "epoch-000.f16").unlink()
    damaged = bytearray((cache.folder / "epoch-001.f16").read_bytes())
    damaged[5] ^= 1
    (cache.folder / "epoch-001.f16").write_bytes(damaged)
    assert cache.digest(2) is None
    (again,) = make_soft_labels(TAUGHT, few_digits, PRECISION, 3, report=said.append)
    names = [f"teacher-digits, epoch {number}/2" for number in (1, 2)]
    assert [text.split(":")[0] for text in said[:-1]] == names
    assert again.digest(2) == whole and whole in said[-1]


def test_how_many_images_are_asked_about_at_once_plays_no_part(places, few_digits, monkeypatch):
    """On a GPU they are more than a student learns from at once."""
    usual = cached(few_digits).read(1)
    shutil.rmtree(places / "soft")
    monkeypatch.setattr(teach, "TOGETHER", {"cpu": 3 * TAUGHT.batch_size})
    np.testing.assert_allclose(cached(few_digits).read(1), usual, atol=0.01)


def test_of_a_stream_that_comes_again_no_more_is_made_than_differs(places, few_digits):
    assert not cached(few_digits, epochs=5).has(2)
    assert cached(few_digits, epochs=5, stream_epochs=0).has(2)


@pytest.mark.parametrize(
    "change", [{"draws": "batch"}, {"pipeline": "albumentations"}, {"teachers": (), "teaching": 0}]
)
def test_what_cannot_be_made_ahead_is_said(places, few_digits, change):
    with pytest.raises(UserError, match="Soft labels can be made ahead for"):
        cached(few_digits, **change)


def test_the_command_makes_them_and_says_why_not(places, few_digits, capsys, monkeypatch):
    monkeypatch.setitem(teach.CANDIDATES, "small", TAUGHT)
    monkeypatch.setattr(teach, "load_data", lambda source: few_digits)
    for arguments, status, words in (
        (["small", "--device", "cpu"], 0, "The soft labels of teacher-digits are in"),
        (["small", "--epochs", "0"], 1, "--epochs 0"),
        (["era9"], 1, "Soft labels can be made ahead for"),
        (["era11"], 1, "There is no recipe 'era11'"),
    ):
        monkeypatch.setattr(sys, "argv", ["teach", *arguments])
        assert teach.main() == status
        said = capsys.readouterr()
        assert words in (said.err if status else said.out)


def test_the_answers_of_a_teacher_serve_whoever_else_teaches(places, few_digits):
    """Only those of the new teacher are made, and the student learns from the mean of both as in the loop."""
    fit(replace(RECIPE, seed=9), few_digits, places / "other-digits", PRECISION, **OPTIONS)
    first, both = cached(few_digits), replace(TAUGHT, teachers=("teacher", "other"))
    said = []
    caches = make_soft_labels(both, few_digits, PRECISION, 3, report=said.append)
    assert caches[0].folder == first.folder != caches[1].folder
    assert [text.split(",")[0] for text in said if "epoch" in text] == ["other-digits"] * 2
    batches = training_batches(both, few_digits.train, PRECISION.device)
    teaching = Teaching(both, few_digits, batches, PRECISION)
    assert str(teaching) == "taught by teacher-digits, other-digits, from the cache"
    for images, _, soft in teaching.epoch(1):
        asked = teaching.teachers.soft_labels(images)
        torch.testing.assert_close(soft.float(), asked.float(), atol=0.01, rtol=0.01)
