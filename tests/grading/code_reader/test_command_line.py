"""What argparse gives a network is what Python's own argparse gives it; what cannot be followed leaves the network open."""

import subprocess
import sys

import pytest

from tests.grading.first_attempt import find
from tests.grading.layouts import build
from tests.grading.program.test_attempts import BUILD, MODULES, SCRIPT

START = "import argparse\nfrom model import Net\nparser = argparse.ArgumentParser()\n"
WIDTH = "parser.add_argument('--width', type=int, default=32)\n"
END = "given = parser.parse_args()\n"
WORDS = {
    "nothing": (WIDTH, ""),
    "a flag": (WIDTH, "--width 40"),
    "with =": (WIDTH, "--width=40"),
    "the last counts": (WIDTH, "--width 40 --width 48"),
    "an abbreviation": (WIDTH, "--wid 40"),
    "a short one": ("parser.add_argument('-w', '--width', type=int, default=32)\n", "-w40"),
    "a position": ("parser.add_argument('width', type=int, nargs='?', default=32)\n", "40"),
    "no position": ("parser.add_argument('width', type=int, nargs='?', default=32)\n", ""),
    "a position that must be given": ("parser.add_argument('width', type=int)\n", "40"),
    "several": (
        "parser.add_argument('--width', type=int, nargs='+', default=[32])\n",
        "--width 40 48",
    ),
    "gathered": (
        "parser.add_argument('--width', type=int, action='append')\n",
        "--width 4 --width 8",
    ),
    "none gathered": ("parser.add_argument('--width', type=int, action='append')\n", ""),
    "counted": ("parser.add_argument('-w', dest='width', action='count')\n", "-www"),
    "a default as text": ("parser.add_argument('--width', type=int, default='32')\n", ""),
    "a decimal": ("parser.add_argument('--width', type=float, default=1)\n", "--width 0.5"),
    "a text": ("parser.add_argument('--width', default='small')\n", "--width wide"),
    "a literal": (
        "import ast\nparser.add_argument('--width', type=ast.literal_eval, default=())\n",
        "--width '(1, 2)'",
    ),
    "switched on": ("parser.add_argument('--width', action='store_true')\n", "--width"),
    "not switched on": ("parser.add_argument('--width', action='store_true')\n", ""),
    "switched off": (
        "parser.add_argument('--narrow', dest='width', action='store_false')\n",
        "--narrow",
    ),
    "a constant": (
        "parser.add_argument('--wide', dest='width', action='store_const', const=64, default=32)\n",
        "--wide",
    ),
    "yes or no": (
        "parser.add_argument('--width', action=argparse.BooleanOptionalAction, default=True)\n",
        "--no-width",
    ),
    "other defaults": (WIDTH + "parser.set_defaults(width=48)\n", ""),
    "other defaults before": (
        "parser.set_defaults(width=48)\nparser.add_argument('--width', type=int)\n",
        "",
    ),
    "a group": (
        "group = parser.add_argument_group('net')\ngroup.add_argument('--width', type=int, default=32)\n",
        "--width 40",
    ),
    "a parent": (
        "above = argparse.ArgumentParser(add_help=False)\n"
        "above.add_argument('--width', type=int, default=32)\n"
        "parser = argparse.ArgumentParser(parents=[above])\n",
        "--width 40",
    ),
    "a subcommand": (
        "commands = parser.add_subparsers(dest='command')\n"
        "one = commands.add_parser('train')\none.add_argument('--width', type=int, default=32)\n"
        "two = commands.add_parser('test')\ntwo.add_argument('--width', type=int, default=8)\n",
        "train --width 40",
    ),
    "counted from a number": (
        "parser.add_argument('-w', dest='width', action='count', default=1)\n",
        "-ww",
    ),
    "gathered after others": (
        "parser.add_argument('--width', type=int, action='append', default=[1])\n",
        "--width 4",
    ),
    "a text as another default": (WIDTH + "parser.set_defaults(width='48')\n", ""),
    "any number of positions": ("parser.add_argument('width', type=int, nargs='*')\n", ""),
    "another value": (WIDTH + "parser.add_argument('--lr', type=float)\n", "--lr 0.1"),
}


def network(folder, declared: str, words: str, end: str = END):
    program = SCRIPT.replace(BUILD, f"{START}{declared}{end}model = Net(given.width)\n")
    files = {**MODULES, "train.py": program, "run.sh": f"python train.py {words}\n"}
    return find(build(folder, files)).model


@pytest.mark.parametrize("what", WORDS)
def test_it_gives_what_python_gives(what, tmp_path):
    declared, words = WORDS[what]
    (tmp_path / "asks.py").write_text(
        f"import argparse\n{START.split('Net')[1]}{declared}{END}print(repr(given.width))"
    )
    command = f"{sys.executable} asks.py {words}"
    done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (
        str(network(tmp_path / "theirs", declared, words)) == f"model.py:Net({done.stdout.strip()})"
    )


