"""Statistics that a program computes of CIFAR-10's images, against numpy and torch on an array of random pixels."""

import numpy as np
import pytest
from torchvision.transforms import ToTensor

from tests.grading.augmentation.pipeline_changes import FILL, after_normalize, hole, new
from tests.grading.first_attempt import find
from tests.grading.layouts import BUILD, IMPORTS, PIPELINE, RUN, TIDY, build
from utils.data.transforms import MEAN, STD
from utils.grading.augmentation.audit import transforms_audit
from utils.grading.code_reader import image_sources
from utils.grading.code_reader.images import Images
from utils.grading.code_reader.reader import Reader
from utils.grading.code_reader.values import Unknown

COUNT = 1200
SETUP = """
import numpy as np
import torch
from torch.utils.data import DataLoader
from torchvision import datasets, transforms
class Own(datasets.CIFAR10):
    def scaled(self):
        return self.data / 255
raw = datasets.CIFAR10("data", train=True, download=True)
tensors = datasets.CIFAR10("data", True, transforms.Compose([transforms.ToTensor()]))
own = Own("data", train=True)
half = datasets.CIFAR10("data", transform=transforms.Compose(
    [transforms.ToTensor(), transforms.Normalize((0.5, 0.4, 0.3), (0.5, 0.25, 0.2))]))
"""
KNOWN = [
    "raw.data.mean((0, 1, 2))",
    "raw.data.mean(axis=(0, 1, 2)) / 255",
    "(raw.data / 255.0).std(axis=(0, 1, 2))",
    "tuple(np.mean(raw.data / 255, axis=(0, 1, 2)).tolist())",
    "list((raw.data.mean((0, 1, 2)) / 255).round(4))",
    "raw.data.mean()",
    "int(raw.data.mean())",
    "raw.data.std() / 255",
    "raw.data.mean(axis=0).mean(axis=0).mean(axis=0)",
    "raw.data.astype('float32').reshape(-1, 3).std(0) / 255",
    "raw.data.astype(np.float32).reshape((len(raw), 32 * 32, 3)).mean(axis=(0, 1))",
    "own.scaled().mean((0, 1, 2))",
    "own.data.transpose(0, 3, 1, 2).mean((0, 2, 3))[1]",
    "np.transpose(own.data, (3, 0, 1, 2)).reshape(3, -1).mean(axis=1)",
    "[raw.data[:, :, :, c].mean() / 255 for c in range(3)]",
    "[round(float(raw.data[..., c].std()), 2) for c in range(3)]",
    "np.mean([raw.data[..., c].mean() for c in range(3)])",
    "torch.stack([image for image, _ in tensors], dim=3).view(3, -1).mean(dim=1)",
    "torch.stack([image for image, _ in tensors], dim=3).view(3, -1).std(dim=1)",
    "torch.stack([image for image, _ in tensors]).mean(dim=[0, 2, 3])",
    "torch.stack([image for image, _ in tensors]).numpy()[:, 0].mean()",
    "torch.stack([tensors[i][0] for i in range(len(tensors))], dim=1).mean(dim=(1, 2, 3)).tolist()",
    "torch.stack([image.mean(dim=(1, 2)) for image, _ in tensors]).mean(0)",
    "torch.cat([image.unsqueeze(0) for image, _ in tensors]).mean((0, 2, 3))",
    "torch.std(torch.stack([entry[0] for entry in tensors]).permute(1, 0, 2, 3).flatten(1), dim=1)",
    "np.concatenate([np.asarray(raw[i][0]) for i in range(len(raw))]).mean(axis=(0, 1)) / 255",
    "np.concatenate([np.array(image) for image, _ in raw], axis=1).std((0, 1))",
    "np.stack([np.array(image) for image, _ in raw], axis=-1).mean(axis=(0, 1, 3))",
    "np.array([np.array(image) for image, _ in raw]).mean(axis=(0, 1, 2))",
    "np.mean([np.array(image).mean(axis=(0, 1)) for image, _ in raw], axis=0)",
    "np.concatenate([raw.data, own.data], axis=0).std(axis=(0, 1, 2))",
    "next(iter(DataLoader(tensors, batch_size=len(tensors))))[0].std(dim=(0, 2, 3))",
    "torch.cat([images for images, _ in DataLoader(tensors, batch_size=500)]).mean((0, 2, 3))",
    "np.mean([images.mean().item() for images, _ in DataLoader(tensors, batch_size=400, shuffle=True)])",
    "torch.stack([image for image, _ in half]).mean((0, 2, 3))",
    "torch.stack([image for image, _ in half]).std((0, 2, 3))",
    "(torch.tensor(raw.data) / 255).mean(dim=(0, 1, 2)).mul(255).tolist()",
    "torch.from_numpy(raw.data).float().div(255).mean(dim=(0, 1, 2), keepdim=True).view(3, 1, 1)",
    "raw.data.sum(axis=(0, 1, 2)) / (len(raw) * 1024)",
    "np.sqrt(raw.data.var(axis=(0, 1, 2)))",
    "(raw.data / 255 - np.array([0.5, 0.4, 0.3])).mean(axis=(0, 1, 2))",
    "(1 - raw.data / 255).mean((0, 1, 2))",
    "tuple(int(part) for part in raw.data.mean(axis=(0, 1, 2)))",
    "raw.data.mean(axis=(0, 1, 2)).astype(int)",
]
# What cannot be known, or would be something else than it looks like.
UNKNOWN = [
    "raw.data[:1000].mean(axis=(0, 1, 2))",
    "raw.data[0].mean(axis=(0, 1))",
    "raw.data * 2",
    "raw.data.max()",
    "raw.data.reshape(3, -1).mean(axis=1)",
    "torch.stack([image for image, _ in tensors]).view(3, -1).mean(dim=1)",
    "(raw.data / 255).std(axis=(1, 2)).mean(axis=0)",
    "torch.stack([image for image, label in tensors if label == 3]).mean(dim=(0, 2, 3))",
    "torch.stack([tensors[i][0] for i in range(1100)]).mean()",
    "np.mean([images.mean().item() for images, _ in DataLoader(tensors, batch_size=500)])",
    "torch.cat([images for images, _ in DataLoader(tensors, batch_size=500, drop_last=True)]).mean()",
    "next(iter(DataLoader(tensors, batch_size=64)))[0].mean()",
    "datasets.CIFAR100('data', train=True).data.mean(axis=(0, 1, 2))",
    "datasets.CIFAR10('data', train=flag).data.mean(axis=(0, 1, 2))",
    "torch.stack([image for image, _ in datasets.CIFAR10('data', transform=transforms.RandomCrop(32, 4))]).mean()",
]


