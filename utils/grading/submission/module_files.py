"""From an import statement to a file of the submission: the one rule, for reading the code and for executing it."""

import posixpath
from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Place(NamedTuple):
    """Where a module is: its file, or the folder of a package without __init__.py."""

    path: str
    is_package: bool

    @property
    def package(self) -> str:
        """The folder that the module's relative imports begin from."""
        return posixpath.dirname(self.path) if self.path.endswith(".py") else self.path


class ModuleFiles:
    """The Python files of a submission (path: text) and where its imports are looked for.

    `roots` are folders in the order in which Python would look into them; `clones` are names of folders that stand for the
    submission itself, because its repository was cloned under that name. `used` collects the roots that led to a module.
    """

    def __init__(
        self, sources: Mapping[str, str], roots: Iterable[str], clones: Iterable[str] = ()
    ):
        self.sources, self.roots, self.clones = sources, list(dict.fromkeys(roots)), list(clones)
        self.used: list[str] = []
        self._counted = -1  # the sources of which _folders and _ends are
        self._folders: set[str] = set()
        self._ends: dict[str, list[str]] = {}

    def find(self, name: str, package: str = "", level: int = 0) -> Place | None:
        """The module `name`; None where the submission has none.

        `level` counts the dots of a relative import in a module whose package is the folder `package`.
        """
        if level:
            base = self._above(package, level - 1)
            return (
                None
                if base is None
                else self.at(posixpath.join(base, _inner(name)) if name else base)
            )
        return (
            self.beside(name)
            or self._folder(name)
            or self.in_the_clone(name)
            or self._anywhere(name)
        )

    def beside(self, name: str) -> Place | None:
        """The module or package of that name in one of the roots; not a folder without __init__.py."""
        return self._in_roots(name, self._regular)

    def has(self, name: str) -> bool:
        """Whether one of the roots holds a module, package or folder of that name."""
        return any(self.at(posixpath.join(root, _inner(name))) for root in self.roots)

    def at(self, path: str) -> Place | None:
        """The module, package or folder that `path` is without its ".py"."""
        return self._regular(path) or self._plain_folder(path)

    def name_of(self, path: str) -> str:
        """A name under which `find` gives this file or folder, such as "models.net": the shortest; "" for the top folder."""
        if path in ("", "__init__.py"):
            return ""
        inside = [root for root in self.roots if not root or path.startswith(f"{root}/")]
        names = [
            path[len(root) :]
            .strip("/")
            .removesuffix(".py")
            .removesuffix("/__init__")
            .replace("/", ".")
            for root in sorted(inside or [""], key=len, reverse=True)
        ]
        return next(
            (name for name in names if (found := self.beside(name)) and found.path == path),
            names[-1],
        )

    def has_folder(self, folder: str) -> bool:
        """Whether Python files lie in or below `folder`."""
        self._look()
        return not folder or folder in self._folders

    def _look(self) -> None:
        """Sort the sources by their folders and by the last part of their module's name."""
        if self._counted == len(self.sources):
            return
        self._counted = len(self.sources)
        self._folders = {folder for path in self.sources for folder in _parents(path)}
        self._ends = {}
        for path in self.sources:
            last = path.removesuffix(".py").removesuffix("/__init__").rpartition("/")[2]
            self._ends.setdefault(last, []).append(path)

    @staticmethod
    def _above(package: str, levels: int) -> str | None:
        """The folder so many levels above `package`; None outside of the submission."""
        for _ in range(levels):
            if not package:
                return None
            package = posixpath.dirname(package)
        return package

    def _in_roots(self, name: str, kind) -> Place | None:
        for root in self.roots:
            if found := kind(posixpath.join(root, _inner(name))):
                self.use(root)
                return found
        return None

    def _regular(self, path: str) -> Place | None:
        path = posixpath.normpath(path) if path else ""
        start = f"{path}/__init__.py" if path else "__init__.py"
        if start in self.sources:
            return Place(start, True)
        return Place(f"{path}.py", False) if f"{path}.py" in self.sources else None

    def _plain_folder(self, path: str) -> Place | None:
        path = posixpath.normpath(path) if path else ""
        return (
            Place("" if path == "." else path, True)
            if self.has_folder("" if path == "." else path)
            else None
        )

    def _folder(self, name: str) -> Place | None:
        return self._in_roots(name, self._plain_folder)

    def in_the_clone(self, name: str) -> Place | None:
        """Below the name of the cloned repository: the submission may be one of its folders, so the longest rest counts."""
        top, *rest = name.split(".")
        if top.replace("-", "_") not in [clone.replace("-", "_") for clone in self.clones]:
            return None
        tails = [".".join(rest[start:]) for start in range(len(rest))]
        found = next(
            (found for tail in tails if (found := self.beside(tail) or self._folder(tail))), None
        )
        return found if rest else Place("", True)

    def _anywhere(self, name: str) -> Place | None:
        """The only file in the whole submission whose path ends in the module's, as when the folder was cloned or copied."""
        inner = _inner(name)
        self._look()
        ends = [
            (path, end)
            for path in self._ends.get(name.rpartition(".")[2], ())
            for end in (f"/{inner}.py", f"/{inner}/__init__.py")
            if path.endswith(end)
        ]
        if len(ends) != 1:
            return None
        path, end = ends[0]
        root = path[: -len(end)]
        self.roots.append(root)
        self.use(root)
        return Place(path, path.endswith("/__init__.py"))

    def use(self, root: str) -> None:
        """Note that an import was resolved from `root`."""
        if root not in self.used:
            self.used.append(root)


def _inner(name: str) -> str:
    return name.replace(".", "/")


def _parents(path: str):
    # Of "/", which a cell may write to, the folder is "/" again.
    while (folder := posixpath.dirname(path)) not in ("", path):
        yield folder
        path = folder
