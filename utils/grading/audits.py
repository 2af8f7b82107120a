"""Every audit of one attempt, by one table; one that breaks leaves a warning and the others go on."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from utils.data.data_sets import CIFAR10
from utils.errors import UserError
from utils.grading.augmentation.audit import transforms_audit
from utils.grading.facts import Audit, Fact
from utils.grading.log.accuracy_facts import DOUBTED, ONCE
from utils.grading.log.audit import NAMES as LOG_FACTS
from utils.grading.log.audit import TAKEN_FOR_THE_TEST, log_audit
from utils.grading.log.data_set import data_set_of
from utils.grading.log.epochs import Run
from utils.grading.log.printed_summary import printed_summary
from utils.grading.log.run_choice import Choice, choose_run, describe
from utils.grading.network.audit import FACTS as NETWORK_FACTS
from utils.grading.network.audit import architecture_audit
from utils.grading.network.checkpoint import check_weights
from utils.grading.network.rebuilt import rebuilt
from utils.grading.own_limits import outcome
from utils.grading.program.attempts import Attempt
from utils.grading.program.data_use import divided, misuse
from utils.grading.program.modularity import modularity
from utils.grading.rubrics.rubric import Rubric
from utils.grading.sandbox.limits import LIMITS, Limits
from utils.grading.submission.contents import Submission

SHOWN = 5  # logs that a reason names
READ_ONLY = (
    "A log that nobody trained cannot be told from a real one by reading it: --weights tests the trained weights, "
    "and grading a class together shows copies."
)
PARALLEL = 2  # networks that are executed at the same time


@dataclass(frozen=True)
class Options:
    """`run`: execute the model, isolated. `model` ("file.py:Class") and `notebook` override what is found, `attempt` names
    the one that counts. `weights`: a checkpoint to test on the real test images. `seconds`: after which one execution is
    stopped."""

    run: bool = False
    model: str | None = None
    notebook: str | None = None
    weights: Path | None = None
    seconds: float = LIMITS.seconds
    attempt: str | None = None

    @property
    def limits(self) -> Limits:
        """The sandbox's limits, with `seconds` for one execution."""
        return replace(LIMITS, seconds=self.seconds)


@dataclass(frozen=True)
class Case:
    """One attempt, and all that its audits are given. `runs` are its own logs, `perhaps` those that may be another's,
    `foreign` those of other data sets; `network` is what executing its network established; `alone` says that the submission
    holds no other attempt."""

    submission: Submission
    attempt: Attempt
    rubric: Rubric
    options: Options
    network: Audit
    runs: tuple[Run, ...] = ()
    perhaps: tuple[Run, ...] = ()
    foreign: tuple[Run, ...] = ()
    alone: bool = True

    @cached_property
    def choice(self) -> Choice:
        """The run that is judged, chosen among the attempt's own logs."""
        return choose_run(self.submission, self.runs, self.attempt.training_notebook)


@dataclass(frozen=True)
class Audited:
    """What the audits established of one attempt: facts by name, remarks that belong to no criterion, and the digest of the
    executed network."""

    attempt: Attempt
    facts: dict[str, Fact] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    runs: tuple[Run, ...] = ()  # the judged one first
    digest: str = ""


def networks_executed(
    submission: Submission, attempts: Sequence[Attempt], options: Options
) -> dict[Attempt, Audit]:
    """The architecture audit of every attempt; a network that several attempts train is executed once."""
    keys = {one: one.model.key if one.model and one.model.complete else one for one in attempts}
    by_network = {keys[one]: one for one in reversed(attempts)}

    def executed(one: Attempt) -> Audit:
        return _guarded("auditing the network", network_audit, submission, one, options)

    if len(by_network) == 1:
        found = {key: executed(one) for key, one in by_network.items()}
    else:
        with ThreadPoolExecutor(PARALLEL) as pool:
            begun = {key: pool.submit(executed, one) for key, one in by_network.items()}
            found = {key: outcome(one) for key, one in begun.items()}
    return {one: found[keys[one]] for one in attempts}


def network_audit(submission: Submission, attempt: Attempt, options: Options) -> Audit:
    """The architecture audit; a network that cannot be built as it was trained is not executed at all."""
    submission, attempt = rebuilt(submission, attempt)
    model = attempt.model
    if model is None or model.complete:
        return architecture_audit(submission, attempt, options.run, options.limits)
    why = f"{model.class_name} cannot be built as it was trained: {model.why}"
    return Audit(dict.fromkeys(NETWORK_FACTS, Fact(None, why, (model.place,))))


def audit(case: Case) -> Audited:
    """What all audits establish of one attempt."""
    audits = [_guarded(what, function, case) for what, function in AUDITS]
    facts = {name: fact for each in audits for name, fact in each.facts.items()}
    if case.options.weights:
        facts.setdefault(
            "checkpoint_accuracy", Fact(None, "the grader failed at it; see the remarks")
        )
    warnings = [*case.attempt.warnings, *(warning for each in audits for warning in each.warnings)]
    for what, function in CORRECTIONS:
        correction = _guarded(what, function, case, facts, warnings)
        facts |= correction.facts
        warnings += correction.warnings
    choice = case.choice
    runs = tuple(run for run in (choice.run, *choice.others) if run)
    return Audited(case.attempt, facts, tuple(dict.fromkeys(warnings)), runs, case.network.digest)


