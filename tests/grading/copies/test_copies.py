"""What is equal between submissions is seen whatever it is called, and what is different is not."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from tests.grading.cohort.class_of_twelve import own, renamed, reordered
from tests.grading.submissions import (
    ENGINE,
    MODEL,
    Parts,
    correct_answers,
    edited,
    flat,
    log_text,
    package,
    write,
)
from utils.architecture.executed_graph import record
from utils.grading.copies.fingerprints import fingerprints
from utils.grading.copies.groups import groups
from utils.grading.log import run_choice
from utils.grading.log.runs import submission_runs
from utils.grading.network.graph_digest import graph_digest
from utils.grading.submission.contents import read_submission


def prints(files, folder, networks=()):
    submission = read_submission(write(files, folder))
    found, remarks = fingerprints(
        submission, run_choice.tested_runs(submission_runs(submission)), networks
    )
    assert not remarks
    return found


def same(*several, handout=None) -> set[str]:
    """In what the first two are equal."""
    found = groups(several, handout)
    return {one.kind for group in found for one in group.equal if {0, 1} <= {*one.members}}


OTHER_LOG = log_text(correct_answers(8611, 27))


def test_a_copy_is_equal_in_everything(tmp_path):
    one = prints(flat(own(0)), tmp_path / "a", ["digest"])
    two = prints(package(own(0)), tmp_path / "b", ["digest"])  # in other files
    assert same(one, two) == {"log", "network", "code"}


def test_other_names_comments_and_order_are_the_same_code(tmp_path):
    one = prints(flat(own(0)), tmp_path / "a")
    work = replace(renamed(own(0)), log=OTHER_LOG)
    two = prints(reordered(flat(work), work), tmp_path / "b")
    assert (tmp_path / "a/model.py").read_text() != (tmp_path / "b/model.py").read_text()
    assert same(one, two) == {"code"}


def test_inline_code_is_the_same_code(tmp_path):
    one = prints(flat(own(0)), tmp_path / "a")
    two = prints(flat(own(0, inline=("model", "transforms", "engine"))), tmp_path / "b")
    assert "code" in same(one, two)


def test_code_with_more_around_it_is_the_same_code(tmp_path):
    one = prints(flat(own(0)), tmp_path / "a")
    more = edited(
        ENGINE,
        (
            "import torch\n",
            "import torch\n\n\ndef seed(n):\n    torch.manual_seed(n + sum(range(n)))\n",
        ),
    )
    two = prints(flat(replace(own(0), engine=edited(more, ("lr=0.01", "lr=0.01")))), tmp_path / "b")
    assert "code" in same(one, two)


@pytest.mark.parametrize(
    "change",
    [
        ("layer(64, 32, dilation=2), layer(32, 32, stride=2)", "layer(64, 48, dilation=2), layer(48, 32, stride=2)"),
        ("nn.ReLU()", "nn.GELU()"),
        ("self.mix(self.spatial(x))", "self.spatial(self.mix(x))"),
        ("dilation=2", "dilation=3"),
    ],
)  # fmt: skip
def test_one_layer_changed_is_no_longer_the_same(change, tmp_path):
    one = prints(flat(Parts()), tmp_path / "a")
    two = prints(flat(Parts(model=edited(MODEL, change), log=OTHER_LOG)), tmp_path / "b")
    assert same(one, two) == set()


def test_two_honest_answers_from_one_handout(tmp_path):
    """The engine and the transforms are the handout's, each has a network of its own."""
    handout = prints(flat(Parts(model=None)), tmp_path / "handout")
    one = prints(flat(replace(Parts(), model=own(1).model)), tmp_path / "a", ["one"])
    two = prints(flat(replace(Parts(), model=own(2).model, log=OTHER_LOG)), tmp_path / "b", ["two"])
    assert same(one, two) == same(one, two, handout=handout) == set()


def test_what_is_the_handouts_is_nobodys(tmp_path):
    """Two who hand in the handout as it is, with its network and its log, have not copied from each other."""
    handout = prints(flat(Parts()), tmp_path / "handout", ["digest"])
    one, two = (prints(flat(Parts()), tmp_path / name, ["digest"]) for name in "ab")
    assert same(one, two) == {"log", "network", "code"}
    assert same(one, two, handout=handout) == set()


