"""Whether a training loop is fed what its data set's __getitem__ returns: what stands between the two, and may change it."""

import ast
import re

from utils.grading.augmentation.collating import passes_on, yields
from utils.grading.code_reader.changes import TRANSFORMS
from utils.grading.code_reader.reader import Reader
from utils.grading.code_reader.training_code import Loop, dataset_of, is_dataset
from utils.grading.code_reader.values import (
    Instance,
    Library,
    Made,
    Unknown,
    UserClass,
    UserFunction,
    is_literal,
)

# Special methods that change neither what an index gives nor which attributes and methods an object has.
_PLAIN = set(
    """__init__ __len__ __getitem__ __repr__ __str__ __iter__ __next__ __add__ __doc__ __module__ __qualname__
    __annotations__ __slots__ __eq__ __hash__ __del__ __enter__ __exit__ __contains__ __call__""".split()
)
_COLLATE, _WORKER = 6, 10  # the places of collate_fn and worker_init_fn in a DataLoader's arguments
_RANDOM = re.compile(r"seed|rng|random|generator|state", re.I)  # what a worker may set


def doubt(reader: Reader, dataset, loops: list[Loop]) -> str:
    """Why what `dataset` returns may not be what the loops get; an empty text where all that is between them is known."""
    found = [loop for loop in loops if loop.dataset is dataset]
    loaders = [loop.loader for loop in found] or [
        made for made in reader.made if made.last == "DataLoader" and dataset_of(made) is dataset
    ]
    reasons = [_of_loader(one) for loader in loaders for one in _wrapped(loader, dataset)]
    training = _functions(reader, found)
    reasons += [_of_object(one, training) for one in _chain(dataset)]
    return next(filter(None, reasons), "")


def bare(reader: Reader, dataset, loops: list[Loop], opaque: bool) -> str:
    """Why the transforms that the code has are not for a data set without any: an empty text where they still may be.

    `opaque` says that its __getitem__ calls something of which nothing is known.
    """
    loaders = [loop.loader for loop in loops if loop.dataset is dataset]
    own = any(isinstance(one, Instance) for loader in loaders for one in _wrapped(loader, dataset))
    collated = any(
        "collate_fn" in {**one.kwargs, **one.attributes} or len(one.args) > _COLLATE
        for loader in loaders
        for one in _wrapped(loader, dataset)
    )
    applied = any(
        call.name == "__call__"
        and isinstance(call.receiver, Made)
        and call.receiver.name.startswith(TRANSFORMS)
        for call in reader.calls
    )
    whole = all(one.whole for one in _chain(dataset) if isinstance(one, Made))
    if not loaders or own or collated or applied or opaque or not whole:
        return ""
    return f"the data set that the network is trained on ({dataset.place.where}) has no transforms"


def transforms_of(dataset: Made | Instance) -> dict:
    """What a data set of the submission's has that may transform, by its attributes' names."""
    held = getattr(dataset, "attributes", {}) if isinstance(dataset, Instance) else {}
    return {
        name: one
        for name, one in held.items()
        if isinstance(one, (UserFunction, Instance))
        or isinstance(one, Made)
        and one.name.startswith(TRANSFORMS)
    }


def altered(dataset: Made | Instance, before: dict) -> str:
    """Which transform the data set itself replaces when it returns an image."""
    name = next(
        (name for name, one in before.items() if dataset.attributes.get(name) is not one), ""
    )
    return f"the data set replaces its {name} when it returns an image" if name else ""


def _functions(reader: Reader, loops: list[Loop]) -> set[ast.AST]:
    """The functions that hold the loops and their backward passes."""
    calls = [call for loop in loops for call in loop.backward]
    calls += [
        call
        for call in reader.calls
        if call.name == "__iter__" and any(call.receiver is loop.loader for loop in loops)
    ]
    return {call.stack[-1].function.node for call in calls if call.stack}


def _wrapped(loader, dataset) -> list[Made | Instance]:
    """What a loop runs over and what is inside of it, as far as the data set: tqdm, wrappers, the loader."""
    found = []
    while isinstance(loader, (Made, Instance)) and loader is not dataset and len(found) < 5:
        found.append(loader)
        inner = [*loader.args, *loader.kwargs.values()]
        loader = next((value for value in inner if isinstance(value, (Made, Instance))), None)
    return found


def _chain(dataset) -> list:
    """The data set and those that it wraps."""
    found, waiting = [], [dataset]
    while waiting and len(found) < 50:
        one = waiting.pop(0)
        if not isinstance(one, (Made, Instance)) or any(one is other for other in found):
            continue
        found.append(one)
        for part in (*one.args, *one.kwargs.values(), *one.attributes.values()):
            waiting += [
                inner
                for inner in (part if isinstance(part, (list, tuple)) else [part])
                if isinstance(inner, (Made, Instance)) and is_dataset(inner)
            ]
    return found


# --- the loader -------------------------------------------------------------------------------------------------------


def _of_loader(loader: Made | Instance) -> str:
    """Why a loader, or what is wrapped around one, may give other images than the entries of the data set."""
    if isinstance(loader, Instance):
        held = {f"self.{name}" for name, one in loader.attributes.items() if _holds(one)}
        method = loader.cls.find("__iter__")[0]
        if held and isinstance(method, UserFunction) and not yields(method.node, held):
            return f"the __iter__ in {method.place.where} may give the loop other images"
    elif loader.last != "DataLoader":
        return ""
    given = {
        name: loader.args[place]
        for name, place in (("collate_fn", _COLLATE), ("worker_init_fn", _WORKER))
        if len(loader.args) > place and isinstance(loader, Made)
    }
    given |= loader.kwargs | loader.attributes
    if not passes_on(given.get("collate_fn")):
        return f"the collate_fn of {loader.place.where} may give the loop other images"
    if not _only_seeds(given.get("worker_init_fn")):
        return f"the worker_init_fn of {loader.place.where} may change the data set"
    return ""


