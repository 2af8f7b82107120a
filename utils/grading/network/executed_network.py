"""A stranger's network as the grader believes it: recorded in one child, computed again in a second, compared with a third.

The first child builds the network and records what it executes. The grader then draws weights and images that nobody has
seen. A fresh child gives what the real network makes of them, another computes the recording alone. Only where the two
agree, for batch sizes that were not announced, is the recording what the network does.
"""

import ast
import fnmatch
import os
import posixpath
from dataclasses import dataclass

import torch
from torch import Tensor

from utils.architecture.executed_graph import ExecutedGraph, Value
from utils.grading.network.effective_graph import effective, training
from utils.grading.network.random_weights import fixed_values, fresh_images, fresh_weights
from utils.grading.network.written_seeds import written_seeds
from utils.grading.program.finding import ModelReference
from utils.grading.sandbox.failure import without_texts
from utils.grading.sandbox.graph_data import from_data, structure
from utils.grading.sandbox.isolation import run_isolated
from utils.grading.sandbox.limits import Limits
from utils.grading.sandbox.message import BadMessage, is_too_long, pack, shown, unpack
from utils.grading.submission.contents import Submission
from utils.grading.submission.exported_script import plain_python
from utils.grading.submission.notebook_code import cloned_folders, notebook_code, written_files
from utils.paths import REPOSITORY

IMAGE = (3, 32, 32)
RECORDED_BATCHES = (2, 3)
_MOST_TEXT = 300_000  # characters of all files that a network may read

# In which use it is another one than when it was recorded, with a few random images at once in evaluation mode.
_OTHER_USES = {
    "parameters": "it has {:,} parameters before a step of training and {:,} after",
    "unheld": "in training mode it uses weights that none of its modules holds",
    "step": "after a step of training it executes other layers than before",
    "gradients": "where gradients are computed it executes other layers than without",
    "autocast": "under autocast it executes other layers than without",
    "batch": "with {:,} images at once it executes other layers than with a few",
    "images": "with images like those of CIFAR-10 it executes other layers than with random numbers",
    "calls": "after more calls it executes other layers than before",
    "half": "with numbers of 16 bits it executes other layers than with 32",
}


class NotEstablished(ValueError):
    """What the network executes cannot be established; the message is a clause that says why."""


@dataclass(frozen=True)
class ExecutedNetwork:
    """`graph` for two images, without what has no part in the result; `parameters` and `buffers` with their shapes by name.

    `certain` is `graph` without the layers that are in doubt, None where it is not known which are; `doubt` names them and
    says why. `recordings` are those of RECORDED_BATCHES, complete, for computing them again; `ineffective` names the layers
    that were executed and left out of `graph`; `training_maxima` are the max pools of training mode,
    `statistics` the buffers in which its normalisations keep theirs.
    """

    graph: ExecutedGraph
    certain: ExecutedGraph | None
    recordings: tuple[ExecutedGraph, ExecutedGraph]
    recording_data: list[dict]
    parameters: dict[str, tuple[int, ...]]
    buffers: dict[str, tuple[int, ...]]
    ineffective: tuple[str, ...] = ()
    doubt: str = ""
    training_maxima: frozenset[str] = frozenset()
    statistics: frozenset[str] = frozenset()


def executed_network(
    submission: Submission, reference: ModelReference, limits: Limits
) -> ExecutedNetwork:
    """Execute the network apart and establish what it executes; NotEstablished where that cannot be."""
    if not reference.complete:
        raise NotEstablished(
            f"an argument of {reference.class_name} could not be read: {reference.why}"
        )
    job = model_job(submission, reference)
    recording = {"job": "record", "gpu": False, **job}
    content, tensors = ask(recording, [], limits, "the network cannot be executed")
    recordings = _recordings(content, tensors)
    if content.get("unlike"):
        raise NotEstablished(_unlike(content["unlike"]))
    if content.get("asks"):
        _compare_with_gpu(content, recording, limits)
    _compare_with_seeds(content, recording, limits, written_seeds(submission))
    parameters, buffers = (_inventory(content, name) for name in ("parameters", "buffers"))
    _check_names(recordings[0], parameters, buffers)
    trained = training(content.get("training"))
    fixed = fixed_values(recordings[0], trained.frozen)
    weights, images = fresh_weights(recordings[0], fixed), fresh_images(IMAGE)
    expected = _answers(job, recordings[0], weights, images, limits)
    replaying = {
        "job": "replay",
        "graphs": content["graphs"],
        "tensors": len(weights),
        "fixed": [value.number for value in fixed],
    }
    values, tensors = ask(
        replaying,
        [*weights.values(), *images],
        limits,
        "the recorded network cannot be computed again",
    )
    _compare(expected, tensors)
    _confirm_shapes(recordings[0], values)
    part = effective(recordings[0], values, trained)
    return ExecutedNetwork(
        part.graph,
        part.certain,
        recordings,
        content["graphs"],
        parameters,
        buffers,
        part.ineffective,
        part.doubt,
        trained.maxima,
        trained.statistics,
    )


