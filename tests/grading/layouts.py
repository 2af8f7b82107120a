"""Small submissions of our own writing, as students lay them out; built as files in a folder."""

import json
from pathlib import Path

from utils.grading.submission.contents import Submission, read_submission

LOG = (
    "EPOCH: 0\nTest set: Average loss: 1.4, Accuracy: 4400/10000 (44.00%)\n"
    "EPOCH: 1\nLoss=1.1 Accuracy=52.10: 98/98 [00:20, 4.9it/s]\n"
)

NETWORK = """
import torch.nn as nn
import torch.nn.functional as F

class Layer(nn.Module):
    def __init__(self, inside, outside):
        super().__init__()
        self.conv = nn.Conv2d(inside, outside, 3, padding=1)

    def forward(self, x):
        return F.relu(self.conv(x))

class Net(nn.Module):
    def __init__(self, norm="bn", dropout=0.1):
        super(Net, self).__init__()
        self.body = nn.Sequential(Layer(3, 8), Layer(8, 10))

    def forward(self, x):
        return self.body(x).mean((2, 3))
"""

LOOPS = """
import torch
from tqdm import tqdm

def train(model, device, train_loader, optimizer, criterion):
    model.train()
    bar = tqdm(train_loader)
    for index, (images, labels) in enumerate(bar):
        images, labels = images.to(device), labels.to(device)
        optimizer.zero_grad()
        loss = criterion(model(images), labels)
        loss.backward()
        optimizer.step()

def test(model, device, test_loader, criterion):
    model.eval()
    with torch.no_grad():
        for images, labels in test_loader:
            model(images.to(device)).argmax(1)
"""

PIPELINE = """
import albumentations as A
from albumentations.pytorch import ToTensorV2

MEAN = (0.4914, 0.4822, 0.4465)
STD = (0.2470, 0.2435, 0.2616)

train_transforms = A.Compose([
    A.HorizontalFlip(p=0.5),
    A.ShiftScaleRotate(shift_limit=0.05, scale_limit=0.1, rotate_limit=15, p=0.5),
    A.CoarseDropout(num_holes_range=(1, 1), hole_height_range=(16, 16), hole_width_range=(16, 16),
                    fill=[255 * part for part in MEAN], p=0.5),
    A.Normalize(mean=MEAN, std=STD),
    ToTensorV2(),
])
test_transforms = A.Compose([A.Normalize(mean=MEAN, std=STD), ToTensorV2()])
"""

DATA = """
import torch
from torchvision import datasets

class Images(datasets.CIFAR10):
    def __init__(self, root="./data", train=True, download=True, transform=None):
        super().__init__(root=root, train=train, download=download, transform=transform)

    def __getitem__(self, index):
        image, label = self.data[index], self.targets[index]
        if self.transform is not None:
            image = self.transform(image=image)["image"]
        return image, label

def get_loaders(train_transforms, test_transforms, batch_size=128):
    train_set = Images(train=True, transform=train_transforms)
    test_set = Images(train=False, transform=test_transforms)
    return (torch.utils.data.DataLoader(train_set, batch_size=batch_size, shuffle=True),
            torch.utils.data.DataLoader(test_set, batch_size=batch_size))
"""

IMPORTS = """
import torch
import torch.nn as nn
import torch.optim as optim
from torchsummary import summary
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
"""
LOADERS = """
from data import get_loaders
from transforms import train_transforms, test_transforms
train_loader, test_loader = get_loaders(train_transforms, test_transforms)
"""
BUILD = """
from model import Net
model = Net().to(device)
summary(model, input_size=(3, 32, 32))
"""
RUN = (
    """
from engine import train, test
optimizer = optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
for epoch in range(20):
    print("EPOCH:", epoch)
    train(model, device, train_loader, optimizer, nn.CrossEntropyLoss())
    test(model, device, test_loader, nn.CrossEntropyLoss())
""",
    LOG,
)
TIDY = {
    "model.py": NETWORK,
    "engine.py": LOOPS,
    "transforms.py": PIPELINE,
    "data.py": DATA,
    "S9.ipynb": [IMPORTS, LOADERS, BUILD, RUN],
}


def notebook(cells) -> dict:
    """A notebook of code cells, each a source or a (source, output); a source that begins with "#md" is markdown."""
    made = []
    for cell in cells:
        source, output = cell if isinstance(cell, tuple) else (cell, "")
        if source.startswith("#md"):
            made.append({"cell_type": "markdown", "metadata": {}, "source": source[3:]})
            continue
        outputs = [{"output_type": "stream", "name": "stdout", "text": output}] if output else []
        made.append(
            {
                "cell_type": "code",
                "metadata": {},
                "source": source.strip("\n"),
                "outputs": outputs,
                "execution_count": 1,
            }
        )
    return {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}


def build(folder: Path, files: dict) -> Submission:
    """Write `files` (path to text, or to a notebook's cells; None leaves a file out) and read them as a submission."""
    for path, content in files.items():
        if content is None:
            continue
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(
            content if isinstance(content, str) else json.dumps(notebook(content)), encoding="utf-8"
        )
    return read_submission(folder)
