"""A step asks the device for nothing and sends it nothing, and the numbers are those of a loop that asks every time.

The steps run on PyTorch's meta device, whose tensors have no data: whoever asks one for a number gets an error, as
whoever asks a GPU would wait. Copies to it are counted, as copies to a GPU would be.
"""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Generator
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from tests.small_run import PRECISION
from utils import runtime
from utils.data.augmentations import AUGMENTATIONS
from utils.data.batched import augment, pack
from utils.data.data_sets import CIFAR10
from utils.data.draws import draw
from utils.data.loaders import shuffled
from utils.data.transforms import per_channel
from utils.errors import UserError
from utils.runtime import Precision, seed_of
from utils.training import loops
from utils.training.batches import Changed, halved, training_batches
from utils.training.distillation.objective import objective_of
from utils.training.loops import Meter, Totals, train_epoch
from utils.training.network import Network
from utils.training.optimizers import OPTIMIZERS
from utils.training.recipes import find_recipe
from utils.training.schedules import learning_rate

META = Precision(torch.device("meta"), "fp32")


class Operations(TorchDispatchMode):
    """The tensors that operations make, and those of them that went from the CPU to the device."""

    def __init__(self):
        super().__init__()
        self.made, self.sent = [], []

    def __torch_dispatch__(self, function, types, arguments=(), options=None):
        result = function(*arguments, **(options or {}))
        given, made = (
            [x for x in tree_leaves(held) if torch.is_tensor(x)]
            for held in ((arguments, options), result)
        )
        self.made += [(str(function), x.dtype) for x in made]
        moved = any(x.is_meta for x in made) and not all(x.is_meta for x in given)
        if "copy" in str(function) and moved:
            self.sent.append(str(function))
        return result


def steps_on_meta(recipe, split, monkeypatch, watch, progress=False) -> int:
    """Train an epoch on the meta device, under `watch` from the second batch on; how many steps it was."""
    runtime.seed_torch(recipe.seed)
    network = Network(recipe, META)
    optimizer = OPTIMIZERS[recipe.optimizer](network.model, recipe)
    soft = torch.zeros(len(split), 10, device="meta") if recipe.teachers else None
    epoch = training_batches(recipe, split, META.device).epoch(0, soft)
    if recipe.low_resolution_epochs:
        epoch = Changed(epoch, halved)
    counted = []

    class Watched:
        def __len__(self):
            return len(epoch)

        def __iter__(self):
            for number, batch in enumerate(epoch):
                if number == 1:
                    watch.__enter__()
                counted.append(number)
                yield batch

    monkeypatch.setattr(loops, "LOOK_EVERY", 1e9)
    monkeypatch.setattr(loops, "_show", lambda *_: None)
    monkeypatch.setattr(Meter, "totals", ending(watch))
    train_epoch(
        network.forward,
        Watched(),
        optimizer,
        META,
        META.scaler(),
        lambda share: learning_rate(recipe, share),
        progress=progress,
        objective=objective_of(recipe),
        after_step=network.after_step,
    )
    return len(counted)


def ending(watch):
    """What asks at the end of an epoch, which may: it ends the watch."""
    left = [watch]

    def totals(self):
        if left:
            left.pop().__exit__(None, None, None)
        return Totals(0.0, 0, 1, 1, 0.0)

    return totals


ERA9 = replace(find_recipe("era9_batched"), batch_size=32)
ASTER = replace(find_recipe("aster"), batch_size=32)
EVERYTHING = replace(
    find_recipe("aster_taught"),
    batch_size=32,
    augmentation="alternating flip crop hole",
    ema_decay=0.99,
    low_resolution_epochs=1,
)


@pytest.mark.parametrize("recipe", [ERA9, ASTER, EVERYTHING], ids=["era9", "aster", "everything"])
def test_a_step_asks_the_device_nothing_and_sends_nothing(recipe, few_digits, monkeypatch):
    watch = Operations()
    assert steps_on_meta(recipe, few_digits.train, monkeypatch, watch) == 3
    assert len(watch.made) > 100 and watch.sent == []
    # MPS has no numbers of 64 bits with a point.
    assert not [name for name, dtype in watch.made if dtype == torch.float64]


@pytest.mark.parametrize("asks", ["item", "nonzero", "tolist"])
def test_whoever_asks_is_found(asks, few_digits, monkeypatch):
    monkeypatch.setattr(
        Network, "after_step", lambda self: getattr(next(self.model.parameters()).sum(), asks)()
    )
    with pytest.raises((RuntimeError, NotImplementedError), match="meta"):
        steps_on_meta(ASTER, few_digits.train, monkeypatch, Operations())


