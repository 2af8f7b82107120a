"""Whether a logged loss is an average cross-entropy, and if not, what normalisation explains it.

A wrong answer costs at least ln 2, as the true class then has a probability of at most one half: an average cross-entropy is
at least (1 − accuracy) · ln 2. In practice networks on CIFAR-10 pay about three nats for each wrong answer.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from utils.data.data_sets import CIFAR10
from utils.grading.log.accuracies import Row, accuracy_rows
from utils.grading.log.contradictions import batch_size
from utils.grading.log.epochs import Run

USUAL = (
    2.9  # average loss for each share of wrong answers, in nats; overconfident networks pay more
)
PLAUSIBLE = (1.5, 9.0)  # the same, as far as it is believable
TOO_LARGE = 30.0
USUAL_BATCHES = (4, 8, 10, 16, 20, 32, 50, 64, 100, 128, 200, 250, 256, 500, 512, 1000, 1024)


@dataclass(frozen=True)
class LossScale:
    """`broken` of `rows` average losses cannot be; `explanation` names the normalisation that would make them what they say,
    or is None; `suspicion` is what is probable and not proven."""

    rows: int = 0
    broken: tuple[Row, ...] = ()
    explanation: str | None = None
    suspicion: str = ""


def loss_scale(run: Run, split: str) -> LossScale:
    """What the average losses of a run say of their normalisation, those of the test set (`split`) and of the training set
    each for itself: one may be divided rightly and the other not."""
    steps = next((epoch.bar.steps for epoch in run.epochs if epoch.bar), None)
    batch = batch_size(CIFAR10.train_images, steps) if steps else None
    scales = {}
    for name, images in ((split, CIFAR10.test_images), ("train", CIFAR10.train_images)):
        if held := list(_averages(run, name, name == split)):
            scales[name] = _scale(held, batch, images)
    return LossScale(
        sum(scale.rows for scale in scales.values()),
        sum((scale.broken for scale in scales.values()), ()),
        _together({name: scale.explanation or "" for name, scale in scales.items()}) or None,
        _together({name: scale.suspicion for name, scale in scales.items()}),
    )


def _together(said: dict[str, str]) -> str:
    """What is said of each split's losses in one text; the splits are named where it is not the same of all."""
    if len(set(said.values())) <= 1:
        return next(iter(said.values()), "")
    return "; ".join(f"{name} loss: {text}" for name, text in said.items() if text)


def _scale(held: list[tuple[Row, float, float]], batch: int | None, images: int) -> LossScale:
    """What the average losses of one split say; `batch` is the batch size that the steps give, if any."""
    negative = tuple(row for row, loss, _ in held if loss < 0)
    if negative:
        return LossScale(
            len(held),
            negative,
            "negative, so not cross-entropies; perhaps log-softmax is missing before the NLL loss",
        )
    broken = tuple(
        row for row, loss, unit in held if loss + unit / 2 < (1 - row.accuracy / 100) * math.log(2)
    )
    ratios = [loss / (1 - row.accuracy / 100) for row, loss, _ in held if row.accuracy < 99.9]
    ratio = median(ratios) if ratios else USUAL
    if len(broken) * 2 > len(held):
        return LossScale(len(held), broken, _too_small(held, ratio, batch))
    if ratio > TOO_LARGE:
        return LossScale(len(held), broken, _too_large(ratio, batch, images))
    suspicion = ""
    if (
        ratio < 1.5 * math.log(2)
        and batch
        and batch > 1
        and PLAUSIBLE[0] <= ratio * batch <= PLAUSIBLE[1]
    ):
        suspicion = (
            f"the losses are just above the lowest possible cross-entropy ({ratio / math.log(2):.2f} times "
            f"(1 − accuracy) · ln 2); probably sums of batch means divided by images: × {batch} makes them usual"
        )
    return LossScale(len(held), broken, None, suspicion)


def _averages(run: Run, name: str, tested: bool) -> Iterator[tuple[Row, float, float]]:
    """Rows of a split with the average loss and the size of its last digit; a training loss counts where it is called an
    average, one on the test set (`tested`) where no bar printed it."""
    for row in accuracy_rows(run, name):
        number = row.epoch.numbers.get((name, "loss"))
        bar = "it/s" in row.place.text or "s/it" in row.place.text or "atch" in row.place.text
        if number and math.isfinite(number.value) and (number.average or (tested and not bar)):
            yield row, number.value, number.unit


def _too_small(held: list, ratio: float, batch: int | None) -> str | None:
    """The factor, a batch size, by which the losses are too small: the one that the steps give, else the most usual one."""
    if batch and _explains(batch, held, ratio):
        return f"sum of batch means divided by images: × {batch}"
    fitting = [size for size in USUAL_BATCHES if _explains(size, held, ratio)]
    if not ratio:
        return None  # no factor makes a loss of 0 larger
    if not fitting:
        factor = round(USUAL / ratio)
        return (
            f"too small, as if divided by a wrong count: × about {factor}"
            if _explains(factor, held, ratio)
            else None
        )
    nearest = min(fitting, key=lambda size: abs(math.log(ratio * size / USUAL)))
    return f"sum of batch means divided by images: × about {nearest} (the batch size)"


def _explains(size: int, held: list, ratio: float) -> bool:
    possible = all(
        size * (loss + unit / 2) >= (1 - row.accuracy / 100) * math.log(2)
        for row, loss, unit in held
    )
    return possible and PLAUSIBLE[0] <= ratio * size <= PLAUSIBLE[1]


def _too_large(ratio: float, batch: int | None, images: int) -> str | None:
    sizes = (batch, *USUAL_BATCHES) if batch else USUAL_BATCHES
    candidates = [(f"a sum over the images, not divided by them: ÷ {images:,}", images)]
    candidates += [
        (f"batch sums divided by batches: ÷ {size} (the batch size)", size) for size in sizes
    ]
    candidates += [
        (f"batch means not divided by the batches: ÷ {-(-images // size)}", -(-images // size))
        for size in sizes
    ]
    fitting = [
        (text, factor)
        for text, factor in candidates
        if PLAUSIBLE[0] <= ratio / factor <= PLAUSIBLE[1]
    ]
    return (
        min(fitting, key=lambda pair: abs(math.log(ratio / pair[1] / USUAL)))[0]
        if fitting
        else None
    )
