"""Why a network cannot be taken to be what its class and arguments make: the program changes them unseen, or the file."""

import posixpath
from functools import cached_property

from utils.grading.code_reader.changes import Change, changed_parts, held
from utils.grading.code_reader.open_names import module_writes
from utils.grading.code_reader.programs import imported_files
from utils.grading.code_reader.reader import Reader
from utils.grading.code_reader.values import Instance, Step, UserFunction
from utils.grading.code_reader.written_modules import file_writes, written_modules
from utils.grading.program.definition_doubts import dead_functions, definition_doubt
from utils.grading.program.trained_parts import last_training, trained_otherwise
from utils.grading.submission.notebook_code import parse

_MOST_FILES = 200


class Doubts:
    """The questions about each network of one program; what is the same for all of them is looked for once."""

    def __init__(self, reader: Reader):
        self.reader = reader
        self._files: dict[frozenset[str], set[str]] = {}

    @cached_property
    def _module_writes(self) -> list[tuple[str, str]]:
        return list(module_writes(self.reader))

    @cached_property
    def _writes(self) -> list:
        return list(file_writes(self.reader))

    @cached_property
    def written(self) -> tuple[str, ...]:
        """The names of the files that the program writes, which may be patterns."""
        names = {posixpath.basename(one.name) for one, _, _ in self._writes}
        return tuple(sorted(names | self.reader.rewritten))

    @cached_property
    def _last(self) -> int:
        return last_training(self.reader)

    @cached_property
    def _dead(self) -> set[str]:
        return dead_functions(self.reader)

    def changes(self, network) -> list[Change]:
        """What is changed of the network, its parts, its classes or the module of its class, and not by its constructor."""
        found = [
            change
            for change in changed_parts(network)
            if not change.constructing and change.moment <= self._last
        ]
        own = list(network.cls.ancestors()) if isinstance(network, Instance) else _makers(network)
        homes = {one.origin.file for one in own[: 1 if isinstance(network, Instance) else None]}
        modules = [one for one in self.reader.modules.values() if one.path in homes]
        for one in (*own, *modules):
            found += getattr(one, "changes", ())
        return found

    def of(self, network, step: Step | None, changes: list[Change]) -> str:
        """A sentence without its end, with the place; empty where there is none. `step` is the call that builds it again."""
        for change in changes:
            if step is None or not any(one is step for one in change.stack):
                return f"{change.place.where} changes the network after it was built"
        try:
            return self._of_definition(network)
        except RecursionError:
            return "the code is nested too deeply to be followed"

    def _of_definition(self, network) -> str:
        classes = [
            one
            for part in held(network)
            if isinstance(part, Instance)
            for one in part.cls.ancestors()
        ]
        functions = [one.function for one in network.stack]
        files = {one.origin.file for one in (*classes, *functions) if one.origin.file}
        own = self._with_imports(frozenset(files - {self.reader.program.file}))
        if written := written_modules(self.reader, own, self._writes):
            return written
        names = {one.name for one in self.reader.modules.values() if one.path in own}
        for name, sentence in self._module_writes:
            if name in names:
                return sentence
        definitions = [*classes, *_makers(network)]
        if not definitions:
            return ""
        other = isinstance(network, Instance) and trained_otherwise(
            self.reader, network, self._last
        )
        return other or definition_doubt(
            self.reader, network, definitions, own, self._dead, self._last
        )

    def _with_imports(self, files: frozenset[str]) -> set[str]:
        if files not in self._files:
            self._files[files] = _with_imports(self.reader, files)
        return self._files[files]


def _makers(network) -> list[UserFunction]:
    """The functions that are called to make the network's arguments again, or the network where it is of no class."""
    steps = [
        step
        for part in held(network)
        if part is not network or not isinstance(network, Instance)
        for step in part.returned
    ]
    functions = [step.function for step in steps]
    if isinstance(network, Instance):  # what its class builds is its own
        functions = [one for one in functions if one.owner is None]
    return [one.wrapped or one for one in functions if isinstance(one, UserFunction)]


def _with_imports(reader: Reader, files: frozenset[str]) -> set[str]:
    """These files of the submission and those that they import."""
    found, waiting = set(), sorted(files & reader.index.sources.keys())
    while waiting and len(found) < _MOST_FILES:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            body, _ = parse(reader.index.sources[path])
            known = imported_files(reader.submission, path, body)
            waiting += [one for one in known if one in reader.index.sources]
    return found