@pytest.mark.parametrize(
    "declared, words",
    [
        (WIDTH, "--depth 40"),  # it would not start
        (WIDTH, "--width wide"),
        ("parser.add_argument('width', type=int)\n", ""),
        ("parser.add_argument('--width', type=int, required=True)\n", ""),
        ("parser.add_argument('--width', type=lambda text: 2 * int(text))\n", "--width 40"),
        (
            "class Own(argparse.Action): pass\nparser.add_argument('--width', action=Own)\n",
            "--width 40",
        ),
        (WIDTH.replace("ArgumentParser()", ""), "@words.txt --width 40"),
        (WIDTH + "parser.register('type', 'even', int)\n", ""),
        ("import ast\nparser.add_argument('--width', type=ast.literal_eval)\n", "--width 3x3"),
        (WIDTH.replace("'--width'", "''"), ""),
        (WIDTH + "import os\nif os.path.exists('big'):\n    parser.set_defaults(width=64)\n", ""),
        (WIDTH + "import json, sys\nparser.set_defaults(**json.load(sys.stdin))\n", ""),
        (
            "for name in open('names'):\n    parser.add_argument(name, default=32)\n" + WIDTH,
            "--width 40",
        ),
    ],
)
def test_what_cannot_be_followed_leaves_the_network_open(declared, words, tmp_path):
    found = network(tmp_path, declared, words)
    assert found is None or not found.complete


def test_a_file_of_words_is_not_followed(tmp_path):
    declared = "parser = argparse.ArgumentParser(fromfile_prefix_chars='@')\n" + WIDTH
    assert not network(tmp_path / "a", declared, "@words.txt").complete
    assert str(network(tmp_path / "b", declared, "--width 40")) == "model.py:Net(40)"


def test_a_namespace_that_is_given_is_not_followed(tmp_path):
    end = "given = parser.parse_args(namespace=argparse.Namespace(width=64))\n"
    assert not network(tmp_path, WIDTH, "", end).complete


def test_a_copy_of_the_arguments_is_another_object(tmp_path):
    end = f"import copy\n{END}other = copy.deepcopy(given)\nother.width = 64\n"
    assert str(network(tmp_path, WIDTH, "--width 40", end)) == "model.py:Net(40)"


def test_what_several_commands_give_alike_is_known(tmp_path):
    declared = WIDTH + "parser.add_argument('--lr', type=float)\n"
    alike = "--width 40 --lr 0.1\npython train.py --lr 0.2 --width 40"
    assert str(network(tmp_path / "a", declared, alike)) == "model.py:Net(40)"
    assert not network(tmp_path / "b", declared, alike.replace("0.2 --width 40", "0.2")).complete


def test_a_list_in_the_place_of_the_command_line(tmp_path):
    for place, given in enumerate(("['--width', '48']", "args=['--width', '48']")):
        end = f"given = parser.parse_args({given})\n"
        assert str(network(tmp_path / str(place), WIDTH, "--width 40", end)) == "model.py:Net(48)"


def test_the_words_that_are_left(tmp_path):
    end = "given, left = parser.parse_known_args()\n"
    assert str(network(tmp_path, WIDTH, "--width 40 --other 1", end)) == "model.py:Net(40)"


@pytest.mark.parametrize(
    "files, known",
    [
        ({}, True),
        ({"run.sh": "WIDTH=40 python train.py\n"}, False),
        ({"run.sh": "export WIDTH=40\npython train.py\n"}, False),
        ({"run.ps1": "$env:WIDTH = 40\npython train.py\n"}, False),
        ({"Dockerfile": "ENV WIDTH 40\nCMD python train.py\n"}, False),
        ({"README.md": "```\nWIDTH=40 python train.py\n```\n"}, False),
        ({"settings.py": "import os\nos.environ['WIDTH'] = '40'\n"}, False),
        ({"run.sh": "OTHER_WIDTH=40 python train.py\n"}, True),
        ({"settings.py": "WIDTH = 40\n"}, True),
    ],
)
def test_a_variable_of_the_environment_that_is_set(files, known, tmp_path):
    made = "import os\nfrom model import Net\nmodel = Net(int(os.environ.get('WIDTH', 32)))\n"
    found = find(
        build(tmp_path, {**MODULES, "train.py": SCRIPT.replace(BUILD, made), **files})
    ).model
    assert (str(found) == "model.py:Net(32)") == known
    assert found.complete == known


@pytest.mark.parametrize(
    "start", ["import clize\nclize.run(main)\n", "import hydra\nhydra.main()(main)()\n"]
)
def test_a_program_that_another_library_starts_leaves_the_network_open(start, tmp_path):
    body = "".join(
        f"    {line}\n" for line in SCRIPT.replace(BUILD, "model = Net(width)\n").split("\n")
    )
    program = f"from model import Net\ndef main(width: int = 32):\n{body}{start}"
    found = find(build(tmp_path, {**MODULES, "train.py": program})).model
    assert found is None or not found.complete
