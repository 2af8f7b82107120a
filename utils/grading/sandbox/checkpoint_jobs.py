"""In the child: a checkpoint's tensors by name, and what the recorded network predicts; no stranger's code is run."""

import io
import pickle

import torch
from torch import Tensor

from utils.grading.sandbox.graph_data import from_data
from utils.grading.sandbox.replay import for_any_batch, replay

_CHUNK = 50  # every feature map of so many images is in memory at once


def load(job: dict, tensors: list[Tensor]) -> tuple[dict, list[Tensor]]:
    """The largest collection of named tensors in the file whose bytes are given; nothing in it is executed."""
    data = tensors[0].numpy().tobytes()
    try:
        content = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, TypeError, KeyError, AttributeError) as error:
        text = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
        return {"error": f"it is no file that holds tensors alone ({text}); save model.state_dict()"}, []
    collections = [found for found in _collections(content) if found]
    if not collections:
        return {"error": "it holds no tensors by name; save model.state_dict()"}, []
    largest = max(collections, key=lambda found: sum(tensor.numel() for tensor in found.values()))
    return {"names": list(largest)}, list(largest.values())


def _collections(content, depth: int = 0):
    if isinstance(content, dict) and depth < 4:
        yield {name: tensor for name, tensor in content.items() if isinstance(name, str) and isinstance(tensor, Tensor)}
        for inner in content.values():
            yield from _collections(inner, depth + 1)


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
                scores = replay(graph, (chunk.float() / 255 - shift) / scale, graph.tensors)[graph.outputs[0]]
            predicted.append(scores.argmax(1))
        predictions.append(torch.cat(predicted))
    return {}, predictions
