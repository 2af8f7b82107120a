"""Networks that are another one in use than when they were recorded; what honest networks do is no such thing."""

from pathlib import Path

import pytest
import torch

from tests.grading.copied_process import in_a_copy
from tests.grading.network.networks import Net
from utils.architecture.executed_graph import record
from utils.grading.facts import Evidence
from utils.grading.network import executed_network
from utils.grading.network.audit import architecture_audit
from utils.grading.network.executed_network import model_job
from utils.grading.program.attempts import Attempt
from utils.grading.program.finding import ModelReference
from utils.grading.sandbox.gpu_questions import questions
from utils.grading.sandbox.limits import LIMITS
from utils.grading.sandbox.message import pack, unpack
from utils.grading.sandbox.other_uses import Uses
from utils.grading.submission.contents import Submission, TextFile

NETWORK = """
import copy, itertools, random
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint

CALLS = itertools.count()
{top}
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.body, self.head = nn.Conv2d(8, 8, 3, padding=1), nn.Linear(8, 10)
        {building}

    def grow(self):
        if not hasattr(self, "big"):
            self.big = nn.Conv2d(8, 8, 5, padding=2)

    {methods}
    def forward(self, x):
        {before}
        x = F.relu(self.norm(self.conv(x)))
        {between}
        x = self.body(x)
        {after}
        x = self.big(x) if hasattr(self, "big") else x
        return F.log_softmax(self.head(x.mean((2, 3))), 1)
"""
PARTS = ("top", "building", "methods", "before", "between", "after")
POOL = "x = F.max_pool2d(x, 2)"


def submitted(code: dict[str, str]) -> tuple[Submission, ModelReference]:
    text = NETWORK.format(**{part: code.get(part, "pass") for part in PARTS})
    submission = Submission(Path("submission"), sources=(TextFile("model.py", text),))
    return submission, ModelReference(Evidence("model.py"), "Net", "model.py")


def unlike(code: dict[str, str]) -> list | None:
    """What the child that records the network says of its other uses."""
    job = {"job": "record", "gpu": False, **model_job(*submitted(code))}
    answer, _ = unpack(in_a_copy(pack(job), LIMITS).data)
    assert "error" not in answer, answer["error"]
    return answer["unlike"]


def pooled(test: str, part: str = "between") -> dict[str, str]:
    return {part: f"if {test}: {POOL}"}


OTHERS = {
    "a part, at the first step": ("parameters", {"after": "if self.training: self.grow()"}),
    "a part, with gradients": ("parameters", {"after": "if torch.is_grad_enabled(): self.grow()"}),
    "a part, by train()": (
        "parameters",
        {
            "methods": "def train(self, mode=True):\n        if mode: self.grow()\n"
            "        return super().train(mode)\n"
        },
    ),
    "a part, by zero_grad()": (
        "parameters",
        {"methods": "def zero_grad(self):\n        self.grow()\n        super().zero_grad()\n"},
    ),
    "a pool, after a step": (
        "step",
        {"before": "self.old = self.training or getattr(self, 'old', False)"} | pooled("self.old"),
    ),
    "another class, after a step": (
        "step",
        {
            "methods": "def train(self, mode=True):\n        if mode: self.__class__ = Other\n"
            "        return nn.Module.train(self, mode)\n",
            "top": "class Other(nn.Module):\n    def forward(self, x):\n"
            "        return self.head(F.max_pool2d(self.conv(x), 2).mean((2, 3)))\n",
        },
    ),
    "weights in a list, in training": (
        "unheld",
        {
            "building": "self.more = [nn.Conv2d(8, 8, 1)]",
            "after": "x = x + self.more[0](x) if self.training else x",
        },
    ),
    "a pool, with gradients": ("gradients", pooled("torch.is_grad_enabled()")),
    "a pool, with gradients in training": (
        "gradients",
        pooled("self.training and torch.is_grad_enabled()"),
    ),
    "autocast": ("autocast", pooled("torch.is_autocast_enabled()")),
    "autocast of the processor": ("autocast", pooled("torch.is_autocast_enabled('cpu')")),
    "many": ("batch", pooled("len(x) > 32")),
    "many, in training": ("batch", pooled("self.training and x.shape[0] > 32")),
    "exactly so many": ("batch", pooled("x.size(0) == 96")),
    "fewer layers with many": (
        "batch",
        {"before": "if len(x) > 99: return self.head(x[:, :1].mean((2, 3)).expand(-1, 8))"},
    ),
    "many, and numbers are read": ("batch", pooled("len(x) > 32 and x.sum().item() > -1e9")),
    "calls": (
        "calls",
        {"building": "self.n = 0", "before": "self.n += 1"} | pooled("self.n > 300"),
    ),
    "calls in training": (
        "calls",
        {"building": "self.n = [0]", "before": "self.n[0] += self.training"}
        | pooled("self.n[0] > 300"),
    ),
    "a million calls": (
        "calls",
        {"building": "self.n = {'calls': 0}", "before": "self.n['calls'] += 1"}
        | pooled("self.n['calls'] > 1e6"),
    ),
    "calls, counted by the file": ("calls", pooled("next(CALLS) > 300")),
    "whole numbers": ("images", pooled("len(np.unique(x[0, 0].cpu().numpy())) < 300", "before")),
    "whole numbers in a list": (
        "images",
        pooled("len(set(x[0, 0].flatten().tolist())) < 300", "before"),
    ),
    "values": ("images", pooled("x.min() < 0", "before")),
    "16 bits": ("half", pooled("x.dtype == torch.float16")),
}


