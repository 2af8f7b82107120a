"""The network of a run in its forms: the one that is trained, compiled or not, and the one that is tested and kept."""

from models import build_model
from utils import runtime
from utils.data.data_sets import DATA_SETS
from utils.runtime import Precision, memory_format
from utils.training.averaging import AveragedWeights
from utils.training.compilation import compile_for
from utils.training.recipes import Recipe


class Network:
    """`model` has the weights that the optimiser changes, `forward` computes with them, `tested` is what a record keeps.

    The last is `model` itself, or with `recipe.ema_decay` the average of its weights. `how` says how it is compiled; None
    where nobody asked for that.
    """

    def __init__(self, recipe: Recipe, precision: Precision, compiled: bool = False):
        runtime.seed_torch(recipe.seed)
        model = build_model(recipe.model, DATA_SETS[recipe.data_set].classes)
        self.model = model.to(precision.device, memory_format=memory_format(precision.device))
        self.forward, self.how = self.model, None
        if compiled:
            self.forward, self.how = compile_for(self.model, recipe, precision)
        decay = recipe.ema_decay
        self._averaged = AveragedWeights(self.model, decay) if decay else None
        self.tested = self._averaged.average if self._averaged else self.model

    def after_step(self) -> None:
        """What is to be done when the optimiser has changed the weights."""
        if self._averaged:
            self._averaged.update()

    def state_dict(self) -> dict:
        """For a checkpoint: "model" are the weights that are tested, "trained" the others where there are others."""
        state = {"model": self.tested.state_dict()}
        if self._averaged:
            state |= {"trained": self.model.state_dict(), "updates": self._averaged.updates}
        return state

    def load_state_dict(self, state: dict) -> None:
        """The inverse; KeyError or RuntimeError when `state` is of another network."""
        self.tested.load_state_dict(state["model"])
        if self._averaged:
            self.model.load_state_dict(state["trained"])
            self._averaged.updates = state["updates"]
