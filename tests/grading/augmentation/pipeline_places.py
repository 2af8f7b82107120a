"""Where the same training pipeline can be written: files over those of the tidy submission."""

from tests.grading.layouts import BUILD, DATA, IMPORTS, LOADERS, PIPELINE, RUN

FUNCTION = (
    "\ndef get_transforms(mean, std):\n"
    + "\n".join(f"    {line}" for line in PIPELINE.split("STD = ")[1].split("\n")[1:])
    .replace("MEAN", "mean")
    .replace("STD", "std")
    + "\n    return train_transforms, test_transforms\n"
)
INSIDE = """
import albumentations as A
from albumentations.pytorch import ToTensorV2
import torch
from torchvision import datasets

class Images(torch.utils.data.Dataset):
    MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)

    def __init__(self, train=True, size=16):
        self.images = datasets.CIFAR10("./data", train=train, download=True)
        last = [A.Normalize(self.MEAN, self.STD), ToTensorV2()]
        if train:
            self.steps = A.Compose([A.HorizontalFlip(), A.ShiftScaleRotate(), A.CoarseDropout(
                num_holes_range=(1, 1), hole_height_range=(size, size), hole_width_range=(size, size),
                fill=tuple(255 * m for m in self.MEAN))] + last)
        else:
            self.steps = A.Compose(last)

    def __getitem__(self, index):
        image, label = self.images[index]
        return self.steps(image=np.array(image))["image"], label

train_loader = torch.utils.data.DataLoader(Images(), 64)
test_loader = torch.utils.data.DataLoader(Images(False), 64)
"""
FROM_DATA = (
    "from torchvision import datasets\nraw = datasets.CIFAR10('.', train=True)\nMEAN = raw.data.mean(axis=(0, 1, 2)) / 255\n"
    "STD = (raw.data / 255.0).std(axis=(0, 1, 2))\n"
)
BUILDER = """
def get_augmentation(train, hole=16):
    steps = []
    if train:
        steps.append(A.HorizontalFlip(p=0.5))
        steps.extend([A.ShiftScaleRotate(), A.CoarseDropout(num_holes_range=(1, 1), hole_height_range=(hole,) * 2,
                                                            hole_width_range=(hole,) * 2, fill=[255 * m for m in MEAN])])
    steps += [A.Normalize(MEAN, STD), ToTensorV2()]
    return A.Compose(steps)
"""
LAMBDAS = """
import numpy as np
import torch
from torchvision import datasets
import transforms as t
train_set = datasets.CIFAR10("./data", True, lambda image: t.train_transforms(image=np.array(image))["image"])
test_set = datasets.CIFAR10("./data", False, lambda image: t.test_transforms(image=np.array(image))["image"])
train_loader = torch.utils.data.DataLoader(train_set, batch_size=64, shuffle=True)
test_loader = torch.utils.data.DataLoader(test_set, batch_size=64)
"""
ADAPTER = """
import numpy as np
class Adapter:
    def __init__(self, pipeline):
        self.pipeline = pipeline

    def __call__(self, image):
        return self.pipeline(image=np.array(image))["image"]
"""
METHODS = (
    """
import torch
from torchvision import datasets
from transforms import *

class Data:
    def load(batch_size):
        train_set = Images(train=True, transform=train_transforms)
        test_set = Images(train=False, transform=test_transforms)
        return torch.utils.data.DataLoader(train_set, batch_size), torch.utils.data.DataLoader(test_set, batch_size)
"""
    + DATA
)
SPLIT = """
import torch
from torchvision import datasets
from data import Images
from transforms import train_transforms, test_transforms
full = Images(train=True, transform=train_transforms)
train_part, rest = torch.utils.data.random_split(full, [45000, 5000])
train_loader = torch.utils.data.DataLoader(train_part, 64)
test_loader = torch.utils.data.DataLoader(Images(train=False, transform=test_transforms), 64)
"""


def notebook(*cells):
    return {"S9.ipynb": [IMPORTS, *cells, BUILD, RUN]}


# Where the same pipeline can be written.
PLACES = {
    "in the notebook": notebook(
        PIPELINE,
        "from data import get_loaders\ntrain_loader, test_loader = get_loaders(train_transforms, test_transforms)",
    ),
    "in a function with arguments": {"transforms.py": PIPELINE.split("MEAN")[0] + FUNCTION}
    | notebook(
        LOADERS.replace(
            "import train_transforms, test_transforms",
            "import get_transforms\ntrain_transforms, test_transforms = "
            "get_transforms((0.4914, 0.4822, 0.4465), std=(0.2470, 0.2435, 0.2616))",
        )
    ),
    "in a data set class": {"data.py": INSIDE}
    | notebook("from data import train_loader, test_loader"),
    "in a list that grows": {"transforms.py": PIPELINE.split("train_transforms")[0] + BUILDER}
    | notebook(
        LOADERS.replace(
            "import train_transforms, test_transforms",
            "import get_augmentation\n"
            "train_transforms, test_transforms = get_augmentation(True), get_augmentation(train=False)",
        )
    ),
    "behind lambdas": {"data.py": LAMBDAS} | notebook("from data import train_loader, test_loader"),
    "behind an adapter class": {
        "transforms.py": PIPELINE + ADAPTER,
        "data.py": LAMBDAS.replace(
            'lambda image: t.train_transforms(image=np.array(image))["image"]',
            "t.Adapter(t.train_transforms)",
        ),
    }
    | notebook("from data import train_loader, test_loader"),
    "in methods without self": {"data.py": METHODS}
    | notebook("from data import Data\nload = Data.load\ntrain_loader, test_loader = load(64)"),
    "with statistics of the data themselves": {
        "transforms.py": PIPELINE.replace("MEAN = (0.4914, 0.4822, 0.4465)\n", FROM_DATA).replace(
            "STD = (0.2470, 0.2435, 0.2616)\n", ""
        )
    },
    "behind a split": notebook(SPLIT),
    "in a dict of pipelines": {
        "transforms.py": PIPELINE
        + "\nall_transforms = {'train': train_transforms, 'test': test_transforms}\n"
    }
    | notebook(
        LOADERS.replace(
            "import train_transforms, test_transforms", "import all_transforms as t"
        ).replace("(train_transforms, test_transforms)", "(t['train'], t['test'])")
    ),
    "with meaningless names": {
        "transforms.py": PIPELINE.replace("train_transforms", "a").replace("test_transforms", "b")
    }
    | notebook(LOADERS.replace("train_transforms, test_transforms", "a, b")),
    "after another loader of the same kind was shown": notebook(
        "from torchvision import transforms as T, datasets\n"
        "shown = torch.utils.data.DataLoader(datasets.CIFAR10('.', train=True, "
        "transform=T.ToTensor()))\nfor images, _ in shown:\n    break",
        LOADERS,
    ),
}
