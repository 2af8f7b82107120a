"""What stands for the names of packages that are not installed: nothing, or the little that a network needs of them."""

import copy
import sys
from types import CodeType, ModuleType

import torch
from torch import nn


class StandIn:
    """Something of a package that is not installed: it can be called, looked into, inherited from, and gives nothing."""

    def __init__(self, name: str):
        self.__dict__["_name"] = name

    def __call__(self, *args, **kwargs):
        decorated = (
            len(args) == 1 and not kwargs and callable(args[0]) and not isinstance(args[0], StandIn)
        )
        return args[0] if decorated else StandIn(f"{self._name}()")

    def __getattr__(self, name: str):
        return _of(self._name, name)

    def __mro_entries__(self, bases):
        return (object,)

    def __repr__(self) -> str:
        return f"<{self._name}, which is not installed>"


class StandInModule(ModuleType):
    """A package that is not installed."""

    def __getattr__(self, name: str):
        return _of(self.__name__, name)


def _of(owner: str, name: str):
    """What stands for `owner.name`."""
    if name.startswith("__"):
        raise AttributeError(name)
    if owner.partition(".")[0] == "torchmetrics" and name[:1].isupper():
        return Metric
    return _BASES.get(name) or StandIn(f"{owner}.{name}")


class _Hyperparameters(dict):
    """Read as entries and as attributes."""

    def __getattr__(self, name: str):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    __setattr__ = dict.__setitem__


class LightningModule(nn.Module):
    """What a network needs of pytorch_lightning.LightningModule to be built and to be called."""

    def __init__(self, *args, **kwargs):
        super().__init__()
        self._hparams = _Hyperparameters()

    @property
    def hparams(self) -> _Hyperparameters:
        """What save_hyperparameters() kept."""
        return self._hparams

    @property
    def device(self) -> torch.device:
        """Where its weights are."""
        return next((one.device for one in self.parameters()), torch.device("cpu"))

    def save_hyperparameters(self, *args, ignore=(), frame=None, logger=True) -> None:
        """Keep what is given: entries, or arguments of the constructor by their names, or all of those."""
        given = _arguments(frame or sys._getframe(1))
        if args and not isinstance(args[0], str):
            given = args[0] if isinstance(args[0], dict) else vars(args[0])
        elif args:
            given = {name: given[name] for name in args}
        left_out = {ignore} if isinstance(ignore, str) else set(ignore)
        self._hparams.update({key: one for key, one in given.items() if key not in left_out})

    def forward(self, *args, **kwargs):
        """Without one of its own, training_step() calls the network inside: it is meant where there is no other."""
        inside = [one for one in self.children() if any(True for _ in one.parameters())]
        if len(inside) != 1 or any(True for _ in self.parameters(recurse=False)):
            raise NotImplementedError(f"{type(self).__name__} defines no forward()")
        return inside[0](*args, **kwargs)

    def log(self, *args, **kwargs) -> None:
        """Nothing is logged here."""

    log_dict = print = log


def _arguments(frame) -> dict:
    """What the function of `frame` was called with, without its first argument."""
    code: CodeType = frame.f_code
    count = code.co_argcount + code.co_kwonlyargcount
    found = {name: frame.f_locals[name] for name in code.co_varnames[1:count]}
    if code.co_flags & 0x08:  # **kwargs, which follow *args where there are some
        found |= frame.f_locals[code.co_varnames[count + bool(code.co_flags & 0x04)]]
    return found


class Metric(nn.Module):
    """Any of torchmetrics' metrics: a module without weights. What it measures is not known."""

    def __init__(self, *args, **kwargs):
        super().__init__()

    def __getattr__(self, name: str):
        try:
            return super().__getattr__(name)
        except AttributeError:
            if name.startswith("__"):
                raise
            return StandIn(f"torchmetrics.Metric.{name}")

    def clone(self, *args, **kwargs) -> "Metric":
        """Another one of the same."""
        return copy.deepcopy(self)

    def forward(self, *args, **kwargs) -> StandIn:
        """What it measured."""
        return StandIn("torchmetrics.Metric()")


# Classes of packages that may be missing and that networks inherit from: what they are in essence.
_BASES = {"LightningModule": LightningModule, "PyTorchModelHubMixin": object}
