"""The code that trains: the chosen notebook, or the scripts where no notebook does, read."""

import posixpath

from utils.grading.reader.reader import Reader
from utils.grading.reader.values import Call, Made
from utils.grading.submission import Notebook, Submission

_TRAINERS = ("pytorch_lightning.", "lightning.", "fastai.", "skorch.", "ignite.", "tensorflow.", "keras.")


def reading(submission: Submission, notebook: Notebook) -> Reader:
    """The notebook, read with its own folder first on the import path."""
    reader = Reader(submission, posixpath.dirname(notebook.path))
    reader.read_notebook(notebook)
    return reader


def script_readings(submission: Submission) -> list[Reader]:
    """Each Python file that trains when it is started, read as the program that is; else all that are programs."""
    readers = []
    for source in submission.sources:
        if "__main__" in source.text or "backward" in source.text or "summary(" in source.text:
            reader = Reader(submission, posixpath.dirname(source.path))
            reader.read_script(source.path)
            readers.append(reader)
    return [reader for reader in readers if trains(reader)] or readers


def trains(reader: Reader) -> bool:
    """Whether reading came past a backward pass, or past the fit() of a trainer."""
    return any(call.name == "backward" or runs_a_trainer(call) for call in reader.calls)


def runs_a_trainer(call: Call) -> bool:
    """Whether a call is the fit() of a library that has the loops: Lightning's Trainer and its like."""
    library = isinstance(call.receiver, Made) and call.receiver.name.startswith(_TRAINERS)
    return library and call.name in ("fit", "fit_one_cycle")


def readers_of(submission: Submission, found) -> list[Reader]:
    """The training notebook that was found, read; the scripts where there is none; then the other Python files."""
    notebooks = [one for one in submission.notebooks if found is not None and one.path == found.training_notebook]
    readers = [reading(submission, one) for one in notebooks] or script_readings(submission)
    return readers or [_modules(submission)]


def _modules(submission: Submission) -> Reader:
    reader = Reader(submission)
    for source in submission.sources:
        reader.read_script(source.path, {})
    return reader
