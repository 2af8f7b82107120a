"""Whether a network's code asks for a GPU, and what it would be with one: a second recording pretends that there is one.

To ask is honest where the answer only says where tensors go. So the answers are counted, and what they change is compared.
"""

import contextlib
from collections.abc import Iterator

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_map

from utils.grading.sandbox.surroundings import asker

_GPU = torch.device("cuda", 0)
_OF_TENSORS = {
    Tensor.is_cuda.__get__: True,
    Tensor.is_cpu.__get__: False,
    Tensor.device.__get__: _GPU,
    Tensor.get_device: 0,
}
# What torch.cuda says where there is one.
_OF_CUDA = {
    "is_available": True,
    "is_initialized": True,
    "device_count": 1,
    "current_device": 0,
    "get_device_name": "Tesla T4",
    "get_device_capability": (7, 5),
    "is_bf16_supported": False,
    "mem_get_info": (15 * 2**30, 16 * 2**30),
    "memory_allocated": 0,
    "max_memory_allocated": 0,
    "memory_reserved": 0,
    "synchronize": None,
    "empty_cache": None,
    "init": None,
}


class _Questions(TorchFunctionMode):
    """Every question of their code for the device of a tensor; where one `pretends`, all that goes to a GPU stays here."""

    def __init__(self, pretends: bool, places: list[str]):
        super().__init__()
        self.pretends, self.places = pretends, places

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if function in _OF_TENSORS and (frame := asker()) is not None:
            self.places.append(f"line {frame.f_lineno} of {frame.f_code.co_filename[1:-1]}")
            if self.pretends:
                return _OF_TENSORS[function]
        if self.pretends and function is not torch.device:
            if function is Tensor.cuda:
                return args[0]
            args, kwargs = tree_map(_here, (args, kwargs))
        return function(*args, **kwargs)


def _here(leaf):
    is_gpu = isinstance(leaf, (str, torch.device)) and str(leaf).startswith(("cuda", "mps"))
    return torch.device("cpu") if is_gpu else leaf


@contextlib.contextmanager
def questions(pretends: bool) -> Iterator[list[str]]:
    """The places at which their code asks for a GPU meanwhile; `pretends`: it is told that there is one."""
    places: list[str] = []
    before = {(torch.cuda, name): getattr(torch.cuda, name) for name in _OF_CUDA}
    mps = torch.backends.mps
    before |= {(mps, name): getattr(mps, name) for name in ("is_available", "is_built")}

    def answering(told, function):
        def answer(*args, **kwargs):
            frame = asker()
            if frame is not None:
                places.append(f"line {frame.f_lineno} of {frame.f_code.co_filename[1:-1]}")
            is_told = pretends and frame is not None
            return told if is_told else function(*args, **kwargs)

        return answer

    for (module, name), function in before.items():
        setattr(module, name, answering(_OF_CUDA.get(name, True), function))
    try:
        with _Questions(pretends, places):
            yield places
    finally:
        for (module, name), function in before.items():
            setattr(module, name, function)