@pytest.fixture(scope="module")
def pixels():
    """Another distribution in each channel."""
    top = np.array([250, 180, 90])
    return (np.random.default_rng(0).random((COUNT, 32, 32, 3)) * top).astype(np.uint8)


def read(tmp_path, monkeypatch, pixels, expression):
    """The value of `expression` as the reader sees it, the images being `pixels`."""
    statistics = (pixels / 255).reshape(-1, 3)
    monkeypatch.setattr(image_sources, "_TRAIN", COUNT)
    monkeypatch.setattr(
        image_sources, "_STATISTICS", {COUNT: (statistics.mean(0), statistics.std(0))}
    )
    reader = Reader(build(tmp_path, {"script.py": f"{SETUP}\nvalue = {expression}\n"}))
    return reader.read_script("script.py")["value"]


def executed(pixels, expression):
    """The value that numpy and torch give: the oracle."""

    class Stub:
        def __init__(self, root, train=True, transform=None, download=True):
            self.data, self.transform = pixels, transform

        def __len__(self):
            return len(self.data)

        def __getitem__(self, index):
            if index >= len(self.data):
                raise IndexError
            return self.transform(self.data[index]) if self.transform else self.data[
                index
            ], index % 10

    names = {"ToTensor": ToTensor}
    setup = SETUP.replace(
        "from torchvision import datasets, transforms", "from torchvision import transforms"
    )
    exec(setup, names | {"datasets": type("datasets", (), {"CIFAR10": Stub})} | names, names)
    return eval(expression, names)


@pytest.mark.parametrize("expression", KNOWN)
def test_a_statistic_is_what_numpy_and_torch_make_it(expression, tmp_path, monkeypatch, pixels):
    value, wanted = read(tmp_path, monkeypatch, pixels, expression), executed(pixels, expression)
    assert not isinstance(value, (Unknown, Images)), value
    np.testing.assert_allclose(np.asarray(value), np.asarray(wanted, float), rtol=1e-3)
    assert np.shape(value) == np.shape(wanted)


@pytest.mark.parametrize("expression", UNKNOWN)
def test_what_is_not_followed_is_no_number(expression, tmp_path, monkeypatch, pixels):
    value = read(tmp_path, monkeypatch, pixels, expression)
    assert not isinstance(value, (int, float, list, tuple, np.ndarray)), value


