"""One pass over batches, for training and for testing: arguments in, totals out; no state outside them."""

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm import tqdm

from utils.errors import UserError
from utils.runtime import Precision, copies_ahead, memory_format
from utils.training.history import percent, step_text

LOOK_EVERY = 0.3  # seconds: how often a pass asks the device how far it is


@dataclass
class Totals:
    """Sums over samples, so that a short last batch weighs what it holds; `last_loss` is the mean of the last batch.

    `broken` is the first batch, counted from 0, whose loss was not finite, and that loss.
    """

    loss: float = 0.0
    correct: int = 0
    samples: int = 0
    steps: int = 0
    last_loss: float = math.nan
    broken: tuple[int, float] | None = None

    def add(self, loss: float, correct: int, samples: int) -> None:
        """Count a batch: its mean loss, how many of its samples were right, and how many it has."""
        if self.broken is None and not math.isfinite(loss):
            self.broken = self.steps, loss
        self.loss += loss * samples
        self.correct += correct
        self.samples += samples
        self.steps += 1
        self.last_loss = loss

    @property
    def average_loss(self) -> float:
        """The mean over all samples so far; at least one."""
        return self.loss / self.samples

    @property
    def accuracy(self) -> float:
        """Per cent, to 2 digits."""
        return percent(self.correct, self.samples)


class Meter:
    """Counts batches without asking the device for a number: what it computes stays there until `totals` wants it."""

    def __init__(self):
        self._totals, self._waiting = Totals(), []

    def add(self, log_probabilities: Tensor, labels: Tensor, loss: Tensor) -> None:
        """Count a batch: log-probabilities `(B, classes)`, labels `(B,)` and its mean loss, `()`."""
        hits = (log_probabilities.argmax(1) == labels).sum()
        self._waiting.append((loss.detach(), hits, len(labels)))

    def totals(self) -> Totals:
        """Of all batches so far; waits until the device has computed them."""
        if self._waiting:
            losses, hits, sizes = zip(*self._waiting)
            self._waiting = []
            for counts in zip(torch.stack(losses).tolist(), torch.stack(hits).tolist(), sizes):
                self._totals.add(*counts)
        return self._totals


def train_epoch(
    model: nn.Module,
    batches: Iterable[tuple[Tensor, ...]],
    optimizer: torch.optim.Optimizer,
    precision: Precision,
    scaler: torch.amp.GradScaler,
    learning_rate_at: Callable[[float], float],
    name: str = "this epoch",
    progress: bool = True,
    objective: Callable[..., Tensor] = F.cross_entropy,
    after_step: Callable[[], None] = lambda: None,
    step_taken: Callable[..., tuple[Tensor, Tensor]] | None = None,
) -> Totals:
    """One pass over `batches` (images `(B, 3, S, S)`, labels `(B,)` and what else `objective` takes), a step after each.

    `learning_rate_at` gets the share of the epoch that is done, 0 ≤ share < 1; a parameter group may have an "lr_share" of
    what it gives. `step_taken` takes the place of `train_step`. The loss in the totals is the one that is trained. Nothing
    in a step asks the device for a number, so a loss that is not finite is noticed a little later, at the end of the epoch
    at the latest: UserError then, which says at which step of `name` it was.
    """
    model.train()
    meter, looked = Meter(), time.monotonic()
    with tqdm(batches, disable=not progress) as bar:
        for step, batch in enumerate(bar):
            for group in optimizer.param_groups:
                group["lr"] = learning_rate_at(step / len(bar)) * group.get("lr_share", 1)
            images, labels, *soft = to_device(batch, precision.device)
            output, loss = (step_taken or train_step)(
                model, images, (labels, *soft), optimizer, precision, scaler, objective
            )
            after_step()
            meter.add(output, labels, loss)
            if time.monotonic() - looked > LOOK_EVERY or step + 1 == len(bar):
                _show(bar, meter.totals(), name)
                looked = time.monotonic()
    return meter.totals()


def train_step(
    model: nn.Module,
    images: Tensor,
    known: tuple[Tensor, ...],
    optimizer: torch.optim.Optimizer,
    precision: Precision,
    scaler: torch.amp.GradScaler,
    objective: Callable[..., Tensor],
) -> tuple[Tensor, Tensor]:
    """One step on images `(B, 3, S, S)` and what is `known` of them: log-probabilities `(B, classes)` and the loss, `()`."""
    optimizer.zero_grad(set_to_none=True)
    with precision.autocast():
        output = model(images)
    loss = objective(output, *known)
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    return output.detach(), loss.detach()


def _show(bar: tqdm, totals: Totals, name: str) -> None:
    """How far it is; UserError when a loss was not finite."""
    if totals.broken is not None:
        step, loss = totals.broken
        raise UserError(
            f"The loss is {loss} in {name}, step {step}: training stopped there; "
            "try a lower learning rate, or --precision fp32."
        )
    text = step_text(totals.last_loss, totals.steps - 1, totals.accuracy)
    bar.set_description(text, refresh=False)


@torch.inference_mode()
def evaluate(
    model: nn.Module,
    batches: Iterable[tuple[Tensor, Tensor]],
    device: torch.device,
    mirrored: bool = False,
) -> Totals:
    """Loss and accuracy of `model` in evaluation mode, in float32 whatever it was trained in.

    So the figure belongs to the weights, and another machine finds the same up to rounding. `mirrored` averages the
    probabilities of each image with those of its mirror image: test-time augmentation, which is never the headline.
    """
    model.eval()
    meter = Meter()
    with torch.backends.cudnn.flags(
        enabled=True, allow_tf32=False
    ):  # else CUDA's float32 has 10 bits of mantissa
        for batch in batches:
            images, labels = to_device(batch, device)
            output = model(images)
            if mirrored:
                output = torch.logaddexp(output, model(images.flip(3))) - math.log(2)
            meter.add(output, labels, F.cross_entropy(output, labels))
    return meter.totals()


def to_device(batch: Iterable[Tensor], device: torch.device) -> tuple[Tensor, ...]:
    """The images, in the layout that suits `device`, and all that is known of them; on CUDA the copy runs beside the
    network."""
    (images, *known), ahead = batch, copies_ahead(device)
    return (
        images.to(device, memory_format=memory_format(device), non_blocking=ahead),
        *(values.to(device, non_blocking=ahead) for values in known),
    )
