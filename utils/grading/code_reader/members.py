"""Attributes, items, truth and iteration of the values that reading works with."""

import math
from dataclasses import replace

import numpy as np

from utils.grading.code_reader import (
    changes,
    image_axes,
    image_sources,
    image_statistics,
    paths,
    records,
)
from utils.grading.code_reader.images import Images
from utils.grading.code_reader.unread_entries import OPEN
from utils.grading.code_reader.values import (
    Frame,
    Instance,
    Library,
    Made,
    Member,
    Module,
    Super,
    Unknown,
    UserClass,
    UserFunction,
    is_literal,
)

ARRAY = (np.ndarray, np.generic)
BUILTINS = set(
    """
int float str bool tuple list dict set len range zip map sum round abs min max sorted reversed enumerate print super object
isinstance getattr setattr delattr hasattr type property staticmethod classmethod open iter next any all filter Exception
ValueError NotImplementedError vars callable input eval exec dir globals locals id repr format divmod pow slice frozenset
bytes help exit __import__
""".split()
)
MAY_BE_NONE = {"get", "find_spec", "getenv", "pop", "match", "search", "exec_module"}
# What a library's object was given first, by the attribute that gives it back.
_HOLDERS = {"transforms": ("Compose", "OneOf", "Sequential"), "dataset": ("DataLoader", "Subset")}
_PATHS = {"os.environ", "sys.path"}
_CONSTANTS = {"math.pi": math.pi, "numpy.pi": math.pi, "math.e": math.e}


def attribute(reader, value, name: str, frame: Frame):
    """What `value.name` stands for."""
    if isinstance(value, Unknown):
        return Member(value, name)
    if isinstance(value, Library):
        return _of_library(reader, value, name)
    if isinstance(value, Module):
        return reader.module_name(value, name)
    if isinstance(value, Instance):
        return _of_instance(reader, value, name)
    if isinstance(value, UserClass):
        found, owner = value.find(name)
        if owner is None and name == "__name__":
            return value.name
        return bound(reader, found, value, owner) if owner else Member(value, name)
    if isinstance(value, Super):
        found, owner = _class_of(value.instance).find(name, after=value.owner)
        return bound(reader, found, value.instance, owner) if owner else Member(value, name)
    if isinstance(value, Made) and name in value.attributes:
        return value.attributes[name]
    if isinstance(value, Made) and paths.is_path(value):
        part = paths.attribute(value, name)
        return Member(value, name) if part is None else part
    if (
        isinstance(value, Made)
        and value.last in _HOLDERS.get(name, ())
        and (value.args or name in value.kwargs)
    ):
        return value.kwargs.get(name, value.args[0] if value.args else None)
    if isinstance(value, Images) and (known := image_statistics.attribute(value, name)) is not None:
        return known
    if name == "data" and (images := image_sources.array_of(value)) is not None:
        return images
    if name == "__dict__" and changes.watched(value) is not None:
        return Member(value, name)
    if name == "__dict__" and records.open_attributes(value):
        return value.attributes
    if name == "value" and isinstance(value, (int, float, str)):
        return value  # a member of an Enum of numbers or texts
    if isinstance(value, (float, int)) and not isinstance(value, ARRAY) or name.startswith("__"):
        return (
            Unknown(f"the attribute {name} of a number")
            if name != "__name__"
            else getattr(value, "name", "")
        )
    return Member(value, name)


def _of_library(reader, value: Library, name: str):
    full = f"{value.name}.{name}"
    if full == "sys.argv" and reader.argv:  # a notebook's own is not known
        return reader.argv
    return _CONSTANTS.get(full) or Library(full, value.problem)


def _class_of(value) -> UserClass:
    return value if isinstance(value, UserClass) else value.cls


def _of_instance(reader, value: Instance, name: str):
    if not changes.is_network(value) and records.decides(value.cls):
        return Unknown(f"{value.cls.name} decides itself what its attributes are")
    if name in value.attributes:
        return value.attributes[name]
    if name == "__class__":
        return value.cls
    if name == "data" and (images := image_sources.array_of(value)) is not None:
        return images
    if name == "__dict__" and records.open_attributes(value):
        return value.attributes
    found, owner = value.cls.find(name)
    if not isinstance(found, UserFunction) and OPEN in value.attributes:
        return OPEN
    return bound(reader, found, value, owner) if owner else Member(value, name)


