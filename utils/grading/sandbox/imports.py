"""Where the imports of a stranger's module lead: to the submission's own files, to installed packages, or to stand-ins."""

import ast
import builtins
import importlib.machinery
import importlib.util
import posixpath
import sys
from importlib.abc import Loader, MetaPathFinder
from types import ModuleType

from utils.grading.sandbox.definitions import DefinedModule, Definitions
from utils.grading.sandbox.marked_code import Builtins
from utils.grading.sandbox.own_files import opened
from utils.grading.sandbox.stand_ins import StandInModule
from utils.grading.sandbox.surroundings import missing, watch_imported
from utils.grading.submission.module_files import ModuleFiles, Place

_OWN = "submission:"  # begins an entry of a package's __path__
_TOP = "__top_folder__"  # the name of the submission's own folder, for `from . import blocks` in a file that lies in it


class OwnFiles(MetaPathFinder, Loader):
    """Finds the submission's modules where its files say that they are; loads their definitions alone, each file once."""

    def __init__(self, files: ModuleFiles, problems: list[str]):
        self.files, self.problems = files, problems
        self.builtins: dict = vars(builtins)
        self.loaded: dict[
            str, ModuleType
        ] = {}  # by file: reading knows one module of a file, whatever it is imported as

    def find_spec(self, name, path=None, target=None):
        if path is None and name in sys.stdlib_module_names:
            return None
        place = self.place(name, None if path is None else _own_folders(path))
        return place and self.spec(name, place)

    def place(self, name: str, folders: list[str] | None) -> Place | None:
        """The module `name`, in the `folders` of its package where it has one; not a folder without __init__.py."""
        if folders is None:
            return Place("", True) if name == _TOP else self.files.beside(name)
        last = name.rpartition(".")[2]
        places = (self.files.at(posixpath.join(folder, last)) for folder in folders)
        return next((place for place in places if place and place.path.endswith(".py")), None)

    def spec(self, name: str, place: Place):
        """The import spec of the module `name` at `place`."""
        file = place.path if place.path.endswith(".py") else ""
        spec = importlib.machinery.ModuleSpec(name, self, origin=file, is_package=place.is_package)
        if place.is_package:
            spec.submodule_search_locations = [f"{_OWN}{place.package}"]
        return spec

    def create_module(self, spec):
        if not spec.origin:
            return DefinedModule(spec.name)
        return self.loaded.setdefault(spec.origin, DefinedModule(spec.name))

    def exec_module(self, module) -> None:
        if "__definitions__" in vars(module):
            return
        file = module.__spec__.origin
        module.__file__ = file
        module.__builtins__ = self.builtins
        text = self.files.sources.get(file, "")
        try:
            statements = ast.parse(text.replace("\x00", "")).body
        except (SyntaxError, ValueError, RecursionError) as error:
            raise ImportError(f"{file} is not valid Python: {error}") from None
        module.define(Definitions(statements, module.__dict__, file, self.problems))


class OwnFolders(OwnFiles):
    """Asked last: a folder without __init__.py, or what else of the submission the name can stand for."""

    def place(self, name: str, folders: list[str] | None) -> Place | None:
        """The module or folder `name`, in the `folders` of its package where it has one."""
        if folders is None:
            return self.files.find(name)
        last = name.rpartition(".")[2]
        places = (self.files.at(posixpath.join(folder, last)) for folder in folders)
        return next(filter(None, places), None) or (self.files.find(name) if folders else None)


def _own_folders(path) -> list[str]:
    return [entry.removeprefix(_OWN) for entry in path if entry.startswith(_OWN)]


class Importer:
    """The `__import__` of a submission's modules: a package that is not here becomes one whose names do nothing.

    It is theirs alone: libraries that try whether another one is installed must hear the truth.
    """

    def __init__(self, files: ModuleFiles, problems: list[str]):
        self.own, self.problems = files, problems
        self.files, self.folders = OwnFiles(files, problems), OwnFolders(files, problems)
        self.folders.loaded = self.files.loaded
        self.missing: list[str] = []
        self.builtins = Builtins(__import__=self, open=opened)
        for finder in (self.files, self.folders):
            finder.builtins = self.builtins
        sys.meta_path[:] = [self.files, *sys.meta_path, self.folders]

    def __call__(self, name, globals=None, locals=None, fromlist=(), level=0):
        file = (globals or {}).get("__file__")
        if level and file:  # as its file lies, under whatever name it was imported
            absolute = self._name_of(self.own.find(name, posixpath.dirname(file), level))
            name, level = (absolute, 0) if absolute else (name, level)
        try:
            return __import__(name, globals, locals, fromlist, level)
        except ImportError:
            inside = self._name_of(self.own.in_the_clone(name)) if fromlist and not level else None
            if inside and inside != name:
                return __import__(inside, globals, locals, fromlist)
            top = name.partition(".")[0]
            if level or any(finder.find_spec(top) for finder in (self.files, self.folders)):
                raise
        finally:
            watch_imported()
        self.missing.append(top)
        missing(top)
        return StandInModule(name if fromlist else top)

    def _name_of(self, found: Place | None) -> str | None:
        return found and (self.own.name_of(found.path) or _TOP)

    def load(self, name: str, file: str) -> ModuleType:
        """The module of one file of the submission, under a name that no other module has."""
        spec = self.files.spec(name, Place(file, file.endswith("__init__.py")))
        module = importlib.util.module_from_spec(spec)
        sys.modules.setdefault(name, module)
        self.files.exec_module(module)
        return module
