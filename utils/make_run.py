"""The main job: get the data, train a recipe, execute the notebooks on that run and render them as pages in build/."""

import argparse
import os
import subprocess
import sys

from utils.data.data_sets import CIFAR10
from utils.paths import REPOSITORY
from utils.train import attempt, parse_arguments
from utils.training.recipes import RECIPES

BUILD = REPOSITORY / "build"


def main() -> int:
    """Train, execute the notebooks and say where to look; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m utils.make_run", description=__doc__)
    parser.add_argument("recipe", help=f"one of: {', '.join(RECIPES)}")
    parser.add_argument(
        "--epochs",
        default="auto",
        help="a number, 'recipe', or 'auto' (all on a GPU, few on a CPU)",
    )
    asked = parser.parse_args()
    os.environ.setdefault("RESULTS_DIR", str(BUILD / "runs"))  # a trial is not a committed result
    status, record = attempt(
        parse_arguments([asked.recipe, "--epochs", asked.epochs, "--data", "auto"])
    )
    if record is None:
        return status
    data_name = record.config["data"]
    environment = os.environ | {
        "DATA_SOURCE": data_name,
        "RECIPE": asked.recipe,
        "EPOCHS": str(record.recipe.epochs),
        "RUN": record.folder.name.removesuffix(f"-{data_name}"),
    }
    for notebook in sorted((REPOSITORY / "notebooks").glob("*.ipynb")):
        print(f"Executing {notebook.name} on {data_name} ...", flush=True)
        command = [
            sys.executable,
            "-m",
            "nbconvert",
            "--to",
            "html",
            "--execute",
            "--log-level",
            "ERROR",
            "--output-dir",
            str(BUILD),
            str(notebook),
        ]
        if subprocess.run(command, env=environment).returncode:
            print(f"{notebook.name} could not be executed: see the error above.", file=sys.stderr)
            return 1
    print_where_to_look(record)
    return 0


def print_where_to_look(record) -> None:
    """The last lines of the job: what was trained, on what, and where it can be read."""
    data_name = record.config["data"]
    if data_name != CIFAR10.name:
        print(
            f"\n*** Not {CIFAR10.title} but the embedded handwritten digits: this shows that everything works, "
            "no more. ***"
        )
    print(
        f"\nTrained {record.recipe.model} for {record.recipe.epochs} epochs on {data_name}: test accuracy "
        f"{record.history[-1].test_accuracy:.2f} %. Look at:"
    )
    print(f"  the run:   {record.folder}")
    for page in sorted(BUILD.glob("*.html")):
        print(f"  the page:  {page}")


if __name__ == "__main__":
    sys.exit(main())
