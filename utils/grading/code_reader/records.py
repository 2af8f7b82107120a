"""Classes that hold plain data: what @dataclass, NamedTuple and Enum write for a class is written here too, and then read
like the submission's own code."""

import ast
from dataclasses import dataclass

from utils.grading.code_reader.snapshots import NAMESPACES
from utils.grading.code_reader.values import (
    Frame,
    Instance,
    Library,
    Made,
    Unknown,
    UserClass,
    UserFunction,
)

_REQUIRED = object()
_NOT_GIVEN = Unknown("a field that nothing is seen to set")
_OWN_MEMBERS = ("__new__", "__init__", "value", "_value_", "_generate_next_value_", "_missing_")
_HOOKS = ("__getattribute__", "__setattr__", "__new__")
# What an object of a class has no attributes of.
_BARE = {"builtins.object", "abc.ABC", "typing.Generic", "typing.Protocol"}


@dataclass(frozen=True)
class Field:
    """One field of a dataclass or a NamedTuple; `factory` makes its value anew for each object."""

    default: object = _REQUIRED
    factory: object = _REQUIRED
    init: bool = True  # whether the constructor takes it
    stored: bool = True  # False for what is only handed on to __post_init__
    by_name: bool = False  # whether it is given by its name alone


def fields_of(cls: UserClass) -> dict[str, Field]:
    """The fields of a class, its own or those that it inherits, in order; empty where it is no such class."""
    return next((one.fields for one in cls.ancestors() if one.fields is not None), {})


def stored(value: Instance) -> dict:
    """The values of the fields of an object, in order."""
    names = [name for name, one in fields_of(value.cls).items() if one.stored]
    return {name: value.attributes.get(name, _NOT_GIVEN) for name in names}


def is_tuple(value) -> bool:
    """Whether `value` is an object of a NamedTuple."""
    return isinstance(value, Instance) and "typing.NamedTuple" in value.cls.library_bases()


def open_attributes(value) -> bool:
    """Whether all attributes of `value` are set by what is read, so that they are what vars() gives."""
    if isinstance(value, Made):
        return value.name in NAMESPACES
    return (
        isinstance(value, Instance)
        and _BARE.issuperset(value.cls.library_bases())
        and not decides(value.cls)
    )


def decides(cls: UserClass) -> bool:
    """Whether the class has code that decides what the attributes of an object are."""
    return any(isinstance(cls.find(hook)[0], UserFunction) for hook in _HOOKS)


def inherit(cls: UserClass) -> None:
    """Give a class what the library's base that it names writes into it."""
    bases = [base.name for base in cls.bases if isinstance(base, Library)]
    if "typing.NamedTuple" in bases:
        _construct(cls, _fields(cls, {}))
    if bases in (["enum.Enum"], ["enum.Flag"]):
        _enumerate(cls)


def make_dataclass(cls: UserClass, options: dict) -> None:
    """Give a class what @dataclass with these options writes into it."""
    inherited: dict[str, Field] = {}
    for base in reversed([base for base in cls.bases if isinstance(base, UserClass)]):
        inherited |= fields_of(base)
    _construct(cls, inherited | _fields(cls, options), options.get("init", True))


def _fields(cls: UserClass, options: dict) -> dict[str, Field]:
    """The fields that the body of the class declares; what field() says of them is taken out of its names."""
    found, by_name = {}, options.get("kw_only", False) is not False
    for statement in cls.node.body:
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        name, kind = statement.target.id, ast.unparse(statement.annotation)
        if kind.endswith("KW_ONLY"):
            by_name = True
        elif "ClassVar" not in kind:
            one = found[name] = _field(cls.names.get(name, _REQUIRED), "InitVar" in kind, by_name)
            if one.default is _REQUIRED:
                cls.names.pop(name, None)
            else:
                cls.names[name] = one.default
    return found


def _field(value, handed_on: bool, by_name: bool) -> Field:
    if not isinstance(value, Made) or value.name != "dataclasses.field":
        return Field(value, stored=not handed_on, by_name=by_name)
    said = value.kwargs
    unread = Unknown("what its field() is given is not known")
    return Field(
        said.get("default", _REQUIRED if value.whole else unread),
        said.get("default_factory", _REQUIRED),
        said.get("init", True) is not False,
        not handed_on,
        said.get("kw_only", by_name) is not False,
    )


