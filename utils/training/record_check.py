"""What config.json and history.csv of a run must hold, so that all that reads them may trust them."""

import types
from collections.abc import Sequence
from typing import Any, Union, get_args, get_origin, get_type_hints

from utils.data.augmentations import AUGMENTATIONS
from utils.data.data_sets import DATA_SETS
from utils.data.draws import DRAWS
from utils.data.images import DIGITS, HELD_OUT
from utils.training.batches import PIPELINES
from utils.training.history import EpochRecord
from utils.training.optimizers import OPTIMIZERS
from utils.training.recipes import Recipe
from utils.training.schedules import SCHEDULES

_LARGEST = 1e100  # far from the end of what a float can hold; a seed may have many digits
_CONFIG = {"recipe": dict, "data": str, "parameters": int, "seconds": float, "sessions": list}
_SESSION = {"first_epoch": int, "device": str, "precision": str}
_DIGESTS = {"epochs": int, "history.csv": str, "model.pt": str}
_TAUGHT = {"teachers": list, "soft_labels": str, "cache": str | None}
_TEACHER = {"run": str, "weights": str}
# Fields of a recipe that name a row of a table.
_TABLES = {
    "data_set": DATA_SETS,
    "augmentation": AUGMENTATIONS,
    "schedule": SCHEDULES,
    "optimizer": OPTIMIZERS,
    "pipeline": PIPELINES,
    "draws": DRAWS,
}
_ABOVE_ZERO = ("epochs", "batch_size", "lr", "std")


def require_config(config: Any) -> None:
    """ValueError naming the first thing in a parsed config.json that a run does not leave there."""
    _require_kinds(config, _CONFIG, "the file")
    recipe = config["recipe"]
    hints = {name: kind for name, kind in get_type_hints(Recipe).items() if name in recipe}
    _require_kinds(recipe, hints, "recipe")
    try:
        Recipe.from_dict(recipe)
    except TypeError as error:
        raise ValueError(f"the recipe is not one of this version ({error})") from None
    for name, table in _TABLES.items():
        if name in recipe and recipe[name] not in table:
            raise ValueError(f"there is no {name} {recipe[name]!r}")
    for name in _ABOVE_ZERO:
        if not all(value > 0 for value in _flat(recipe[name])):
            raise ValueError(f"{name} of recipe is not above 0")
    if config["data"].removesuffix(HELD_OUT) not in (*DATA_SETS, DIGITS):
        raise ValueError(f"there is no data set {config['data']!r}")
    for session in config["sessions"]:
        _require_kinds(session, _SESSION, "a session")
    if recipe.get("teachers"):
        _require_kinds(config, {"taught": dict}, "the file")
        _require_kinds(config["taught"], _TAUGHT, "taught")
        for teacher in config["taught"]["teachers"]:
            _require_kinds(teacher, _TEACHER, "a teacher")
    if "digests" in config:
        _require_kinds(config["digests"], _DIGESTS, "digests")


def require_history(history: Sequence[EpochRecord], epochs: int) -> None:
    """ValueError unless `history` are whole records of the epochs 0, 1, …, at most `epochs` of them."""
    for number, record in enumerate(history):
        if record.epoch != number:
            raise ValueError(f"row {number + 1} is of epoch {record.epoch}, not {number}")
        if not all(_fits(value, float) for value in vars(record).values()):
            raise ValueError(f"row {number + 1} lacks a figure, or has an impossible one")
        for _, correct, total in (record.of("train"), record.of("test")):
            if not correct <= total or not total:
                raise ValueError(f"row {number + 1} has {correct} right of {total}")
    if len(history) > epochs:
        raise ValueError(f"it has {len(history)} rows, and the run {epochs} epochs")


def _require_kinds(found: Any, kinds: dict[str, Any], where: str) -> None:
    if not isinstance(found, dict):
        raise ValueError(f"{where} is no table of names and values")
    for name, kind in kinds.items():
        if name not in found:
            raise ValueError(f"{where} has no {name}")
        if not _fits(found[name], kind):
            raise ValueError(f"{name} of {where} is {str(found[name])[:40]!r}")


def _fits(value: Any, kind: Any) -> bool:
    """Whether `value`, as JSON has it, is of `kind`: a type, a union of types, or a tuple of them."""
    if get_origin(kind) in (Union, types.UnionType):
        return any(_fits(value, one) for one in get_args(kind))
    if get_origin(kind) is tuple:
        parts = get_args(kind)
        if not isinstance(value, list):
            return False
        if parts[-1] is Ellipsis:  # any number of the first
            parts = (parts[0],) * len(value)
        return len(value) == len(parts) and all(map(_fits, value, parts))
    if kind in (int, float):
        numbers = (int,) if kind is int else (int, float)
        whole = isinstance(value, numbers) and not isinstance(value, bool)
        return whole and 0 <= value <= _LARGEST  # nothing in a record is negative; NaN is neither
    return isinstance(value, kind)


def _flat(value: Any) -> list:
    return value if isinstance(value, list) else [value]
