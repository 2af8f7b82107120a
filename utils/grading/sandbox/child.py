"""The child process: build a stranger's network from its definitions and record or run it, or compute a recorded one again.

It reads one job from its standard input and sends one answer through the pipe that it is given. Its limits and its filter
are in force before a line of the stranger's is executed. What it sends proves nothing: other children check it.
"""

import ast
import os
import random
import sys

import numpy
import torch
from torch import Tensor, nn

from utils.architecture.executed_graph import ExecutedGraph, Value, record
from utils.grading.sandbox.audit_hook import read_only_from, watch
from utils.grading.sandbox.blind_kernels import blind
from utils.grading.sandbox.checkpoint_jobs import load, predict
from utils.grading.sandbox.confinement.apply import bound
from utils.grading.sandbox.confinement.start import BEGUN
from utils.grading.sandbox.definitions import DefinedModule, Definitions
from utils.grading.sandbox.effects import IMAGES, lasting, scores
from utils.grading.sandbox.failure import attempt, failure
from utils.grading.sandbox.gpu_questions import questions
from utils.grading.sandbox.graph_data import from_data, to_data
from utils.grading.sandbox.imports import Importer
from utils.grading.sandbox.marked_code import Answer, decide
from utils.grading.sandbox.message import pack, unpack
from utils.grading.sandbox.other_uses import Uses
from utils.grading.sandbox.own_files import give
from utils.grading.sandbox.random_tensors import drawn
from utils.grading.sandbox.registrations import register
from utils.grading.sandbox.replay import CannotReplay, for_any_batch, influential, replay
from utils.grading.sandbox.surroundings import watch_surroundings
from utils.grading.sandbox.training_mode import trial
from utils.grading.submission.module_files import ModuleFiles


def main(given: dict) -> None:
    """Do the job on standard input and answer through "channel", within the bounds that `confinement.apply.bound` names."""
    channel = given["channel"]
    content, tensors = unpack(bytearray(sys.stdin.buffer.read()))
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    torch.set_num_threads(1)
    torch.set_num_threads = _one_thread_only
    bound(given)
    if "sources" in content:
        names = {f"<{name}>" for name in (*content["sources"], content["file"])}
        watch(names.__contains__, lambda name: _send(channel, pack(attempt(name))))
        if not given["hides_files"]:
            read_only_from(given["readable"])
        watch_surroundings(names.__contains__, lambda why: _send(channel, pack({"error": why})))
    os.write(channel, BEGUN)
    try:
        answer, made = JOBS[content["job"]](content, tensors)
    except MemoryError:
        needs = f"it needs more than {given['memory'] / 2**30:.2g} GiB of memory"
        answer, made = {"error": needs, "type": "MemoryError"}, []
    except Exception as error:  # a stranger's code raises whatever it likes
        answer, made = failure(error), []
    _send(channel, pack(answer, made))


def _one_thread_only(number: int) -> None:
    """In the place of torch.set_num_threads: a network that asks for more threads would not get them, and end."""


def _send(channel: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(channel, view) :]
    os.close(channel)
    os._exit(0)  # threads and exit handlers of the stranger's have nothing left to say


def _record(job: dict, tensors: list[Tensor]) -> tuple[dict, list[Tensor]]:
    """The network's operations for two batch sizes, its tensors, and the names and sizes of its parameters and buffers.

    "training" is what the same network does in training mode, "asks" the places at which its code asks for a GPU, "unlike"
    in which use it is another one. The job's "gpu" pretends that there is one; "only_graphs" asks for the operations alone.
    """
    with questions(job["gpu"]) as asks:
        model = _build(job)
    uses, graphs = Uses(model, job["image"]), []
    for batch in job["batches"]:
        with uses.recording(batch), questions(job["gpu"]) as more:
            graphs.append(record(model, torch.rand(batch, *job["image"])))
        asks += more
    if job.get("only_graphs"):
        return {"graphs": [to_data(graph) for graph in graphs]}, []
    sources = [value for value, source in graphs[0].sources.items() if source.kind != "input"]
    inventory = {
        "parameters": [[name, list(tensor.shape)] for name, tensor in model.named_parameters()],
        "buffers": [[name, list(tensor.shape)] for name, tensor in model.named_buffers()],
    }
    training = trial(model, torch.randn(job["batches"][-1], *job["image"]), uses.trying)
    return (
        {
            "graphs": [to_data(graph) for graph in graphs],
            **inventory,
            "training": training,
            "asks": asks[:1],
            "unlike": uses.unlike(),
        },
        [graphs[0].tensors[value] for value in sources],
    )


