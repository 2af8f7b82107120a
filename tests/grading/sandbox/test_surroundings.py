"""Code that looks where it is before it chooses its network: nothing is established, and the place is named. What honest
code asks for is not doubted."""

from pathlib import Path

import pytest

from tests.grading.copied_process import in_a_copy
from tests.grading.sandbox.honest_snippets import LIBRARIES
from utils.grading.facts import Evidence
from utils.grading.network import executed_network
from utils.grading.network.audit import architecture_audit
from utils.grading.network.executed_network import ask, model_job
from utils.grading.program.attempts import Attempt
from utils.grading.program.finding import ModelReference
from utils.grading.sandbox.limits import Limits
from utils.grading.submission.contents import Submission, TextFile

NET = """
import datetime, getpass, inspect, logging, os, platform, random, socket, sys, time
import os.path as osp
from dataclasses import dataclass
from pathlib import Path
import torch
import torch.nn.functional as F
from torch import nn
{before}
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        width = 8
        {building}
        self.conv, self.linear = nn.Conv2d(3, width, 3, padding=1), nn.Linear(width, 10)

    def forward(self, x):
        {running}
        x = F.relu(self.conv(x))
        return F.log_softmax(self.linear(x.mean((2, 3))), 1)

    def load(self):
        return ROOT, BATCH, started()

def started():
    return time.time(), torch.cuda.is_available()
ROOT, BATCH = "data", 4
{after}
"""
PLACES = ("before", "building", "running", "after")


@pytest.fixture(autouse=True)
def children_begin_as_copies(monkeypatch):
    monkeypatch.setattr(executed_network, "run_isolated", in_a_copy)


def submitted(**code: str) -> tuple[Submission, ModelReference]:
    text = NET.format(**{place: code.get(place, "pass") for place in PLACES})
    submission = Submission(Path("submission"), sources=(TextFile("model.py", text),))
    return submission, ModelReference(Evidence("model.py"), "Net", "model.py")


def audit(**code: str):
    submission, reference = submitted(**code)
    return architecture_audit(submission, Attempt("", None, model=reference), True, Limits())


def choosing(test: str) -> dict[str, str]:
    return {"building": f"width = 8 if {test} else 800"}


def trying(call: str) -> dict[str, str]:
    return {
        "building": f"\n        try:\n            {call}\n        except Exception:\n            width = 80"
    }


