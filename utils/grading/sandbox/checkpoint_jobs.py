"""In the child: a checkpoint's tensors by name, and what the recorded network predicts; no stranger's code is run."""

import io
import re

import torch
from torch import Tensor

from utils.grading.sandbox.graph_data import from_data
from utils.grading.sandbox.replay import for_any_batch, replay

_CHUNK = 50  # every feature map of so many images is in memory at once
_DEPTH = 4  # dicts in one another in which named tensors are looked for
_MOST_CLASSES = 200  # that are no tensors, in one file
_FOREIGN = re.compile(r"Unsupported global: GLOBAL (\S+) was not")
# Of several collections of the same size, the network's own has one of these names.
_USUAL = (
    "model_state_dict",
    "state_dict",
    "model",
    "net",
    "network",
    "model_state",
    "weights",
    "params",
)
_MODULE = "torch.nn.modules."
_WHOLE = (
    "it holds a whole module, as torch.save(model) writes it, which only its own code could open"
)
# What PyTorch says → what that means.
_REFUSALS = {
    "TorchScript": "it is a TorchScript archive, which holds code",
    "persistent_load of storage": _WHOLE,
}


class _Inert:
    """What stands for an object that is not a tensor (a date, a path, a NumPy number): it does nothing and holds nothing."""

    def __new__(cls, *given, **named):
        return object.__new__(cls)

    def __init__(self, *given, **named):
        pass

    def __setstate__(self, state):
        pass


class _Dict:
    """What stands for other kinds of dict: a plain one, whose items are read."""

    def __new__(cls, *given, **named):
        return {}


def load(job: dict, tensors: list[Tensor]) -> tuple[dict, list[Tensor]]:
    """The longest collection of named tensors in the file whose bytes are given; nothing in it is executed.

    "part" says where in the file's dicts it lies, empty for the whole.
    """
    content, classes = _loaded(tensors[0].numpy().tobytes())
    if isinstance(content, _Unopened):
        return {"error": f"{content}; save model.state_dict() with torch.save instead"}, []
    collections = {part: found for part, found in _collections(content) if found}
    if not collections:
        why = (
            _WHOLE
            if any(name.startswith(_MODULE) for name in classes)
            else "it holds no tensors by name"
        )
        return {"error": f"{why}; save model.state_dict() with torch.save instead"}, []
    part = max(
        collections,
        key=lambda part: (len(collections[part]), _size(collections[part]), -_rank(part)),
    )
    return {"names": list(collections[part]), "part": part}, list(collections[part].values())


class _Unopened(str):
    """A clause that says why a file cannot be opened."""


def _loaded(data: bytes) -> tuple[object, list[str]]:
    """What torch.save wrote, read with weights_only=True; and the classes in it, other than tensors', that are left out."""
    stand_ins: dict[str, type] = {}
    for _ in range(_MOST_CLASSES):
        try:
            torch.serialization.add_safe_globals([*stand_ins.values()])
            return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True), [*stand_ins]
        except MemoryError:
            raise
        except Exception as error:  # of many kinds, by what is wrong with the file
            for said, why in _REFUSALS.items():
                if said in str(error):
                    return _Unopened(why), []
            unknown = _FOREIGN.search(str(error))
            name = (
                unknown[1]
                if unknown and "." in unknown[1]
                else f"builtins.{unknown[1]}"
                if unknown
                else ""
            )
            if not name or name in stand_ins:
                break
            stand_ins[name] = _stand_in(name)
        finally:
            torch.serialization.clear_safe_globals()
    return _Unopened("it cannot be read as a file of tensors"), []


def _stand_in(name: str) -> type:
    """A class that PyTorch takes for the one of this name."""
    module, _, last = name.rpartition(".")
    return type(
        last,
        (_Dict if "dict" in last.lower() else _Inert,),
        {"__module__": module, "__qualname__": last},
    )


def _collections(content, part: str = "", depth: int = 0):
    if isinstance(content, dict) and depth < _DEPTH:
        yield (
            part,
            {
                name: one
                for name, one in content.items()
                if isinstance(name, str) and isinstance(one, Tensor)
            },
        )
        for name, inner in content.items():
            yield from _collections(inner, f"{part}.{name}".strip("."), depth + 1)


def _size(named: dict[str, Tensor]) -> int:
    return sum(tensor.numel() for tensor in named.values())


def _rank(part: str) -> int:
    """The place of a collection among the usual ones, the last for all others."""
    last = part.rpartition(".")[2]
    return _USUAL.index(last) if last in _USUAL else len(_USUAL)


def predict(job: dict, tensors: list[Tensor]) -> tuple[dict, list[Tensor]]:
    """The index of the largest score for each image, once for each normalisation of the job."""
    count = job["tensors"]
    first, second = (from_data(data, tensors[:count]) for data in job["graphs"])
    images, predictions = tensors[count], []
    for mean, deviation in job["normalisations"]:
        shift, scale = (torch.tensor(values).view(1, 3, 1, 1) for values in (mean, deviation))
        predicted = []
        for chunk in images.split(_CHUNK):
            graph = for_any_batch(first, second, len(chunk))
            with torch.no_grad():
                scores = replay(graph, (chunk.float() / 255 - shift) / scale, graph.tensors)[
                    graph.outputs[0]
                ]
            predicted.append(scores.argmax(1))
        predictions.append(torch.cat(predicted))
    return {}, predictions
