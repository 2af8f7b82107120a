"""sys.argv and argparse: what a program declares is declared to a parser of the standard library, which reads the words
that the program is known to be given."""

import argparse
import ast
import re
import shlex
from dataclasses import dataclass, field
from functools import lru_cache

from utils.grading.code_reader.values import Library, Made, Unknown, same
from utils.grading.submission.contents import Submission

_KINDS = {
    "builtins.int": int,
    "builtins.float": float,
    "builtins.str": str,
    "builtins.bool": bool,
    "ast.literal_eval": ast.literal_eval,
}
_STORING = (None, "store", "append", "extend")  # the actions that convert a word
_GATHERING = ("append", "append_const", "count", "extend")
_SWITCHES = {"store_true": False, "store_false": True}  # with their defaults
_ACTIONS = (*_STORING, *_GATHERING, *_SWITCHES, "store_const")
_FLAG = "argparse.BooleanOptionalAction"
_GROUPS = ("add_argument_group", "add_mutually_exclusive_group", "add_subparsers")
_PARSING = (
    "parse_args",
    "parse_known_args",
    "parse_intermixed_args",
    "parse_known_intermixed_args",
)
_HARMLESS = ("print_help", "print_usage", "format_help", "format_usage", "error", "exit")
_DECLARED = "what is declared"  # the attribute of a parser, which no code can ask for
_ABSENT = object()
_NAMESPACE = re.compile(r"\bNamespace\(([^\n]{0,3000})")
_SETTING = re.compile(r"(\w+)=('[^'\n]*'|-?[\d.]+(?:e-?\d+)?|True|False|None)(?=[,)])")
_MOST_WORDS = 200
_NOT_FOLLOWED = "what the command line gives for it cannot be followed"


@dataclass(frozen=True)
class Commands(Unknown):
    """sys.argv of a program that is started in several ways: `lines` are the sys.argv of each."""

    why: str = "it is started with different words"
    lines: tuple[list, ...] = ()


