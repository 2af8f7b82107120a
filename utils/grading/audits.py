"""Every audit of one submission, one after another; one that breaks leaves a warning and the others go on."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from utils.errors import UserError
from utils.grading.augmentation.audit import transforms_audit
from utils.grading.claims.audit import check_claims
from utils.grading.facts import Audit, Claim, Fact
from utils.grading.log.accuracy_facts import DOUBTED, ONCE
from utils.grading.log.audit import TAKEN_FOR_THE_TEST, log_audit
from utils.grading.log.printed_summary import printed_summary
from utils.grading.network.audit import FACTS as NETWORK_FACTS
from utils.grading.network.audit import architecture_audit
from utils.grading.network.checkpoint import check_weights
from utils.grading.network.rebuilt import rebuilt
from utils.grading.program.data_use import misuse
from utils.grading.program.finding import Found, find
from utils.grading.program.modularity import modularity
from utils.grading.rubric import Rubric
from utils.grading.sandbox.isolation import LIMITS, Limits
from utils.grading.submission.contents import Submission


@dataclass(frozen=True)
class Options:
    """`run`: execute the model, isolated. `model` ("file.py:Class") and `notebook` override what is found. `weights`: a
    checkpoint to test on the real test images. `seconds`: after which one execution is stopped."""
    run: bool = False
    model: str | None = None
    notebook: str | None = None
    weights: Path | None = None
    seconds: float = LIMITS.seconds


def audit(submission: Submission, rubric: Rubric, options: Options) -> tuple[dict[str, Fact], list[Claim], list[str]]:
    """The facts by name, the claims of the submission's texts, and remarks that belong to no criterion.

    UserError where an option names a model or a notebook that is not there.
    """
    warnings: list[str] = []
    limits = replace(LIMITS, seconds=options.seconds)
    found = _attempt("looking for the notebook and the model", warnings, find, submission, options.model, options.notebook)
    notebook = found.training_notebook if found else options.notebook
    audits = [_attempt("reading the log", warnings, log_audit, submission, notebook, rubric.target_accuracy),
              _attempt("reading the stored summary", warnings, printed_summary, submission, notebook)]
    if found:
        warnings += found.warnings
        audits += [_attempt("reading the transforms", warnings, transforms_audit, submission, found),
                   _attempt("reading the notebook's structure", warnings, modularity, submission, found),
                   _attempt("auditing the network", warnings, _network, submission, found, options.run, limits)]
        if options.weights:
            audits.append(_attempt("testing the weights", warnings, check_weights, *rebuilt(submission, found),
                                   options.weights, limits) if options.run else Audit({"checkpoint_accuracy": Fact(
                              None, "needs the model to be executed: add --run")}))
    facts: dict[str, Fact] = {}
    for each in filter(None, audits):
        facts |= each.facts
        warnings += each.warnings
    if options.weights:
        facts.setdefault("checkpoint_accuracy", Fact(None, "the grader failed at it, as a remark says"))
    if found:
        warnings = _without_misuse(submission, found, facts, warnings)
    claims = _attempt("checking the claims", warnings, check_claims, submission, facts, notebook)
    return facts, list(claims or ()), warnings


def _without_misuse(submission: Submission, found: Found, facts: dict[str, Fact], warnings: list[str]) -> list[str]:
    """The warnings, and in `facts` no accuracy that says nothing about the test set, as the data sets' code shows."""
    validation = [warning for warning in warnings if warning == TAKEN_FOR_THE_TEST]
    once = facts.get("final_test_accuracy", Fact()).why.startswith(ONCE)  # on a set that was not looked at before
    wrong = _attempt("looking at the data sets", warnings, misuse, submission, found, bool(validation) and not once)
    if wrong is None:
        return warnings
    for name in (*DOUBTED, "checkpoint_accuracy") if wrong.trained else DOUBTED:
        if name in facts:
            facts[name] = Fact(None, wrong.why, tuple(dict.fromkeys((wrong.place, *facts[name].evidence))))
    return [*(warning for warning in warnings if warning not in validation), f"{wrong.why[0].upper()}{wrong.why[1:]}."]


def _network(submission: Submission, found: Found, run: bool, limits: Limits) -> Audit:
    """The architecture audit; a network that cannot be built as it was trained is not executed at all."""
    submission, found = rebuilt(submission, found)
    if found.model is None or found.model.complete:
        return architecture_audit(submission, found, run, limits)
    why = f"{found.model.class_name} cannot be built as it was trained: {found.model.why}"
    return Audit(dict.fromkeys(NETWORK_FACTS, Fact(None, why, (found.model.place,))))


def _attempt(what: str, warnings: list[str], function: Callable, *arguments):
    """What `function` returns, or None and a warning where it breaks: a fault of ours must not hide what else is known."""
    try:
        return function(*arguments)
    except UserError:
        raise
    except Exception as error:
        warnings.append(f"The grader failed at {what} ({type(error).__name__}: {error}); what it would have established is "
                        "unverifiable.")
        return None


