"""Task lists, tables of what was asked for and what came out, and numbers that only rounding makes right."""

import pytest

from tests.grading.claims.of_readme import BEST, FIRST, claims, of_readme
from tests.grading.claims.test_sentences import KNOWN
from tests.grading.log.written_logs import notebook, tqdm_from_0, training

B = f"{BEST.test:.2f}"
BELOW = training(top=85.2)  # its best is 84.68 %


def verdicts(tmp_path, text):
    return [one.verdict for one in of_readme(tmp_path, f"# Network\n\n{text}\n", KNOWN)]


def table(head, *rows):
    return "\n".join((f"| {head} |", "|---|---|", *(f"| {row} |" for row in rows)))


@pytest.mark.parametrize(
    "text",
    [
        "- [ ] 85% test accuracy",
        "* [ ] 126,634 parameters",
        "1. [ ] The model reaches 91.20% test accuracy.",
        "-[] RF 51",
        "- [ ] retrain it, RF 51",
        "- [ ] Train longer. The model has 91.20% test accuracy then.",
        "- [ ] the next model has\nan accuracy of 91.20%",
        "- [ ] next version\n  - 91.20% test accuracy\n\n  - 126,634 parameters",
        f"☐ Test accuracy: {B}%",
        f'<li><input type="checkbox"> Test accuracy: {B}%</li>',
        "- ❌ 85% test accuracy",
        f"| Test accuracy | {B}% ❌ |",
        "~~Test accuracy: 91.20%~~",
        "- [x] reach 95% test accuracy",
        "- [x] Dilated convolution",
        "- [x] Test accuracy: 81.20% in the first try",
        "- [x] tried 60 epochs",
    ],
)
def test_what_is_not_ticked_or_not_said_of_the_result_is_no_claim(tmp_path, text):
    assert verdicts(tmp_path, text) == []


@pytest.mark.parametrize(
    "text, expected",
    [
        ("- [x] 85%+ test accuracy", "true"),
        ("- [X] Test accuracy >= 85%", "true"),
        ("- [x] 85% test accuracy", "true"),
        ("* [x] RF > 44", "true"),
        ("- [x] RF 51 (> 44)", "true"),
        ("- [x] < 200k params", "true"),
        ("* ✅ Parameters: 126,634", "true"),
        ("- [x] 90%+ test accuracy", "false"),
        ("- [x] < 100k params", "false"),
        ("- [x] 185,936 parameters", "false"),
        ("- [x] RF 61", "false"),
        ("- [x] trained for 60 epochs", "false"),
        ("- [x] RF 44", "unverifiable"),  # a limit that was kept
        ("- [x] 200k params", "unverifiable"),
        ("- [x] 70% test accuracy", "unverifiable"),
    ],
)
def test_a_ticked_item_is_asserted(tmp_path, text, expected):
    assert verdicts(tmp_path, text) == [expected]


def test_what_follows_an_item_that_is_not_ticked_is_read(tmp_path):
    for text in (
        "- [ ] 90%\n- [x] RF 51",
        "- [ ] 90%\n\nRF: 51",
        "- [ ] 90%\n## Network\nRF: 51",
        "- [ ] 90%\n```\nRF: 99\n```\nRF: 51",
        "```\n[ ] 90%\n  ```\nRF: 51",
        "- [](#results) RF: 51",
    ):
        assert verdicts(tmp_path, text) == ["true"], text


