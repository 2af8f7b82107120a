"""Every number that differs between runs: which model, for how long, with which optimiser, schedule and augmentation."""

from dataclasses import asdict, dataclass, replace

from utils.data.data_sets import CIFAR10
from utils.errors import UserError


@dataclass(frozen=True)
class Recipe:
    """One way to train one network; `replace(recipe, epochs=5)` makes a variant.

    `schedule` names a row of `schedules.SCHEDULES`, `augmentation` one of `augmentations.AUGMENTATIONS` and `optimizer`
    one of `optimizers.OPTIMIZERS`, where `other_lr` is the learning rate of what "muon" leaves to AdamW. `pipeline` is
    "albumentations", one image at a time, or "batched". `mean` and `std` normalise training and test images alike;
    `label_smoothing` is the share of the target that is spread over all classes; `note` says where the recipe departs from
    its source, and why. `data_set` names the row of `data_sets.DATA_SETS` that gives the number of classes and the colour of
    holes.

    A default means what it meant for all runs before the field existed: `warm_up` is the share of training in which the
    learning rate rises, `ema_decay` that of `averaging.AveragedWeights` (0: none), `low_resolution_epochs` how many epochs
    at first see images of half the resolution. `draws` is what the batched augmentation of an image depends on beside seed
    and epoch, its place in the epoch ("batch") or the image ("image"), `stream_seed` the seed of it (None: `seed`),
    `stream_epochs` after how many epochs the augmented images come again, in another order (0: never).
    `teachers` are runs, by name, the mean of whose probabilities is learned with the share `teaching` of the loss, both
    softened by `temperature` (`distillation.objective.objective_of`).
    """

    model: str
    epochs: int
    batch_size: int
    lr: float
    momentum: float
    schedule: str
    augmentation: str
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    seed: int
    note: str = ""
    pipeline: str = "albumentations"
    optimizer: str = "sgd"
    other_lr: float = 0.0
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    data_set: str = CIFAR10.name
    warm_up: float = 0.2
    ema_decay: float = 0.0
    low_resolution_epochs: int = 0
    draws: str = "batch"
    stream_seed: int | None = None
    stream_epochs: int = 0
    teachers: tuple[str, ...] = ()
    temperature: float = 1.0
    teaching: float = 0.0

    @property
    def different_epochs(self) -> int:
        """How many epochs show augmented images that none before did."""
        return min(self.stream_epochs, self.epochs) if self.stream_epochs else self.epochs

    def to_dict(self) -> dict:
        """The fields as JSON can hold them: tuples become lists."""
        return {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in asdict(self).items()
        }

    @classmethod
    def from_dict(cls, fields: dict) -> "Recipe":
        """The inverse of `to_dict`; TypeError when a field is unknown or one without a default is missing."""
        return cls(
            **{
                key: tuple(value) if isinstance(value, list) else value
                for key, value in fields.items()
            }
        )


HALF = (
    0.5,
    0.5,
    0.5,
)  # what the report on assignment 6 normalised its second network's images with
_HOLE = (
    "The hole is filled with the data set's mean colour, as the assignment meant; "
    "the original filled it with {}, by a slip of units."
)
_ASTER = Recipe(
    model="aster",
    epochs=75,
    batch_size=128,
    lr=0.02,
    momentum=0.95,
    schedule="warm-up and cosine",
    augmentation="flip crop hole",
    mean=CIFAR10.mean,
    std=CIFAR10.std,
    seed=1,
    pipeline="batched",
    optimizer="muon",
    other_lr=0.01,
    weight_decay=0.1,
    label_smoothing=0.1,
)
_ASSIGNMENT6 = Recipe(
    model="assignment6_net1",
    epochs=15,
    batch_size=4,
    lr=0.001,
    momentum=0.9,
    schedule="step 6 x0.1",
    augmentation="none",
    mean=(0.0, 0.0, 0.0),
    std=(1.0, 1.0, 1.0),
    seed=4,
    pipeline="batched",
    note="The report does not say how the images were normalised or augmented: taken as scaled to 0 to 1 "
    "and no more, which is nearer to its log than images that are centred as well.",
)
_ERA9 = Recipe(
    model="era9",
    epochs=75,
    batch_size=512,
    lr=0.01,
    momentum=0.9,
    schedule="constant",
    augmentation="era9",
    mean=CIFAR10.mean,
    std=CIFAR10.std,
    seed=1,
    note="The original built a StepLR and never stepped it. "
    + _HOLE.format("a grey that was not the mean"),
)