def model_job(submission: Submission, reference: ModelReference) -> dict:
    """What a child needs to build the network: the submission's Python as text, and what to call with which arguments."""
    notebook = next((one for one in submission.notebooks if one.path == reference.notebook), None)
    sources = {source.path: source.text for source in submission.sources}
    sources = written_files(submission) | sources
    cells = None
    if notebook is not None and not reference.file:
        code = notebook_code(notebook)
        cells = [
            [one.cell, "\n".join(map(ast.unparse, one.statements))]
            for one in code
            if one.statements
        ]
    file = reference.file or reference.notebook or ""
    if file in sources:
        sources[file] = plain_python(sources[file])
    place = reference.place.cell if cells is not None else reference.place.line
    own_place = reference.factory is None and file in (
        reference.place.file,
        reference.place.notebook,
    )
    return {
        "sources": sources,
        "texts": readable_texts(submission, reference),
        "imported": list(reference.imported),
        "cells": cells,
        "file": file,
        "clones": cloned_folders(submission),
        "image": IMAGE,
        "batches": RECORDED_BATCHES,
        "roots": import_roots(reference, file),
        "name": reference.factory or reference.class_name,
        "place": place if own_place else None,
        "seed": int.from_bytes(os.urandom(4), "little"),
        "repository": str(REPOSITORY),
        "args": repr(tuple(reference.args)),
        "kwargs": repr(dict(reference.kwargs)),
    }


def readable_texts(submission: Submission, reference: ModelReference) -> dict[str, str]:
    """The JSON and YAML files that the network's code may read, small ones first: none that the program writes."""
    texts: dict[str, str] = {}
    for file in sorted(submission.configs, key=lambda one: len(one.text)):
        name, size = posixpath.basename(file.path), sum(map(len, texts.values()))
        written = any(fnmatch.fnmatchcase(name, one) for one in reference.written)
        if not written and size + len(file.text) <= _MOST_TEXT:
            texts[file.path] = file.text
    return texts


def import_roots(reference: ModelReference, file: str) -> list[str]:
    """The folders from which the imports of `file` are resolved, in order."""
    return list(
        dict.fromkeys(
            root.strip("/") for root in (*reference.import_roots, posixpath.dirname(file), "")
        )
    )


def ask(
    content: dict, tensors: list[Tensor], limits: Limits, failure: str
) -> tuple[dict, list[Tensor]]:
    """What a fresh child answers to one job; NotEstablished, beginning with `failure`, where it does not."""
    job = pack(content, tensors)
    if is_too_long(job):
        raise NotEstablished(f"{failure}: the submission's code, or what was recorded, is too long")
    reply = run_isolated(job, limits)
    if reply.data is None:
        raise NotEstablished(f"{failure}: {reply.why}")
    try:
        received, made = unpack(reply.data)
    except BadMessage as error:
        raise NotEstablished(f"{failure}: what was sent is no answer, {error}") from None
    if not reply.hid_files and "sources" in content:
        received = without_texts(received, content["sources"])
    if "error" in received:
        text = received["error"] if isinstance(received["error"], str) else ""
        raise NotEstablished(f"{failure}: {shown(text, 500)}")
    return received, made


def _recordings(content: dict, tensors: list[Tensor]) -> tuple[ExecutedGraph, ExecutedGraph]:
    try:
        graphs = tuple(from_data(data, tensors) for data in content["graphs"])
        if len(graphs) != 2 or graphs[0].sources != graphs[1].sources:
            raise BadMessage("what it executes changes with the batch size")
    except (BadMessage, KeyError, TypeError) as error:
        raise NotEstablished(f"the network cannot be recorded: {error}") from None
    for graph, batch in zip(graphs, RECORDED_BATCHES):
        if graph.shapes[graph.inputs[0]] != (batch, *IMAGE):
            raise NotEstablished(
                "the network cannot be recorded: its input is not the image that it was given"
            )
    return graphs


