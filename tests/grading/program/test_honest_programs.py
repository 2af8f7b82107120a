"""Programs as students write them, with much around the network: none of it makes the network doubtful."""

import pytest

from tests.grading.first_attempt import find
from tests.grading.layouts import BUILD, IMPORTS, LOADERS, LOG, NETWORK, RUN, TIDY, build

COLAB = """
import os, sys
try:
    from google.colab import drive
    IN_COLAB = True
except ImportError:
    IN_COLAB = False
if IN_COLAB:
    drive.mount('/content/drive')
    os.chdir('/content/drive/MyDrive/era')
    sys.path.append('/content/drive/MyDrive/era')
try:
    from torchsummary import summary
except ImportError:
    !pip install torchsummary
    from torchsummary import summary
%matplotlib inline
%load_ext autoreload
%autoreload 2
!nvidia-smi
SEED = 1
cuda = torch.cuda.is_available()
torch.manual_seed(SEED)
if cuda:
    torch.cuda.manual_seed(SEED)
"""
NB = """
dropout_value = 0.1
norm = 'bn'
def conv(i, o, **kw):
    return nn.Sequential(nn.Conv2d(i, o, 3, padding=1, **kw), nn.ReLU(), nn.BatchNorm2d(o), nn.Dropout(dropout_value))
class Block(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.c = conv(i, o)
    def forward(self, x):
        return self.c(x)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        layers = []
        for i, o in ((3, 16), (16, 32)):
            layers.append(Block(i, o))
        self.layers = nn.Sequential(*layers)
        self.out = nn.Linear(32, 10)
    def forward(self, x):
        return self.out(self.layers(x).mean((2, 3)))
"""
GRAD = """
class GradCAM:
    def __init__(self, model, layer):
        self.model, self.layer = model, layer
        self.grads = None
        layer.register_forward_hook(self.save)
        layer.register_full_backward_hook(self.save_grad)
    def save(self, module, inp, out):
        self.acts = out
    def save_grad(self, module, gi, go):
        self.grads = go[0]
    def __call__(self, x):
        y = self.model(x)
        y.max().backward()
        return self.grads
cam = GradCAM(model, model.layers[1])
for x, y in test_loader:
    cam(x)
misclassified = []
for images, labels in test_loader:
    for layer in model.children():
        print(layer)
    for conv in model.modules():
        if isinstance(conv, nn.Conv2d): print(conv.weight)
    misclassified.append(images)
"""
TRAIN_NB = (
    """
train_losses, test_losses, train_acc, test_acc = [], [], [], []
best_acc = 0
def train(model, device, loader, optimizer, epoch):
    global best_acc
    model.train()
    for i, (data, target) in enumerate(loader):
        data, target = data.to(device), target.to(device)
        optimizer.zero_grad()
        loss = F.nll_loss(model(data), target)
        train_losses.append(loss.item())
        loss.backward()
        optimizer.step()
def test(model, device, loader):
    global best_acc
    model.eval()
    with torch.no_grad():
        for data, target in loader:
            out = model(data.to(device))
    if acc > best_acc:
        best_acc = acc
        torch.save(model.state_dict(), 'best.pt')
import torch.nn.functional as F
EPOCHS = 20
optimizer = optim.SGD(model.parameters(), lr=0.01)
try:
    for epoch in range(EPOCHS):
        train(model, device, train_loader, optimizer, epoch)
        test(model, device, test_loader)
except KeyboardInterrupt:
    print('interrupted')
""",
    LOG,
)
M = "model = Net().to(device)\nsummary(model, (3,32,32))"
base = TIDY | {"model.py": None}
MAIN = """
import argparse, random
args = None
def get_args():
    global args
    p = argparse.ArgumentParser()
    p.add_argument('--epochs', type=int, default=20)
    args = p.parse_args()
def main():
    get_args()
    global device
    device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')
    model = Net().to(device)
    if device == 'cuda':
        model = torch.nn.DataParallel(model)
        torch.backends.cudnn.benchmark = True
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for e in range(args.epochs):
        run(model, device, train_loader, optimizer, e)
if __name__ == '__main__':
    main()
"""
FUN = (
    TRAIN_NB[0]
    .partition("import torch.nn.functional as F")[0]
    .replace("def train(", "import torch.nn.functional as F\ndef run(")
)
LIT = """
import pytorch_lightning as pl
BATCH_SIZE = 256 if torch.cuda.is_available() else 64
lr = 0.1
class LitNet(pl.LightningModule):
    def __init__(self, lr=0.05):
        super().__init__()
        self.save_hyperparameters()
        self.model = Net()
        self.losses = []
    def forward(self, x):
        return self.model(x)
    def training_step(self, batch, i):
        x, y = batch
        loss = nn.functional.cross_entropy(self(x), y)
        self.losses.append(loss)
        history.append(loss)
        return loss
    def train_dataloader(self):
        return torch.utils.data.DataLoader(train_set, batch_size=BATCH_SIZE)
    def configure_optimizers(self):
        return optim.SGD(self.parameters(), lr=lr)
history = []
model = LitNet(lr=0.05)
BATCH_SIZE = 512
lr = 0.2
trainer = pl.Trainer(max_epochs=20)
"""

