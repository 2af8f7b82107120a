"""The loss of a network that is taught."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from tests.small_run import RECIPE, TAUGHT
from utils.training.distillation.objective import objective_of


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
