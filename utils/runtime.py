"""What the machine decides: device, precision, memory, seeds, and the words that describe them."""

import ctypes
import os
import platform
import re
import subprocess
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np
import torch

from utils.errors import UserError
from utils.paths import REPOSITORY

PRECISIONS = ("auto", "bf16", "fp16", "fp32")
BF16_CPU_FLAGS = {"avx512_bf16", "amx_bf16", "bf16"}  # Intel and AMD, Intel matrix units, ARM


@dataclass(frozen=True)
class Precision:
    """How forward and backward compute: `name` is "bf16", "fp16" or "fp32"; weights and updates stay float32."""

    device: torch.device
    name: str

    def autocast(self) -> AbstractContextManager:
        """The context in which a forward pass computes in this precision."""
        dtype = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(self.name)
        return nullcontext() if dtype is None else torch.autocast(self.device.type, dtype=dtype)

    def scaler(self) -> torch.amp.GradScaler:
        """Scales the loss so that small fp16 gradients survive; does nothing in the other precisions."""
        return torch.amp.GradScaler(self.device.type, enabled=self.name == "fp16")

    def __str__(self) -> str:
        how = "float32 throughout" if self.name == "fp32" else f"{self.name} autocast"
        layout = str(memory_format(self.device)).removeprefix("torch.").removesuffix("_format")
        return f"{describe_device(self.device)}, {layout}, {how}"


def choose_device(name: str = "auto") -> torch.device:
    """`name`, or for "auto" CUDA where there is one, else MPS, Apple's GPU, else the CPU.

    UserError when the device is not there.
    """
    if name == "auto":
        found = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
        name = next((kind for kind, there in found.items() if there), "cpu")
    if not re.fullmatch(r"cpu|mps|cuda(:\d{1,2})?", name):
        raise UserError(
            f"There is no device '{name}': say auto, cpu, mps, cuda, or cuda:1 for the second GPU."
        )
    device = torch.device(name)
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise UserError(
            "There is no device 'mps' here: it needs a Mac with Apple's own chip, and macOS 14 or newer; "
            "leave --device out to use what there is."
        )
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise UserError(
            f"There is no device '{name}' here: CUDA devices found: {torch.cuda.device_count()}; "
            "leave --device out to use what there is."
        )
    return device


def choose_precision(device: torch.device, requested: str = "auto") -> Precision:
    """`requested`, or for "auto" what the chip computes fast: bf16 where it has it, fp16 on other CUDA, else fp32.

    MPS computes in float32: what autocast does there depends on the version of PyTorch, and we could not measure it.
    """
    if requested not in PRECISIONS:
        raise UserError(
            f"There is no precision '{requested}': the precisions are {', '.join(PRECISIONS)}."
        )
    if device.type not in {"fp16": ("cuda",), "bf16": ("cuda", "cpu")}.get(requested, device.type):
        raise UserError(
            f"There is no {requested} on {device.type} here: leave --precision out, or say fp32."
        )
    if requested != "auto":
        return Precision(device, requested)
    if device.type == "cuda":
        # Chips before Ampere (Colab's T4) emulate bf16, slowly, and report it as supported.
        return Precision(
            device, "bf16" if torch.cuda.get_device_capability(device) >= (8, 0) else "fp16"
        )
    return Precision(
        device, "bf16" if device.type == "cpu" and BF16_CPU_FLAGS & cpu_flags() else "fp32"
    )


def cpu_flags(cpuinfo: Path = Path("/proc/cpuinfo")) -> set[str]:
    """The instruction sets that Linux lists for this CPU; empty on other systems."""
    try:
        lines = cpuinfo.read_text().splitlines()
    except OSError:
        return set()
    return {
        flag
        for line in lines
        if line.startswith(("flags", "Features"))
        for flag in line.split(":", 1)[1].split()
    }


def memory_format(device: torch.device) -> torch.memory_format:
    """How images lie in memory where they are convolved: channels_last, which is faster, but not on MPS.

    There the backward pass of BatchNorm fails with it in some versions of PyTorch (pull request 188371 mends it).
    """
    return torch.contiguous_format if device.type == "mps" else torch.channels_last


def copies_ahead(device: torch.device) -> bool:
    """Whether a copy to `device` may run beside the program, from pinned memory: on CUDA alone.

    On MPS such a copy can read memory that was already given back (PyTorch's issue 189690).
    """
    return device.type == "cuda"


def keep_freed_memory() -> bool:
    """Tell glibc to keep freed pages for the next step, which makes CPU training faster. False where there is no glibc.

    Otherwise every step hands its activations back to the system and faults them in again.
    """
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return False
    trim_threshold, top_pad, mmap_max = (
        -1,
        -2,
        -4,
    )  # M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX of malloc.h
    return all(
        [mallopt(trim_threshold, 2**31 - 1), mallopt(top_pad, 512 * 2**20), mallopt(mmap_max, 0)]
    )


def seed_of(*key: int) -> int:
    """A seed for one of PyTorch's generators as a function of `key`, such as (seed, epoch).

    Zeros at its end do not count: (1,) and (1, 0) give the same numbers.
    """
    return int(np.random.SeedSequence(key).generate_state(1, np.uint64)[0] >> 1)


def seed_torch(*key: int) -> None:
    """Seed PyTorch's global generators, CUDA's too, with a function of `key`."""
    torch.manual_seed(seed_of(*key))


def default_workers(device: torch.device) -> int:
    """Processes that augment images: one beside a CPU that computes, at most two beside a GPU."""
    return 1 if device.type == "cpu" else min(2, os.cpu_count() or 1)


def describe_device(device: torch.device) -> str:
    """Such as "CPU (AMD EPYC, 2 threads)" or "Tesla T4"."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    threads = torch.get_num_threads()
    return f"{device.type.upper()} ({cpu_name()}, {threads} thread{'s' * (threads != 1)})"


def cpu_name(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """The model of the CPU as Linux names it, elsewhere as Python does."""
    try:
        names = [
            line.split(":", 1)[1].strip()
            for line in cpuinfo.read_text().splitlines()
            if line.startswith("model name")
        ]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()


def versions() -> dict[str, str]:
    """Of Python and the packages that a result depends on."""
    packages = ("torch", "torchvision", "albumentations", "numpy")
    return {"python": platform.python_version()} | {
        name: metadata.version(name) for name in packages
    }


def code_version() -> dict:
    """The commit of this code and whether models/ or utils/ differ from it; None where there is no git."""

    def git(*arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            ["git", "-C", str(REPOSITORY), *arguments], capture_output=True, text=True
        )

    try:
        head = git("rev-parse", "HEAD")
    except OSError:
        return {"commit": None, "changed": None}
    if head.returncode:
        return {"commit": None, "changed": None}
    return {
        "commit": head.stdout.strip(),
        "changed": bool(git("status", "--porcelain", "--", "models", "utils").stdout),
    }