class _Unreadable(Exception):
    """Words that the program's parser would not take."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str):
        raise _Unreadable(message)


@dataclass
class _Declared:
    """What a parser was told. `values` are those of what is not given, `needed` the names that must be given; `closed`
    where some of it cannot be followed at all, `opaque` where that is so as soon as a word is given."""

    parser: _Parser
    values: dict = field(default_factory=dict)
    defaults: dict = field(default_factory=dict)
    needed: set = field(default_factory=set)
    gathered: set = field(default_factory=set)
    kinds: dict = field(default_factory=dict)  # what converts a word
    listed: set = field(default_factory=set)  # the positions that any number of words may take
    commands: dict = field(default_factory=dict)  # the parser of each subcommand
    command: str = ""  # the name under which the subcommand is kept
    files: str = ""  # what a word begins with that names a file of words
    closed: bool = False
    opaque: bool = False


def argument_parser(reader, parser: Made, name: str, args: tuple, kwargs: dict, certain: bool):
    """What a method of an ArgumentParser gives, as far as it can be followed: `certain` where it is known that it is
    called, and with what."""
    declared = _declared(parser)
    declared.closed |= not certain and name not in _PARSING
    if name == "add_argument":
        _declare(declared, args, kwargs)
        return None
    if name == "set_defaults":
        declared.defaults |= kwargs
        declared.values |= {
            one: value
            if not isinstance(value, str)
            else _converted(declared.kinds.get(one, str), value)
            for one, value in kwargs.items()
        }
        return None
    if name == "add_parser":
        made = Made(parser.name, kwargs=kwargs, place=parser.place)
        if args and isinstance(args[0], str):
            declared.commands[args[0]] = made
        else:
            declared.closed = True
        return made
    if name in _GROUPS:
        declared.command = str(kwargs.get("dest") or declared.command)
        return parser
    if name in _PARSING:
        if len(args) > 1 or kwargs.keys() - {"args"} or not certain:
            declared.closed = True  # it is given a namespace that holds something already
        return _parsed(reader, parser, name, args[0] if args else kwargs.get("args"))
    declared.closed |= name not in _HARMLESS
    return Unknown("it depends on how an ArgumentParser is set up")


def arguments(command: str) -> list | Unknown:
    """sys.argv of a script that is started with these words."""
    if any(mark in command for mark in "$`{%") or re.search(r"<\w+>|\.\.\.", command):
        return Unknown("it is given what a variable or another command holds")
    try:
        words = _without_redirections(shlex.split(command))
    except ValueError:
        return Unknown("its words cannot be told apart")
    return [Unknown("the path by which the script is started"), *words]


def _without_redirections(words: list[str]) -> list[str]:
    kept, skipped = [], False
    for word in words:
        bare = word.lstrip("0123456789&")
        if not skipped and not bare.startswith((">", "<")):
            kept.append(word)
        skipped = not skipped and bare in (">", ">>", "<")
    return kept


# --- what is declared -------------------------------------------------------------------------------------------------


def _declared(parser: Made) -> _Declared:
    if _DECLARED in parser.attributes:
        return parser.attributes[_DECLARED]
    given, settings = parser.kwargs, {}
    above = [_declared(one) for one in _listed(given.get("parents", ())) if isinstance(one, Made)]
    for name, kind in (("allow_abbrev", bool), ("prefix_chars", str)):
        if isinstance(given.get(name), kind) and given[name] != "":
            settings[name] = given[name]
    settings |= {"parents": [one.parser for one in above], "conflict_handler": "resolve"}
    declared = _Declared(_Parser(add_help=False, **settings))
    declared.files = str(given.get("fromfile_prefix_chars") or "")
    declared.closed = "argument_default" in given or "**" in given
    declared.closed |= len(above) < len(_listed(given.get("parents", ())))
    for one in above:
        declared.values |= one.values
        declared.defaults |= one.defaults
        declared.needed |= one.needed
        declared.gathered |= one.gathered
        declared.kinds |= one.kinds
        declared.closed |= one.closed
        declared.opaque |= one.opaque
    parser.attributes[_DECLARED] = declared
    return declared


def _listed(value) -> tuple:
    return tuple(value) if isinstance(value, (list, tuple)) else (value,)


def _declare(declared: _Declared, flags: tuple, spec: dict) -> None:
    action = spec.get("action")
    if action in ("help", "version"):
        return
    known = (action is None or isinstance(action, str)) and action in _ACTIONS
    optional = isinstance(action, Library) and action.name == _FLAG
    nargs = spec.get("nargs")
    if not known and not optional or nargs not in (None, "?", "*", "+", *range(1, 10)):
        declared.opaque = True
        action, nargs = None, None
    settings = {name: spec[name] for name in ("dest", "const") if name in spec}
    if action in _STORING:
        settings |= {"type": _converter(spec), "nargs": nargs}
    if optional:
        settings["action"] = argparse.BooleanOptionalAction
    elif action is not None:
        settings["action"] = action
    default = None if action in _GATHERING else _ABSENT
    try:
        made = declared.parser.add_argument(*flags, default=default, **settings)
        declared.kinds[made.dest] = str if nargs == "*" else settings.get("type", str)
        if nargs == "*" and not made.option_strings:
            declared.listed.add(made.dest)
    except Exception:  # argparse raises many kinds for what it cannot take
        declared.closed = True
        return
    if action in _GATHERING:
        declared.gathered.add(made.dest)
    if spec.get("required") is True or not made.option_strings and nargs not in ("?", "*"):
        declared.needed.add(made.dest)
    value = _default(declared, made.dest, spec)
    if made.dest in declared.values and not same(declared.values[made.dest], value):
        if made.dest not in declared.defaults:
            value = Unknown("it is declared twice")
    declared.values[made.dest] = value


def _default(declared: _Declared, name: str, spec: dict):
    action = spec.get("action")
    if isinstance(action, Library) and action.name != _FLAG:
        return Unknown("a class of the program's own keeps it")
    implied = _SWITCHES.get(action) if isinstance(action, str) else None
    value = spec.get("default", declared.defaults.get(name, implied))
    if value is None and spec.get("nargs") == "*" and name in declared.listed:
        return []
    return _converted(declared.kinds[name], value) if isinstance(value, str) else value


def _converted(convert, value: str):
    try:
        return convert(value)
    except (ValueError, SyntaxError, TypeError):
        return Unknown(_NOT_FOLLOWED)


def _converter(spec: dict):
    kind = spec.get("type", Library("builtins.str"))
    known = _KINDS.get(kind.name) if isinstance(kind, Library) else None
    return known or (lambda word: Unknown(_NOT_FOLLOWED))


# --- what is given ----------------------------------------------------------------------------------------------------


def _parsed(reader, parser: Made, name: str, given):
    """The namespace; of several command lines what all of them give alike."""
    declared, lines = _declared(parser), _lines(reader, given)
    strict = "known" not in name
    if declared.closed:  # it may hold more than is known
        space = Unknown("how the command line is read cannot be followed")
        return space if strict else (space, Unknown("what else the command line holds"))
    found = [_namespace(declared, words, strict) for words in lines or ()]
    printed = _printed(reader.submission)
    names = dict.fromkeys(one for each in (*found, _everything(declared)) for one in each or ())
    values = {}
    for one in names:
        given = [each.get(one) for each in found if each is not None]
        known = len(given) == len(lines or (0,)) and all(same(given[0], each) for each in given)
        known = known and printed.get(one, {repr(given[0])}) == {repr(given[0])}
        values[one] = (
            given[0] if known else Unknown("it is given by a command line that is not known")
        )
    space = Made("argparse.namespace", place=parser.place, attributes=values)
    return space if strict else (space, Unknown("what else the command line holds"))


@lru_cache(maxsize=1)
def _printed(submission: Submission) -> dict[str, set[str]]:
    """By name the values that logs print of a namespace: `Namespace(width=40, lr=0.1)`."""
    found: dict[str, set[str]] = {}
    texts = [one.text for one in submission.texts]
    texts += [cell.output for one in submission.notebooks for cell in one.cells]
    for text in texts:
        for match in _NAMESPACE.finditer(text):
            for name, value in _SETTING.findall(match[1]):
                found.setdefault(name, set()).add(value)
    return found


def _everything(declared: _Declared) -> dict:
    """Every name that the parser or that of a subcommand can give."""
    below = [_everything(_declared(one)) for one in declared.commands.values()]
    own = [*declared.values, *([declared.command] if declared.command else [])]
    return dict.fromkeys([*own, *(name for names in below for name in names)])


def _namespace(declared: _Declared, words: list[str], strict: bool) -> dict | None:
    """By name what these words give, else the default; None where they cannot be followed."""
    if declared.closed or declared.opaque and words or len(words) > _MOST_WORDS:
        return None
    if declared.files and any(word[:1] in declared.files for word in words):
        return None
    below = {}
    if declared.commands:
        chosen = _subcommand(declared, words)
        if chosen is None:
            return None
        place, name = chosen
        below = _namespace(_declared(declared.commands[name]), words[place + 1 :], strict)
        if below is None:
            return None
        words = words[:place]
        below |= {declared.command: name} if declared.command else {}
    try:
        parsed, rest = declared.parser.parse_known_args(words)
    except Exception:  # converters and argparse raise many kinds
        missing = declared.needed and not words
        return _unless_given(declared) | below if missing else None
    if rest and strict:
        return None
    given = {name: value for name, value in vars(parsed).items() if value is not _ABSENT}
    for name in declared.gathered & given.keys():
        if given[name] is None:
            del given[name]
        elif declared.values.get(name) is not None:
            given[name] = _gathered(declared.values[name], given[name])
    return _unless_given(declared) | given | below


def _gathered(before, given):
    """What is gathered on top of a default."""
    known = type(before) is type(given) and isinstance(before, (int, list))
    return before + given if known else Unknown(_NOT_FOLLOWED)


def _unless_given(declared: _Declared) -> dict:
    needed = Unknown("it must be given, and no command that gives it is known")
    return declared.values | dict.fromkeys(declared.needed, needed)


def _subcommand(declared: _Declared, words: list[str]) -> tuple[int, str] | None:
    """Where the subcommand stands among the words, and its name; without words the one that trains."""
    place = next((place for place, word in enumerate(words) if word in declared.commands), None)
    if place is not None:
        return place, words[place]
    training = [name for name in declared.commands if name.startswith(("train", "fit"))]
    names = training or list(declared.commands)
    return (len(words), names[0]) if len(names) == 1 else None


def _lines(reader, given) -> list[list[str]] | None:
    """The words of every way in which the program is started, or the list in their place; None where they are not known."""
    if given is not None:
        lines = [list(given)] if isinstance(given, (list, tuple, str)) else []
    elif isinstance(reader.argv, Commands):
        lines = [line[1:] for line in reader.argv.lines]
    else:
        lines = [reader.argv[1:]] if isinstance(reader.argv, list) else []
    known = lines and all(isinstance(word, str) for line in lines for word in line)
    return lines if known else None
