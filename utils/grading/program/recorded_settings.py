"""What a training records of its settings beside its log: `hparams.yaml`, `config.json`, `args.json` and their like."""

import json
import posixpath
import re
from collections.abc import Iterator

from utils.grading.code_reader.config_files import from_yaml
from utils.grading.code_reader.values import is_literal
from utils.grading.log.epochs import Run
from utils.grading.program.finding import ModelReference
from utils.grading.submission.contents import Submission

_NAMES = re.compile(
    r"(?:h_?params|hyper_?param\w*|conf\w*|args|arguments|opt\w*|settings|params|flags)\.\w+$", re.I
)
_LARGEST, _DEEPEST, _MOST = 20_000, 3, 500  # characters, dicts in dicts, settings


def agrees(submission: Submission, run: Run, model: ModelReference) -> bool | None:
    """Whether the settings in a run's own folder are the arguments by name of this network: True if all of these are
    recorded there alike, False if one is recorded otherwise, else None."""
    recorded = _settings(submission, posixpath.dirname(run.source))
    given = {name: value for name, value in model.kwargs.items() if is_literal(value)}
    shared = given.keys() & recorded.keys()
    if any(_plain(given[name]) != _plain(recorded[name]) for name in shared):
        return False
    return True if shared and len(shared) == len(model.kwargs) and not model.args else None


def _settings(submission: Submission, folder: str) -> dict:
    """The settings recorded in a folder, those of inner dicts among them; none that are recorded twice in different ways."""
    found: dict = {}
    if not folder:
        return found
    for file in submission.configs:
        named = _NAMES.match(posixpath.basename(file.path))
        if posixpath.dirname(file.path) != folder or not named or len(file.text) > _LARGEST:
            continue
        try:
            content = (json.loads if file.path.endswith(".json") else from_yaml)(file.text)
        except Exception:  # the parsers raise many kinds
            continue
        for count, (name, value) in enumerate(_leaves(content, 0)):
            if count == _MOST:
                return {}
            found.setdefault(name, []).append(_plain(value))
    return {name: held[0] for name, held in found.items() if all(one == held[0] for one in held)}


def _leaves(content: object, depth: int) -> Iterator[tuple[str, object]]:
    for name, value in content.items() if isinstance(content, dict) and depth < _DEEPEST else ():
        if isinstance(value, dict):
            yield from _leaves(value, depth + 1)
        elif isinstance(name, str) and is_literal(value):
            yield name, value


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
