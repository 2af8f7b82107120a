"""The file that is graded is the one that was imported: what a program writes onto it leaves the network open."""

import pytest

from tests.grading.first_attempt import find
from tests.grading.layouts import IMPORTS, LOADERS, NETWORK, RUN, TIDY, build

WIDE = NETWORK.replace("8", "64")
IMPORT = "from model import Net\nmodel = Net()\n"


def found(tmp_path, *cells, **files):
    others = {f"{name}.py": text for name, text in files.items()}
    cells = [IMPORTS, LOADERS, *cells, IMPORT, RUN]
    return find(build(tmp_path, TIDY | {"S9.ipynb": cells} | others))


REWRITTEN = {
    "sed": "!sed -i 's/8/64/' model.py",
    "sed in a loop": "!for f in *.py; do sed -i 's/8/64/' $f; done",
    "sed through find": "!find . -name model.py -exec sed -i 's/8/64/' {} +",
    "perl": "!perl -pi -e 's/8/64/' ./model.py",
    "cp": "!cp wide.py model.py",
    "cp behind another command": "!cd . && cp wide.txt model.py",
    "%cp": "%cp wide.py model.py",
    "mv": "!mv -f wide.py /content/model.py",
    "echo": "!echo 'Layer = None' >> model.py",
    "cat": "!cat a.py b.py >model.py",
    "tee": "!cat wide.py | tee model.py",
    "patch": "!patch model.py < wide.patch",
    "wget": "!wget -q -O model.py https://example.org/wide.py",
    "curl": "!curl -o model.py https://example.org/wide.py",
    "python -c": "!python -c \"open('model.py', 'a').write('x')\"",
    "a cell of bash": "%%bash\nsed -i 's/8/64/' model.py",
    "a cell that writes it": f"%%writefile model.py\n{WIDE}",
    "a cell that writes more": "%%writefile -a model.py\nNet = None",
    "open": "with open('model.py', 'w') as file:\n    file.write(text)",
    "open with a known text": f"with open('model.py', 'w') as file:\n    file.write({WIDE!r})",
    "write_text": "from pathlib import Path\nPath('model.py').write_text(text)",
    "Path.open": "from pathlib import Path\nPath('model.py').open('a').write('x')",
    "shutil": "import shutil\nshutil.copy('wide.py', 'model.py')",
    "os.replace": "import os\nos.replace('wide.py', 'model.py')",
    "Path.rename": "from pathlib import Path\nPath('wide.py').rename('model.py')",
    "urlretrieve": "import urllib.request\nurllib.request.urlretrieve('https://e.org/w.py', 'model.py')",
    "fileinput": "import fileinput\nfor line in fileinput.input('model.py', inplace=True):\n    print(line)",
    "os.system": "import os\nos.system('cp wide.py model.py')",
    "subprocess": "import subprocess\nsubprocess.run(['cp', 'wide.py', 'model.py'], check=True)",
    "subprocess with a text": "import subprocess\nsubprocess.call('cp wide.py model.py', shell=True)",
    "IPython": "get_ipython().system('cp wide.py model.py')",
    "a function": "def f(name):\n    open(name + '.py', 'w').write('x')\nf('model')",
    "a script": "!python change.py",
    "sys.modules": "import sys, wide\nsys.modules['model'] = wide",
    "a variable of the module": "import sys, model\nvars(sys.modules['model'])['Layer'] = None",
    "pip": "!pip install -q git+https://github.com/somebody/model.git",
}


@pytest.mark.parametrize("kind", REWRITTEN)
def test_a_module_that_the_program_writes_is_not_the_one_that_was_handed_in(kind, tmp_path):
    change = "open('model.py', 'w').write(input())\n"
    model = found(tmp_path, REWRITTEN[kind], wide=WIDE, change=change).model
    assert not model.complete
    assert "cell 2 of S9.ipynb" in model.why or kind == "a script" and "change.py" in model.why


def test_a_module_that_the_network_imports_counts_too(tmp_path):
    net = NETWORK.replace("class Layer", "from layers import Layer\n\nclass Unused")
    model = found(tmp_path, "!sed -i 's/8/64/' layers.py", model=net, layers=NETWORK).model
    assert model.why == (
        "cell 2 of S9.ipynb writes layers.py, and not with what was handed in as layers.py"
    )


HONEST = {
    "a clone": "!git clone https://github.com/me/repo\n%cd repo",
    "a clone on the path": "!git clone https://github.com/me/repo\nimport sys\nsys.path.append('repo')",
    "the Drive": "import sys\nsys.path.append('/content/drive/MyDrive/nine')",
    "a copy of a folder": "!cp -r repo/* .\n!cp -r /content/drive/MyDrive/nine/* /content/",
    "a copy from the Drive": "!cp /content/drive/MyDrive/nine/model.py .",
    "a copy of that name": "!cp /content/drive/MyDrive/nine/model.py model.py",
    "shutil from the Drive": "import shutil\nshutil.copy('/content/drive/MyDrive/model.py', 'model.py')",
    "a copy of equal text": "!cp same.py model.py",
    "a copy kept aside": "!cp model.py backup.py\n!cat model.py > old.txt",
    "its own file from GitHub": "!wget -q -O model.py https://raw.githubusercontent.com/me/nine/main/model.py",
    "GitHub without a name": "!wget https://raw.githubusercontent.com/me/nine/main/model.py",
    "requirements": "!pip install -r requirements.txt\n!pip install -q torchsummary albumentations",
    "another package": "!pip install git+https://github.com/albumentations-team/albumentations.git",
    "commands that read": "!cat model.py\n!python model.py\n!ls *.py\n!sed -n 1,9p model.py\n!wc -l model.py 2>/dev/null",
    "another file": "!sed -i 's/a/b/' config.yaml\n!echo 1 > model.txt",
    "a cell with the same text": f"%%writefile model.py\n{NETWORK}",
    "a cell with other blanks": f"%%writefile /content/model.py\n# the network\n{NETWORK}\n\n",
    "open with the same text": f"with open('model.py', 'w') as file:\n    file.write({NETWORK!r})",
    "open to read": "print(open('model.py').read())\nfrom pathlib import Path\nprint(Path('model.py').read_text())",
    "a checkpoint": "torch.save({}, 'model.pt')\nopen('log.txt', 'w').write('x')",
    "a package's init": "open('nets/__init__.py', 'w').close()\n!touch __init__.py",
    "a reload": "import importlib, model\nimportlib.reload(model)",
    "a reload by deleting": "import sys\nif 'model' in sys.modules:\n    del sys.modules['model']",
}


@pytest.mark.parametrize("kind", HONEST)
def test_what_leaves_the_file_as_it_is_costs_nothing(kind, tmp_path):
    model = found(tmp_path, HONEST[kind], same=NETWORK + "\n# a copy\n").model
    assert str(model) == "model.py:Net()" and model.complete, model.why


def test_cells_may_write_a_file_in_parts(tmp_path):
    head, _, tail = NETWORK.partition("class Net")
    parts = (f"%%writefile model.py\n{head}", f"%%writefile -a model.py\nclass Net{tail}")
    assert found(tmp_path, *parts).model.complete
    late = [*parts[:1], "import model", *parts[1:]]
    assert not found(tmp_path / "late", *late).model.complete