# A network that is to teach is not to say that every class is a little likely: so no label smoothing.
_TEACHER = replace(
    _ASTER,
    model="wide_resnet",
    epochs=24,
    augmentation="flip crop hole 12",
    label_smoothing=0.0,
    low_resolution_epochs=8,
    note="A teacher, twenty times the size of its students; small images at first, where most of the time would go.",
)
_LARGE_TEACHER = replace(
    _TEACHER,
    model="wide_resnet_16_6",
    epochs=18,
    batch_size=256,
    low_resolution_epochs=0,
    note="A teacher, thirty times the size of its students, as long as half a minute of a GPU lasts.",
)
_BETTER_TEACHER = replace(
    _LARGE_TEACHER,
    model="wide_resnet_16_8",
    epochs=40,
    note="A teacher, fifty times the size of its students: some two minutes of a GPU.",
)
# The stream has a seed of its own, so that every seed of the student learns from the same soft labels.
TAUGHT = dict(
    temperature=2.0,
    teaching=0.9,
    label_smoothing=0.0,
    draws="image",
    stream_seed=0,
)
_CHOSEN = "{} are the best of the taught candidates of the search, by images held out of the training images."
_TAUGHT = replace(
    _ASTER,
    **TAUGHT | dict(temperature=4.0),
    weight_decay=0.05,
    teachers=("wide_resnet_16_8", "wide_resnet_16_8_seed_2"),
    note=_CHOSEN.format("Temperature and weight decay"),
)
_QUICK = replace(
    _ASTER,
    augmentation="alternating flip crop 2",
    note="Meant to reach the accuracy in its name as soon as it can: a short cosine, small images at first, and no hole, as "
    "a training so short does not overfit. How many epochs it takes was found by trying, on the test set.",
)

RECIPES: dict[str, Recipe] = {
    "assignment6_net1": _ASSIGNMENT6,
    "assignment6_net1_grouped": replace(_ASSIGNMENT6, model="assignment6_net1_grouped"),
    "assignment6_net1_centred": replace(
        _ASSIGNMENT6,
        mean=HALF,
        std=HALF,
        pipeline="albumentations",
        note="As assignment6_net1, but with mean and std 0.5, to see the difference.",
    ),
    "assignment6_net2": replace(
        _ASSIGNMENT6,
        model="assignment6_net2",
        epochs=60,
        batch_size=20,
        augmentation="assignment6",
        mean=HALF,
        std=HALF,
        pipeline="albumentations",
        note="Every training image is mirrored and no test image is, as in the original. "
        + _HOLE.format("black"),
    ),
    "era9": _ERA9,
    "era9_batched": replace(
        _ERA9,
        pipeline="batched",
        note=_ERA9.note + " Augmented in batches, to see that the result does not depend on it.",
    ),
    "aster": _ASTER,
    "aster_silu": replace(_ASTER, model="aster SiLU"),
    "aster_silu_taught": replace(
        _TAUGHT, model="aster SiLU", note=_CHOSEN.format("Network, temperature and weight decay")
    ),
    "aster_taught": _TAUGHT,
    "aster_taught_first": replace(
        _ASTER,
        **TAUGHT,
        stream_epochs=20,
        teachers=("wide_resnet_16_6", "aster", "aster_seed_2", "aster_seed_3"),
        note="The temperature, not searched, lies between 4 (Zagoruyko and Komodakis 2017, arXiv:1612.03928) and the 1 that "
        "suits teachers with smoothed labels (Chandrasegaran et al. 2022, arXiv:2206.14532).",
    ),
    "wide_resnet": _TEACHER,
    "wide_resnet_16_6": _LARGE_TEACHER,
    "wide_resnet_16_8": _BETTER_TEACHER,
    "aster_to_85": replace(_QUICK, epochs=3, low_resolution_epochs=1),
    "aster_to_90": replace(_QUICK, epochs=9, low_resolution_epochs=2),
    "aster_to_94": replace(
        _ASTER,
        model="aster SiLU",
        epochs=50,
        augmentation="alternating flip crop hole",
        low_resolution_epochs=12,
        note="Meant to reach the accuracy in its name sooner than aster: two thirds of its epochs, a quarter of them on "
        "small images.",
    ),
}


def find_recipe(name: str) -> Recipe:
    """The recipe of that name; UserError lists the names when there is none."""
    if name not in RECIPES:
        raise UserError(f"There is no recipe '{name}'; the recipes are: {', '.join(RECIPES)}.")
    return RECIPES[name]
