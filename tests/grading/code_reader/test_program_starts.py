"""The words with which a script, a Makefile or a README starts a program decide which network it builds."""

import pytest

from tests.grading.first_attempt import find
from tests.grading.layouts import build
from tests.grading.program.test_attempts import BOTH, CHOSEN, log
from utils.grading.code_reader.shell_starts import recipe_of

NET, WIDE = "model.py:Net()", "model.py:WideNet()"


def network(folder, **scripts):
    files = {name.replace("__", "/") + ".sh": text for name, text in scripts.items()}
    return find(build(folder, {**BOTH, "train.py": CHOSEN, **files})).model


@pytest.mark.parametrize(
    "text, shown",
    [
        ("#!/bin/sh\npython train.py --net wide | tee out.txt\n", WIDE),
        ("set -e\nCUDA_VISIBLE_DEVICES=0 python3 -u ./train.py \\\n    --net wide\n", WIDE),
        ("python -m train --net=wide\n", WIDE),
        ("# python train.py --net wide\npython train.py\n", NET),
        ("pip install -r requirements.txt\n", NET),
        ("python other.py --net wide\n", NET),
        ("cd repository\npython train.py --net wide\n", WIDE),
        ("cd runs\ncd .. && python train.py --net wide\n", WIDE),
        ("if true; then\n  python train.py --net wide\nfi\n", WIDE),
        ("if true; then python train.py --net wide; fi\n", WIDE),
        ('cd "$(dirname "$0")"\npython train.py --net wide\n', WIDE),
        ("cd $DIR && python train.py --net wide\n", WIDE),
        ("cd /content/submission\npython train.py --net wide\n", WIDE),
        ("cd ~/submission; python train.py --net wide\n", WIDE),
        ('HERE=$(pwd)\npython "$HERE/train.py" --net wide\n', WIDE),
        ("python /content/submission/train.py --net wide > log.txt 2>&1\n", WIDE),
        ("$PYTHON train.py --net wide\n", WIDE),
        ("srun --gres=gpu:1 python train.py --net wide\n", WIDE),
        ("uv run train.py --net wide\n", WIDE),
        ("poetry run python train.py --net wide\n", WIDE),
        ("conda run -n cifar python train.py --net wide\n", WIDE),
        ("torchrun --nproc_per_node 1 train.py --net wide\n", WIDE),
        ("python -m torch.distributed.run --nproc_per_node 1 train.py --net wide\n", WIDE),
        ("bash -c 'python train.py --net wide'\n", WIDE),
        ("cat train.py\ngit add train.py\npylint train.py\n", NET),
    ],
)
def test_what_a_script_gives(tmp_path, text, shown):
    assert str(network(tmp_path, run=text)) == shown


def test_a_script_in_another_folder(tmp_path):
    assert str(network(tmp_path, scripts__run="python train.py --net wide\n")) == WIDE
    assert str(network(tmp_path, scripts__run="cd .. && python train.py --net wide\n")) == WIDE


def test_a_program_in_a_folder_that_is_entered(tmp_path):
    moved = {
        f"src/{name}": text
        for name, text in {**BOTH, "train.py": CHOSEN}.items()
        if name.endswith(".py")
    }
    for place, start in enumerate(
        ("cd src && python train.py", "cd src\npython train.py", "python src/train.py")
    ):
        found = find(build(tmp_path / str(place), {**moved, "run.sh": f"{start} --net wide\n"}))
        assert str(found.model) == "src/model.py:WideNet()"


@pytest.mark.parametrize(
    "scripts",
    [
        {"a": "python train.py --net wide\n", "b": "python train.py --net net\n"},
        {"a": 'NET=wide\npython train.py --net "$NET"\n'},
        {"a": 'NET=${1:-wide}\npython train.py --net "$NET"\n'},
        {"a": 'NET=net\n[ -z "$1" ] || NET=wide\npython train.py --net "$NET"\n'},
        {"a": 'python train.py "$@"\n'},
        {"a": "PROGRAM=$1\npython $PROGRAM --net wide\n"},
        {"a": "for n in net wide; do python train.py --net $n; done\n"},
        {"a": "python train.py --net `cat n`\n"},
        {"a": "python train.py --net $(cat n)\n"},
    ],
)
def test_words_that_are_not_known_leave_the_network_open(tmp_path, scripts):
    assert network(tmp_path, **scripts) is None


