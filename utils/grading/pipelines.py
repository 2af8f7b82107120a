"""What is done to a training image and to a test image, in order, followed from the data loaders to the transforms."""

import re
from dataclasses import dataclass, field

from utils.grading.facts import Evidence
from utils.grading.reader.members import Member, bound
from utils.grading.reader.reader import Reader
from utils.grading.reader.values import Instance, Made, Unknown, UserFunction

_CONTAINERS = {"OneOf", "SomeOf", "OneOrOther", "RandomOrder", "Sequential", "RandomApply", "RandomChoice", "SelectiveChannelTransform"}
_TRANSFORMS = ("albumentations.", "torchvision.transforms.")
_TRAIN = re.compile(r"train|augment", re.I)
_TEST = re.compile(r"test|val|eval|infer", re.I)


@dataclass(frozen=True)
class Step:
    """One transform of a pipeline. `inside` names the container (OneOf, …) that decides whether it acts."""
    transform: Made
    conditional: bool = False
    inside: str = ""

    @property
    def library(self) -> str:
        return self.transform.name.partition(".")[0]

    @property
    def name(self) -> str:
        return self.transform.last


@dataclass(frozen=True)
class Pipeline:
    """The steps for one kind of image; `unread` says what of it could not be read. `why` says how it was recognised."""
    steps: tuple[Step, ...]
    unread: tuple[str, ...]
    place: Evidence
    why: str
    source: object = None


@dataclass
class _Collected:
    steps: list[Step] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def training_pipeline(reader: Reader) -> Pipeline | None:
    """The pipeline of the images that the network is trained on; None where no transforms for training are found."""
    return _choose(reader, train=True)


def test_pipeline(reader: Reader) -> Pipeline | None:
    """The pipeline of the images that it is tested on."""
    return _choose(reader, train=False)


def _choose(reader: Reader, train: bool) -> Pipeline | None:
    for source, why in _sources(reader, train):
        pipeline = _read(reader, source, why)
        if pipeline is not None:
            return pipeline
    return None


def _sources(reader: Reader, train: bool):
    """Data sets and transforms of one kind, the surest first, of equals the last that was made."""
    loops = _training_loops(reader)
    looped = [call.receiver for call in reader.calls if call.name == "__iter__" and _loop(call) in loops]
    datasets = [dataset for loader in looped if (dataset := _dataset_of(loader)) is not None]
    if train:
        chosen = [one for one in datasets if _kind(one) is not False]
        yield from ((one, "the loop with the backward pass runs over it") for one in reversed(chosen))
    loaders = [made for made in reader.made if made.last == "DataLoader"]
    loaded = [(dataset, loader) for loader in loaders if (dataset := _dataset_of(loader)) is not None]
    yield from ((one, "a DataLoader is made of it") for one, loader in reversed(loaded)
                if _kind(one, loader) is train)
    given = [value for call in reader.calls for value in (*call.args, *call.kwargs.values())
             if isinstance(value, (Made, Instance)) and _is_dataset(value)] + [one for one in reader.made if _is_dataset(one)]
    yield from ((one, "it is the data set of that kind") for one in reversed(given) if _kind(one) is train)
    composed = [one for one in reader.made if one.last == "Compose" and one.name.startswith(_TRANSFORMS)]
    yield from ((one, "its name says so") for one in reversed(composed) if _named(one.labels) is train)
    if train:
        yield from ((one, "it augments") for one in reversed(composed) if one.name.startswith("albumentations.")
                    and len(_steps_of(one)) > 2)


def _training_loops(reader: Reader) -> set:
    """Where a backward pass happens: the function, or the cell or file where it stands outside of any."""
    return {_loop(call) for call in reader.calls if call.name == "backward"}


def _loop(call):
    return id(call.stack[-1].function.node) if call.stack else (call.place.file, call.place.notebook, call.place.cell)


