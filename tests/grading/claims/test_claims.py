"""What sentences assert, whether it is held to be true, and the totals of printed summaries."""

import pytest

from tests.grading.first_attempt import choice, log_audit, printed_summary
from tests.grading.log.written_logs import notebook, tqdm_from_0, training
from utils.grading.claims.audit import check_claims
from utils.grading.claims.subjects import Subject
from utils.grading.facts import Fact
from utils.grading.submission.contents import read_submission

COURSE = training()
BEST = max(COURSE, key=lambda one: one.test)
TRAINED = max(one.train for one in COURSE)
FIRST = next(one.index for one in COURSE if one.test >= 85)
COMPUTED = {
    "parameters": Fact(194_176),
    "receptive_field": Fact(47),
    "receptive_field_with_pool": Fact(69),
    "depthwise_separable": Fact(True),
    "dilated": Fact(False, "no dilation is larger than 1"),
    "global_average_pooling": Fact(True),
    "max_pooling": Fact(False),
}


def claims(folder, facts=COMPUTED, name="S9.ipynb"):
    submission = read_submission(folder)
    audits = (log_audit(submission, name, 85.0), printed_summary(submission, name))
    known = {key: fact for audit in audits for key, fact in audit.facts.items()} | facts
    return check_claims(submission, [subject(submission, known, name)])


def subject(submission, facts, notebook, name="the network", words=(), counts=True):
    chosen = choice(submission, notebook)
    runs = tuple(run for run in (chosen.run, *chosen.others) if run)
    return Subject(name, words, notebook, facts, runs, counts)


def of_readme(tmp_path, text, facts=COMPUTED):
    (tmp_path / "S9.ipynb").write_text(notebook(tqdm_from_0(COURSE)), encoding="utf-8")
    (tmp_path / "README.md").write_text(text, encoding="utf-8")
    return claims(tmp_path, facts)


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


def test_a_doubtful_log_verifies_nothing(tmp_path):
    log = tqdm_from_0(COURSE).replace(f"({BEST.test:.2f}%)", "(92.00%)")
    (tmp_path / "S9.ipynb").write_text(notebook(log), encoding="utf-8")
    (tmp_path / "README.md").write_text(
        "Best test accuracy: 92.00%\n\nWe reached 85% at epoch 12.\n", encoding="utf-8"
    )
    assert [one.verdict for one in claims(tmp_path)] == ["unverifiable", "unverifiable"]


@pytest.mark.parametrize(
    "text, verdict",
    [
        (f"Test accuracy: {BEST.test:.2f}%", "false"),
        (f"Validation accuracy: {BEST.test:.2f}%", "true"),
        ("Test accuracy: 84.61%", "true"),
    ],
)
def test_a_validation_accuracy_is_none_of_the_test(tmp_path, text, verdict):
    log = "".join(
        f"epoch {one.index} train_acc {one.train:.2f} val_acc {one.test:.2f}\n" for one in COURSE
    )
    log += "best val_acc 85.97; with these weights on the 10,000 test images: test_acc 84.61\n"
    (tmp_path / "S9.ipynb").write_text(notebook(log), encoding="utf-8")
    (tmp_path / "README.md").write_text(text, encoding="utf-8")
    assert [one.verdict for one in claims(tmp_path)] == [verdict]


@pytest.mark.parametrize(
    "end, verdict",
    [
        ("early stopping\n", "false"),
        ("Epoch 30: early stopping\n", "false"),
        ("EarlyStopping(patience=8)\n", "unverifiable"),
        ("", "unverifiable"),
    ],
)
def test_more_epochs_than_a_training_that_was_stopped(tmp_path, end, verdict):
    log = "".join(f"epoch {one.index + 1} of 60: test acc {one.test:.2f}%\n" for one in COURSE)
    (tmp_path / "S9.ipynb").write_text(notebook(log + end), encoding="utf-8")
    (tmp_path / "README.md").write_text("The network was trained for 60 epochs.", encoding="utf-8")
    assert [one.verdict for one in claims(tmp_path)] == [verdict]


def test_a_resumed_training_that_was_stopped_early(tmp_path):
    lines = [f"epoch {one.index + 1} of 60: test acc {one.test:.2f}%\n" for one in COURSE]
    log = "".join([*lines[:20], "resuming from epoch 20\n", *lines[18:], "early stopping\n"])
    (tmp_path / "S9.ipynb").write_text(notebook(log), encoding="utf-8")
    (tmp_path / "README.md").write_text("The network was trained for 60 epochs.", encoding="utf-8")
    assert [(one.verdict, one.value) for one in claims(tmp_path)] == [("false", 30)]


def test_epochs_that_log_nothing_were_trained_too(tmp_path):
    logged = (*COURSE[::5], COURSE[-1])
    text = "".join(
        f"Epoch {one.index}\n" + (f"Test Accuracy: {one.test:.2f}%\n" if one in logged else "")
        for one in COURSE
    )
    (tmp_path / "S9.ipynb").write_text(notebook(text), encoding="utf-8")
    (tmp_path / "README.md").write_text(
        "Trained the model for 30 epochs.\n\nEpochs: 75\n", encoding="utf-8"
    )
    assert [claim.verdict for claim in claims(tmp_path)] == ["true", "false"]


def test_a_claim_may_be_about_another_run(tmp_path):
    other = training(12, 71, seed=3)
    (tmp_path / "S9.ipynb").write_text(
        notebook(tqdm_from_0(other), tqdm_from_0(COURSE)), encoding="utf-8"
    )
    (tmp_path / "README.md").write_text("We trained for 12 epochs.\n", encoding="utf-8")
    found = claims(tmp_path)
    assert [(one.verdict, one.value) for one in found] == [("true", 12)] and "another run" in found[
        0
    ].why


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


# --- the two reports --------------------------------------------------------------------------------------------------


def of_report(path, facts):
    return {(one.text, one.verdict, one.value) for one in claims(path, facts, name=None)}


def test_the_claims_of_the_second_report(reports):
    facts = {"parameters": Fact(188_992), "depthwise_separable": Fact(True), "dilated": Fact(True)}
    found = of_report(reports[1], facts)
    wrong = [(text, value) for text, verdict, value in found if verdict != "true"]
    assert len(wrong) == 1 and wrong[0][0].endswith("85% on the 54th epoch.") and wrong[0][1] == 49
    assert {value for _, verdict, value in found if verdict == "true"} == {75, 188_992}


def test_the_claims_of_the_first_report(reports):
    found = of_report(
        reports[0],
        {"parameters": Fact(185_936), "depthwise_separable": Fact(False), "dilated": Fact(True)},
    )
    assert {(verdict, value) for text, verdict, value in found if "around 70 %" in text} == {
        ("true", 69.20)
    }
    assert [
        verdict for text, verdict, value in found if "depthwise" in text and value is False
    ] == ["false"]
