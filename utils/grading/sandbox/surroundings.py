"""Notices, inside the child, when a network's code asks where it is: the machine, its files, the time, who calls it.

A network that depends on that is another one elsewhere, so what was executed here says nothing of it. What a module asks
while it is read (the folder of the data, say) matters only where the network goes on to use the answer: the names that hold
it become an `Answer`, which can be passed on and not be decided on.
"""

import ast
import contextlib
import functools
import importlib
import os
import pkgutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import FrameType, ModuleType

from utils.grading.sandbox.watched_modules import is_watched, watch_modules

LOOKS = "its code looks where it is before it makes or computes the network: "
# What asks on behalf of whoever calls it.
_BETWEEN = frozenset(
    "os posixpath ntpath genericpath pathlib platform socket getpass datetime _pydatetime glob shutil tempfile uuid "
    "utils.grading.sandbox.marked_code utils.grading.sandbox.own_files".split()
)
_FOR_THEMSELVES = frozenset(f"os.{name}" for name in "name altsep".split())
# Functions of libraries that tell what is around their caller, and with which arguments.
_TELLING_CALLS = {
    "inspect.getmembers": lambda thing, *args, **kwargs: is_watched(thing),
    "logging.Logger.findCaller": lambda *args, **kwargs: True,
    "warnings.catch_warnings.__init__": lambda *args, record=False, **kwargs: record,
    "torch.backends.cuda.cuBLASModule.__getattr__": lambda *args: True,
}
ABSENT = frozenset("google IPython ipykernel kaggle_secrets psutil pynvml GPUtil cpuinfo".split())
_LIGHTNING = {"lightning", "pytorch_lightning"}
# Before these modules are watched.
_getframe, _modules, _realpath = sys._getframe, sys.modules, os.path.realpath
_import_module = importlib.import_module
_INSTALLED = tuple({f"{_realpath(path)}{os.sep}" for path in sys.path if len(path) > 1})


@dataclass
class _Watch:
    """`is_theirs` tells a file of the submission, `stop` takes a clause, `noted` collects clauses instead; the `modules` of
    these names are watched."""

    is_theirs: Callable[[str], bool] = lambda file: False
    stop: Callable[[str], None] | None = None
    noted: list[str] | None = None
    statement: ast.stmt | None = None
    modules: set[str] = field(default_factory=set)


WATCH = _Watch()


def watch_surroundings(is_theirs: Callable[[str], bool], stop: Callable[[str], None]) -> None:
    """From now on call `stop` with a clause when their code asks where it is."""
    WATCH.is_theirs, WATCH.stop = is_theirs, stop
    watch_imported()
    sys.addaudithook(_audit)
    importlib.import_module = _imported
    sys.stdout, sys.stderr = _Stream(sys.stdout), _Stream(sys.stderr)
    for path, tells in _TELLING_CALLS.items():
        owner, _, name = path.rpartition(".")
        _watch_calls(pkgutil.resolve_name(owner), name, path, tells)


def watch_imported() -> None:
    """Watch the modules that have been imported since."""
    new = [name for name in _modules if name not in WATCH.modules]
    WATCH.modules.update(new)
    watch_modules({name: _modules[name] for name in new}, ask)


def _imported(name: str, package: str | None = None) -> ModuleType:
    """In the place of importlib.import_module."""
    try:
        return _import_module(name, package)
    except ImportError:
        missing(name.partition(".")[0])
        raise
    finally:
        if asker() is not None:
            watch_imported()


class _KindOfStream(type):
    def __getattribute__(cls, name: str):
        ask("the type of sys.stdout")
        return type.__getattribute__(cls, name)


class _Stream(metaclass=_KindOfStream):
    """In the place of sys.stdout and sys.stderr: a notebook has others."""

    def __init__(self, stream):
        object.__setattr__(self, "_stream", stream)

    def __getattribute__(self, name: str):
        if name not in ("write", "writelines", "flush"):
            ask(f"sys.stdout.{name}")
        return getattr(object.__getattribute__(self, "_stream"), name)


def _watch_calls(
    owner: type | ModuleType, name: str, path: str, tells: Callable[..., bool]
) -> None:
    function = getattr(owner, name)

    @functools.wraps(function)
    def called(*args, **kwargs):
        if tells(*args, **kwargs):
            ask(path)
        return function(*args, **kwargs)

    setattr(owner, name, called)


