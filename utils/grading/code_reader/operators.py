"""Arithmetic and comparisons of values, as far as they are known and small."""

import ast
import operator
import re

from utils.grading.code_reader import image_statistics, members, paths
from utils.grading.code_reader.images import Images
from utils.grading.code_reader.snapshots import is_member
from utils.grading.code_reader.unread_entries import OPEN
from utils.grading.code_reader.values import (
    LONGEST,
    Library,
    Made,
    Unknown,
    UserFunction,
    limited,
    same,
)

_WIDE = re.compile(
    r"%[^%a-zA-Z]*(\*|\d{4})"
)  # a field as wide as an argument says, or of a thousand letters

_BINARY = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.BitOr: operator.or_,
}
_COMPARE = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def binary(kind, left, right):
    """`left` kind `right` for numbers, texts, lists and tuples of limited size."""
    if isinstance(left, Images) or isinstance(right, Images):
        return image_statistics.binary(kind, left, right)
    if paths.is_path(left):
        return paths.arithmetic(kind, left, right)
    plain = (int, float, str, list, tuple, complex, dict)
    if not isinstance(left, plain) or not isinstance(right, plain) or kind not in _BINARY:
        if isinstance(left, members.ARRAY) or isinstance(right, members.ARRAY):
            return members.array_arithmetic(_BINARY.get(kind), left, right)
        return Unknown("the operands are not known")
    if kind in (ast.Mult, ast.Pow, ast.Mod) and _too_large(kind, left, right):
        return Unknown("the result would be very large")
    try:
        return limited(_BINARY[kind](left, right))
    except Exception as error:  # whatever the operands make the operator raise
        return Unknown(f"the arithmetic fails: {error}")


def _too_large(kind, left, right) -> bool:
    if kind is ast.Mod:
        return isinstance(left, str) and (len(left) > 1000 or bool(_WIDE.search(left)))
    sizes = [len(value) if hasattr(value, "__len__") else 1 for value in (left, right)]
    numbers = [abs(value) for value in (left, right) if isinstance(value, (int, float))]
    if max(sizes) > 1 or any(hasattr(value, "__len__") for value in (left, right)):
        return max(sizes) * max(numbers, default=1) > LONGEST
    if kind is ast.Pow:
        return not numbers or max(numbers) > 1e9 or (isinstance(right, int) and abs(right) > 64)
    return max(numbers, default=0) > 1e300


def compare(kind, left, right) -> bool | None:
    """Whether `left` kind `right` is true; None where reading cannot tell."""
    if kind in (ast.Is, ast.IsNot):
        if isinstance(left, Unknown) or isinstance(right, Unknown):
            return None
        if right is None or left is None or isinstance(left, bool):
            if isinstance(left, Made) and left.last in members.MAY_BE_NONE:
                return None
            return (left is right) == (kind is ast.Is)
        return (same(left, right)) == (kind is ast.Is)
    if kind in (ast.In, ast.NotIn):
        if isinstance(right, (list, tuple, str, dict, set)) and members.plain(left):
            if not isinstance(right, (str, dict)) and not all(map(members.plain, right)):
                return None
            try:
                if isinstance(right, dict) and isinstance(
                    right.get(left, right.get(OPEN)), Unknown
                ):
                    return None  # it may be there under a condition only
                return (left in right) == (kind is ast.In)
            except TypeError:
                return None
        return None
    if members.plain(left) and members.plain(right):
        try:
            return bool(_COMPARE[kind](left, right))
        except TypeError:
            return None
    if kind in (ast.Eq, ast.NotEq) and _is_one(left) and _is_one(right):
        return same(left, right) == (kind is ast.Eq)
    return None


def _is_one(value) -> bool:
    """Whether `value` is equal to itself alone."""
    return isinstance(value, (Library, UserFunction)) or is_member(value)
