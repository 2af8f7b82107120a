"""The claims of a README about an invented training, held against made-up facts of its network."""

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