def test_whoever_sends_is_found(few_digits, monkeypatch):
    monkeypatch.setattr(Network, "after_step", lambda self: torch.zeros(3).to("meta"))
    watch = Operations()
    steps_on_meta(ASTER, few_digits.train, monkeypatch, watch)
    assert len(watch.sent) == 2


def test_copies_into_a_tensor_and_operations_on_lists_are_seen():
    with Operations() as watch:
        torch.zeros(3, device="meta").copy_(torch.zeros(3))
        torch._foreach_mul([torch.zeros(3, dtype=torch.float64)], 2)
    assert watch.sent == ["aten.copy_.default"]
    assert torch.float64 in [kind for name, kind in watch.made if "foreach" in name]


# --- the same numbers -------------------------------------------------------------------------------------------------


def plain_epoch(recipe, split) -> tuple[Totals, dict]:
    """The first epoch as one would write it down: draws, numbers and sums batch by batch."""
    runtime.seed_torch(recipe.seed)
    network = Network(recipe, PRECISION)
    model, totals = network.model.train(), Totals()
    optimizer = OPTIMIZERS[recipe.optimizer](model, recipe)
    runtime.seed_torch(recipe.seed, 0)
    settings, pixels = AUGMENTATIONS[recipe.augmentation], pack(split.images)
    mean, std = (255 * per_channel(values) for values in (recipe.mean, recipe.std))
    fill = per_channel(tuple(255 * value for value in CIFAR10.mean))
    generator = Generator().manual_seed(seed_of(recipe.seed, 0))
    order = torch.tensor(shuffled(len(split), recipe.seed, 0)).split(recipe.batch_size)
    for step, chosen in enumerate(order):
        draws = draw(settings, len(chosen), 32, generator)
        moved = draws.moved.nonzero().squeeze(1)
        images = augment(pixels, chosen, draws, moved, settings.hole, fill).sub(mean).div(std)
        labels = torch.from_numpy(split.labels)[chosen]
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(recipe, step / len(order)) * group.get("lr_share", 1)
        optimizer.zero_grad()
        with PRECISION.autocast():
            output = model(images.to(memory_format=torch.channels_last))
        loss = F.cross_entropy(output, labels, label_smoothing=recipe.label_smoothing)
        loss.backward()
        optimizer.step()
        totals.loss += loss.item() * len(labels)
        totals.correct += int((output.argmax(1) == labels).sum())
        totals.samples += len(labels)
        totals.steps += 1
        totals.last_loss = loss.item()
    return totals, model.state_dict()


@pytest.mark.parametrize("recipe", [ERA9, ASTER], ids=["era9", "aster"])
def test_the_numbers_are_those_of_a_loop_that_asks(recipe, few_digits):
    expected, weights = plain_epoch(recipe, few_digits.train)
    runtime.seed_torch(recipe.seed)
    network = Network(recipe, PRECISION)
    runtime.seed_torch(recipe.seed, 0)
    found = train_epoch(
        network.forward,
        training_batches(recipe, few_digits.train, PRECISION.device).epoch(0),
        OPTIMIZERS[recipe.optimizer](network.model, recipe),
        PRECISION,
        PRECISION.scaler(),
        lambda share: learning_rate(recipe, share),
        progress=False,
        objective=objective_of(recipe),
    )
    assert found == expected
    assert all(
        torch.equal(values, weights[name]) for name, values in network.model.state_dict().items()
    )


@pytest.mark.parametrize("look_every", [0.0, 1e9])
def test_the_first_loss_that_is_not_finite_is_named(look_every, monkeypatch):
    """Whether it is seen at once or at the end of the epoch."""
    monkeypatch.setattr(loops, "LOOK_EVERY", look_every)
    shift = torch.nn.Linear(1, 2)
    optimizer = torch.optim.SGD(shift.parameters(), lr=0.1)
    batches = [
        (torch.full((4, 1), value)[:, :, None, None], torch.zeros(4, dtype=torch.int64))
        for value in (1.0, 1.0, float("nan"), 1.0, 1.0)
    ]

    class Model(torch.nn.Module):
        def forward(self, x):
            return shift(x.flatten(1)).log_softmax(1)

    with pytest.raises(UserError, match="The loss is nan in epoch 7, step 2: training stopped"):
        train_epoch(
            Model(),
            batches,
            optimizer,
            PRECISION,
            PRECISION.scaler(),
            lambda share: 0.1,
            "epoch 7",
            progress=False,
        )