def _construct(cls: UserClass, fields: dict[str, Field], init=True) -> None:
    """Give the class the constructor that Python would write for these fields."""
    cls.fields = fields
    if isinstance(cls.names.get("__init__"), UserFunction) or init is False:
        return
    values = {f"_default_{name}": one.default for name, one in fields.items()}
    values |= {f"_factory_{name}": one.factory for name, one in fields.items()}
    lines = [
        f"self.{name} = {name if one.init else _default(name, one)}"
        for name, one in fields.items()
        if one.stored and (one.init or one.factory is not _REQUIRED)
    ]
    if cls.find("__post_init__")[1]:
        handed = [name for name, one in fields.items() if not one.stored]
        lines.append(f"self.__post_init__({', '.join(handed)})")
    taken = {name: one for name, one in fields.items() if one.init}
    plain = [_parameter(*each) for each in taken.items() if not each[1].by_name]
    named = [_parameter(*each) for each in taken.items() if each[1].by_name]
    text = ", ".join(["self", *plain, *(["*", *named] if named else [])])
    try:
        node = ast.parse(f"def __init__({text}):\n    " + "\n    ".join(lines or ["pass"])).body[0]
    except SyntaxError:  # fields that Python would not take either
        return
    for part in ast.walk(node):
        ast.copy_location(part, cls.node)
    frame = Frame(values, cls.origin, cls.frame, script=cls.frame.script)
    cls.names["__init__"] = UserFunction("__init__", node, frame, cls.origin, cls)


def _default(name: str, one: Field) -> str:
    if one.factory is not _REQUIRED:
        return f"_factory_{name}()"
    return f"_default_{name}" if one.default is not _REQUIRED else ""


def _parameter(name: str, one: Field) -> str:
    default = _default(name, one)
    return f"{name}={default}" if default else name


def _enumerate(cls: UserClass) -> None:
    """Make the plain names of an Enum its members."""
    own = any(cls.find(name)[1] for name in _OWN_MEMBERS)
    for name, value in list(cls.names.items()):
        if isinstance(value, UserFunction) or name.startswith("_"):
            continue
        value = Unknown(f"{cls.name} makes the values of its members itself") if own else value
        made = Instance(cls, (name,), {}, cls.place)
        made.attributes.update(_name_=name, name=name, value=value, _value_=value)
        cls.names[name] = made


# --- functions of dataclasses, and methods of a NamedTuple ------------------------------------------------------------


def replaced(reader, value: Instance, changes: dict):
    """A new object with the fields of `value`, some of them changed."""
    taken = {name: one for name, one in stored(value).items() if fields_of(value.cls)[name].init}
    return reader.instantiate(value.cls, (), taken | changes, value.place)


def _as_plain(reader, value, make):
    """What asdict() gives of `value`, or astuple(); `make` makes it of the fields' values."""
    if not reader.spend():
        return Unknown("the code is too long to follow")
    if isinstance(value, Instance) and fields_of(value.cls) and not is_tuple(value):
        return make({name: _as_plain(reader, one, make) for name, one in stored(value).items()})
    if isinstance(value, (list, tuple)):
        return type(value)(_as_plain(reader, one, make) for one in value)
    if isinstance(value, dict):
        return {name: _as_plain(reader, one, make) for name, one in value.items()}
    return value


def _of_object(function):
    def known(reader, args, kwargs, frame):
        given = len(args) == 1 and isinstance(args[0], Instance) and fields_of(args[0].cls)
        return (
            function(reader, args[0], kwargs) if given else Unknown("of which object is not known")
        )

    return known


def _plain(make):
    def function(reader, value, kwargs):
        return (
            Unknown("what the function that it is given makes of it")
            if kwargs
            else _as_plain(reader, value, make)
        )

    return _of_object(function)


FUNCTIONS = {
    "dataclasses.replace": _of_object(replaced),
    "dataclasses.asdict": _plain(dict),
    "dataclasses.astuple": _plain(lambda fields: tuple(fields.values())),
}
METHODS = {
    "_replace": replaced,
    "_asdict": lambda reader, value, kwargs: stored(value),
}
