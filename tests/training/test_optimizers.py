"""Muon and AdamW against a plain reading of their definitions; which weights get which."""

import copy
import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from models import build_model
from utils.training import muon
from utils.training.muon import Muon, orthogonalise
from utils.training.optimizers import OPTIMIZERS, split_weights
from utils.training.recipes import find_recipe

MUON = replace(
    find_recipe("era9"), optimizer="muon", lr=0.02, momentum=0.95, other_lr=0.01, weight_decay=0.1
)


@pytest.mark.parametrize("rows, columns", [(8, 8), (6, 20), (20, 6)])
def test_orthogonalise_keeps_singular_vectors_and_evens_out_singular_values(rows, columns):
    torch.manual_seed(0)
    matrices = torch.randn(3, rows, columns)
    for before, after in zip(matrices, orthogonalise(matrices)):
        values = torch.linalg.svdvals(after)
        assert values.min() > 0.4 and values.max() < 1.3
        left, _, right = torch.linalg.svd(before, full_matrices=False)
        alignment = (left.T @ after @ right.T).diagonal()  # the polar factor has ones here
        assert alignment.min() > 0.4 and ((after - left @ right).norm() / after.norm()) < 0.35


@pytest.mark.parametrize("rows, columns", [(8, 8), (6, 20), (20, 6)])
def test_orthogonalise_is_the_published_iteration(rows, columns):
    """Five times x ← ax + (b x xᵀ + c (x xᵀ)²) x, in float64, from a matrix of Frobenius norm 1."""
    torch.manual_seed(0)
    matrices = torch.randn(3, rows, columns)
    for before, after in zip(matrices, orthogonalise(matrices)):
        x = before.double() / before.double().norm()
        for _ in range(5):
            gram = x @ x.T
            x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
        torch.testing.assert_close(after.double(), x, atol=1e-4, rtol=1e-3)


def test_muon_moves_a_matrix_as_defined():
    """Two steps of a 4×1×3×3 filter, each written out: Nesterov momentum, orthogonalised, scaled, decay decoupled."""
    torch.manual_seed(0)
    weights = nn.Parameter(torch.randn(4, 1, 2, 1))
    optimizer = Muon(
        [{"params": [weights], "matrix": True}], lr=0.1, momentum=0.9, weight_decay=0.5
    )
    expected, momentum = weights.detach().clone(), torch.zeros_like(weights)
    for _ in range(2):
        gradient = torch.randn_like(weights)
        weights.grad = gradient.clone()
        optimizer.step()
        momentum = 0.9 * momentum + 0.1 * gradient
        nesterov = 0.9 * momentum + 0.1 * gradient
        update = orthogonalise(nesterov.reshape(1, 4, 2))[0].view_as(weights)
        expected = expected * (1 - 0.1 * 0.5) - 0.1 * math.sqrt(4 / 2) * update
        torch.testing.assert_close(weights.detach(), expected)


def test_matrices_of_equal_shape_do_not_mix():
    torch.manual_seed(0)
    first, second = (nn.Parameter(torch.randn(6, 3, 1, 1)) for _ in range(2))
    alone = nn.Parameter(second.detach().clone())
    for weights in (first, second):
        weights.grad = torch.randn_like(weights)
    alone.grad = second.grad.clone()
    for params in ([first, second], [alone]):
        Muon([{"params": params, "matrix": True}], lr=0.1).step()
    torch.testing.assert_close(second, alone)


def test_the_rest_is_pytorchs_adamw():
    torch.manual_seed(0)
    mine = [nn.Parameter(torch.randn(5)), nn.Parameter(torch.randn(2, 3))]
    theirs = [nn.Parameter(weights.detach().clone()) for weights in mine]
    optimizers = (
        Muon([{"params": mine}], lr=0.01, weight_decay=0.3),
        torch.optim.AdamW(theirs, lr=0.01, betas=(0.9, 0.99), weight_decay=0.3),
    )
    for _ in range(5):
        for ours, other in zip(mine, theirs):
            ours.grad = torch.randn_like(ours)
            other.grad = ours.grad.clone()
        for optimizer in optimizers:
            optimizer.step()
    for ours, other in zip(mine, theirs):
        torch.testing.assert_close(ours, other)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_parameter_is_trained_once_at_its_rate(name):
    model = build_model("era9")
    optimizer = OPTIMIZERS[name](model, MUON)
    trained = [id(weights) for group in optimizer.param_groups for weights in group["params"]]
    assert sorted(trained) == sorted(map(id, model.parameters()))
    assert "lr_share" not in optimizer.param_groups[0]
    if name == "muon":
        assert optimizer.param_groups[1]["lr_share"] == 0.5


def test_weights_that_mix_channels():
    model = build_model("era9")
    mixing, others = split_weights(model)
    assert all(weights.dim() == 4 and weights.shape[1] > 3 for weights in mixing)
    assert (
        sum(weights.dim() == 4 for weights in others) == 2
    )  # the first convolution and the depthwise one


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_saved_state_goes_on_exactly(name):
    def steps(model, optimizer, count, seed):
        torch.manual_seed(seed)
        for _ in range(count):
            optimizer.zero_grad()
            model(torch.randn(2, 3, 32, 32))[:, 0].sum().backward()
            optimizer.step()

    straight = build_model("era9").train()
    optimizer = OPTIMIZERS[name](straight, MUON)
    steps(straight, optimizer, 2, seed=1)
    resumed = build_model("era9").train()
    resumed.load_state_dict(straight.state_dict())
    optimizer_resumed = OPTIMIZERS[name](resumed, MUON)
    optimizer_resumed.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    steps(straight, optimizer, 2, seed=2)
    steps(resumed, optimizer_resumed, 2, seed=2)
    assert all(
        torch.equal(first, second)
        for first, second in zip(straight.parameters(), resumed.parameters())
    )


def test_matrices_of_different_shape_are_orthogonalised_together_as_alone(monkeypatch):
    """As on a GPU; on a CPU only those of one shape are."""
    torch.manual_seed(0)
    shapes = [(6, 3, 1, 1), (4, 2, 3, 3), (9, 4, 1, 1), (5, 5, 1, 1)]
    together = [nn.Parameter(torch.randn(shape)) for shape in shapes]
    alone = [nn.Parameter(weights.detach().clone()) for weights in together]
    optimizers = [Muon([{"params": each, "matrix": True}], lr=0.1) for each in (together, alone)]
    for _ in range(3):
        for first, second in zip(together, alone):
            first.grad = torch.randn_like(first)
            second.grad = first.grad.clone()
        optimizers[1].step()
        with monkeypatch.context() as patch:
            patch.setattr(muon, "_together", lambda weights: [weights])
            optimizers[0].step()
    for first, second in zip(together, alone):
        torch.testing.assert_close(first, second)
