"""One device in at most eight minutes: what is decided on it, how fast it trains, and whether a killed run goes on there."""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import torch

from utils import runtime
from utils.benchmark.cases import HEADER, on_device, rows
from utils.benchmark.measure import measure
from utils.data.cifar10 import cifar10_root, is_there
from utils.data.data_sets import CIFAR10
from utils.data.images import DIGITS
from utils.errors import UserError
from utils.files import write_whole
from utils.paths import REPOSITORY
from utils.tables import csv_table, text_table
from utils.training.capture import CAPTURED
from utils.training.compilation import compile_for
from utils.training.network import Network
from utils.training.recipes import find_recipe
from utils.training.run_record import load_run

RESULTS = REPOSITORY / "results"
# Images that pass while the clock runs: on a GPU less than an epoch with the warm-up, because its last batch is short, and
# goes without the graphs that are measured.
IMAGES = {"cuda": 30_000, "cpu": 1_000}
LIMIT, CASE_LIMIT, KEPT_FOR_RESUMING = (
    480,
    75,
    120,
)  # seconds: in all, for a case, for the last part


def check_device(name: str) -> Iterator[str]:
    """What is found, as it is found."""
    end, name = time.monotonic() + LIMIT, str(runtime.choose_device(name))
    yield from decisions(name)
    figures = {}
    for case in on_device(name):
        left = end - time.monotonic() - KEPT_FOR_RESUMING
        try:
            if left < 5:
                raise UserError(f"No time was left for {case.recipe}, {case.way}.")
            images = IMAGES.get(torch.device(name).type, IMAGES["cpu"])
            figures[case] = measure(case, min(CASE_LIMIT, left), images)
        except UserError as error:
            yield f"Not measured: {error}"
    table, device = rows(figures), torch.device(name)
    if device.type != "cpu":
        yield _written(table, len(on_device(name)), RESULTS / f"benchmark_{device.type}.csv")
    memory = "memory of the device" if name.startswith("cuda") else "memory of the process"
    yield f"\n{text_table(HEADER, table, left=3)}\n\nPeak memory is the {memory}."
    yield killed_and_resumed(name, end)
    if device.type == "cuda":
        captured = "--graphs", CAPTURED
        yield f"{' '.join(captured)}: {killed_and_resumed(name, end, *captured)}"


def _written(table: list[tuple], cases: int, file: Path) -> str:
    """Write the table, unless a case is missing: what was measured before is worth more than a part."""
    if len(table) < cases:
        return f"{file.name} stays as it was, because not every case was measured."
    write_whole(file, csv_table(HEADER, table))
    return f"{file.name} is written."


def decisions(name: str) -> Iterator[str]:
    """A line for each: device, precision and memory layout, versions, workers, torch.compile, images."""
    device = runtime.choose_device(name)
    precision = runtime.choose_precision(device)
    recipe = find_recipe("aster")
    _, compilation = compile_for(Network(recipe, precision).model, recipe, precision)
    yield f"device and precision: {precision}"
    yield f"versions: {', '.join(f'{package} {of}' for package, of in runtime.versions().items())}"
    yield f"workers that augment one image at a time: {runtime.default_workers(device)}"
    yield f"torch.compile: {compilation}"
    there = is_there(cifar10_root())
    random = f"random, of the size of {CIFAR10.title}, which is not here"
    missing = random if device.type != "cpu" else f"{CIFAR10.title} is not here, and a CPU needs it"
    yield f"images: {CIFAR10.title if there else missing}"


def killed_and_resumed(name: str, end: float, *others: str) -> str:
    """Three epochs of aster on the digits, left alone, and killed in the second epoch: a sentence on the difference.

    `others` are more options of `utils.train`.
    """
    with tempfile.TemporaryDirectory() as place:
        environment = os.environ | {"RESULTS_DIR": place, "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-m", "utils.train", "aster", "--data", DIGITS]
        command += ["--epochs", "3", "--device", name, *others, "--run"]
        options = dict(cwd=REPOSITORY, env=environment, text=True, stdout=subprocess.PIPE)
        options |= dict(stderr=subprocess.DEVNULL)
        try:
            with subprocess.Popen([*command, "killed"], **options) as process:
                too_late = threading.Timer(max(1, end - time.monotonic()), process.kill)
                too_late.start()
                while (line := process.stdout.readline()) and line != "EPOCH: 1\n":
                    pass
                process.kill()
                too_late.cancel()
            for run in ("killed", "alone"):
                subprocess.run(
                    [*command, run], timeout=max(1, end - time.monotonic()), check=True, **options
                )
        except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
            return f"Resuming was not measured: {error}"
        return compared(*(Path(place) / f"{run}-{DIGITS}" for run in ("killed", "alone")))


def compared(killed: Path, alone: Path) -> str:
    """Whether two runs ended with the same weights, and by how much not."""
    sessions = len(load_run(killed).config["sessions"])
    ours, theirs = (load_run(folder).load_model().state_dict() for folder in (killed, alone))
    largest = max((ours[name].double() - theirs[name].double()).abs().max() for name in ours)
    same = all(torch.equal(ours[name], theirs[name]) for name in ours)
    difference = (
        "has the same weights to the bit"
        if same
        else f"has other weights: the largest difference is {largest:.3g}"
    )
    return f"A run that was killed and went on, in {sessions} sessions, {difference} as one that was left alone."
