"""Which run is meant: by RECIPE, RUN, EPOCHS and SEED of a notebook, or by the options of the command line.

Both follow the same rules. Without a name, a run is called by its recipe and by what differs from it
("aster-5-epochs-seed-2"). Under the name of a run that is there, what is not said is taken from its record.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from utils.data.images import DIGITS, ImageData
from utils.errors import UserError
from utils.paths import REPOSITORY
from utils.runtime import Precision
from utils.training.recipes import RECIPES, Recipe, find_recipe
from utils.training.run_record import RunRecord, load_run, run_folder

# Epochs of "auto" where there is no GPU: enough to see it learn, within minutes.
SHORT_EPOCHS, SHORT_EPOCHS_ON_DIGITS = 3, 20
NOT_RUNS = ("logged", "search")  # the folders in results/ that hold something else


@dataclass(frozen=True)
class Choice:
    """A run: `recipe` as it is trained, on `data`, kept in `folder`, where `record` is what is there already, or None."""

    recipe: Recipe
    data: ImageData
    folder: Path
    precision: Precision
    record: RunRecord | None

    @property
    def name(self) -> str:
        """What RUN has to say for this run."""
        return self.folder.name.removesuffix(f"-{self.data.name}")

    def __str__(self) -> str:
        done = len(self.record.history) if self.record else 0
        there = f"{done} of them are there" if done else "none is there yet"
        return (
            f"{self.recipe.model}, {self.recipe.epochs} epochs, seed {self.recipe.seed}, on {self.data.name}, "
            f"in {shown(self.folder)}: {there}."
        )


def shown(folder: Path) -> str:
    """`folder` as it is called in a sentence: from the repository's root where it is inside."""
    inside = folder.is_relative_to(REPOSITORY)
    return str(folder.relative_to(REPOSITORY) if inside else folder)


def resolve(
    recipe_name: str,
    run: str | None,
    epochs: int | str | None,
    seed: int | None,
    data: ImageData,
    precision: Precision,
    folder_of: Callable[[str, str], Path] = run_folder,
) -> Choice:
    """The run that is meant; UserError where a choice makes no sense, or contradicts the run of that name."""
    usual = find_recipe(recipe_name)
    wanted = replace(
        usual,
        epochs=choose_epochs(epochs, usual, data.name, precision.device.type),
        seed=choose_seed(seed, usual),
    )
    name = default_run_name(recipe_name, wanted) if run is None else require_run_name(run)
    folder = folder_of(name, data.name)
    record = load_run(folder)
    if record is not None and run is not None:
        wanted = replace(
            wanted,
            epochs=_as_there(record, "epochs", None if epochs is None else wanted.epochs),
            seed=_as_there(record, "seed", seed),
        )
    return Choice(wanted, data, folder, precision, record)


def choose_epochs(asked: int | str | None, recipe: Recipe, data_name: str, device_type: str) -> int:
    """The number of epochs that is meant; None and "recipe" are the recipe's, "auto" means few of them on a CPU."""
    if asked in (None, "recipe") or (asked == "auto" and device_type != "cpu"):
        return recipe.epochs
    if asked == "auto":
        return SHORT_EPOCHS_ON_DIGITS if data_name == DIGITS else SHORT_EPOCHS
    if isinstance(asked, bool) or not re.fullmatch(r"0*[1-9]\d{0,5}", str(asked), re.ASCII):
        raise UserError(
            f"There cannot be {asked!r} epochs: --epochs needs a whole number of at least 1 "
            "(on the command line 'recipe' and 'auto' are words for one)."
        )
    return int(asked)


def choose_seed(asked: int | None, recipe: Recipe) -> int:
    """`asked`, or for None the recipe's; UserError unless it is a whole number of at least 0."""
    if asked is None:
        return recipe.seed
    if isinstance(asked, bool) or not isinstance(asked, int) or asked < 0:
        raise UserError(f"The seed cannot be {asked!r}: --seed needs a whole number of at least 0.")
    return asked


def default_run_name(name: str, recipe: Recipe) -> str:
    """`name` and what `recipe` changes in the recipe of that name: such as "aster-5-epochs-seed-2"."""
    usual = RECIPES[name]
    epochs = f"-{recipe.epochs}-epochs" if recipe.epochs != usual.epochs else ""
    seed = f"-seed-{recipe.seed}" if recipe.seed != usual.seed else ""
    return f"{name}{epochs}{seed}"


def require_run_name(name: str) -> str:
    """`name`; UserError where it cannot be that of a folder of its own under results/."""
    good = isinstance(name, str) and re.fullmatch(r"[A-Za-z0-9._-]{1,100}", name)
    if not good or not name.strip(".") or name in NOT_RUNS:
        raise UserError(
            f"{name!r} cannot be the name of a run: use letters, digits, '-', '_' and '.', such as my-run-2 "
            f"(not {' or '.join(NOT_RUNS)}, which are taken)."
        )
    return name


def _as_there(record: RunRecord, what: str, asked: int | None) -> int:
    """`what` of `record`; UserError when another one is asked for under its name."""
    there = getattr(record.recipe, what)
    if asked not in (None, there):
        why = "" if what == "seed" else ", so that one name means one training"
        raise UserError(
            f"The run in {shown(record.folder)} has {_count(what, there)} and not {asked}, and cannot be "
            f"changed{why}. Choose another run name (--run), or leave --{what} out to go on with it."
        )
    return there


def _count(what: str, number: int) -> str:
    return f"the seed {number}" if what == "seed" else f"{number} epoch{'s' * (number > 1)}"
