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
_ALIGNED = 64  # bytes; where a tensor's memory may begin, so that it can be used as it lies
# Of the JSON: its bytes, and the commas, brackets and braces in it, each of which may become an object of some 200 bytes.
MOST_BYTES, MOST_PARTS = 2**25, 2_000_000


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
    parts = [_LENGTH.pack(len(head)), head]
    size = _LENGTH.size + len(head)
    for array in arrays:
        memory = array.reshape(-1).view(torch.uint8).numpy().data
        parts += [bytes(_gap(size)), memory]
        size += _gap(size) + memory.nbytes
    return b"".join(parts)


def _gap(size: int) -> int:
    return -size % _ALIGNED


def unpack(data: bytes | bytearray) -> tuple[dict, list[Tensor]]:
    """The inverse of `pack`; BadMessage for anything that `pack` could not have made, or that is too long to be read.

    Of a bytearray the tensors are parts, and no copies.
    """
    data = data if isinstance(data, bytearray) else bytearray(data)
    try:
        (length,) = _LENGTH.unpack_from(data)
        head = _head(data, length)
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


def is_too_long(data: bytes | bytearray) -> bool:
    """Whether `unpack` would not read what `pack` made."""
    (length,) = _LENGTH.unpack_from(data)
    text = data[_LENGTH.size : _LENGTH.size + min(length, MOST_BYTES + 1)]
    return length > MOST_BYTES or sum(map(text.count, (b",", b"[", b"{"))) > MOST_PARTS


def shown(text: str, limit: int | None = None) -> str:
    """The beginning of what a child sent, as it can stand in a report."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:limit])


def _head(data: bytearray, length: int) -> dict:
    if is_too_long(data):
        raise BadMessage("it is too long")
    return json.loads(data[_LENGTH.size : _LENGTH.size + length])


def _tensor(data: bytearray, offset: int, entry: dict) -> tuple[Tensor, int]:
    dtype, shape = DTYPES[entry["dtype"]], entry["shape"]
    if (
        not isinstance(shape, list)
        or len(shape) > 8
        or not all(type(size) is int and 0 <= size < 2**31 for size in shape)
        or math.prod(max(1, size) for size in shape) >= 2**40  # strides that overflow
    ):
        raise BadMessage("a tensor's shape is no list of sizes")
    count = math.prod(shape)
    offset += _gap(offset)
    end = offset + count * dtype.itemsize
    if end > len(data):
        raise BadMessage("it ends within a tensor")
    if count == 0:
        return torch.empty(shape, dtype=dtype), end
    stored = torch.uint8 if dtype is torch.bool else dtype
    tensor = torch.frombuffer(data, dtype=stored, count=count, offset=offset).reshape(shape)
    return tensor.ne(0) if dtype is torch.bool else tensor, end  # any other byte is no truth value
