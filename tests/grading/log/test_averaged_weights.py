"""Accuracies of averaged weights (EMA, SWA) beside those of the network, and alone."""

import pytest

from tests.grading.log.written_logs import audit, figures, training

COURSE = training()
BEST = max(COURSE, key=lambda one: one.test)


def ema_in_the_line(course):
    return "".join(
        f"Epoch {one.index}: test acc: {one.test:.2f}% | EMA test acc: {one.index + 60:.2f}%\n"
        for one in course
    )


def ema_in_brackets(course):
    return "".join(
        f"Epoch {one.index} train loss {one.train_loss:.3f} test acc {one.test:.2f} test acc (swa) 91.00\n"
        for one in course
    )


def ema_in_a_line_before(course):
    return "".join(
        f"Epoch {one.index}\n[EMA] Test set: Average loss: 0.2, Accuracy: 9{one.index:02d}0/10000\nTest set: "
        f"Average loss: {one.test_loss:.4f}, Accuracy: {one.test_correct}/10000 ({one.test:.2f}%)\n"
        for one in course
    )


def ema_in_a_line_after(course):
    return "".join(
        f"Epoch {one.index}\ntest acc: {one.test:.2f}%\nema test acc: {one.index + 60}.00%\n"
        for one in course
    )


def ema_columns(course, names="ema_test_acc,test_acc"):
    return "\n".join(
        [f"epoch,{names}", *(f"{one.index},9{one.index / 10:.2f},{one.test:.2f}" for one in course)]
    )


def ema_columns_in_a_table(course):
    rows = [f"| {one.index} | {one.test:.2f} | 9{one.index / 10:.2f} |" for one in course]
    return "\n".join(["| Epoch | Test Acc | Test Acc (EMA) |", "|---|---|---|", *rows])


EMA = (
    ema_in_the_line,
    ema_in_brackets,
    ema_in_a_line_before,
    ema_in_a_line_after,
    ema_columns,
    ema_columns_in_a_table,
)


@pytest.mark.parametrize("write", EMA)
def test_averaged_weights_never_replace_the_plain_ones(tmp_path, write):
    found = audit(tmp_path, write(COURSE))
    assert figures(found) == (30, BEST.test, BEST.index)
    assert not any("averaged weights" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    "write",
    [
        lambda course: "".join(
            f"Epoch {one.index}: EMA test acc: {one.test:.2f}%\n" for one in course
        ),
        lambda course: "".join(
            f"Epoch {one.index}\nTest Acc (EMA): {one.test:.2f}\n" for one in course
        ),
        lambda course: "\n".join(
            ["epoch,test_acc_ema", *(f"{one.index},{one.test:.2f}" for one in course)]
        ),
    ],
)
def test_averaged_weights_alone_are_read_with_a_remark(tmp_path, write):
    found = audit(tmp_path, write(COURSE))
    assert figures(found) == (30, BEST.test, BEST.index)
    assert any("averaged weights" in warning for warning in found.warnings)
