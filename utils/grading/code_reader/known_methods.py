"""The methods of lists, dicts, texts, tuples and arrays that reading computes itself, on plain values alone."""

from utils.grading.code_reader import arrays, image_statistics, members, unread_entries
from utils.grading.code_reader.images import Images
from utils.grading.code_reader.unread_entries import OPEN
from utils.grading.code_reader.values import LONGEST, Unknown, limited

_LIST = {"append", "extend", "insert", "pop", "remove", "clear", "reverse", "sort"}
_DICT = {"get", "items", "keys", "values", "copy", "update", "setdefault", "pop"}
# Those whose result is no longer than the text; not format(), zfill() and their like.
_TEXT = set(
    """capitalize casefold count endswith find isalnum isalpha isdecimal isdigit isidentifier islower isnumeric isupper join
    lower lstrip partition removeprefix removesuffix replace rpartition rsplit rstrip split splitlines startswith strip
    swapcase title upper""".split()
)


def method(value, name: str, args: tuple, kwargs: dict, uncertain: bool):
    """What a method of a list, dict, text, tuple or array gives; a change under an undecided condition is marked as such."""
    try:
        if isinstance(value, list) and name in _LIST:
            return _change(value, name, args, uncertain)
        if isinstance(value, dict) and name in _DICT:
            return _of_dict(value, name, args, kwargs, uncertain)
        if (
            isinstance(value, str)
            and name in _TEXT
            and members.plain(args)
            and len(value) < LONGEST
            and not _multiplies(value, name, args)
        ):
            return limited(getattr(value, name)(*args))
        if isinstance(value, (list, tuple)) and name in ("copy", "index", "count"):
            return value[:] if name == "copy" else getattr(value, name)(*args)
        if isinstance(value, Images):
            return image_statistics.method(value, name, args, kwargs)
        if isinstance(value, members.ARRAY):
            return arrays.of_array(value, name, args, kwargs)
    except Exception:  # wrong arguments in the stranger's code
        pass
    return Unknown(f"the result of .{name}() is known only when the code runs")


def _multiplies(value: str, name: str, args: tuple) -> bool:
    """Whether as many copies of one text may come out as another has letters, or a list entries."""
    copied = value if name == "join" else args[1] if name == "replace" and len(args) > 1 else ""
    copies = len(args[0]) if name == "join" and args else len(value)
    return len(copied) * copies > 100 * LONGEST


def _change(value: list, name: str, args: tuple, uncertain: bool):
    if uncertain:
        value.append(Unknown("it is added or taken away only under a condition"))
        return Unknown("it depends on a condition")
    if name == "extend":
        items = members.iterate(args[0]) or [Unknown("what it is extended by is not known")]
        large = len(value) + len(items) > LONGEST
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
