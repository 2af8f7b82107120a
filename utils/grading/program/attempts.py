"""The attempts of a submission: each program that trains, with each network that it trains.

A submission often holds several: notebooks of two versions, a warm-up on another data set, a script beside a notebook that
was given up, two networks with a log each. What belongs to one says nothing about another.
"""

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from utils.errors import UserError
from utils.grading.code_reader.reader import Reader
from utils.grading.code_reader.trainers import trains
from utils.grading.code_reader.training_code import (
    loops,
    modules_reading,
    reading,
    script_readings,
)
from utils.grading.log.accuracies import accuracy_rows, tested_split
from utils.grading.log.epochs import Run
from utils.grading.program.candidates import Candidate, candidates, foreign
from utils.grading.program.data_sets import data_set_of_network
from utils.grading.program.finding import (
    ModelReference,
    missing_network,
    named_network,
    only_network,
    reference_of,
    untrained,
)
from utils.grading.submission.contents import Submission


@dataclass(frozen=True, eq=False)
class Attempt:
    """A program that trains, and the network that it trains.

    `name` is the program's path, followed by the network where the program trains several. `training_notebook` or `script`
    is the program (neither where only modules were found); `reader` has read it, once for all questions. `model` is None
    where no network can be established, and `why` says so; `network` is the value that reading made of it. `cells` are those
    of the notebook in which the network is trained or called, `data_set` is the one that it is trained on (None where no
    class tells).
    """

    name: str
    reader: Reader
    training_notebook: str | None = None
    script: str | None = None
    model: ModelReference | None = None
    network: object = None
    cells: frozenset[int] = frozenset()
    data_set: str | None = None
    why: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def program(self) -> str:
        """The path of the notebook or script; empty where there is none."""
        return self.training_notebook or self.script or ""

    @property
    def names(self) -> tuple[str, ...]:
        """What texts may call it: its program's file without the suffix, its class and the function that makes it."""
        found = [posixpath.splitext(posixpath.basename(self.program))[0]]
        if self.model is not None:
            found += [self.model.class_name, self.model.factory]
        return tuple(dict.fromkeys(name for name in found if name))


@dataclass(frozen=True)
class _Program:
    """One program, read; `logged` are the cells that print a log, each with the best accuracy in per cent."""

    reader: Reader
    why: str
    notebook: str | None = None
    script: str | None = None
    logged: Mapping[int, float] = field(default_factory=dict)
    rank: tuple = ()


def attempts(
    submission: Submission,
    runs: Sequence[Run],
    model: str | None = None,
    notebook: str | None = None,
) -> list[Attempt]:
    """Every attempt, the likeliest first; `runs` are all that the submission logs. There is at least one.

    `notebook` names the program by hand and `model` ("file.py:Class") the network of the first attempt; UserError where
    either names nothing that is there.
    """
    programs = (
        [_named_program(submission, runs, notebook)] if notebook else _programs(submission, runs)
    )
    found = [one for program in programs for one in _attempts_of(program)]
    if len(found) == 1 and found[0].model is None and not model:
        found = [_with_only_network(submission, found[0])]
    return _with_model(submission, found, model) if model else found


# --- the programs -----------------------------------------------------------------------------------------------------


def _programs(submission: Submission, runs: Sequence[Run]) -> list[_Program]:
    """The notebooks that train or hold a log, best log first, then the scripts that train; else what there is to read."""
    readings = {one.path: reading(submission, one) for one in submission.notebooks}
    notebooks = [_of_notebook(path, reader, runs) for path, reader in readings.items()]
    notebooks = [one for one in notebooks if trains(one.reader) or one.logged]
    notebooks.sort(key=lambda one: one.rank, reverse=True)
    parts = {path for one in notebooks for path in _parts(one.reader)}
    scripts = script_readings(submission, without=parts)
    scripts = [reader for reader in scripts if trains(reader)] or [
        reader for reader in scripts if not notebooks and candidates(reader)
    ]
    found = notebooks + [
        _Program(reader, _why_script(reader), script=reader.program.file) for reader in scripts
    ]
    if found:
        return found
    if len(readings) == 1:
        ((path, reader),) = readings.items()
        return [
            _Program(
                reader,
                f"{path} is the only notebook, but no training was found in it.",
                notebook=path,
            )
        ]
    why = "No notebook was found that trains." if readings else "The submission has no notebook."
    return [_Program(modules_reading(submission), why)]


def _of_notebook(path: str, reader: Reader, runs: Sequence[Run]) -> _Program:
    tops = []
    for run in runs:
        rows = (
            accuracy_rows(run, tested_split(run))
            if run.notebook and run.source == path and tested_split(run)
            else ()
        )
        if rows:
            top = max(rows, key=lambda row: row.accuracy)
            tops.append((top.accuracy, len(rows), top.place.cell))
    best = max(tops, default=(0.0, 0))[:2]
    why = f"{path} {'trains' if trains(reader) else 'holds the log of a training'}."
    logged = {cell: accuracy for accuracy, _, cell in sorted(tops)}
    return _Program(reader, why, notebook=path, logged=logged, rank=(bool(tops), *best, path))


