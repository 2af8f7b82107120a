"""Which log is whose: a log belongs to the attempt whose output it is, or to which something in or around it ties it.

What ties a log that stands in a text: a total of parameters printed in it or beside it, a class or file name among the
headings above it or in its path, its folder. Where nothing tells several attempts apart, the log is nobody's.
"""

import ast
import posixpath
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from utils.grading.code_reader.reader import Reader
from utils.grading.code_reader.written_modules import file_writes
from utils.grading.log.epochs import Run
from utils.grading.log.lines import text_lines
from utils.grading.log.printed_totals import printed_total
from utils.grading.log.run_choice import copies_of, tested_values
from utils.grading.program.attempts import Attempt
from utils.grading.program.recorded_settings import agrees
from utils.grading.submission.contents import Submission

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# Words that many programs and classes have in their names: they tie nothing.
_COMMON = frozenset(
    """
a and be best cell cifar class classifier cnn code colab conv copy csv data dataset deep epoch epochs era exp
experiment file final for from image images ipynb is log logs loop main md model models module my nb net nets network
neural new nn notebook of on out output plain project py readme result results run runs s session src submission
summary test testing text the to torch train trained trainer training txt util utils v validation with
""".split()
)

# Whose number is that of the data set, of the course, or of an epoch.
_NUMBERED = frozenset(
    "assignment cifar cuda day e ep epoch epochs era gpu part py s seed session week".split()
)

LEAST_IN_COMMON = 5  # epochs with the same accuracies, of two logs that are of one training
_COMMAND_LINE = ("parse_args", "parse_known_args")
# Libraries that start a function with the words of the command.
_STARTERS = frozenset(
    "absl click defopt docopt fire hydra jsonargparse plac tap typer tyro".split()
)


@dataclass(frozen=True, eq=False)
class Logs:
    """By attempt its runs, and those that may be of it or of another. `nobodys` are tied to no attempt at all."""

    own: Mapping[Attempt, tuple[Run, ...]]
    perhaps: Mapping[Attempt, tuple[Run, ...]] = field(default_factory=dict)
    nobodys: tuple[Run, ...] = ()


def logs_of(
    submission: Submission,
    attempts: Sequence[Attempt],
    runs: Sequence[Run],
    totals: Mapping[Attempt, frozenset[int]],
    networks: Iterable[str] = (),
) -> Logs:
    """Every run with its owner. `totals` are the counts of parameters that a summary of the attempt's network may print
    (empty where they are not known), `networks` the names of all networks that are defined, also of those nobody trains."""
    own: dict[Attempt, list[Run]] = {one: [] for one in attempts}
    perhaps: dict[Attempt, list[Run]] = {one: [] for one in attempts}
    nobodys: list[Run] = []
    tie = _Ties(submission, attempts, totals, frozenset(networks))
    printed = [run for run in runs if run.notebook]
    said = [(run, tested_values(run)) for run in runs if not run.notebook]
    outputs = [_completed(run, said) for run in printed]
    texts = [
        run
        for run in runs
        if not run.notebook and not any(copies_of(run, tested_values(one)) for one in outputs)
    ]
    for run, whole in zip(printed, outputs):
        _give(whole, tie.of_output(run), own, perhaps, nobodys)
    with_output = {one for one, held in own.items() if held or perhaps[one]}
    longest = max((tested_values(run) for run in texts), key=len, default=[])
    several = not all(copies_of(run, longest) for run in texts)  # not the same once more, or a part
    for run in texts:
        owners = tie.of_text(run, with_output)
        if several and len(owners) == 1 and not tie.is_certain(owners[0], run):
            perhaps[owners[0]].append(run)
        else:
            _give(run, owners, own, perhaps, nobodys)
    return Logs(
        {one: tuple(held) for one, held in own.items()},
        {one: tuple(held) for one, held in perhaps.items()},
        tuple(nobodys),
    )


def _completed(run: Run, texts: Sequence[tuple[Run, list[float]]]) -> Run:
    """`run`, with all epochs of a text that holds its own and more: an output may be cut, a frame is printed in part."""
    shown = tested_values(run)
    if sum(not value.is_integer() for value in shown) < LEAST_IN_COMMON:
        return run  # round values are those of many trainings
    for text, values in texts:
        left = iter(values)  # each value is looked for behind the one before it
        if len(text.epochs) > len(run.epochs) and all(value in left for value in shown):
            return replace(run, epochs=text.epochs, begun=text.begun, left_out=text.left_out)
    return run


def _give(run: Run, owners: list[Attempt], own: dict, perhaps: dict, nobodys: list[Run]) -> None:
    if len(owners) == 1:
        own[owners[0]].append(run)
    elif owners:
        for one in owners:
            perhaps[one].append(run)
    else:
        nobodys.append(run)


