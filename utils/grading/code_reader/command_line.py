"""sys.argv, and argparse as far as reading follows it: the defaults, and what the command or a list of words gives."""

import shlex

from utils.grading.code_reader.values import Library, Made, Unknown

_KINDS = {"builtins.int": int, "builtins.float": float, "builtins.str": str}


def argument_parser(reader, parser: Made, name: str, args: tuple, kwargs: dict):
    """What a method of an ArgumentParser gives; what it was told is kept in its attributes and keyword arguments."""
    if name == "add_argument" and args:
        flags = [arg for arg in args if isinstance(arg, str)]
        key = kwargs.get("dest") or next(
            (flag for flag in flags if flag.startswith("--")), flags[0] if flags else ""
        )
        key = str(key).lstrip("-").replace("-", "_")
        missing = (
            False
            if kwargs.get("action") == "store_true"
            else True
            if kwargs.get("action") == "store_false"
            else None
        )
        parser.attributes[key] = kwargs.get("default", missing)
        parser.kwargs.update((flag, (key, kwargs)) for flag in flags)
        return None
    if name in ("parse_args", "parse_known_args"):
        space = Made(
            "argparse.namespace",
            place=parser.place,
            attributes=parser.attributes | _given(reader, parser, args),
        )
        return space if name == "parse_args" else (space, [])
    return parser if name.startswith("add_") else None


def _given(reader, parser: Made, args: tuple) -> dict:
    """The values of the flags that the command line, or the list in its place, gives."""
    words, values = _words(reader, args), {}
    if words is None:
        return dict.fromkeys(
            parser.attributes, Unknown("it is given by a command line that is not known")
        )
    while words:
        flag, equals, text = words.pop(0).partition("=")
        key, spec = parser.kwargs.get(flag, (None, None))
        if not isinstance(spec, dict):
            continue
        if str(spec.get("action", "")).startswith("store_"):
            values[key] = spec["action"] == "store_true"
            continue
        text = text if equals else words.pop(0) if words else None
        values[key] = _converted(spec, text)
    return values


def arguments(command: str) -> list | Unknown:
    """sys.argv of a script that is started with these words."""
    try:
        return [Unknown("the path by which the script is started"), *shlex.split(command)]
    except ValueError:
        return Unknown("its words cannot be told apart")


def _words(reader, args: tuple) -> list[str] | None:
    given = args[0] if args and args[0] is not None else reader.argv
    if given is reader.argv and isinstance(given, list):
        given = given[1:]
    known = isinstance(given, (list, tuple, str)) and all(isinstance(word, str) for word in given)
    return list(given) if known else None


def _converted(spec: dict, text: str | None):
    kind = spec.get("type", Library("builtins.str"))
    if (
        text is not None
        and isinstance(kind, Library)
        and kind.name in _KINDS
        and not spec.keys() & {"action", "nargs"}
    ):
        try:
            return _KINDS[kind.name](text)
        except ValueError:
            pass
    return Unknown("what the command line gives for it cannot be followed")
