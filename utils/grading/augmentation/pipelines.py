"""What is done to a training image and to a test image, in order, followed from the data loaders to the transforms."""

import re
from dataclasses import dataclass, replace

from utils.grading.augmentation import feeding
from utils.grading.augmentation.applied_transforms import (
    Applied,
    Step,
    Way,
    of_dataset,
    of_transform,
    steps_of,
)
from utils.grading.code_reader.changes import TRANSFORMS
from utils.grading.code_reader.image_sources import dataset_arguments
from utils.grading.code_reader.reader import Reader
from utils.grading.code_reader.training_code import (
    Loop,
    dataset_of,
    is_dataset,
    loops,
    training_loops,
)
from utils.grading.code_reader.values import Instance, Made
from utils.grading.facts import Evidence

_TRAIN = re.compile(r"train|augment", re.I)
_TEST = re.compile(r"test|val|eval|infer", re.I)


@dataclass(frozen=True)
class Pipeline:
    """The steps for one kind of image; `unread` says what could not be read. `why` says how it was recognised."""

    steps: tuple[Step, ...]
    unread: tuple[str, ...]
    place: Evidence
    why: str
    source: object = None


def training_pipeline(reader: Reader, network: object = None) -> Pipeline | None:
    """The pipeline of the images that `network` (or any network) is trained on; None where there are no transforms."""
    return _choose(reader, True, network)


def test_pipeline(reader: Reader) -> Pipeline | None:
    """The pipeline of the images that it is tested on."""
    return _choose(reader, False, None)


def _choose(reader: Reader, train: bool, network: object) -> Pipeline | None:
    fed = [one for one in loops(reader) if one.backward and one.dataset is not None and train]
    bare = ""
    for source, why, rivals in _sources(reader, train, network):
        found = _read(reader, source, fed if train else None)
        if found.steps or found.unread:
            others = [_read(reader, one, None) for one in rivals]
            if any(_signature(one) != _signature(found) for one in others):
                _doubt(
                    found,
                    "of several data sets with different transforms, which is used was not seen",
                )
            _doubt(found, bare)
            return _pipeline(found, source, why)
        bare = bare or feeding.bare(reader, source, fed, found.opaque)
    return None


def _sources(reader: Reader, train: bool, network: object):
    """Data sets and transforms of one kind, the surest first, of equals the last that was made; why each is of that kind,
    and the others that may be meant as well."""
    if train:
        training = training_loops(reader)
        own = [loop for loop in training if any(one is network for one in loop.networks)]
        datasets = [loop.dataset for loop in own or training]
        chosen = [one for one in datasets if _kind(one) is not False] or datasets
        yield from (
            (one, "the loop with the backward pass runs over it", ()) for one in reversed(chosen)
        )
    loaders = [made for made in reader.made if made.last == "DataLoader"]
    loaded = [
        (dataset, loader) for loader in loaders if (dataset := dataset_of(loader)) is not None
    ]
    yield from _likeliest(
        [pair for pair in loaded if _kind(*pair) is train], train, "a DataLoader is made of it"
    )
    given = [
        value
        for call in reader.calls
        for value in (*call.args, *call.kwargs.values())
        if isinstance(value, (Made, Instance)) and is_dataset(value)
    ] + [one for one in reader.made if is_dataset(one)]
    yield from _likeliest(
        [(one, None) for one in given if _kind(one) is train],
        train,
        "it is the data set of that kind",
    )
    composed = [
        one for one in reader.made if one.last == "Compose" and one.name.startswith(TRANSFORMS)
    ]
    yield from (
        (one, "its name says so", ()) for one in reversed(composed) if _named(one.labels) is train
    )
    if train:
        yield from (
            (one, "it augments", ())
            for one in reversed(composed)
            if one.name.startswith("albumentations.") and len(steps_of(one)) > 2
        )


