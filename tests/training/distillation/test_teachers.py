"""The teachers of a recipe, and what they answer."""

import json
import shutil
from dataclasses import replace

import pytest
import torch

from tests.small_run import OPTIONS, PRECISION, RECIPE, TAUGHT
from utils.data.images import ImageData
from utils.data.transforms import normalise
from utils.errors import UserError
from utils.training.distillation import teachers
from utils.training.distillation.teachers import Teachers, without_smoothing
from utils.training.fit import fit
from utils.training.recipes import RECIPES
from utils.training.run_record import load_run, write_epochs


def sharpen(folder):
    """Make the trained network in `folder` sure of its answers, so that one mean differs from another."""
    record = load_run(folder)
    weights = record.load_model().state_dict()
    weights["classifier.weight"] *= 40
    write_epochs(record, record.history, weights)


def test_teachers_give_the_mean_of_their_probabilities(places, few_digits):
    """Each sees the images as it is used to: the student's recipe normalises them in another way."""
    other = replace(RECIPE, seed=9, epochs=1)
    fit(other, few_digits, places / "other-digits", PRECISION, **OPTIONS)
    recipe, images = replace(TAUGHT, teachers=("teacher", "other")), few_digits.test.images
    for name in recipe.teachers:
        sharpen(places / f"{name}-digits")
    theirs, students = (normalise(images, r.mean, r.std) for r in (RECIPE, recipe))
    found = Teachers(recipe, few_digits, PRECISION).soft_labels(students)
    models = [load_run(places / f"{name}-digits").load_model() for name in recipe.teachers]
    with torch.no_grad():
        first, second = (model(theirs).double() for model in models)
        unlike = [model(students).double() for model in models]
    expected = ((first.exp() + second.exp()) / 2).log()
    assert ((first + second) / 2 - expected).abs().max() > 0.1  # the mean of logarithms is another
    assert (unlike[0] - first).abs().max() > 0.1
    assert found.dtype == torch.float16
    torch.testing.assert_close(found.double(), expected, atol=5e-3, rtol=2e-3)


def test_the_smoothing_of_a_teachers_labels_is_taken_back(places, few_digits):
    """A network that learned smoothed labels to the end teaches what one that learned them as they are does."""
    plain = torch.tensor([[0.7, 0.2, 0.1], [0.0, 0.5, 0.5], [1.0, 0.0, 0.0]], dtype=torch.double)
    smoothed = (0.8 * plain + 0.2 / 3).log()
    torch.testing.assert_close(without_smoothing(smoothed, 0.2).exp(), plain, atol=1e-5, rtol=0)
    assert torch.equal(without_smoothing(smoothed, 0.0), smoothed)
    folder, teachers = places / "teacher-digits", Teachers(TAUGHT, few_digits, PRECISION)
    assert torch.isfinite(teachers.mean([torch.tensor([[-0.0, -70.0, -300.0]])])).all()
    config = json.loads((folder / "config.json").read_text())
    config["recipe"]["label_smoothing"] = 0.2
    (folder / "config.json").write_text(json.dumps(config))
    teachers = Teachers(TAUGHT, few_digits, PRECISION)
    found = teachers.mean([smoothed.half()]).double().exp()
    torch.testing.assert_close(found, plain, atol=2e-3, rtol=0)


def test_a_teacher_without_weights_or_unfinished_or_of_other_images_is_named(places, few_digits):
    folder, student = places / "teacher-digits", places / "student"
    other = ImageData("digits-holdout", few_digits.train, few_digits.test, few_digits.classes)
    with pytest.raises(UserError, match="no teacher 'teacher' for digits-holdout"):
        Teachers(TAUGHT, other, PRECISION)
    shutil.copytree(folder, places / "teacher-digits-holdout")
    with pytest.raises(UserError, match="trained on digits and the student is trained on digits-h"):
        Teachers(TAUGHT, other, PRECISION)
    (folder / "model.pt").rename(places / "kept.pt")
    with pytest.raises(UserError, match="has a record but no weights"):
        fit(TAUGHT, few_digits, student, PRECISION, **OPTIONS)


def test_whoever_has_no_teachers_is_told_of_the_same_network_without(places, few_digits):
    known = replace(RECIPES["aster_silu_taught"], data_set=TAUGHT.data_set)
    with pytest.raises(UserError, match="The recipe 'aster_silu' trains the same network"):
        Teachers(known, few_digits, PRECISION)
    with pytest.raises(UserError) as none:
        Teachers(replace(known, model="nobody's"), few_digits, PRECISION)
    assert "same network" not in str(none.value)


def test_a_finished_teacher_of_the_repository_is_not_hidden_by_one_that_is_not(
    places, few_digits, monkeypatch
):
    ours = places / "repository"
    shutil.copytree(places / "teacher-digits", ours / "results" / "teacher-digits")
    shutil.rmtree(places / "teacher-digits")
    fit(RECIPE, few_digits, places / "teacher-digits", PRECISION, stop_after=1, **OPTIONS)
    monkeypatch.setattr(teachers, "REPOSITORY", ours)
    (found,) = Teachers(TAUGHT, few_digits, PRECISION).teachers
    assert found.record.folder == ours / "results" / "teacher-digits"


def test_a_teacher_that_is_not_trained_to_its_end_is_none(places, few_digits):
    folder, student = places / "teacher-digits", places / "student"
    shutil.rmtree(folder)
    fit(RECIPE, few_digits, folder, PRECISION, stop_after=1, **OPTIONS)
    with pytest.raises(UserError, match="not trained to its end"):
        fit(TAUGHT, few_digits, student, PRECISION, **OPTIONS)


@pytest.mark.parametrize(
    "change, words",
    [
        ({"teachers": ()}, "both or neither"),
        ({"teaching": 0.0}, "both or neither"),
        ({"teaching": 1.5}, "from 0 to 1"),
        ({"temperature": 0.0}, "above 0"),
        ({"teachers": ("nobody",)}, "There is no teacher 'nobody' for digits"),
    ],
)
def test_a_recipe_that_makes_no_sense_is_refused(places, few_digits, change, words):
    with pytest.raises(UserError, match=words):
        fit(replace(TAUGHT, **change), few_digits, places / "x", PRECISION, **OPTIONS)
