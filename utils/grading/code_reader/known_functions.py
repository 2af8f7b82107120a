"""The functions and methods of Python and numpy that reading computes itself, on plain values alone."""

import math

import numpy as np

from utils.grading.code_reader import (
    arrays,
    changes,
    config_files,
    image_sources,
    image_statistics,
    members,
    paths,
    records,
    unread_entries,
)
from utils.grading.code_reader.unread_entries import OPEN
from utils.grading.code_reader.values import (
    Instance,
    Library,
    Made,
    Module,
    Unknown,
    Unordered,
    UserClass,
    UserFunction,
)

NOT_KNOWN = object()
_TEXT = {
    "lower",
    "upper",
    "strip",
    "rstrip",
    "lstrip",
    "split",
    "join",
    "replace",
    "startswith",
    "endswith",
    "title",
}
_LONGEST = 10_000


def method(value, name: str, args: tuple, kwargs: dict, uncertain: bool):
    """What a method of a list, dict, text, tuple or array gives; a change under an undecided condition is marked as such."""
    try:
        if isinstance(value, list) and name in (
            "append",
            "extend",
            "insert",
            "pop",
            "remove",
            "clear",
            "reverse",
            "sort",
        ):
            return _change(value, name, args, uncertain)
        if isinstance(value, dict) and name in (
            "get",
            "items",
            "keys",
            "values",
            "copy",
            "update",
            "setdefault",
            "pop",
        ):
            return _of_dict(value, name, args, kwargs, uncertain)
        if (
            isinstance(value, str)
            and name in _TEXT
            and members.plain(args)
            and len(value) < _LONGEST
            and not _multiplies(value, name, args)
        ):
            return _limited(getattr(value, name)(*args))
        if isinstance(value, (list, tuple)) and name in ("copy", "index", "count"):
            return value[:] if name == "copy" else getattr(value, name)(*args)
        if isinstance(value, members.IMAGES):
            return image_statistics.method(value, name, args, kwargs)
        if isinstance(value, members.ARRAY):
            return arrays.of_array(value, name, args, kwargs)
    except Exception:  # wrong arguments in the stranger's code
        pass
    return Unknown(f"the result of .{name}() is known only when the code runs")


def _limited(result):
    return (
        result
        if not hasattr(result, "__len__") or len(result) <= _LONGEST
        else Unknown("the result is very large")
    )


def _multiplies(value: str, name: str, args: tuple) -> bool:
    """Whether as many copies of one text may come out as another has letters, or a list entries."""
    copied = value if name == "join" else args[1] if name == "replace" and len(args) > 1 else ""
    copies = len(args[0]) if name == "join" and args else len(value)
    return len(copied) * copies > 100 * _LONGEST


def _change(value: list, name: str, args: tuple, uncertain: bool):
    if uncertain:
        value.append(Unknown("it is added or taken away only under a condition"))
        return Unknown("it depends on a condition")
    if name == "extend":
        items = members.iterate(args[0]) or [Unknown("what it is extended by is not known")]
        large = len(value) + len(items) > _LONGEST
        value.extend([Unknown("the list would be very large")] if large else items)
        return None
    return getattr(value, name)(*args)


def _of_dict(value: dict, name: str, args: tuple, kwargs: dict, uncertain: bool):
    if name in ("items", "keys", "values"):
        return [tuple(entry) if name == "items" else entry for entry in getattr(value, name)()]
    if name == "update":
        return unread_entries.update(value, args, kwargs, uncertain)
    if name in ("get", "pop", "setdefault") and args[0] not in value and OPEN in value:
        return OPEN
    if name == "pop" and uncertain:
        value[args[0]] = Unknown("it is taken away only under a condition")
        return value[args[0]]
    return getattr(value, name)(*args)


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


def _enumerate(reader, args, kwargs, frame):
    if args and isinstance(args[0], (Made, Instance)):
        return Made("builtins.enumerate", args)
    items = members.iterate(args[0]) if args else None
    return NOT_KNOWN if items is None else list(enumerate(items))


def _statistic(name: str):
    def function(reader, args, kwargs, frame):
        if args and members.plain(args[0]) and isinstance(args[0], (list, tuple)) and args[0]:
            args = (_array(reader, args[:1], {}, frame), *args[1:])
        if args and isinstance(args[0], members.ARRAY):
            return method(args[0], name, args[1:], kwargs, False)
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


def _entries(convert, ordered: bool = True):
    """What a function of entries gives; where it does not put them in order, a set stays one, and images stay images."""

    def function(reader, args, kwargs, frame):
        if not args:
            return convert([])
        if isinstance(args[0], (Unordered, members.IMAGES)) and not ordered:
            return args[0]
        items = members.iterate(args[0])
        try:
            return NOT_KNOWN if items is None else convert(items)
        except (TypeError, ValueError):
            return Unknown("the entries do not allow it")

    return function


