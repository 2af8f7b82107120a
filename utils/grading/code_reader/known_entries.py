"""The functions of Python that go over entries or count them, such as len, zip and sorted, where the entries are known."""

from utils.grading.code_reader import image_sources, members
from utils.grading.code_reader.images import Images
from utils.grading.code_reader.values import (
    LONGEST,
    NOT_KNOWN,
    Instance,
    Made,
    Unknown,
    Unordered,
)


def _enumerate(reader, args, kwargs, frame):
    if args and isinstance(args[0], (Made, Instance)):
        return Made("builtins.enumerate", args)
    items = members.iterate(args[0]) if args else None
    return NOT_KNOWN if items is None else list(enumerate(items))


def _entries(convert, ordered: bool = True):
    """What a function of entries gives; where it does not put them in order, a set stays one, and images stay images."""

    def function(reader, args, kwargs, frame):
        if not args:
            return convert([])
        if isinstance(args[0], (Unordered, Images)) and not ordered:
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
    return NOT_KNOWN if None in parts or sum(map(len, parts)) > LONGEST else list(zip(*parts))


def _map(reader, args, kwargs, frame):
    parts = [members.iterate(arg) for arg in args[1:]]
    if not parts or None in parts or max(map(len, parts)) > 1000:
        return NOT_KNOWN
    return [reader.apply(args[0], entry, {}, frame) for entry in zip(*parts)]


def _reduce(reader, args, kwargs, frame):
    items = members.iterate(args[1]) if len(args) > 1 else None
    if items is None or kwargs or len(items) > 1000:
        return NOT_KNOWN
    items = [*args[2:3], *items]
    if not items:
        return NOT_KNOWN
    whole = items[0]
    for entry in items[1:]:
        whole = reader.apply(args[0], (whole, entry), {}, frame)
    return whole


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


def _length(reader, args, kwargs, frame):
    if args and isinstance(args[0], Images):
        return args[0].shape[0]
    own = args and isinstance(args[0], Instance) and args[0].cls.find("__len__")[1]
    count = image_sources.count_of(args[0]) if args and not own else None
    return _entries(len)(reader, args, kwargs, frame) if count is None else count


def _next(reader, args, kwargs, frame):
    batch = image_sources.first(args[0]) if args else None
    return NOT_KNOWN if batch is None else batch


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


FUNCTIONS = {
    "builtins.tuple": _entries(tuple, ordered=False),
    "builtins.list": _entries(list, ordered=False),
    "builtins.set": _entries(Unordered),
    "builtins.frozenset": _entries(Unordered),
    "builtins.len": _length,
    "builtins.reversed": _entries(lambda items: items[::-1]),
    "builtins.sorted": _entries(lambda items: sorted(items)),
    "builtins.enumerate": _enumerate,
    "builtins.next": _next,
    "builtins.sum": _sum,
    "builtins.max": _extreme(max),
    "builtins.min": _extreme(min),
    "builtins.range": _range,
    "builtins.zip": _zip,
    "builtins.map": _map,
    "functools.reduce": _reduce,
    "builtins.dict": _dict,
    "builtins.iter": lambda reader, args, kwargs, frame: args[0] if args else NOT_KNOWN,
    "collections.OrderedDict": _dict,
}
