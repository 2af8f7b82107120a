"""Which of several runs is judged, losses that are no averages; and the two reports."""

import json
from dataclasses import replace

import pytest

from tests.grading.first_attempt import log_audit
from tests.grading.log.written_logs import audit, notebook, tqdm_from_0, training, value
from utils.grading.log import run_choice
from utils.grading.log.runs import submission_runs
from utils.grading.submission.contents import read_submission

COURSE = training()
LOG = tqdm_from_0(COURSE)


# --- losses -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "factor, text",
    [
        (1 / 512, "× 512"),
        (1 / 7, "× about 8"),
        (10_000, "÷ 10,000"),
        (20, "÷ 20"),
        (512, "÷ 512"),
        (-10, "negative"),
        (1, None),
    ],
)
def test_the_normalisation_of_the_losses_is_named(tmp_path, factor, text):
    found = audit(
        tmp_path, tqdm_from_0([replace(one, test_loss=one.test_loss * factor) for one in COURSE])
    )
    named = value(found, "loss_normalisation")
    assert named is None if text is None else text in named
    assert value(found, "log_consistent") is True
    assert value(found, "best_test_accuracy") == max(one.test for one in COURSE)


def test_losses_of_nothing_are_explained_by_nothing(tmp_path):
    found = audit(tmp_path, tqdm_from_0([replace(one, test_loss=0.0) for one in COURSE]))
    assert value(found, "loss_normalisation") is None and "ln 2" in "".join(found.warnings)


def test_losses_that_no_normalisation_explains(tmp_path):
    found = audit(
        tmp_path,
        tqdm_from_0([replace(one, test_loss=1e-4 * (one.index % 7 + 1)) for one in COURSE]),
    )
    assert value(found, "log_consistent") is True and value(found, "loss_normalisation") is None
    assert "ln 2" in found.facts["log_consistent"].why and any(
        "no usual divisor" in text for text in found.warnings
    )
    assert value(found, "best_test_accuracy") == max(one.test for one in COURSE)


def table(course, train=1.0, test=1.0):
    rows = [
        f"| {one.index + 1} | {one.train:.2f} % | {one.train_loss * train:.6f} | {one.test:.2f} % | "
        f"{one.test_loss * test:.6f} |"
        for one in course
    ]
    return "\n".join(["| Epoch | TrainAcc | TrainLoss | TestAcc | TestLoss |", *rows]) + "\n"


def lines(course, train=1.0, test=1.0):
    return "".join(
        f"Epoch {one.index}: train average loss {one.train_loss * train:.6f}, train acc {one.train:.2f}%, "
        f"test average loss {one.test_loss * test:.6f}, test acc {one.test:.2f}%\n"
        for one in course
    )


@pytest.mark.parametrize("write", [table, lines])
@pytest.mark.parametrize(
    "scale, text",
    [
        ({"test": 1 / 128}, "test loss: sum of batch means"),
        ({"train": 1 / 256}, "train loss: sum of batch means"),
        ({"test": 1 / 128, "train": 1 / 128}, "sum of batch means"),
        ({"train": 50_000}, "train loss: a sum over the images"),
        ({}, None),
    ],
)
def test_each_split_has_its_own_scale(tmp_path, write, scale, text):
    found = audit(tmp_path, write(COURSE, **scale))
    named = value(found, "loss_normalisation")
    assert named is None if text is None else named.startswith(text) and ";" not in named
    assert value(found, "log_consistent") is True
    assert value(found, "best_test_accuracy") == max(one.test for one in COURSE)


# --- several runs -----------------------------------------------------------------------------------------------------


def test_of_two_runs_the_better_is_judged_and_the_other_listed(tmp_path):
    short = training(12, 71, seed=3)
    for outputs in (
        (LOG, tqdm_from_0(short)),
        (tqdm_from_0(short), LOG),
        (tqdm_from_0(short) + LOG,),
    ):
        found = audit(tmp_path, *outputs)
        assert value(found, "epochs") == 30 and value(found, "best_test_accuracy") == max(
            one.test for one in COURSE
        )
        assert "highest test accuracy of 2 runs" in found.facts["best_test_accuracy"].why
        assert "Not judged: 12 epochs" in found.warnings[0]