@pytest.mark.parametrize(
    "name, text",
    [
        ("Makefile", "train:\n\t@python train.py --net wide\n"),
        ("run.bat", "@echo off\npython .\\train.py ^\n  --net wide\n"),
        ("run.ps1", "python train.py `\n  --net wide\n"),
        ("job.slurm", "#!/bin/bash\n#SBATCH --time=1:00\nsrun python train.py --net wide\n"),
        ("Dockerfile", 'FROM python\nCMD ["python", "train.py", "--net", "wide"]\n'),
        ("README.md", "# Net\n\n```bash\n$ python train.py --net wide\n```\n"),
    ],
)
def test_other_files_that_start_it(tmp_path, name, text):
    found = find(build(tmp_path, {**BOTH, "train.py": CHOSEN, name: text}))
    assert str(found.model) == WIDE


def test_what_a_readme_says(tmp_path):
    page = "```\npython train.py --net net\n```\n"
    files = {**BOTH, "train.py": CHOSEN, "README.md": page}
    assert str(find(build(tmp_path / "a", files)).model) == NET
    scripted = files | {"run.sh": "python train.py --net wide\n"}
    assert find(build(tmp_path / "b", scripted)).model is None
    plain = scripted | {"README.md": "```\npython train.py\n```\n"}
    assert str(find(build(tmp_path / "e", plain)).model) == WIDE
    told = files | {"README.md": "Run `python train.py --net wide` on a GPU.\n"}
    assert str(find(build(tmp_path / "d", told)).model) == WIDE
    tree = (
        "```\n├── train.py   trains the network\n└── model.py\n```\nSee train.py for --net wide.\n"
    )
    assert str(find(build(tmp_path / "f", files | {"README.md": tree})).model) == NET
    listed = "The code is in `train.py and model.py`, and nice results come from train.py here.\n"
    assert str(find(build(tmp_path / "h", files | {"README.md": listed})).model) == NET
    prompt = "```\n(venv) me@here:~/net$ python train.py --net wide\n```\n"
    assert str(find(build(tmp_path / "g", files | {"README.md": prompt})).model) == WIDE
    usage = "```\npython train.py [--net NET] --epochs ...\n```\n"
    assert str(find(build(tmp_path / "c", files | {"README.md": usage})).model) == NET


@pytest.mark.parametrize(
    "comments, shown",
    [
        (("the baseline", "the submission"), WIDE),
        (("final", ""), NET),
        (("final", "final"), "None"),
        (("not the submission", "what else was tried"), "None"),
    ],
)
def test_of_several_commands_the_one_counts_that_is_handed_in(comments, shown, tmp_path):
    commands = "".join(
        f"python train.py --net {net}  # {comment}\n"
        for net, comment in zip(("net", "wide"), comments)
    )
    for place, files in enumerate(({"run.sh": commands}, {"README.md": f"```\n{commands}```\n"})):
        found = find(build(tmp_path / str(place), {**BOTH, "train.py": CHOSEN, **files}))
        assert str(found.model) == shown


def test_of_two_programs_of_one_name_the_one_that_is_there_is_started(tmp_path):
    files = {**BOTH, "train.py": CHOSEN, "old/train.py": "print('old')\n"}
    there = files | {"run.sh": "cd old\npython train.py --net wide\n"}
    assert str(find(build(tmp_path / "a", there)).model) == NET
    unknown = files | {"run.sh": "cd $HERE\npython train.py --net wide\n"}
    assert find(build(tmp_path / "b", unknown)).model is None


