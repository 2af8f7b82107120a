"""JSON, YAML and TOML files of the submission, as json.load(), yaml.safe_load() and their like give them."""

import json
import posixpath

from utils.grading.code_reader.paths import spelled
from utils.grading.code_reader.values import Made, OwnPath, Unknown, is_literal

_LARGEST = 100_000  # characters


def opened(reader, args: tuple, kwargs: dict) -> Made | None:
    """The submission's file that open() or Path() names, as something to load from; None where it has none."""
    path = spelled(args[0]) if args else None
    mode = kwargs.get("mode", args[1] if len(args) > 1 else "r")
    if path is None or not isinstance(mode, str):
        return None
    if set(mode) & set("wax+"):
        reader.rewritten.add(posixpath.basename(str(path)))
        return Made("builtins.open", args)
    text = _text(reader, path)
    return None if text is None else Made("builtins.open", attributes={"text": text})


def _text(reader, path: OwnPath | str) -> str | None:
    if posixpath.basename(str(path)) in reader.rewritten:
        return None  # the program writes it anew
    files = {file.path: file.text for file in reader.submission.configs} | reader.index.sources
    roots = [] if isinstance(path, OwnPath) else reader.index.roots
    places = [posixpath.normpath(posixpath.join(root, path)) for root in roots] or [str(path)]
    text = next((files[place] for place in places if place in files), None)
    return text if text is None or len(text) <= _LARGEST else None


def read(file: Made, name: str):
    """What a method of an opened file gives."""
    return (
        file.attributes["text"]
        if name in ("read", "read_text", "__enter__") and "text" in file.attributes
        else Unknown("a part of a file")
    )


def load(reader, args: tuple, kwargs: dict, parse):
    """The numbers, texts, lists and dicts that a file or a text holds; None where it cannot be read."""
    source = args[0] if args else kwargs.get("stream", kwargs.get("fp"))
    text = (
        source.attributes.get("text")
        if isinstance(source, Made) and source.name == "builtins.open"
        else source
    )
    if not isinstance(text, str) or len(text) > _LARGEST:
        return None
    try:
        value = parse(text)
    except Exception:  # the parsers raise many kinds, for nesting too deep among them
        return None
    return value if is_literal(value) else None


def from_yaml(text: str):
    """What a YAML text holds, read by its safe loader."""
    import yaml  # albumentations needs it, so it is here

    return yaml.safe_load(text)


def from_toml(text: str):
    """What a TOML text holds; ImportError before Python 3.11, which has no reader of it."""
    import tomllib

    return tomllib.loads(text)


PARSERS = {
    **dict.fromkeys(("tomllib.load", "tomllib.loads", "tomli.load", "tomli.loads"), from_toml),
    **dict.fromkeys(("toml.load", "toml.loads"), from_toml),
    "json.load": json.loads,
    "json.loads": json.loads,
    "yaml.safe_load": from_yaml,
    "yaml.full_load": from_yaml,
    "yaml.load": from_yaml,
}
