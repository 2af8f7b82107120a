"""What stands between a data set and the training loop, as files over those of the tidy submission."""

from tests.grading.layouts import DATA, LOOPS, PIPELINE

CALL = '            image = self.transform(image=image)["image"]\n'
_MADE = CALL.replace("image = self.transform", "made = self.transform")
_GET = "    def __getitem__"
_NEXT = "\ndef get_loaders"
_SEEDED = """
import random
import numpy as np
def seed_worker(worker_id):
    seed = torch.initial_seed() % 2**32
    np.random.seed(seed)
    random.seed(seed)
    torch.utils.data.get_worker_info().dataset.rng = np.random.default_rng(seed)
"""
_DEVICE = """
class DeviceLoader:
    def __init__(self, loader, device):
        self.loader, self.device = loader, device

    def __iter__(self):
        for batch in self.loader:
            yield moved(batch, self.device)

def moved(data, device):
    return [part.to(device) for part in data]
"""
_WRAPPER = """
import numpy as np
import torch
from torchvision import datasets

class Wrapped(torch.utils.data.Dataset):
    def __init__(self, inner, transform=None):
        self.inner, self.transform = inner, transform

    def __len__(self):
        return len(self.inner)

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def __getitem__(self, index):
        image, label = self.inner[index]
        if self.transform:
            image = self.transform(image=np.array(image))["image"]
        return image, label

def get_loaders(train_transforms, test_transforms):
    train_set = Wrapped(datasets.CIFAR10("data", train=True), train_transforms)
    test_set = Wrapped(datasets.CIFAR10("data", train=False), test_transforms)
    return torch.utils.data.DataLoader(train_set, 64, shuffle=True), torch.utils.data.DataLoader(test_set, 64)
"""


def _data(old: str, new: str, more: str = "") -> dict:
    assert old in DATA, old
    return {"data.py": DATA.replace(old, new, 1) + more}


def _getting(text: str) -> dict:
    return _data(CALL, text)


def _loader(arguments: str, more: str = "") -> dict:
    return _data("shuffle=True)", f"shuffle=True, {arguments})", more)


def _collating(body: str) -> dict:
    return _loader("collate_fn=collate", f"\ndef collate(batch):\n{body}")


def _wrapped(text: str) -> dict:
    return _data(
        "return (torch",
        "a, b = (torch",
        f"    return DeviceLoader(a, 'cpu'), DeviceLoader(b, 'cpu')\n{text}",
    )


def _loop(text: str) -> dict:
    return {
        "engine.py": LOOPS.replace("    model.train()\n", f"    model.train()\n    {text}\n", 1)
    }


# What cannot be verified, and words of the reason.
OTHER = {
    "several at once": (
        _data(_NEXT, f"\n    def __getitems__(self, places):\n        return places\n{_NEXT}"),
        "__getitems__",
    ),
    "several at once, in a base": (
        _data(
            "class Images(datasets.CIFAR10)",
            "class Base(datasets.CIFAR10):\n    def __getitems__(self, places):\n        return places\n\n"
            "class Images(Base)",
        ),
        "__getitems__",
    ),
    "every attribute": (
        _data(_NEXT, f"\n    def __getattribute__(self, name):\n        return None\n{_NEXT}"),
        "__getattribute__",
    ),
    "a property": (
        _data(
            _GET, f"    transform = property(lambda self: None, lambda self, new: None)\n\n{_GET}"
        ),
        "computed where it is used",
    ),
    "another class": (
        _data("transform=transform)\n", "transform=transform)\n        self.__class__ = list\n"),
        "sets its __class__",
    ),
    "the dict of the attributes": (
        _data(
            "transform=transform)\n",
            "transform=transform)\n        vars(self)['transform'] = None\n",
        ),
        "out of sight",
    ),
    "a replaced method": (
        {"engine.py": f"import data\ndata.Images.__getitem__ = lambda self, at: (at, at)\n{LOOPS}"},
        "is replaced",
    ),
    "a decorator of its own": (
        _data(_GET, f"    @plain\n{_GET}", "\ndef plain(method):\n    return id\n"),
        "is decorated",
    ),
    "a batch of other images": (
        _collating("    return torch.stack([other(b[1]) for b in batch]), [b[1] for b in batch]\n"),
        "collate_fn",
    ),
    "a collate_fn that is set": (
        _data(
            "return (torch",
            "a, b = (torch",
            "    a.collate_fn = lambda batch: 0\n    return a, b\n",
        ),
        "collate_fn",
    ),
    "a worker that changes the data set": (
        _loader(
            "worker_init_fn=change",
            "\ndef change(at):\n    torch.utils.data.get_worker_info().dataset.transform = None\n",
        ),
        "worker_init_fn",
    ),
    "a wrapper that yields others": (
        _wrapped(_DEVICE.replace("moved(batch, self.device)", "other()")),
        "__iter__",
    ),
    "a change in the training": (
        _loop("train_loader.dataset.transform = train_loader.dataset.plain"),
        "changes the data set while the network is trained",
    ),
    "a change in the training through the dict": (
        _loop("for one in train_loader.dataset.transform.transforms[:3]: one.__dict__['p'] = 0"),
        "changes HorizontalFlip",
    ),
    "vars() of a transform": (
        {"transforms.py": f"{PIPELINE}vars(train_transforms[0])['p'] = 0\n"},
        "changes HorizontalFlip",
    ),
    "a change with the first image": (
        _getting(f"{CALL}            self.transform = print\n"),
        "replaces its transform",
    ),
    "times 0": (_getting(f"{_MADE}            image = made * 0 + image\n"), "does not come from"),
    "times 0 in place": (
        _getting(f"{_MADE}            made *= 0\n            image = made + 1\n"),
        "does not come from",
    ),
    "torch.where": (
        _getting(f"{_MADE}            image = torch.where(made > 1e9, made, image)\n"),
        "does not come from",
    ),
    "an entry of a list": (
        _getting(f"{_MADE}            image = [image, made][0]\n"),
        "does not come from",
    ),
    "the one or the other": (
        _getting(f"{_MADE}            image = index < 0 and made or image\n"),
        "does not come from",
    ),
    "seldom": (
        _getting(f"{_MADE}            if torch.rand(1) < 1e-6:\n                image = made\n"),
        "does not come from",
    ),
    "seldom returned": (
        _getting(
            f"{_MADE}            if torch.rand(1) < 1:\n                return image, label\n            image = made\n"
        ),
        "does not come from",
    ),
    "seldom chosen": (
        _getting(
            CALL.replace("self.transform", "(self.transform if torch.rand(1) < 1e-6 else print)")
        ),
        "which transform acts is not known",
    ),
    "none at all": (
        _data("transform=train_transforms", "transform=None"),
        "has no transforms",
    ),
}

