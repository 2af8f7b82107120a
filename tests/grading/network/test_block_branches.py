"""Branches in a block are branches: the longest way through them is counted, and the evidence shows them side by side."""

import pytest
import torch
from torch import nn

from tests.grading.network.networks import Net, judged
from tests.grading.network.test_network_facts import conv
from utils.grading.network.branches import in_words, longest_path


class Residual(nn.Module):
    def __init__(self, stride=1, count=2):
        super().__init__()
        strides = [1] * (count - 1) + [stride]
        self.main = nn.Sequential(*(conv(8, 8, stride=one) for one in strides))
        self.short = nn.Conv2d(8, 8, 1, stride=stride)

    def forward(self, x):
        return torch.relu(self.main(x) + self.short(x))


class Parallel(nn.Module):
    """Branches whose results are added or joined as channels."""

    def __init__(self, *branches, joined=False):
        super().__init__()
        self.branches, self.joined = nn.ModuleList(branches), joined
        self.after = nn.Conv2d(8 * len(branches), 8, 1) if joined else nn.Identity()

    def forward(self, x):
        made = [branch(x) for branch in self.branches]
        return self.after(torch.cat(made, 1) if self.joined else sum(made[1:], made[0]))


def texts(facts):
    return [place.text for place in facts["blocks"].evidence]


def test_a_shortcut_is_a_branch():
    facts = judged(Net(nn.Sequential(*(nn.Sequential(conv(8, 8), Residual(2)) for _ in range(3)))))
    assert facts["blocks"].value is True
    assert texts(facts)[1] == (
        "block 2: Conv2d 3×3; two branches: Conv2d 3×3, Conv2d 3×3 stride 2 | Conv2d 1×1 stride 2"
    )


def test_side_by_side_is_one_after_another_once():
    """Three convolutions in parallel are a block of one, as many blocks as there may be."""
    wide = nn.Sequential(*(Parallel(*(conv(8, 8, stride=2) for _ in range(3))) for _ in range(3)))
    facts = judged(Net(wide))
    assert (
        facts["blocks"].value is False
        and "4 convolutions before the global pool" in facts["blocks"].why
    )
    assert texts(facts)[0].endswith("three branches: " + " | ".join(["Conv2d 3×3 stride 2"] * 3))


@pytest.mark.parametrize("joined", [False, True])
def test_the_longest_branch_counts(joined):
    branches = [nn.Sequential(conv(8, 8), conv(8, 8)), nn.Conv2d(8, 8, 1), conv(8, 8, 5)]
    stages = nn.Sequential(
        *(nn.Sequential(Parallel(*branches, joined=joined), conv(8, 8, stride=2)) for _ in range(3))
    )
    facts = judged(Net(stages))
    assert facts["blocks"].value is True
    assert "three branches: Conv2d 3×3, Conv2d 3×3 | Conv2d 1×1 | Conv2d 5×5; " in texts(facts)[1]


def test_gates_are_no_convolutions_of_a_block():
    class Gated(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = conv(8, 8, stride=2)
            self.gate = nn.Sequential(
                nn.AdaptiveAvgPool2d(1), nn.Conv2d(8, 4, 1), nn.Conv2d(4, 8, 1), nn.Sigmoid()
            )

        def forward(self, x):
            x = self.conv(x)
            return x * self.gate(x)

    facts = judged(Net(nn.Sequential(*(Gated() for _ in range(3)))))
    assert facts["blocks"].value is False and "4 convolutions" in facts["blocks"].why


@pytest.mark.parametrize(
    "edges, words, longest",
    [
        ({"b": "a", "c": "b"}, "a; b; c", "abc"),
        ({"b": "a", "c": "a", "d": "bc"}, "a; two branches: b | c; d", "abd"),
        ({"b": "a", "c": "ab", "d": "abc"}, "a; b; c; d", "abcd"),
        ({"c": "a", "d": "bc"}, "two branches: a, c | b; d", "acd"),
        (
            {"b": "a", "c": "a", "e": "bc", "f": "de", "d": ""},
            "two branches: a, (two branches: b | c), e | d; f",
            "abef",
        ),
        ({"c": "a", "d": "ab"}, "a; b; c; d", "ac"),
    ],
)
def test_arrangements(edges, words, longest):
    layers = sorted(set("".join(edges)) | set("".join(edges.values())))
    before = {}
    for layer in layers:
        before[layer] = set(edges.get(layer, "")).union(
            *(before[one] for one in edges.get(layer, ""))
        )
    after = lambda later, earlier: earlier in before[later]  # noqa: E731
    assert in_words(layers, after, str) == words
    assert "".join(longest_path(layers, after, lambda layer: (1,))) == longest