PROGRAMS = {
    "a notebook on Colab, with Grad-CAM": base
    | {"S9.ipynb": [COLAB, IMPORTS, LOADERS, NB, M, TRAIN_NB, GRAD]},
    "Grad-CAM before the training": base | {"S9.ipynb": [IMPORTS, LOADERS, NB, M, GRAD, TRAIN_NB]},
    "a search for the learning rate": base
    | {
        "S9.ipynb": [
            IMPORTS,
            LOADERS,
            NB,
            M,
            """
from torch_lr_finder import LRFinder
criterion = nn.CrossEntropyLoss()
optimizer = optim.Adam(model.parameters(), lr=1e-7)
lr_finder = LRFinder(model, optimizer, criterion, device=device)
lr_finder.range_test(train_loader, end_lr=10, num_iter=100)
lr_finder.plot()
lr_finder.reset()
del optimizer
""",
            M,
            TRAIN_NB,
        ]
    },
    "a clean-up": base
    | {
        "S9.ipynb": [
            IMPORTS,
            LOADERS,
            NB,
            """
import gc
for name in ['model', 'optimizer']:
    if name in globals():
        del globals()[name]
gc.collect()
torch.cuda.empty_cache()
""",
            M,
            TRAIN_NB,
        ]
    },
    "a script": base
    | {
        "S9.ipynb": None,
        "train.py": IMPORTS
        + LOADERS
        + NB
        + TRAIN_NB[0].replace("optimizer = optim", "model = Net().to(device)\noptimizer = optim"),
    },
    "a script with a main()": base
    | {"S9.ipynb": None, "main.py": IMPORTS + LOADERS + NB + FUN + MAIN},
    "everything in the module of the network": TIDY
    | {
        "model.py": IMPORTS + NB + FUN,
        "S9.ipynb": [
            IMPORTS,
            LOADERS,
            "from model import *\nmodel = Net().to(device)",
            (
                """
optimizer = optim.SGD(model.parameters(), lr=0.1)
for e in range(20):
    run(model, device, train_loader, optimizer, e)
    train_losses.append(1)
plt.plot(train_losses)
""",
                LOG,
            ),
        ],
    },
    "Lightning": base
    | {
        "S9.ipynb": [
            IMPORTS,
            LOADERS,
            NB,
            LIT,
            ("trainer.fit(model, train_loader)\nlr = 0.3\nmodel.eval()", LOG),
        ]
    },
    "a module of settings": TIDY
    | {
        "config.py": """
EPOCHS = 3
NORM = 'bn'
params = {'lr': 1, 'norm': 'bn'}
""",
        "model.py": "import config\n" + NETWORK,
        "S9.ipynb": [
            IMPORTS,
            LOADERS,
            """
import config
config.EPOCHS = 20
config.params['lr'] = 0.1
from model import Net
model = Net(config.params['norm'])
""",
            RUN,
        ],
    },
    "a registry": TIDY
    | {
        "model.py": """
MODELS = {}
def register(c):
    MODELS[c.__name__] = c
    return c
"""
        + NETWORK.replace("class Net", "@register\nclass Net"),
        "S9.ipynb": [IMPORTS, LOADERS, "from model import MODELS, Net\nmodel = Net()", RUN],
    },
    "precision, averaging and compiling": TIDY
    | {
        "S9.ipynb": [
            IMPORTS,
            LOADERS,
            BUILD,
            """
ema = torch.optim.swa_utils.AveragedModel(model)
scaler = torch.cuda.amp.GradScaler()
import copy
best = copy.deepcopy(model)
model = torch.compile(model)
model = model.to(memory_format=torch.channels_last)
model.name = 'x'
for m in model.modules():
    if isinstance(m, nn.BatchNorm2d):
        m.momentum = 0.05
wandb.watch(model)
""",
            RUN,
        ]
    },
    "names that are used again": base
    | {
        "S9.ipynb": [
            IMPORTS,
            LOADERS,
            NB,
            M,
            TRAIN_NB,
            """
norm = 0.3
dropout_value = 0.2
conv = model.layers[0]
Block = None
x, i, o, layers = 1, 2, 3, []
for norm in (1,2): pass
""",
        ]
    },
}


@pytest.mark.parametrize("kind", PROGRAMS)
def test_the_network_of_an_honest_program_is_known(kind, tmp_path):
    attempt = find(build(tmp_path, PROGRAMS[kind]))
    assert attempt.model is not None, attempt.why
    assert attempt.model.complete, attempt.model.why
