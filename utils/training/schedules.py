"""The learning rate as a function of time: the table of schedules, and the rate of a recipe at a moment of its training."""

import math

from utils.training.recipes import Recipe


def warmup_cosine(progress: float, epochs: int, warm_up: float) -> float:
    """Linearly from 0 to 1 over the share `warm_up` of training, 0 to 1, then half a cosine down to 0."""
    done = progress / epochs
    return (
        done / warm_up
        if done < warm_up
        else (1 + math.cos(math.pi * (done - warm_up) / (1 - warm_up))) / 2
    )


# The share of `lr` at a moment of training: progress in epochs (2.5 is the middle of the third), epochs in all, and the
# share of training that is warm-up.
SCHEDULES = {
    "constant": lambda progress, epochs, warm_up: 1.0,
    "step 6 x0.1": lambda progress, epochs, warm_up: (
        0.1 ** (int(progress) // 6)
    ),  # StepLR(step_size=6, gamma=0.1), once an epoch
    "warm-up and cosine": warmup_cosine,
}


def learning_rate(recipe: Recipe, progress: float) -> float:
    """The learning rate after `progress` epochs (0 ≤ progress < recipe.epochs): a function, so a resumed run agrees."""
    return recipe.lr * SCHEDULES[recipe.schedule](progress, recipe.epochs, recipe.warm_up)