@dataclass(frozen=True)
class _Ties:
    submission: Submission
    attempts: Sequence[Attempt]
    totals: Mapping[Attempt, frozenset[int]]
    networks: frozenset[str]

    def of_output(self, run: Run) -> list[Attempt]:
        """The attempts that may have printed a run of a notebook's outputs: those of that notebook's networks."""
        owners = [one for one in self.attempts if one.training_notebook == run.source]
        cells = {place.cell for epoch in run.epochs for place in epoch.places.values()}
        for tied in (
            lambda one: bool(one.cells & cells),
            lambda one: run.parameters in self.totals[one],
        ):
            owners = _narrowed(owners, tied)
        return owners

    def of_text(self, run: Run, with_output: set[Attempt]) -> list[Attempt]:
        """The attempts to which a run in a text may belong, by everything that ties it."""
        owners, tied = list(self.attempts), False
        if total := self._total(run):
            known = [one for one in owners if self.totals[one]]
            owners = [one for one in owners if not self.totals[one] or total in self.totals[one]]
            tied = any(total in self.totals[one] for one in known)
            if tied:
                owners = [one for one in owners if total in self.totals[one]]
        owners = [one for one in owners if self._recorded(one, run) is not False]
        named, other = self._named(run, owners)
        if other and not tied:
            return []
        if named:
            owners, tied = named, True
        if not tied:  # the output of a notebook stands in the notebook itself
            owners = [one for one in owners if one not in with_output]
            owners = _narrowed(owners, lambda one: one.training_notebook is None)
            owners = _narrowed(owners, lambda one: self._same_folder(one, run))
        return owners

    def is_certain(self, one: Attempt, run: Run) -> bool:
        """False where a command line may give the network or its arguments, or the network is not known, and the log itself
        does not tell which it was.

        Of several logs each may then be any network's, whatever its file or folder is called.
        """
        model = one.model
        given = model is not None and bool(model.args or model.kwargs)
        named = {
            node.id
            for _, statement in one.reader.own_statements
            for node in ast.walk(statement)
            if isinstance(node, ast.Name)
        }
        choice = given or len(named & self.networks) > 1
        picked = model is None or choice and _takes_words(one.reader)
        told = run.parameters in self.totals[one] or self._recorded(one, run)
        return not picked or bool(told) or self._is_written(one, run)

    def _is_written(self, one: Attempt, run: Run) -> bool:
        """Whether it is the one text that the program writes, as it was started."""
        names = {posixpath.normpath(written.name) for written, _, _ in file_writes(one.reader)}
        texts = [text.path for text in self.submission.texts]
        found = [path for path in texts if any(f"/{path}".endswith(f"/{name}") for name in names)]
        return found == [run.source]

    def _recorded(self, one: Attempt, run: Run) -> bool | None:
        return agrees(self.submission, run, one.model) if one.model is not None else None

    def _total(self, run: Run) -> int | None:
        """The total printed before the run, else the only one that a text in the same folder of its own prints."""
        if run.parameters is not None:
            return run.parameters
        folder = posixpath.dirname(run.source)
        beside = {
            total[0]
            for text in self.submission.texts
            if folder and posixpath.dirname(text.path) == folder
            for line, _ in text_lines(text.path, text.text)
            if (total := printed_total(line))
        }
        return beside.pop() if len(beside) == 1 else None

    def _named(self, run: Run, owners: list[Attempt]) -> tuple[list[Attempt], bool]:
        """The attempts that the nearest heading or part of the path names, and whether it names another network instead."""
        said = [
            set(words(text))
            for text in (
                *reversed(run.headings),
                posixpath.basename(run.source),
                *reversed(posixpath.dirname(run.source).split("/")),
            )
        ]
        every = {one: self._words(one) for one in self.attempts}
        shared = {
            word
            for word in set().union(*every.values())
            if sum(word in own for own in every.values()) > 1
        }
        others = {name: set(words(name)) for name in self.networks}
        for here in said:
            named = [one for one in owners if here & (every[one] - shared)]
            if named:
                return named, False
            elsewhere = [
                name
                for name, own in others.items()
                if here & own and not here & set().union(*every.values())
            ]
            if elsewhere and all(one.model for one in owners):  # else it may be its network's
                return [], True
        return [], False

    def _words(self, one: Attempt) -> set[str]:
        given = (*one.model.args, *one.model.kwargs.values()) if one.model is not None else ()
        names = (*one.names, *(value for value in given if isinstance(value, str)))
        return {word for name in names for word in words(name)}

    def _same_folder(self, one: Attempt, run: Run) -> bool:
        folder = posixpath.dirname(one.program)
        return bool(folder) and f"{posixpath.dirname(run.source)}/".startswith(f"{folder}/")


def _takes_words(reader: Reader) -> bool:
    """Whether the words of the command that starts the program, or its like, may decide on something."""
    if any(call.name in _COMMAND_LINE for call in reader.calls):
        return True
    nodes = (node for unit in reader.units for one in unit.statements for node in ast.walk(one))
    return any(
        getattr(node, "attr", "") == "argv"
        or isinstance(node, ast.alias)
        and node.name.partition(".")[0] in _STARTERS
        or isinstance(node, ast.ImportFrom)
        and (node.module or "").partition(".")[0] in _STARTERS
        for node in nodes
    )


def words(text: str) -> list[str]:
    """The words of a name or heading that can tell one attempt from another: "runs/WideNet_v2" gives "wide" and "v2".

    A number belongs to the word before it, if that is of the student's choice and not of the course's: then they count
    together, and the word alone does not.
    """
    found, parts = [], [match.lower() for match in _WORD.findall(text[:300])]
    for word, following in zip(parts, [*parts[1:], ""]):
        if word.isdigit():
            continue
        if following.isdigit() and word not in _NUMBERED:
            found.append(word + following)
        elif word not in _COMMON:
            found.append(word)
    return found


def _narrowed(owners: list[Attempt], tied: Callable[[Attempt], bool]) -> list[Attempt]:
    """The owners that are tied; all of them where none is."""
    return [one for one in owners if tied(one)] or owners
