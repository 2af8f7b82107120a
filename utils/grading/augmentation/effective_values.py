"""What a transform's arguments amount to: under the installed albumentations, and under 1.x where its names are used.

albumentations 2 ignores names that it does not know; the table says what the older ones meant while they were known.
"""

import warnings
from dataclasses import dataclass, field

from utils.grading.code_reader.values import Library, Made, is_literal

_DROPOUT_1 = {"max_holes": 8, "max_height": 8, "max_width": 8, "min_holes": None, "min_height": None, "min_width": None,
              "fill_value": 0, "mask_fill_value": None, "always_apply": False, "p": 0.5}
# Names (in positional order) and defaults in albumentations 1.3, of the transforms that the assignment asks for.
_VERSION_1 = {
    "HorizontalFlip": {"always_apply": False, "p": 0.5},
    "ShiftScaleRotate": {"shift_limit": 0.0625, "scale_limit": 0.1, "rotate_limit": 45, "interpolation": 1, "border_mode": 4,
                         "value": None, "mask_value": None, "shift_limit_x": None, "shift_limit_y": None,
                         "rotate_method": "largest_box", "always_apply": False, "p": 0.5},
    "CoarseDropout": _DROPOUT_1,
    "Normalize": {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225), "max_pixel_value": 255.0,
                  "always_apply": False, "p": 1.0},
    "ToFloat": {"max_value": None, "always_apply": False, "p": 1.0},
}


@dataclass(frozen=True)
class Effective:
    """`values` under the version that decides, "1" or "2"; None where the transform cannot be built, and `why` says so.

    `ignored` are the given names that this version does not know; `other` are the values under the other version, where
    they were worked out.
    """
    name: str
    values: dict | None
    version: str
    ignored: tuple[str, ...] = ()
    other: dict | None = None
    why: str = ""
    unread: tuple[str, ...] = field(default=())


def uses_old_names(name: str, transform: Made) -> bool:
    """Whether arguments are given by names that only albumentations 1.x knows, other than always_apply."""
    old = set(_VERSION_1.get(name, ())) - set(_parameters(name)) - {"always_apply"}
    return bool(old & transform.kwargs.keys()) or name == "CoarseDropout" and _old_positions(transform)


def _old_positions(transform: Made) -> bool:
    """In 2.x the first arguments of CoarseDropout are ranges, in 1.x they are single numbers."""
    return bool(transform.args) and isinstance(transform.args[0], (int, float))


def effective(transform: Made, version: str | None) -> Effective:
    """The effective values of an albumentations transform. `version` is the pinned one, "1" or "2", or None."""
    name = transform.last
    given, unread = _plain(transform.kwargs)
    positional, lost = _plain(dict(enumerate(transform.args)))
    unread += lost if transform.whole else (*lost, "starred arguments")
    if any(isinstance(entry, int) for entry in lost):  # a position cannot be left out
        why = "a positional argument is not known"
        return Effective(name, None, version or "2", why=why, unread=tuple(map(str, unread)))
    args = list(positional.values())
    old = uses_old_names(name, transform)
    decides = version or ("1" if old else "2")
    one = _in_version_1(name, args, given) if name in _VERSION_1 else None
    two, ignored, why = _built(name, args, given)
    if decides == "1" and name not in _VERSION_1:
        one, reason = (two if two is not None else dict(given)), ""
    else:
        reason = "" if one is not None else f"albumentations 1.x refuses these arguments of {name}"
    values = one if decides == "1" else two
    unknown = _unread_values(name, unread, decides)
    if values is not None:
        values = {key: value for key, value in values.items() if key not in unknown}
    return Effective(name, values, decides, ignored if decides == "2" else (), two if decides == "1" else one,
                     reason if decides == "1" else why, tuple(map(str, unread)))


