"""Writing files so that a kill at any moment leaves either the old content or the new, never a part."""

import os
from pathlib import Path


def write_whole(path: Path, content: bytes | str) -> None:
    """Replace the file at `path` by `content` (text as UTF-8) in one step."""
    data = content.encode() if isinstance(content, str) else content
    partial = path.with_name(path.name + ".tmp")
    with open(partial, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())  # the rename must not reach the disk before the bytes
    os.replace(partial, path)
