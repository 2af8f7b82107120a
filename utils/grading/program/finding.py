"""Which notebook trains, and which class (or function) of which file is the network, with its constructor's arguments."""

import posixpath
from dataclasses import dataclass, field

from utils.errors import UserError
from utils.grading.code_reader.reader import Reader
from utils.grading.code_reader.training_code import reading, script_readings, trains
from utils.grading.code_reader.values import Unknown, UserClass, UserFunction
from utils.grading.facts import Evidence
from utils.grading.log.accuracies import accuracy_rows, tested_split
from utils.grading.log.runs import submission_runs
from utils.grading.program.candidates import Candidate, candidates, foreign, network_classes
from utils.grading.program.network_arguments import argument
from utils.grading.submission.contents import Notebook, Submission


@dataclass(frozen=True)
class ModelReference:
    """The network: a class, or the function that builds it, and what it is called with.

    `file` or `notebook` is where that class is defined; where `factory` names a function, it is where the function is
    defined, and `args` and `kwargs` are the function's: literals, and Code for what calls make. `place` is the class
    statement (the function's, where no class of the submission is behind it). `import_roots` are the folders, relative to
    the submission's, from which its own imports resolve, in order. `complete` is False where an argument cannot be made
    again or the network is changed later: `why` then says so.
    """
    place: Evidence
    class_name: str
    file: str | None = None
    notebook: str | None = None
    args: tuple = ()
    kwargs: dict = field(default_factory=dict)
    import_roots: tuple[str, ...] = ("",)
    factory: str | None = None
    complete: bool = True
    why: str = ""

    def __str__(self) -> str:
        given = [*map(repr, self.args), *(f"{key}={value!r}" for key, value in self.kwargs.items())]
        return f"{self.file or self.notebook}:{self.factory or self.class_name}({', '.join(given)})"


@dataclass(frozen=True)
class Found:
    """What a submission is judged by. `model` is None where no network can be established, and `why` says so."""
    training_notebook: str | None
    model: ModelReference | None
    others: tuple = ()
    why: str = ""
    warnings: tuple[str, ...] = ()


def find(submission: Submission, model: str | None = None, notebook: str | None = None) -> Found:
    """Choose the training notebook and the network; `model` ("file.py:Class") and `notebook` override the choice.

    UserError where an override names nothing that is there.
    """
    readings = [(one, reading(submission, one)) for one in submission.notebooks]
    logs = _best_runs(submission)
    chosen, why_notebook, other_notebooks = _training_notebook(readings, logs, notebook)
    cell = logs[chosen.path][2] if chosen and chosen.path in logs else None
    readers = [reader for one, reader in readings if one is chosen] or script_readings(submission)
    warnings = tuple(dict.fromkeys(problem for reader in readers for problem in reader.problems))
    ranked = sorted((one for reader in readers for one in candidates(reader, cell)), key=lambda one: one.rank, reverse=True)
    best, why_model = (_override(submission, model, chosen, ranked), f"the network was named: {model}") if model else \
        _best(submission, ranked, readers)
    reference = best and _reference(best)
    others = tuple(dict.fromkeys(str(_reference(one)) for one in ranked[1:])) if ranked else ()
    others = tuple(one for one in others if not reference or one != str(reference))
    if reference and not reference.complete:
        warnings += (f"The network that is trained cannot be built again: {reference.why}.",)
    return Found(chosen.path if chosen else None, reference, other_notebooks + others,
                 " ".join(part for part in (why_notebook, why_model) if part), warnings)


# --- the notebook -----------------------------------------------------------------------------------------------------

def _best_runs(submission: Submission) -> dict[str, tuple[float, int, int | None]]:
    """By notebook the best logged test accuracy in per cent, the epochs of that run, and the cell that printed its best."""
    found: dict[str, tuple[float, int, int | None]] = {}
    for run in submission_runs(submission):
        rows = accuracy_rows(run, tested_split(run)) if run.notebook and tested_split(run) else ()
        if rows:
            top = max(rows, key=lambda row: row.accuracy)
            found[run.source] = max(found.get(run.source, (0.0, 0, None)), (top.accuracy, len(rows), top.place.cell),
                                    key=lambda one: one[:2])
    return found


