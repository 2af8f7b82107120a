"""What sentences assert of the network and its results, and whether it is held to be true."""

import pytest

from tests.grading.claims.of_readme import BEST, COURSE, FIRST, TRAINED, claims, of_readme
from tests.grading.log.written_logs import notebook, tqdm_from_0


def test_the_course_that_the_claims_are_about():
    assert (round(BEST.test), len(COURSE)) == (86, 30) and 15 < FIRST < 25 and TRAINED < 90


@pytest.mark.parametrize(
    "text, verdict, value",
    [
        (f"We reached a test accuracy of {BEST.test:.2f}%.", "true", BEST.test),
        (f"Best Test Accuracy: {BEST.test:.2f}", "true", BEST.test),
        (f"- Best Test accuracy - {BEST.test - 0.5:.2f}%", "false", BEST.test),
        ("Test accuracy reached around 86 %", "true", BEST.test),
        ("The testing accuracy is around 80 %.", "false", BEST.test),
        ("Achieved 85% accuracy with this network.", "true", BEST.test),
        ("The network achieves more than 88% test accuracy.", "false", BEST.test),
        ("| Test Accuracy | 91.20% |", "false", BEST.test),
        (f"**Final validation accuracy: {COURSE[-1].test:.2f}%**", "true", COURSE[-1].test),
        (f"Best Train Accuracy: {TRAINED:.2f}%", "true", TRAINED),
        ("Training accuracy is 95.30%", "false", TRAINED),
        ("Trained the model for 30 epochs.", "true", 30),
        ("Epochs: 75", "false", 30),
        ("We trained over 31 epochs", "false", 30),
        (f"We reached the target of 85% on the {FIRST + 1}th epoch.", "true", FIRST),
        (f"Reached 85% at epoch {FIRST}", "true", FIRST),
        (f"It crossed 85 % in epoch {FIRST + 5}.", "false", FIRST),
        ("The classifier can be seen to reach 85% accuracy in under 28 epochs.", "true", FIRST),
        ("We achieved 85% within 10 epochs.", "false", FIRST),
        ("At the 5th epoch we hit 95% test accuracy.", "false", None),
        (f"Top Accuracy = {COURSE[13].test:.2f}% (14th Epoch)", "true", COURSE[13].test),
        (f"Best Test Accuracy: {BEST.test:.2f}% (Epoch: 3)", "false", COURSE[3].test),
        ("| best test accuracy (fraction) | 0.8671 |", "false", BEST.test),
        ("With 198,416 parameters the net stays below the limit of 200,000.", "false", 194_176),
        (
            "The receptive field in front of the average pool is 51, more than the 44 which were asked for.",
            "false",
            47,
        ),
        (
            "The network was trained for 40 epochs with OneCycleLR, the maximum learning rate is 0.1.",
            "false",
            30,
        ),
        ("Total parameters: 194,176", "true", 194_176),
        ("Parameters: 182,260", "false", 194_176),
        ("The model has less than 200K parameters.", "true", 194_176),
        ("It has ~195,000 params", "true", 194_176),
        ("We use 194.2K parameters", "true", 194_176),
        ("Number of parameters = 0.19M", "true", 194_176),
        ("The receptive field is 47.", "true", 47),
        ("Total Receptive Field: 69", "unverifiable", 47),
        ("RF > 44 in our network", "true", 47),
        ("Receptive field: 47x47 at the end", "true", 47),
        ("Receptive field of the network is 99 x 99.", "false", 47),
        ("The RF of our final model is 47 × 47", "true", 47),
        ("We used depthwise separable convolution.", "true", True),
        ("Our network has a dilated convolution.", "false", False),
        ("Our model does not use dilation.", "true", False),
        ("No depthwise layers are used.", "false", True),
        ("We use dilated kernels before it.", "false", False),
        ("The model uses no max pooling and Global Average Pooling at the end.", "true", None),
    ],
)
def test_a_claim_is_held_against_what_is_so(tmp_path, text, verdict, value):
    found = of_readme(tmp_path, f"# Network\n\n{text}\n")
    assert found, "no claim was found"
    assert {one.verdict for one in found} == {verdict}, found
    if value is not None:
        assert value in [one.value for one in found]
    assert all(
        one.evidence.file == "README.md" and one.evidence.line == 3 and one.why for one in found
    )


