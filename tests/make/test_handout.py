"""The handout states the rubric, runs at once on the digits, earns few points as it is, and full points when filled in."""

import importlib.util
import os
import re
import subprocess
import sys

import nbformat
import pytest
import torch

from tests.grading import submissions as good
from utils.data.cifar10 import cifar10_root
from utils.grading.audits import Options
from utils.grading.grade import grade
from utils.grading.rubrics.rubric import load_rubric, shipped_rubrics
from utils.make import handout as make_handout

RUBRIC = load_rubric("era_s9")
MINE = """name = "mine"
title = "Small networks"
[[criteria]]
id = "small"
title = "Fewer than 5,000 parameters"
points = 2.5
check = "below"
facts = ["parameters"]
threshold = 5000
advice = "Use fewer channels."
"""


@pytest.fixture(scope="module")
def handout(tmp_path_factory):
    """The folder as a student gets it; tests only read it."""
    folder = tmp_path_factory.mktemp("given") / "handout"
    make_handout.write_handout(RUBRIC, folder)
    return folder


def verdicts(entry):
    return {criterion["id"]: criterion["verdict"] for criterion in entry["criteria"]}


@pytest.mark.parametrize("name", shipped_rubrics())
def test_the_assignment_states_every_point_of_the_rubric(name):
    rubric = load_rubric(name)
    text = make_handout.assignment_text(rubric, None)
    for criterion in rubric.criteria:
        assert f"| {criterion.title} | {criterion.points:g} |" in text
        assert f"- **{criterion.title}.** {criterion.advice}" in text
    assert f"# {rubric.title}" in text and "| **Total** | **100** |" in text


def test_a_rubric_of_ones_own(tmp_path):
    (tmp_path / "mine.toml").write_text(MINE, encoding="utf-8")
    folder = tmp_path / "handout"
    asked = ["--rubric", str(tmp_path / "mine.toml"), "--folder", str(folder)]
    assert make_handout.main(asked) == 0
    assert "| Fewer than 5,000 parameters | 2.5 |" in (folder / "ASSIGNMENT.md").read_text()
    assert load_rubric(str(folder / "rubric.toml")).criteria == load_rubric(asked[1]).criteria


def test_what_somebody_changed_is_not_replaced(tmp_path, capsys):
    asked = ["--folder", str(tmp_path / "handout")]
    assert make_handout.main(asked) == make_handout.main(asked) == 0
    work = tmp_path / "handout" / "model.py"
    work.write_text("mine")
    (tmp_path / "handout" / "data.py").unlink()
    assert make_handout.main(asked) == 1 and work.read_text() == "mine"
    assert "model.py exists and differs" in capsys.readouterr().err
    assert not (tmp_path / "handout" / "data.py").exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert make_handout.main(["--folder", str(tmp_path / "file" / "handout")]) == 1
    assert (
        "handout cannot be used, because a file is where a folder belongs"
        in capsys.readouterr().err
    )


def test_the_address_of_the_course_is_the_readmes(monkeypatch, tmp_path):
    assert make_handout.where_to_grade(None) in make_handout.assignment_text(RUBRIC, None)
    page = tmp_path / "README.md"
    monkeypatch.setattr(make_handout, "README", page)
    badge = "https://colab.research.google.com/github/{}/notebooks/01_data_exploration.ipynb"
    page.write_text(badge.format("OWNER/cifar10-under-200k/blob/main"))
    assert make_handout.course_address() is None
    page.write_text(badge.format("ada/course/blob/spring/v2"))
    text = make_handout.assignment_text(RUBRIC, make_handout.course_address())
    assert "github/ada/course/blob/spring/v2/notebooks/06_grade_your_submission.ipynb" in text
    assert "<https://github.com/ada/course>" in text


