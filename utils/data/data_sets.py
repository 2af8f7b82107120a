"""What is known of each data set before it is loaded: a row here, and a recipe, are all that another one needs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DataSet:
    """A published data set of square RGB images, whose files torchvision knows.

    `mean` and `std` are those of each colour over all pixels of the training images, in units of 0 to 1
    (`images.channel_statistics` computes them).
    """

    name: str  # in commands, in config.json and in the names of folders
    title: str  # in sentences
    files: str  # the class in torchvision.datasets that has the address and the md5 sums
    classes: int
    size: int  # of a side, in pixels
    train_images: int
    test_images: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


CIFAR10 = DataSet(
    name="cifar10",
    title="CIFAR-10",
    files="CIFAR10",
    classes=10,
    size=32,
    train_images=50_000,
    test_images=10_000,
    mean=(0.4914, 0.4822, 0.4465),
    std=(0.2470, 0.2435, 0.2616),
)

DATA_SETS = {CIFAR10.name: CIFAR10}