def _dataset_of(loader):
    """The data set that a loader, or what was wrapped around one, draws from."""
    for _ in range(5):
        if isinstance(loader, Made) and loader.last in ("DataLoader", "DeviceDataLoader", "MultiEpochsDataLoader"):
            return loader.kwargs.get("dataset", loader.args[0] if loader.args else None)
        if isinstance(loader, (Made, Instance)) and _is_dataset(loader):
            return loader
        inner = [*getattr(loader, "args", ()), *getattr(loader, "kwargs", {}).values()]
        loader = next((value for value in inner if isinstance(value, (Made, Instance))), None)
    return None


def _is_dataset(value) -> bool:
    if isinstance(value, Made):
        return value.name.startswith(("torchvision.datasets.", "torch.utils.data.Subset", "torch.utils.data.ConcatDataset",
                                      "torch.utils.data.random_split", "torch.utils.data.dataset."))
    return isinstance(value, Instance) and (value.cls.find("__getitem__")[1] is not None
                                            or any("datasets." in base for base in value.cls.library_bases()))


def _kind(dataset, loader=None) -> bool | None:
    """True for training, False for testing, None where neither its arguments nor its names tell."""
    told = _flag(dataset)
    if told is not None:
        return told
    inner = [value for value in (*dataset.args, *dataset.kwargs.values(), *_attributes(dataset))
             if isinstance(value, (Made, Instance)) and _is_dataset(value)] if isinstance(dataset, (Made, Instance)) else []
    kinds = {_flag(value) for value in inner} - {None}
    if len(kinds) == 1:
        return kinds.pop()
    if isinstance(dataset, Made) and dataset.last.startswith(("CIFAR", "MNIST")) and "train" not in dataset.kwargs:
        return True  # torchvision's default
    labels = [*getattr(loader, "labels", ()), *getattr(dataset, "labels", ())]
    if _named(labels) is not None:
        return _named(labels)
    shuffle = loader.kwargs.get("shuffle") if loader is not None else None
    return shuffle if isinstance(shuffle, bool) else None


def _attributes(value) -> list:
    return list(value.attributes.values()) if isinstance(value, Instance) else []


def _flag(dataset) -> bool | None:
    """What `train=True`, a positional True, `split="test"` and the like say."""
    if isinstance(dataset, Made) and dataset.last.startswith("CIFAR") and len(dataset.args) > 1:
        return dataset.args[1] if isinstance(dataset.args[1], bool) else None
    values = dict(getattr(dataset, "kwargs", {})) | (dataset.attributes if isinstance(dataset, Instance) else {})
    for name, value in values.items():
        if name in ("train", "is_train", "training", "is_training", "istrain") and isinstance(value, bool):
            return value
        if name in ("test", "is_test", "val", "is_val") and isinstance(value, bool):
            return not value
        if name in ("split", "mode", "phase", "stage", "kind", "dataset_type", "data_type") and isinstance(value, str):
            return _named([value])
    return None


def _named(labels) -> bool | None:
    """What names say, where they agree; the last that says anything otherwise."""
    said = [bool(_TRAIN.search(label)) for label in labels if bool(_TRAIN.search(label)) != bool(_TEST.search(label))]
    return said[-1] if said else None


# --- from a data set to its steps -------------------------------------------------------------------------------------

def _read(reader: Reader, source, why: str) -> Pipeline | None:
    found = _Collected()
    if isinstance(source, (Made, Instance)) and _is_dataset(source):
        _of_dataset(reader, source, found, 0)
    else:
        _apply(reader, source, found, False, 0)
    if not found.steps and not found.unread:
        return None
    place = found.steps[0].transform.place if found.steps else getattr(source, "place", Evidence())
    return Pipeline(tuple(found.steps), tuple(dict.fromkeys(found.unread)), place, why, source)


