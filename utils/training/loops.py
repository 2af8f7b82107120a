"""One pass over batches, for training and for testing: arguments in, totals out; no state outside them."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm import tqdm

from utils.errors import UserError
from utils.runtime import Precision, copies_ahead, memory_format
from utils.training.history import percent, step_text


@dataclass
class Totals:
    """Sums over samples, so that a short last batch weighs what it holds; `last_loss` is the mean of the last batch."""

    loss: float = 0.0
    correct: int = 0
    samples: int = 0
    steps: int = 0
    last_loss: float = math.nan

    def add(self, log_probabilities: Tensor, labels: Tensor, loss: float) -> None:
        """Count a batch: log-probabilities `(B, classes)`, labels `(B,)` and its mean loss."""
        self.loss += loss * len(labels)
        self.correct += int((log_probabilities.argmax(1) == labels).sum())
        self.samples += len(labels)
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


def train_epoch(
    model: nn.Module,
    batches: Iterable[tuple[Tensor, Tensor]],
    optimizer: torch.optim.Optimizer,
    precision: Precision,
    scaler: torch.amp.GradScaler,
    learning_rate_at: Callable[[float], float],
    name: str = "this epoch",
    progress: bool = True,
    label_smoothing: float = 0.0,
) -> Totals:
    """One pass over `batches` (images `(B, 3, S, S)`, labels `(B,)`), with a step after each.

    `learning_rate_at` gets the share of the epoch that is done, 0 ≤ share < 1; a parameter group may have an "lr_share" of
    what it gives. The loss in the totals is the one that is trained, with its label smoothing. UserError, before the step
    is taken, when a loss is not finite; `name` says in it which epoch that was.
    """
    model.train()
    totals = Totals()
    with tqdm(batches, disable=not progress) as bar:
        for step, (images, labels) in enumerate(bar):
            images, labels = to_device(images, labels, precision.device)
            for group in optimizer.param_groups:
                group["lr"] = learning_rate_at(step / len(bar)) * group.get("lr_share", 1)
            optimizer.zero_grad(set_to_none=True)
            with precision.autocast():
                output = model(images)
            loss = F.cross_entropy(
                output, labels, label_smoothing=label_smoothing
            )  # of log-probabilities: the NLL
            value = loss.item()
            if not math.isfinite(value):
                raise UserError(
                    f"The loss is {value} in {name}, step {step}: training stopped there; "
                    "try a lower learning rate, or --precision fp32."
                )
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
            totals.add(output.detach(), labels, value)
            bar.set_description(step_text(value, step, totals.accuracy), refresh=False)
    return totals


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
    totals = Totals()
    with torch.backends.cudnn.flags(
        enabled=True, allow_tf32=False
    ):  # else CUDA's float32 has 10 bits of mantissa
        for images, labels in batches:
            images, labels = to_device(images, labels, device)
            output = model(images)
            if mirrored:
                output = torch.logaddexp(output, model(images.flip(3))) - math.log(2)
            totals.add(output, labels, F.cross_entropy(output, labels).item())
    return totals


def to_device(images: Tensor, labels: Tensor, device: torch.device) -> tuple[Tensor, Tensor]:
    """On `device` and in the layout that suits it; on CUDA the copy runs beside the network."""
    ahead = copies_ahead(device)
    return (
        images.to(device, memory_format=memory_format(device), non_blocking=ahead),
        labels.to(device, non_blocking=ahead),
    )
