"""One submission graded: its attempts, every audit of each, the verdicts on the rubric's criteria, the claims."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from utils.data.data_sets import CIFAR10
from utils.grading import verdicts
from utils.grading.audits import Audited, Case, Options, audit, networks_executed
from utils.grading.claims.audit import check_claims
from utils.grading.claims.subjects import Subject
from utils.grading.copies.fingerprints import fingerprints
from utils.grading.facts import Claim, Fact
from utils.grading.log.data_set import data_set_of
from utils.grading.log.epochs import Run
from utils.grading.log.run_choice import describe, tested_runs
from utils.grading.log.runs import submission_runs
from utils.grading.own_limits import TookTooLong, memory_at_most, time_at_most
from utils.grading.program.attempts import Attempt, attempts
from utils.grading.program.counting import best_attempt, named_as_result, named_attempt, set_aside
from utils.grading.program.finding import defined_networks
from utils.grading.program.log_owners import Logs, logs_of
from utils.grading.reports.bounded import bounded
from utils.grading.reports.entry import Graded, attempt_entry, compose, not_graded, without_content
from utils.grading.rubrics.rubric import Rubric
from utils.grading.submission.contents import Submission, read_submission

DEFAULTS = Options()
SECONDS = 120  # of the grader's own processor time for a submission, which takes a few; executions have other limits
MEMORY = (
    3 * 2**30
)  # bytes that the grader's own process may take for a submission, beyond what it has before
SHOWN = 5  # logs that are nobody's, and that a remark names
MOST = 6  # attempts of one submission that are judged; the others are listed


def grade(path: Path | str, rubric: Rubric, options: Options = DEFAULTS) -> dict:
    """One element of "submissions" in the JSON interface (schema.json), by the time limit of `examine_in_time`.

    UserError where there is nothing at `path`.
    """
    return examine_in_time(path, rubric, options).entry


def examine_in_time(path: Path | str, rubric: Rubric, options: Options = DEFAULTS) -> Graded:
    """`examine`, given up after SECONDS of processor time and with MEMORY: then the entry says so, all is unverifiable."""
    try:
        with time_at_most(SECONDS), memory_at_most(MEMORY):
            return examine(path, rubric, options)
    except TookTooLong:
        return not_graded(str(path), rubric, f"it took longer than {SECONDS} s of processor time")
    except MemoryError:
        return not_graded(str(path), rubric, f"it took more than {MEMORY / 2**30:g} GiB of memory")


def examine(path: Path | str, rubric: Rubric, options: Options = DEFAULTS) -> Graded:
    """`grade` without a limit on time."""
    submission = read_submission(Path(path))
    if submission.is_empty:
        return without_content(str(path), rubric, submission.warnings)
    judged = judge(submission, rubric, options)
    claims, failed = _claims(submission, judged)
    remarks = [judged.why] if judged.why else []
    warnings = [*submission.warnings, *remarks, *judged.first.warnings, *_about_nobodys(judged)]
    warnings += failed
    digests = [one.digest for one in judged.every]
    prints, remarks = fingerprints(submission, judged.runs, digests)
    made = compose(
        str(path),
        rubric,
        judged.first.facts,
        claims,
        warnings + remarks,
        _table(judged, rubric),
        prints,
    )
    return replace(made, entry=bounded(made.entry))


# --- the attempts -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Judged:
    """Every attempt that was judged, with its results; `first` is the one that counts, and `why` says why it does.

    `left` are attempts that were not judged, each with the reason; `nobodys` the logs that no attempt is tied to; `runs` are
    all logs of the submission.
    """

    first: Audited
    others: tuple[Audited, ...] = ()
    why: str = ""
    left: tuple[tuple[Attempt, str], ...] = ()
    nobodys: tuple[Run, ...] = ()
    runs: tuple[Run, ...] = ()

    @property
    def every(self) -> tuple[Audited, ...]:
        """All judged attempts, the one that counts first."""
        return (self.first, *self.others)


def judge(submission: Submission, rubric: Rubric, options: Options = DEFAULTS) -> Judged:
    """Every attempt of a submission, each judged whole, and which of them counts.

    UserError where an option names a program, a network or an attempt that is not there.
    """
    runs = submission_runs(submission)
    found = attempts(submission, runs, options.model, options.notebook)
    named = (
        named_attempt(found, options.attempt)
        if options.attempt
        else found[0]
        if options.model
        else None
    )
    chosen, left = _to_judge(found, named)
    networks = networks_executed(submission, chosen, options)
    logs, foreign = _logs(submission, found, runs, {one: networks[one].totals for one in chosen})
    audited = [
        audit(
            Case(
                submission,
                one,
                rubric,
                options,
                networks[one],
                logs.own[one],
                logs.perhaps[one],
                foreign,
                len(found) == 1,
            )
        )
        for one in chosen
    ]
    first, why = _counting(submission, audited, rubric, named)
    return Judged(
        first,
        tuple(one for one in audited if one is not first),
        why,
        tuple(left),
        logs.nobodys,
        tuple(tested_runs(runs)),
    )


def _to_judge(
    found: list[Attempt], named: Attempt | None
) -> tuple[list[Attempt], list[tuple[Attempt, str]]]:
    """The attempts that are judged, and the others with the reason; one that was named by hand is judged in any case."""
    foreign = {
        one: f"it trains on {one.data_set}, not on {CIFAR10.title}"
        for one in found
        if one.data_set not in (None, CIFAR10.title) and one is not named
    }
    ours = [one for one in found if one not in foreign]
    if not ours:
        ours, foreign = found[:1], {one: why for one, why in foreign.items() if one is not found[0]}
    ours.sort(key=lambda one: one is not named)
    return ours[:MOST], [
        *foreign.items(),
        *((one, f"only the first {MOST} attempts are judged") for one in ours[MOST:]),
    ]


def _logs(
    submission: Submission,
    found: list[Attempt],
    runs: Sequence[Run],
    totals: dict[Attempt, frozenset[int]],
) -> tuple[Logs, tuple[Run, ...]]:
    """The logs with their owners, and apart those of another data set, which are nobody's."""
    tested = tested_runs(runs)
    foreign = tuple(run for run in tested if data_set_of(run) not in (None, CIFAR10.title))
    ours = [run for run in tested if run not in foreign]
    names = (
        defined_networks(one.reader for one in found)
        if any(not run.notebook for run in ours)
        else ()
    )
    return logs_of(
        submission, found, ours, {one: totals.get(one, frozenset()) for one in found}, names
    ), foreign


