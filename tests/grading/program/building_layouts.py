"""Ways of building the network, each with the notebook that trains, the network, and where imports resolve from."""

from tests.grading.layouts import BUILD, IMPORTS, LOADERS, LOG, NETWORK, RUN, TIDY
from tests.grading.program.finding_layouts import START, WITH_ARGUMENT

FACTORY = (
    NETWORK
    + """
def make_network(kind, drop=0.2):
    layers = [Layer(3, 8), Layer(8, 8)]
    return Assembled(layers, drop) if kind == "long" else Net()

class Assembled(nn.Module):
    def __init__(self, layers, drop):
        super().__init__()
        self.layers = nn.Sequential(*layers)
"""
)
TRAINER = """
import torch

class Trainer:
    def __init__(self, model, loader, device, lr):
        self.model, self.loader, self.device = model.to(device), loader, device
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=lr)

    def step(self, images, labels):
        loss = torch.nn.functional.cross_entropy(self.model(images), labels)
        loss.backward()
        self.optimizer.step()

    def fit(self, epochs):
        for epoch in range(epochs):
            for images, labels in self.loader:
                self.step(images, labels)
"""
SCRIPT = """
import argparse
import torch
from model import Net
from engine import train

def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--norm", default="ln")
    options = parser.parse_args()
    model = Net(norm=options.norm)
    train(model, "cpu", [], torch.optim.SGD(model.parameters(), lr=0.1), torch.nn.CrossEntropyLoss())

if __name__ == "__main__":
    main()
"""