def _compare_with_gpu(content: dict, recording: dict, limits: Limits) -> None:
    """NotEstablished where the network is another one when its code, which asks for a GPU, is told that there is one."""
    asks = content["asks"] if isinstance(content["asks"], list) else []
    what = f"its code asks whether there is a GPU, at {shown(str(*asks[:1]), 200)}"
    failure = f"{what}, and with one it cannot be executed"
    told, _ = ask(recording | {"only_graphs": True, "gpu": True}, [], limits, failure)
    if told.get("graphs") != content["graphs"]:
        raise NotEstablished(f"{what}, and makes or computes another network where there is one")


def _compare_with_seeds(content: dict, recording: dict, limits: Limits, seeds: list[int]) -> None:
    """NotEstablished where the network is another one with the random numbers that the program gives it."""
    for seed in seeds:
        what = f"with the random numbers of seed {seed}, which the program sets, the network"
        # With a GPU too: a network may be another one where both are as in its training.
        again = recording | {"only_graphs": True, "gpu": True, "seed": seed}
        told, _ = ask(again, [], limits, f"{what} cannot be executed")
        if structure(told.get("graphs")) != structure(content["graphs"]):
            raise NotEstablished(f"{what} is another one than with others")


def _unlike(found: object) -> str:
    """When the network is another one than it was when it was recorded."""
    name, *numbers = found if isinstance(found, list) else [None]
    when = _OTHER_USES.get(name) if isinstance(name, str) else None
    if when is None or not all(type(one) is int for one in numbers):
        return "the network cannot be recorded: what was said of its other uses is not in the agreed form"
    return f"the network is not the same one in every use: {when.format(*numbers, 0, 0)}"


def _inventory(content: dict, key: str) -> dict[str, tuple[int, ...]]:
    try:
        shapes = {str(name): tuple(shape) for name, shape in content[key]}
    except (KeyError, TypeError, ValueError):
        shapes = None
    if shapes is None or not all(
        type(size) is int and 0 <= size < 2**40 for shape in shapes.values() for size in shape
    ):
        raise NotEstablished(f"the network cannot be recorded: its {key} are no list of shapes")
    return shapes


def _check_names(graph: ExecutedGraph, parameters: dict, buffers: dict) -> None:
    """What was executed must be among what the network says that it has."""
    for value, source in graph.sources.items():
        registered = {"parameter": parameters, "buffer": buffers}.get(source.kind)
        if registered is not None and registered.get(source.name) != graph.shapes[value]:
            raise NotEstablished(
                f"the network cannot be recorded: {source.kind} {source.name} is executed but not listed"
            )


def _answers(
    job: dict,
    graph: ExecutedGraph,
    weights: dict[Value, Tensor],
    images: list[Tensor],
    limits: Limits,
) -> list[Tensor]:
    """What a fresh copy of the real network makes of the images with these weights."""
    given = {
        graph.sources[value].name: tensor
        for value, tensor in weights.items()
        if graph.sources[value].kind in ("parameter", "buffer")
    }
    return ask(
        {"job": "answer", "names": list(given), **job},
        [*given.values(), *images],
        limits,
        "the network cannot be executed a second time",
    )[1]


def _compare(expected: list[Tensor], computed: list[Tensor]) -> None:
    if len(expected) != len(computed) or not expected:
        raise NotEstablished("what the network puts out changes from one execution to the next")
    for real, recorded in zip(expected, computed):
        if real.shape != recorded.shape or real.dtype != recorded.dtype:
            raise NotEstablished(
                "what the network puts out changes with the batch or from one execution to the next"
            )
        if not real.is_floating_point():
            same = torch.equal(real, recorded)
        else:
            tolerance = 1e-3 * float(real.double().std()) if real.numel() > 1 else 0.0
            same = bool(real.isfinite().all()) and torch.allclose(
                real.double(), recorded.double(), rtol=1e-4, atol=tolerance + 1e-7
            )
        if not same:
            raise NotEstablished(
                "the network does not compute what it was recorded to compute: what it executes "
                "changes with the batch, the images or the execution"
            )


def _confirm_shapes(graph: ExecutedGraph, values: dict) -> None:
    """The shapes that the recording says are those that come out when it is computed again."""
    shapes = values.get("shapes")
    for value, shape in graph.shapes.items():
        if not isinstance(shapes, dict) or tuple(shapes.get(str(value.number), ())) != shape:
            raise NotEstablished(
                "the network cannot be recorded: a shape is not what it was said to be"
            )
