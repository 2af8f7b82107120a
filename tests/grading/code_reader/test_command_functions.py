"""Programs that a library of commands starts: what their functions do is read, with what the words of the command say."""

import pytest

from tests.grading.first_attempt import find
from tests.grading.layouts import BUILD, IMPORTS, LOADERS, NETWORK, RUN, TIDY, build

# Net takes a width in this network.
SIZED = NETWORK.replace(
    "def __init__(self):\n        super().__init__()\n        self.body",
    "def __init__(self, width=8):\n        super().__init__()\n        self.body",
).replace("Layer(3, 8), Layer(8, 10)", "Layer(3, width), Layer(width, 10)")
BODY = "".join(
    f"    {line}\n"
    for line in (LOADERS + BUILD.replace("Net()", "Net(width)") + RUN[0]).split("\n")
)
METHOD = "".join(f"    {line}\n" for line in BODY.split("\n"))
MAIN = "if __name__ == '__main__':\n    "

STARTED = {
    "fire": f"import fire\ndef main(width=8):\n{BODY}{MAIN}fire.Fire(main)\n",
    "fire with a table": f"import fire\ndef train(width=8):\n{BODY}{MAIN}fire.Fire({{'train': train}})\n",
    "fire with a class": f"import fire\nclass Work:\n    def train(self, width=8):\n{METHOD}{MAIN}fire.Fire(Work)\n",
    "typer.run": f"import typer\ndef main(width: int = 8):\n{BODY}{MAIN}typer.run(main)\n",
    "an app of typer": f"import typer\napp = typer.Typer()\n@app.command()\ndef train(width: int = 8):\n{BODY}{MAIN}app()\n",
    "a group of click": f"import click\n@click.group()\ndef cli():\n    pass\n@cli.command()\ndef train(width=8):\n{BODY}"
    f"@cli.command()\ndef show():\n    print('hello')\n{MAIN}cli()\n",
}


def started(folder, kind, command):
    files = {"model.py": SIZED, "S9.ipynb": None, "go.py": IMPORTS + STARTED[kind]}
    return find(build(folder, TIDY | files | {"run.sh": f"{command}\n"}))


@pytest.mark.parametrize("kind", STARTED)
def test_without_words_the_defaults_hold(kind, tmp_path):
    found = started(tmp_path, kind, "echo hello")
    assert str(found.model) == "go.py:Net(8)".replace("go.py", "model.py"), found.why
    assert found.model.complete


@pytest.mark.parametrize("kind", ["fire with a table", "fire with a class", "a group of click"])
def test_the_command_that_is_named_is_the_one(kind, tmp_path):
    found = started(tmp_path, kind, "python go.py train")
    assert str(found.model) == "model.py:Net(8)" and found.model.complete, found.why


@pytest.mark.parametrize("kind", STARTED)
@pytest.mark.parametrize("words", ["--width 64", "train --width 64", "$WIDTH"])
def test_words_that_may_change_them_leave_them_open(kind, words, tmp_path):
    found = started(tmp_path, kind, f"python go.py {words}")
    assert found.model is None or not found.model.complete, str(found.model)