def test_training_that_goes_on_under_new_numbers_is_one_run(tmp_path):
    rest = [replace(one, index=one.index - 20) for one in COURSE[20:]]
    found = audit(tmp_path, tqdm_from_0(COURSE[:20]), tqdm_from_0(rest))
    best = max(COURSE, key=lambda one: one.test)
    assert (value(found, "epochs"), value(found, "best_epoch")) == (30, best.index)
    assert value(found, "log_consistent") is True


def test_a_log_that_the_readme_repeats_is_not_another_run(tmp_path):
    (tmp_path / "README.md").write_text(
        f"The last epochs:\n```\n{tqdm_from_0(COURSE[-5:])}\n```\n", encoding="utf-8"
    )
    assert not audit(tmp_path, LOG).warnings
    (tmp_path / "README.md").write_text(tqdm_from_0(training(30, 89, seed=9)), encoding="utf-8")
    found = audit(tmp_path, LOG)
    assert value(found, "best_test_accuracy") == max(one.test for one in COURSE)
    assert "README.md" in found.warnings[0]


def test_without_a_log_in_the_notebook_the_texts_are_judged(tmp_path):
    (tmp_path / "logs.txt").write_text(LOG, encoding="utf-8")
    found = audit(tmp_path, "nothing\n")
    assert (
        value(found, "epochs") == 30
        and "the outputs of S9.ipynb log no test accuracy" in found.facts["epochs"].why
    )
    assert found.facts["epochs"].evidence[0].file == "logs.txt"


def test_nothing_logged_is_null_with_a_reason(tmp_path):
    found = audit(tmp_path, "nothing\n")
    assert all(
        fact.value is None and "no test accuracy is logged" in fact.why
        for fact in found.facts.values()
    )


def test_evidence_names_line_or_cell(tmp_path):
    best = max(COURSE, key=lambda one: one.test)
    place = audit(tmp_path, "first\n", LOG).facts["best_test_accuracy"].evidence[0]
    assert (place.notebook, place.cell) == ("S9.ipynb", 1) and f"{best.test:.2f}%" in place.text
    (tmp_path / "S9.ipynb").unlink()
    (tmp_path / "README.md").write_text("# Log\n\n" + LOG, encoding="utf-8")
    place = log_audit(read_submission(tmp_path), None, 85.0).facts["best_test_accuracy"].evidence[0]
    line = (tmp_path / "README.md").read_text(encoding="utf-8").split("\n")[place.line - 1]
    assert place.file == "README.md" and f"{best.test:.2f}%" in line


# --- the two reports --------------------------------------------------------------------------------------------------


def test_the_first_report_holds_two_runs(reports):
    found = log_audit(read_submission(reports[0]), None, None)
    assert (
        value(found, "epochs"),
        value(found, "best_test_accuracy"),
        value(found, "best_epoch"),
        value(found, "final_test_accuracy"),
        value(found, "run_parameters"),
    ) == (60, 75.76, 23, 75.59, 151_504)
    assert value(found, "loss_normalisation") == "sum of batch means divided by images: × 20"
    assert found.facts["loss_normalisation"].why.startswith("120 of 120 average losses")
    assert value(found, "log_consistent") is True
    assert "Not judged: 15 epochs" in found.warnings[0] and "best 69.20 %" in found.warnings[0]


def test_the_first_reports_first_run_alone(reports, tmp_path):
    text = reports[0].read_text(encoding="utf-8").split("Second Network")[0]
    (tmp_path / "README.md").write_text(text, encoding="utf-8")
    found = log_audit(read_submission(tmp_path), None, 85.0)
    assert (
        value(found, "epochs"),
        value(found, "best_test_accuracy"),
        value(found, "best_epoch"),
    ) == (15, 69.20, 14)
    assert (
        value(found, "loss_normalisation") is None
        and "× 4" in found.facts["loss_normalisation"].why
    )  # not provable
    assert "never reached" in found.facts["first_epoch_at_target"].why


def test_the_second_report(reports):
    found = log_audit(read_submission(reports[1]), None, 85.0)
    assert (
        value(found, "epochs"),
        value(found, "best_test_accuracy"),
        value(found, "best_epoch"),
        value(found, "first_epoch_at_target"),
    ) == (75, 86.54, 74, 49)
    assert value(found, "log_consistent") is True and value(found, "loss_normalisation") is None
    assert "all 75" in found.facts["loss_normalisation"].why and not found.warnings


