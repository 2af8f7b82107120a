"""Muon for the matrices of a network and AdamW for the rest of it, as one optimiser.

Jordan et al. 2024, Muon: An optimizer for hidden layers in neural networks; AdamW: Loshchilov and Hutter 2019,
arXiv:1711.05101. PyTorch has a Muon since 2.9, for two-dimensional parameters only; here a convolution counts as the matrix
of its filters, and many small matrices are orthogonalised together, which is several times faster.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

# Of the quintic iteration that drives all singular values towards 1 (Jordan et al.).
COEFFICIENTS = (3.4445, -4.7750, 2.0315)


def orthogonalise(matrices: Tensor, steps: int = 5) -> Tensor:
    """`(N, rows, columns)` to matrices with the same singular vectors and singular values of about 0.7 to 1.2.

    A step multiplies x from the left by a polynomial of x xᵀ, and so does their product: the steps are taken on that small
    square matrix, and x is multiplied once. In float32, because many chips have no bf16 and emulate it, a hundred times
    slower.
    """
    a, b, c = COEFFICIENTS
    x = matrices.float()
    tall = x.shape[1] > x.shape[2]
    x = x.mT if tall else x
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    gram = x @ x.mT
    identity = torch.eye(gram.shape[1], dtype=gram.dtype, device=gram.device)
    product = None
    for step in range(steps):
        factor = a * identity + b * gram + c * gram @ gram
        product = factor if product is None else factor @ product
        if step < steps - 1:
            gram = factor @ gram @ factor
    x = product @ x
    return (x.mT if tall else x).to(matrices.dtype)


@contextmanager
def _tf32() -> Iterator[None]:
    """CUDA's matrix products of float32 with 10 bits of mantissa, several times as fast: the iteration needs no more."""
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = True
    try:
        yield
    finally:
        torch.backends.cuda.matmul.allow_tf32 = before


def _together(weights: list[Tensor]) -> list[list[Tensor]]:
    """Those of `weights` that are orthogonalised at once.

    On a CPU, where arithmetic takes the time, matrices of one shape; elsewhere all, because there starting an operation
    takes longer than what it does to a few small matrices more.
    """
    by_shape = defaultdict(list)
    for each in weights:
        shape = (len(each), each[0].numel()) if each.device.type == "cpu" else None
        by_shape[shape].append(each)
    return list(by_shape.values())


def _stacked(matrices: list[Tensor]) -> Tensor:
    """Matrices, each `(rows, columns)`, as `(N, short, long)`: laid on the long side, and zeros where another is larger.

    Zeros stay zeros when that is orthogonalised, and change nothing in the rest.
    """
    wide = [each.mT if each.shape[0] > each.shape[1] else each for each in matrices]
    size = [max(each.shape[axis] for each in wide) for axis in range(2)]
    stacked = wide[0].new_zeros(len(wide), *size)
    for place, each in zip(stacked, wide):
        place[: each.shape[0], : each.shape[1]] = each
    return stacked


def _take(weights: Tensor, update: Tensor) -> None:
    """Take the step that `update`, out of `_stacked`, says, and a longer one where there are many rows."""
    rows, columns = len(weights), weights[0].numel()
    short, long = sorted((rows, columns))
    update = update[:short, :long]
    update = update.mT if rows > columns else update
    weights.sub_(update.reshape(weights.shape), alpha=math.sqrt(max(1, rows / columns)))


class Muon(torch.optim.Optimizer):
    """Parameters with `matrix=True` in their group get Muon, with decoupled weight decay; all others AdamW.

    Of Muon: `lr` is scaled by √max(1, rows / columns), `momentum` is Nesterov's. Of AdamW: `betas` and `eps`.
    """

    def __init__(
        self,
        groups: Iterable[dict],
        lr: float,
        momentum: float = 0.95,
        betas: tuple[float, float] = (0.9, 0.99),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ):
        super().__init__(
            groups,
            dict(
                lr=lr,
                momentum=momentum,
                betas=betas,
                eps=eps,
                weight_decay=weight_decay,
                matrix=False,
            ),
        )

    @torch.no_grad()
    def step(self, closure=None):
        """One update of all parameters that have a gradient; the loss that `closure` computes, if there is one."""
        loss = None if closure is None else torch.enable_grad()(closure)()
        self.update(self.next_numbers())
        return loss

    def next_numbers(self) -> list[tuple[float, ...]]:
        """What differs from one step to the next, for each group; asking counts the step.

        Of a group of matrices: what weight decay leaves, and the learning rate; of another: the same, and what corrects
        the mean of squares for its start at zero.
        """
        return [self._numbers(group) for group in self.param_groups]

    def _numbers(self, group: dict) -> tuple[float, ...]:
        left = 1 - group["lr"] * group["weight_decay"]
        if group["matrix"] or not group["params"]:
            return left, group["lr"]
        step = 1 + self.state[group["params"][0]].get("step", 0)
        for weights in group["params"]:
            self.state[weights]["step"] = step
        beta, beta_square = group["betas"]
        return left, group["lr"] / (1 - beta**step), 1 / (1 - beta_square**step)

    @torch.no_grad()
    def update(self, numbers: Sequence[Sequence[float | Tensor]]) -> None:
        """A step with the `numbers` of each group, as `next_numbers` gives them, or the same as tensors `()`."""
        with _tf32():
            for group, (left, *rates) in zip(self.param_groups, numbers):
                trained = [weights for weights in group["params"] if weights.grad is not None]
                if trained:
                    torch._foreach_mul_(trained, left)
                    (self._update_muon if group["matrix"] else self._update_adam)(
                        trained, group, *rates
                    )

    def _update_muon(self, trained: list[Tensor], group: dict, lr: float | Tensor) -> None:
        for some in _together(trained):
            momenta, gradients = self._kept("momentum", some), [weights.grad for weights in some]
            torch._foreach_lerp_(momenta, gradients, 1 - group["momentum"])
            ahead = torch._foreach_lerp(gradients, momenta, group["momentum"])
            updates = lr * orthogonalise(_stacked([update.flatten(1) for update in ahead]))
            for weights, update in zip(some, updates):
                _take(weights, update)

    def _kept(self, name: str, trained: list[Tensor]) -> list[Tensor]:
        """What is kept under `name` for each of `trained`, zeros at first."""
        states = [self.state[weights] for weights in trained]
        for weights, state in zip(trained, states):
            if name not in state:
                state[name] = torch.zeros_like(weights)
        return [state[name] for state in states]

    def _update_adam(
        self,
        trained: list[Tensor],
        group: dict,
        rate: float | Tensor,
        correction: float | Tensor,
    ) -> None:
        gradients = [weights.grad for weights in trained]
        means, squares = (self._kept(name, trained) for name in ("mean", "square"))
        beta, beta_square = group["betas"]
        torch._foreach_lerp_(means, gradients, 1 - beta)
        torch._foreach_mul_(squares, beta_square)
        torch._foreach_addcmul_(squares, gradients, gradients, 1 - beta_square)
        spread = torch._foreach_sqrt(torch._foreach_mul(squares, correction))
        torch._foreach_add_(spread, group["eps"])
        updates = torch._foreach_div(means, spread)
        torch._foreach_mul_(updates, rate)
        torch._foreach_sub_(trained, updates)
