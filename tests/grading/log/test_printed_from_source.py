"""A log that stands in the code was never measured; one that is computed was."""

import pytest

from tests.grading.first_attempt import log_audit
from tests.grading.log.written_logs import notebook, training, value
from utils.grading.submission.contents import read_submission

COURSE = training()
BEST = max(COURSE, key=lambda one: one.test)


def of_source(tmp_path, source, output, later=""):
    sources = [source, later]
    (tmp_path / "S9.ipynb").write_text(notebook(output, "x\n", sources=sources), encoding="utf-8")
    return log_audit(read_submission(tmp_path), "S9.ipynb", 85.0)


LINES = "".join(f"Epoch {one.index}: test acc: {one.test:.2f}%\n" for one in COURSE)
ACCURACIES = str([one.test for one in COURSE])


@pytest.mark.parametrize(
    "source",
    [
        f'!pip list\nprint("""{LINES}""")',
        "\n".join(f"print({line!r})" for line in LINES.split("\n")),
        f"text = {LINES!r}\nfor line in text.split('\\n'):\n    print(line)",
        f"train(model)\nprint('Epoch {BEST.index}: test acc: {BEST.test:.2f}%')",
        f"for epoch, one in enumerate({ACCURACIES}):\n    print(f'Epoch {{epoch}}: test acc: {{one:.2f}}%')",
    ],
)
def test_a_log_that_stands_in_the_source_is_no_log(tmp_path, source):
    found = of_source(tmp_path, source, LINES)
    for name in (
        "best_test_accuracy",
        "final_test_accuracy",
        "best_epoch",
        "first_epoch_at_target",
    ):
        assert (
            value(found, name) is None and "is text in the cell's own code" in found.facts[name].why
        )
    assert any("own code" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    "source, later",
    [
        ("print(f'Epoch {epoch}: test acc: {one:.2f}%')", ""),
        ("print('Epoch %d: test acc: %.2f%%' % (epoch, one))", ""),
        ("train(model)\n# " + LINES.replace("\n", "\n# "), ""),
        (f'train(model)\n"""{LINES}"""', ""),
        ("train(model)", f"plot({ACCURACIES})\nlog = {LINES!r}"),
        ("train(model", ""),
    ],
)
def test_a_log_that_is_computed_is_one(tmp_path, source, later):
    assert value(of_source(tmp_path, source, LINES, later), "best_test_accuracy") == BEST.test
