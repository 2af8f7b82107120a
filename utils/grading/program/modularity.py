"""Whether the program that trains imports its network and transforms, and a notebook its loops, or defines them itself."""

import ast
import re
from dataclasses import replace

from utils.grading.augmentation.pipelines import training_pipeline
from utils.grading.code_reader.changes import TRANSFORMS, is_network
from utils.grading.code_reader.reader import Reader
from utils.grading.code_reader.trainers import runs_a_trainer
from utils.grading.code_reader.values import Library, Made
from utils.grading.facts import Audit, Evidence, Fact
from utils.grading.program.attempts import Attempt
from utils.grading.submission.contents import Submission

_LOOPS = re.compile(r"train|fit|run|epoch", re.I)
_ABSENT = "is imported, though"
_PARTS = ("model_imported", "transforms_imported", "loops_imported")
_WHOLES = ("Compose", "Sequential")
_UNREAD = re.compile(r"The notebook .* cannot be read")
_DATA = re.compile(r"transform|augment|dataset|data|loader", re.I)


def modularity(submission: Submission, attempt: Attempt) -> Audit:
    """The fact `modular`, and the three that it follows from: `model_imported`, `transforms_imported`, `loops_imported`.

    What the code of the program that trains defines and uses decides, not which modules lie beside it. That is a notebook,
    or a script, also one that a notebook starts. A script may hold the loops, for it is a module itself; a notebook may
    loop over the epochs, with a remark.
    """
    unread = [warning for warning in submission.warnings if _UNREAD.match(warning)]
    if not attempt.program:
        why = (
            "no notebook and no script that trains was found"
            if submission.sources
            else "there is no code"
        )
        why = unread[0] if unread else why
        return Audit(dict.fromkeys(("modular", *_PARTS), Fact(None, why)))
    reader = attempt.reader
    parts = dict(
        zip(_PARTS, (_model(reader, attempt), _transforms(reader, attempt.network), _loops(reader)))
    )
    if all(
        _ABSENT in fact.why for fact in parts.values()
    ):  # names alone, which could stand for anything
        parts = {name: replace(fact, value=None) for name, fact in parts.items()}
    if unread and not reader.program.notebook:  # the program may be the notebook
        parts = {
            name: fact
            if fact.value
            else Fact(
                None, f"{fact.why}, but there is a notebook that cannot be read", fact.evidence
            )
            for name, fact in parts.items()
        }
    return Audit({"modular": _together(parts), **parts}, tuple(_remarks(reader, attempt)))


def _absent(missing: Library | Made) -> Fact:
    return Fact(True, f"{missing.name} {_ABSENT} {missing.problem}")


def _together(parts: dict[str, Fact]) -> Fact:
    """False where one of the parts is, else None where one is, else True; with the reasons of those that decide."""
    value = min((fact.value for fact in parts.values()), key=(False, None, True).index)
    those = [fact for fact in parts.values() if fact.value is value]
    return Fact(
        value,
        "; ".join(fact.why for fact in those),
        tuple(place for fact in those for place in fact.evidence),
    )


def _own(reader: Reader, place: Evidence) -> bool:
    """Whether a place is in the program that trains, rather than in a module that it imports."""
    return place.notebook is not None or place.file is not None and place.file in _scripts(reader)


def _scripts(reader: Reader) -> set[str | None]:
    """The script that is read, and those that it or the notebook starts and whose own code comes to a backward pass."""
    entries = {
        (call.stack[0].place if call.stack else call.place).file
        for call in reader.calls
        if call.name == "backward"
    }
    return {reader.program.file, *(path for path in reader.started if path in entries)}


def _missing(reader: Reader, pattern: re.Pattern | None = None) -> Library | Made | None:
    """Something that is called though the module it is imported from is not there or cannot be parsed."""
    for call in reader.calls:
        callee = call.callee
        if (
            isinstance(callee, (Library, Made))
            and callee.problem
            and (pattern is None or pattern.search(callee.name))
        ):
            return callee
    return None