@pytest.mark.parametrize("how", OTHERS)
def test_a_network_that_is_another_one_in_use_is_found_out(how):
    name, code = OTHERS[how]
    assert unlike(code)[0] == name


def test_nothing_is_established_and_the_report_says_in_which_use(monkeypatch):
    monkeypatch.setattr(executed_network, "run_isolated", in_a_copy)
    submission, reference = submitted(OTHERS["a part, at the first step"][1])
    facts = architecture_audit(submission, Attempt("", None, model=reference), True).facts
    assert {fact.value for fact in facts.values()} == {None}
    assert facts["parameters"].why == (
        "the network is not the same one in every use: "
        "it has 914 parameters before a step of training and 2,522 after"
    )


@pytest.mark.parametrize("reads", [False, True])
def test_only_what_reads_numbers_is_computed_again(reads):
    model = Reading() if reads else Net()
    uses = Uses(model.eval(), (3, 32, 32))
    for batch in (2, 3):
        with uses.recording(batch), questions(False):
            record(model, torch.rand(batch, 3, 32, 32))
    assert uses.reads is reads and uses.unlike() is None


class Reading(Net):
    def features(self, x):
        return super().features(x) if x.max().item() < 1e6 else x


HONEST = {
    "as it is": {},
    "lazy": {"building": "self.late = nn.LazyConv2d(8, 1)", "after": "x = self.late(x)"},
    "built by the first image": {"after": "self.grow()"},
    "kept maps": {"after": "self.seen = x; self.sizes = getattr(self, 'sizes', []) + [x.shape]"},
    "a counter": {"building": "self.n = 0", "before": "self.n += 1"},
    "a schedule": {"building": "self.t = 1.0", "after": "self.t *= 0.9; x = x * self.t"},
    "stochastic depth": {
        "after": "if self.training and torch.rand(1).item() < 0.3: x = x - self.body(x)"
    },
    "seldom": {
        "after": "if self.training and random.random() < 0.02: x = F.avg_pool2d(x, 3, 1, 1)"
    },
    "weight norm": {"building": "self.body = nn.utils.weight_norm(self.body)"},
    "spectral norm": {
        "building": "self.body = nn.utils.parametrizations.spectral_norm(self.body)\n"
        "        self.conv = nn.utils.spectral_norm(self.conv)"
    },
    "moving averages": {
        "building": "self.slow = copy.deepcopy(self.body).requires_grad_(False)",
        "after": "y = self.slow(x); x = x if self.training else x + 0.5 * y",
    },
    "a check": {"before": "assert not torch.isnan(x).any() and x.abs().max() < 1e6"},
    "a print": {"after": "print(x.shape, x.mean().item())"},
    "a second head": {
        "building": "self.side = nn.Linear(8, 10)",
        "after": "if self.training: return self.side(x.mean((2, 3))) + self.head(x.mean((2, 3)))",
    },
    "checkpoints": {"after": "x = checkpoint(self.body, x, use_reentrant=False)"},
    "in parts": {
        "before": "if len(x) > 64: return torch.cat([self.forward(one) for one in x.split(64)])"
    },
    "ghost norm": {
        "after": "x = torch.cat([self.norm(one) for one in x.chunk(max(1, len(x) // 32))])"
    },
    "kernels of the images": {
        "after": "k = x.mean((2, 3))[:, :, None, None, None].expand(-1, 8, 1, 3, 3)\n"
        "        n = len(x)\n"
        "        x = F.conv2d(x.reshape(1, -1, 32, 32), k.reshape(-1, 1, 3, 3), groups=8 * n, padding=1)\n"
        "        x = x.view(n, 8, 32, 32)"
    },
    "attention": {
        "building": "self.attention = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)",
        "after": "x = F.max_pool1d(x.flatten(2), 16)\n"
        "        x = self.attention(x.transpose(1, 2)).transpose(1, 2)[:, :, None]",
    },
    "channels last": {"before": "x = x.to(memory_format=torch.channels_last)"},
    "types": {
        "after": "with torch.autocast('cpu', enabled=False): x = x.float()\n"
        "        x = x.to(self.body.weight.dtype)"
    },
    "a mask for each image": {
        "after": "if self.training: x = x * torch.empty(len(x), 1, 1, 1).bernoulli_(0.9) / 0.9"
    },
    "in place": {
        "after": "y = torch.zeros(len(x), 16, 32, 32); y[:, :8] = x; y[:, 8:] += x; x = y[:, 8:].contiguous()"
    },
    "dropped blocks": {
        "after": "if self.training: x = x * (1 - F.max_pool2d((torch.rand_like(x) < 0.1).float(), 3, 1, 1))"
    },
    "frozen at first": {
        "building": "self.body.requires_grad_(False)",
        "after": "x = x.detach() if not self.body.weight.requires_grad else x",
    },
}


@pytest.mark.parametrize("what", HONEST)
def test_what_honest_networks_do_is_the_same_network(what):
    assert unlike(HONEST[what]) is None
