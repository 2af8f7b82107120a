"""The images: CIFAR-10, or small digits to try things out."""

import numpy as np
from sklearn.datasets import load_digits
from torch.utils.data import Dataset
from torchvision.datasets import CIFAR10


class Images(Dataset):
    """uint8 images (N, 32, 32, 3) with labels (N,), each image passed through `transform`."""

    def __init__(self, images, labels, transform):
        self.images, self.labels, self.transform = images, labels, transform

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        return self.transform(image=self.images[index])["image"], int(
            self.labels[index]
        )


def cifar10(train_transform, test_transform, folder="data"):
    """50,000 training and 10,000 test images; downloads 170 MB into `folder` the first time."""
    train = CIFAR10(folder, train=True, download=True)
    test = CIFAR10(folder, train=False, download=True)
    return (
        Images(train.data, train.targets, train_transform),
        Images(test.data, test.targets, test_transform),
    )


def digits(train_transform, test_transform):
    """1,500 training and 297 test images of handwritten digits; nothing is downloaded."""
    small = load_digits()
    grey = (small.images * 255 / 16).astype(np.uint8)  # (1797, 8, 8)
    images = np.repeat(grey.repeat(4, axis=1).repeat(4, axis=2)[..., None], 3, axis=3)
    return (
        Images(images[:1500], small.target[:1500], train_transform),
        Images(images[1500:], small.target[1500:], test_transform),
    )