def _of_dataset(reader: Reader, dataset, found: _Collected, depth: int) -> None:
    """Add what is done to an image of `dataset` to `found`, innermost first."""
    if depth > 6:
        return
    if isinstance(dataset, Instance) and isinstance(dataset.cls.find("__getitem__")[0], UserFunction):
        method, owner = dataset.cls.find("__getitem__")
        _run(reader, bound(reader, method, dataset, owner), (Unknown("an index"),), found, depth)
    elif isinstance(dataset, Instance):
        _apply(reader, dataset.attributes.get("transform"), found, False, depth)
    elif isinstance(dataset, Made) and dataset.name.startswith("torchvision.datasets."):
        positional = dataset.args[2] if len(dataset.args) > 2 and dataset.last.startswith("CIFAR") else None
        transform = dataset.attributes.get("transform", dataset.kwargs.get("transform", positional))
        if not dataset.whole and transform is None:
            found.unread.append("the data set's arguments could not be read")
        _apply(reader, transform, found, False, depth)
    elif isinstance(dataset, Made):
        for value in (*dataset.args, *dataset.kwargs.values()):
            for one in value if isinstance(value, (list, tuple)) else [value]:
                if isinstance(one, (Made, Instance)) and _is_dataset(one):
                    _of_dataset(reader, one, found, depth + 1)
                    return


def _run(reader: Reader, function, args: tuple, found: _Collected, depth: int) -> None:
    """Read a function of the submission and add the transforms that it applies, in the order in which it does."""
    before = len(reader.calls)
    reader.invoke(function, args, {}, function.place)
    calls, seen = reader.calls[before:], set()
    for call in calls:
        conditional = call.conditional
        if call.name == "__getitem__" and isinstance(call.receiver, Made) and _is_dataset(call.receiver):
            _of_dataset(reader, call.receiver, found, depth + 1)
        elif call.name == "__call__" and isinstance(call.receiver, Made) and _is_transform(call.receiver):
            if id(call.receiver) not in seen or not conditional:
                _apply(reader, call.receiver, found, conditional, depth + 1)
            seen.add(id(call.receiver))
        elif isinstance(call.callee, Unknown) and call.name in ("transform", "transforms"):
            found.unread.append(call.callee.why)
        elif isinstance(call.callee, (Member, Unknown)) and re.search(r"transform|augment", call.name, re.I):
            found.unread.append(getattr(call.callee, "why", f"what {call.name} is, is not known"))


def _is_transform(made: Made) -> bool:
    return made.name.startswith(_TRANSFORMS)


def _apply(reader: Reader, transform, found: _Collected, conditional: bool, depth: int, inside: str = "") -> None:
    """Add the steps that applying `transform` to an image takes."""
    if depth > 12 or transform is None:
        return
    if isinstance(transform, (list, tuple)):
        for one in transform:
            _apply(reader, one, found, conditional, depth + 1, inside)
    elif isinstance(transform, Made) and transform.last == "Lambda":
        _apply(reader, next(iter((*transform.args, *transform.kwargs.values())), None), found, conditional, depth + 1, inside)
    elif isinstance(transform, Made) and (transform.last in ("Compose", "ReplayCompose") or transform.last in _CONTAINERS):
        steps = _steps_of(transform)
        if steps is None:
            found.unread.append("the list of its transforms could not be read")
        within = transform.last if transform.last in _CONTAINERS else inside
        if _never(transform):
            return
        for one in steps or ():
            _apply(reader, one, found, conditional, depth + 1, within)
    elif isinstance(transform, Made) and _is_transform(transform):
        found.steps.append(Step(transform, conditional, inside))
    elif isinstance(transform, Made) and transform.problem:
        found.unread.append(transform.problem)
    elif isinstance(transform, Made) and transform.name == "functools.partial" and transform.args:
        _apply(reader, transform.args[0], found, conditional, depth + 1, inside)
    elif isinstance(transform, Instance) and isinstance(transform.cls.find("__call__")[0], UserFunction):
        method, owner = transform.cls.find("__call__")
        _run(reader, bound(reader, method, transform, owner), (Unknown("an image"),), found, depth + 1)
    elif isinstance(transform, UserFunction):
        _run(reader, transform, (Unknown("an image"),), found, depth + 1)
    else:
        found.unread.append(getattr(transform, "why", f"{getattr(transform, 'name', transform)!s:.60} could not be followed"))


def _never(container: Made) -> bool:
    p = container.kwargs.get("p")
    return isinstance(p, (int, float)) and p <= 0


def _steps_of(container: Made):
    steps = container.kwargs.get("transforms", container.args[0] if container.args else None)
    return steps if isinstance(steps, (list, tuple)) else [steps] if isinstance(steps, (Made, Instance)) else None
