"""What a transform's arguments amount to: under the installed albumentations, and under 1.x where its names are used.

albumentations 2 ignores names that it does not know; the table says what the older ones meant while they were known.
"""

import os
import warnings
from dataclasses import dataclass, field, replace

from utils.grading.augmentation import version_1
from utils.grading.code_reader.values import Library, Made, is_literal


@dataclass(frozen=True)
class Effective:
    """`values` under the version that decides, "1" or "2"; None where the transform cannot be built, and `why` says so.

    `ignored` are the given names that this version does not know; `other` are the values under the other version, where
    they were worked out. `placed` has, for each version, the arguments that are given by position, by the names that it
    has for them.
    """

    name: str
    values: dict | None
    version: str
    ignored: tuple[str, ...] = ()
    other: dict | None = None
    why: str = ""
    unread: tuple[str, ...] = ()
    placed: dict[str, dict] = field(default_factory=dict)

    @property
    def by_position(self) -> dict:
        """The arguments that are given by position, under the names that the version that decides has for them."""
        return self.placed.get(self.version, {})

    def said_by_position(self, version: str = "") -> str:
        """`max_holes = 1, max_height = 16`; an empty text where nothing is given by position, or its names are not known."""
        return ", ".join(
            f"{name} = {_short(value)}"
            for name, value in self.placed.get(version or self.version, {}).items()
        )

    @property
    def means_another(self) -> bool:
        """Whether the two versions have different names for what is given by position."""
        return self.name in version_1.DEFAULTS and list(self.placed["1"]) != list(self.placed["2"])

    def fits_one(self, pinned: str | None) -> bool:
        """Whether there is no doubt for which version the arguments by position are meant."""
        return len(self.placed["2"]) >= len(self.placed["1"]) and (
            pinned is not None or self.other is None
        )


def _short(value) -> str:
    value = _number(value)
    return str(value)[:60] if is_literal(value) else "what is not known"


def uses_old_names(name: str, transform: Made) -> bool:
    """Whether arguments are given by names that only albumentations 1.x knows, other than always_apply, or by position as
    only 1.x takes them."""
    return (
        bool(old_names(name, transform))
        or name in version_1.DEFAULTS
        and _old_positions(name, transform.args)
    )


def old_names(name: str, transform: Made) -> list[str]:
    """The names among a transform's arguments that only albumentations 1.x knows, other than always_apply."""
    old = set(version_1.names(name)) - set(_parameters(name)) - {"always_apply"}
    return [key for key in transform.kwargs if name in version_1.DEFAULTS and key in old]


def _old_positions(name: str, args: tuple) -> bool:
    """Whether 1.x takes these arguments by position and 2.x does not: it has others there, and refuses them or has none."""
    first, second = version_1.names(name)[: len(args)], _parameters(name)[: len(args)]
    if first == second or len(args) > len(version_1.names(name)):
        return False
    if any(
        place == "always_apply" and isinstance(value, bool) for place, value in zip(first, args)
    ):
        return True
    refused = len(second) < len(args) or _built(name, _plain(dict(zip(second, args)))[0])[0] is None
    return refused and version_1.values(name, *_plain(dict(zip(first, args)))) is not None


def effective(transform: Made, version: str | None) -> Effective:
    """The effective values of an albumentations transform. `version` is the pinned one, "1" or "2", or None."""
    name, args = transform.last, transform.args
    decides = version or ("1" if uses_old_names(name, transform) else "2")
    placed = {"1": dict(zip(version_1.names(name), args)), "2": dict(zip(_parameters(name), args))}
    (given_1, unread_1), (given_2, unread_2) = (
        _plain(placed[one] | transform.kwargs) for one in "12"
    )
    unread = unread_1 if decides == "1" and name in version_1.DEFAULTS else unread_2
    unread += () if transform.whole else ("starred arguments",)
    two, ignored, why = _built(name, given_2)
    if name in version_1.DEFAULTS:
        one = version_1.values(name, given_1, unread_1) if len(args) <= len(placed["1"]) else None
        reason = "" if one is not None else f"albumentations 1.x refuses these arguments of {name}"
    else:
        one, reason = (None, "") if decides == "2" else (two if two is not None else given_2, "")
    values = one if decides == "1" else two
    unknown = _unread_values(name, unread, decides)
    if values is not None:
        values = {key: value for key, value in values.items() if key not in unknown}
    made = Effective(
        name,
        values,
        decides,
        ignored if decides == "2" else (),
        two if decides == "1" else one,
        reason if decides == "1" else why,
        tuple(map(str, unread)),
        placed,
    )
    return (
        replace(made, why=_why_by_position(made)) if values is None and made.means_another else made
    )


