"""What goes between the grader and its child processes: JSON and raw tensors, so that reading it can execute nothing."""

import json
import math
import struct
from collections.abc import Sequence

import torch
from torch import Tensor

DTYPES = {
    name: getattr(torch, name)
    for name in (
        "float32",
        "float64",
        "float16",
        "bfloat16",
        "int64",
        "int32",
        "int16",
        "int8",
        "uint8",
        "bool",
    )
}
_LENGTH = struct.Struct("<Q")


class BadMessage(ValueError):
    """What arrived is not a message: the text says in which way."""


def pack(content: dict, tensors: Sequence[Tensor] = ()) -> bytes:
    """`content` (what JSON can hold) and `tensors` as bytes: a length, the JSON, then each tensor's memory."""
    arrays = [tensor.detach().to("cpu").contiguous() for tensor in tensors]
    described = [
        {"dtype": str(array.dtype).removeprefix("torch."), "shape": list(array.shape)}
        for array in arrays
    ]
    head = json.dumps({"content": content, "tensors": described}).encode()
    return b"".join(
        [
            _LENGTH.pack(len(head)),
            head,
            *(array.reshape(-1).view(torch.uint8).numpy().tobytes() for array in arrays),
        ]
    )


def unpack(data: bytes) -> tuple[dict, list[Tensor]]:
    """The inverse of `pack`; BadMessage for anything that `pack` could not have made."""
    try:
        (length,) = _LENGTH.unpack_from(data)
        head = json.loads(data[_LENGTH.size : _LENGTH.size + length])
        content, described = head["content"], head["tensors"]
        if not isinstance(content, dict):
            raise BadMessage("its content is no object")
        offset, tensors = _LENGTH.size + length, []
        for entry in described:
            tensor, offset = _tensor(data, offset, entry)
            tensors.append(tensor)
    except BadMessage:
        raise
    except (
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        RecursionError,
        struct.error,
        OverflowError,
    ) as error:
        raise BadMessage(f"it is not in the agreed form ({type(error).__name__})") from None
    if offset != len(data):
        raise BadMessage("its length is not what it says")
    return content, tensors


def _tensor(data: bytes, offset: int, entry: dict) -> tuple[Tensor, int]:
    dtype, shape = DTYPES[entry["dtype"]], entry["shape"]
    if (
        not isinstance(shape, list)
        or len(shape) > 8
        or not all(type(size) is int and 0 <= size < 2**31 for size in shape)
        or math.prod(max(1, size) for size in shape) >= 2**40  # strides that overflow
    ):
        raise BadMessage("a tensor's shape is no list of sizes")
    count = 1
    for size in shape:
        count *= size
    end = offset + count * dtype.itemsize
    if end > len(data):
        raise BadMessage("it ends within a tensor")
    if count == 0:
        return torch.empty(shape, dtype=dtype), end
    if dtype is torch.bool:  # any other byte would be no truth value
        return torch.frombuffer(bytearray(data[offset:end]), dtype=torch.uint8).ne(0).reshape(
            shape
        ), end
    return torch.frombuffer(bytearray(data[offset:end]), dtype=dtype).reshape(shape), end
