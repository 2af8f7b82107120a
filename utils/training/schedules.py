"""The learning rate as a function of time: the table of schedules, and the rate of a recipe at a moment of its training."""

import math

from utils.training.recipes import Recipe


def warmup_cosine(progress: float, epochs: int) -> float:
    """Linearly from 0 to 1 over the first fifth of training, then half a cosine down to 0, however many epochs there are."""
    done, warmup = progress / epochs, 0.2
    return (
        done / warmup
        if done < warmup
        else (1 + math.cos(math.pi * (done - warmup) / (1 - warmup))) / 2
    )


# The share of `lr` at a moment of training: progress in epochs (2.5 is the middle of the third), epochs in all.
SCHEDULES = {
    "constant": lambda progress, epochs: 1.0,
    "step 6 x0.1": lambda progress, epochs: (
        0.1 ** (int(progress) // 6)
    ),  # StepLR(step_size=6, gamma=0.1), once an epoch
    "warm-up and cosine": warmup_cosine,
}


def learning_rate(recipe: Recipe, progress: float) -> float:
    """The learning rate after `progress` epochs (0 ≤ progress < recipe.epochs): a function, so a resumed run agrees."""
    return recipe.lr * SCHEDULES[recipe.schedule](progress, recipe.epochs)
