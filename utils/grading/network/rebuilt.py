"""A network whose arguments are not literals, as a function that the submission's own code is given to build it."""

import posixpath
from dataclasses import replace

from utils.grading.code_reader.values import Origin
from utils.grading.network.executed_network import import_roots
from utils.grading.program.attempts import Attempt
from utils.grading.program.finding import ModelReference
from utils.grading.program.network_arguments import Code
from utils.grading.submission.contents import Cell, Submission, TextFile
from utils.grading.submission.module_files import ModuleFiles
from utils.grading.submission.notebook_code import cloned_folders, written_files

BUILDER = "network_of_the_submission"
_HEAD = f"""


def {BUILDER}():
    from importlib import import_module

    def changed(one, **values):
        for name, value in values.items():
            object.__setattr__(one, name, value)
        return one

    class Unread:
        def __get__(self, *_):
            raise RuntimeError("the network uses a setting that is known only when the code runs")
        __set__ = __get__

    def unread(one, *names):
        cls = one if isinstance(one, type) else type(one)
        hidden = type(cls)(cls.__name__, (cls,), dict.fromkeys(names, Unread()) | {{"__slots__": ()}})
        if one is cls:
            return hidden
        held = getattr(one, "__dict__", {{}})
        held.update((name, Unread()) for name in names if name in held)
        object.__setattr__(one, "__class__", hidden)
        return one

"""


def rebuilt(submission: Submission, attempt: Attempt) -> tuple[Submission, Attempt]:
    """The same where the arguments are literals; else with a function in the network's module that calls it with them."""
    model = attempt.model
    if model is None or not any(
        isinstance(value, Code) for value in (*model.args, *model.kwargs.values())
    ):
        return submission, attempt
    names, home = _names(model), Origin(model.file, None if model.file else model.notebook)
    notebooks = {
        origin.notebook for origin, _ in names if isinstance(origin, Origin) and origin.notebook
    }
    if notebooks:
        home = Origin(notebook=next(iter(notebooks)))
    aliases = {_alias(origin, name): (origin, name) for origin, name in names}
    if len(notebooks) > 1 or len(aliases) < len(set(names)):
        why = "its arguments come from places that cannot be brought together"
        return submission, replace(attempt, model=replace(model, complete=False, why=why))
    imports = "".join(f"    {line}\n" for line in _imports(submission, aliases, home, model))
    code = f"{_HEAD}{imports}    return {_call(model)}\n"
    changed = replace(
        model, file=home.file, notebook=home.notebook, args=(), kwargs={}, factory=BUILDER
    )
    return _with_code(submission, home, code), replace(attempt, model=changed)


def _names(model: ModelReference) -> list[tuple[Origin | str, str]]:
    """Every name that the call reads, with where it comes from."""
    own = (
        Origin(model.file, None if model.file else model.notebook),
        model.factory or model.class_name,
    )
    given = [value for value in (*model.args, *model.kwargs.values()) if isinstance(value, Code)]
    return list(dict.fromkeys([own, *(name for value in given for name in value.names)]))


def _alias(origin: Origin | str, name: str) -> str:
    if name:
        return name
    return (
        origin if isinstance(origin, str) else posixpath.basename(origin.file).removesuffix(".py")
    )


def _imports(submission: Submission, aliases: dict, home: Origin, model: ModelReference):
    sources = {source.path: source.text for source in submission.sources} | written_files(
        submission
    )
    files = ModuleFiles(
        sources, import_roots(model, home.file or home.notebook or ""), cloned_folders(submission)
    )
    for alias, (origin, name) in aliases.items():
        if origin != home:
            module = origin if isinstance(origin, str) else files.name_of(origin.file)
            yield f"{alias} = import_module({module!r}){f'.{name}' if name else ''}"


def _call(model: ModelReference) -> str:
    given = [*map(repr, model.args), *(f"{key}={value!r}" for key, value in model.kwargs.items())]
    return f"{model.factory or model.class_name}({', '.join(given)})"


def _with_code(submission: Submission, home: Origin, code: str) -> Submission:
    if home.file is None:
        grown = {
            one.path: replace(one, cells=(*one.cells, Cell(len(one.cells), "code", code)))
            for one in submission.notebooks
            if one.path == home.notebook
        }
        return replace(
            submission, notebooks=tuple(grown.get(one.path, one) for one in submission.notebooks)
        )
    text = next((one.text for one in submission.sources if one.path == home.file), None)
    text = written_files(submission).get(home.file, "") if text is None else text
    others = [one for one in submission.sources if one.path != home.file]
    return replace(submission, sources=(*others, TextFile(home.file, text + code)))
