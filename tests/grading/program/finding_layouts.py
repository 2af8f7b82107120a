"""Layouts of submissions, each with the notebook that trains, the network, and the folders that imports resolve from."""

from tests.grading.layouts import BUILD, IMPORTS, LOADERS, LOOPS, NETWORK, RUN, TIDY

START = (IMPORTS, LOADERS)
WITH_ARGUMENT = BUILD.replace("Net()", 'Net(norm="gn", dropout=0.05 * 2)')

# What the layout is, its files over those of the tidy one, the notebook, the network, and the folders imports resolve from.
IMPORTED = {
    "everything in modules beside the notebook": ({}, "S9.ipynb", "model.py:Net()", ("",)),
    "arguments with arithmetic": (
        {"S9.ipynb": [*START, WITH_ARGUMENT, RUN]},
        "S9.ipynb",
        "model.py:Net(norm='gn', dropout=0.1)",
        ("",),
    ),
    "a star import": (
        {"S9.ipynb": [*START, BUILD.replace("import Net", "import *"), RUN]},
        "S9.ipynb",
        "model.py:Net()",
        ("",),
    ),
    "a module under another name, reloaded": (
        {
            "S9.ipynb": [
                *START,
                "import importlib\nimport model as m\nimportlib.reload(m)\nmodel = m.Net('ln').to(device)\n"
                "summary(model, (3, 32, 32))",
                RUN,
            ]
        },
        "S9.ipynb",
        "model.py:Net('ln')",
        ("",),
    ),
    "a class under another name": (
        {
            "S9.ipynb": [
                *START,
                "from model import Net as Network\nN = Network\nmodel = N().cuda()",
                RUN,
            ]
        },
        "S9.ipynb",
        "model.py:Net()",
        ("",),
    ),
    "a package in src, reached over sys.path": (
        {
            "model.py": None,
            "src/model.py": NETWORK,
            "S9.ipynb": ["import sys\nsys.path.append('./src')", IMPORTS, LOADERS, BUILD, RUN],
        },
        "S9.ipynb",
        "src/model.py:Net()",
        ("", "src"),
    ),
    "a package imported by its folder": (
        {
            "model.py": None,
            "models/__init__.py": "from .network import Net\n",
            "models/network.py": NETWORK,
            "S9.ipynb": [*START, BUILD.replace("from model ", "from models "), RUN],
        },
        "S9.ipynb",
        "models/network.py:Net()",
        ("",),
    ),
    "a folder without __init__.py": (
        {
            "model.py": None,
            "model/net.py": NETWORK,
            "S9.ipynb": [*START, BUILD.replace("from model ", "from model.net "), RUN],
        },
        "S9.ipynb",
        "model/net.py:Net()",
        ("",),
    ),
    "the notebook in a folder of its own": (
        {
            "S9.ipynb": None,
            "notebooks/S9.ipynb": [
                "import sys\nsys.path.insert(0, '..')",
                IMPORTS,
                LOADERS,
                BUILD,
                RUN,
            ],
        },
        "notebooks/S9.ipynb",
        "model.py:Net()",
        ("",),
    ),
    "all in a folder of the repository": (
        {name: None for name in TIDY}
        | {f"Session 9/{name}": content for name, content in TIDY.items()},
        "Session 9/S9.ipynb",
        "Session 9/model.py:Net()",
        ("Session 9", ""),
    ),
    "the repository cloned and entered": (
        {
            "S9.ipynb": [
                "!git clone https://github.com/someone/era-nine.git\n%cd era-nine",
                "!pip install -q torchsummary",
                IMPORTS,
                LOADERS,
                BUILD,
                RUN,
            ]
        },
        "S9.ipynb",
        "model.py:Net()",
        ("",),
    ),
    "cd without its percent sign": (
        {
            "model.py": None,
            "week/model.py": NETWORK,
            "S9.ipynb": [
                "!git clone https://github.com/someone/era-nine",
                "cd /content/era-nine/week",
                "pwd",
                IMPORTS,
                LOADERS,
                BUILD,
                RUN,
            ],
        },
        "S9.ipynb",
        "week/model.py:Net()",
        ("week", ""),
    ),
    "a sibling repository that lies beside it": (
        {
            "model.py": None,
            "toolbox/networks/model.py": NETWORK,
            "S9.ipynb": [
                "!git clone https://github.com/someone/toolbox",
                IMPORTS,
                LOADERS,
                BUILD.replace("from model ", "from toolbox.networks.model "),
                RUN,
            ],
        },
        "S9.ipynb",
        "toolbox/networks/model.py:Net()",
        ("",),
    ),
    "the cloned repository imported by its name": (
        {
            "S9.ipynb": [
                "!git clone https://github.com/someone/era_nine",
                IMPORTS,
                LOADERS,
                BUILD.replace("from model ", "from era_nine.model "),
                RUN,
            ]
        },
        "S9.ipynb",
        "model.py:Net()",
        ("",),
    ),
    "the model defined in the notebook": (
        {"model.py": None, "S9.ipynb": [*START, NETWORK, "model = Net('gn').to(device)", RUN]},
        "S9.ipynb",
        "S9.ipynb:Net('gn')",
        ("",),
    ),
    "modules that exist while the notebook redefines": (
        {
            "S9.ipynb": [
                *START,
                "from model import Net",
                NETWORK,
                LOOPS,
                "model = Net().to(device)",
                RUN[0].replace("from engine import train, test", ""),
            ]
        },
        "S9.ipynb",
        "S9.ipynb:Net()",
        ("",),
    ),
    "%run": (
        {
            "S9.ipynb": [
                "%run model.py",
                IMPORTS,
                LOADERS,
                "model = Net().to(device)\nsummary(model, (3, 32, 32))",
                RUN,
            ]
        },
        "S9.ipynb",
        "model.py:Net()",
        ("",),
    ),
    "%run of a file with a space in its name": (
        {
            "model.py": None,
            "model v2.py": NETWORK,
            "S9.ipynb": ["%run 'model v2.py'", IMPORTS, LOADERS, "model = Net().to(device)", RUN],
        },
        "S9.ipynb",
        "model v2.py:Net()",
        ("",),
    ),
}