@pytest.mark.parametrize(
    "head, row, expected",
    [
        ("Constraint | Done", "RF > 44 | yes, 51", ["true"]),
        ("Constraint | Done", "RF > 44 | yes, 61", ["false"]),
        ("Requirement | Status", "Receptive field above 44 | 61", ["false"]),
        ("Requirement | Achieved", "< 200k params | 126,634", ["true"]),
        ("Criterion | Ours", "Params < 200k | 145,258", ["false"]),
        ("Target | Achieved", f"Test accuracy > 85% | {B}% (epoch {BEST.index})", ["true"]),
        ("Target | Achieved", "At least 85% test accuracy | 88.97%", ["false"]),
        ("Requirement | Met", "Params < 200k | yes", ["true"]),
        ("Requirement | Met", "Test accuracy > 90% | yes", ["false"]),
        ("Requirement | Met", "Test accuracy > 90% | no", []),
        ("Requirement | Met", f"Test accuracy > 90% | no, {B}%", []),
        ("Requirement | Status", "RF > 44 | to be done", []),
        ("Requirement | Points", "RF > 44 | 61", []),
        ("Requirement | Value", "RF | 44", []),
        ("Requirement | Done", "RF > 44 | 10 layers", []),
        ("Requirement | Done", "RF > 44 | layer 9", []),
        ("Requirement | Done", "< 200k params | < 150k", []),
        ("Target | Achieved", f"90% accuracy | {B}%", []),
        ("Constraint | Done", "Dilated conv | yes", []),
    ],
)
def test_a_row_holds_what_was_asked_for_and_what_came_out(tmp_path, head, row, expected):
    assert verdicts(tmp_path, table(head, row)) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("The accuracy of 85% is first achieved at epoch {}.", "true"),
        ("85% was first crossed in epoch {}.", "true"),
        ("The network crossed 85% for the first time in epoch {}.", "true"),
        ("The target of 85% was reached in epoch {} (counting from 0).", "true"),
        ("The target of 85% was not reached in epoch {}.", None),
        ("We first reached 81.20% at epoch {}.", None),
        ("The first 85% of the images were seen at epoch {}.", None),
    ],
)
def test_when_a_target_was_reached_first(tmp_path, text, expected):
    assert verdicts(tmp_path, text.format(FIRST)) == [expected] * bool(expected)
    assert verdicts(tmp_path, text.format(FIRST - 8)) == ["false"] * bool(expected)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("Trained 30 epochs with Adam (lr = 1e-3) on a single RTX 3060.", ["true"]),
        ("Trained for 30 epochs using SGD, momentum 0.9", ["true"]),
        ("The model was trained for 30 epochs with AdamW (lr=0.0015).", ["true"]),
        (f"The model reaches {B}% test accuracy with SGD.", ["true"]),
        ("Trained 64 epochs with Adam (lr = 1e-3).", ["false"]),
        ("Trained 64 epochs with Adam. With SGD I had tried before.", []),
        ("Trained 64 epochs with Adam. It stopped after 30 epochs.", []),
        ("Trained 64 epochs with Adam, which diverged.", []),
        ("We trained for 30 epochs with SGD on images of 64 pixels, 91.20% accuracy", ["true"]),
        ("The model reaches 81.20% test accuracy with SGD.", []),
    ],
)
def test_with_which_optimiser_is_a_condition(tmp_path, text, expected):
    assert verdicts(tmp_path, text) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("Test accuracy: 85%", "unverifiable"),
        ("The model reaches 85% test accuracy.", "unverifiable"),
        ("Best val acc = 0.85", "unverifiable"),
        ("Test accuracy is 85% after 30 epochs.", "unverifiable"),
        ("- [x] 85% test accuracy", "unverifiable"),
        ("- [x] 85%+ test accuracy", "false"),
        ("The network crossed 85%.", "false"),
        ("We reached 85% at epoch 29.", "false"),
        ("Test accuracy: 84.7%", "true"),
        ("Test accuracy: 84%", "true"),
    ],
)
def test_a_target_is_not_reached_by_rounding(tmp_path, text, expected):
    assert 84.5 < max(one.test for one in BELOW) < 85
    (tmp_path / "S9.ipynb").write_text(notebook(tqdm_from_0(BELOW)), encoding="utf-8")
    (tmp_path / "README.md").write_text(f"{text}\n", encoding="utf-8")
    assert [one.verdict for one in claims(tmp_path)] == [expected]


def test_other_numbers_may_be_rounded(tmp_path):
    assert BEST.test < 86
    for text in (
        "Test accuracy: 86%",
        "The model reaches 86% test accuracy.",
        "- [x] 86% accuracy",
    ):
        assert verdicts(tmp_path, text) == ["true"], text
