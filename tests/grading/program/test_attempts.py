"""A submission with several tries: each is judged whole, with its own network and log, and one of them counts."""

import json
import re
from dataclasses import replace

import jsonschema
import pytest

from tests.grading.copied_process import in_a_copy
from tests.grading.layouts import BUILD, IMPORTS, LOADERS, NETWORK, RUN, TIDY, build
from tests.grading.log.written_logs import csv_file, training
from utils.errors import UserError
from utils.grading.audits import Options
from utils.grading.grade import examine, judge
from utils.grading.network import executed_network
from utils.grading.reports.html import html_report
from utils.grading.reports.json_report import SCHEMA
from utils.grading.reports.markdown import markdown_report
from utils.grading.rubrics.rubric import load_rubric

RUBRIC = load_rubric("era_s9")
TRAIN = RUN[0]
WIDE = (
    NETWORK.replace("class Net", "class WideNet")
    .replace("super(Net", "super(WideNet")
    .replace("8", "16")
    .replace("class Layer", "class WideLayer")
    .replace(" Layer(", " WideLayer(")
    .replace("(Layer(", "(WideLayer(")
)
NET_TOTAL, WIDE_TOTAL = 954, 1898  # of Net and WideNet; a test computes them


def log(best: float, epochs: int = 5) -> str:
    """A log whose test accuracy, in per cent, rises to `best`."""
    rows = [best - 3 * (epochs - 1 - epoch) for epoch in range(epochs)]
    return "".join(
        f"EPOCH: {epoch}\nTest set: Average loss: {3 * (1 - value / 100):.4f}, Accuracy: "
        f"{round(100 * value)}/10000 ({value:.2f}%)\n"
        for epoch, value in enumerate(rows)
    )


def csv(best: float) -> str:
    rows = [
        f"{epoch},{3 - epoch / 2},{0.5 + epoch / 50},{2 - epoch / 4},{(best - 3 * (4 - epoch)) / 100:.4f}\n"
        for epoch in range(5)
    ]
    return "".join(["epoch,train_loss,train_acc,test_loss,test_acc\n", *rows])


def notebook(best: float | None, network: str = BUILD, printed: str = "") -> list:
    """A notebook that imports everything; `printed` stands before its log."""
    return [IMPORTS, LOADERS, network, (TRAIN, printed + log(best)) if best else TRAIN]


SCRIPT = IMPORTS + LOADERS + BUILD + TRAIN
MODULES = {name: text for name, text in TIDY.items() if name.endswith(".py")}
BUILD_WIDE = (
    BUILD.replace("import Net", "import WideNet")
    .replace("Net()", "WideNet()")
    .replace("WideWide", "Wide")
)
BOTH = {**MODULES, "model.py": NETWORK + WIDE}


def judged(tmp_path, files, **options):
    return judge(build(tmp_path, files), RUBRIC, Options(**options))


def best_of(one) -> float | None:
    return one.facts["best_test_accuracy"].value


@pytest.fixture
def run_here(monkeypatch):
    monkeypatch.setattr(executed_network, "run_isolated", in_a_copy)
    monkeypatch.setattr("utils.grading.audits.PARALLEL", 1)


# --- which there are --------------------------------------------------------------------------------------------------


def test_every_program_that_trains_is_an_attempt(tmp_path):
    files = {
        **BOTH,
        "v1.ipynb": notebook(71),
        "v2.ipynb": notebook(86.1, BUILD_WIDE),
        "again.py": SCRIPT,
        "look.ipynb": [IMPORTS, "print(1)"],
    }
    found = judged(tmp_path, files)
    assert [one.attempt.name for one in found.every] == ["v2.ipynb", "v1.ipynb", "again.py"]
    assert [str(one.attempt.model) for one in found.every] == [
        "model.py:WideNet()",
        "model.py:Net()",
        "model.py:Net()",
    ]
    assert [best_of(one) for one in found.every] == [86.1, 71, None]