# What the layout is, its files over those of the tidy one, the notebook, the network, and the folders imports resolve from.
BUILT = {
    "a factory with literals": (
        {
            "model.py": FACTORY,
            "S9.ipynb": [
                *START,
                "from model import make_network\nmodel = make_network('long', drop=0.1).to(device)",
                RUN,
            ],
        },
        "S9.ipynb",
        "model.py:make_network('long', drop=0.1)",
        ("",),
    ),
    "a factory of a class with literals": (
        {
            "model.py": FACTORY,
            "S9.ipynb": [*START, "from model import make_network\nmodel = make_network('x')", RUN],
        },
        "S9.ipynb",
        "model.py:Net()",
        ("",),
    ),
    "classes by name": (
        {
            "model.py": NETWORK + "\nNETWORKS = {'small': Net, 'large': Layer}\n",
            "S9.ipynb": [
                *START,
                "import model as zoo\nCHOICE = 'small'\nmodel = zoo.NETWORKS[CHOICE](dropout=0.2)",
                RUN,
            ],
        },
        "S9.ipynb",
        "model.py:Net(dropout=0.2)",
        ("",),
    ),
    "settings from a dict": (
        {
            "S9.ipynb": [
                *START,
                "from model import Net\nconfig = {'norm': 'gn', 'dropout': 0.05}\nmodel = Net(**config)",
                RUN,
            ]
        },
        "S9.ipynb",
        "model.py:Net(norm='gn', dropout=0.05)",
        ("",),
    ),
    "a trainer class": (
        {
            "engine.py": TRAINER,
            "S9.ipynb": [
                *START,
                "from model import Net\nfrom engine import Trainer\n"
                "trainer = Trainer(Net(norm='ln'), train_loader, device, lr=0.1)",
                ("trainer.fit(20)", LOG),
            ],
        },
        "S9.ipynb",
        "model.py:Net(norm='ln')",
        ("",),
    ),
    "several networks summarised, one trained": (
        {
            "model.py": NETWORK + "\nclass Draft(Net):\n    pass\n",
            "S9.ipynb": [
                *START,
                "from model import *\nmodel = Net()\nsummary(model, (3, 32, 32))\nprint(Draft())\n"
                "summary(Draft().to(device), (3, 32, 32))",
                RUN,
            ],
        },
        "S9.ipynb",
        "model.py:Net()",
        ("",),
    ),
    "three norms in turn, the best log is judged": (
        {
            "S9.ipynb": [
                *START,
                "from model import Net",
                *[
                    cell
                    for norm, best in (("bn", 71), ("ln", 82), ("gn", 79))
                    for cell in (
                        f"model = Net('{norm}').to(device)",
                        (RUN[0], LOG.replace("4400", f"{best}00")),
                    )
                ],
            ]
        },
        "S9.ipynb",
        "model.py:Net('ln')",
        ("",),
    ),
    "three norms in turn without logs, the last is kept": (
        {
            "S9.ipynb": [
                *START,
                "from model import Net",
                *[
                    cell
                    for norm in ("bn", "ln", "gn")
                    for cell in (f"model = Net('{norm}').to(device)", RUN[0])
                ],
            ]
        },
        "S9.ipynb",
        "model.py:Net('gn')",
        ("",),
    ),
    "a model written by a cell": (
        {
            "model.py": None,
            "S9.ipynb": ["%%writefile model.py\n" + NETWORK, IMPORTS, LOADERS, BUILD, RUN],
        },
        "S9.ipynb",
        "model.py:Net()",
        ("",),
    ),
    "a model in another notebook": (
        {
            "model.py": None,
            "network.ipynb": [NETWORK],
            "S9.ipynb": [
                "import import_ipynb",
                IMPORTS,
                LOADERS,
                BUILD.replace("from model", "from network"),
                RUN,
            ],
        },
        "S9.ipynb",
        "network.ipynb:Net()",
        ("",),
    ),
    "a function that returns a Sequential": (
        {
            "model.py": "from torch import nn\n\ndef network(width=16):\n"
            "    return nn.Sequential(nn.Conv2d(3, width, 3), nn.ReLU())\n",
            "S9.ipynb": [
                *START,
                "from model import network\nmodel = network(width=8).to(device)",
                RUN,
            ],
        },
        "S9.ipynb",
        "model.py:network(width=8)",
        ("",),
    ),
    "a function that trains it and returns the history": (
        {
            "model.py": "from torch import nn\n\ndef network(width=16):\n"
            "    return nn.Sequential(nn.Conv2d(3, width, 3), nn.ReLU())\n",
            "S9.ipynb": [
                *START,
                "from model import network\ndef run(seed):\n    model = network(width=8).to(device)\n    "
                + RUN[0].replace("\n", "\n    ")
                + "\n    return {'seed': seed}",
                ("run(3)", LOG),
            ],
        },
        "S9.ipynb",
        "model.py:network(width=8)",
        ("",),
    ),
    "a function that returns it beside other things": (
        {
            "model.py": "from torch import nn\n\ndef network(width=16):\n"
            "    return nn.Sequential(nn.Conv2d(3, width, 3), nn.ReLU()), width\n",
            "S9.ipynb": [
                *START,
                "from model import network\nmodel, _ = network(width=8)\nmodel = model.to(device)",
                RUN,
            ],
        },
        "S9.ipynb",
        "model.py:network(width=8)",
        ("",),
    ),
    "a device among the arguments": (
        {"S9.ipynb": [*START, "from model import Net\nmodel = Net('bn', device)", RUN]},
        "S9.ipynb",
        "model.py:Net('bn', 'cpu')",
        ("",),
    ),
    "several notebooks": (
        {
            "explore.ipynb": [
                IMPORTS,
                "from model import Net\nsummary(Net(norm='x'), (3, 32, 32))",
            ],
            "S9_old.ipynb": [
                IMPORTS,
                LOADERS,
                WITH_ARGUMENT,
                (RUN[0], LOG.replace("4400", "4100")),
            ],
            "S9.ipynb": [*START, BUILD, RUN],
        },
        "S9.ipynb",
        "model.py:Net()",
        ("",),
    ),
    "a cell that is not Python": (
        {
            "S9.ipynb": [
                IMPORTS,
                "this is a note, not code:\n - and so on",
                LOADERS,
                "!nvidia-smi\n%matplotlib inline\nfiles = !ls\n?model",
                "%%time\n" + BUILD.strip(),
                RUN,
            ]
        },
        "S9.ipynb",
        "model.py:Net()",
        ("",),
    ),
    "only scripts": ({"S9.ipynb": None, "main.py": SCRIPT}, None, "model.py:Net(norm='ln')", ("",)),
    "a script started by the notebook": (
        {"main.py": SCRIPT, "S9.ipynb": [("!python main.py --norm gn", LOG)]},
        "S9.ipynb",
        "model.py:Net(norm='gn')",
        ("",),
    ),
    "only a model file": (
        {name: None for name in TIDY} | {"model.py": NETWORK, "README.md": "# Nine"},
        None,
        "model.py:Net()",
        ("",),
    ),
    "a network wrapped": (
        {
            "S9.ipynb": [
                *START,
                "from model import Net\nmodel = nn.DataParallel(Net()).to(device)\nmodel = torch.compile(model)",
                RUN,
            ]
        },
        "S9.ipynb",
        "model.py:Net()",
        ("",),
    ),
    "a class that inherits from the submission's own": (
        {
            "model.py": NETWORK
            + "\nclass Base(nn.Module):\n    pass\nclass Final(Base):\n    def __init__(self, width):\n"
            "        super().__init__()\n",
            "S9.ipynb": [*START, "from model import Final\nmodel = Final(16)", RUN],
        },
        "S9.ipynb",
        "model.py:Final(16)",
        ("",),
    ),
}
