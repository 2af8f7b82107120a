"""A network that is changed after it was built is not what its definition makes; one that changes itself is."""

import pytest

from tests.grading.first_attempt import find
from tests.grading.layouts import IMPORTS, LOADERS, NETWORK, RUN, TIDY, build

MADE = "from model import Net\nmodel = Net()\n"
LAYER = "nn.Conv2d(8, 4096, 1)"
# What changes the network that is trained, in cell 2.
CHANGED = {
    "an attribute": f"model.body = {LAYER}",
    "an attribute that becomes something unknown": "model.body = torch.load('body.pt')",
    "setattr": f"setattr(model, 'body', {LAYER})",
    "setattr under unknown names": "for name, part in model.named_children():\n    setattr(model, name, nn.GELU())",
    "delattr": "delattr(model, 'body')",
    "del": "del model.body[1]",
    "add_module": f"model.add_module('body', {LAYER})",
    "register_module": f"model.register_module('body', {LAYER})",
    "add_module of a part": f"model.body.add_module('2', {LAYER})",
    "append": f"model.body.append({LAYER})",
    "append below a known index": f"model.body[1].extra = {LAYER}",
    "append below an unknown index": f"model.body[len(model.body) - 1].append({LAYER})",
    "append in a loop over the parts": f"for part in model.children():\n    part.append({LAYER})",
    "insert": f"model.body.insert(0, {LAYER})",
    "extend": f"model.body.extend([{LAYER}])",
    "an item": f"model.body[0] = {LAYER}",
    "an item behind another name": f"parts = model.body\nparts[0] = {LAYER}",
    "an item of the dict of parts": f"model._modules['body'] = {LAYER}",
    "the parent's method": f"nn.Module.__setattr__(model, 'body', {LAYER})",
    "apply": f"def change(part):\n    part.append({LAYER})\nmodel.apply(change)",
    "another forward": "model.forward = lambda x: x",
    "another forward of the class": "def forward(self, x):\n    return x\nNet.forward = forward",
    "a function of the module": "import model as m\nm.Layer = nn.Identity",
    "a function of the notebook": f"def grow(net):\n    net.body.append({LAYER})\ngrow(model)",
    "other parts": "model._modules = Other()._modules",
    "another state": "model.__setstate__(Other().__dict__)",
    "another class": "model.__class__ = Other",
    "a hook": "model.register_forward_hook(lambda m, i, o: other(i[0]))",
    "a hook of a part": "def hook(m, i, o):\n    return o * 2\nmodel.body[0].register_forward_hook(hook)",
    "a hook before it": "model.register_forward_pre_hook(lambda m, i: (other(i[0]),))",
    "a class that trains": f"class Trainer:\n    def __init__(self, net):\n        net.body.append({LAYER})\nTrainer(model)",
}


def found(tmp_path, cell, **files):
    others = {f"{name}.py": text for name, text in files.items()}
    return find(build(tmp_path, TIDY | {"S9.ipynb": [IMPORTS, LOADERS, cell, RUN]} | others))


@pytest.mark.parametrize("change", CHANGED)
def test_a_change_from_outside_is_reported(change, tmp_path):
    model = found(tmp_path, MADE + CHANGED[change]).model
    assert (model.class_name, model.complete) == ("Net", False)
    assert model.why == "cell 2 of S9.ipynb changes the network after it was built"


UNCHANGED = {
    "names and numbers": "model.name = 'nine'\nmodel.best = 0.0\nmodel.history = [1]\nmodel.history.append(2)",
    "a loss": "model.criterion = nn.CrossEntropyLoss()",
    "weights": "model.apply(lambda part: nn.init.zeros_(part.weight) if hasattr(part, 'weight') else None)\n"
    "for part in model.modules():\n    if isinstance(part, nn.Dropout):\n        part.p = 0.2\nmodel.body[0].eval()",
    "lists beside it": f"layers = []\nlayers.append({LAYER})\nlayers[0] = {LAYER}",
    "a hook that looks": "seen = []\nmodel.body[0].register_forward_hook(lambda m, i, o: seen.append(o))",
    "a hook that a function makes": "kept = {}\ndef keep(name):\n    def hook(m, i, o):\n        kept[name] = o.detach()\n"
    "    return hook\nmodel.body.register_forward_hook(keep('body'))",
    "a hook on gradients": "model.body.register_full_backward_hook(lambda m, i, o: print(o))",
    "what is usual": "model = model.to(device)\nmodel.load_state_dict(torch.load('a.pt'))\nmodel = nn.DataParallel(model)\n"
    "for p in model.parameters():\n    p.requires_grad = True\nmodel.zero_grad()\nsummary(model, (3, 32, 32))",
    "another network": f"other = Net('draft')\nother.body.append({LAYER})\nprint(other(torch.rand(1, 3, 32, 32)))",
}


@pytest.mark.parametrize("kind", UNCHANGED)
def test_what_does_not_change_the_network_is_not_reported(kind, tmp_path):
    model = found(tmp_path, MADE + UNCHANGED[kind]).model
    assert (str(model), model.complete) == ("model.py:Net()", True), model.why


def test_a_network_may_change_itself_while_it_is_built(tmp_path):
    itself = NETWORK.replace(
        "Layer(8, 10))\n", "Layer(8, 10))\n        self.grow()\n        add(self)\n"
    ) + (
        f"\n    def grow(self):\n        self.body.append({LAYER})\n        self.body[0] = {LAYER}\n"
        f"\ndef add(net):\n    net.add_module('more', {LAYER})\n    setattr(net, 'most', {LAYER})\n"
    )
    assert found(tmp_path, MADE, model=itself).model.complete
    assert not found(tmp_path / "again", MADE + "model.grow()", model=itself).model.complete


BUILDER = (
    NETWORK
    + f"\ndef build(width=8):\n    net = Net()\n    net.body.append({LAYER})\n    return net\n"
)


def test_a_function_that_builds_and_changes_is_what_is_called(tmp_path):
    made = "from model import build\nmodel = build(16)\n"
    assert str(found(tmp_path, made, model=BUILDER).model) == "model.py:build(16)"
    changed = found(tmp_path / "changed", made + f"model.body.append({LAYER})", model=BUILDER).model
    assert not changed.complete and "cell 2" in changed.why
    later = made + f"def more(net):\n    net.body.append({LAYER})\nmore(model)"
    assert not found(tmp_path / "later", later, model=BUILDER).model.complete