LOOKS = {
    "a package, tried in a function": {
        "building": "\n        try:\n            import einops\n        except ImportError:\n"
        "            width = 800",
    },
    "a package, tried by the caller": {
        "before": "def has():\n    import einops\n    return True",
        "building": "\n        try:\n            width = 8 if has() else 9\n"
        "        except ImportError:\n            width = 800",
    },
    "the user": choosing("os.environ.get('USER') == 'nobody'"),
    "the user by getpass": choosing("getpass.getuser() == 'nobody'"),
    "the host": choosing("socket.gethostname() != 'mine'"),
    "the platform": choosing("platform.node() != 'mine'"),
    "modules": choosing("'torchvision' not in sys.modules"),
    "modules by another way": choosing("'utils' not in getattr(torch.os, 'sy' + 's').modules"),
    "arguments": choosing("len(sys.argv) < 2"),
    "files": choosing("not osp.exists('/content')"),
    "files by pathlib": choosing("not Path('~/.ssh').expanduser().is_dir()"),
    "its own file": choosing("'submission' not in __file__"),
    "the time": choosing("time.time() > 1e9"),
    "the date": choosing("datetime.date.today().year > 2020"),
    "who calls": choosing("any('child' in one.filename for one in inspect.stack())"),
    "who calls, by a generator": choosing("(one for one in ()).gi_frame.f_back"),
    "threads": choosing("torch.get_num_threads() == 1"),
    "processors": choosing("os.cpu_count() < 4"),
    "names of the program": choosing("'loaders' not in globals()"),
    "how it was begun": {"after": "MAIN = __name__ == '__main__'", **choosing("not MAIN")},
    "a name": {"after": "HOME = os.environ['HOME']", **choosing("HOME.startswith('/tmp')")},
    "a name of a name": {
        "after": "HOME = os.environ.get('HOME', '')\nAT = HOME + '/x'",
        **choosing("AT.count('x')"),
    },
    "a function": {"after": "def here():\n    return 'USER' in os.environ", **choosing("here()")},
    "a notebook": {
        "after": "try:\n    get_ipython()\n    BOOK = 1\nexcept NameError:\n    BOOK = 0",
        **choosing("not BOOK"),
    },
    "Colab": {
        "after": "try:\n    import google.colab\n    FAR = 1\nexcept ImportError:\n    FAR = 0",
        **choosing("FAR"),
    },
    "the class": {
        "before": "WIDE = os.getenv('WIDE')\nclass Base(nn.Module):\n    wide = bool(WIDE)",
        **choosing("not Base.wide"),
    },
    "while it runs": {"running": "x = x if os.environ.get('X') else x * 2"},
    "a file that is opened": {
        "after": "def there():\n    try:\n        return open('/proc/self/cmdline')\n    except OSError:\n        return 1",
        **choosing("there()"),
    },
    "by a text": choosing("eval('__import__(\\'os\\').environ').get('USER')"),
    "how torch was built": choosing("torch.version.cuda is None"),
    "Apple's GPU": choosing("not torch.backends.mps.is_available()"),
    "a GPU": choosing("not torch.cuda.is_available()"),
    "a device": {
        "after": "device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')",
        **choosing("device.type == 'cpu'"),
    },
    "a standard library's module": {
        "before": "import multiprocessing",
        **choosing("multiprocessing.cpu_count() > 90"),
    },
    "one that is imported by its name": {
        "before": "import importlib",
        **choosing("importlib.import_module('linecache').getline('/x', 1)"),
    },
    "a notebook's names": {
        "before": "import builtins",
        **choosing("getattr(builtins, '__IPYTHON__', 0)"),
    },
    "a notebook's stream": choosing("type(sys.stdout).__module__.startswith('ipykernel')"),
    "a terminal": choosing("sys.stdout.isatty()"),
    "the stack, by a log": choosing("logging.Logger('x').findCaller(True)[3]"),
    "the stack, by a warning": {
        "before": "import warnings",
        "building": "\n        with warnings.catch_warnings(record=True) as made:\n"
        "            warnings.warn('x', stacklevel=4)",
    },
    "a library's file": choosing("'dist' in torch.__file__"),
    "a library's file by a computed name": choosing("'dist' in getattr(torch, '__fi' + 'le__')"),
    "a function's names": choosing("getattr(os.popen, '__glo' + 'bals__')['environ']"),
    "a module's names": choosing("vars(os)['environ']"),
    "a module's names, too": choosing("os.__dict__['environ']"),
    "all names of a module": choosing("dict(inspect.getmembers(os))['environ']"),
    "an attribute, passing by the class": choosing("object.__getattribute__(os, 'environ')"),
    "a module's class": choosing(
        "type(os)('x') and type(os).__mro__[1].__getattribute__(os, 'name')"
    ),
    "a relative file": trying("open('dev/null')"),
    "a file by bytes": trying("open(b'/etc/hostname')"),
    "a file by a library": trying("torch.load('/content/x.pt')"),
    "a package by its name": trying("__import__('importlib').import_module('google.colab')"),
    "a name that may be missing": trying("WIDE"),
    "code under another name": {
        "building": "exec(compile('import os; os.environ', '/usr/lib/x.py', 'exec'), {})"
    },
    "code of a text, called by PyTorch": {
        "building": "made = {}; exec('import os\\ndef seen(self, x): os.environ; return x', made)\n"
        "        type('Part', (nn.Module,), {'forward': made['seen']})()(1)",
    },
    "what the script set": choosing("torch.get_float32_matmul_precision() == 'high'"),
    "what the script set in cuDNN": choosing("torch.backends.cudnn.benchmark"),
    "what the script set for products": choosing("torch.backends.cuda.matmul.allow_tf32"),
    "random numbers of the script's seed": {
        "after": "def main():\n    torch.manual_seed(42)",
        **choosing("torch.rand(1).item() != 0.8822692632675171"),
    },
    "the same where there is a GPU": {
        "after": "def main():\n    torch.manual_seed(42)",
        **choosing("not torch.cuda.is_available() or torch.rand(1).item() != 0.8822692632675171"),
    },
    "others of its seed": {
        "after": "SEED = 42",
        **choosing("random.random() != 0.6394267984578837"),
    },
    "the script's seed": choosing("torch.random.initial_seed() == 42"),
    "the generator": choosing("torch.default_generator.initial_seed() == 42"),
    "its state": choosing("torch.get_rng_state()[0].item() == 42"),
    "how a step is scaled": choosing("torch.amp.GradScaler('cuda').is_enabled()"),
    "PyTorch's folder": choosing("torch.hub.get_dir()"),
    "PyTorch's inside": choosing("torch._C._has_cuda"),
    "a tensor's memory": {"running": "x.untyped_storage().device"},
    "whether NumPy can read it": {
        "running": "\n        try:\n            x.detach().numpy()\n"
        "        except TypeError:\n            x = x * 2",
    },
    "a GPU, tried": trying("torch.zeros(1).cuda(); width = 800"),
    "a GPU, tried with a layer": trying("nn.Linear(1, 1).to('cuda'); width = 800"),
    "an accelerator": choosing("not torch.accelerator.is_available()"),
    "the type of a tensor": {"running": "x = x * 2 if 'cuda' in x.type() else x"},
    "the text of a tensor": {"running": "x = x * 2 if 'cuda' in repr(x[:0]) else x"},
    "the text of a weight": {"running": "x = x * 2 if 'cuda' in f'{self.linear.bias}' else x"},
    "where a tensor is": {"running": "x = x if str(x.device) == 'cpu' else x * 2"},
    "whether a tensor is there": {"running": "x = x * 2 if x.is_cuda else x"},
}


