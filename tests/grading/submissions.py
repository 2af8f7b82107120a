"""Small submissions written for the tests: one that is right in every respect, its parts to be broken, and many layouts."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import v4

MODEL = '''import torch
from torch import nn
import torch.nn.functional as F


def layer(cin, cout, stride=1, dilation=1):
    """One 3x3 convolution with what follows it."""
    return nn.Sequential(nn.Conv2d(cin, cout, 3, stride=stride, padding=dilation, dilation=dilation, bias=False),
                         nn.BatchNorm2d(cout), nn.ReLU(), nn.Dropout(0.02))


class Separable(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.spatial = nn.Conv2d(cin, cin, 3, padding=1, groups=cin, bias=False)
        self.mix = nn.Conv2d(cin, cout, 1, bias=False)
        self.after = nn.Sequential(nn.BatchNorm2d(cout), nn.ReLU(), nn.Dropout(0.02))

    def forward(self, x):
        return self.after(self.mix(self.spatial(x)))


class CifarNet(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.block1 = nn.Sequential(layer(3, 32), layer(32, 32), layer(32, 32, stride=2))
        self.block2 = nn.Sequential(Separable(32, 64), layer(64, 32, dilation=2), layer(32, 32, stride=2))
        self.block3 = nn.Sequential(layer(32, 64), Separable(64, 64), layer(64, 64, stride=2))
        self.block4 = nn.Sequential(layer(64, 64))
        self.gap = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Conv2d(64, classes, 1)

    def forward(self, x):
        x = self.block1(x)
        x = self.block2(x)
        x = self.block3(x)
        x = self.block4(x)
        x = self.gap(x)
        x = self.head(x)
        x = x.view(-1, 10)
        return F.log_softmax(x, dim=1)
'''
PARAMETERS = 147_722  # of CifarNet; tests check it

TRANSFORMS = """import albumentations as A
from albumentations.pytorch import ToTensorV2
from torchvision import datasets

MEAN = (0.4914, 0.4822, 0.4465)
STD = (0.2470, 0.2435, 0.2616)

train_transforms = A.Compose([
    A.HorizontalFlip(p=0.5),
    A.ShiftScaleRotate(shift_limit=0.05, scale_limit=0.1, rotate_limit=10, p=0.5),
    A.CoarseDropout(num_holes_range=(1, 1), hole_height_range=(16, 16), hole_width_range=(16, 16),
                    fill=[255 * value for value in MEAN], p=0.5),
    A.Normalize(mean=MEAN, std=STD),
    ToTensorV2(),
])
test_transforms = A.Compose([A.Normalize(mean=MEAN, std=STD), ToTensorV2()])


class Cifar(datasets.CIFAR10):
    def __init__(self, train, transform):
        super().__init__("data", train=train, download=True)
        self.transform_with = transform

    def __getitem__(self, index):
        return self.transform_with(image=self.data[index])["image"], self.targets[index]
"""

ENGINE = """import torch
import torch.nn.functional as F
from tqdm import tqdm


def train(model, device, loader, optimizer, scheduler):
    model.train()
    bar = tqdm(loader)
    right = seen = 0
    for batch, (images, labels) in enumerate(bar):
        images, labels = images.to(device), labels.to(device)
        optimizer.zero_grad()
        scores = model(images)
        loss = F.nll_loss(scores, labels)
        loss.backward()
        optimizer.step()
        scheduler.step()
        right += scores.argmax(1).eq(labels).sum().item()
        seen += len(labels)
        bar.set_description(f"Loss={loss.item()} Batch_id={batch} Accuracy={100 * right / seen:.2f}")


def test(model, device, loader):
    model.eval()
    total = right = 0
    with torch.no_grad():
        for images, labels in loader:
            scores = model(images.to(device)).cpu()
            total += F.nll_loss(scores, labels, reduction="sum").item()
            right += scores.argmax(1).eq(labels).sum().item()
    count = len(loader.dataset)
    print(f"\\nTest set: Average loss: {total / count:.4f}, Accuracy: {right}/{count} ({100 * right / count:.2f}%)\\n")


def fit(model, device, train_loader, test_loader, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, epochs=epochs, steps_per_epoch=len(train_loader))
    for epoch in range(epochs):
        print("EPOCH:", epoch)
        train(model, device, train_loader, optimizer, scheduler)
        test(model, device, test_loader)
