"""The headings that a run stands under, and the data set that it is of."""

import json

import pytest

from tests.grading.log.written_logs import notebook, plain_per_cent, tqdm_from_0, training
from utils.grading.log.data_set import data_set_of, data_sets_named
from utils.grading.log.runs import submission_runs
from utils.grading.submission.contents import read_submission

COURSE = training(6)
LOG = plain_per_cent(COURSE)
FENCED = f"```\n{LOG}```\n"


def runs_of(folder, **files):
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_md", ".md").replace(
            "_txt", ".txt"
        ).replace("_ipynb", ".ipynb")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return submission_runs(read_submission(folder))


def book(*cells):
    """A notebook of text cells and the outputs of code cells: ("markdown", text) or ("code", output)."""
    document = json.loads(notebook(*(text if kind == "code" else "" for kind, text in cells)))
    for cell, (kind, text) in zip(document["cells"], cells):
        if kind == "markdown":
            cell.update(cell_type="markdown", source=text, outputs=[])
    return json.dumps(document)


@pytest.mark.parametrize(
    "text, named",
    [
        ("CIFAR-10", "CIFAR-10"),
        ("CIFAR10 with dilated convolutions", "CIFAR-10"),
        ("cifar.ipynb", "CIFAR-10"),
        ("cifar10_20_epochs.log", "CIFAR-10"),
        ("CIFAR-10 (after MNIST warm-up)", "CIFAR-10"),
        ("CIFAR-10 after MNIST", "CIFAR-10"),
        ("Fine-tuning ImageNet weights on CIFAR-10", "CIFAR-10"),
        ("cifar100.txt", "CIFAR-100"),
        ("Warm-up: MNIST", "MNIST"),
        ("Warm-up (MNIST)", "MNIST"),
        ("MNIST digits", "MNIST"),
        ("Digits (warm-up)", "digits"),
        ("warm_up_digits.ipynb", "digits"),
        ("fashion_mnist.txt", "Fashion-MNIST"),
        ("FMNIST", "Fashion-MNIST"),
        ("SVHN", "SVHN"),
        ("Tiny-ImageNet", "Tiny ImageNet"),
    ],
)
def test_a_title_names_a_data_set(text, named):
    assert data_sets_named(text) == {named}


@pytest.mark.parametrize(
    "text",
    [
        "Images",
        "Unlike MNIST",
        "ImageNet-pretrained ResNet",
        "ImageNet mean and std",
        "Print 4 digits",
        "Number of digits",
        "Scifarious",
        "README.md",
    ],
)
def test_a_title_that_names_none(text):
    assert data_sets_named(text) == set()


def test_headings_of_a_text(tmp_path):
    text = (
        f"Work\n====\n\n## Small\n\n```\n# MNIST\n{LOG}```\n\n## Wide ##\n\n### <em>Longer</em>\n\n{LOG}\n"
        f"Last\n----\n\n{LOG}\n<h2 align='center'>Deep &amp; thin</h2>\n\n{tqdm_from_0(COURSE)}"
    )
    found = [run.headings for run in runs_of(tmp_path, README_md=text)]
    assert found == [
        ("Work", "Small"),
        ("Work", "Wide", "Longer"),
        ("Work", "Last"),
        ("Work", "Deep & thin"),
    ]


def test_lines_of_a_log_are_no_headings(tmp_path):
    blocks = "".join(
        f"\nEpoch {one.index + 1}/6\n----------\n# Test Accuracy: {one.test:.2f}%\nTrain Accuracy: "
        f"{one.train:.2f}%\n"
        for one in COURSE
    )
    (run,) = runs_of(tmp_path, README_md="# Work\n" + blocks)
    assert run.headings == ("Work",) and len(run.epochs) == 6


def test_headings_of_a_notebook(tmp_path):
    cells = (
        ("markdown", "# Work\n\nText"),
        ("code", LOG),
        ("markdown", "```\n# not closed"),
        ("markdown", "## Wide"),
        ("code", "nothing"),
        ("code", LOG),
        ("markdown", "# After"),
    )
    found = [run.headings for run in runs_of(tmp_path, S9_ipynb=book(*cells))]
    assert found == [("Work",), ("Work", "Wide")]


@pytest.mark.parametrize(
    "text, data_sets",
    [
        (f"# Work\n\n## Digits (warm-up)\n\n{FENCED}\n## Images\n\n{FENCED}", ["digits", None]),
        (
            f"# Work\n\n## Warm-up: MNIST\n\n{FENCED}\n## CIFAR-10 (after MNIST warm-up)\n\n{FENCED}",
            ["MNIST", "CIFAR-10"],
        ),
        (
            f"# CIFAR-10\n\n## MNIST first\n\n### Log\n\n{LOG}\n## Log\n\n{LOG}",
            ["MNIST", "CIFAR-10"],
        ),
        (f"# CIFAR-10\n\n## MNIST and Fashion-MNIST\n\n{LOG}", [None]),
        (f"# Work\n\nAs with MNIST before, it learns.\n\n{LOG}", [None]),
        (f"# Work\n\n```\nDataset: SVHN\n{LOG}```\n", ["SVHN"]),
    ],
)
def test_the_nearest_heading_of_a_text_decides(tmp_path, text, data_sets):
    assert [data_set_of(run) for run in runs_of(tmp_path, README_md=text)] == data_sets


def test_the_path_of_a_log_tells(tmp_path):
    runs = runs_of(
        tmp_path,
        logs__mnist_txt=LOG,
        mnist__cifar10_txt=LOG,
        svhn__a_txt=LOG,
        plain_txt=LOG,
        mnist_then_cifar_txt=LOG,
        warm_up_digits_ipynb=notebook(LOG),
    )
    assert {run.source: data_set_of(run) for run in runs} == {
        "logs/mnist.txt": "MNIST",
        "mnist/cifar10.txt": "CIFAR-10",
        "svhn/a.txt": "SVHN",
        "plain.txt": None,
        "mnist_then_cifar.txt": None,
        "warm_up_digits.ipynb": "digits",
    }


def test_words_printed_before_a_run_tell(tmp_path):
    first = (
        "Downloading http://yann.lecun.com/exdb/mnist/train-images-idx3-ubyte.gz\nExtracting\n"
        + LOG
    )
    second = "Files already downloaded and verified\n" + LOG
    third = f"Training on SVHN\n{LOG}Now dataset=CIFAR10\n{LOG}"
    both = "Files of MNIST and CIFAR10 found\n" + LOG
    runs = runs_of(tmp_path, S9_ipynb=notebook(first, second, third, both))
    assert [data_set_of(run) for run in runs] == ["MNIST", None, "SVHN", "CIFAR-10", None]


def test_the_number_of_images_tells_last(tmp_path):
    counted = "".join(
        f"Epoch {one.index}\nTrain set: Accuracy: {one.train_correct}/60000\nTest set: Accuracy: "
        f"{one.test_correct}/10000\n"
        for one in COURSE
    )
    (run,) = runs_of(tmp_path, S9_ipynb=notebook(counted))
    assert data_set_of(run) == "MNIST"
    (run,) = runs_of(tmp_path, S9_ipynb=book(("markdown", "# Fashion-MNIST"), ("code", counted)))
    assert data_set_of(run) == "Fashion-MNIST"