def _parts(reader: Reader) -> set[str]:
    """The files that a program imports or starts: they are parts of it, not programs of their own."""
    return {module.path for module in reader.modules.values()} | set(reader.started)


def _why_script(reader: Reader) -> str:
    return (
        f"{reader.program.file} trains."
        if trains(reader)
        else f"{reader.program.file} can be started."
    )


def _named_program(submission: Submission, runs: Sequence[Run], wanted: str) -> _Program:
    found = next(
        (one for one in submission.notebooks if wanted in (one.path, posixpath.basename(one.path))),
        None,
    )
    if found is None:
        raise UserError(
            f"There is no notebook '{wanted}' in the submission; give one of: "
            f"{', '.join(one.path for one in submission.notebooks) or 'none, it has no notebooks'}."
        )
    return replace(
        _of_notebook(found.path, reading(submission, found), runs), why=f"{found.path} was named."
    )


# --- the networks of a program ----------------------------------------------------------------------------------------


def _attempts_of(program: _Program) -> list[Attempt]:
    reader, path = program.reader, program.notebook or program.script or ""
    ranked = candidates(reader, program.logged)
    base = Attempt(
        path or "the Python files",
        reader,
        program.notebook,
        program.script,
        why=program.why,
        data_set=data_set_of_network(reader, None),
        warnings=tuple(dict.fromkeys(reader.problems)),
    )
    networks = _distinct(_trained(ranked))
    if not networks:
        best, why = untrained(ranked, reader)
        networks = [(reference_of(best), best)] if best else []
        base = replace(base, why=f"{base.why} {why}".strip())
    if not networks:
        return [base]
    all_loops = loops(reader)
    names = _names(path, [reference for reference, _ in networks])
    return [
        _attempt(base, name, reference, one, data_set_of_network(reader, one.network, all_loops))
        for name, (reference, one) in zip(names, networks)
    ]


def _attempt(
    base: Attempt, name: str, reference: ModelReference, one: Candidate, data_set: str | None
) -> Attempt:
    warnings, why = base.warnings, base.why
    if not reference.complete:
        warnings += (f"The network that is trained cannot be built again: {reference.why}.",)
    if one.trained:
        why = f"{why} The network is {one.name}: {one.why}."
    return replace(
        base,
        name=name,
        model=reference,
        network=one.network,
        cells=one.cells,
        data_set=data_set,
        why=why,
        warnings=warnings,
    )


def _trained(ranked: list[Candidate]) -> list[Candidate]:
    """The networks that are seen to be trained; where none of them is used in a cell with a log, also the one that is."""
    trained = [one for one in ranked if one.trained]
    logged = [one for one in ranked if one.rank[0]]
    return trained + logged[:1] if trained and not any(one.rank[0] for one in trained) else trained


def _distinct(networks: list[Candidate]) -> list[tuple[ModelReference, Candidate]]:
    """Each network once, as it is built; a copy, as for finding a learning rate, adds the cells that it is used in."""
    found: dict[tuple, tuple[ModelReference, Candidate]] = {}
    for one in networks:
        reference = reference_of(one)
        key = reference.key if reference.complete else (*reference.key, id(one))
        if key in found:
            known = found[key][1]
            found[key] = reference, replace(known, cells=known.cells | one.cells)
        else:
            found[key] = reference, one
    return list(found.values())


def _names(path: str, references: list[ModelReference]) -> list[str]:
    """The program's path, with the class where it trains several, with its arguments where classes are the same."""
    if len(references) == 1:
        return [path or "the Python files"]
    classes = [one.factory or one.class_name for one in references]
    calls = [str(one).partition(":")[2] for one in references]
    return [
        f"{path}: {name}"
        if classes.count(name) == 1
        else f"{path}: {call}"
        if calls.count(call) == 1
        else f"{path}: {call} in {one.place.where}"
        for name, call, one in zip(classes, calls, references)
    ]


def _with_only_network(submission: Submission, attempt: Attempt) -> Attempt:
    """The attempt with the one network that the submission defines, though no code is seen to build it."""
    if foreign(attempt.reader) or missing_network(attempt.reader):
        return attempt
    best, why = only_network(submission)
    attempt = replace(attempt, why=f"{attempt.why} {why}".strip())
    return replace(attempt, model=reference_of(best)) if best else attempt


def _with_model(submission: Submission, found: list[Attempt], wanted: str) -> list[Attempt]:
    """The attempts with the network that was named: those that train it, or the first one, given it."""
    path, _, name = wanted.rpartition(":")
    own = [
        one
        for one in found
        if one.model
        and name in (one.model.class_name, one.model.factory)
        and path in (one.model.place.file, one.model.place.notebook)
    ]
    if own:
        return [*own, *(one for one in found if one not in own)]
    reference = reference_of(named_network(submission, wanted, candidates(found[0].reader)))
    why = f"{found[0].why.partition(' The network is ')[0]} the network was named: {wanted}".strip()
    return [
        replace(
            found[0],
            model=reference,
            why=why,
            warnings=tuple(dict.fromkeys(found[0].reader.problems)),
        ),
        *found[1:],
    ]
