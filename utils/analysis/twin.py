"""The twin of a run: the same recipe on nine tenths of the training images, for what is fitted without the test images."""

from dataclasses import replace

from utils.data.images import hold_out
from utils.errors import UserError
from utils.training.choices import Choice, choose_epochs, shown
from utils.training.fit import fit
from utils.training.run_record import RunRecord, load_run, recorded_folder


def twin_of(choice: Choice, epochs: int | None) -> RunRecord | None:
    """The stored twin of the run, or one trained for `epochs`; None, and a printed line, where there is neither."""
    held = hold_out(choice.data)
    folder = recorded_folder(f"{choice.name}-twin", held.name)
    if epochs is not None:
        epochs = choose_epochs(epochs, choice.recipe, held.name, choice.precision.device.type)
        return fit(replace(choice.recipe, epochs=epochs), held, folder, choice.precision)
    twin = load_run(folder)
    if twin is None or not twin.complete:
        advice = (
            f"to train one, set TWIN_EPOCHS, for example to {max(1, choice.recipe.epochs // 3)}"
        )
        print(f"Skipped: {shown(folder)} holds no twin of this run ({advice}).")
        return None
    if replace(twin.recipe, epochs=choice.recipe.epochs) != choice.recipe:
        raise UserError(f"{shown(folder)} is of another recipe than the run: rename one of them.")
    return twin
