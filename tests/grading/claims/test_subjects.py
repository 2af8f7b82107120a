"""Of which of several attempts a sentence speaks."""

import pytest

from tests.grading.claims.of_readme import subject
from tests.grading.first_attempt import log_audit
from tests.grading.log.written_logs import notebook, tqdm_from_0, training
from utils.grading.claims.audit import check_claims
from utils.grading.claims.subjects import Subject
from utils.grading.facts import Fact
from utils.grading.submission.contents import read_submission

WIDE, SMALL = training(30, 88.0, seed=1), training(20, 80.0, seed=2)
BEST_WIDE, BEST_SMALL = (max(one.test for one in course) for course in (WIDE, SMALL))


def claims(folder, texts, small_parameters=60_100):
    """The claims of texts (by path) in a submission whose wide network counts."""
    for path, output in (("wide/wide_net.ipynb", WIDE), ("small/small_net.ipynb", SMALL)):
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(notebook(tqdm_from_0(output)), encoding="utf-8")
    for path, text in texts.items():
        (folder / path).write_text(text, encoding="utf-8")
    submission = read_submission(folder)
    subjects = []
    for path, name, parameters in (
        ("small/small_net.ipynb", "SmallNet", small_parameters),
        ("wide/wide_net.ipynb", "WideNet", 190_000),
    ):
        facts = log_audit(submission, path, 85.0).facts | {
            "parameters": Fact(parameters, "not computed")
        }
        one = subject(
            submission,
            facts,
            path,
            name,
            (name, path.split("/")[1].removesuffix(".ipynb")),
            name == "WideNet",
        )
        runs = tuple(run for run in one.runs if run.source == path)
        subjects.append(type(one)(one.name, one.words, one.notebook, one.facts, runs, one.counts))
    return check_claims(submission, subjects)


@pytest.mark.parametrize(
    "text, verdict, why",
    [
        (f"Best test accuracy: {BEST_WIDE:.2f}%", "true", "logged"),
        (f"Best test accuracy: {BEST_SMALL:.2f}%", "true", "of SmallNet"),
        ("Best test accuracy: 93.00%", "false", ""),
        ("The model has 60,100 parameters.", "true", "of SmallNet"),
        ("WideNet has 60,100 parameters.", "false", "190,000"),
        ("The wide net has 190,000 parameters.", "true", ""),
        (f"## SmallNet\n\nBest test accuracy: {BEST_WIDE:.2f}%", "false", f"{BEST_SMALL:.2f}"),
        (
            f"# WideNet\n\n## small_net.ipynb\n\nBest test accuracy: {BEST_SMALL:.2f}%",
            "true",
            "of SmallNet",
        ),
        ("## Model 3\n\nBest test accuracy: 93.00%", "unverifiable", ""),
    ],
)
def test_a_statement_is_judged_by_the_attempt_it_names(tmp_path, text, verdict, why):
    [one] = claims(tmp_path, {"README.md": text})
    assert one.verdict == verdict and why in one.why, one


def test_a_file_beside_a_program_speaks_of_it(tmp_path):
    text = f"Best test accuracy: {BEST_WIDE:.2f}%\n"
    found = claims(tmp_path, {"small/README.md": text, "wide/README.md": text})
    assert {one.evidence.file: one.verdict for one in found} == {
        "small/README.md": "false",
        "wide/README.md": "true",
    }


def test_what_fits_none_is_false_only_if_all_are_known(tmp_path):
    [one] = claims(
        tmp_path, {"README.md": "The model has 99,000 parameters.\n"}, small_parameters=None
    )
    assert one.verdict == "unverifiable"


def beside_untrained(folder, text, name="PlainNet"):
    """The claims of a README on a trained WideNet, beside which a class is defined that nothing trains."""
    (folder / "wide_net.ipynb").write_text(notebook(tqdm_from_0(WIDE)), encoding="utf-8")
    (folder / "README.md").write_text(text, encoding="utf-8")
    submission = read_submission(folder)
    facts = log_audit(submission, "wide_net.ipynb", 85.0).facts | {
        "parameters": Fact(210_986),
        "receptive_field": Fact(59),
    }
    wide = subject(submission, facts, "wide_net.ipynb", "WideNet", ("WideNet",))
    return check_claims(
        submission, [wide, Subject(name, (name,), None, {}, (), False, trained=False)]
    )


@pytest.mark.parametrize(
    "text, verdict",
    [
        ("The model has less than 200k parameters.", "false"),
        ("Our final network has a receptive field of 51.", "false"),
        ("Best test accuracy: 93.00%", "false"),
        ("It has 180,000 parameters and reaches 93.00% test accuracy after 30 epochs.", "false"),
        (
            "The model v3 was trained for 30 epochs, see log.json. Its receptive field is 51.",
            "false",
        ),
        ("The model has more than 200k parameters.", "true"),
        ("Parameters: 180,000", "unverifiable"),
        ("Its receptive field is 51.", "unverifiable"),
        ("The model of last week was trained too. Its receptive field is 51.", "unverifiable"),
        ("A baseline model was trained too. Its receptive field is 51.", "unverifiable"),
        ("PlainNet has 180,000 parameters.", "unverifiable"),
        ("`PlainNet` is kept.\n\nThe model has 180,000 parameters.", "unverifiable"),
        ("## The plain one\n\nThe model has 180,000 parameters.", "unverifiable"),
        ("## v1\n\nThe model has 180,000 parameters.", "unverifiable"),
    ],
)
def test_the_model_is_the_one_that_was_trained(tmp_path, text, verdict):
    found = beside_untrained(tmp_path, f"{text}\n")
    assert found and found[-1].verdict == verdict, found


def test_a_name_with_a_number_is_told_by_what_sets_it_apart(tmp_path):
    for more, verdict in (("1 hole is cut.", "false"), ("V1 was too big.", "unverifiable")):
        text = f"The model has 180,000 parameters.\n\n{more}\n"
        [one] = beside_untrained(tmp_path, text, "ModelV1")
        assert one.verdict == verdict