@pytest.mark.parametrize(
    "files",
    [
        {"run.sh": "W='--net wide'\nsource env.sh\npython train.py $W\n"},
        {"run.sh": 'CMD="python train.py --net wide"\neval $CMD\n'},
        {"run.sh": "alias t='python train.py'\nt --net wide\n"},
        {"run.sh": "echo --net wide | xargs python train.py\n"},
        {"run.sh": "echo python train.py --net wide | bash\n"},
        {"run.sh": "python - --net wide < train.py\n"},
        {
            "run.sh": "python -c \"import runpy, sys; sys.argv = ['', '--net', 'wide']; runpy.run_path('train.py')\"\n"
        },
        {"run.sh": 'python train.py --name "a\nb" --net wide\n'},
        {"Makefile": "RUN = $(PY) train.py\nall:\n\t$(RUN) --net wide\n"},
        {"Dockerfile": 'ENTRYPOINT ["python", "train.py"]\n'},
        {"launch.json": '{"program": "train.py", "args": ["--net", "wide"]}'},
        {"launch.py": "import os\nos.system('python train.py --net ' + input())\n"},
        {"README.md": "```\npython train.py --net <NET>\n```\n"},
        {"log.txt": "Namespace(net='wide')\n"},
    ],
)
def test_what_may_give_other_words_leaves_the_network_open(files, tmp_path):
    assert find(build(tmp_path, {**BOTH, "train.py": CHOSEN, **files})).model is None


@pytest.mark.parametrize(
    "files",
    [
        {"run.sh": "python -um train --net wide\n"},
        {"run.sh": "python '/content/drive/My Drive/train.py' --net wide\n"},
        {"run.sh": "# old: python train.py --net net \\\npython train.py --net wide\n"},
        {"compose.yaml": "services:\n  train:\n    command: python train.py --net wide\n"},
        {"commands.txt": "python train.py --net wide\n"},
        {"README.md": "1. python .\\train.py --net wide\n"},
        {"README.md": "| how | `python train.py --net wide` |\n"},
        {"README.md": "Start python train.py --net wide | tee log\n"},
        {
            "launch.py": "import subprocess\nsubprocess.run(['python', 'train.py', '--net', 'wide'])\n"
        },
    ],
)
def test_less_usual_ways_to_start_it(files, tmp_path):
    assert str(find(build(tmp_path, {**BOTH, "train.py": CHOSEN, **files})).model) == WIDE


MAKEFILE = "all: train\n\ntrain: data\n\tpython train.py --net wide\n\nother:\n\tpython train.py\n\ndata:\n\techo data\n"


@pytest.mark.parametrize(
    "words, lines",
    [
        ("", ["\techo data", "\tpython train.py --net wide"]),
        ("train", ["\techo data", "\tpython train.py --net wide"]),
        ("-s other", ["\tpython train.py"]),
        ("-n train", []),
        ("--dry-run", []),
    ],
)
def test_the_recipe_of_a_target(words, lines):
    assert recipe_of(MAKEFILE, words.split()).splitlines() == lines


@pytest.mark.parametrize(
    "cell, files",
    [
        (
            "!bash run.sh",
            {"run.sh": "if [ $1 ]; then\npython train.py --net wide\nelse\npython train.py\nfi\n"},
        ),
        ('%%bash\nif [ -n "$X" ]; then\npython train.py --net wide\nelse\npython train.py\nfi', {}),
        ("%%bash\ngo() {\npython train.py --net wide\n}", {}),
        ("%%bash\ncat > notes <<EOF\npython train.py --net wide\nEOF", {}),
        ("%%bash\necho done\nexit 0\npython train.py --net wide", {}),
        ("%%script false\npython train.py --net wide", {}),
        ("!cat run.sh", {"run.sh": "python train.py --net wide\n"}),
        (
            "!make other",
            {"Makefile": "other:\n\techo other\ntrain:\n\tpython train.py --net wide\n"},
        ),
        ("NET, x = 'wide', input()\n!python train.py --net {NET} --y {x}", {}),
        ("NET = 'wide'\n!python train.py --net '$NET'", {}),
        (
            "import subprocess\nsubprocess.run(['python', 'train.py', '--net', 'wide'], cwd=input())",
            {},
        ),
    ],
)
def test_a_cell_that_does_not_say_which_network_is_trained(cell, files, tmp_path):
    files = {**BOTH, "train.py": CHOSEN, "S9.ipynb": [(cell, log(80))], **files}
    assert find(build(tmp_path, files)).model is None


