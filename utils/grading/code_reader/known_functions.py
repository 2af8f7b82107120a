"""The functions of Python, numpy and torch that reading computes itself, on plain values alone."""

import math

import numpy as np

from utils.grading.code_reader import (
    changes,
    command_functions,
    config_files,
    known_entries,
    known_methods,
    members,
    paths,
    records,
)
from utils.grading.code_reader.environment import sets_variable
from utils.grading.code_reader.shell_calls import SHELL_CALLS, shell_line
from utils.grading.code_reader.values import (
    LONGEST,
    NOT_KNOWN,
    Instance,
    Library,
    Module,
    Unknown,
    UserClass,
    UserFunction,
)


def _loaded(parse):
    def function(reader, args, kwargs, frame):
        value = config_files.load(reader, args, kwargs, parse)
        return NOT_KNOWN if value is None else value

    return function


def _open(reader, args, kwargs, frame):
    file = config_files.opened(reader, args, kwargs)
    return NOT_KNOWN if file is None else file


def _vars(reader, args, kwargs, frame):
    if args and changes.watched(args[0]) is not None:
        return members.attribute(reader, args[0], "__dict__", frame)
    return args[0].attributes if args and records.open_attributes(args[0]) else NOT_KNOWN


def _shell(reader, args, kwargs, frame):
    if not frame.uncertain and "cwd" not in kwargs and (line := shell_line(args)):
        with reader.index.same_folder():
            reader.command(f"!{line}", frame)
    return NOT_KNOWN


def _statistic(name: str):
    def function(reader, args, kwargs, frame):
        if args and members.plain(args[0]) and isinstance(args[0], (list, tuple)) and args[0]:
            args = (_array(reader, args[:1], {}, frame), *args[1:])
        if args and isinstance(args[0], members.ARRAY):
            return known_methods.method(args[0], name, args[1:], kwargs, False)
        return NOT_KNOWN

    return function


def _numbers(convert):
    def function(reader, args, kwargs, frame):
        if (
            not args
            or kwargs
            or not all(isinstance(arg, (int, float, str)) for arg in args)
            or len(str(args[0])) > 400
        ):
            return NOT_KNOWN
        try:
            return convert(*args)
        except (ValueError, TypeError, OverflowError):
            return Unknown("it cannot be converted")

    return function


def _variable(reader, args, kwargs, frame):
    """What os.getenv gives: its default, unless the submission sets a variable of that name."""
    name = args[0] if args else kwargs.get("key")
    if not isinstance(name, str) or sets_variable(reader.submission, name):
        return Unknown("it comes from the environment")
    return (
        args[1]
        if len(args) > 1
        else kwargs.get("default", Unknown("it comes from the environment"))
    )


def _array(reader, args, kwargs, frame):
    if not args or not members.plain(args[0]) and not isinstance(args[0], members.ARRAY):
        return NOT_KNOWN
    try:
        array = np.asarray(args[0], dtype=float)
    except (ValueError, TypeError):
        return NOT_KNOWN
    return array if array.size <= LONGEST else NOT_KNOWN


def _getattr(reader, args, kwargs, frame):
    if len(args) < 2 or not isinstance(args[1], str):
        return NOT_KNOWN
    if isinstance(args[0], Module) and args[1] not in args[0].names and len(args) > 2:
        return args[2]
    return members.attribute(reader, args[0], args[1], frame)


def _isinstance(reader, args, kwargs, frame):
    kinds = {
        "builtins.int": int,
        "builtins.float": (float,),
        "builtins.str": str,
        "builtins.list": list,
        "builtins.tuple": tuple,
        "builtins.dict": dict,
        "builtins.bool": bool,
    }
    wanted = args[1] if len(args) == 2 and isinstance(args[1], tuple) else args[1:]
    if not wanted or not all(isinstance(kind, Library) and kind.name in kinds for kind in wanted):
        return NOT_KNOWN
    if not members.plain(args[0]) and not isinstance(args[0], (list, tuple, dict)):
        return NOT_KNOWN
    return any(isinstance(args[0], kinds[kind.name]) for kind in wanted)


def _path(first: bool):
    def function(reader, args, kwargs, frame):
        if args and isinstance(args[-1], str):
            reader.index.add_root(args[-1], first)

    return function


def _import(reader, args, kwargs, frame):
    return reader.import_module(args[0]) if args and isinstance(args[0], str) else NOT_KNOWN


def _import_top(reader, args, kwargs, frame):
    return (
        reader.import_module(args[0].partition(".")[0])
        if args and isinstance(args[0], str)
        else NOT_KNOWN
    )


def _type(reader, args, kwargs, frame):
    return args[0].cls if len(args) == 1 and isinstance(args[0], Instance) else NOT_KNOWN


def _callable(reader, args, kwargs, frame):
    return True if args and isinstance(args[0], (UserFunction, UserClass)) else NOT_KNOWN


def _tensor(reader, args, kwargs, frame):
    """Statistics of images that are put together to a tensor; any other tensor is noted as one."""
    parts = args[0] if args else None
    if (
        isinstance(parts, (list, tuple))
        and parts
        and all(isinstance(part, np.generic) for part in parts)
    ):
        return np.array(parts)
    return parts if isinstance(parts, members.ARRAY) else NOT_KNOWN


def _str(reader, args, kwargs, frame):
    own = paths.spelled(args[0]) if len(args) == 1 and paths.is_path(args[0]) else None
    return _numbers(str)(reader, args, kwargs, frame) if own is None else own


FUNCTIONS = {
    **{name: _loaded(parse) for name, parse in config_files.PARSERS.items()},
    "builtins.open": _open,
    "builtins.vars": _vars,
    "builtins.int": _numbers(int),
    "builtins.float": _numbers(float),
    "builtins.round": _numbers(round),
    "builtins.abs": _numbers(abs),
    "builtins.str": _str,
    "builtins.bool": _numbers(bool),
    "numpy.mean": _statistic("mean"),
    "numpy.std": _statistic("std"),
    "numpy.round": _statistic("round"),
    "numpy.around": _statistic("round"),
    "numpy.sqrt": _statistic("sqrt"),
    "torch.sqrt": _statistic("sqrt"),
    "torch.mean": _statistic("mean"),
    "builtins.__import__": _import_top,
    **{
        f"torch.{name}": _tensor
        for name in ("tensor", "as_tensor", "from_numpy", "stack", "Tensor", "FloatTensor")
    },
    **{f"math.{one}": _numbers(getattr(math, one)) for one in ("ceil", "floor", "sqrt", "log2")},
    "builtins.getattr": _getattr,
    "builtins.isinstance": _isinstance,
    "builtins.type": _type,
    "builtins.callable": _callable,
    "builtins.print": lambda *_: None,
    "os.environ.get": _variable,
    "os.getenv": _variable,
    **dict.fromkeys(SHELL_CALLS, _shell),
    **dict.fromkeys(command_functions.STARTERS, command_functions.start),
    "numpy.array": _array,
    "numpy.asarray": _array,
    **paths.functions(),
    **records.FUNCTIONS,
    **known_entries.FUNCTIONS,
    "importlib.import_module": _import,
    "sys.path.append": _path(False),
    "sys.path.insert": _path(True),
    "os.chdir": _path(True),
}