"""

README = "# CIFAR-10\n\nA network of convolutions, trained with augmentation. See the notebook.\n"


def correct_answers(best: int, epochs: int = 30) -> list[int]:
    """Right answers of 10,000 after each epoch: a curve that rises as training does, with its best at the last but one."""
    curve = [
        round(best - (best - 4500) * math.exp(-epoch / 5) - 60 - 40 * math.sin(7 * epoch))
        for epoch in range(epochs)
    ]
    return [*curve[:-2], best, best - 17]


def epoch_text(epoch: int, right: int) -> str:
    """What one epoch of ENGINE prints; the loss falls as the accuracy rises."""
    wrong = 1 - right / 10_000
    training = 100 * (right / 10_000 - 0.02)
    seconds = 15 + epoch % 3
    return (
        f"EPOCH: {epoch}\n"
        f"Loss={2.1 * wrong + 0.07 + 0.003 * (epoch * 7 % 11)} Batch_id=97 Accuracy={training:.2f}: "
        f"100%|██████████| 98/98 [00:{seconds}<00:00,  {98 / seconds:.2f}it/s]\n\n"
        f"Test set: Average loss: {2.7 * wrong + 0.03 + 0.0011 * (epoch * 5 % 7):.4f}, "
        f"Accuracy: {right}/10000 ({right / 100:.2f}%)\n\n"
    )


def log_text(answers: list[int]) -> str:
    return "".join(epoch_text(epoch, right) for epoch, right in enumerate(answers))


@dataclass(frozen=True)
class Parts:
    """What a submission is made of. `inline` names the parts that stand in the notebook and not in files, `summary` is
    what torchsummary printed, `run` the cell that trains; a model of None is missing."""

    model: str | None = MODEL
    transforms: str = TRANSFORMS
    engine: str = ENGINE
    log: str = log_text(correct_answers(8652))
    readme: str = README
    summary: str = ""
    inline: tuple[str, ...] = ()
    made: str = "CifarNet()"
    run: str = "fit(model, device, train_loader, test_loader, 30)"
    extra: tuple[tuple[str, str], ...] = ()


def notebook_text(cells: list) -> str:
    return nbformat.writes(v4.new_notebook(cells=cells))


def code(source: str, output: str = "", count: int = 1):
    outputs = [v4.new_output("stream", name="stdout", text=output)] if output else []
    return v4.new_code_cell(source, outputs=outputs, execution_count=count)


IMPORTS = (
    "import torch",
    "from torch.utils.data import DataLoader",
    "from torchsummary import summary",
)
SETUP = """device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
model = {made}.to(device)
summary(model, input_size=(3, 32, 32))"""
LOADERS = """train_loader = DataLoader(Cifar(True, train_transforms), batch_size=512, shuffle=True, num_workers=2)
test_loader = DataLoader(Cifar(False, test_transforms), batch_size=512, num_workers=2)"""


def cells(
    parts: Parts, model: str, transforms: str, engine: str, first: str = "", log: bool = True
) -> list:
    """The cells of the training notebook, where the arguments are the modules to import from."""
    imports = {
        "model": f"from {model} import CifarNet",
        "engine": f"from {engine} import fit, test, train",
        "transforms": f"from {transforms} import Cifar, train_transforms, test_transforms",
    }
    lines = [line for part, line in imports.items() if part not in parts.inline]
    made = [v4.new_markdown_cell("# Assignment")] + ([code(first)] if first else [])
    return [
        *made,
        code("\n".join([*IMPORTS, *lines]), count=2),
        *[code(getattr(parts, part)) for part in parts.inline],
        code(SETUP.format(made=parts.made), parts.summary, 3),
        v4.new_markdown_cell("## Training"),
        code(LOADERS, count=4),
        code(parts.run, parts.log if log else "", 5),
    ]


def _files(parts: Parts, **named: str) -> dict[str, str]:
    """The modules under the given paths, the README and what is extra."""
    files = {
        name: getattr(parts, part)
        for part, name in named.items()
        if part not in parts.inline and getattr(parts, part) is not None
    }
    return {"README.md": parts.readme, **files, **dict(parts.extra)}


def flat(parts: Parts) -> dict[str, str]:
    return _files(parts, model="model.py", transforms="dataset.py", engine="engine.py") | {
        "S9.ipynb": notebook_text(cells(parts, "model", "dataset", "engine"))
    }


def package(parts: Parts) -> dict[str, str]:
    """A package in src/ and the notebook beside it, in a folder of its own."""
    return _files(
        parts, model="src/nets/cifar_net.py", transforms="src/data.py", engine="src/loops.py"
    ) | {
        "src/__init__.py": "",
        "src/nets/__init__.py": "from .cifar_net import CifarNet\n",
        "notebooks/train.ipynb": notebook_text(
            cells(parts, "src.nets", "src.data", "src.loops", "import sys\nsys.path.append('..')")
        ),
    }


def spaces(parts: Parts) -> dict[str, str]:
    """Folders and a notebook with spaces in their names, below a folder."""
    folder = "Session 9/my work"
    return _files(
        parts,
        model=f"{folder}/models/network.py",
        transforms=f"{folder}/utils/augment.py",
        engine=f"{folder}/utils/loops.py",
    ) | {
        f"{folder}/S9 final (1).ipynb": notebook_text(
            cells(parts, "models.network", "utils.augment", "utils.loops")
        )
    }


def cloned(parts: Parts) -> dict[str, str]:
    """Modules of a repository that the notebook clones and that is submitted beside it."""
    first = "!git clone https://github.com/somebody/cifar-tools.git\nimport sys\nsys.path.append('/content/cifar-tools')"
    return _files(
        parts,
        model="cifar-tools/net.py",
        transforms="cifar-tools/images.py",
        engine="cifar-tools/engine.py",
    ) | {"train.ipynb": notebook_text(cells(parts, "net", "images", "engine", first))}


def log_in_readme(parts: Parts) -> dict[str, str]:
    """The notebook's outputs were cleared, and the log pasted into the README."""
    files = _files(parts, model="model.py", transforms="dataset.py", engine="engine.py")
    return files | {
        "README.md": f"{parts.readme}\n## Training log\n\n```\n{parts.log}```\n",
        "S9.ipynb": notebook_text(cells(parts, "model", "dataset", "engine", log=False)),
    }


def log_in_text(parts: Parts) -> dict[str, str]:
    files = _files(parts, model="models.py", transforms="augmentation.py", engine="training.py")
    return files | {
        "logs/training.txt": parts.log,
        "run.ipynb": notebook_text(cells(parts, "models", "augmentation", "training", log=False)),
    }


LAYOUTS = {
    function.__name__: function
    for function in (flat, package, spaces, cloned, log_in_readme, log_in_text)
}


def write(files: Mapping[str, str], folder: Path) -> Path:
    """The files below `folder`, which is returned."""
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder


def edited(text: str, *changes: tuple[str, str]) -> str:
    """`text` with each (old, new) replaced; an old one that is not there is a mistake in the test."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text