def _why_by_position(made: Effective) -> str:
    """Why arguments by position are refused: what the version that decides takes there, and what the other takes."""
    other = "1" if made.version == "2" else "2"
    takes = version_1.names(made.name) if made.version == "1" else _parameters(made.name)
    return (
        f"by position, albumentations {made.version}.x takes {', '.join(takes)}, and refuses what is given; "
        f"albumentations {other}.x takes it as {made.said_by_position(other)}"
    )


def _unread_values(name: str, unread, version: str) -> set[str]:
    """The effective values that an argument which could not be read would have set."""
    made = {
        "max_holes": ("num_holes_range",),
        "min_holes": ("num_holes_range",),
        "max_height": ("hole_height_range",),
        "min_height": ("hole_height_range",),
        "max_width": ("hole_width_range",),
        "min_width": ("hole_width_range",),
        "fill_value": ("fill",),
        "mask_fill_value": ("fill_mask",),
        "always_apply": ("p",),
        "shift_limit": ("shift_limit_x", "shift_limit_y"),
    }
    if "starred arguments" in unread:
        return set(_parameters(name)) | {"shift_limit_x", "shift_limit_y"}
    return {
        part
        for key in unread
        for part in (made.get(key, ()) if version == "1" else ())
        or (key,) + (("shift_limit_x", "shift_limit_y") if key == "shift_limit" else ())
    }


def _plain(given: dict) -> tuple[dict, tuple]:
    """The arguments that are known, with cv2's constants as numbers and arrays as tuples, and the names of the others."""
    known, unknown = {}, []
    for key, value in given.items():
        value = _number(value)
        if is_literal(value):
            known[key] = value
        else:
            unknown.append(key)
    return known, tuple(unknown)


def _number(value):
    if isinstance(value, Library) and value.name.startswith("cv2."):
        import cv2

        constant = getattr(cv2, value.last, None)
        return constant if isinstance(constant, int) else value
    if hasattr(value, "tolist"):
        value = value.tolist()
        return tuple(value) if isinstance(value, list) else value
    return value


def _albumentations():
    os.environ.setdefault(
        "NO_ALBUMENTATIONS_UPDATE", "1"
    )  # else importing it looks for a newer version on the network
    import albumentations  # takes half a second, which a submission without it does not need

    return albumentations


def _parameters(name: str) -> list[str]:
    import inspect

    made = getattr(_albumentations(), name, None)
    return list(inspect.signature(made.__init__).parameters)[1:] if isinstance(made, type) else []


def _built(name: str, given: dict) -> tuple[dict | None, tuple[str, ...], str]:
    """The attributes of the installed albumentations' transform built with these arguments, and the names it ignored."""
    kind = getattr(_albumentations(), name, None)
    if name == "ToTensorV2":
        from albumentations.pytorch import ToTensorV2 as kind
    if not isinstance(kind, type):
        return None, (), f"the installed albumentations has no {name}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = kind(**given)
            values = {"p": made.p, **made.get_transform_init_args()}
    except Exception as error:  # pydantic and the transforms raise many kinds
        return (
            None,
            (),
            f"the installed albumentations refuses it: {' '.join(str(error).split())[:160]}",
        )
    return values, tuple(getattr(made, "invalid_args", ())), ""
