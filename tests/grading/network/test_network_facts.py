"""Facts of networks whose answers are known by construction, and of the four of this repository."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from models import MODELS, build_model
from tests.grading.network.networks import (
    ChannelsLast,
    Gate,
    HiddenWeights,
    Net,
    Shuffled,
    WithDecoy,
    facts_of,
    separable,
    view_of,
)
from utils.architecture.executed_graph import record
from utils.architecture.summary import count_multiply_adds
from utils.grading.network.weight_facts import parameters, remarks_on_weights
from utils.grading.sandbox.replay import CannotReplay, for_any_batch, replay

KNOWN = {  # parameters, field, field with the pool, depthwise separable
    "assignment6_net1": (185_936, 43, 55, False),
    "assignment6_net1_grouped": (57_056, 43, 55, True),
    "assignment6_net2": (151_504, 41, 57, True),
    "era9": (188_992, 49, 69, True),
    "aster": (196_538, 101, 129, True),
}
BEHIND_THE_POOL = {
    "assignment6_net1": "Conv2d 1×1 64 → 10",
    "assignment6_net1_grouped": "Conv2d 1×1 64 → 10",
    "assignment6_net2": "Conv2d 1×1 128 → 10",
    "era9": "Conv2d 1×1 64 → 10",
    "aster": "linear 128 → 10",
}


@pytest.mark.parametrize("name", MODELS)
def test_our_networks(name):
    model = build_model(name)
    facts = facts_of(model)
    field, with_pool = facts["receptive_field"], facts["receptive_field_with_pool"]
    assert (
        facts["parameters"].value,
        field.value,
        with_pool.value,
        facts["depthwise_separable"].value,
    ) == KNOWN[name]
    assert (
        facts["parameters_executed"].value
        == facts["parameters"].value
        == sum(p.numel() for p in model.parameters())
    )
    assert facts["dilated"].value is True and facts["max_pooling"].value is False
    assert facts["global_average_pooling"].value is True
    assert facts["after_pool"].value == BEHIND_THE_POOL[name]
    assert facts["multiply_adds"].value == count_multiply_adds(model)
    assert facts["blocks"].value is (True if name in ("era9", "aster") else None)


@pytest.mark.parametrize(
    "pool, average, maximum",
    [
        ("mean", True, False),
        ("functional", True, False),
        ("adaptive", True, False),
        ("flattened mean", True, False),
        ("divided sum", True, False),
        ("sum", None, False),
        ("max", False, False),
        ("flatten", False, False),
        ("rim", False, False),
    ],
)
def test_how_the_map_ends(pool, average, maximum):
    facts = facts_of(Net(pool=pool))
    assert (
        facts["global_average_pooling"].value is average and facts["max_pooling"].value is maximum
    )
    assert facts["global_average_pooling"].evidence and (
        average or facts["global_average_pooling"].why
    )
    field, with_pool = facts["receptive_field"], facts["receptive_field_with_pool"]
    assert field.value == 3
    if pool in ("flatten", "rim"):
        assert (
            field.why.startswith("there is no global pool; at the last feature map")
            and with_pool.value is None
        )
    else:
        assert facts["after_pool"].value == "linear 8 → 10"


def test_a_pool_inside_a_gate_is_not_the_global_pool():
    facts = facts_of(
        Net(nn.Sequential(Gate(), nn.Flatten(2), nn.Unflatten(2, (32, 32))), pool="flatten")
    )
    assert facts["global_average_pooling"].value is False
    with_both = facts_of(Net(Gate()))
    assert (
        with_both["global_average_pooling"].value is True
        and with_both["receptive_field"].value == 3
    )


@pytest.mark.parametrize(
    "middle, value, why",
    [
        (separable(), True, ""),
        (separable(nn.Sequential(nn.BatchNorm2d(8), nn.ReLU())), True, ""),
        (separable(nn.ReLU(inplace=True)), True, ""),
        (separable(dilation=1, padding_mode="reflect"), True, ""),
        (
            nn.Sequential(nn.Conv2d(8, 8, 3, groups=2), nn.Conv2d(8, 8, 1)),
            False,
            "by 4: grouped, but not depthwise",
        ),
        (nn.Conv2d(8, 8, 3, groups=8), False, "no 1×1 convolution follows"),
        (
            nn.Sequential(nn.Conv2d(8, 8, 3, groups=8), nn.Conv2d(8, 8, 3)),
            False,
            "no 1×1 convolution follows",
        ),
        (
            nn.Sequential(nn.Conv2d(8, 8, 3), nn.Conv2d(8, 8, 1)),
            False,
            "as many groups as input channels",
        ),
        (
            nn.Sequential(nn.Conv2d(8, 8, 1, groups=8), nn.Conv2d(8, 8, 1)),
            False,
            "as many groups as input channels",
        ),
        (ChannelsLast(), None, "cannot be told"),
    ],
)
def test_depthwise_separable(middle, value, why):
    fact = facts_of(Net(middle))["depthwise_separable"]
    assert fact.value is value and why in fact.why


@pytest.mark.parametrize(
    "middle, value",
    [
        (nn.Conv2d(8, 8, 3, dilation=2), True),
        (nn.Conv2d(8, 8, 1, dilation=2), False),
        (nn.Conv2d(8, 8, (1, 3), dilation=(2, 1)), False),
        (nn.Conv2d(8, 8, (1, 3), dilation=(1, 2)), True),
        (nn.Conv2d(8, 8, 3), False),
    ],
)
def test_dilated(middle, value):
    assert facts_of(Net(middle))["dilated"].value is value


@pytest.mark.parametrize(
    "middle",
    [
        nn.MaxPool2d(2),
        nn.AdaptiveMaxPool2d(8),
        nn.Sequential(nn.Unfold(1), nn.Unflatten(2, (32, 32)), nn.MaxPool2d(2, 1)),
    ],
)
def test_max_pooling_is_found(middle):
    assert facts_of(Net(middle))["max_pooling"].value is True


@pytest.mark.parametrize(
    "how, executed",
    [
        ("left out", False),
        ("run for nothing", False),
        ("times zero", False),
        ("under a condition", False),
        ("in training", False),
        ("used", True),
    ],
)
def test_decoys_do_not_count(how, executed):
    facts = facts_of(
        WithDecoy(
            how,
            nn.Sequential(nn.Conv2d(8, 8, 9, padding=8, dilation=2, groups=8), nn.Conv2d(8, 8, 1)),
        )
    )
    everything = 216 + 90 + 8 * 81 + 8 + 64 + 8
    assert facts["parameters"].value == everything
    assert facts["parameters_executed"].value == (everything if executed else 306)
    assert bool(facts["parameters_executed"].why) is not executed
    assert facts["depthwise_separable"].value is executed and facts["dilated"].value is executed
    assert facts["receptive_field"].value == (19 if executed else 3)


@pytest.mark.parametrize("where", ["buffer", "attribute", "built from a buffer", "made on the way"])
def test_weights_that_are_no_parameters_count(where):
    facts = facts_of(HiddenWeights(where))
    assert facts["parameters"].value == facts["parameters_executed"].value == 306 + 8 * 8 * 9
    assert "acts as a weight" in facts["parameters"].why


def test_statistics_and_constants_are_no_weights():
    class Normalised(Net):
        def __init__(self):
            super().__init__(nn.BatchNorm2d(8))
            self.register_buffer("mean", torch.rand(1, 3, 1, 1))
            self.register_buffer("grid", torch.rand(1, 1, 32, 32))

        def features(self, x):
            return super().features(x - self.mean) + self.grid

    view = view_of(Normalised())
    assert parameters(view).value == 306 + 16
    assert [remark for remark in remarks_on_weights(view) if "grid of 1,024 numbers" in remark]


def test_shared_layers_count_once():
    shared = nn.Conv2d(8, 8, 3, padding=1)
    facts = facts_of(Net(nn.Sequential(shared, nn.ReLU(), shared, shared)))
    assert facts["parameters"].value == 306 + 584 and facts["receptive_field"].value == 9


def test_a_channel_shuffle_is_followed():
    assert facts_of(Net(Shuffled()))["receptive_field"].value == 5


def test_an_unequal_field_is_its_larger_axis():
    facts = facts_of(Net(nn.Conv2d(8, 8, (1, 5))))
    assert (
        facts["receptive_field"].value == 7 and "3 high and 7 wide" in facts["receptive_field"].why
    )
    assert facts["receptive_field_with_pool"].value == 34


class BatchSwitch(Net):
    def features(self, x):
        return super().features(x) if x.shape[0] == 2 else -super().features(x)


def test_a_forward_that_changes_with_the_batch_cannot_be_replayed():
    model = BatchSwitch().eval()
    two, three = (record(model, torch.rand(batch, 3, 32, 32)) for batch in (2, 3))
    with pytest.raises(CannotReplay, match="changes with the batch"):
        for_any_batch(two, three, 5)


def test_a_replay_computes_what_the_network_does():
    model = build_model("era9").eval()
    two, three = (record(model, torch.rand(batch, 3, 32, 32)) for batch in (2, 3))
    images = torch.randn(5, 3, 32, 32)
    values = replay(for_any_batch(two, three, 5), images, two.tensors)
    with torch.no_grad():
        assert torch.allclose(values[two.outputs[0]], model(images), atol=1e-6)


def conv(inputs, outputs, kernel=3, **options):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, padding=options.pop("padding", kernel // 2), **options),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


def three_blocks(end, count=3, blocks=3):
    """Blocks of `count` convolutions, the last of each made by `end`."""
    return nn.Sequential(
        conv(3, 8),
        *(
            nn.Sequential(*(conv(8, 8) for _ in range(count - 1 - (block == 0))), end())
            for block in range(blocks)
        ),
    )


class Plain(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.features = features

    def forward(self, x):
        return F.log_softmax(self.features(x).mean((2, 3)), 1)


@pytest.mark.parametrize(
    "features, value",
    [
        (three_blocks(lambda: conv(8, 8, stride=2)), True),
        (three_blocks(lambda: conv(8, 8, stride=2), blocks=4), True),
        (three_blocks(lambda: conv(8, 8, dilation=2, padding=2)), True),
        (three_blocks(lambda: nn.Sequential(conv(8, 8), nn.MaxPool2d(2))), False),
        (three_blocks(lambda: nn.Sequential(conv(8, 8), nn.AvgPool2d(2))), False),
        (three_blocks(lambda: conv(8, 8)), False),
        (three_blocks(lambda: conv(8, 8, stride=2), count=2), False),
        (three_blocks(lambda: conv(8, 8, stride=2), blocks=2, count=6), None),
        (three_blocks(lambda: conv(8, 8, stride=2), blocks=1, count=3), False),
    ],
)
def test_blocks(features, value):
    fact = facts_of(Plain(features))["blocks"]
    assert fact.value is value and (value is True or fact.why)
    assert fact.evidence


class Scaled(Net):
    """Numbers that are no parameters and scale the activations: kept in `kept`, `count` times a whole map."""

    def __init__(self, kept, count=8):
        super().__init__()
        scales = [
            torch.rand(8, 32, 32, requires_grad=kept == "a list of trained tensors")
            for _ in range(count)
        ]
        self.scales = torch.stack(scales) if kept == "a summed product" else scales
        if kept == "buffers":
            for number, scale in enumerate(scales):
                self.register_buffer(f"scale{number}", scale)

    def features(self, x):
        x = super().features(x)
        if isinstance(self.scales, torch.Tensor):
            return x + (x.unsqueeze(1) * self.scales).sum(1)
        for scale in self.scales:
            x = x * scale
        return x


@pytest.mark.parametrize(
    "kept, count, value, why",
    [
        (
            "a list of trained tensors",
            8,
            306 + 8 * 8192,
            "8 tensors that gradients reach though no module holds them",
        ),
        ("a summed product", 8, 306 + 8 * 8192, "which acts as a weight"),
        ("a list", 8, None, "whether 65,536 more numbers"),
        ("buffers", 8, None, "are weights cannot be told"),
        ("buffers", 1, 306, ""),
    ],
)
def test_weights_that_scale_the_activations(kept, count, value, why):
    view = view_of(Scaled(kept, count))
    assert parameters(view).value == value and why in parameters(view).why
    assert not [remark for remark in remarks_on_weights(view) if "constant constant" in remark]
