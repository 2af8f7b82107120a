"""What is measured, in which ways, and the rows that come of it."""

from dataclasses import dataclass

from utils.data.data_sets import CIFAR10

REPORTS, OURS = "the reports' way", "ours"
ASKING = "ours, asking at every step"
COMPILED, CAPTURED = "ours, compiled", "ours, captured"
HALVED = "ours, half the resolution"


@dataclass(frozen=True)
class Case:
    """One thing to measure; `what` is "input" (batches alone) or "epoch" (batches, forward, backward and step).

    `way` is the reports', which is float32, images augmented one at a time by one worker, PyTorch's own Dropout and memory
    layout; or ours; or ours and, as the loop once did, asking the device for loss and hits at every step; or ours through
    torch.compile; or ours, the whole step captured as a CUDA graph; or ours on small images, as in a recipe's
    `low_resolution_epochs`.
    """

    what: str
    recipe: str
    way: str
    batch_size: int
    images: int = CIFAR10.train_images
    device: str = "cpu"


_SIZES = [
    (512, CIFAR10.train_images),
    (512, CIFAR10.train_images // 5),
    (128, CIFAR10.train_images),
    (1024, CIFAR10.train_images),
]  # images in a batch, images in an epoch
INPUT, EPOCH = (
    [
        Case(what, "era9", way, batch_size, images)
        for batch_size, images in _SIZES
        for way in (REPORTS, OURS)
    ]
    for what in ("input", "epoch")
)
FLAGSHIP = [
    Case("epoch", recipe, way, 128)
    for recipe, ways in (("aster", (OURS, ASKING, HALVED)), ("aster_silu", (OURS, HALVED)))
    for way in ways
]
CONDITIONS = ("device", "precision", "torch", "commit")  # that a figure belongs to
HEADER = (
    "what",
    "recipe",
    "way",
    "batch",
    "images",
    "images/s",
    "seconds an epoch",
    "input share",
    "peak memory, MB",
    "times as fast",
    *CONDITIONS,
)


def on_device(device: str) -> list[Case]:
    """What is measured on one device: an epoch of era9 and of aster, each way, in the recipes' own batches."""
    cuda = device.startswith("cuda")
    graphs = {"era9": (COMPILED,), "aster": (COMPILED, CAPTURED)}  # SGD cannot be captured
    sizes = {"era9": 512, "aster": 128}
    return [
        Case("epoch", recipe, way, batch_size, device=device)
        for recipe, batch_size in sizes.items()
        for way in (REPORTS, OURS, ASKING, *(graphs[recipe] if cuda else ()))
    ]


def rows(figures: dict[Case, dict]) -> list[tuple]:
    """A row of HEADER per case; a case of ours is compared with the same case done the reports' way."""
    return [_row(case, found, figures) for case, found in figures.items()]


def _row(case: Case, found: dict, figures: dict[Case, dict]) -> tuple:
    reports = Case(case.what, case.recipe, REPORTS, case.batch_size, case.images, case.device)
    theirs = figures.get(reports)
    ratio = f"{theirs['seconds'] / found['seconds']:.1f}" if theirs and case.way != REPORTS else ""
    return (
        case.what,
        case.recipe,
        case.way,
        case.batch_size,
        case.images,
        round(found["images_per_second"]),
        f"{found['seconds']:.1f}",
        f"{found['input_share']:.1%}",
        round(found["peak_megabytes"]),
        ratio,
        *(found[name] for name in CONDITIONS),
    )