def test_the_starter_runs_at_once_on_the_digits(handout):
    cells = nbformat.read(handout / "starter.ipynb", as_version=4).cells
    source = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    assert len(source) > 500 and not any(cell.get("outputs") for cell in cells)
    environment = os.environ | {"OMP_NUM_THREADS": "1", "NO_ALBUMENTATIONS_UPDATE": "1"}
    done = subprocess.run(
        [sys.executable, "-B", "-c", source],
        cwd=handout,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "1,500 training images, 297 test images" in done.stdout
    reached = [
        int(right) for right in re.findall(r"^Test: .*?(\d+)/297", done.stdout, re.MULTILINE)
    ]
    assert len(reached) == 3 and reached[-1] > 150  # chance is 30


def module(name):
    """The module `name` of the handout."""
    file = make_handout.STARTER / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"handout_{name}", file)
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def test_a_training_that_is_kept_goes_on_with_its_log(tmp_path, capsys):
    loops, file = module("loops"), str(tmp_path / "mine.pt")
    images = torch.randn(24, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    loader = torch.utils.data.DataLoader([(one, n % 3) for n, one in enumerate(images)], 8)

    def train(epochs, keep):
        torch.manual_seed(1)
        model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3072, 10))
        loops.fit(model, "cpu", loader, loader, epochs, keep=keep)
        return capsys.readouterr().out, model.state_dict()

    whole, weights = train(4, None)
    first, _ = train(2, file)
    again, same = train(4, file)
    assert whole.startswith(first) and again == whole and whole.count("Epoch") == 4
    assert all(torch.equal(same[name], weights[name]) for name in weights)
    assert train(4, file)[0] == whole


def test_it_reads_cifar10_where_it_is(cifar10):
    data = module("data")
    sets = data.cifar10(*[lambda image: {"image": image}] * 2, folder=cifar10_root())
    for one, known in zip(sets, (cifar10.train, cifar10.test)):
        assert len(one) == len(known) and one[7][1] == known.labels[7]
        assert (one[7][0] == known.images[7]).all()


def test_as_it_is_it_earns_few_points(handout):
    entry = grade(handout, RUBRIC, Options(run=True))
    passed = {name for name, verdict in verdicts(entry).items() if verdict == "pass"}
    assert passed == {"parameters", "modular"} and 0 <= entry["points"] <= 30
    assert verdicts(entry)["accuracy"] == "unverifiable" and not entry["claims"]


def filled_in(folder, change_data, right, count):
    """The handout in `folder`, with a good network and augmentation, and a log of `right` answers of `count`."""
    make_handout.write_handout(RUBRIC, folder)
    transforms = good.TRANSFORMS.split("\n\nclass Cifar")[0]
    for old, new in (
        ("train_transforms", "TRAIN"),
        ("test_transforms", "TEST"),
        ("from torchvision import datasets\n", ""),
    ):
        transforms = transforms.replace(old, new)
    (folder / "transforms.py").write_text(transforms)
    (folder / "model.py").write_text(good.MODEL.replace("CifarNet", "Net"))
    notebook = nbformat.read(folder / "starter.ipynb", as_version=4)
    lines = []
    for epoch, hits in enumerate(right):
        wrong = 1 - hits / count
        lines += [
            f"Epoch {epoch}",
            f"Train: Average loss: {2.1 * wrong + 0.07:.4f}, Accuracy: {98 - 100 * wrong:.2f}%",
            f"Test: Average loss: {2.7 * wrong + 0.03 + 0.0011 * (epoch * 5 % 7):.4f}, "
            f"Accuracy: {hits}/{count} ({100 * hits / count:.2f}%)\n",
        ]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source = change_data(cell.source).replace("epochs=3", f"epochs={len(right)}")
            if "fit(model" in cell.source:
                cell.outputs = [good.v4.new_output("stream", text="\n".join(lines))]
    nbformat.write(notebook, folder / "starter.ipynb")


def test_filled_in_it_passes_without_other_changes(tmp_path):
    filled_in(
        tmp_path,
        lambda source: source.replace("data.digits(", "data.cifar10("),
        good.correct_answers(8652),
        10_000,
    )
    found = verdicts(grade(tmp_path, RUBRIC, Options()))
    wanted = ("accuracy", "albumentations", "modular")
    assert {found[name] for name in wanted} == {"pass"}


def test_a_log_of_the_digits_is_no_accuracy_on_cifar10(tmp_path):
    right = [round(297 * share / 10_000) for share in good.correct_answers(9600)]
    filled_in(tmp_path, lambda source: source, right, 297)
    assert verdicts(grade(tmp_path, RUBRIC, Options()))["accuracy"] != "pass"
