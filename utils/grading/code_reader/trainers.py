"""The libraries that have the training loop themselves, and what they call of the objects that they are given."""

import re
from dataclasses import replace

from utils.grading.code_reader.values import (
    Call,
    Instance,
    Library,
    Made,
    Unknown,
    UserClass,
    UserFunction,
)

# By library, the methods of its trainers that train.
_TRAINING = {
    "pytorch_lightning": {"fit"},
    "lightning": {"fit"},
    "fastai": {"fit", "fit_one_cycle", "fit_flat_cos", "fit_sgdr", "fine_tune"},
    "skorch": {"fit", "partial_fit"},
    "ignite": {"run"},
    "tensorflow": {"fit"},
    "keras": {"fit"},
    "transformers": {"train"},
    "catalyst": {"train"},
    "composer": {"fit"},
    "poutyne": {"fit", "fit_dataset", "fit_generator"},
    "torchbearer": {"run"},
    "pytorch_accelerated": {"train"},
    "mmengine": {"train"},
}
_TRAINER = re.compile(r"train|\.Learner$|NeuralNet|\.Trial$", re.I)
_ENGINE = "ignite.engine.Engine"  # runs the function that it is given, which trains or not
_LOADING = ("prepare_data", "setup", "train_dataloader", "val_dataloader", "test_dataloader")


def trains(reader) -> bool:
    """Whether reading met a backward pass, or a library's trainer that is started."""
    return any(call.name == "backward" or runs_a_trainer(call) for call in reader.calls)


def runs_a_trainer(call: Call) -> bool:
    """Whether a call starts the training of a library that has the loops: fit() of Lightning's Trainer and its like."""
    return any(
        call.name in _TRAINING.get(name.partition(".")[0], ())
        and name != _ENGINE
        and "evaluat" not in name
        for name in _kinds(call.receiver)
    )


def makes_a_trainer(callee) -> bool:
    """Whether a call makes a library's trainer, which trains the network that it is given."""
    names = (
        callee.library_bases()
        if isinstance(callee, UserClass)
        else [callee.name]
        if isinstance(callee, Library)
        else []
    )
    return any(name.partition(".")[0] in _TRAINING and _TRAINER.search(name) for name in names)


def _kinds(value) -> list[str]:
    """The library's name of what `value` is; the submission's own classes are what they inherit from."""
    if isinstance(value, Made):
        return [value.name]
    return value.cls.library_bases() if isinstance(value, Instance) else []


def read_callbacks(reader) -> None:
    """What fit() of Lightning's Trainer and run() of Ignite's Engine call of what they are given."""
    for call in list(reader.calls):
        if call.name == "fit":
            for given in (*call.args, *call.kwargs.values()):
                _read_loading(reader, given)
        elif call.name == "run" and _ENGINE in _kinds(call.receiver):
            for step in getattr(call.receiver, "args", ()):
                if isinstance(step, UserFunction):
                    given = Unknown("what an engine gives its function is known only when it runs")
                    reader.invoke(step, (call.receiver, given), {}, step.place)


def _read_loading(reader, given) -> None:
    """The methods that make the loaders."""
    for name in _LOADING if isinstance(given, Instance) else ():
        method, owner = given.cls.find(name)
        if isinstance(method, UserFunction):
            bound = replace(method, bound=given, owner=method.owner or owner)
            reader.invoke(bound, (), {}, given.place)