def _answer(job: dict, tensors: list[Tensor]) -> tuple[dict, list[Tensor]]:
    """What the network outputs for the images of the job, with the job's weights: first those by name, then the images."""
    model = _build(job)
    own = dict(model.named_parameters()) | dict(model.named_buffers())
    with torch.no_grad():
        for name, tensor in zip(job["names"], tensors):
            own[name].data.copy_(tensor)
        results = [model(images) for images in tensors[len(job["names"]) :]]
    leaves = [torch.utils._pytree.tree_flatten(result)[0] for result in results]
    return {}, [leaf for result in leaves for leaf in result if isinstance(leaf, Tensor)]


def _united(
    parts: set[Value] | None, graph: ExecutedGraph, images: Tensor, tensors: dict
) -> set[Value] | None:
    """`parts` and what has influence under any of several weights: under one alone, a small ReLU layer may be dead."""
    signs = [
        lambda tensor: tensor,
        torch.abs,
        *[lambda tensor: tensor * torch.randn(tensor.shape).sign()] * 6,
    ]
    needed = {
        value for one in graph.live_operations() for value in one.outputs if value is not None
    }
    for sign in signs:
        if parts is None or needed <= parts:
            break
        weights = {
            value: sign(tensor) if tensor.is_floating_point() and tensor.dim() > 1 else tensor
            for value, tensor in tensors.items()
        }
        found = influential(graph, images.abs() if sign is torch.abs else images, weights)
        parts = None if found is None else parts | found
    return parts


def _replay(job: dict, tensors: list[Tensor]) -> tuple[dict, list[Tensor]]:
    """The same from the recorded graph alone, and which values have a part in the result; nothing of the stranger's runs.

    "influential" are those that have one under any weights, "strong" those whose effect is not negligible while the tensors
    that the job names as "fixed", which no training changes, are as given; None where that cannot be told. "scores" are the
    outputs that it is measured on, "blind" the outputs of convolutions that see less than their kernels say.
    """
    count = job["tensors"]
    first, second = (from_data(data, tensors[:count]) for data in job["graphs"])
    weights, batches = first.tensors, tensors[count:]
    fixed = {Value(number) for number in job["fixed"]}
    free = {
        value: drawn(tensor, True) if value in fixed else tensor
        for value, tensor in weights.items()
    }
    outputs, parts, unseeing, shapes = [], set(), set(first.shapes), None
    try:
        for images in batches:
            graph = for_any_batch(first, second, len(images))
            with torch.no_grad():
                values = replay(graph, images, weights)
            outputs += [values[value] for value in graph.outputs]
            few = for_any_batch(first, second, 2)
            parts = _united(parts, few, images[:2], free)
            values = replay(few, images[:2], weights)
            unseeing &= blind(few, values)
            shapes = {
                value.number: list(tensor.shape)
                for value, tensor in values.items()
                if isinstance(tensor, Tensor)
            }
        strong = _strong(first, second, fixed, batches)
    except CannotReplay as error:
        return {"error": str(error)}, []
    found = {"influential": parts, "strong": strong, "blind": unseeing, "scores": scores(first)}
    numbers = {
        name: None if some is None else [value.number for value in some]
        for name, some in found.items()
    }
    return {"shapes": shapes, **numbers}, outputs