def test_an_attempt_whose_log_cannot_be_read_is_one_too(tmp_path):
    unread = "".join(
        f"Epoch {epoch}\nMetric on held-out images 0.{60 + epoch}\n" for epoch in range(20)
    )
    files = {
        **MODULES,
        "main.ipynb": [IMPORTS, LOADERS, BUILD, (TRAIN, unread)],
        "side.ipynb": [
            IMPORTS,
            NETWORK,
            "import torchvision\nset = torchvision.datasets.CIFAR10('.', train=True)\n"
            "loader = torch.utils.data.DataLoader(set, 64)\nmodel = Net()\noptimizer = optim.SGD(model.parameters(), 0.1)\n"
            "for x, y in loader:\n    model(x).sum().backward()",
            ("print(1)", log(60)),
        ],
    }
    found = judged(tmp_path, files)
    assert [one.attempt.name for one in found.every] == ["main.ipynb", "side.ipynb"]
    assert best_of(found.first) is None and found.first.facts["horizontal_flip"].value


def test_a_script_that_a_notebook_starts_or_imports_is_a_part_of_it(tmp_path):
    files = {**MODULES, "main.py": SCRIPT, "run.ipynb": [("!python main.py", log(80))]}
    found = judged(tmp_path, files)
    assert [one.attempt.name for one in found.every] == ["run.ipynb"] and best_of(found.first) == 80
    assert str(found.first.attempt.model) == "model.py:Net()"


def test_two_networks_of_one_notebook_have_a_log_each(tmp_path):
    cells = [IMPORTS, LOADERS, BUILD, (TRAIN, log(86)), BUILD_WIDE, (TRAIN, log(72))]
    found = judged(tmp_path, {**BOTH, "S9.ipynb": cells})
    assert {one.attempt.name: best_of(one) for one in found.every} == {
        "S9.ipynb: Net": 86,
        "S9.ipynb: WideNet": 72,
    }
    assert found.first.attempt.name == "S9.ipynb: Net"


def test_a_class_that_is_defined_anew_is_another_network(tmp_path, run_here):
    wider = NETWORK.replace("8", "16")
    cells = [IMPORTS, LOADERS]
    for text, best in ((NETWORK, 86), (wider, 72)):
        cells += [f"{text}\nmodel = Net().to(device)", (TRAIN, log(best))]
    found = judged(tmp_path, {**MODULES, "S9.ipynb": cells}, run=True)
    judged_as = {one.facts["parameters"].value: best_of(one) for one in found.every}
    assert judged_as == {NET_TOTAL: 86, WIDE_TOTAL: 72}
    assert len({one.attempt.name for one in found.every}) == 2


DIGITS = """
import torchvision
digits = torchvision.datasets.MNIST('.', train=True)
loader = torch.utils.data.DataLoader(digits, batch_size=64)
class First(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Conv2d(1, 10, 3)
    def forward(self, x):
        return self.body(x).mean((2, 3))
first = First()
adam = optim.Adam(first.parameters())
for images, labels in loader:
    nn.functional.cross_entropy(first(images), labels).backward()
    adam.step()
"""


@pytest.mark.parametrize(
    "files",
    [
        {"warm_up.ipynb": [IMPORTS, (DIGITS, log(99.1))], "images.ipynb": notebook(71.3)},
        {"both.ipynb": [IMPORTS, (DIGITS, log(99.1)), LOADERS, BUILD, (TRAIN, log(71.3))]},
    ],
    ids=["two notebooks", "one"],
)
def test_a_warm_up_on_other_images_is_listed_and_not_judged(files, tmp_path):
    found = judged(tmp_path, {**MODULES, **files})
    assert best_of(found.first) == 71.3 and not found.others
    ((other, why),) = found.left
    assert "MNIST" in why and other.data_set == "MNIST"


# --- whose a log is ---------------------------------------------------------------------------------------------------


def test_a_log_in_a_text_is_the_scripts_and_not_that_of_a_notebook_that_broke_off(tmp_path):
    broken = [IMPORTS, LOADERS, BUILD_WIDE, (TRAIN, "ValueError: batch\n")]
    found = judged(
        tmp_path, {**BOTH, "old.ipynb": broken, "src/main.py": SCRIPT, "run.log": log(86)}
    )
    logged = {one.attempt.name: best_of(one) for one in found.every}
    assert (
        logged == {"old.ipynb": None, "src/main.py": 86}
        and found.first.attempt.name == "src/main.py"
    )


TWO_SCRIPTS = {**BOTH, "train_net.py": SCRIPT, "train_wide.py": SCRIPT.replace(BUILD, BUILD_WIDE)}