def _guarded(what: str, function: Callable[..., Audit], *arguments) -> Audit:
    """What `function` returns, or a warning where it breaks: a fault of ours must not hide what else is known."""
    try:
        return function(*arguments)
    except UserError:
        raise
    except Exception as error:
        return Audit(
            {},
            (
                f"The grader failed at {what} ({type(error).__name__}: {error}); what depends on it "
                "is unverifiable.",
            ),
        )


# --- what is established one after another ----------------------------------------------------------------------------


def _log(case: Case) -> Audit:
    if case.perhaps and not case.runs:
        return _log_of_several(case)
    found = log_audit(case.submission, case.choice, case.rubric.target_accuracy)
    if case.runs and not case.options.weights:
        return replace(found, warnings=(*found.warnings, READ_ONLY))
    if case.runs or not case.foreign:
        return found
    logs = "; ".join(f"{describe(run)} is of {data_set_of(run)}" for run in case.foreign[:SHOWN])
    return Audit(
        {name: Fact(None, f"no log of {CIFAR10.title} was found: {logs}") for name in LOG_FACTS},
        found.warnings,
    )


def _log_of_several(case: Case) -> Audit:
    """Logs that may be this attempt's or another's establish nothing."""
    where = "; ".join(describe(run) for run in case.perhaps[:SHOWN])
    why = (
        f"nothing tells which network was trained in {where}. Print the network's name or its number of parameters "
        "before the log"
    )
    return Audit({name: Fact(None, why) for name in LOG_FACTS})


def _summary(case: Case) -> Audit:
    return printed_summary(
        case.submission, case.choice.run, case.attempt.training_notebook, case.alone
    )


def _weights(case: Case) -> Audit:
    if not case.options.weights:
        return Audit()
    if not case.options.run:
        return Audit(
            {"checkpoint_accuracy": Fact(None, "the network was not executed in this grading")}
        )
    return check_weights(
        *rebuilt(case.submission, case.attempt), case.options.weights, case.options.limits
    )


# What each audit does, in words for a remark where it breaks.
AUDITS: tuple[tuple[str, Callable[[Case], Audit]], ...] = (
    ("reading the log", _log),
    ("reading the stored summary", _summary),
    ("reading the transforms", lambda case: transforms_audit(case.submission, case.attempt)),
    ("reading the program's structure", lambda case: modularity(case.submission, case.attempt)),
    ("auditing the network", lambda case: case.network),
    ("testing the weights", _weights),
)


# --- what takes back facts that others make doubtful ------------------------------------------------------------------


def _of_another_network(case: Case, facts: dict[str, Fact], warnings: list[str]) -> Audit:
    """A total printed with the log that is not this network's: then nothing of the log passes or fails the network."""
    printed, computed = facts.get("printed_parameters", Fact()), facts.get("parameters", Fact())
    known = case.network.totals
    if (
        not known
        or computed.value is None
        or printed.value is None
        or printed.value in known
        or not case.choice.run
    ):
        return Audit()
    why = (
        f"the summary printed with the log shows {printed.value:,} parameters, and the submitted network has "
        f"{computed.value:,}: the log is from another network. Run the submitted code again and keep its output"
    )
    return Audit({name: Fact(None, why, printed.evidence) for name in DOUBTED if name in facts})


def _not_of_the_test_set(case: Case, facts: dict[str, Fact], warnings: list[str]) -> Audit:
    """An accuracy that says nothing about the test set, as the data sets' code shows."""
    validation = TAKEN_FOR_THE_TEST in warnings
    once = facts.get("final_test_accuracy", Fact()).why.startswith(
        ONCE
    )  # on a set that was not looked at before
    validated, reader = validation and not once, case.attempt.reader
    wrong = misuse(reader, validated) or (divided(reader, case.submission) if validated else None)
    if wrong is None:
        return Audit()
    if validation:
        warnings.remove(TAKEN_FOR_THE_TEST)
    names = [
        name
        for name in ((*DOUBTED, "checkpoint_accuracy") if wrong.trained else DOUBTED)
        if name in facts
    ]
    return Audit(
        {
            name: Fact(None, wrong.why, tuple(dict.fromkeys((wrong.place, *facts[name].evidence))))
            for name in names
        },
        (f"{wrong.why[0].upper()}{wrong.why[1:]}.",),
    )


CORRECTIONS: tuple[tuple[str, Callable[[Case, dict[str, Fact], list[str]], Audit]], ...] = (
    ("comparing the totals", _of_another_network),
    ("looking at the data sets", _not_of_the_test_set),
)
