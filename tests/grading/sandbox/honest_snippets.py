"""Parts of networks that honest students write, by the places of `NET` in test_surroundings.py."""

# Each is executed once: what libraries read for their own ends must not count as a question.
LIBRARIES = {
    "numpy": {
        "before": "import numpy as np\nRANDOM = np.random.default_rng(0)",
        "building": "np.random.seed(1); np.random.rand(3); width = 8 + int(RANDOM.random() > 2)",
    },
    "scipy": {
        "before": "from scipy import stats\nfrom scipy.special import softmax",
        "building": "width = 8 if softmax([1.0]).sum() < 2 else 9; stats.truncnorm(-2, 2).rvs(3)",
    },
    "torchvision": {
        "before": "from torchvision import models\nfrom torchvision.ops import StochasticDepth",
        "building": "self.drop = StochasticDepth(0.1, 'row'); models.__dict__['mobilenet_v3_small']()",
        "running": "x = self.drop(x)",
    },
    "configurations": {
        "before": "import json, yaml\nfrom statistics import mean\nWIDE = yaml.safe_load('width: 8')\n"
        "DEEP = json.loads('{\"depth\": 1}')",
        "building": "width = mean([WIDE['width'] * DEEP['depth']])",
    },
    "logs": {
        "before": "import warnings\nlog = logging.getLogger(__name__)\nlogging.basicConfig()",
        "building": "log.warning('%s', self); warnings.warn('old', DeprecationWarning, stacklevel=2)",
        "running": "\n        with warnings.catch_warnings():\n            warnings.simplefilter('ignore')\n"
        "            x = F.interpolate(x, scale_factor=1.0, mode='bilinear')",
    },
    "prints": {
        "building": "print(self, file=sys.stderr); sys.stdout.write('x'); sys.stdout.flush()",
        "running": "print(x.shape, self.linear.weight, f'{x.mean():.3f}', x.type())",
    },
    "data classes": {
        "before": "from collections import namedtuple\nfrom dataclasses import asdict, field\n"
        "from typing import NamedTuple\nPair = namedtuple('Pair', 'a b')\n"
        "class Sizes(NamedTuple):\n    width: int = 8\n"
        "@dataclass\nclass Config:\n    sizes: list = field(default_factory=list)",
        "building": "width = Sizes().width * Pair(1, 1).a; asdict(Config()); repr(Config()); vars(Config())",
    },
    "functions": {
        "before": "import functools, operator, types\n@functools.lru_cache(None)\ndef same(x):\n    return x\n"
        "def marked(function):\n    @functools.wraps(function)\n    def inner(*args):\n"
        "        return function(*args)\n    return inner",
        "building": "width = marked(same)(8); inspect.signature(nn.Conv2d).parameters; "
        "functools.partial(nn.Conv2d, bias=False)(3, 3, 1); isinstance(same, types.FunctionType)",
    },
    "names": {
        "building": "eval('nn.Conv2d')(3, 3, 1); exec('y = 1'); getattr(nn, 'ReLU')(); "
        "getattr(self, 'other', None); hasattr(torch, 'compile'); self.__dict__.get('x'); vars(self); vars(); dir(self)"
    },
    "settings": {
        "building": "torch.set_float32_matmul_precision('high'); torch.backends.cudnn.benchmark = True; "
        "torch.backends.cuda.matmul.allow_tf32 = True; torch.manual_seed(0); torch.Generator().manual_seed(3)"
    },
    "scripts and functions of gradients": {
        "before": "class Same(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, x):\n"
        "        ctx.save_for_backward(x)\n        return x.clone()\n"
        "    @staticmethod\n    def backward(ctx, g):\n        return g * ctx.saved_tensors[0].new_ones(1)",
        "building": "torch.jit.is_scripting(); nn.utils.parametrizations.weight_norm(nn.Linear(2, 2))",
        "running": "x = Same.apply(x)\n        with torch.autocast('cuda', enabled=False): x = x.float()",
    },
    "arrays": {
        "before": "import numpy as np",
        "running": "x.detach().cpu().numpy().mean(); np.linalg.norm(np.ones(3)); str(np.ones(2)); len(x); x.split(1)",
    },
    "types and members": {
        "before": "import types\nfrom typing import Optional\nclass Held:\n"
        "    def __enter__(self):\n        return 8\n"
        "    def __exit__(self, kind, error, at: Optional[types.TracebackType] = None):\n        return False",
        "building": "\n        with Held() as width: dict(inspect.getmembers(nn, inspect.isclass))['ReLU']()",
    },
    "paths": {
        "before": "import os\nFOLDER = Path('data')",
        "building": "self.place = FOLDER / 'cifar'; str(self.place.parent); os.path.join('a', 'b'); "
        "os.path.splitext('a.pt')",
    },
    "a GPU, tried for the device": {
        "before": "try:\n    device = torch.device('cuda'); torch.zeros(1).to(device)\n"
        "except Exception:\n    device = torch.device('cpu')",
        "building": "self.to(device) if torch.cuda.is_available() else None",
        "running": "x = x.to(device)",
    },
    "bars and summaries": {
        "before": "from torchinfo import summary\nfrom tqdm.auto import tqdm",
        "building": "list(tqdm(range(2)))",
    },
    "contexts": {
        "before": "from contextlib import contextmanager, suppress\n@contextmanager\ndef here():\n    yield 8",
        "building": "\n        with here() as width, suppress(KeyError):\n            {}[1]",
    },
}