def _strong(
    first: ExecutedGraph, second: ExecutedGraph, fixed: set[Value], batches: list[Tensor]
) -> set[Value] | None:
    def draw(number: int) -> tuple[Tensor, dict[Value, Tensor]]:
        again = {
            first.sources[value]: drawn(tensor, True)
            for value, tensor in first.tensors.items()
            if number > 1 and first.sources[value].kind == "parameter" and value not in fixed
        }
        tensors = {
            value: again.get(first.sources[value], tensor)
            for value, tensor in first.tensors.items()
        }
        return batches[number % len(batches)][:IMAGES], tensors

    return lasting(for_any_batch(first, second, IMAGES), draw, every=True)


JOBS = {"record": _record, "answer": _answer, "replay": _replay, "load": load, "predict": predict}


def _build(job: dict) -> nn.Module:
    """The network in evaluation mode, with PyTorch's initial weights from one seed; only definitions are executed."""
    problems: list[str] = []
    for name in [
        name for name in sys.modules if name.partition(".")[0] in ("utils", "models", "tests")
    ]:
        del sys.modules[name]  # a submission has modules of these names too
    sys.path[:] = [path for path in sys.path if path != job["repository"]]
    give(job.get("texts", {}), job["roots"])
    importer = Importer(ModuleFiles(job["sources"], job["roots"], job["clones"]), problems)
    random.seed(job["seed"])
    numpy.random.seed(job["seed"])
    torch.default_generator.manual_seed(job["seed"])
    try:
        made = _find(job, importer)(
            *ast.literal_eval(job["args"]), **ast.literal_eval(job["kwargs"])
        )
        if issubclass(type(made), Answer):
            decide(made)
        if not isinstance(made, nn.Module):
            raise TypeError(f"{job['name']} makes a {type(made).__name__}, not a torch.nn.Module")
        made.eval()
        with torch.no_grad():  # what a network builds when it first sees an image belongs to it
            made(torch.rand(job["batches"][0], *job["image"]))
        return made
    except Exception as error:
        raise _explained(error, problems, list(dict.fromkeys(importer.missing))) from None


def _explained(error: Exception, problems: list[str], missing: list[str]) -> Exception:
    """`error` with what went wrong before it; first of all a package that is missing, where it fails for that."""
    text = str(error)
    if missing and "StandIn" in text:
        return NotInstalled(
            f"{', '.join(missing)} is not installed here, and the network calls it "
            f"({type(error).__name__}: {' '.join(text.split())[:100]})"
        )
    notes = problems[:3] + ([f"not installed here: {', '.join(missing)}"] if missing else [])
    if not notes or not _takes_text(error):
        return error
    return type(error)(f"{text} ({'; '.join(notes)})").with_traceback(error.__traceback__)


class NotInstalled(ImportError):
    """The network needs a package that is not here."""


def _takes_text(error: Exception) -> bool:
    return type(error) in (
        NameError,
        TypeError,
        ValueError,
        RuntimeError,
        AttributeError,
        ImportError,
        KeyError,
    )


def _find(job: dict, importer: Importer):
    """The class or function that makes the network: from a file of the submission, or from a notebook's cells."""
    if job["cells"] is None:
        made = importer.load(importer.own.name_of(job["file"]) or "__init__", job["file"])
        definitions = made.__definitions__
    else:
        made = sys.modules["__main__"] = DefinedModule("__main__")
        made.__builtins__ = importer.builtins
        statements = []
        for cell, text in job["cells"]:
            parsed = ast.parse(text).body
            for statement in parsed:
                statement.cell = cell
            statements += parsed
        definitions = Definitions(statements, made.__dict__, job["file"], importer.problems)
        made.define(definitions)
    place = job["place"]

    def chosen(statement: ast.stmt) -> bool:
        return place is not None and place == getattr(statement, "cell", statement.lineno)

    if not definitions.need(job["name"], chosen):
        raise NameError(f"{job['name']} is not defined in {job['file']}")
    for file in job.get("imported", ()):
        if (name := importer.own.name_of(file)) and file != job["file"]:
            register(importer.load(name, file).__definitions__)
    register(definitions)
    return made.__dict__[job["name"]]