def _training_notebook(readings, logs: dict[str, tuple[float, int, int | None]], wanted: str | None):
    if wanted:
        match = [one for one, _ in readings if wanted in (one.path, posixpath.basename(one.path))]
        if not match:
            raise UserError(f"There is no notebook '{wanted}' in the submission; give one of: "
                            f"{', '.join(one.path for one, _ in readings) or 'none, it has no notebooks'}.")
        return match[0], f"{match[0].path} was named.", tuple(one.path for one, _ in readings if one is not match[0])
    scored = [((one.path in logs, *logs.get(one.path, (0.0, 0))[:2]), one) for one, reader in readings
              if trains(reader) or one.path in logs]
    scored = sorted(scored, key=lambda entry: (entry[0], entry[1].path))
    if not scored:
        only = readings[0][0] if len(readings) == 1 else None
        return only, (f"{only.path} is the only notebook, but nothing in it is seen to train." if only else
                      "No notebook is seen to train." if readings else "The submission has no notebook."), ()
    chosen = scored[-1][1]
    others = tuple(one.path for _, one in reversed(scored[:-1]))
    seen = "trains" if any(one is chosen and trains(reader) for one, reader in readings) else "holds the log of a training"
    why = f"{chosen.path} {seen}" + (" and has the best stored log of those that do" if others else "") + "."
    return chosen, why, others


# --- the network ------------------------------------------------------------------------------------------------------

def _best(submission: Submission, ranked: list[Candidate], readers: list[Reader]):
    other = next(filter(None, map(foreign, readers)), "")
    if other and not (ranked and ranked[0].trained):
        return None, f"The network that is trained {other}; name another with --model."
    if ranked:
        return ranked[0], f"The network is {ranked[0].name}: {ranked[0].why}."
    missing = next((call.callee for reader in readers for call in reversed(reader.calls)
                    if getattr(call.callee, "problem", "") and call.name[:1].isupper()), None)
    if missing is not None:
        return None, f"The network cannot be read: {missing.name} is used, but {missing.problem}."
    classes = _lone_classes(submission)
    if len(classes) == 1:
        candidate = Candidate.of_class(classes[0], "no code is seen to build it, but it is the only network that is defined")
        return candidate, f"The network is {candidate.name}: {candidate.why}."
    names = ", ".join(f"{one.place.file or one.place.notebook}:{one.name}" for one in classes)
    return None, (f"Several networks are defined and none is seen to be built ({names}); name one with --model." if classes
                  else "No class that inherits from torch.nn.Module is built or defined in what could be read.")


def _all_readers(submission: Submission) -> list[Reader]:
    readers = [reading(submission, one) for one in submission.notebooks]
    for source in submission.sources:
        reader = Reader(submission, posixpath.dirname(source.path))
        reader.import_module(posixpath.basename(source.path).removesuffix(".py"))
        readers.append(reader)
    return readers


def _lone_classes(submission: Submission) -> list[UserClass]:
    """The networks that no other network of the submission is built of; each place once."""
    classes = {(one.place.file, one.place.notebook, one.place.cell, one.name): one
               for reader in _all_readers(submission) for one in network_classes(reader)}
    return [one for one in classes.values()]


def _override(submission: Submission, wanted: str, chosen: Notebook | None, ranked: list[Candidate]) -> Candidate:
    path, _, name = wanted.rpartition(":")
    for candidate in ranked:  # built somewhere: then with those arguments
        if candidate.name == name and path in (candidate.place.file, candidate.place.notebook):
            return candidate
    for reader in _all_readers(submission):
        for one in reader.classes:
            if one.name == name and path in (one.place.file, one.place.notebook):
                return Candidate.of_class(one, "it was named", tuple(reader.index.used_roots))
        for module in reader.modules.values():
            if module.path == path and isinstance(module.names.get(name), UserFunction):
                return Candidate.of_function(module.names[name], "it was named", tuple(reader.index.used_roots))
    raise UserError(f"There is no class or function '{name}' in '{path}'; give --model as file.py:Class, "
                    "with the file's path in the submission.")


def _reference(candidate: Candidate) -> ModelReference:
    args = tuple(map(argument, candidate.args))
    kwargs = {key: argument(value) for key, value in candidate.kwargs.items()}
    roots = tuple(dict.fromkeys([*candidate.roots, ""]))
    unread = [value for value in (*args, *kwargs.values()) if isinstance(value, Unknown)]
    known = [tuple(None if isinstance(value, Unknown) else value for value in args),
             {key: None if isinstance(value, Unknown) else value for key, value in kwargs.items()}]
    return ModelReference(candidate.place, candidate.name, candidate.home.file, candidate.home.notebook, *known, roots,
                          candidate.factory, not unread, unread[0].why if unread else "")
