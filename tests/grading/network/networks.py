"""Small networks in the forms that students give them, and their facts without a child process."""

import torch
import torch.nn.functional as F
from torch import nn

from utils.architecture.executed_graph import record
from utils.grading.facts import Evidence, Fact
from utils.grading.network import audit
from utils.grading.network.effective_graph import effective, training
from utils.grading.network.executed_network import IMAGE, RECORDED_BATCHES, ExecutedNetwork
from utils.grading.network.random_weights import fixed_values, fresh_images, fresh_weights
from utils.grading.network.view import NetworkView
from utils.grading.sandbox.child import JOBS
from utils.grading.sandbox.graph_data import to_data
from utils.grading.sandbox.message import pack, unpack
from utils.grading.sandbox.training_mode import trial

PLACE = Evidence("model.py", 1)


def facts_of(model: nn.Module) -> dict[str, Fact]:
    """Of all that may have a part in the result, with the network executed here."""
    return audit.facts_of(view_of(model))


def view_of(model: nn.Module) -> NetworkView:
    return NetworkView(executed(model), PLACE)


def judged(model: nn.Module, **classes: Evidence) -> dict[str, Fact]:
    """As the architecture audit establishes them: null where they depend on layers that are in doubt."""
    return audit.network_facts(executed(model), PLACE, classes)[0]


def executed(model: nn.Module) -> ExecutedNetwork:
    model = model.eval()
    graphs = tuple(record(model, torch.rand(batch, *IMAGE)) for batch in RECORDED_BATCHES)
    parameters = {name: tuple(tensor.shape) for name, tensor in model.named_parameters()}
    trained = training(trial(model, torch.randn(RECORDED_BATCHES[-1], *IMAGE)))
    fixed = fixed_values(graphs[0], trained.frozen)
    weights = fresh_weights(graphs[0], fixed)
    job = {
        "graphs": [to_data(graph) for graph in graphs],
        "tensors": len(weights),
        "fixed": [value.number for value in fixed],
    }
    job, tensors = unpack(pack(job, [*weights.values(), *fresh_images(IMAGE)]))
    values, _ = JOBS["replay"](job, tensors)
    assert "error" not in values, values["error"]
    values = unpack(pack(values))[0]
    part = effective(graphs[0], values, trained)
    return ExecutedNetwork(
        part.graph,
        part.certain,
        graphs,
        job["graphs"],
        parameters,
        {},
        part.ineffective,
        part.doubt,
        trained.maxima,
        trained.statistics,
    )


class Net(nn.Module):
    """A stem, then `middle` (built by the case), then the pool and the classifier that the case names."""

    def __init__(self, middle=None, pool="mean", channels=8):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1, bias=False)
        self.middle = middle or nn.Identity()
        self.pool, self.linear = (
            pool,
            nn.Linear(channels if pool != "flatten" else channels * 1024, 10),
        )

    def features(self, x):
        return self.middle(F.relu(self.stem(x)))

    def forward(self, x):
        x = self.features(x)
        if self.pool == "mean":
            x = x.mean((2, 3))
        elif self.pool == "max":
            x = F.adaptive_max_pool2d(x, 1).flatten(1)
        elif self.pool == "functional":
            x = F.avg_pool2d(x, x.shape[2]).view(-1, x.shape[1])
        elif self.pool == "adaptive":
            x = F.adaptive_avg_pool2d(x, (1, 1)).squeeze(-1).squeeze(-1)
        elif self.pool == "flattened mean":
            x = x.view(x.size(0), x.size(1), -1).mean(2)
        elif self.pool == "sum":
            x = x.sum((2, 3))
        elif self.pool == "divided sum":
            x = x.sum((2, 3)) / 1024
        elif self.pool == "rim":
            x = F.avg_pool2d(x, 17)[:, :, 0, 0]
        else:
            x = x.flatten(1)
        return F.log_softmax(self.linear(x), dim=-1)


class WithDecoy(Net):
    """Layers that exist, and are left out, run for nothing, or multiplied by zero."""

    def __init__(self, how, decoy):
        super().__init__()
        self.how, self.decoy = how, decoy

    def features(self, x):
        x = super().features(x)
        if self.how == "run for nothing":
            self.decoy(x)
        elif self.how == "times zero":
            x = x + 0 * self.decoy(x)
        elif self.how == "under a condition":
            x = self.decoy(x) if x.shape[1] == 1 else x
        elif self.how == "in training":
            x = self.decoy(x) if self.training else x
        elif self.how == "used":
            x = self.decoy(x)
        return x


class HiddenWeights(Net):
    """A convolution whose weights are no parameters."""

    def __init__(self, where):
        super().__init__()
        self.where = where
        weights = torch.randn(8, 8, 3, 3)
        if where == "buffer":
            self.register_buffer("kernel", weights)
        elif where == "attribute":
            self.kernel = weights
        elif where == "built from a buffer":
            self.register_buffer("kernel", weights.flatten())

    def features(self, x):
        x = super().features(x)
        kernel = (
            torch.ones(8, 8, 3, 3)
            if self.where == "made on the way"
            else self.kernel.view(8, 8, 3, 3) * 2
        )
        return F.conv2d(x, kernel, padding=1)


def separable(between=None, **options):
    steps = [between] if between else []
    return nn.Sequential(
        nn.Conv2d(8, 8, 3, padding=1, groups=8, **options), *steps, nn.Conv2d(8, 8, 1)
    )


class ChannelsLast(nn.Module):
    """A depthwise convolution whose pointwise step is a linear layer, as in ConvNeXt."""

    def __init__(self):
        super().__init__()
        self.depthwise, self.linear = nn.Conv2d(8, 8, 3, padding=1, groups=8), nn.Linear(8, 8)

    def forward(self, x):
        return self.linear(self.depthwise(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Shuffled(nn.Module):
    """A grouped convolution with a channel shuffle, which leaves no doubt about the field."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(8, 8, 3, padding=1, groups=2)

    def forward(self, x):
        batch, channels, height, width = x.shape
        x = self.conv(x).view(batch, 2, channels // 2, height, width)
        return torch.transpose(x, 1, 2).contiguous().view(batch, channels, height, width)


class Gate(nn.Module):
    """Squeeze and excitation: a pool that is not the last."""

    def __init__(self):
        super().__init__()
        self.down, self.up = nn.Linear(8, 2), nn.Linear(2, 8)

    def forward(self, x):
        gate = torch.sigmoid(self.up(F.relu(self.down(F.adaptive_avg_pool2d(x, 1).flatten(1)))))
        return x * gate[:, :, None, None]
