"""In the child: what of a network's Python state, its tensors aside, a call could change, so that later ones differ."""

import contextlib
from collections import deque
from itertools import count
from types import FunctionType, GeneratorType

from torch import Tensor, nn

from utils.grading.sandbox.definitions import DefinedModule

_OF_MODULES = frozenset(vars(nn.Module()))
_PLAIN = (bool, int, float, complex, str, bytes, type(None))
_DEEP, _LONG, _LENGTH = 6, 1000, "length"


def plain_state(model: nn.Module) -> dict[tuple, object]:
    """Numbers and texts by where they are kept: by modules, their classes, the files of these, and the functions there."""
    found: dict[tuple, object] = {}
    seen: dict[int, object] = {}  # kept, so that no number stands for two
    for place, one in _holders(model).items():
        kept = dict(vars(one))
        if isinstance(one, (nn.Module, DefinedModule)):
            kept = {
                name: part
                for name, part in kept.items()
                if name not in _OF_MODULES and not name.startswith("__")
            }
        _collect(kept, (place,), found, seen)
    return found


def count_on(model: nn.Module, before: dict[tuple, object], by: int) -> None:
    """Add `by` to every whole number that is not what it was `before`, as many more calls would."""
    holders = _holders(model)
    for place, now in plain_state(model).items():
        if type(now) is int and place[-1] != _LENGTH and before.get(place) != now:
            with contextlib.suppress(
                Exception
            ):  # what cannot be changed, or is not reached by its names
                _put(holders[place[0]], place[1:], now + by)


def _put(one, path: tuple, number: int) -> None:
    for key in path[:-1]:
        one = one[key] if isinstance(one, (list, dict, deque)) else vars(one)[key]
    if isinstance(one, (list, dict, deque)):
        one[path[-1]] = number
    else:
        setattr(one, path[-1], number)


def _holders(model: nn.Module) -> dict[object, object]:
    """The network's modules by their numbers, and by their names the classes and files of the submission."""
    files = DefinedModule.defined
    own = {vars(one).get("__name__") for one in files}
    classes = {kind for module in model.modules() for kind in type(module).__mro__}
    return {
        **dict(enumerate(model.modules())),
        **{kind.__qualname__: kind for kind in classes if kind.__module__ in own},
        **{f"file {one.__name__}": one for one in files},
    }


def _collect(one, place: tuple, found: dict, seen: dict[int, object]) -> None:
    if isinstance(one, _PLAIN):
        found[place] = repr(one) if isinstance(one, float) else one  # a NaN equals nothing
        return
    if id(one) in seen or len(place) > _DEEP or isinstance(one, (Tensor, nn.Module)):
        return
    seen[id(one)] = one
    if isinstance(one, count):
        found[place] = repr(one)
    elif isinstance(one, GeneratorType):
        found[place] = one.gi_frame.f_lasti if one.gi_frame else None
    elif isinstance(one, FunctionType):
        inside = [cell.cell_contents for cell in one.__closure__ or () if _is_filled(cell)]
        _collect([one.__defaults__, one.__kwdefaults__, vars(one), inside], place, found, seen)
    elif isinstance(one, (list, tuple, set, frozenset, deque)):
        found[(*place, _LENGTH)] = len(one)
        for number, part in enumerate(list(one)[:_LONG]):
            _collect(part, (*place, number), found, seen)
    elif isinstance(one, dict):
        found[(*place, _LENGTH)] = len(one)
        for name, part in list(one.items())[:_LONG]:
            if isinstance(name, _PLAIN):
                _collect(part, (*place, name), found, seen)
    elif hasattr(one, "__dict__") and not isinstance(one, type):
        if type(one).__module__ not in ("torch", "numpy") and not hasattr(one, "__spec__"):
            _collect(dict(vars(one)), place, found, seen)


def _is_filled(cell) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False
