"""Notices, inside the child, when a network's code asks where it is: the machine, its files, the time, who calls it.

A network that depends on that is another one elsewhere, so what was executed here says nothing of it. What a module asks
while it is read (the folder of the data, say) matters only where the network goes on to use the answer: the names that hold
it become an `Answer`, which can be passed on and not be decided on.
"""

import ast
import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType, ModuleType

LOOKS = "its code looks where it is before it makes or computes the network: "
# Module → names in it that say nothing of where the code runs; a module that is not here may be asked anything.
_QUIET = {
    "sys": "version_info maxsize float_info int_info stdout stderr exc_info getsizeof intern setrecursionlimit exit",
    # what changes things, other watchers stop
    "os": "path sep linesep fspath PathLike curdir pardir extsep pathsep devnull fork forkpty system popen kill write "
    "close dup2 remove unlink rename mkdir makedirs rmdir open _exit",
    "inspect": "signature Parameter isclass isfunction ismethod ismodule getmembers getfullargspec getdoc cleandoc",
    "gc": "collect",
    "shutil": "rmtree move copy copyfile copytree",
    "importlib": "import_module",
    "threading": "Thread Lock RLock local",
    "torch.version": "",
    **dict.fromkeys(
        "posix nt time datetime platform socket getpass pwd resource locale uuid glob tempfile traceback "
        "sysconfig site psutil".split(),
        "",
    ),
}
_MACHINERY = frozenset(
    "__name__ __spec__ __path__ __class__ __loader__ __package__ __all__".split()
)
# What asks on behalf of whoever calls it.
_BETWEEN = frozenset(
    "os posixpath ntpath genericpath pathlib platform socket getpass datetime _pydatetime glob shutil tempfile uuid".split()
)
_OF_TORCH = ("get_num_threads", "get_num_interop_threads", "initial_seed", "seed")
_NAMES = frozenset("__file__ __spec__ __loader__ __builtins__ __cached__ get_ipython".split())
_ATTRIBUTES = frozenset(
    "tb_frame f_back f_globals f_builtins f_locals gi_frame cr_frame __globals__ __builtins__ __subclasses__".split()
)
ABSENT = frozenset("google IPython ipykernel kaggle_secrets psutil pynvml GPUtil cpuinfo".split())
_getframe, _exists = sys._getframe, os.path.exists  # before these modules are watched


@dataclass
class _Watch:
    """`is_theirs` tells a file of the submission, `stop` takes a clause; `noted` collects clauses instead."""

    is_theirs: Callable[[str], bool] = lambda file: False
    stop: Callable[[str], None] | None = None
    noted: list[str] | None = None
    statement: ast.stmt | None = None


WATCH = _Watch()


def watch_surroundings(is_theirs: Callable[[str], bool], stop: Callable[[str], None]) -> None:
    """From now on call `stop` with a clause when their code asks where it is."""
    import torch

    WATCH.is_theirs, WATCH.stop = is_theirs, stop
    for name, quiet in _QUIET.items():
        if name in sys.modules:
            _watch_module(sys.modules[name], frozenset(quiet.split()) | _MACHINERY)
    sys.addaudithook(_audit)
    for name in _OF_TORCH:
        setattr(torch, name, _asking(f"torch.{name}", getattr(torch, name)))


def _watch_module(module: ModuleType, quiet: frozenset[str]) -> None:
    get = type(module).__getattribute__
    name = module.__name__

    def read(self, attribute):
        if attribute not in quiet:
            _ask(f"{name}.{attribute}")
        return get(self, attribute)

    module.__class__ = type("module", (type(module),), {"__getattribute__": read})


def _audit(event: str, args: tuple) -> None:
    """A file that their code opens is none of its own where it is not beside it."""
    if event != "open" or not isinstance(args[0], str) or (frame := asker()) is None:
        return
    if args[0].startswith(("/", "~", "..")) or not _exists(args[0]):
        note(f"the file {args[0][:100]}", frame.f_code.co_filename[1:-1], frame.f_lineno)


def _asking(name: str, function: Callable) -> Callable:
    def asked(*args, **kwargs):
        _ask(name)
        return function(*args, **kwargs)

    return asked