def _likeliest(pairs: list[tuple], train: bool, why: str):
    """The data sets, each with its loader, that are trained on, the last first, with those that may be meant as well: of
    training images some may be held out for validation, and are called so, or not shuffled while others are."""
    if train:
        pairs = [pair for pair in pairs if not any(map(_is_held_out, pair))] or pairs
        pairs = [pair for pair in pairs if any(map(_is_for_training, pair))] or pairs
    distinct = list({id(one): one for one, _ in pairs}.values())
    shuffled = [one for one, loader in pairs if _shuffles(loader)] if train else []
    first = [one for one in distinct if any(one is other for other in shuffled)]
    for one in [*reversed(first), *(one for one in reversed(distinct) if one not in first)]:
        yield one, why, [other for other in distinct if other is not one]


def _is_for_training(one) -> bool:
    return _named(getattr(one, "labels", ())) is True


def _is_held_out(one) -> bool:
    """Whether what a data set or a loader is called, or the function that makes it, says that it is not for training."""
    made_in = [step.function.name for step in getattr(one, "stack", ())[-1:]]
    return _named(getattr(one, "labels", ())) is False or _named(made_in) is False


def _shuffles(loader) -> bool:
    """Whether it may draw in random order; by position the order is the third argument."""
    if loader is None:
        return False
    given = loader.kwargs.get("shuffle", loader.args[2] if len(loader.args) > 2 else False)
    return given is not False or bool({"sampler", "batch_sampler", "**"} & loader.kwargs.keys())


def _signature(found: Applied) -> list[tuple]:
    """What tells the steps for one kind of image from those for another."""
    made = [step.transform for step in found.steps]
    return [(one.name, str(one.args), str(one.kwargs)) for one in made]


def _kind(dataset, loader=None) -> bool | None:
    """True for training, False for testing, None where neither its arguments nor its names tell."""
    told = _flag(dataset)
    if told is not None:
        return told
    inner = (
        [
            value
            for value in (*dataset.args, *dataset.kwargs.values(), *_attributes(dataset))
            if isinstance(value, (Made, Instance)) and is_dataset(value)
        ]
        if isinstance(dataset, (Made, Instance))
        else []
    )
    kinds = {_flag(value) for value in inner} - {None}
    if len(kinds) == 1:
        return kinds.pop()
    if (
        isinstance(dataset, Made)
        and dataset.last.startswith(("CIFAR", "MNIST"))
        and "train" not in dataset.kwargs
    ):
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
    cifar = isinstance(dataset, Made) and dataset.last.startswith("CIFAR")
    values = dataset_arguments(dataset.args if cifar else (), getattr(dataset, "kwargs", {}))
    values |= dataset.attributes if isinstance(dataset, Instance) else {}
    for name, value in values.items():
        if name in ("train", "is_train", "training", "is_training", "istrain") and isinstance(
            value, bool
        ):
            return value
        if name in ("test", "is_test", "val", "is_val") and isinstance(value, bool):
            return not value
        if name in (
            "split",
            "mode",
            "phase",
            "stage",
            "kind",
            "dataset_type",
            "data_type",
        ) and isinstance(value, str):
            return _named([value])
    return None


def _named(labels) -> bool | None:
    """What names say, where they agree; the last that says anything otherwise."""
    said = [
        bool(_TRAIN.search(label))
        for label in labels
        if bool(_TRAIN.search(label)) != bool(_TEST.search(label))
    ]
    return said[-1] if said else None


def _doubt(found: Applied, why: str) -> None:
    """What was found is not sure, if there is a `why`."""
    if why:
        found.steps = [replace(step, doubt=step.doubt or why) for step in found.steps]
        found.unread.insert(0, why)


def _read(reader: Reader, source, fed: list[Loop] | None) -> Applied:
    """What is done to the images of a data set, or what transforms do; `fed` are the loops that train, for their images."""
    found = Applied()
    with reader.aside():
        if isinstance(source, (Made, Instance)) and is_dataset(source):
            before = feeding.transforms_of(source)
            of_dataset(reader, source, found, 0)
            if fed is not None:
                _doubt(found, feeding.doubt(reader, source, fed) or feeding.altered(source, before))
        else:
            of_transform(reader, source, found, Way(), 0)
    return found


def _pipeline(found: Applied, source, why: str) -> Pipeline:
    place = found.steps[0].transform.place if found.steps else getattr(source, "place", Evidence())
    return Pipeline(tuple(found.steps), tuple(dict.fromkeys(found.unread)), place, why, source)