def bound(reader, found, receiver, owner: UserClass):
    """A class attribute as it is seen through `receiver`: methods are bound to it, properties are computed."""
    if not isinstance(found, UserFunction) or found.owner is None:
        return found
    if found.kind == "staticmethod":
        return found
    if found.kind == "setter":
        return Unknown(f"a property {found.name} that can be set")
    if found.kind == "property" and isinstance(receiver, Instance):
        return reader.invoke(replace(found, bound=receiver), (), {}, found.place)
    if isinstance(receiver, Instance) or found.kind == "classmethod":
        return replace(found, bound=receiver)
    return found


def item(reader, value, key, frame: Frame, node):
    """What `value[key]` stands for."""
    if (
        isinstance(value, Made)
        and value.name == "argparse.namespace"
        or isinstance(key, (Unknown, Made))
    ):
        return _item_of_object(reader, value, key, frame, node)
    if isinstance(value, (list, tuple, str, dict)):
        try:
            return value[key]
        except (KeyError, IndexError, TypeError):
            named = isinstance(key, (int, float, str, slice))
            return Unknown(
                f"there is no entry {str(key)[:40]!r}" if named else "its key is not known"
            )
    if isinstance(value, ARRAY):
        try:
            found = value[key]
            return found.item() if np.ndim(found) == 0 else found
        except Exception:  # numpy raises many kinds for a wrong index
            return Unknown("a wrong index")
    return _item_of_object(reader, value, key, frame, node)


def _item_of_object(reader, value, key, frame, node):
    if isinstance(value, Images):
        return image_axes.item(value, key)
    if records.is_tuple(value) and isinstance(key, int):
        return item(reader, tuple(records.stored(value).values()), key, frame, node)
    if (entry := image_sources.entry(value, key)) is not None:
        return entry
    if isinstance(value, Instance) and value.cls.find("__getitem__")[1]:
        return reader.invoke(_of_instance(reader, value, "__getitem__"), (key,), {}, value.place)
    if isinstance(value, Library) and value.name in _PATHS:
        return Unknown(f"{value.name} is known only when the code runs")
    if changes.watched(value) is not None:
        return _part(value, key)
    if isinstance(value, (Made, Library)):
        reader.record("__getitem__", value, value, (key,), {}, node, frame.origin)
    return (
        value
        if isinstance(value, Unknown)
        else Unknown("an entry that is known only when the code runs")
    )


def _part(value, key):
    """An entry of a Sequential or a Compose: the one that was given, or one of which only the owner is known."""
    given = value.args if isinstance(value, Made) else ()
    given = given[0] if len(given) == 1 and isinstance(given[0], list) else given
    known = (
        type(key) is int and -len(given) <= key < len(given) and not isinstance(given[key], Unknown)
    )
    return given[key] if known else changes.part(value)


def plain(value) -> bool:
    """Whether `value` consists of numbers, texts, None, tuples and lists alone."""
    return not isinstance(value, dict) and is_literal(value)


def hashable(value) -> bool:
    """Whether `value` can be a key of a dict here."""
    return (
        value is None
        or isinstance(value, (int, float, str, bytes))
        or isinstance(value, tuple)
        and all(part is None or isinstance(part, (int, float, str, bytes)) for part in value)
    )


def truth(value) -> bool | None:
    """Whether `value` counts as true; None where reading cannot tell."""
    if plain(value) or isinstance(value, (list, dict, set)):
        return bool(value)
    if isinstance(value, (UserClass, UserFunction, Module)):
        return True
    if isinstance(value, Made) and value.name.startswith(
        ("albumentations.", "torchvision.transforms.", "torch.nn.")
    ):
        return True
    if (
        isinstance(value, Instance)
        and not value.cls.find("__bool__")[1]
        and not value.cls.find("__len__")[1]
    ):
        return True
    return None


def iterate(value) -> list | None:
    """The entries of `value` in order; None where reading cannot tell."""
    if isinstance(value, (list, tuple, str)):
        return list(value)
    if isinstance(value, dict):
        return list(value)
    if isinstance(value, range):
        return list(value) if len(value) <= 1000 else None
    if records.is_tuple(value):
        return list(records.stored(value).values())
    if isinstance(value, ARRAY) and value.ndim:
        return [entry.item() if np.ndim(entry) == 0 else entry for entry in value]
    return None


def array_arithmetic(operation, left, right):
    """Arithmetic of small arrays with numbers, lists and each other."""
    if operation is None or not all(
        isinstance(side, (ARRAY, int, float, list, tuple)) for side in (left, right)
    ):
        return Unknown("the operands are not known")
    try:
        with np.errstate(all="ignore"):
            return operation(left, right)
    except Exception:  # whatever the operands make numpy raise
        return Unknown("the arithmetic fails")
