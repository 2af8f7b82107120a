"""Why a network cannot be taken to be what its class and arguments make: the program changes them unseen, or the file."""

from utils.grading.code_reader.changes import Change, changed_parts
from utils.grading.code_reader.open_names import module_writes
from utils.grading.code_reader.programs import imported_files
from utils.grading.code_reader.reader import Reader
from utils.grading.code_reader.values import Instance, Step
from utils.grading.code_reader.written_modules import written_modules
from utils.grading.program.definition_doubts import definition_doubt
from utils.grading.program.trained_parts import last_training, trained_otherwise
from utils.grading.submission.notebook_code import parse

_MOST_FILES = 200


def network_changes(reader: Reader, network) -> list[Change]:
    """What is changed of the network, its parts, its classes or the module of its class, and not by its constructor."""
    last = last_training(reader)
    found = [
        change
        for change in changed_parts(network)
        if not change.constructing and change.moment <= last
    ]
    if isinstance(network, Instance):
        modules = [one for one in reader.modules.values() if one.path == network.cls.origin.file]
        found += [change for one in (*network.cls.ancestors(), *modules) for change in one.changes]
    return found


def doubt_of(reader: Reader, network, step: Step | None, changes: list[Change]) -> str:
    """A sentence without its end, with the place; empty where there is no doubt. `step` is the call that builds it again."""
    for change in changes:
        if step is None or not any(one is step for one in change.stack):
            return f"{change.place.where} changes the network after it was built"
    classes = [one for part in _networks(network) for one in part.cls.ancestors()]
    functions = [one.function for one in network.stack]
    files = {one.origin.file for one in (*classes, *functions) if one.origin.file}
    own = _with_imports(reader, files - {reader.program.file})
    written = written_modules(reader, own)
    if written:
        return written
    names = {one.name for one in reader.modules.values() if one.path in own}
    for name, sentence in module_writes(reader):
        if name in names:
            return sentence
    if not isinstance(network, Instance):
        return ""
    return trained_otherwise(reader, network) or definition_doubt(reader, network, classes, own)


def _networks(network) -> list[Instance]:
    """The network and those of the submission's classes that it holds."""
    found, seen, waiting = [], set(), [network]
    while waiting and len(seen) < 5_000:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, (list, tuple)):
            waiting.extend(one)
        elif isinstance(one, dict):
            waiting.extend(one.values())
        elif hasattr(one, "attributes"):
            found += [one] if isinstance(one, Instance) else []
            waiting += [one.args, one.kwargs, one.attributes]
    return found


def _with_imports(reader: Reader, files: set[str]) -> set[str]:
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
