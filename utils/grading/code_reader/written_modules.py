"""The Python files that a program writes before it imports them: the file that is graded is then not what was trained."""

import fnmatch
import posixpath
from collections.abc import Iterator, Sequence

from utils.grading.code_reader.paths import is_path, spelled
from utils.grading.code_reader.shell_calls import SHELL_CALLS, shell_line
from utils.grading.code_reader.values import Call, Library, Made, OwnPath, Unknown
from utils.grading.submission.commands import actions
from utils.grading.submission.file_writes import Written, copied, same_code

_COPIES = {f"shutil.{name}" for name in ("copy", "copy2", "copyfile", "move")} | {
    f"os.{name}" for name in ("rename", "replace", "link", "symlink", "renames")
}
_DOWNLOADS = (".urlretrieve", ".download", ".download_url_to_file")


def written_modules(reader, files: set[str], writes: Sequence) -> str:
    """Why one of these files of the submission may not be what was imported; empty where nothing of it is seen.

    `writes` are those of the program.
    """
    given = {path for path in files & reader.given if reader.index.sources[path].split()}
    for written, place, text in writes:
        for path in given:
            if (
                _names(written.name, path)
                and not written.same_name
                and not _same(reader, path, written, text)
            ):
                return _sentence(place, path)
    for path in given:
        if place := _by_cells(reader, path):
            return _sentence(place, path)
    return _installed(reader, given)


def _sentence(place: str, path: str) -> str:
    name = posixpath.basename(path)
    return f"{place} writes {name}, and not with what was handed in as {name}"


def _names(written: str, path: str) -> bool:
    """Whether the file that is written, whose folder is not known, may be the one at `path`."""
    parts = 2 if path.endswith("/__init__.py") else 1
    written, path = ("/".join(one.split("/")[-parts:]) for one in (written, path))
    return fnmatch.fnmatchcase(path, written)


def _by_cells(reader, path: str) -> str:
    """Where a cell writes another text, before the module is imported or in the end."""
    states, places = [], []
    for code, place in reader.cell_files:
        same = _names(code.written.path, path)
        before = states[-1] if states else None
        if same and code.appends:
            before = reader.index.sources[path] if before is None else before
            states.append(f"{before}\n{code.written.text}")
        else:
            states.append(code.written.text if same else before)
        places.append(place)
    for count in (reader.imported.get(path, 0), len(states)):
        if count and states[count - 1] is not None:
            if not same_code(states[count - 1], reader.index.sources[path]):
                return places[count - 1]
    return ""


def _same(reader, path: str, written: Written, text: str | None) -> bool:
    """Whether what is written is the file that was handed in."""
    if text is None and written.source:
        found = reader.index.place(written.source, reader.index.sources.__contains__)
        text = reader.index.sources[found] if found else None
    return text is not None and same_code(text, reader.index.sources[path])


def _installed(reader, given: set[str]) -> str:
    """A package that pip takes from a repository, where it is not the submission's own, may hold the same module."""
    if any(posixpath.basename(path) == "setup.py" for path in reader.index.sources):
        return ""
    names = {path.removesuffix(".py").lower() for path in given if "/" not in path}
    for action, place in reader.files:
        if action.kind == "install" and action.name.replace("-", "_").lower() in names:
            return f"{place} installs another {action.name} from a repository"
    return ""


def file_writes(reader) -> Iterator[tuple[Written, str, str | None]]:
    """Every file that is written, where, and its text where that is known."""
    for action, place in reader.files:
        if action.kind == "write":
            yield Written(action.name, action.flags), place, None
    for call in reader.calls:
        for one in _by_call(call):
            yield one, call.place.where, _text(reader, call)


def _by_call(call: Call) -> list[Written]:
    args = [_path(one) for one in (*call.args, *call.kwargs.values())]
    name = call.callee.name if isinstance(call.callee, Library) else ""
    own = _path(call.receiver) if isinstance(call.receiver, Made) else None
    if own is not None and call.name in ("write_text", "write_bytes"):
        return [Written(own)]
    if own is not None and call.name in ("rename", "replace") and args[:1] != [None]:
        return copied([own, *args])
    if name == "builtins.open" or own is not None and call.name == "open":
        mode = call.kwargs.get("mode", next(iter(call.args[own is None :][:1]), "r"))
        path = own if own is not None else next(iter(args), None)
        return [Written(path)] if path and isinstance(mode, str) and set(mode) & set("wax+") else []
    if name in _COPIES and None not in args:
        return copied(args[:2])
    if name == "logging.FileHandler" and args[:1] != [None]:
        return [Written(args[0])] if args else []
    if name.endswith(_DOWNLOADS) and len(args) > 1 and None not in args[:2]:
        return copied(args[:2])
    if name.startswith("fileinput.") and call.kwargs.get("inplace") and args and args[0]:
        return [Written(args[0])]
    return _by_shell(call, name)


def _by_shell(call: Call, name: str) -> list[Written]:
    ipython = isinstance(call.receiver, Unknown) and call.name in ("system", "getoutput")
    line = shell_line(call.args) if name in SHELL_CALLS or ipython else ""
    return [Written(one.name, one.flags) for one in actions(f"!{line}") if one.kind == "write"]


def _path(value) -> str | None:
    """The path that a text or a Path stands for."""
    found = spelled(value)
    if found is None and is_path(value) and value.args:
        found = value.args[-1]  # of a folder that is not known
    return str(found) if isinstance(found, (str, OwnPath)) else None


def _text(reader, call: Call) -> str | None:
    """What comes to stand in the file, where all of it is known."""
    if call.name == "write_text":
        texts = list(call.args[:1])
    else:
        texts = [
            text
            for one in reader.calls
            if one.name == "write"
            and isinstance(one.receiver, Made)
            and one.receiver.name == "builtins.open"
            and one.receiver.args == call.args
            for text in one.args[:1]
        ]
    return "".join(texts) if texts and all(isinstance(one, str) for one in texts) else None
