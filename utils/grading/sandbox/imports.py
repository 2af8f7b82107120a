"""Where the imports of a stranger's module lead: to the submission's own files, to installed packages, or to stand-ins."""

import ast
import builtins
import importlib.machinery
import posixpath
import sys
from importlib.abc import Loader, MetaPathFinder
from types import ModuleType

from torch import nn

from utils.grading.sandbox.definitions import DefinedModule, Definitions


class OwnFiles(MetaPathFinder, Loader):
    """Finds the submission's modules in `sources` (path: text) below the folders `roots`; loads their definitions alone."""

    def __init__(self, sources: dict[str, str], roots: list[str], problems: list[str]):
        self.sources, self.roots, self.problems = sources, roots, problems
        self.builtins: dict = vars(builtins)

    def find_spec(self, name, path=None, target=None):
        if path is None and name in sys.stdlib_module_names:
            return None
        inner = name.rpartition(".")[2] if path else name
        for folder in self._folders(path):
            place = posixpath.normpath(posixpath.join(folder, inner))
            if f"{place}/__init__.py" in self.sources:
                return self.spec(name, f"{place}/__init__.py", place)
            if f"{place}.py" in self.sources:
                return self.spec(name, f"{place}.py", None)
        return None

    def _folders(self, path) -> list[str]:
        if path is None:
            return self.roots
        return [entry.removeprefix("submission:") for entry in path if entry.startswith("submission:")]

    def spec(self, name: str, file: str, folder: str | None):
        spec = importlib.machinery.ModuleSpec(name, self, origin=file, is_package=folder is not None)
        if folder is not None:
            spec.submodule_search_locations = [f"submission:{folder}"]
        return spec

    def create_module(self, spec):
        return DefinedModule(spec.name)

    def exec_module(self, module) -> None:
        file = module.__spec__.origin
        module.__file__ = file
        module.__builtins__ = self.builtins
        text = self.sources.get(file, "")
        try:
            statements = ast.parse(text.replace("\x00", "")).body
        except (SyntaxError, ValueError, RecursionError) as error:
            raise ImportError(f"{file} is not valid Python: {error}") from None
        module.define(Definitions(statements, module.__dict__, file, self.problems))


class OwnFolders(OwnFiles):
    """Asked last: a folder without __init__.py, or the only file of that name anywhere in the submission."""

    def find_spec(self, name, path=None, target=None):
        inner = (name.rpartition(".")[2] if path else name).replace(".", "/")
        for folder in self._folders(path):
            place = posixpath.normpath(posixpath.join(folder, inner))
            if any(file.startswith(f"{place}/") for file in self.sources):
                return self.spec(name, "", place)
        ends = [file for file in self.sources if file.endswith((f"/{inner}.py", f"/{inner}/__init__.py"))]
        if path is not None or len(ends) != 1:
            return None
        return self.spec(name, ends[0], posixpath.dirname(ends[0]) if ends[0].endswith("__init__.py") else None)


class Importer:
    """The `__import__` of a submission's modules: a package that is not here becomes one whose names do nothing.

    It is theirs alone: libraries that try whether another one is installed must hear the truth.
    """

    def __init__(self, sources: dict[str, str], roots: list[str], problems: list[str]):
        self.files, self.folders = OwnFiles(sources, roots, problems), OwnFolders(sources, roots, problems)
        self.missing: list[str] = []
        self.builtins = {**vars(builtins), "__import__": self}
        for finder in (self.files, self.folders):
            finder.builtins = self.builtins
        sys.meta_path[:] = [self.files, *sys.meta_path, self.folders]

    def __call__(self, name, globals=None, locals=None, fromlist=(), level=0):
        try:
            return __import__(name, globals, locals, fromlist, level)
        except ImportError:
            top = name.partition(".")[0]
            if level or any(finder.find_spec(top) for finder in (self.files, self.folders)):
                raise
        self.missing.append(top)
        return StandInModule(name if fromlist else top)


class StandInModule(ModuleType):
    def __getattr__(self, name: str):
        if name.startswith("__"):
            raise AttributeError(name)
        return _BASES.get(name) or StandIn(f"{self.__name__}.{name}")


class StandIn:
    """Something of a package that is not installed: it can be called, looked into, inherited from, and gives nothing."""

    def __init__(self, name: str):
        self.__dict__["_name"] = name

    def __call__(self, *args, **kwargs):
        decorated = len(args) == 1 and not kwargs and callable(args[0]) and not isinstance(args[0], StandIn)
        return args[0] if decorated else StandIn(f"{self._name}()")

    def __getattr__(self, name: str):
        if name.startswith("__"):
            raise AttributeError(name)
        return StandIn(f"{self._name}.{name}")

    def __mro_entries__(self, bases):
        return (object,)

    def __repr__(self) -> str:
        return f"<{self._name}, which is not installed>"


class _LightningModule(nn.Module):
    """What a network needs of pytorch_lightning.LightningModule to be built and to be called."""

    def save_hyperparameters(self, *args, **kwargs) -> None:
        pass

    def log(self, *args, **kwargs) -> None:
        pass

    log_dict = log


# Classes of packages that may be missing and that networks inherit from: what they are in essence.
_BASES = {"LightningModule": _LightningModule, "PyTorchModelHubMixin": object}