@pytest.mark.parametrize(
    "files",
    [
        {
            "README.md": f"# Work\n\n## WideNet\n\n```\n{log(90)}```\n\n## Net\n\n```\n{log(80)}```\n"
        },
        {"runs/wide/log.csv": csv(90), "runs/net/log.csv": csv(80)},
        {"wide_net.log": log(90), "train_net.log": log(80)},
    ],
    ids=["headings", "folders", "files"],
)
def test_a_name_ties_a_log_to_an_attempt(files, tmp_path):
    found = judged(tmp_path, {**TWO_SCRIPTS, **files})
    own = {one.attempt.name: one.runs[0].epochs for one in found.every if one.runs}
    assert len(own) >= 1 and "train_wide.py" in own
    assert {one.attempt.name: best_of(one) for one in found.every}["train_wide.py"] == 90


@pytest.mark.parametrize("low", [0, 30])
def test_a_table_that_was_printed_in_part_is_completed_by_the_file_that_holds_it(tmp_path, low):
    """Unless the file is of another training (`low` per cent below)."""
    course = training()
    header, rows = (
        "      train_loss  test_acc\n",
        [f"{one.index:<5}{one.train_loss:12.6f}{one.test:10.2f}\n" for one in course],
    )
    part = "".join([header, *rows[:5], "..          ...       ...\n", *rows[-5:]])
    other = [replace(one, test_correct=one.test_correct - 100 * low) for one in course]
    files = {"history.csv": csv_file(other), "S9.ipynb": [IMPORTS, LOADERS, BUILD, (TRAIN, part)]}
    found = judged(tmp_path, {**MODULES, **files}).first
    shown = course[:5] + course[-5:]
    best = max(course if not low else shown, key=lambda one: one.test)
    assert found.facts["epochs"].value == 30 and best_of(found) == pytest.approx(best.test)
    assert found.facts["log_consistent"].value is True
    assert (found.runs[0].epochs[0].places["test"].file == "history.csv") is (not low)


@pytest.mark.parametrize("name", ["exp2", "version_2", "Net2"])
def test_a_number_ties_a_log_too(name, tmp_path):
    """The log of an earlier try, which was better, is not that of the network that is trained."""
    other = name.replace("2", "1")
    kept, left = (f"{one.title().replace('_', '')}Model" for one in (name, other))
    model = re.sub(r"\bNet\b", kept, BOTH["model.py"]).replace("WideNet", left)
    script = SCRIPT.replace("import Net", f"import {kept}").replace("Net()", f"{kept}()")
    logs = {f"runs/{name}.csv": csv(86), f"runs/{other}.csv": csv(90)}
    found = judged(tmp_path, {**BOTH, "model.py": model, "train.py": script, **logs})
    assert best_of(found.first) == 86


def test_a_log_that_nothing_ties_is_nobodys(tmp_path):
    found = judged(tmp_path, {**TWO_SCRIPTS, "output.txt": log(90)})
    assert [best_of(one) for one in found.every] == [None, None]
    assert "nothing tells which network" in found.first.facts["best_test_accuracy"].why


CHOSEN = SCRIPT.replace(
    BUILD,
    "import argparse\nfrom model import Net, WideNet\nparser = argparse.ArgumentParser()\n"
    "parser.add_argument('--net', default='net')\ngiven = parser.parse_args()\n"
    "model = Net() if given.net == 'net' else WideNet()\n",
)


@pytest.mark.parametrize(
    "logs, known",
    [
        ({"runs/net/log.csv": csv(90)}, True),
        ({"runs/net/log.csv": csv(90), "runs/wide/log.csv": csv(80)}, False),
    ],
)
def test_of_several_logs_a_command_line_that_picks_the_network_leaves_the_owner_open(
    logs, known, tmp_path
):
    found = judged(tmp_path, {**BOTH, "train.py": CHOSEN, **logs})
    assert str(found.first.attempt.model) == "model.py:Net()"
    assert best_of(found.first) == (90 if known else None)


TWO_LOGS = {"runs/a/log.csv": csv(90), "runs/b/log.csv": csv(80)}
PICK = "model = Net() if {} == 'net' else WideNet()\n"


