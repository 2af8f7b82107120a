"""Imports as reading follows them: into the submission's own modules, or to the name of a library."""

import posixpath
import sys
from functools import lru_cache
from importlib.metadata import packages_distributions

from utils.grading.code_reader import members
from utils.grading.code_reader.bindings import Unit
from utils.grading.code_reader.values import Frame, Library, Module, Origin, OwnPath
from utils.grading.submission import notebook_code
from utils.grading.submission.module_files import Place

_THIRD_PARTY = set(
    """
torch torchvision torchsummary torchinfo torchmetrics torchviz torchtext torchscan torch_lr_finder pytorch_lightning
lightning timm albumentations numpy cv2 matplotlib tqdm PIL sklearn pandas seaborn scipy skimage imgaug kornia plotly
google IPython ipywidgets wandb tensorboard tensorboardX einops prettytable requests yaml pytorch_grad_cam fastai
accelerate rich gradio onnx dotenv pytz thop ptflops fvcore gdown kaggle six packaging typing_extensions tensorflow
keras lion_pytorch netron hydra omegaconf click loguru absl easydict colorama transformers datasets ignite hiddenlayer
termcolor psutil tabulate skorch catalyst composer poutyne torchbearer pytorch_accelerated mmengine typer fire tyro mlflow
comet_ml neptune clearml ml_collections yacs
""".split()
)


@lru_cache
def known_libraries() -> set[str]:
    """The names that an import takes for a library's: installed or well known ones."""
    return _THIRD_PARTY | set(sys.stdlib_module_names) | set(packages_distributions())


class Importing:
    """The part of a Reader that reads the submission's modules when they are imported."""

    def import_module(self, name: str, frame: Frame | None = None, level: int = 0):
        """The submission's own module of that name, read; a Library otherwise, with a problem where it should be its own."""
        package = (
            posixpath.dirname(frame.origin.file)
            if frame and frame.origin.file
            else self.index.start
        )
        top = name.partition(".")[0]
        known = not level and top in known_libraries()
        found = None if known and not self.index.has(top) else self.index.find(name, package, level)
        if found is None and not known and (other := self._notebook_module(name)):
            return other
        if found is None:
            if known:
                return Library(name)
            return Library(name or ".", self._missing("." * level + name, package, level))
        if not level:
            self._import_packages(name)
        return self._bound_in_its_package(self._module(name, found))

    def _missing(self, name: str, package: str, level: int) -> str:
        """Why the module is not found, where it should be the submission's own."""
        if level > 1 and level - 1 > len(package.split("/")) - (not package):
            return f"the module {name} is in a folder beside the one that was given; give the folder above"
        if self.index.outside:
            return (
                f"the module {name} is not in the folder that was given; the program also looks in "
                f"{self.index.outside}, a folder beside it: give the folder above"
            )
        return f"the module {name} is not in the submission"

    def _import_packages(self, name: str) -> None:
        """The packages that a module is in are imported before it, the outermost first."""
        parts = name.split(".")
        for end in range(1, len(parts)):
            if self.index.has(outer := ".".join(parts[:end])):
                self._bound_in_its_package(self._module(outer, self.index.find(outer)))

    def _bound_in_its_package(self, module: Module) -> Module:
        """`module`, which is a name of its package from now on, as `from package import *` finds it."""
        where = module.path.removesuffix(".py") if module.package is None else module.package
        folder, name = posixpath.split(where)
        for package in (self.modules.get(f"{folder}/__init__.py"), self.modules.get(folder)):
            if package is not None and package is not module:
                package.names.setdefault(name, module)
        return module

    def _notebook_module(self, name: str) -> Module | None:
        """Another notebook of that name, as import_ipynb makes it a module."""
        for notebook in self.submission.notebooks:
            if (
                notebook.path.removesuffix(".ipynb").rpartition("/")[2] == name
                and notebook.path != self.program.notebook
            ):
                if notebook.path not in self.modules:
                    module = self.modules[notebook.path] = Module(
                        name, notebook.path, {"__name__": name}
                    )
                    self._read_cells(notebook, module.names)
                return self.modules[notebook.path]
        return None

    def _module(self, name: str, place: Place) -> Module:
        path = place.path
        if path in self.modules:
            return self.modules[path]
        module = self.modules[path] = Module(
            name,
            path,
            {"__name__": name, "__file__": OwnPath(path)},
            place.package if place.is_package else None,
        )
        if path.endswith(".py"):
            body, problem = notebook_code.parse(self.index.sources[path])
            module.problem = problem
            if problem:
                self.problems.append(f"{path} cannot be parsed: {problem}")
            self.imported[path] = len(self.cell_files)
            self.units.append(Unit(path, Origin(file=path), body))
            stack, self.stack = self.stack, []
            self._guarded(body, Frame(module.names, Origin(file=path), script=name))
            self.stack = stack
        return module

    def module_name(self, module: Module, name: str):
        """What `module.name` stands for: a name of it, or a module inside of the package."""
        if name in module.names:
            return self.trusted(module.names, Origin(module.path), name)
        if module.package is not None and (found := self.index.find(name, module.package, 1)):
            return self._bound_in_its_package(self._module(f"{module.name}.{name}", found))
        problem = getattr(module, "problem", "")
        why = (
            f"{module.path} cannot be parsed: {problem}"
            if problem
            else f"{module.path} does not define {name}"
        )
        return Library(f"{module.name}.{name}", why)


def import_names(reader, node, frame):
    """Read `import a.b as c`."""
    for alias in node.names:
        value = reader.import_module(alias.name)
        if alias.asname:
            reader.name(alias.asname, value, frame, node)
        else:
            top = alias.name.partition(".")[0]
            value = reader.import_module(top) if "." in alias.name else value
            reader.name(top, value, frame, node)


def import_from(reader, node, frame):
    """Read `from a import b`, and the star."""
    module = reader.import_module(node.module or "", frame, node.level)
    for alias in node.names:
        if alias.name == "*":
            frame.names.update(_public(reader, module))
        else:
            found = (
                reader.module_name(module, alias.name)
                if isinstance(module, Module)
                else members.attribute(reader, module, alias.name, frame)
            )
            reader.name(alias.asname or alias.name, found, frame, node)


def _public(reader, module) -> dict:
    if not isinstance(module, Module):
        return {}
    listed = module.names.get("__all__")
    names = (
        listed
        if isinstance(listed, (list, tuple))
        else [name for name in module.names if not name.startswith("_")]
    )
    return {
        name: reader.trusted(module.names, Origin(module.path), name)
        for name in names
        if isinstance(name, str) and name in module.names
    }
