"""Networks that are taught: the loss, the soft labels, their cache, and that a taught run goes on exactly."""

import json
import shutil
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from tests.small_run import OPTIONS, PRECISION, RECIPE, TAUGHT, assert_same_run
from utils import teach
from utils.data.images import ImageData
from utils.data.transforms import normalise
from utils.errors import UserError
from utils.paths import REPOSITORY
from utils.teach import make_soft_labels
from utils.training.batches import training_batches
from utils.training.distillation.objective import objective_of
from utils.training.distillation.soft_labels import SoftLabels, digest_of
from utils.training.distillation.source import Teaching
from utils.training.distillation.teachers import Teachers, without_smoothing
from utils.training.fit import fit
from utils.training.run_record import load_run, write_epochs

QUIET = {"report": lambda text: None}


@pytest.fixture
def places(tmp_path, monkeypatch, undisturbed):
    """Results and soft labels in a folder of their own, with the finished run "teacher"."""
    monkeypatch.setenv("RESULTS_DIR", str(tmp_path))
    monkeypatch.setenv("SOFT_LABELS", str(tmp_path / "soft"))
    shutil.copytree(undisturbed, tmp_path / "teacher-digits")
    return tmp_path


@pytest.fixture(scope="session")
def taught_online(tmp_path_factory, undisturbed, few_digits):
    """The folder of a taught run that nothing interrupted, its teacher in the loop; tests only read it."""
    place = tmp_path_factory.mktemp("taught")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESULTS_DIR", str(place))
        patch.setenv("SOFT_LABELS", str(place / "soft"))
        shutil.copytree(undisturbed, place / "teacher-digits")
        return fit(TAUGHT, few_digits, place / "student", PRECISION, **OPTIONS).folder


# --- the loss ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("temperature", [1.0, 4.0])
@pytest.mark.parametrize("share", [0.3, 1.0])
def test_the_loss_is_hintons(temperature, share):
    torch.manual_seed(0)
    output, soft = (torch.randn(5, 3).log_softmax(1) for _ in range(2))
    labels = torch.tensor([0, 1, 2, 2, 0])
    recipe = replace(TAUGHT, temperature=temperature, teaching=share, label_smoothing=0.1)
    expected = 0.0
    for scores, wanted, label in zip(output.double(), soft.double(), labels):
        p, q = (np.exp(values.numpy() / temperature) for values in (wanted, scores))
        p, q = p / p.sum(), q / q.sum()
        right = 0.9 * np.eye(3)[label] + 0.1 / 3
        hard = -(right * scores.numpy()).sum()
        soft_part = temperature**2 * (p * np.log(p / q)).sum()
        expected += (share * soft_part + (1 - share) * hard) / 5
    assert objective_of(recipe)(output, labels, soft).item() == pytest.approx(expected, rel=1e-5)


def test_what_is_not_taught_has_its_old_loss():
    output, labels = torch.randn(4, 3).log_softmax(1), torch.tensor([0, 1, 2, 0])
    recipe = replace(RECIPE, label_smoothing=0.1)
    assert objective_of(recipe)(output, labels) == F.cross_entropy(
        output, labels, label_smoothing=0.1
    )


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


# --- teachers ---------------------------------------------------------------------------------------------------------


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
    shutil.rmtree(folder)
    fit(RECIPE, few_digits, folder, PRECISION, stop_after=1, **OPTIONS)
    with pytest.raises(UserError, match="not trained to its end"):
        fit(TAUGHT, few_digits, student, PRECISION, **OPTIONS)


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


# --- the cache --------------------------------------------------------------------------------------------------------


def cached(data, epochs=3, **change):
    """The cache of the one teacher."""
    (cache,) = make_soft_labels(replace(TAUGHT, **change), data, PRECISION, epochs, **QUIET)
    return cache


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


def test_of_a_stream_that_comes_again_no_more_is_made_than_differs(places, few_digits):
    assert not cached(few_digits, epochs=5).has(2)
    assert cached(few_digits, epochs=5, stream_epochs=0).has(2)


@pytest.mark.parametrize(
    "change", [{"draws": "batch"}, {"pipeline": "albumentations"}, {"teachers": (), "teaching": 0}]
)
def test_what_cannot_be_made_ahead_is_said(places, few_digits, change):
    with pytest.raises(UserError, match="Soft labels can be made ahead for"):
        cached(few_digits, **change)


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


# --- kills ------------------------------------------------------------------------------------------------------------


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