@pytest.mark.parametrize(
    "heading, first, epochs",
    [
        ("Resume after disconnect", "", 30),
        ("Part 2", "=> loaded model.pt\n", 30),
        ("A narrower network", "", 20),
    ],
)
def test_training_that_goes_on_below_another_heading(tmp_path, heading, first, epochs):
    """It is one run where the heading, or what is printed below it, speaks of going on."""
    rest = [replace(one, index=one.index - 20) for one in COURSE[20:]]
    found = json.loads(notebook(tqdm_from_0(COURSE[:20]), first + tqdm_from_0(rest)))
    text = {"cell_type": "markdown", "metadata": {}, "source": [f"## {heading}"]}
    found["cells"].insert(1, text)
    (tmp_path / "S9.ipynb").write_text(json.dumps(found))
    runs = run_choice.tested_runs(submission_runs(read_submission(tmp_path)))
    assert max(len(run.epochs) for run in runs) == epochs


# --- a log that is stated to be of another network, tables that are no logs, files that belong together -----------------


@pytest.mark.parametrize(
    "before, parameters",
    [
        ("Net: 187,898 parameters\n", 187_898),
        ("small: 90,000 parameters\nlarge: 187,898 parameters\n", None),
        ("Total params: 180,000\nbranch: 187,898 parameters\n", 180_000),
    ],
)
def test_the_total_that_a_program_states_before_its_log(tmp_path, before, parameters):
    (tmp_path / "train.log").write_text(before + LOG, encoding="utf-8")
    (run,) = submission_runs(read_submission(tmp_path))
    assert run.parameters == parameters


def test_the_total_beside_a_history_in_json(tmp_path):
    history = {"parameters": 187_898, "val_acc": [one.test for one in COURSE]}
    (tmp_path / "history.json").write_text(json.dumps(history), encoding="utf-8")
    (run,) = submission_runs(read_submission(tmp_path))
    assert (run.parameters, len(run.epochs)) == (187_898, 30)


@pytest.mark.parametrize(
    "head",
    [
        "| model | params | RF | epochs | top-1 (test) |",
        "| # | network | RF | epochs | test accuracy |",
        "| # | attempt | RF | epoch | test accuracy |",
        "| # | our model | parameters (k) | epochs | val acc |",
    ],
)
def test_a_table_of_networks_is_no_log(tmp_path, head):
    rows = [
        head,
        "|---|---|---|---|---|",
        "| 1 | 59,378 | 71 | 30 | 83.98 |",
        "| 2 | 165,482 | 71 | 50 | 87.72 |",
    ]
    (tmp_path / "README.md").write_text("# Work\n\n" + "\n".join(rows) + "\n", encoding="utf-8")
    assert not submission_runs(read_submission(tmp_path))


def test_a_training_that_goes_on_in_another_file(tmp_path):
    cut = LOG.index("EPOCH: 20")
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/stage1.log").write_text(LOG[:cut], encoding="utf-8")
    second = tmp_path / "logs/stage2.log"
    for before, epochs in (("", 20), ("Resumed from checkpoint.pt\n", 30)):
        second.write_text(before + LOG[cut:], encoding="utf-8")
        runs = run_choice.tested_runs(submission_runs(read_submission(tmp_path)))
        assert len(runs[0].epochs) == epochs
    second.write_text("Resumed\n" + LOG[LOG.index("EPOCH: 22") :], encoding="utf-8")
    assert len(run_choice.tested_runs(submission_runs(read_submission(tmp_path)))) == 2


def test_rows_of_a_table_that_log_no_epoch(tmp_path):
    """As Lightning writes them where the learning rate is logged too."""
    rows = [f"{one.index},,{one.test / 100:.4f}\n,0.01,\n" for one in COURSE]
    text = "epoch,lr-SGD,val/acc\n" + "".join(rows)
    (tmp_path / "metrics.csv").write_text(text, encoding="utf-8")
    (run,) = submission_runs(read_submission(tmp_path))
    assert len(run.epochs) == 30