@pytest.mark.parametrize(
    "text",
    [
        "An RF of 32x32 images",
        "The receptive field is 3x5 there",
        "We also tried the network without dilation.",
        "Without depthwise layers the model was too large.",
        "- achieve 85% accuracy, as many epochs as you want. Total Params to be less than 200k.",
        "total RF must be more than 44",
        "One of the layers must use Depthwise Separable Convolution",
        "## Requirements\n\n1. 85% accuracy\n2. Dilated convolution used here\n3. Parameters: 200,000",
        "Objective:\nTest accuracy 85%, 200K parameters",
        "The assignment asks for fewer than 200,000 parameters and 85 % on the test set.",
        "Total params: 11,338",
        "```\nBest Test Accuracy: 99.00\n```",
        "A dropout of 10% of the units",
        "Image size: 32x32",
        "Input size (MB): 0.01",
        "CIFAR-10 has 60,000 images, of which 10,000 test images.",
        "Depthwise convolution reduces the cost of a convolution.",
        "Accuracy of airplanes : 94 %",
        "Training/Test Accuracy: 77.61%, 95.36%",
        "On the next epoch it reduced to 84%",
        "| Model | Test accuracy | Params |\n|---|---|---|\n| one | 99.1% | 1M |",
    ],
)
def test_what_is_asked_for_or_explained_is_no_claim(tmp_path, text):
    assert of_readme(tmp_path, f"{text}\n") == []


def test_of_several_networks_a_wrong_number_may_be_anothers(tmp_path):
    text = "# Step 1\n\nBest test accuracy: 71.20%\n\n# Step 2\n\nReached 85% at epoch 3.\n"
    found = of_readme(tmp_path, text)
    assert [(one.verdict, one.evidence.line) for one in found] == [
        ("unverifiable", 3),
        ("unverifiable", 7),
    ]


def test_a_sentence_has_one_verdict_and_what_decides_is_marked(tmp_path):
    for text, marked in (
        (
            "Receptive field of the network is 47 x 47, followed by GAP (no max pooling, but dilation).",
            "dilation",
        ),
        (
            "It has 194,176 parameters and reaches 91.2% test accuracy in 30 epochs.",
            "91.2% test accuracy in",
        ),
        ("Our model is trained for 25 epochs and it has a receptive field of 47.", "for 25 epochs"),
    ):
        [one] = of_readme(tmp_path, f"{text}\n")
        assert (
            one.verdict == "false"
            and one.text == text
            and one.text[slice(*one.marked)].startswith(marked)
        ), one


def test_what_was_not_checked_is_not_shown_as_true(tmp_path):
    for text in (
        "Our receptive field: 47x47 at the GAP input (69 with the GAP window)",
        "RF 47 before GAP in our network",
    ):
        assert [(one.verdict, one.value) for one in of_readme(tmp_path, text)] == [("true", 47)]
        assert "69" not in of_readme(tmp_path, text)[0].text
    [one] = of_readme(tmp_path, "It has 194,176 parameters, the smallest of the whole class.\n")
    assert (one.text, one.verdict) == ("It has 194,176 parameters", "true")
    assert (
        of_readme(tmp_path, "It has 184,176 parameters, the smallest of the whole class.\n") == []
    )


def test_a_sentence_may_wrap_and_its_line_is_named(tmp_path):
    found = of_readme(
        tmp_path, "Intro\n\nThe network is small. We reached\n85% on the\n5th epoch with it.\n"
    )
    assert [(one.verdict, one.value, one.evidence.line) for one in found] == [("false", FIRST, 3)]


def test_text_cells_of_the_training_notebook_claim_too(tmp_path):
    text = notebook(tqdm_from_0(COURSE))
    cell = '{"cell_type": "markdown", "metadata": {}, "source": ["Test accuracy: 91.5%"]}'
    (tmp_path / "S9.ipynb").write_text(
        text.replace('"cells": [', f'"cells": [{cell}, '), encoding="utf-8"
    )
    found = claims(tmp_path)
    assert [(one.verdict, one.evidence.notebook, one.evidence.cell) for one in found] == [
        ("false", "S9.ipynb", 0)
    ]


def test_without_a_computed_value_a_claim_is_unverifiable(tmp_path):
    text = "We used depthwise convolutions, a receptive field of 47 and 194,176 parameters.\n"
    found = of_readme(tmp_path, text, facts={})
    assert [one.verdict for one in found] == ["unverifiable"] and found[0].why


def test_a_claim_is_held_against_the_printed_summary_of_the_notebook(tmp_path):
    summary = "Total params: 194,176\nTrainable params: 194,176\n"
    (tmp_path / "S9.ipynb").write_text(notebook(summary, tqdm_from_0(COURSE)), encoding="utf-8")
    for number, verdict in (("194,176", "true"), ("171,840", "false")):
        (tmp_path / "README.md").write_text(f"Parameters: {number}\n", encoding="utf-8")
        found = claims(tmp_path, facts={})
        assert [(one.verdict, one.value) for one in found] == [(verdict, 194_176)]