@pytest.mark.parametrize("how", LOOKS)
def test_what_looks_where_it_is_establishes_nothing(how):
    facts = audit(**LOOKS[how]).facts
    assert {fact.value for fact in facts.values()} == {None}
    why = facts["parameters"].why
    place = "model.py" in why and ("looks where it is" in why or "whether there is a GPU" in why)
    assert place or "the random numbers of seed 42" in why, why


HONEST = {
    "asked by what does not run": {
        "after": "ROOT = os.environ.get('DATA', str(Path.home()))\n"
        "BATCH = 256 if torch.cuda.is_available() else 64\n"
        "if 'COLAB_GPU' in os.environ:\n    ROOT = '/content'"
    },
    "asked and passed on": {
        "before": "HOME = os.environ.get('HOME', '.')",
        "building": "self.root = HOME + '/data'",
    },
    "devices": {
        "before": "device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')\n"
        "torch.backends.cudnn.benchmark = True",
        "building": "self.to(device)",
        "running": "x = x.to(device) + torch.zeros(1, device=x.device)\n"
        "        if x.device != self.conv.weight.device: self.to(x.device)",
    },
    "the first of three": {
        "before": "device = 'cuda' if torch.cuda.is_available() else 'mps' if torch.backends.mps.is_available() "
        "else 'cpu'",
        "running": "x = x.to(device)",
    },
    "cuda": {"running": "x = x.cuda() if torch.cuda.is_available() else x"},
    "random": {
        "building": "self.scale = random.random()",
        "running": "torch.manual_seed(0); x = x * self.scale",
    },
    "a log": {
        "before": "log = logging.getLogger(__name__)\n@dataclass\nclass Config:\n    width: int = 8",
        "building": "log.info('%s', Config()); width = Config().width",
    },
    "versions": {
        "running": "assert sys.version_info >= (3, 8) and torch.__version__ >= '1.'\n"
        "        inspect.signature(self.forward)"
    },
}


@pytest.mark.parametrize("kind", HONEST)
def test_honest_questions_are_not_doubted(kind):
    facts = audit(**HONEST[kind]).facts
    assert facts["parameters"].value == 224 + 90, facts["parameters"].why
    assert facts["global_average_pooling"].value is True


@pytest.mark.parametrize("library", LIBRARIES)
def test_what_honest_code_calls_is_no_question(library):
    job = {"job": "record", "gpu": False, **model_job(*submitted(**LIBRARIES[library]))}
    content, _ = ask(job, [], Limits(), "it is stopped")
    assert sum(len(content[name]) for name in ("parameters", "graphs")) >= 6
