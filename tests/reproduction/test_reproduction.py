"""Runs compared with the reports' logs, and the reports' statements with what is computed."""

import pytest

from models import MODELS
from utils.reproduction.comparison import compare, comparison_table
from utils.reproduction.report_claims import STATEMENTS, statements_table
from utils.training.history import EpochRecord


def history(*correct, loss=1.0):
    return [
        EpochRecord(epoch, test_loss=loss, test_correct=count, test_total=200)
        for epoch, count in enumerate(correct)
    ]


def test_differences_are_ours_minus_the_reports():
    found = compare(history(100, 130, 150, loss=2.0), history(104, 120, 151, 190, loss=0.5))
    assert (found.epochs, found.ours, found.logged, found.final) == (3, 75.0, 75.5, -0.5)
    assert (found.largest, found.largest_epoch, found.mean) == (
        5.0,
        1,
        pytest.approx((-2 + 5 - 0.5) / 3),
    )
    assert found.loss_ratio == 4.0
    assert found.standard_error == pytest.approx(
        100 * (0.75 * 0.25 / 200 + 0.755 * 0.245 / 200) ** 0.5
    )
    assert "-0.50" in comparison_table({"run": found}) and "+5.00 (1)" in comparison_table(
        {"run": found}
    )


def test_a_log_without_test_accuracies_cannot_be_compared():
    with pytest.raises(ValueError, match="need a test accuracy"):
        compare(history(1, 2), [EpochRecord(0), EpochRecord(1)])
    with pytest.raises(ValueError, match="need a test accuracy"):
        compare([], history(1))


# Known from the two documents themselves, independent of the code that computes it.
EXPECTED = {
    "assignment6_net1": ["0 of 6", "57,056", "43 at", "69.20 % at best (epoch 14)", "0 of 15"],
    "assignment6_net2": ["151,504", "2 of 2", "41 at", "120 of 120"],
    "era9": ["188,992", "1 of 1", "86.54 % at best (epoch 74)", "epoch 49 (85.09 %)", "0 of 75"],
}


@pytest.mark.parametrize("model", EXPECTED)
def test_statements_beside_the_facts(model):
    table = statements_table(model)
    assert len(table.splitlines()) == 1 + sum(statement.model == model for statement in STATEMENTS)
    assert not [text for text in EXPECTED[model] if text not in table]


def test_statements_are_of_networks_that_exist():
    assert {statement.model for statement in STATEMENTS} <= set(MODELS)