def _counting(
    submission: Submission, audited: list[Audited], rubric: Rubric, named: Attempt | None
) -> tuple[Audited, str]:
    """The attempt that counts, with a sentence that says why."""
    by_attempt = {one.attempt: one for one in audited}
    if len(audited) == 1:
        return audited[0], ""
    if named:
        return by_attempt[named], f"{named.name} counts, because it was named by hand."
    if found := named_as_result(submission, list(by_attempt)):
        attempt, place = found
        return by_attempt[
            attempt
        ], f"{attempt.name} counts, because the README names it as the result ({place})."
    aside = set_aside(submission, list(by_attempt))
    best = best_attempt(
        {one.attempt: _score(one, rubric) for one in audited if one.attempt not in aside}
    )
    why = f"{best.name} counts, because it has the most points"
    if aside:
        why += (
            f" of those that the README does not set aside ({', '.join(one.name for one in aside)})"
        )
    return by_attempt[best], f"{why}, and no README was understood to name one as the result."


def _score(one: Audited, rubric: Rubric) -> tuple[float, int, float]:
    """The points, of equal points the fewest fails, then the best accuracy."""
    results = verdicts.judge_all(rubric, one.facts)
    fails = sum(result.verdict == verdicts.FAIL for result in results)
    return (
        sum(result.points for result in results),
        -fails,
        one.facts.get("best_test_accuracy", Fact()).value or 0.0,
    )


# --- what is said of them ---------------------------------------------------------------------------------------------


def _table(judged: Judged, rubric: Rubric) -> list[dict]:
    """One row for each attempt, the one that counts first."""
    rows = []
    for one in judged.every:
        log = describe(one.runs[0]) if one.runs else None
        results = verdicts.judge_all(rubric, one.facts)
        rows.append(
            attempt_entry(
                one.attempt.name,
                _network(one.attempt),
                log,
                judged.why if one is judged.first else "",
                results,
                one is judged.first,
            )
        )
    return rows + [
        attempt_entry(one.name, _network(one), None, f"not judged: {why}")
        for one, why in judged.left
    ]


def _network(attempt: Attempt) -> str | None:
    return str(attempt.model) if attempt.model else None


def _about_nobodys(judged: Judged) -> list[str]:
    if not judged.nobodys:
        return []
    logs = "; ".join(map(describe, judged.nobodys[:SHOWN]))
    return [f"Not judged, because nothing ties it to an attempt that was found: {logs}."]


def _claims(submission: Submission, judged: Judged) -> tuple[list[Claim], list[str]]:
    """The claims, or a remark where checking them breaks: that must not hide what else is known."""
    try:
        return check_claims(submission, _subjects(judged)), []
    except Exception as error:
        return [], [f"The grader failed at checking the claims ({type(error).__name__}: {error})."]


def _subjects(judged: Judged) -> list[Subject]:
    """What claims are held against: every attempt, and what else the submission has, of which little or nothing is known:
    logs that are nobody's, attempts that were not judged, networks that are defined and not trained."""
    found = [
        Subject(
            one.attempt.name,
            one.attempt.names,
            one.attempt.training_notebook,
            one.facts,
            one.runs,
            one is judged.first,
        )
        for one in judged.every
    ]
    found += [
        Subject(f"another log, {describe(run)}", (), None, {}, (run,), False)
        for run in judged.nobodys[:MOST]
    ]
    found += [
        Subject(one.name, one.names, one.training_notebook, {}, (), False) for one, _ in judged.left
    ]
    known = {word for one in found for word in one.words}
    networks = defined_networks(one.attempt.reader for one in judged.every)
    return found + [
        Subject(name, (name,), None, {}, (), counts=False, trained=False)
        for name in sorted(networks - known)
    ]
