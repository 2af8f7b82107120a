"""What the tables of a README say: of which network, which quantity, which value."""

import pytest

from tests.grading.claims.of_readme import BEST, COURSE
from tests.grading.claims.test_lists import verdicts
from tests.grading.claims.test_subjects import BEST_SMALL, BEST_WIDE, claims

B, L = f"{BEST.test:.2f}", f"{COURSE[-1].test:.2f}"


def table(*rows):
    head, *others = (f"| {row} |" for row in rows)
    return "\n".join((head, "|---" * (rows[0].count("|") + 1) + "|", *others))


@pytest.mark.parametrize(
    "rows, expected",
    [
        # what was asked for and what came out
        (("| Asked | Obtained", "parameters | < 200 000 | 126 634"), ["true"]),
        (("| Asked | Obtained", "parameters | < 200 000 | 154 146"), ["false"]),
        (("metric | target | value", f"test accuracy | 85 % | {B} %"), ["true"]),
        (("fact | value | limit", "receptive field | 61 | 44"), ["false"]),
        (("Requirement | Where | Ok", "RF more than 44 | 51 | yes"), ["true"]),
        (("Requirement | Where | Ok", "RF more than 44 | 61 | no"), []),
        (("Requirement | Limit | Ours", "Accuracy | 85 % | not reached"), []),
        (("Requirement | Value | Points", "RF | 44 | 61"), []),
        (("Requirement | Target | Mine", f"Test accuracy | > 85 % | {B} %"), ["true"]),
        (("Requirement | Target | My network", "parameters | < 200,000 | 154,146"), ["false"]),
        (
            ("Requirement | Target | Our model | Status", "parameters | 200k | 154,146 | ✅"),
            ["false"],
        ),
        (("Requirement | Target | Paper", "parameters | < 200,000 | 154,146"), []),
        (("| handed in", "parameters | 154,146"), ["false"]),
        # a note may be a condition
        (("Parameter | Value | Note", "receptive field | 83 | "), ["false"]),
        (("Parameter | Value | Note", "epochs | 12 | for the LR test"), []),
        # what the row and the column name together
        (
            ("| Train | Test", f"Accuracy (last epoch) | {COURSE[-1].train:.2f}% | {L}%"),
            ["true"] * 2,
        ),
        (("Metric | Best | Last", f"test accuracy | 89.20 % | {L} %"), ["false", "true"]),
        (("| epoch | train | test", f"best | 30 | 70.10 % | {B} %"), ["true"]),
        # rows that are networks: only the submission's own is judged
        (("model | params | test accuracy", "ResNet-20 | 270,000 | 91.25 %"), []),
        (("model | params | test accuracy", f"this one | 126,634 | {B} %"), ["true"] * 2),
        (("model | params | test accuracy", "ours | 145,634 | 91.20 %"), ["false"] * 2),
        (("model | params | test accuracy", "ours + TTA | 145,634 | 91.20 %"), []),
        (
            ("model | params | test accuracy | comment", f"v3 | 126,634 | {B} % | final"),
            ["true"] * 2,
        ),
        (("model | params | test accuracy | comment", "v3 | 145,634 | 91.20 % | final"), []),
        (("run | best test acc", "2 | 91.20"), []),
        # tables of other things
        (("layer | params", "final | 9,216"), []),
        (("block | layers | RF", "C1 | 3 | 7"), []),
        (("class | accuracy", "final | 73.1 %"), []),
        (("epoch | train acc | test acc", "30 | 33.10 | 45.10"), []),
        (("optimizer | test accuracy", "SGD | 91.20 %"), []),
        (("Setting | Value", "Epochs | 40"), []),
        # columns that are networks
        (("Metric | Paper | Ours", "parameters | 320,000 | 136,634"), ["false"]),
        (("Metric | Before | After", f"test accuracy | 83.20 % | {B} %"), []),
        (("Metric | First run | Second run", "test accuracy | 83.20 % | 91.20 %"), []),
    ],
)
def test_a_cell_is_judged_where_its_table_says_what_it_is(tmp_path, rows, expected):
    assert verdicts(tmp_path, table(*rows)) == expected


def test_the_columns_and_rows_of_a_table_name_attempts(tmp_path):
    columns = table(
        "| WideNet | `small_net.ipynb` | ResNet",
        f"best test accuracy | {BEST_WIDE:.2f} % | {BEST_WIDE:.2f} % | 99.10 %",
        "parameters | 190,000 | 60,100 | 11,000,000",
    )
    found = claims(tmp_path, {"README.md": columns})
    assert [(one.verdict, one.value) for one in found] == [
        ("true", BEST_WIDE),
        ("false", BEST_SMALL),
        ("true", 190_000),
        ("true", 60_100),
    ]
    rows = table("model | params", "Small | 60,100", "Wide | 60,100", "Wide + SE | 60,100")
    found = claims(tmp_path, {"README.md": rows})
    assert [(one.verdict, one.value) for one in found] == [("true", 60_100), ("false", 190_000)]


def test_a_table_in_a_fence_or_below_the_task_says_nothing(tmp_path):
    rows = table("Metric | Value | Note", "parameters | 98,500 | ")
    assert verdicts(tmp_path, rows) == ["false"]
    assert verdicts(tmp_path, f"```\n{rows}\n```") == []
    assert verdicts(tmp_path, f"## Requirements\n\n{rows}") == []