LOADED = """
import numpy as np, torch
from torch.utils.data import DataLoader
from torchvision import datasets, transforms
raw = datasets.CIFAR10("data", train=True, download=True)
tensors = datasets.CIFAR10("data", train=True, transform=transforms.ToTensor())
"""
# How the fill is computed, and whether it is right on uint8 images.
FILLS = {
    "of the array": ("raw.data.mean(axis=(0, 1, 2))", "", True),
    "of the array, as whole numbers": (
        "[int(part) for part in raw.data.mean((0, 1, 2))]",
        "",
        True,
    ),
    "of the array, in units of 0 to 1": ("tuple(raw.data.mean((0, 1, 2)) / 255)", "", False),
    "of a stack, in units of 0 to 1": (
        "M.tolist()",
        "M = torch.stack([x for x, _ in tensors]).mean(dim=(0, 2, 3))",
        False,
    ),
    "of a stack, times 255": (
        "(M * 255).numpy()",
        "M = torch.stack([x for x, _ in tensors], 3).view(3, -1).mean(1)",
        True,
    ),
    "grey": ("raw.data.mean()", "", True),
    "grey, in units of 0 to 1": (
        "np.mean([M[c] for c in range(3)])",
        "M = raw.data.mean(axis=(0, 1, 2)) / 255.0",
        False,
    ),
    "the standard deviation": ("raw.data.std(axis=(0, 1, 2))", "", False),
    "of training and test images": (
        "list(both.mean((0, 1, 2)))",
        "both = np.concatenate([raw.data, datasets.CIFAR10('data', train=False).data])",
        True,
    ),
    "whole numbers of 0 to 1": ("(raw.data.mean((0, 1, 2)) / 255).astype(np.uint8)", "", False),
    "of a part": ("raw.data[:5000].mean(axis=(0, 1, 2))", "", None),
    "of another data set": ("datasets.CIFAR100('data').data.mean(axis=(0, 1, 2))", "", None),
    "of an array that was changed": (
        "raw.data.mean(axis=(0, 1, 2))",
        "raw.data = raw.data[raw.data > 9]",
        None,
    ),
    "summed up in a loop": (
        "total",
        "total = np.zeros(3)\nfor x, _ in tensors:\n    total += x.numpy().mean((1, 2)) / len(tensors)",
        None,
    ),
    "summed up in a list": (
        "m",
        "m = [0, 0, 0]\nfor x, _ in tensors:\n    for c in range(3):\n        m[c] += x[c].mean() / 50000",
        None,
    ),
    "put into an array": (
        "m",
        "m = np.array([0.0, 0.0, 0.0])\nfor c in range(3):\n    m[c] = raw.data[..., c].mean()",
        None,
    ),
    "of an array of which entries were replaced": (
        "raw.data.mean(axis=(0, 1, 2))",
        "raw.data[raw.data > 9] = 0",
        None,
    ),
    "put into a list": (
        "m",
        "m = [0.0, 0.0, 0.0]\nfor c in range(3):\n    m[c] = raw.data[..., c].mean()",
        None,
    ),
    "appended": ("m", "m = []\nfor c in range(3):\n    m.append(raw.data[..., c].mean())", None),
}


@pytest.mark.parametrize("kind", FILLS)
def test_a_fill_that_is_computed(kind, tmp_path):
    fill, code, right = FILLS[kind]
    files = hole(new(fill=fill))
    files["transforms.py"] = LOADED + code + "\n" + files["transforms.py"]
    submission = build(tmp_path, TIDY | files)
    fact = transforms_audit(submission, find(submission)).facts[FILL]
    assert fact.value is right, fact.why


@pytest.mark.parametrize(
    "fill, right",
    [
        ("raw.data.mean((0, 1, 2)) / 255", False),
        ("raw.data.mean((0, 1, 2))", False),
        ("(raw.data.mean((0, 1, 2)) / 255 - np.array(MEAN)) / np.array(STD)", True),
        ("(raw.data.mean((0, 1, 2)) / 255).astype(int)", True),
    ],
)
def test_a_fill_that_is_computed_for_normalised_images(fill, right, tmp_path):
    files = after_normalize(new(fill=fill))
    files["transforms.py"] = LOADED + files["transforms.py"]
    submission = build(tmp_path, TIDY | files)
    fact = transforms_audit(submission, find(submission)).facts[FILL]
    assert fact.value is right, fact.why


def test_the_fill_of_a_class_that_inherits_from_the_data_set(tmp_path):
    """Each image is normalised with the statistics of its own array, and the hole filled with its mean."""
    steps = (
        PIPELINE.split("train_transforms =")[1]
        .split("test_transforms")[0]
        .replace("MEAN", "self.centre")
    )
    code = f"""
import torch, albumentations as A
from albumentations.pytorch import ToTensorV2
from torchvision import datasets
class Images(datasets.CIFAR10):
    def __init__(self, train):
        super().__init__("data", train=train, download=True)
        self.centre, STD = self.statistics()
        self.steps = {steps.replace(chr(10) + "])", "])")}
    def statistics(self):
        scaled = self.data.astype("float32") / 255.0
        return scaled.mean(axis=(0, 1, 2)), scaled.std(axis=(0, 1, 2))
    def __getitem__(self, index):
        return self.steps(image=self.data[index])["image"], self.targets[index]
train_loader = torch.utils.data.DataLoader(Images(True), 64)
test_loader = torch.utils.data.DataLoader(Images(False), 64)
"""
    submission = build(
        tmp_path,
        TIDY
        | {
            "data.py": code,
            "S9.ipynb": [IMPORTS, "from data import train_loader, test_loader", BUILD, RUN],
        },
    )
    audit = transforms_audit(submission, find(submission))
    assert audit.facts[FILL].value is True, audit.facts[FILL].why
    assert audit.facts["statistics_agree"].value is True
    rows = {row["name"]: row["arguments"] for row in audit.facts["effective_transforms"].value}
    np.testing.assert_allclose(rows["albumentations.Normalize"]["mean"], MEAN, rtol=1e-6)
    np.testing.assert_allclose(rows["albumentations.Normalize"]["std"], STD, rtol=1e-6)