def _audit(event: str, args: tuple) -> None:
    """None of the submission's files is here, so one that is opened for their code is another's, or missing for being here.

    Code that they make under a file name of its own would not be seen as theirs.
    """
    if event == "open" and isinstance(args[0], (str, bytes)):
        frame = _opener(os.fsdecode(args[0]))
        if frame is not None:
            note(f"the file {os.fsdecode(args[0])[:100]}", frame)
    elif event == "code.__new__" or event == "compile" and args[1] not in ("<string>", b"<string>"):
        frame = asker()
        if frame is not None:
            note("who is asking, by code with another file name,", frame)


def _opener(path: str) -> FrameType | None:
    """The frame of their code for which a file is opened that is not part of Python or its packages."""
    if path == os.devnull or _realpath(path).startswith(_INSTALLED):
        return None
    return led_to(3)


def led_to(depth: int = 2) -> FrameType | None:
    """The frame of their code that is executed, by way of whatever libraries but an import."""
    frame = _getframe(depth)
    while frame is not None and not WATCH.is_theirs(frame.f_code.co_filename):
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return None
        frame = frame.f_back
    return frame


def asker(depth: int = 2) -> FrameType | None:
    """The frame of their code that asks, directly or by way of the standard library's file functions."""
    frame, made = _getframe(depth), None
    while frame is not None and not WATCH.is_theirs(frame.f_code.co_filename):
        if _is_made(frame):
            made = made or frame
        elif not is_generated(frame) and frame.f_globals.get("__name__") not in _BETWEEN:
            return made
        frame = frame.f_back
    return frame or made


def is_generated(frame: FrameType) -> bool:
    """Whether it is the code of no file: made of a text, or by Python itself."""
    file = frame.f_code.co_filename
    return file.startswith("<") and not file.startswith("<frozen ")


def _is_made(frame: FrameType) -> bool:
    """Whether their code made it of a text: it is the code of no file, in a namespace that is no library's."""
    module = _modules.get(frame.f_globals.get("__name__"))
    return is_generated(frame) and (module is None or vars(module) is not frame.f_globals)


def ask(what: str) -> None:
    """Their code asks for `what`, if it is theirs that calls the function that calls this."""
    frame = asker(3)
    if frame is not None and (what not in _FOR_THEMSELVES or frame is _getframe(2)):
        note(what, frame)


def place(frame: FrameType) -> str:
    """The line of their code that is being executed in `frame`, or that has led to it."""
    at = frame
    while at is not None and not WATCH.is_theirs(at.f_code.co_filename):
        at = at.f_back
    at = at or frame
    return f"line {at.f_lineno} of {at.f_code.co_filename[1:-1]}"


def note(what: str, frame: FrameType) -> None:
    """Their code asks for `what` there: it is collected while a module is read, and ends the child otherwise."""
    clause = f"{LOOKS}{what} at {place(frame)}"
    if WATCH.noted is not None:
        WATCH.noted.append(clause)
    elif WATCH.stop is not None:
        WATCH.stop(clause)


@contextlib.contextmanager
def collected(statement: ast.stmt) -> Iterator[list[str]]:
    """What is asked while a module's statement is executed."""
    before = WATCH.noted, WATCH.statement
    WATCH.noted, WATCH.statement = [], statement
    try:
        yield WATCH.noted
    finally:
        WATCH.noted, WATCH.statement = before


def missing(what: str) -> None:
    """A package or a name is not here: whether it is decides where the lack of it could be caught."""
    frame = asker(3)
    tried = isinstance(WATCH.statement, ast.Try) and not _of_one_library(WATCH.statement)
    tried = tried or what in ABSENT
    if frame is not None and (tried or is_caught(frame)):
        note(f"whether {what} is there", frame)


def _of_one_library(statement: ast.Try) -> bool:
    """Whether it does no more than to import Lightning by one of its two names, for which the same stands here."""
    parts = [*statement.body, *(one for handler in statement.handlers for one in handler.body)]
    names = [
        name
        for one in parts
        for name in (
            [alias.name for alias in one.names]
            if isinstance(one, ast.Import)
            else [getattr(one, "module", None) or ""]
        )
    ]
    libraries = {name.partition(".")[0] for name in names}
    imports = all(isinstance(one, (ast.Import, ast.ImportFrom)) for one in parts)
    return imports and libraries <= _LIGHTNING and not (statement.orelse or statement.finalbody)


def is_caught(frame: FrameType | None) -> bool:
    """Whether a function of theirs, from `frame` outwards, handles exceptions; before Python 3.11 no function tells."""
    while frame is not None:
        code = frame.f_code
        if WATCH.is_theirs(code.co_filename) and code.co_name != "<module>":
            if getattr(code, "co_exceptiontable", b"unknown"):
                return True
        frame = frame.f_back
    return False