def _model(reader: Reader, attempt: Attempt) -> Fact:
    networks = [
        call.callee
        for call in reader.calls
        if getattr(call.callee, "node", None) is not None
        and call.name in {one.name for one in reader.classes if is_network(one)}
    ]
    own = {
        one.name: one.place for one in reader.classes if is_network(one) and _own(reader, one.place)
    }
    model = attempt.model
    if model is not None:
        if _own(reader, model.place):
            return Fact(
                False, f"{model.class_name} is defined in {model.place.where}", (model.place,)
            )
        if model.notebook:
            why = f"{model.class_name} is imported, but {model.factory}() in {model.notebook} makes the network of it"
            return Fact(None, why, (model.place,))
        return Fact(True, f"{model.class_name} is imported from {model.file}", (model.place,))
    if own and networks:
        name, place = next(iter(own.items()))
        return Fact(False, f"{name} is defined in {place.where}", (place,))
    if missing := _missing(reader, re.compile(r"\.[A-Z]\w*$|net|model", re.I)):
        return _absent(missing)
    return Fact(None, "no network was found that is built")


def _transforms(reader: Reader, network: object) -> Fact:
    pipeline = training_pipeline(reader, network)
    steps = [step.transform for step in pipeline.steps] if pipeline else []
    places = [place for step in steps for place in (step.place, *_composed(reader, step))]
    own = [place for place in places if _own(reader, place)]
    if own:
        return Fact(
            False,
            f"the training transforms are put together in {own[0].where}",
            tuple(dict.fromkeys(own))[:1],
        )
    if places:
        return Fact(
            True,
            f"the training transforms are imported from {places[0].file or places[0].notebook}",
            (places[0],),
        )
    if missing := _missing(reader, _DATA):
        return _absent(missing)
    return Fact(None, "no transforms for training images were found")


def _composed(reader: Reader, step) -> list[Evidence]:
    """Where the step is put into a Compose or its like."""
    wholes = [one for one in reader.made if one.name.startswith(TRANSFORMS) and one.last in _WHOLES]
    return [
        one.place
        for one in wholes
        if any(
            step is part
            for given in (*one.args, *one.kwargs.values())
            if isinstance(given, (list, tuple))
            for part in given
        )
    ]


def _loops(reader: Reader) -> Fact:
    steps = [call.place for call in reader.calls if call.name == "backward"]
    own = [place for place in steps if place.notebook is not None]
    held = [place for place in steps if place.notebook is None and _own(reader, place)]
    if held and not own:
        return Fact(
            True,
            f"the training loop is in the script {held[-1].file}, which is a module itself",
            (held[-1],),
        )
    if own:
        return Fact(
            False, f"the training loop, with its backward pass, is in {own[-1].where}", (own[-1],)
        )
    if steps:
        return Fact(True, f"the training loop is imported from {steps[0].file}", (steps[0],))
    if (defined := _defined_loop(reader)) and defined.notebook:
        return Fact(
            False, f"a function with a backward pass is defined in {defined.where}", (defined,)
        )
    trainer = next(filter(runs_a_trainer, reader.calls), None)
    if trainer is not None:
        return Fact(True, "a library's trainer runs the loops", (trainer.place,))
    if missing := _missing(reader, _LOOPS):
        return _absent(missing)
    return Fact(None, "no training loop was found")


def _defined_loop(reader: Reader) -> Evidence | None:
    for origin, statement in reader.own_statements:
        for node in ast.walk(statement):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "backward"
            ):
                return origin.evidence(node)
    return None


def _remarks(reader: Reader, attempt: Attempt):
    names = [
        (statement.name, origin)
        for origin, statement in reader.own_statements
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef))
    ]
    modules = {
        name: module.path
        for module in reader.modules.values()
        for name, value in module.names.items()
        if getattr(getattr(value, "origin", None), "file", None) == module.path
    }
    again = [(name, origin, modules[name]) for name, origin in names if name in modules]
    if again:
        yield (
            f"{', '.join(dict.fromkeys(name for name, _, _ in again))} {'is' if len(again) == 1 else 'are'} defined in "
            f"{again[0][2]} and once more in {again[0][1]}: the {'notebook' if again[0][1].notebook else 'script'} "
            "uses its own."
        )
    if reader.program.notebook and any(
        isinstance(statement, ast.For) and _calls_training(reader, origin.evidence(statement))
        for origin, statement in reader.own_statements
    ):
        yield f"The loop over epochs is in {attempt.program}, over an imported function that trains one epoch."


def _calls_training(reader: Reader, loop: Evidence) -> bool:
    """Whether the cell of a loop calls a function of a module that comes to a backward pass."""
    return any(
        call.name == "backward"
        and call.stack
        and (call.stack[0].place.notebook, call.stack[0].place.cell) == (loop.notebook, loop.cell)
        and not _own(reader, call.place)
        for call in reader.calls
    )
