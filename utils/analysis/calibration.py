"""Whether predictions with 80 % confidence are right in 80 of 100 cases, and temperature scaling, which corrects it."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Bin:
    """Predictions whose confidence lies in (low, high]: how many, their mean confidence and their accuracy, 0 to 1."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


def reliability(log_probs: Tensor, labels: Tensor, bins: int = 15) -> list[Bin]:
    """The predictions `(N, classes)` in `bins` equal ranges of confidence; empty ranges are left out."""
    confidence, predicted = log_probs.exp().max(1)
    right = (predicted == labels).double()
    place = (confidence * bins).ceil().long().clamp(1, bins)
    found = []
    for number in place.unique().tolist():
        inside = place == number
        found.append(
            Bin(
                (number - 1) / bins,
                number / bins,
                int(inside.sum()),
                confidence[inside].double().mean().item(),
                right[inside].mean().item(),
            )
        )
    return found


def expected_calibration_error(bins: list[Bin]) -> float:
    """The mean distance between confidence and accuracy, bins weighted by what they hold: 0 to 1 (Guo et al. 2017)."""
    return sum(part.count * abs(part.confidence - part.accuracy) for part in bins) / sum(
        part.count for part in bins
    )


def fit_temperature(log_probs: Tensor, labels: Tensor) -> float:
    """The temperature above 0 that minimises the NLL of `scaled`; on images that were not trained on.

    Temperature scaling after Guo et al. 2017, On Calibration of Modern Neural Networks, arXiv:1706.04599.
    """
    logarithm = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([logarithm], max_iter=100, line_search_fn="strong_wolfe")
    log_probs = log_probs.double()

    def loss() -> Tensor:
        optimizer.zero_grad()
        value = F.nll_loss(scaled(log_probs, logarithm.exp()), labels)
        value.backward()
        return value

    optimizer.step(loss)
    return logarithm.exp().item()


def scaled(log_probs: Tensor, temperature: float | Tensor) -> Tensor:
    """Log-probabilities after dividing the scores by `temperature`: above 1 less sure, below 1 surer; the order stays."""
    return F.log_softmax(log_probs / temperature, dim=1)