def _unread_values(name: str, unread, version: str) -> set[str]:
    """The effective values that an argument which could not be read would have set."""
    made = {"max_holes": ("num_holes_range",), "min_holes": ("num_holes_range",), "max_height": ("hole_height_range",),
            "min_height": ("hole_height_range",), "max_width": ("hole_width_range",), "min_width": ("hole_width_range",),
            "fill_value": ("fill",), "mask_fill_value": ("fill_mask",), "shift_limit": ("shift_limit_x", "shift_limit_y")}
    if "starred arguments" in unread:
        return set(_parameters(name)) | {"shift_limit_x", "shift_limit_y"}
    return {part for key in unread for part in (made.get(key, ()) if version == "1" else ()) or (key,)
            + (("shift_limit_x", "shift_limit_y") if key == "shift_limit" else ())}


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
    from utils.data.transforms import A
    return A


def _parameters(name: str) -> list[str]:
    import inspect
    made = getattr(_albumentations(), name, None)
    return list(inspect.signature(made.__init__).parameters)[1:] if isinstance(made, type) else []


def _built(name: str, args: list, given: dict) -> tuple[dict | None, tuple[str, ...], str]:
    """The attributes of the installed albumentations' transform built with these arguments, and the names it ignored."""
    kind = getattr(_albumentations(), name, None)
    if name == "ToTensorV2":
        from albumentations.pytorch import ToTensorV2 as kind
    if not isinstance(kind, type):
        return None, (), f"the installed albumentations has no {name}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = kind(*args, **given)
            values = {"p": made.p, **made.get_transform_init_args()}
    except Exception as error:  # pydantic and the transforms raise many kinds
        return None, (), f"the installed albumentations refuses it: {' '.join(str(error).split())[:160]}"
    return values, tuple(getattr(made, "invalid_args", ())), ""


def _in_version_1(name: str, args: list, given: dict) -> dict | None:
    """What 1.x made of these arguments, under the names of 2.x; None where 1.x would have refused them."""
    defaults = _VERSION_1[name]
    if len(args) > len(defaults):
        return None
    values = defaults | dict(zip(defaults, args)) | given
    p = 1.0 if values.get("always_apply") is True else values["p"]
    if name == "CoarseDropout":
        return _dropout(values, p)
    if name == "ShiftScaleRotate":
        return _shift_scale_rotate(values, p)
    if name == "Normalize":
        return {"mean": values["mean"], "std": values["std"], "max_pixel_value": values["max_pixel_value"],
                "normalization": values.get("normalization", "standard"), "p": p}
    return {key: value for key, value in values.items() if key != "always_apply"} | {"p": p}


def _dropout(values: dict, p) -> dict | None:
    """In 1.x a minimum that is not given equals the maximum; the late 1.x also knew the names of 2.x."""
    result = {"fill": values.get("fill", values["fill_value"]),
              "fill_mask": values.get("fill_mask", values["mask_fill_value"]), "p": p}
    for part, new in (("holes", "num_holes_range"), ("height", "hole_height_range"), ("width", "hole_width_range")):
        largest, smallest = values[f"max_{part}"], values[f"min_{part}"]
        result[new] = tuple(values[new]) if new in values else (largest if smallest is None else smallest, largest)
        if not all(isinstance(end, (int, float)) for end in result[new]) or result[new][0] > result[new][-1]:
            return None
    return result


def _shift_scale_rotate(values: dict, p) -> dict:
    def both(limit):
        return tuple(limit) if isinstance(limit, (tuple, list)) else (-limit, limit)
    shift = values["shift_limit"]
    return {"shift_limit_x": both(values["shift_limit_x"] if values["shift_limit_x"] is not None else shift),
            "shift_limit_y": both(values["shift_limit_y"] if values["shift_limit_y"] is not None else shift),
            "scale_limit": both(values["scale_limit"]), "rotate_limit": both(values["rotate_limit"]),
            "interpolation": values["interpolation"], "border_mode": values["border_mode"], "p": p}