@pytest.mark.parametrize(
    "choosing",
    [
        "import sys\nfrom model import Net, WideNet\n" + PICK.format("sys.argv[1]"),
        "import click\nfrom model import Net, WideNet\n" + PICK.format("input()"),
        "from model import Net, WideNet\n" + PICK.format("input()"),
    ],
)
def test_a_network_that_is_not_known_has_none_of_several_logs(choosing, tmp_path):
    script = SCRIPT.replace(BUILD, choosing)
    found = judged(tmp_path / "two", {**BOTH, "train.py": script, **TWO_LOGS})
    assert best_of(found.first) is None
    one = judged(tmp_path / "one", {**BOTH, "train.py": script, "runs/b/log.csv": csv(80)})
    assert best_of(one.first) == 80
    part = log(80).partition("EPOCH: 3")[2]
    copied = {"log.txt": log(80), "README.md": f"```\nEPOCH: 3{part}\n```\n"}
    assert best_of(judged(tmp_path / "part", {**BOTH, "train.py": script, **copied}).first) == 80


@pytest.mark.parametrize(
    "writing, known",
    [
        ("log = open('runs/b/log.csv', 'w')\n", 80),
        ("import os\nlog = open(os.path.join('runs', 'a', 'log.csv'), 'w')\n", 90),
        ("log = open(input(), 'w')\n", None),
        ("log = open('runs/b/log.csv')\n", None),
        ("one, two = open('runs/a/log.csv', 'w'), open('runs/b/log.csv', 'w')\n", None),
        ("log = open('log.csv', 'w')\n", None),
    ],
)
def test_the_log_that_the_program_writes_is_its_own(writing, known, tmp_path):
    found = judged(tmp_path, {**BOTH, "train.py": CHOSEN + writing, **TWO_LOGS})
    assert str(found.first.attempt.model) == "model.py:Net()" and best_of(found.first) == known


GIVEN = SCRIPT.replace(
    BUILD,
    "import argparse\nfrom model import Net\nparser = argparse.ArgumentParser()\n"
    "parser.add_argument('--dropout', type=float, default=0.1)\ngiven = parser.parse_args()\n"
    "model = Net(dropout=given.dropout)\n",
)


@pytest.mark.parametrize(
    "settings, known",
    [
        ({}, None),
        ({"runs/a/hparams.yaml": "dropout: 0.3", "runs/b/hparams.yaml": "dropout: 0.1"}, 80),
        ({"runs/a/args.json": '{"dropout": 0.1}', "runs/b/args.json": '{"dropout": 0.3}'}, 90),
        ({"runs/b/config.yaml": "model:\n  dropout: 0.1\n"}, 80),
        ({"runs/a/hparams.yaml": "dropout: 0.3", "runs/b/hparams.yaml": "dropout: 0.3"}, None),
        ({"runs/a/hparams.yaml": "lr: 0.3", "runs/b/hparams.yaml": "lr: 0.1"}, None),
        ({"runs/a/metrics.json": '{"dropout": 0.1}'}, None),
        ({"hparams.yaml": "dropout: 0.1"}, None),
    ],
)
def test_the_settings_that_are_recorded_beside_a_log_tie_it(settings, known, tmp_path):
    found = judged(tmp_path, {**MODULES, "train.py": GIVEN, **TWO_LOGS, **settings})
    assert best_of(found.first) == known


def test_the_total_that_is_printed_with_a_log_ties_it(tmp_path, run_here):
    text = f"Total params: {NET_TOTAL:,}\n{log(80)}Total params: {WIDE_TOTAL:,}\n{log(90)}"
    found = judged(tmp_path, {**TWO_SCRIPTS, "output.txt": text}, run=True)
    assert {
        one.attempt.name: (one.facts["parameters"].value, best_of(one)) for one in found.every
    } == {"train_net.py": (NET_TOTAL, 80), "train_wide.py": (WIDE_TOTAL, 90)}


@pytest.mark.parametrize("printed", [500, 250_000])
def test_a_log_of_another_total_says_nothing_of_the_network(printed, tmp_path, run_here):
    found = judged(
        tmp_path,
        {**MODULES, "S9.ipynb": notebook(90, printed=f"Total params: {printed:,}\n")},
        run=True,
    )
    fact = found.first.facts["best_test_accuracy"]
    assert fact.value is None and f"{printed:,}" in fact.why and f"{NET_TOTAL:,}" in fact.why
    same = {**MODULES, "S9.ipynb": notebook(90, printed=f"Total params: {NET_TOTAL:,}\n")}
    assert best_of(judged(tmp_path / "same", same, run=True).first) == 90