def test_a_folder_that_another_process_enters_is_left_again(tmp_path):
    cells = "import os\nos.system('cd old')\nos.system('python train.py --net wide')"
    files = {**BOTH, "train.py": CHOSEN, "old/train.py": "print('old')\n"}
    found = find(build(tmp_path, {**files, "S9.ipynb": [(cells, log(80))]}))
    assert str(found.model) == WIDE


def in_notebook(folder, cell, **files):
    files = {name.replace("__", "."): text for name, text in files.items()}
    return find(build(folder, {**BOTH, "train.py": CHOSEN, "S9.ipynb": [(cell, log(80))], **files}))


@pytest.mark.parametrize(
    "cell",
    [
        "!python train.py \\\n    --net wide",
        "!python train.py --net wide  # the wide one",
        "!python train.py --net wide 2>&1 | tee log.txt",
        "!timeout 3600 uv run python train.py --net wide",
        "!python -m torch.distributed.run --nproc_per_node 1 train.py --net wide",
        "!bash -c 'python train.py --net wide'",
        "!!python train.py --net wide",
        "out = !python train.py --net wide",
        "%sx python train.py --net wide",
        "%time !python train.py --net wide",
        "%time %run -N 1 train.py --net wide",
        "%%bash\npython train.py \\\n    --net wide",
        "%%bash\nif [ ! -d data ]; then mkdir data; fi\npython train.py --net wide",
        "%%bash\nfor n in 1 2; do\necho $n\ndone\ncat <<EOF\nhello\nEOF\npython train.py --net wide",
        "%%sh\n# the wide one\npython train.py --net wide",
        "NET = 'wide'\n!python train.py --net $NET",
        "cfg = {'net': 'wide'}\n!python train.py --net {cfg['net']}",
        "import os\nos.system('python train.py --net wide')",
        "import subprocess, sys\nsubprocess.run([sys.executable, 'train.py', '--net', 'wide'], check=True)",
        "!bash run.sh",
        "!chmod +x run.sh && ./run.sh",
        "!make train",
    ],
)
def test_a_cell_that_starts_it(cell, tmp_path):
    command = "python train.py --net wide\n"
    found = in_notebook(tmp_path, cell, run__sh=command, Makefile=f"train:\n\t{command}")
    assert str(found.model) == WIDE


@pytest.mark.parametrize(
    "cell",
    [
        "%%bash\nNET=wide\npython train.py --net $NET",
        "NET = 'net'\nfor NET in ['wide']:\n    !python train.py --net $NET",
        "NET = 'net'\ndef go(NET):\n    !python train.py --net {NET}\ngo('wide')",
        "NET = input()\n!python train.py --net {NET}",
        "!for n in wide; do python train.py --net $n; done",
        "!echo wide | xargs python train.py --net",
        "import os\nos.system(f'python train.py --net {input()}')",
    ],
)
def test_a_cell_with_words_that_are_not_known(cell, tmp_path):
    assert in_notebook(tmp_path, cell).model is None


@pytest.mark.parametrize(
    "text",
    ["$-" * 20_000, "~" * 5_000 + "\n" * 5_000, "[" * 5_000, "`x.py` " * 30_000, "a " * 50_000],
)
def test_long_texts_are_read_in_time(text, tmp_path):
    files = {"README.md": text, "run.sh": f"python x.py {text}\n", "Makefile": text}
    assert str(find(build(tmp_path, {**BOTH, "train.py": CHOSEN, **files})).model) == NET
