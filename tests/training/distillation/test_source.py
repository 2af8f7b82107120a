"""The soft labels of a batch are those of its images, from the cache as from the teacher in the loop."""

from dataclasses import replace

import pytest
import torch

from tests.small_run import PRECISION, TAUGHT
from utils.teach import make_soft_labels
from utils.training.batches import training_batches
from utils.training.distillation.source import Teaching
from utils.training.run_record import load_run, write_epochs

EPOCHS = 3  # of a stream of two: the third shows the images of the first, in another order


@pytest.fixture
def places(places):
    """With a teacher that tells the images apart."""
    enliven(places / "teacher-digits")
    return places


def enliven(folder) -> None:
    """Give the run weights with which it answers otherwise to every image: after three epochs it hardly tells them apart."""
    record = load_run(folder)
    model = record.load_model()
    model.train()
    with torch.no_grad():
        for layer in model.modules():
            if isinstance(layer, torch.nn.BatchNorm2d):
                layer.momentum = 1.0
        images = torch.rand(64, 3, 32, 32)
        model(images)
        answers = model.eval()(images)
        *_, last = (
            one for one in model.modules() if isinstance(one, torch.nn.Conv2d | torch.nn.Linear)
        )
        last.weight *= 1 / answers.std(0).mean()
    write_epochs(record, record.history, model.state_dict())


def batches_of(data, recipe=TAUGHT, recorded=None) -> tuple[Teaching, list[list]]:
    """The batches of three epochs: images, labels and soft labels."""
    batches = training_batches(recipe, data.train, PRECISION.device)
    teaching = Teaching(recipe, data, batches, PRECISION, recorded)
    return teaching, [list(teaching.epoch(number)) for number in range(EPOCHS)]


def test_cache_and_loop_give_the_same_batches(places, few_digits):
    """The teacher itself is the oracle: it answers to the very images of each batch."""
    online, asked = batches_of(few_digits)
    make_soft_labels(TAUGHT, few_digits, PRECISION, EPOCHS, report=lambda text: None)
    cached, read = batches_of(few_digits)
    assert str(online).endswith("asked in the loop") and str(cached).endswith("from the cache")
    teacher = load_run(places / "teacher-digits").load_model()
    assert (
        torch.cat([soft for *_, soft in read[0]]).float().std(0).mean() > 0.3
    )  # images are told apart
    for ours, theirs in zip(sum(read, []), sum(asked, []), strict=True):
        for one, other in zip(ours[:2], theirs[:2], strict=True):
            assert torch.equal(one, other)
        with torch.no_grad():
            answers = teacher(ours[0] * spread(TAUGHT.std) + spread(TAUGHT.mean))
        for soft in (ours[2], theirs[2]):
            torch.testing.assert_close(soft.float(), answers, atol=0.02, rtol=0.02)


def spread(values):
    """The teacher was trained on images from 0 to 1."""
    return torch.tensor(values).view(1, 3, 1, 1)


def test_the_stream_comes_again_in_another_order(places, few_digits):
    make_soft_labels(TAUGHT, few_digits, PRECISION, EPOCHS, report=lambda text: None)
    _, (first, second, third) = batches_of(few_digits)

    def rows(epoch) -> set[bytes]:
        return {soft.numpy().tobytes() for batch in epoch for soft in batch[2]}

    assert rows(third) == rows(first) != rows(second)
    assert not torch.equal(third[0][1], first[0][1])


def test_another_order_of_the_images_has_the_same_soft_labels(places, few_digits):
    make_soft_labels(TAUGHT, few_digits, PRECISION, EPOCHS, report=lambda text: None)
    _, ours = batches_of(few_digits)
    _, theirs = batches_of(few_digits, replace(TAUGHT, seed=8))

    def pairs(epoch) -> set[tuple[bytes, bytes]]:
        return {
            (image.numpy().tobytes(), soft.numpy().tobytes())
            for images, _, softs in epoch
            for image, soft in zip(images, softs, strict=True)
        }

    assert not torch.equal(ours[0][0][1], theirs[0][0][1])
    assert all(pairs(one) == pairs(other) for one, other in zip(ours, theirs, strict=True))
