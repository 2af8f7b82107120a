"""Whether it is the network that is trained, and not something that it only carries along."""

from utils.grading.code_reader.changes import is_layer
from utils.grading.code_reader.reader import Reader
from utils.grading.code_reader.trainers import runs_a_trainer
from utils.grading.code_reader.training_code import inside
from utils.grading.code_reader.values import Call, Instance, Made, UserFunction

_CALLS = {"__call__", "forward"}
_USES = {"__call__", "parameters", "named_parameters"}


def last_training(reader: Reader) -> int:
    """The number of the last call that trains, of all that reading met; what happens later changes no result of it."""
    return max(
        (
            number
            for number, call in enumerate(reader.calls)
            if call.name == "backward" or runs_a_trainer(call)
        ),
        default=len(reader.calls),
    )


def trained_otherwise(reader: Reader, network: Instance, last: int) -> str:
    """Where the training uses another network that this one only holds, or a method in the place of forward()."""
    hidden = _hidden(network)
    for call in reader.calls[:last]:
        if call.name in _USES and id(call.receiver) in hidden and not _in_forward(call, network):
            return f"{call.place.where} trains a network that {network.cls.name} holds without registering it"
    for number, call in enumerate(reader.calls):
        if call.name == "__iter__" and (
            place := _by_method(list(inside(reader.calls, number)), network)
        ):
            return place
    return ""


def _by_method(calls: list[Call], network: Instance) -> str:
    """Where a loop that trains gives images to a method of the network which never calls forward()."""
    if not any(one.name == "backward" for one in calls):
        return ""
    if any(one.receiver is network and one.name in _CALLS for one in calls):
        return ""
    from torch import nn

    for one in calls:
        if (
            one.receiver is network
            and isinstance(one.callee, UserFunction)
            and (one.args or one.kwargs)
            and not any(step.function.bound is network for step in one.stack)
            and not hasattr(nn.Module, one.name)
        ):
            return f"{one.place.where} trains {network.cls.name}.{one.name}() in the place of its forward()"
    return ""


def _in_forward(call: Call, network: Instance) -> bool:
    return any(
        step.function.bound is network and step.function.name in ("forward", "__init__")
        for step in call.stack
    )


def _hidden(network: Instance) -> set[int]:
    """The layers in lists and dicts of the network that are no parts of it as torch sees it."""
    registered, carried = set(), {}
    waiting = [network]
    while waiting and len(registered) < 5_000:
        one = waiting.pop()
        if id(one) in registered:
            continue
        registered.add(id(one))
        waiting += [each for each in one.attributes.values() if is_layer(each)]
        held = [each for each in one.attributes.values() if isinstance(each, (list, tuple, dict))]
        carried |= {id(each): each for each in _layers(held)}
        if isinstance(one, Made):
            waiting += _layers([one.args, one.kwargs])
    return carried.keys() - registered


def _layers(values: list) -> list:
    found, waiting, left = [], list(values), 5_000
    while waiting and left:
        one, left = waiting.pop(), left - 1
        if isinstance(one, dict):
            waiting.extend(one.values())
        elif isinstance(one, (list, tuple)):
            waiting.extend(one[:left])
        elif is_layer(one):
            found.append(one)
    return found