# What honest code comes near to it.
ALIKE = {
    "a transform that may be missing": _data("if self.transform is not None", "if self.transform"),
    "in one line": _getting(CALL.replace('"]\n', '"] if self.transform else image\n')),
    "scaled and turned": _getting(
        CALL.replace("image=image", "image=np.array(image)")
        + "        image = torch.tensor(image).permute(2, 0, 1).float() / 255.0\n"
        "        image = (image - torch.tensor(0.5)) / torch.tensor(0.2)\n"
    ),
    "with noise": _getting(f"{CALL}            image = image + 0.01 * torch.randn_like(image)\n"),
    "turned now and then": _getting(
        f"{CALL}        if torch.rand(1) < 0.5:\n            image = image.flip(0)\n"
    ),
    "an array or a tensor": _getting(
        f"{CALL}        if not torch.is_tensor(image):\n            image = torch.from_numpy(image)\n"
    ),
    "a label with a transform": _getting(
        f"{CALL}        if self.target_transform:\n            label = self.target_transform(label)\n"
    ),
    "an early end without transforms": _data(
        "        if self.transform is not None:\n" + CALL,
        "        if self.transform is None:\n            return image, label\n" + CALL[4:],
    ),
    "other special methods": _data(
        _GET,
        "    transform = None\n\n    def __len__(self):\n        return len(self.data)\n\n    def __repr__(self):\n"
        f"        return 'images'\n\n    @property\n    def kinds(self):\n        return 10\n\n    @torch.no_grad()\n{_GET}",
    ),
    "a transform that is set": _data(
        "Images(train=True, transform=train_transforms)",
        "Images(train=True)\n    train_set.transform = train_transforms",
    ),
    "a wrapper that hands on": {"data.py": _WRAPPER},
    "workers that seed": _loader(
        "num_workers=2, worker_init_fn=seed_worker, generator=torch.Generator(), pin_memory=True",
        _SEEDED,
    ),
    "a worker that seeds in a lambda": _loader("worker_init_fn=lambda at: torch.manual_seed(at)"),
    "a loader that moves": _wrapped(_DEVICE),
    "a part": _data("(train_set,", "(torch.utils.data.Subset(train_set, range(40000)),"),
    "twice": _data("(train_set,", "(torch.utils.data.ConcatDataset([train_set, train_set]),"),
    "an epoch that it is told": _data(
        _GET, f"    def set_epoch(self, epoch):\n        self.epoch = epoch\n\n{_GET}"
    )
    | _loop("train_loader.dataset.set_epoch(1)"),
    "a batch by zip": _collating(
        "    images, labels = zip(*batch)\n    return torch.stack(images), torch.tensor(labels)\n"
    ),
    "a batch by entries": _collating(
        "    return torch.stack([b[0] for b in batch]), torch.tensor([b[1] for b in batch])\n"
    ),
    "a batch by a loop": _collating(
        "    images, labels = [], []\n    for image, label in batch:\n        images.append(image)\n"
        "        labels.append(label)\n    return torch.stack(images), torch.tensor(labels)\n"
    ),
    "a batch by places": _collating(
        "    images, labels = torch.zeros(len(batch), 3, 32, 32), []\n"
        "    for at, (image, label) in enumerate(batch):\n        images[at] = image\n        labels.append(label)\n"
        "    return images, torch.tensor(labels)\n"
    ),
    "PyTorch's batch, mixed": _collating(
        "    images, labels = torch.utils.data.default_collate(batch)\n"
        "    return 0.5 * images + 0.5 * images[torch.randperm(len(images))], labels\n"
    ),
}
