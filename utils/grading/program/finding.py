"""Which class (or function) of which file is the network, with the arguments that it is built with."""

import ast
import posixpath
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from utils.errors import UserError
from utils.grading.code_reader.changes import is_network
from utils.grading.code_reader.reader import Reader
from utils.grading.code_reader.training_code import reading
from utils.grading.code_reader.values import Unknown, UserClass, UserFunction
from utils.grading.facts import Evidence
from utils.grading.program.candidates import (
    Candidate,
    built_parts,
    foreign,
    network_bases,
    network_classes,
)
from utils.grading.program.default_arguments import has_its_defaults
from utils.grading.program.network_arguments import argument
from utils.grading.submission.contents import Submission


@dataclass(frozen=True)
class ModelReference:
    """The network: a class, or the function that builds it, and what it is called with.

    `file` or `notebook` is where that class is defined; where `factory` names a function, it is where the function is
    defined, and `args` and `kwargs` are the function's: literals, and Code for what calls make. `place` is the class
    statement (the function's, where no class of the submission is behind it). `import_roots` are the folders, relative to
    the submission's, from which its own imports resolve, in order. `complete` is False where an argument cannot be made
    again or the network is changed later: `why` then says so. `imported` are the modules that the program imports, in
    order, `written` the names of files that it writes, which may be patterns.
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
    imported: tuple[str, ...] = ()
    written: tuple[str, ...] = ()

    @property
    def key(self) -> tuple:
        """Tells one network from another: two classes of the same name in two cells are two."""
        return str(self), self.place

    def __str__(self) -> str:
        given = [*map(repr, self.args), *(f"{key}={value!r}" for key, value in self.kwargs.items())]
        return f"{self.file or self.notebook}:{self.factory or self.class_name}({', '.join(given)})"


def untrained(ranked: list[Candidate], reader: Reader) -> tuple[Candidate | None, str]:
    """The network of a program in which none of the submission's own is seen to be trained, and a sentence that says why."""
    if other := foreign(reader):
        return None, f"The network that is trained {other}."
    if ranked:
        return ranked[0], f"The network is {ranked[0].name}: {ranked[0].why}."
    return None, missing_network(reader)


def missing_network(reader: Reader) -> str:
    """Which class could not be read though it is used; an empty text where there is none."""
    missing = next(
        (
            call.callee
            for call in reversed(reader.calls)
            if getattr(call.callee, "problem", "") and call.name[:1].isupper()
        ),
        None,
    )
    return (
        f"The network cannot be read: {missing.name} is used, but {missing.problem}."
        if missing is not None
        else ""
    )


def only_network(submission: Submission) -> tuple[Candidate | None, str]:
    """The one network that is defined, though no code is seen to build it."""
    classes = _lone_classes(submission)
    if len(classes) == 1:
        candidate = Candidate.of_class(
            classes[0], "it is the only network that is defined; no code was found that builds it"
        )
        if not has_its_defaults(submission, classes[0]):
            args = (Unknown("with which arguments it is built was not seen"),)
            candidate = replace(candidate, args=args)
        return candidate, f"The network is {candidate.name}: {candidate.why}."
    names = ", ".join(f"{one.place.file or one.place.notebook}:{one.name}" for one in classes)
    return None, (
        f"Several networks are defined, and it was not found which one is built ({names})."
        if classes
        else "No class that inherits from torch.nn.Module is built or defined in what could be read."
    )


def defined_networks(readers: Iterable[Reader]) -> set[str]:
    """The names of the networks that what was read defines, whether or not something builds them."""
    return {one.name for reader in dict.fromkeys(readers) for one in network_classes(reader)}


def _all_readers(submission: Submission) -> list[Reader]:
    readers = [reading(submission, one) for one in submission.notebooks]
    for source in submission.sources:
        reader = Reader(submission, posixpath.dirname(source.path))
        reader.import_module(posixpath.basename(source.path).removesuffix(".py"))
        readers.append(reader)
    return readers


def _lone_classes(submission: Submission) -> list[UserClass]:
    """The networks that no other network of the submission is built of; each place once. One from which another inherits
    may be the one that is built, if it can be called."""
    readers = _all_readers(submission)
    parts = {name for reader in readers for name in built_parts(reader)}
    parts |= {
        one.name
        for reader in readers
        for one in network_bases(reader)
        if not _computes(one.find("forward")[0])
    }
    classes = {
        (one.place.file, one.place.notebook, one.place.cell, one.name): one
        for reader in readers
        for one in reader.classes
        if is_network(one) and one.name not in parts
    }
    return list(classes.values())


def _computes(forward) -> bool:
    """Whether this is a method that does something, and not only a place for one."""
    if not isinstance(forward, UserFunction):
        return False
    empty = (ast.Raise, ast.Pass, ast.Expr)
    return not all(isinstance(one, empty) for one in forward.node.body)


def named_network(submission: Submission, wanted: str, ranked: list[Candidate]) -> Candidate:
    """The network "file.py:Class" that was named by hand, as one of `ranked` builds it; UserError where it is not there."""
    path, _, name = wanted.rpartition(":")
    for candidate in ranked:  # built somewhere: then with those arguments
        if candidate.name == name and path in (candidate.place.file, candidate.place.notebook):
            return candidate
    for reader in _all_readers(submission):
        for one in reader.classes:
            if one.name == name and path in (one.place.file, one.place.notebook):
                return Candidate.of_class(one, "it was named", tuple(reader.index.used_roots))
        for module in reader.modules.values():
            one = module.names.get(name) if module.path == path else None
            if isinstance(one, UserFunction):
                roots = tuple(reader.index.used_roots)
                return Candidate(
                    one.name,
                    one.place,
                    one.place,
                    factory=one.name,
                    roots=roots,
                    why="it was named",
                )
    raise UserError(
        f"There is no class or function '{name}' in '{path}'; give --model as file.py:Class, "
        "with the file's path in the submission."
    )


def reference_of(candidate: Candidate) -> ModelReference:
    """The network with its arguments as code that makes them again."""
    args = tuple(map(argument, candidate.args))
    kwargs = {key: argument(value) for key, value in candidate.kwargs.items()}
    roots = tuple(dict.fromkeys([*candidate.roots, ""]))
    unread = [value for value in (*args, *kwargs.values()) if isinstance(value, Unknown)]
    known = [
        tuple(None if isinstance(value, Unknown) else value for value in args),
        {key: None if isinstance(value, Unknown) else value for key, value in kwargs.items()},
    ]
    return ModelReference(
        candidate.place,
        candidate.name,
        candidate.home.file,
        candidate.home.notebook,
        *known,
        roots,
        candidate.factory,
        not unread,
        unread[0].why if unread else "",
        candidate.imported,
        candidate.written,
    )
