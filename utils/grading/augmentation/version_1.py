"""What albumentations 1.x made of the arguments of the transforms that the assignment asks for, under the names of 2.x."""

_DROPOUT = {
    "max_holes": 8,
    "max_height": 8,
    "max_width": 8,
    "min_holes": None,
    "min_height": None,
    "min_width": None,
    "fill_value": 0,
    "mask_fill_value": None,
    "always_apply": False,
    "p": 0.5,
}
# Names (in positional order) and defaults in albumentations 1.3.
DEFAULTS = {
    "HorizontalFlip": {"always_apply": False, "p": 0.5},
    "ShiftScaleRotate": {
        "shift_limit": 0.0625,
        "scale_limit": 0.1,
        "rotate_limit": 45,
        "interpolation": 1,
        "border_mode": 4,
        "value": None,
        "mask_value": None,
        "shift_limit_x": None,
        "shift_limit_y": None,
        "rotate_method": "largest_box",
        "always_apply": False,
        "p": 0.5,
    },
    "CoarseDropout": _DROPOUT,
    "Normalize": {
        "mean": (0.485, 0.456, 0.406),
        "std": (0.229, 0.224, 0.225),
        "max_pixel_value": 255.0,
        "always_apply": False,
        "p": 1.0,
    },
    "ToFloat": {"max_value": None, "always_apply": False, "p": 1.0},
}
# Names in positional order, of transforms whose arguments mean the same in 2.x.
_NAMES = {
    "PadIfNeeded": (
        "min_height",
        "min_width",
        "pad_height_divisor",
        "pad_width_divisor",
        "position",
        "border_mode",
    ),
    "RandomCrop": ("height", "width"),
    "CenterCrop": ("height", "width"),
    "Resize": ("height", "width", "interpolation"),
    "Rotate": ("limit", "interpolation", "border_mode"),
}
_OTHER_END = {
    f"{one}_{part}": f"{other}_{part}"
    for one, other in (("min", "max"), ("max", "min"))
    for part in ("holes", "height", "width")
}


def names(name: str) -> list[str]:
    """The names of a transform's arguments, in the order in which 1.x takes them by position; empty if not known."""
    return list(DEFAULTS.get(name, _NAMES.get(name, ())))


def values(name: str, given: dict, unread: tuple = ()) -> dict | None:
    """What 1.x made of these arguments, by name; None where it would have refused them.

    Of `unread` only the names are known: the other end of such a range is left out, lest it be compared with a default.
    """
    made = DEFAULTS[name] | {
        key: value for key, value in given.items() if _OTHER_END.get(key) not in unread
    }
    p = 1.0 if made.get("always_apply") else made["p"]
    if name == "CoarseDropout":
        return _dropout(made, p)
    if name == "ShiftScaleRotate":
        return _shift_scale_rotate(made, p)
    if name == "Normalize":
        return {
            "mean": made["mean"],
            "std": made["std"],
            "max_pixel_value": made["max_pixel_value"],
            "normalization": made.get("normalization", "standard"),
            "p": p,
        }
    return {key: value for key, value in made.items() if key != "always_apply"} | {"p": p}


def _dropout(values: dict, p) -> dict | None:
    """In 1.x a minimum that is not given equals the maximum; the late 1.x also knew the names of 2.x."""
    result = {
        "fill": values.get("fill", values["fill_value"]),
        "fill_mask": values.get("fill_mask", values["mask_fill_value"]),
        "p": p,
    }
    for part, new in (
        ("holes", "num_holes_range"),
        ("height", "hole_height_range"),
        ("width", "hole_width_range"),
    ):
        largest, smallest = values[f"max_{part}"], values[f"min_{part}"]
        result[new] = (
            tuple(values[new])
            if new in values
            else (largest if smallest is None else smallest, largest)
        )
        if (
            not all(isinstance(end, (int, float)) for end in result[new])
            or result[new][0] > result[new][-1]
        ):
            return None
    return result


def _shift_scale_rotate(values: dict, p) -> dict:
    def both(limit):
        return tuple(limit) if isinstance(limit, (tuple, list)) else (-limit, limit)

    shift = values["shift_limit"]
    return {
        "shift_limit_x": both(
            values["shift_limit_x"] if values["shift_limit_x"] is not None else shift
        ),
        "shift_limit_y": both(
            values["shift_limit_y"] if values["shift_limit_y"] is not None else shift
        ),
        "scale_limit": both(values["scale_limit"]),
        "rotate_limit": both(values["rotate_limit"]),
        "interpolation": values["interpolation"],
        "border_mode": values["border_mode"],
        "p": p,
    }