# --- which counts -----------------------------------------------------------------------------------------------------

TWO = {**BOTH, "v1.ipynb": notebook(88), "v2.ipynb": notebook(81, BUILD_WIDE)}


@pytest.mark.parametrize(
    ("readme", "counts", "why"),
    [
        ("# Work\n\nTwo tries, v1.ipynb and v2.ipynb.", "v1.ipynb", "most points"),
        (
            "# Work\n\nThe final network is in [v2.ipynb](v2.ipynb).",
            "v2.ipynb",
            "line 3 of README.md",
        ),
        (
            "# Work\n\nv1.ipynb is not the final version.\n\n* Submitted: `v2.ipynb`",
            "v2.ipynb",
            "line 5 of README.md",
        ),
        (
            "# Work\n\nTwo tries after a warm-up. The final network is in v2.ipynb.",
            "v2.ipynb",
            "line 3 of README.md",
        ),
        (
            "# Work\n\n## Final submission\n\nSee `v2.ipynb`.\n\n## Earlier\n\nSee v1.ipynb.",
            "v2.ipynb",
            "line 5 of README.md",
        ),
        ("# Work\n\nOur best result is that of WideNet.", "v2.ipynb", "line 3 of README.md"),
        ("# Work\n\nThe main training loop is in v2.ipynb.", "v1.ipynb", "most points"),
        ("# Work\n\nFinal: v1.ipynb\n\nSubmission: v2.ipynb", "v1.ipynb", "most points"),
    ],
)
def test_the_attempt_that_the_readme_names_counts_else_the_one_with_most_points(
    readme, counts, why, tmp_path
):
    found = judged(tmp_path, {**TWO, "README.md": readme})
    assert found.first.attempt.name == counts and why in found.why


def test_the_name_of_a_file_is_no_word_about_it(tmp_path):
    """main.py, final.py and best.py are called so by students who hand in something else."""
    files = {
        **BOTH,
        "v1.ipynb": notebook(88),
        "final_best_main.py": SCRIPT.replace(BUILD, BUILD_WIDE),
    }
    readme = "# Work\n\nRun `python final_best_main.py` to train.\n\nThe log is in v1.ipynb."
    found = judged(tmp_path, {**files, "README.md": readme})
    assert found.first.attempt.name == "v1.ipynb" and "most points" in found.why


@pytest.mark.parametrize(
    "options", [{"attempt": "v2.ipynb"}, {"notebook": "v2.ipynb"}, {"model": "model.py:WideNet"}]
)
def test_by_hand_everything_changes_with_it(options, tmp_path):
    found = judged(tmp_path, TWO, **options)
    assert found.first.attempt.name == "v2.ipynb" and best_of(found.first) == 81
    assert str(found.first.attempt.model) == "model.py:WideNet()"


def test_claims_that_cannot_be_checked_hide_nothing_else(tmp_path, monkeypatch):
    def fails(*arguments):
        raise ValueError("broken")

    monkeypatch.setattr("utils.grading.grade.check_claims", fails)
    build(tmp_path, TWO)
    entry = examine(tmp_path, RUBRIC).entry
    assert entry["facts"]["best_test_accuracy"] == 88
    assert any("checking the claims (ValueError: broken)" in one for one in entry["warnings"])


def test_a_name_that_is_none_of_them_is_an_error(tmp_path):
    with pytest.raises(UserError, match="v1.ipynb, v2.ipynb"):
        judged(tmp_path, TWO, attempt="v3.ipynb")


def test_the_reports_show_all_of_them(tmp_path):
    build(tmp_path, {**TWO, "warm_up.ipynb": [IMPORTS, (DIGITS, log(99.1))]})
    graded = examine(tmp_path, RUBRIC)
    jsonschema.validate({"submissions": [graded.entry]}, json.loads(SCHEMA.read_text()))
    rows = {one["name"]: one for one in graded.entry["attempts"]}
    assert [one["counts"] for one in rows.values()] == [True, False, False]
    assert rows["v1.ipynb"]["points"] == graded.entry["points"] > rows["v2.ipynb"]["points"]
    assert rows["warm_up.ipynb"]["points"] is None and "MNIST" in rows["warm_up.ipynb"]["remark"]
    for page in (markdown_report([graded]), html_report(graded)):
        assert "Attempts" in page and all(name in page for name in rows)
