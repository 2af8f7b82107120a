"""The total that a printed summary gives, and which of several counts."""

import pytest

from tests.grading.first_attempt import printed_summary
from tests.grading.log.written_logs import notebook, tqdm_from_0, training
from utils.grading.submission.contents import read_submission

COURSE = training()


@pytest.mark.parametrize(
    "output, total",
    [
        ("Total params: 188,992\nTrainable params: 188,992\n", 188_992),
        ("Total params: 188992\n", 188_992),
        ("Total params: 185.9 K\n", None),
        ("185 K     Total params\n", None),
        ("188,992   Total params\n", 188_992),
        ("Total params: 188,992 (738.25 KB)\n", 188_992),
        ("Total number of trainable parameters: 188,992\n", 188_992),
        ("Number of parameters: 188,992\n", 188_992),
        ("Params size (MB): 0.72\n", None),
        (
            "Layer (type)  Output Shape  Param #\n  Conv2d-1  [-1, 32, 32, 32]  864\n  Conv2d-2  [-1, 10, 1, 1]  1,000\n"
            "Total params: 1,864\n",
            1_864,
        ),
        (
            "Layer (type)  Output Shape  Param #\n  Conv2d-1  [-1, 32, 32, 32]  864\n  Conv2d-2  [-1, 10, 1, 1]  1,000\n"
            "Total params: 864\n",
            None,
        ),
    ],
)
def test_printed_totals(tmp_path, output, total):
    (tmp_path / "S9.ipynb").write_text(notebook(output), encoding="utf-8")
    fact = printed_summary(read_submission(tmp_path), "S9.ipynb").facts["printed_parameters"]
    assert fact.value == total and fact.why


def test_of_several_totals_the_one_before_the_judged_run_counts(tmp_path):
    one, two = "Total params: 185,936\n", "Total params: 151,504\n"
    (tmp_path / "S9.ipynb").write_text(
        notebook(one, two, tqdm_from_0(COURSE), one), encoding="utf-8"
    )
    found = printed_summary(read_submission(tmp_path), "S9.ipynb")
    assert found.facts["printed_parameters"].value == 151_504 and "185,936" in found.warnings[0]
    (tmp_path / "S9.ipynb").write_text(notebook(one, two), encoding="utf-8")
    fact = printed_summary(read_submission(tmp_path), "S9.ipynb").facts["printed_parameters"]
    assert fact.value is None and "several totals" in fact.why


@pytest.mark.parametrize(
    "text, total",
    [
        ("* Total parameters: 143,290\n", None),  # said, not printed
        ("```\nTotal params: 143,290\n```\n", 143_290),
        ("    Total params: 143,290\n", 143_290),
        (
            "Layer (type)  Output Shape  Param #\n  Conv2d-1  [-1, 8, 32, 32]  864\nTotal params: 864\n",
            864,
        ),
    ],
)
def test_a_readme_prints_a_total_where_one_was_pasted(tmp_path, text, total):
    (tmp_path / "README.md").write_text(f"# Network\n\n{text}", encoding="utf-8")
    (tmp_path / "S9.ipynb").write_text(notebook(tqdm_from_0(COURSE)), encoding="utf-8")
    fact = printed_summary(read_submission(tmp_path), "S9.ipynb").facts["printed_parameters"]
    assert fact.value == total
