"""What the audits say of the first attempt of a submission, or of its notebook's log, for tests that have only one."""

from utils.grading.facts import Audit
from utils.grading.log import audit
from utils.grading.log import printed_summary as summary
from utils.grading.log.run_choice import Choice, choose_run, tested_runs
from utils.grading.log.runs import submission_runs
from utils.grading.program.attempts import Attempt, attempts


def find(submission, model: str | None = None, notebook: str | None = None) -> Attempt:
    return attempts(submission, submission_runs(submission), model, notebook)[0]


def choice(submission, notebook: str | None) -> Choice:
    return choose_run(submission, tested_runs(submission_runs(submission)), notebook)


def log_audit(submission, notebook: str | None, target: float | None) -> Audit:
    return audit.log_audit(submission, choice(submission, notebook), target)


def printed_summary(submission, notebook: str | None) -> Audit:
    return summary.printed_summary(submission, choice(submission, notebook).run, notebook)
