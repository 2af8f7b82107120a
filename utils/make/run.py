"""The main job: get the data, train a recipe, execute the notebooks on that run and render them as pages in build/."""

import argparse
import os
import sys
import time
from pathlib import Path

from utils.data.data_sets import CIFAR10
from utils.make.notebook_execution import environment_without, execute
from utils.paths import REPOSITORY
from utils.train import attempt, parse_arguments
from utils.training.choices import SHORT_EPOCHS, shown
from utils.training.notebook_runs import CHOICES
from utils.training.progress import duration
from utils.training.recipes import RECIPES
from utils.training.record_tables import headline
from utils.training.run_record import RunRecord

BUILD = REPOSITORY / "build"
# The pages leave out the code of the set-up cells.
PAGES = (
    *("--output-dir", str(BUILD), "--TagRemovePreprocessor.enabled=True"),
    "--TagRemovePreprocessor.remove_input_tags={'hide-input'}",
)
SHOW_THE_RUN = ("03", "05")  # the notebooks that are executed on the run just trained


def main() -> int:
    """Train, execute the notebooks and say where to look; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m utils.make.run", description=__doc__)
    parser.add_argument("recipe", help=f"one of: {', '.join(RECIPES)}")
    parser.add_argument(
        "--epochs",
        default="auto",
        help="a number, 'recipe', or 'auto' (all on a GPU, few on a CPU)",
    )
    asked = parser.parse_args()
    os.environ.setdefault("RESULTS_DIR", str(BUILD / "runs"))  # a trial is not a committed result
    print(f"1. Training {asked.recipe} (epochs: {asked.epochs}).", flush=True)
    data = os.environ.get("DATA_SOURCE") or "auto"
    status, record = attempt(
        parse_arguments([asked.recipe, "--epochs", asked.epochs, "--data", data])
    )
    if record is None:
        return status
    notebooks = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))
    print(f"\n2. Executing {len(notebooks)} notebooks and writing them as pages.", flush=True)
    for notebook in notebooks:
        began = time.monotonic()
        print(f"   {notebook.name} ...", end=" ", flush=True)
        # Make passes on what its command line sets, EPOCHS=5 say, to every notebook.
        environment = environment_without(CHOICES) | notebook_environment(notebook, record, asked)
        if not execute(notebook, "html", PAGES, environment):
            return 1
        print(duration(time.monotonic() - began), flush=True)
    print(f"\n3. Done. {where_to_look(record, notebooks)}")
    return 0


def notebook_environment(
    notebook: Path, record: RunRecord, asked: argparse.Namespace
) -> dict[str, str]:
    """What makes `notebook` show the run that was trained, or else, on the digits, train a short one."""
    data_name, epochs = record.config["data"], record.recipe.epochs
    chosen = {"DATA_SOURCE": data_name}
    if notebook.name.startswith(SHOW_THE_RUN):
        name = record.folder.name.removesuffix(f"-{data_name}")
        return chosen | {"RECIPE": asked.recipe, "RUN": name, "EPOCHS": str(epochs)}
    if data_name == CIFAR10.name:
        return chosen
    return chosen | {"EPOCHS": str(min(epochs, SHORT_EPOCHS))}  # to see that it works


def where_to_look(record: RunRecord, notebooks: list[Path]) -> str:
    """The last lines of the job: what was trained, on what, and where it can be read."""
    pages = {notebook.name[:2]: BUILD / f"{notebook.stem}.html" for notebook in notebooks}
    lines = [headline(record), ""]
    if record.config["data"] != CIFAR10.name:
        lines += [
            f"*** Not {CIFAR10.title} but the handwritten digits of scikit-learn: this shows that everything works, "
            "no more. ***",
            "",
        ]
    lines += ["Where to look:", f"   your run             {shown(record.folder)}"]
    for number, what in (("03", "its curves and log"), ("05", "its errors")):
        lines.append(f"   {what:<20} {shown(pages[number])}")
    lines += [
        f"   all notebooks        {shown(BUILD)}/*.html",
        "   to change them       .venv/bin/jupyter lab notebooks",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
