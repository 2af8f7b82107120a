"""The data: the digits, CIFAR-10's files whole and damaged."""

import hashlib
import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch
from torchvision import datasets
from torchvision.datasets import CIFAR10

from tests.data.conftest import CLASSES
from tests.small_run import OPTIONS, PRECISION
from utils.data import __main__ as command
from utils.data import data_sets as facts
from utils.data.images import channel_statistics, hold_out, load_data
from utils.data.transforms import MEAN, STD
from utils.errors import UserError
from utils.training.fit import fit, training_batches
from utils.training.recipes import find_recipe
from utils.training.run_record import load_run


def test_digits_are_real_and_in_the_shape_of_cifar10(digits):
    for split, count in ((digits.train, 1437), (digits.test, 360)):
        assert split.images.shape == (count, 32, 32, 3) and split.images.dtype == np.uint8
        assert split.labels.dtype == np.int64 and set(split.labels) == set(range(10))
        assert split.images.min() == 0 and split.images.max() == 255
    assert digits.name == "digits" and digits.classes == tuple("0123456789")


def test_unknown_source_names_the_known_ones():
    with pytest.raises(UserError, match="'mnist'.*cifar10, cifar10-holdout, digits, auto"):
        load_data("mnist")


def test_cifar10_is_what_was_published(cifar10):
    assert cifar10.classes == CLASSES
    for split, count, known in (
        (cifar10.train, 50_000, facts.CIFAR10.train_images),
        (cifar10.test, 10_000, facts.CIFAR10.test_images),
    ):
        assert (
            split.images.shape == (count, 32, 32, 3)
            and split.images.dtype == np.uint8
            and count == known
        )
        assert (np.bincount(split.labels) == count // 10).all()
    assert (facts.CIFAR10.classes, facts.CIFAR10.size) == (len(CLASSES), 32)


def test_mean_and_std_are_those_of_the_training_images(cifar10):
    means, stds = channel_statistics(cifar10.train.images)
    assert np.round(means, 4).tolist() == list(MEAN)
    np.testing.assert_allclose(stds, STD, atol=6e-5)
    pixels = cifar10.train.images[:2000].reshape(-1, 3) / 255
    np.testing.assert_allclose(
        channel_statistics(cifar10.train.images[:2000]), (pixels.mean(0), pixels.std(0))
    )


def test_loads_from_the_folder_that_is_named(tiny_cifar10, monkeypatch):
    monkeypatch.setenv("CIFAR10_ROOT", str(tiny_cifar10.parent))
    loaded = load_data("auto")
    assert (
        loaded.name == "cifar10"
        and len(loaded.train) == 50
        and len(loaded.test) == 10
        and loaded.classes == CLASSES
    )
    stored = pickle.loads((tiny_cifar10 / "test_batch").read_bytes())["data"][3]
    assert (loaded.test.images[3].transpose(2, 0, 1).ravel() == stored).all()


@pytest.mark.parametrize("source", ["cifar10", "auto"])
@pytest.mark.parametrize("name", ["data_batch_3", "test_batch", "batches.meta"])
@pytest.mark.parametrize(
    "damage, word", [("missing", "missing"), ("truncated", "truncated"), ("altered", "altered")]
)
def test_a_damaged_file_is_named(tiny_cifar10, monkeypatch, source, name, damage, word):
    monkeypatch.setenv("CIFAR10_ROOT", str(tiny_cifar10.parent))
    file = tiny_cifar10 / name
    content = bytearray(file.read_bytes())
    if damage == "missing":
        file.unlink()
    elif damage == "truncated":
        file.write_bytes(content[:-7])
    else:
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
    with pytest.raises(UserError, match=word) as error:
        load_data(source)
    assert (
        str(file) in str(error.value)
        and "make data" in str(error.value)
        and "\n" not in str(error.value)
    )


def test_auto_falls_back_to_the_digits_loudly(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CIFAR10_ROOT", str(tmp_path))
    assert load_data("auto").name == "digits"
    assert "NOT CIFAR-10" in capsys.readouterr().err
    with pytest.raises(UserError, match="make data"):
        load_data("cifar10")
    assert list(tmp_path.iterdir()) == []


def test_command_reports_damage_in_one_line(tiny_cifar10, monkeypatch, capsys):
    monkeypatch.setenv("CIFAR10_ROOT", str(tiny_cifar10.parent))
    assert command.main([]) == 0
    (tiny_cifar10 / "test_batch").write_bytes(b"")
    assert command.main([]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_held_out_images_are_the_last_of_training(few_digits):
    held = hold_out(few_digits, 20)
    count = len(few_digits.train)
    assert held.name == "digits-holdout" and len(held.test) == 20 and len(held.train) == count - 20
    assert (np.concatenate([held.train.images, held.test.images]) == few_digits.train.images).all()
    assert (np.concatenate([held.train.labels, held.test.labels]) == few_digits.train.labels).all()


def test_the_hold_out_of_cifar10_has_no_test_image(cifar10):
    held = load_data("cifar10-holdout")
    assert held.name == "cifar10-holdout" and (len(held.train), len(held.test)) == (45_000, 5_000)
    test_images = {image.tobytes() for image in cifar10.test.images}
    assert not any(image.tobytes() in test_images for image in held.test.images)


class Cifar100(CIFAR10):
    """Three classes of the tiny files under other names, as CIFAR-100's differ."""

    meta = {"filename": "meta", "key": "fine_label_names"}
    base_folder, filename = "cifar-100-python", "cifar-100-python.tar.gz"


def test_another_data_set_is_a_row_and_a_recipe(tiny_cifar10, tmp_path, monkeypatch, digits):
    """Found, checked, held out and trained on, with its own number of classes, its mean as the colour of holes."""
    folder = tmp_path / "root" / Cifar100.base_folder
    folder.mkdir(parents=True)
    rng = np.random.default_rng(1)

    def write(name, content):
        (folder / name).write_bytes(pickle.dumps(content))
        return [name, hashlib.md5((folder / name).read_bytes()).hexdigest()]

    fine = {"data": rng.integers(0, 256, (12, 3072), dtype=np.uint8), "fine_labels": [0, 1, 2] * 4}
    names = {"fine_label_names": ["apple", "bear", "cup"]}
    monkeypatch.setattr(Cifar100, "train_list", [write("train", fine)])
    monkeypatch.setattr(Cifar100, "test_list", [write("test", fine)])
    monkeypatch.setattr(Cifar100, "meta", Cifar100.meta | {"md5": write("meta", names)[1]})
    monkeypatch.setattr(datasets, "Cifar100", Cifar100, raising=False)
    monkeypatch.setenv("CIFAR10_ROOT", str(folder.parent))
    row = facts.DataSet(
        "cifar100",
        "CIFAR-100",
        "Cifar100",
        classes=3,
        size=32,
        train_images=12,
        test_images=12,
        mean=(0.5, 0.4, 0.3),
        std=(0.3, 0.3, 0.3),
    )
    monkeypatch.setitem(facts.DATA_SETS, row.name, row)
    held = load_data("cifar100-holdout")
    assert (held.name, len(held.train), held.classes) == (
        "cifar100-holdout",
        11,
        ("apple", "bear", "cup"),
    )
    recipe = replace(
        find_recipe("aster"), data_set=row.name, mean=row.mean, std=row.std, batch_size=8, epochs=1
    )
    record = fit(recipe, load_data("cifar100"), tmp_path / "run", PRECISION, **OPTIONS)
    assert load_run(record.folder).load_model()(torch.zeros(1, 3, 32, 32)).shape == (1, 3)
    holes = training_batches(recipe, held.train, torch.device("cpu"))
    images_with_holes = torch.cat([batch for batch, _ in holes.epoch(0)])
    assert (images_with_holes.abs() < 1e-5).all(1).sum(
        (1, 2)
    ).min() == 64  # the mean is 0 once normalised
    for other in (digits, replace(digits, name="cifar10")):
        with pytest.raises(
            UserError, match=r"for cifar100, which has 3 classes, and not for \w+ \(10 classes\)"
        ):
            fit(recipe, other, tmp_path / "other", PRECISION, **OPTIONS)
    (folder / "test").write_bytes(b"")
    with pytest.raises(UserError, match="The CIFAR-100 file .* is truncated or altered"):
        load_data("cifar100")
