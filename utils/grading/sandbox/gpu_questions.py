"""Whether a network's code asks for a GPU, and what it would be with one: a second recording pretends that there is one.

To ask is honest where the answer only says where tensors go. So the answers are counted, and what they change is compared.
"""

import contextlib
from collections.abc import Iterator

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves, tree_map

from utils.grading.sandbox.surroundings import asker, is_caught, led_to, note, place

_GPU = torch.device("cuda", 0)
_OF_TENSORS = {
    Tensor.is_cuda.__get__: True,
    Tensor.is_cpu.__get__: False,
    Tensor.device.__get__: _GPU,
    Tensor.get_device: 0,
}


def _of_a_gpu(text: str) -> str:
    """What a tensor's text is there; one that holds a single number is only that number."""
    return f"{text[:-1]}, device='cuda:0')" if text.endswith(")") else text


# The same in texts, which Python's own library asks for on behalf of their code.
_TEXTS = {
    Tensor.__repr__: _of_a_gpu,
    Tensor.__format__: _of_a_gpu,
    Tensor.type: lambda text: text.replace("torch.", "torch.cuda."),
}
_MEMORY = (Tensor.untyped_storage, Tensor.storage, Tensor.data_ptr)
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
_OF_ACCELERATOR = {
    "is_available": True,
    "device_count": 1,
    "current_accelerator": _GPU,
    "current_device_index": 0,
    "current_device_idx": 0,
}


class _Questions(TorchFunctionMode):
    """Every question of their code for the device of a tensor; where one `pretends`, all that goes to a GPU stays here."""

    def __init__(self, pretends: bool, places: list[str]):
        super().__init__()
        self.pretends, self.places = pretends, places

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if function in _OF_TENSORS and (frame := asker()) is not None:
            self.places.append(place(frame))
            if self.pretends:
                return _OF_TENSORS[function]
        self._note_memory(function)
        goes = function is Tensor.cuda or any(map(_is_gpu, tree_leaves((args, kwargs))))
        if (goes and function is not torch.device or function in _TEXTS) and (frame := led_to()):
            self.places.append(place(frame))
        if self.pretends and function is not torch.device:
            if function is Tensor.cuda:
                return args[0]
            args, kwargs = tree_map(_here, (args, kwargs))
        result = function(*args, **kwargs)
        is_text = self.pretends and function in _TEXTS and isinstance(result, str)
        return _TEXTS[function](result) if is_text else result

    def _note_memory(self, function) -> None:
        """Where a tensor lies in memory, and whether NumPy can read it there, is told by nothing that can be pretended."""
        frame = asker(3) if function in _MEMORY or function is Tensor.numpy else None
        if frame is not None and (function in _MEMORY or is_caught(frame)):
            note(f"the memory of a tensor, by {function.__name__},", frame)


def _is_gpu(leaf) -> bool:
    return isinstance(leaf, (str, torch.device)) and str(leaf).startswith(("cuda", "mps"))


def _here(leaf):
    return torch.device("cpu") if _is_gpu(leaf) else leaf


def _told_by() -> dict:
    """What each function says where there is a GPU."""
    parts = {
        torch.cuda: _OF_CUDA,
        torch.backends.mps: {"is_available": True, "is_built": True},
        torch.backends.cuda: {"is_built": True},
        torch.backends.cudnn: {"is_available": True},
        getattr(torch, "accelerator", None): _OF_ACCELERATOR,
    }
    return {
        (part, name): told
        for part, answers in parts.items()
        for name, told in answers.items()
        if hasattr(part, name)
    }


@contextlib.contextmanager
def questions(pretends: bool) -> Iterator[list[str]]:
    """The places at which their code asks for a GPU meanwhile; `pretends`: it is told that there is one."""
    places: list[str] = []
    told_by = _told_by()
    before = {(module, name): getattr(module, name) for module, name in told_by}

    def answering(told, function):
        def answer(*args, **kwargs):
            frame = asker()
            if frame is not None:
                places.append(place(frame))
            is_told = pretends and frame is not None
            return told if is_told else function(*args, **kwargs)

        if hasattr(function, "__wrapped__"):  # libraries look for it
            answer.__wrapped__ = answering(told, function.__wrapped__)
        return answer

    for (module, name), function in before.items():
        setattr(module, name, answering(told_by[module, name], function))
    try:
        with _Questions(pretends, places):
            yield places
    finally:
        for (module, name), function in before.items():
            setattr(module, name, function)
