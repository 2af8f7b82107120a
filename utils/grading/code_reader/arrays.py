"""What the methods of numpy's and torch's arrays give, for small arrays whose entries are known."""

import numpy as np

from utils.grading.code_reader.values import Library, Unknown

_ARRAY_METHODS = {
    "tolist",
    "mean",
    "std",
    "sum",
    "round",
    "item",
    "copy",
    "flatten",
    "ravel",
    "squeeze",
    "reshape",
}
_SAME_ARRAY = {"numpy", "cpu", "detach", "clone", "float", "double", "contiguous"}  # of torch's
_ARITHMETIC = {"mul": np.multiply, "div": np.divide, "add": np.add, "sub": np.subtract}
NOT_FOLLOWED = Unknown("what is computed from the array is not followed")
_NUMPY_WORDS = {"dim": "axis", "keepdim": "keepdims"}


def of_array(value, name: str, args: tuple, kwargs: dict):
    """What a method of a small array, numpy's or torch's, gives."""
    kwargs = {_NUMPY_WORDS.get(key, key): word for key, word in kwargs.items()}
    if name in _SAME_ARRAY:
        return value
    if name in ("astype", "to"):
        kind = kwargs.get("dtype", args[0] if args else None)
        return _as_type(value, kind) if name == "astype" or isinstance(kind, Library) else value
    if name == "sqrt":
        return np.sqrt(value)
    if name == "view":  # torch's; numpy's is given a type
        name = "reshape" if args and all(type(size) is int for size in args) else name
    if name in _ARITHMETIC:
        return _ARITHMETIC[name](value, *args)
    return getattr(value, name)(*args, **kwargs) if name in _ARRAY_METHODS else NOT_FOLLOWED


def _as_type(value, kind):
    name = kind if isinstance(kind, str) else getattr(kind, "last", "")
    if name.startswith(("int", "uint")):
        return np.trunc(value)
    return value if name.startswith(("float", "double")) else NOT_FOLLOWED