def test_a_log_is_the_same_however_it_is_printed(tmp_path):
    one = prints(flat(Parts()), tmp_path / "a")
    lines = [
        f"Epoch {line.split()[1]}" if line.startswith("EPOCH") else line
        for line in Parts().log.splitlines()
    ]
    other = "\n".join(lines).replace("Average loss", "Avg loss")
    two = prints(flat(replace(own(3), log=other)), tmp_path / "b")
    assert same(one, two) == {"log"}


@pytest.mark.parametrize("shared, equal", [(3, False), (4, True), (20, True)])
def test_a_few_epochs_may_agree_by_chance(shared, equal):
    def log(seed):
        numbers = torch.rand(20, generator=torch.Generator().manual_seed(seed))
        return [
            f"test accuracy {80 + 5 * one:.2f}, test loss {one:.4f}" for one in numbers.tolist()
        ]

    one, two = log(0), log(1)
    two[5 : 5 + shared] = one[:shared]  # at other places, as where the first epochs were cut off
    found = groups([{"logs": [{"where": "x", "epochs": each}]} for each in (one, two)])
    assert bool(found) is equal
    if equal:
        assert f"{shared} epochs in a row" in found[0].equal[0].detail


def test_whole_per_cents_agree_easily():
    """Four epochs at 86 % prove nothing, nor do forty: the plateau is everybody's."""
    logs = [[*range(60 + start, 86), *[86] * 40] for start in (0, 3)]
    texts = [[f"test accuracy {number}" for number in log] for log in logs]
    assert groups([{"logs": [{"where": "x", "epochs": each[-41:]}]} for each in texts]) == []


def test_hundreds_share_a_handout_and_nothing_else():
    """All pairs of a large class are compared; only the two that are equal are found."""
    common = {f"handout {number}": 40 for number in range(20)}
    class_ = [{"pieces": common | {f"own {index}": 90}} for index in range(300)]
    class_[7] = class_[203]
    (group,) = groups(class_)
    assert group.members == (7, 203)


def test_hundreds_that_are_all_the_same_are_one_group():
    epochs = [
        f"test accuracy {number / 7:.2f}, test loss {number / 11:.4f}" for number in range(40)
    ]
    everybody = {
        "logs": [{"where": "x", "epochs": epochs}],
        "networks": ["n"],
        "pieces": {"p": 900},
    }
    (group,) = groups([everybody] * 300)
    assert len(group.members) == 300 and len(group.equal) == 3
    assert group.kinds()[0, 299] == ["log", "network", "code"]


# --- the digest of an executed network --------------------------------------------------------------------------------


class Branches(nn.Module):
    def __init__(self, width=8, swapped=False, bias=False):
        super().__init__()
        if swapped:
            self.right, self.left = nn.Conv2d(3, width, 1), nn.Conv2d(3, width, 3, padding=1)
        else:
            self.left, self.right = nn.Conv2d(3, width, 3, padding=1), nn.Conv2d(3, width, 1)
        self.head = nn.Linear(width, 10, bias=bias)
        self.swapped = swapped

    def forward(self, x):
        maps = self.right(x) + self.left(x) if self.swapped else self.left(x) + self.right(x)
        return self.head(maps.relu().mean((2, 3)))


class Renamed(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Sequential(nn.Conv2d(3, 8, 1))
        self.b = nn.Sequential(nn.Identity(), nn.Conv2d(3, 8, 3, padding=1), nn.Dropout(0.1))
        self.c = nn.Sequential(nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.d = nn.Linear(8, 10, bias=False)

    def forward(self, x):
        maps = torch.add(self.b(x), self.a(x))
        return self.d(torch.relu_(maps).mean((2, 3)))


class Twice(nn.Module):
    """One layer used twice, or two layers of the same size."""

    def __init__(self, shared):
        super().__init__()
        self.first = nn.Conv2d(3, 3, 1)
        self.second = self.first if shared else nn.Conv2d(3, 3, 1)

    def forward(self, x):
        return self.second(self.first(x)).mean((2, 3))


def digest(network):
    return graph_digest(record(network.eval(), torch.zeros(2, 3, 32, 32)))


def test_names_and_order_have_no_part_in_the_digest():
    assert digest(Branches()) == digest(Branches()) == digest(Branches(swapped=True))
    assert digest(Branches()) == digest(Renamed())


def test_every_other_network_has_another_digest():
    others = [Branches(), Branches(width=9), Branches(bias=True), Twice(True), Twice(False)]
    assert len({digest(one) for one in others}) == len(others)
