"""What stands above a sentence, before it and in it decides whether its numbers are of the network at all."""

import pytest

from tests.grading.claims.of_readme import BEST, TRAINED, of_readme

OTHERS = (
    "Adam; LayerNorm; ResNet-18; Session 8; Week 1; MNIST; CIFAR-100; With dropout; Bigger network; Teacher; With EMA; "
    "LR finder; Theory; Future work; Changelog; C1; Stem; Head; Transition block; Conv Block 2; v1.0; Assignment 9; "
    "Task 1; What was asked; Target Accuracy; Acceptance criteria; Rubric; Plan; To do"
).split("; ")
OWN = (
    "Results; Model; Training; Summary; My model; Final results; Model Summary; Training Log; Network Architecture; "
    "Best model; Key Results; Our CNN; 3. Performance; Receptive field"
).split("; ")
WRONG = "- Test accuracy: 70.25%\n- Parameters: 20,480\n- Receptive field: 7\n- Epochs: 10\n"
RIGHT = f"- Best test accuracy: {BEST.test:.2f}%\n- Parameters: 194,176\n"


def verdicts(tmp_path, text: str) -> set[str]:
    return {claim.verdict for claim in of_readme(tmp_path, text)}


@pytest.mark.parametrize("heading", OTHERS)
@pytest.mark.parametrize(
    "form", ["## {}\n\n", "{}\n----\n\n", "**{}**\n\n", "***{}***\n\n", "{}:\n"]
)
def test_below_a_heading_that_may_be_of_something_else_nothing_is_false(tmp_path, heading, form):
    above = form.format(heading)
    assert verdicts(tmp_path, f"# A network\n\n{above}{WRONG}") <= {"unverifiable"}


@pytest.mark.parametrize("heading", OWN)
def test_below_a_plain_heading_what_is_wrong_is_false(tmp_path, heading):
    for above in (f"# Aster, on Tuesdays\n\n## {heading}", f"{heading}\n---"):
        assert verdicts(tmp_path, f"{above}\n\n{WRONG}") == {"false"}
        assert verdicts(tmp_path, f"{above}\n\n{RIGHT}") == {"true"}


def test_the_title_speaks_of_everything(tmp_path):
    assert verdicts(tmp_path, f"# Session 9, with Adam\n\n{WRONG}") == {"false"}


@pytest.mark.parametrize(
    "text",
    [
        "- Block 1\n  - Receptive field: 7",
        "1. Baseline\n   - Test accuracy: 80.5%",
        "- Adam\n    - 80.5% test accuracy",
        "Baseline (no augmentation):\n- Test accuracy: 80.5%",
        "<summary>First try</summary>\n\nTest accuracy: 80.5%",
        "My first attempt used no dropout. The test accuracy was 82%.",
        "In session 8 we used normal convolutions. The model had 250,000 parameters.",
        "Let us look at a 3x3 convolution from 64 to 64 channels. It has 36,864 parameters.",
        "<!-- Test accuracy: 80.5% -->",
        "<!--\nThe model has 20,480 parameters.\n-->",
    ],
)
def test_what_stands_around_a_sentence_may_lead_to_something_else(tmp_path, text):
    assert verdicts(tmp_path, text) <= {"unverifiable"}


@pytest.mark.parametrize(
    "text",
    [
        "- Results:\n  - Test accuracy: 91.3%",
        "- Adam\n  - 0.01\n\nThe test accuracy is 91.3%.",
        "1. Data\n2. Our network has 250,000 parameters.",
        "Our network has three blocks. It has 250,000 parameters.",
    ],
)
def test_what_stands_around_a_sentence_may_be_of_the_network(tmp_path, text):
    assert "false" in verdicts(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [
        "This layer has 36,864 parameters.",
        "The depthwise layer has 1,152 parameters.",
        "Depthwise: 1,152 params",
        "The classifier has 6,410 parameters.",
        "The kernels have 27,648 weights.",
        "A dilated convolution has a receptive field of 5.",
        "Dilation = 2, RF = 5",
        "The kernel has a receptive field of 3x3.",
        "No max pooling: 250,000 parameters",
        "| Name | RF | Params |\n|---|---|---|\n| Depthwise conv | 5 | 1,152 |",
        "Stage 1: 20 epochs",
        "Block training: 10 epochs",
        "Max epochs: 50",
        "The test data has no horizontal flip.",
    ],
)
def test_numbers_of_layers_and_plans_are_not_those_of_the_network(tmp_path, text):
    assert verdicts(tmp_path, text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "Test accuracy is over 85% at epoch 25.",
        "The accuracy is above 84% from epoch 21",
        "At epoch 30 the training accuracy is more than 82%.",
        "At epoch 15 the model had already reached 80%.",
        "Best accuracy: 86% at epoch 29",
        f"Train and test accuracy: {TRAINED:.2f}% and {BEST.test:.2f}%",
        f"Train & test accuracies: {TRAINED:.2f}%, {BEST.test:.2f}%",
        f"Test and train accuracy: {BEST.test:.2f}% and {TRAINED:.2f}%",
        "- Epochs: 30\n\nI trained for 2 epochs on my laptop.",
    ],
)
def test_right_in_another_form(tmp_path, text):
    assert verdicts(tmp_path, text) == {"true"}


def test_two_splits_and_two_numbers_keep_their_order(tmp_path):
    text = f"Train and test accuracy: {BEST.test:.2f}% and {TRAINED:.2f}%"
    assert verdicts(tmp_path, text) == {"false"}
