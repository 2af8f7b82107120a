"""A submitted checkpoint, tested on the real images: by the network that was recorded, not by the submission's code."""

import os
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from utils.architecture.executed_graph import Value
from utils.errors import UserError
from utils.files import plain_bytes
from utils.grading.facts import Audit, Evidence, Fact
from utils.grading.network.executed_network import (
    ExecutedNetwork,
    NotEstablished,
    ask,
    executed_network,
)
from utils.grading.program.attempts import Attempt
from utils.grading.sandbox.limits import LIMITS, Limits
from utils.grading.submission.contents import Submission

SIZE_LIMIT = 2**29
# How students normalise test images, as (mean, standard deviation) of each colour in units of 0 to 1.
NORMALISATIONS = {
    "the CIFAR-10 mean and deviation": ((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
    "the CIFAR-10 mean and the deviation within images": (
        (0.4914, 0.4822, 0.4465),
        (0.2023, 0.1994, 0.2010),
    ),
    "mean and deviation 0.5": ((0.5,) * 3, (0.5,) * 3),
    "the ImageNet mean and deviation": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "the CIFAR-10 mean used as deviation": ((0.4914, 0.4822, 0.4465), (0.4914, 0.4822, 0.4465)),
    "values from 0 to 1": ((0.0,) * 3, (1.0,) * 3),
}
_TRIAL = 1_000  # images on which the normalisation is found out


def check_weights(
    submission: Submission, attempt: Attempt, weights: Path, limits: Limits = LIMITS
) -> Audit:
    """The fact `checkpoint_accuracy`, in per cent of the 10,000 test images; null with why where it cannot be had.

    The checkpoint is read apart with weights_only=True, and the labels never leave this process.
    """
    try:
        return Audit({"checkpoint_accuracy": _checked(submission, attempt, Path(weights), limits)})
    except (NotEstablished, UserError) as error:
        return Audit({"checkpoint_accuracy": Fact(None, str(error))})


def _checked(submission: Submission, attempt: Attempt, path: Path, limits: Limits) -> Fact:
    from utils.data.cifar10 import (
        cifar10_root,
    )  # torchvision, which only this needs, takes a second to import
    from utils.data.images import load_cifar10

    if attempt.model is None:
        raise NotEstablished(f"there is no network to load the weights into: {attempt.why}")
    if not (cifar10_root() / "cifar-10-batches-py").exists():
        raise NotEstablished(
            "CIFAR-10 is not here to test the weights on: set CIFAR10_ROOT, or run `make data`"
        )
    named, part = _checkpoint(path, limits)
    network = executed_network(submission, attempt.model, limits)
    tensors = _fitted(network, named, path.name)
    test = load_cifar10().test
    images = torch.from_numpy(test.images).permute(0, 3, 1, 2).contiguous()
    labels = torch.from_numpy(test.labels)
    patient = replace(limits, seconds=max(limits.seconds, 1_200))
    trials = _predictions(network, tensors, images[:_TRIAL], list(NORMALISATIONS.values()), patient)
    scores = [int((one == labels[:_TRIAL]).sum()) for one in trials]
    best = max(range(len(scores)), key=scores.__getitem__)
    name, values = list(NORMALISATIONS.items())[best]
    (predicted,) = _predictions(network, tensors, images, [values], patient)
    correct = int((predicted == labels).sum())
    why = f"{correct:,} of {len(labels):,} test images, normalised with {name}, which suits the weights best"
    why += f"; the weights are those under {part!r}" if part else ""
    return Fact(round(100 * correct / len(labels), 2), why, (Evidence(file=path.name),))


def _checkpoint(path: Path, limits: Limits) -> tuple[dict[str, Tensor], str]:
    """The tensors of the file by their names, and under which key of it they lie."""
    try:
        data = plain_bytes(path, SIZE_LIMIT)
    except ValueError as error:
        raise NotEstablished(f"the weights {path.name} cannot be read: {error}") from None
    except OSError as error:
        raise NotEstablished(f"the weights {path.name} cannot be read: {error.strerror}") from None
    if not data:
        raise NotEstablished(f"the weights {path.name} are an empty file")
    content, tensors = ask(
        {"job": "load"},
        [torch.frombuffer(bytearray(data), dtype=torch.uint8)],
        limits,
        f"the weights {path.name} cannot be loaded",
    )
    names = content.get("names")
    if (
        not isinstance(names, list)
        or len(names) != len(tensors)
        or not all(isinstance(name, str) for name in names)
    ):
        raise NotEstablished(
            f"the weights {path.name} cannot be loaded: they hold no names for their tensors"
        )
    part = content.get("part")
    return dict(zip(names, tensors)), part[:100] if isinstance(
        part, str
    ) and part.isprintable() else ""


def _fitted(network: ExecutedNetwork, named: dict[str, Tensor], file: str) -> dict[Value, Tensor]:
    """The checkpoint's tensor for every one that the network executes; NotEstablished where one is missing or unlike."""
    recording, fitted = network.recordings[0], {}
    own = [
        source.name
        for value, source in recording.sources.items()
        if value in recording.tensors and source.kind in ("parameter", "buffer")
    ]
    named = _by_own_names(own, named, file)
    for value, tensor in recording.tensors.items():
        source = recording.sources[value]
        given = named.get(source.name) if source.kind in ("parameter", "buffer") else tensor
        if given is None or given.shape != tensor.shape:
            what = (
                "is not in it"
                if given is None
                else f"is {list(given.shape)} in it, not {list(tensor.shape)}"
            )
            raise NotEstablished(
                f"the weights {file} do not belong to the network: {source.name} {what}"
            )
        fitted[value] = given.to(tensor.dtype)
    return fitted


def _by_own_names(own: list[str], named: dict[str, Tensor], file: str) -> dict[str, Tensor]:
    """The checkpoint by the network's own names, where one or the other has more in front ("module.", "model.net.").

    What fits under no one prefix is returned as it is.
    """
    shared = os.path.commonprefix([name.rpartition(".")[0] + "." for name in own]).rpartition(".")[
        0
    ]
    for outer in dict.fromkeys(("", f"{shared}." if shared else "")):
        inner = [name.removeprefix(outer) for name in own]
        ends = (
            [name.removesuffix(inner[0]) for name in named if name.endswith(inner[0])]
            if inner
            else []
        )
        prefixes = [
            end
            for end in ends
            if not end or end.endswith(".")
            if all(end + name in named for name in inner)
        ]
        if len(prefixes) > 1 and "" not in prefixes:
            raise NotEstablished(
                f"the weights {file} hold the network more than once ({', '.join(prefixes[:5])}): save one"
            )
        if prefixes:
            prefix = "" if "" in prefixes else prefixes[0]
            return {name: named[prefix + short] for name, short in zip(own, inner)}
    return named


def _predictions(
    network: ExecutedNetwork,
    tensors: dict[Value, Tensor],
    images: Tensor,
    normalisations: list,
    limits: Limits,
) -> list[Tensor]:
    """The class that is predicted for each image, `(N,)`, once for each normalisation; `images` uint8 `(N, 3, 32, 32)`."""
    job = {
        "job": "predict",
        "graphs": network.recording_data,
        "tensors": len(tensors),
        "normalisations": normalisations,
    }
    made = ask(
        job,
        [*tensors.values(), images],
        limits,
        "the recorded network cannot be computed on the test images",
    )[1]
    if len(made) != len(normalisations) or any(one.shape != (len(images),) for one in made):
        raise NotEstablished("the network does not put out one row of scores for each image")
    return made
