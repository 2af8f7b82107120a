"""Whether a loader's collate_fn makes its batches of the images that it is given."""

import ast

from utils.grading.augmentation.mixtures import name_of
from utils.grading.code_reader.values import Instance, Library, Made, UserFunction

_DEFAULT = "default_collate"


def passes_on(collate) -> bool:
    """Whether the images of a batch are those of the entries that the data set gave; False where reading cannot tell."""
    if isinstance(collate, Made) and collate.last == "partial" and collate.args:
        collate = collate.args[0]
    if isinstance(collate, Instance):
        method, owner = collate.cls.find("__call__")
        return isinstance(method, UserFunction) and _returns_images(method.node, owner is not None)
    if isinstance(collate, UserFunction):
        return _returns_images(collate.node, collate.bound is not None)
    if isinstance(collate, Library):
        return not collate.name.startswith("builtins.") or collate.last in ("list", "tuple")
    return collate is None or isinstance(collate, Made) and not collate.problem


def _returns_images(function: ast.AST, method: bool) -> bool:
    """Whether all that the function returns has the first part of each entry, or the entries themselves."""
    spec = function.args
    given = [arg.arg for arg in [*spec.posonlyargs, *spec.args]][int(method) :]
    if not given:
        return False
    if isinstance(function, ast.Lambda):
        return _has(function.body, *_inside(function.body, given[0]))
    batch, images = _inside(function, given[0])
    returned = [
        node.value for node in ast.walk(function) if isinstance(node, (ast.Return, ast.Yield))
    ]
    return bool(returned) and all(
        value is not None and _has(value, batch, images) for value in returned
    )


def yields(function: ast.AST, loaders: set[str]) -> bool:
    """Whether all that a generator yields is of the batches of a loader, which are loops over one of these names."""
    given = [node.value for node in ast.walk(function) if isinstance(node, ast.Yield)]
    over = [node for node in ast.walk(function) if isinstance(node, (ast.For, ast.comprehension))]
    targets = [node.target for node in over if any(map(loaders.__contains__, _names(node.iter)))]
    names = {name for target in targets for name in _names(target)}
    assigned = [node for node in ast.walk(function) if isinstance(node, ast.Assign)]
    for _ in range(3):
        for node in assigned:
            if names & _names(node.value):
                names = names.union(*map(_names, node.targets))
    return not given or all(value is not None and names & _names(value) for value in given)


def _names(node: ast.AST) -> set[str]:
    return {name_of(one) for one in ast.walk(node)} - {"", "self"}


def _inside(code: ast.AST, given: str) -> tuple[set[str], set[str]]:
    """The names in a function that stand for the batch or an entry of it, and for images."""
    batch, images = {given}, set()
    for _ in range(3):  # what one turn finds may be used above it, in a loop
        for node in ast.walk(code):
            _follow(node, batch, images)
    return batch, images


def _follow(node: ast.AST, batch: set[str], images: set[str]) -> None:
    """Add the names that a statement gives to the batch, and to its images."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            _bound(target, node.value, batch, images)
    elif isinstance(node, (ast.For, ast.comprehension)):
        _entry(node.target, node.iter, batch, images)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr in ("append", "extend") and _has_one(node.args, batch, images):
            images.add(name_of(node.func.value))


def _bound(target: ast.expr, value: ast.expr, batch: set[str], images: set[str]) -> None:
    parts = target.elts if isinstance(target, (ast.Tuple, ast.List)) else []
    values = value.elts if isinstance(value, (ast.Tuple, ast.List)) else []
    if parts and len(parts) == len(values):
        for part, one in zip(parts, values):
            _bound(part, one, batch, images)
    elif parts and (_transposed(value, batch) or _default(value, batch)):
        images.add(name_of(parts[0]))
    elif _is_batch(value, batch):
        batch.add(name_of(target))
    elif _has(value, batch, images):
        first = parts[0] if parts else target
        images.add(name_of(first.value if isinstance(first, ast.Subscript) else first))
    batch.discard("")
    images.discard("")


def _entry(target: ast.expr, over: ast.expr, batch: set[str], images: set[str]) -> None:
    """A loop over the batch gives entries, whose first part is the image; one over images gives images."""
    if isinstance(over, ast.Call) and name_of(over.func) == "enumerate" and over.args:
        over = over.args[0]
        target = target.elts[-1] if isinstance(target, ast.Tuple) else target
    if _is_batch(over, batch):
        parts = target.elts if isinstance(target, (ast.Tuple, ast.List)) else []
        (images if parts else batch).add(name_of(parts[0] if parts else target))
    elif _has(over, set(), images):
        images.add(name_of(target))


def _is_batch(node: ast.expr, batch: set[str]) -> bool:
    """Whether an expression is the batch or an entry of it: `batch`, `list(batch)`, `[b for b in batch if b]`."""
    if isinstance(node, ast.Call) and name_of(node.func) in ("list", "tuple", "filter"):
        node = node.args[-1] if node.args else node
    if isinstance(node, (ast.ListComp, ast.GeneratorExp)):
        return name_of(node.elt) in batch and bool(name_of(node.elt))
    return name_of(node) in batch


def _transposed(node: ast.expr, batch: set[str]) -> bool:
    """`zip(*batch)`, in whatever call: `list(zip(*batch))`, `map(list, zip(*batch))`."""
    return any(
        isinstance(one, ast.Starred) and _is_batch(one.value, batch) for one in ast.walk(node)
    )


def _default(node: ast.expr, batch: set[str]) -> bool:
    """A call of PyTorch's own collate function on the batch."""
    return (
        isinstance(node, ast.Call)
        and name_of(node.func).endswith(_DEFAULT)
        and any(_is_batch(one, batch) for one in node.args)
    )


def _has_one(nodes, batch: set[str], images: set[str]) -> bool:
    return any(_has(node, batch, images) for node in nodes)


def _has(node: ast.AST, batch: set[str], images: set[str]) -> bool:
    """Whether the images of the batch are in an expression."""
    return any(
        name_of(one) in images
        or _default(one, batch)
        or _transposed(one, batch)
        or isinstance(one, ast.Call)
        and name_of(one.func) in ("list", "tuple")
        and _is_batch(one, batch)
        or isinstance(one, ast.Subscript)
        and isinstance(one.ctx, ast.Load)
        and name_of(one.value) in batch
        and getattr(one.slice, "value", None) in (0, "image", "img", "images", "pixel_values", "x")
        for one in ast.walk(node)
    ) or _is_batch(node, batch)
