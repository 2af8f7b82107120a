"""What training makes small: cross-entropy, and where a network is taught, its distance from the teachers' answers."""

from collections.abc import Callable
from functools import partial

import torch.nn.functional as F
from torch import Tensor

from utils.training.recipes import Recipe


def objective_of(recipe: Recipe) -> Callable[..., Tensor]:
    """The loss of log-probabilities `(B, classes)` for labels `(B,)` and, of a taught recipe, soft labels: a mean, `()`.

    Knowledge distillation (Hinton et al. 2015, arXiv:1503.02531): teaching · T² · KL + (1 − teaching) · cross-entropy, the
    divergence from the teachers' answers to the network's, both softened by the temperature T. Soft labels are
    log-probabilities `(B, classes)` that are not softened yet.
    """
    cross_entropy = partial(F.cross_entropy, label_smoothing=recipe.label_smoothing)
    if not recipe.teachers:
        return cross_entropy
    temperature, share = recipe.temperature, recipe.teaching

    def taught(output: Tensor, labels: Tensor, soft: Tensor) -> Tensor:
        learned, wanted = (
            F.log_softmax(answers.float() / temperature, dim=1) for answers in (output, soft)
        )
        divergence = F.kl_div(learned, wanted, reduction="batchmean", log_target=True)
        return share * temperature**2 * divergence + (1 - share) * cross_entropy(output, labels)

    return taught