def _range(reader, args, kwargs, frame):
    return (
        range(*args)
        if args and all(type(arg) is int for arg in args) and args[2:] != (0,)
        else NOT_KNOWN
    )


def _zip(reader, args, kwargs, frame):
    parts = [members.iterate(arg) for arg in args]
    return NOT_KNOWN if None in parts or sum(map(len, parts)) > _LONGEST else list(zip(*parts))


def _map(reader, args, kwargs, frame):
    parts = [members.iterate(arg) for arg in args[1:]]
    if not parts or None in parts or max(map(len, parts)) > 1000:
        return NOT_KNOWN
    return [reader.apply(args[0], entry, {}, frame) for entry in zip(*parts)]


def _get(reader, args, kwargs, frame):
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
    return array if array.size <= _LONGEST else NOT_KNOWN


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


def _sum(reader, args, kwargs, frame):
    items = members.iterate(args[0]) if args else None
    return (
        sum(items)
        if items is not None and all(isinstance(entry, (int, float)) for entry in items)
        else NOT_KNOWN
    )


def _extreme(choose):
    def function(reader, args, kwargs, frame):
        items = members.iterate(args[0]) if len(args) == 1 else args
        plain = items and not kwargs and all(isinstance(one, (int, float)) for one in items)
        return choose(items) if plain else NOT_KNOWN

    return function


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


def _dict(reader, args, kwargs, frame):
    if not args:
        return dict(kwargs)
    if isinstance(args[0], dict):
        return args[0] | kwargs
    pairs = members.iterate(args[0])
    if (
        pairs is None
        or not all(isinstance(pair, (tuple, list)) and len(pair) == 2 for pair in pairs)
        or not all(members.hashable(key) for key, _ in pairs)
    ):
        return NOT_KNOWN
    return {key: value for key, value in pairs} | kwargs


def _callable(reader, args, kwargs, frame):
    return True if args and isinstance(args[0], (UserFunction, UserClass)) else NOT_KNOWN


def _length(reader, args, kwargs, frame):
    if args and isinstance(args[0], members.IMAGES):
        return args[0].shape[0]
    own = args and isinstance(args[0], Instance) and args[0].cls.find("__len__")[1]
    count = image_sources.count_of(args[0]) if args and not own else None
    return _entries(len)(reader, args, kwargs, frame) if count is None else count


def _next(reader, args, kwargs, frame):
    batch = image_sources.first(args[0]) if args else None
    return NOT_KNOWN if batch is None else batch


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
    "builtins.tuple": _entries(tuple, ordered=False),
    "builtins.list": _entries(list, ordered=False),
    "builtins.set": _entries(Unordered),
    "builtins.frozenset": _entries(Unordered),
    "builtins.len": _length,
    "builtins.reversed": _entries(lambda items: items[::-1]),
    "builtins.sorted": _entries(lambda items: sorted(items)),
    "builtins.enumerate": _enumerate,
    "numpy.mean": _statistic("mean"),
    "numpy.std": _statistic("std"),
    "numpy.round": _statistic("round"),
    "numpy.around": _statistic("round"),
    "numpy.sqrt": _statistic("sqrt"),
    "torch.sqrt": _statistic("sqrt"),
    "torch.mean": _statistic("mean"),
    "builtins.next": _next,
    "builtins.__import__": _import_top,
    **{
        f"torch.{name}": _tensor
        for name in ("tensor", "as_tensor", "from_numpy", "stack", "Tensor", "FloatTensor")
    },
    "builtins.sum": _sum,
    "builtins.max": _extreme(max),
    "builtins.min": _extreme(min),
    **{f"math.{one}": _numbers(getattr(math, one)) for one in ("ceil", "floor", "sqrt", "log2")},
    "builtins.range": _range,
    "builtins.zip": _zip,
    "builtins.map": _map,
    "builtins.dict": _dict,
    "builtins.iter": lambda reader, args, kwargs, frame: args[0] if args else NOT_KNOWN,
    "builtins.getattr": _getattr,
    "builtins.isinstance": _isinstance,
    "builtins.type": _type,
    "builtins.callable": _callable,
    "builtins.print": lambda *_: None,
    "collections.OrderedDict": _dict,
    "os.environ.get": _get,
    "os.getenv": _get,
    "numpy.array": _array,
    "numpy.asarray": _array,
    **paths.functions(),
    **records.FUNCTIONS,
    "importlib.import_module": _import,
    "sys.path.append": _path(False),
    "sys.path.insert": _path(True),
    "os.chdir": _path(True),
}