def asker(depth: int = 2) -> FrameType | None:
    """The frame of their code that asks, directly or by way of the standard library's file functions."""
    frame = _getframe(depth)
    while frame is not None and _is_between(frame):
        frame = frame.f_back
    return frame if frame is not None and WATCH.is_theirs(frame.f_code.co_filename) else None


def _is_between(frame: FrameType) -> bool:
    """Whether it asks for its caller: a file function, or code that they made of a text."""
    is_made = not WATCH.is_theirs(frame.f_code.co_filename) and (
        "__asked__" in frame.f_globals or frame.f_code.co_filename == "<string>"
    )
    return is_made or frame.f_globals.get("__name__") in _BETWEEN


def _ask(what: str) -> None:
    frame = asker(3)
    if frame is not None:
        note(what, frame.f_code.co_filename[1:-1], frame.f_lineno)


def note(what: str, file: str, line: int) -> None:
    """Their code asks for `what` there: it is collected while a module is read, and ends the child otherwise."""
    clause = f"{LOOKS}{what} at line {line} of {file}"
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


def missing(package: str) -> None:
    """A package is not here: whether it is decides where the import could fail and be caught."""
    frame = asker(3)
    tried = isinstance(WATCH.statement, ast.Try) or package in ABSENT
    if frame is not None and (tried or _is_caught(frame)):
        note(f"whether {package} is installed", frame.f_code.co_filename[1:-1], frame.f_lineno)


def _is_caught(frame: FrameType | None) -> bool:
    """Whether a function of theirs, from `frame` outwards, handles exceptions; before Python 3.11 no function tells."""
    while frame is not None:
        code = frame.f_code
        if WATCH.is_theirs(code.co_filename) and code.co_name != "<module>":
            if getattr(code, "co_exceptiontable", b"unknown"):
                return True
        frame = frame.f_back
    return False


def asked(what: str) -> "Answer":
    """In the place of a name or attribute that tells who runs the code."""
    _ask(what)
    return Answer(what)


class Marked(ast.NodeTransformer):
    """Puts `asked` in the place of what tells where code runs and is no module's attribute."""

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._asked(node, node.id) if node.id in _NAMES and _is_read(node) else node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self.generic_visit(node)
        return self._asked(node, node.attr) if node.attr in _ATTRIBUTES and _is_read(node) else node

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        names = [one for one in ast.walk(node) if isinstance(one, ast.Name)]
        return self._asked(node, "__name__") if any(one.id == "__name__" for one in names) else node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        if _is_globals(node.value):
            node.slice = self.visit(node.slice)
            return node
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        return self._asked(node, "globals()") if _is_globals(node) else node

    def _asked(self, node: ast.expr, what: str) -> ast.expr:
        call = ast.Call(ast.Name("__asked__", ast.Load()), [ast.Constant(what)], [])
        return ast.fix_missing_locations(ast.copy_location(call, node))


def _is_read(node: ast.Name | ast.Attribute) -> bool:
    return isinstance(node.ctx, ast.Load)


def _is_globals(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "globals"
        and not node.args
    )


class Answer:
    """What was learnt of the surroundings: it can be passed on and computed with, and stops where it is decided on."""

    def __init__(self, clause: str):
        object.__setattr__(self, "_clause", clause)

    def __getattribute__(self, name: str):
        if name == "__class__":  # as `isinstance` asks; libraries may
            return decide(self) if asker() is not None else Answer
        return Answer(object.__getattribute__(self, "_clause"))

    def __call__(self, *args, **kwargs):
        return Answer(object.__getattribute__(self, "_clause"))


def decide(answer, *args):
    """Ends the child: the network depends on it."""
    if WATCH.stop is not None:
        WATCH.stop(object.__getattribute__(answer, "_clause"))
    raise RuntimeError(object.__getattribute__(answer, "_clause"))


_COMPUTED = "add radd sub rsub mul rmul truediv rtruediv floordiv mod rmod getitem enter exit"
_DECIDED = """bool eq ne lt le gt ge hash iter len contains index int float str repr format fspath neg pos abs round
    rfloordiv pow rpow and or xor next mro_entries"""
for _name in _COMPUTED.split():
    setattr(Answer, f"__{_name}__", Answer.__call__)
for _name in _DECIDED.split():
    setattr(Answer, f"__{_name}__", decide)