def _holds(value) -> bool:
    return isinstance(value, (Made, Instance)) and dataset_of(value) is not None


def _only_seeds(worker) -> bool:
    """Whether what each worker of a loader starts with sets nothing but random numbers."""
    if isinstance(worker, Made) and worker.last == "partial" and worker.args:
        worker = worker.args[0]
    if isinstance(worker, Unknown):
        return False
    if not isinstance(worker, UserFunction):
        return True
    for node in ast.walk(worker.node):
        set_here = isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(
            node.ctx, (ast.Store, ast.Del)
        )
        named = isinstance(node, ast.Name) and node.id in ("setattr", "exec", "eval", "vars")
        if (set_here and not _RANDOM.search(ast.unparse(node)[:200])) or named:
            return False
        if isinstance(node, ast.Attribute) and node.attr in (
            "__dict__",
            "__setattr__",
            "__class__",
        ):
            return False
    return True


# --- the data set -----------------------------------------------------------------------------------------------------


def _of_object(one: Made | Instance, training: set) -> str:
    """Why the class of a data set, or what was done to the object, may give other images than its __getitem__."""
    if not isinstance(one, Instance):
        return ""
    if odd := next((name for name in one.attributes if name.startswith("__")), ""):
        return f"the data set made in {one.place.where} sets its {odd}"
    classes = list(one.cls.ancestors())
    for change in [*one.changes, *(change for cls in classes for change in cls.changes)]:
        last = change.stack[-1].function if change.stack else None
        made_here = one.stack and last is one.stack[-1].function
        if last and last.node in training and last.bound is not one and not made_here:
            return f"{change.place.where} changes the data set while the network is trained"
    return next(filter(None, (_of_class(cls, one) for cls in classes)), "")


def _of_class(cls: UserClass, one: Instance) -> str:
    for name, value in cls.names.items():
        where = (value if isinstance(value, UserFunction) else cls).place.where
        if name == "__getitem__" and getattr(value, "owner", None) is not cls:
            return f"the __getitem__ of {cls.name} ({cls.place.where}) is replaced"
        if name == "__getitem__" and _altered(cls, value.node.decorator_list):
            return f"the __getitem__ in {where} is decorated"
        if name.startswith("__") and name.endswith("__") and name not in _PLAIN:
            if name != "__getattr__" or not _hands_on(value, one):
                return f"the {name} of {cls.name} ({where}) may give the loop other images"
        if name in one.attributes and _computed(value, one.attributes[name]):
            return f"{name} of {cls.name} ({where}) is computed where it is used"
    metaclasses = [word.value for word in cls.node.keywords if word.arg == "metaclass"]
    if _altered(cls, [*cls.node.decorator_list, *metaclasses]):
        return f"the class {cls.name} ({cls.place.where}) is decorated"
    return _past_assignment(cls)


def _altered(cls: UserClass, decorators: list[ast.expr]) -> bool:
    """Whether one of the decorators is the submission's own, or remembers what was returned before."""
    for one in decorators:
        names = [node.id for node in ast.walk(one) if isinstance(node, ast.Name)]
        if "cache" in ast.unparse(one)[:100]:
            return True
        for name in names[:1]:
            try:
                value = cls.frame.lookup(name)
            except KeyError:
                continue  # of Python itself
            if not isinstance(value, (Library, Made)):
                return True
    return False


def _computed(value, attribute) -> bool:
    """Whether a class gives a name that objects set by a property or another descriptor."""
    if is_literal(attribute):
        return False
    if isinstance(value, UserFunction):
        return value.kind == "property" or bool(getattr(value.node, "decorator_list", ()))
    return isinstance(value, (Unknown, Instance))


def _hands_on(value, one: Instance) -> bool:
    """Whether __getattr__ asks the data set inside, which has no special ways to get several images at once."""
    body = getattr(value.node, "body", []) if isinstance(value, UserFunction) else []
    last = body[-1].value if body and isinstance(body[-1], ast.Return) else None
    asks = isinstance(last, ast.Call) and getattr(last.func, "id", "") == "getattr"
    return asks and not any(
        isinstance(inner, Made) and not inner.name.startswith("torchvision.datasets.")
        for inner in _chain(one)
    )


def _past_assignment(cls: UserClass) -> str:
    """A line of a class that sets attributes by another way than an assignment or setattr with a known name."""
    for node in ast.walk(cls.node):
        outer = node.value if isinstance(node, (ast.Attribute, ast.Subscript)) else None
        written = isinstance(node, ast.Attribute) and node.attr in ("update", "__setitem__")
        written |= isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)
        names = isinstance(outer, ast.Attribute) and outer.attr == "__dict__"
        names |= isinstance(outer, ast.Call) and getattr(outer.func, "id", "") == "vars"
        direct = isinstance(node, ast.Attribute) and node.attr == "__setattr__"
        if written and names or direct:
            return f"{cls.origin.evidence(node).where} sets attributes out of sight"
    return ""
